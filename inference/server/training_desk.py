"""Starts, pauses and resumes training runs, each in a process of its own, and answers about all that there are.

A run goes on when this backend ends: a night's work must not hang on a window. Whoever wants it to stop pauses it; it
stops at its next step with a checkpoint, and can be resumed, also after a restart of the computer.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Protocol

import psutil

from inference.errors import InvalidRequest, ModelNotInstalled, RunNotReady, UnknownModel
from inference.packs.manifest import ID_PATTERN
from inference.plain import to_plain
from inference.train_status import (
    AT_WORK,
    Adapters,
    AdapterStep,
    CorrectionsKept,
    Means,
    PlanWish,
    RunDetail,
    RunSummary,
    SourceKind,
)
from inference.training.plan import TrainingPlan
from inference.training.run_folder import PAUSE, PLAN
from inference.training.watching import (
    RUN_LOG,
    detail,
    run_ids,
    run_named,
    runs_folder,
    state_of_run,
    summary,
)

SOURCE_KIND = r"[a-z][a-z0-9-]{0,30}"
PACK = "pack"
"""Inside a run: its adapter as a pack, as judging it leaves it (`inference.training.promotion.evaluation`)."""
NOT_DATA = ("/proc", "/sys", "/dev")
"""Folders of the system that hold no films."""


class Process(Protocol):
    """What is needed of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...


Launch = Callable[[Path], Process]


def launch_run(folder: Path) -> Process:
    """Start or go on with the run in `folder`: in a session of its own, its words into RUN/run.log."""
    words = [sys.executable, "-P", "-m", "inference.training.command", "run", str(folder)]
    with os.fdopen(os.open(folder / RUN_LOG, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "ab") as log:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


class TrainingDesk:
    """All training runs of this user. Safe to use from any thread; every call reads files.

    Args:
        runs: Where the runs lie; None: this user's own place, as it is at the time of each call.
        launch: Starts the process of a run; for tests.
    """

    def __init__(self, runs: Path | None = None, launch: Launch = launch_run) -> None:
        self._runs, self._launch = runs, launch
        self._processes: dict[str, Process] = {}  # of the runs that we started ourselves
        self._lock = threading.Lock()  # held while a run is started

    @property
    def folder(self) -> Path:
        return self._runs or runs_folder()

    def means(self) -> Means:
        """What one can train from. Raises OSError, sqlite3.Error: the corrections can't be read."""
        from inference.training.sources import KINDS

        kinds = tuple(SourceKind(id, kind.help) for id, kind in KINDS.items())
        return Means(kinds, corrections_kept())

    def adapters(self, pack: str | None) -> Adapters:
        """With which adapter a pack is read. `pack`: a base's id, or an adapter's; None: the one that is set up.

        Raises:
            UnknownModel: It is not installed.
            PackError: It is not as its manifest says.
        """
        from inference.packs import find_pack
        from inference.packs.site_adapters import choices_of

        try:
            found = find_pack(pack)
        except ModelNotInstalled:
            raise UnknownModel("This model is not installed.") from None
        base = found.base or found
        choices = choices_of(base.manifest.id)
        steps = tuple(
            AdapterStep(one.what, one.adapter, one.at, one.who, one.why)
            for one in choices.steps
            if one.base_sha256 == base.sha256
        )
        return Adapters(base.manifest.id, choices.active(base.sha256), steps)

    def roll_back(self, pack: str | None) -> Adapters:
        """Take the active adapter away; the one before it reads, or the base alone.

        Raises:
            RunNotReady: None is active.
            UnknownModel, PackError: As `adapters` says.
        """
        from inference.packs.site_adapters import roll_back

        if not self.adapters(pack).active:
            error = RunNotReady("No adapter of this site is active: the base model reads alone already.")
            error.remedy = "There is nothing to take back."
            raise error
        roll_back(pack, "taken back in the training window")
        return self.adapters(pack)

    def folder_to_judge(self, id: str) -> Path:
        """The folder of a run that has an adapter and is not at work.

        Raises:
            UnknownRun, RunNotReady.
        """
        folder = run_named(self.folder, id)
        if self._is_alive(folder) or not self._summary(folder).has_adapter:
            raise RunNotReady("This run has no adapter yet: there is nothing to judge.")
        return folder

    def folder_to_compare(self, id: str) -> Path:
        """The folder of a run whose adapter was judged: then it is a pack, ready to be read with.

        Raises:
            UnknownRun, RunNotReady.
        """
        folder = self.folder_to_judge(id)
        if not (folder / PACK / "manifest.json").is_file():
            error = RunNotReady("The adapter of this run was not judged yet.")
            error.remedy = "Judge it before and after; then the two can be compared on a study."
            raise error
        return folder

    def runs(self) -> tuple[RunSummary, ...]:
        """All that can be read, the newest first."""
        told = []
        for id in run_ids(self.folder):
            try:
                told.append(self._summary(self.folder / id))
            except InvalidRequest:  # one folder that somebody spoilt must not hide the others
                continue
        return tuple(told)

    def run(self, id: str, after: int = 0) -> RunDetail:
        """Raises UnknownRun, InvalidRequest (a file of it can't be read)."""
        folder = run_named(self.folder, id)
        return detail(folder, self._is_alive(folder), after)

    def start(self, plan: TrainingPlan) -> RunSummary:
        """Make a run's folder and start its process.

        Raises:
            InvalidRequest: The plan names data where no data may lie, or no installed pack.
            RunNotReady: Another run is at work: two would only make each other slow; or its folder can't be written.
        """
        checked = checked_plan(plan)
        with self._lock, _told_in_words():
            self._refuse_beside_another()
            id = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
            folder = self.folder / id
            folder.mkdir(parents=True, mode=0o700)
            whole = folder / f"{PLAN}.new"
            whole.write_text(json.dumps(to_plain(checked), indent=1), encoding="utf-8")
            whole.replace(folder / PLAN)
            try:
                self._processes[id] = self._launch(folder)
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)  # nothing of it ever began
                raise
            return self._summary(folder)

    def pause(self, id: str) -> RunSummary:
        """Let the run stop at its next step. One that has ended is left as it is."""
        folder = run_named(self.folder, id)
        if self._is_alive(folder):
            (folder / PAUSE).touch(mode=0o600)
        return self._summary(folder)

    def resume(self, id: str) -> RunSummary:
        """Go on from the newest checkpoint. A run that is at work and was asked to pause goes on as well.

        Raises:
            RunNotReady: It is done, or another run is at work.
        """
        with self._lock, _told_in_words():
            folder = run_named(self.folder, id)
            if self._is_alive(folder):
                (folder / PAUSE).unlink(missing_ok=True)
                return self._summary(folder)
            if not self._summary(folder).can_resume:
                raise RunNotReady("This run is done: there is nothing to resume.")
            self._refuse_beside_another()
            (folder / PAUSE).unlink(missing_ok=True)
            self._processes[id] = self._launch(folder)
            return self._summary(folder)

    def _summary(self, folder: Path) -> RunSummary:
        return summary(folder, self._is_alive(folder))

    def _refuse_beside_another(self) -> None:
        for other in self.runs():
            if other.is_alive:
                error = RunNotReady("Another training run is at work on this computer.")
                error.remedy = "Pause it, or wait until it has ended; then try again."
                raise error

    def _is_alive(self, folder: Path) -> bool:
        ours = self._processes.get(folder.name)
        if ours is not None:
            return ours.poll() is None
        state = state_of_run(folder)
        return state.process is not None and state.phase in AT_WORK and is_run(state.process, folder)


@contextlib.contextmanager
def _told_in_words() -> Iterator[None]:
    """A disk that is full or write-protected, as a refusal that says what to do."""
    try:
        yield
    except OSError as error:
        refused = RunNotReady(
            f"The run's folder can't be written ({error.strerror or type(error).__name__})."
        )
        refused.remedy = "Make room on the disk, or give this user the right to write there; then try again."
        raise refused from error


def is_run(process: int, folder: Path) -> bool:
    """True if process number `process` carries out the run in `folder`: numbers are used again after a restart."""
    try:
        words = psutil.Process(process).cmdline()
    except (psutil.Error, ValueError):
        return False
    return any(folder.name in word for word in words)


# ── what a caller may name ──────────────────────────────────────────────────────────────────────────────────────


def checked_plan(plan: TrainingPlan) -> TrainingPlan:
    """The plan with its folders as they really are.

    Raises:
        InvalidRequest: See `checked_source`; or the pack is named by a path.
    """
    _check_pack(plan.pack)
    if not plan.phases:
        raise InvalidRequest("plan.phases is empty: there is nothing to do.")
    return replace(plan, data=checked_sources(plan.data))


def checked_wish(wish: PlanWish) -> PlanWish:
    """What a plan is wished for, with its folders as they really are. Raises InvalidRequest."""
    if wish.pack:
        _check_pack(wish.pack)
    if wish.hours is not None and not 0 < wish.hours < 10_000:
        raise InvalidRequest("hours must be more than 0.")
    return replace(wish, data=checked_sources(wish.data))


def _check_pack(pack: str) -> None:
    if not re.fullmatch(ID_PATTERN, pack):
        raise InvalidRequest("pack must be the id of an installed pack, not a folder.")


def checked_sources(specs: Sequence[str]) -> tuple[str, ...]:
    """Raises InvalidRequest: see `checked_source`; or there is none."""
    if not specs:
        raise InvalidRequest("data is empty: name a source, for instance folder:/data/chest.")
    return tuple(checked_source(one) for one in specs)


def checked_source(spec: str) -> str:
    """A source `KIND:PATH` with its path as it really is, all links followed: what was looked at is what is read.

    `corrections:` without a path is the store of this computer. Any folder of this user may be named, since the caller
    holds this user's token; but no relative path, whose meaning depends on where we were started, and nothing of the
    system's own file trees.

    Raises:
        InvalidRequest: It is no such source; the message never repeats the path.
    """
    kind, colon, path = spec.partition(":")
    if not colon or not re.fullmatch(SOURCE_KIND, kind):
        raise InvalidRequest("A source is named KIND:PATH, for instance folder:/data/chest.")
    if kind == "corrections" and not path:
        from inference.corrections.store import corrections_folder

        return f"{kind}:{corrections_folder()}"
    if "\0" in path:
        raise InvalidRequest(f"The path of a source ({kind}) holds a letter that no path has.")
    paths = [path] if Path(path).exists() else path.split(",")  # some kinds take two folders
    return f"{kind}:{','.join(str(_real_path(kind, one)) for one in paths)}"


def _real_path(kind: str, path: str) -> Path:
    if not Path(path).is_absolute() or ".." in PurePath(path).parts:
        raise InvalidRequest(f"The path of a source ({kind}) must be absolute and without “..”.")
    try:
        real = Path(path).resolve(strict=True)
    except (OSError, RuntimeError):
        raise InvalidRequest(f"The folder or file that a source ({kind}) names is not there.") from None
    if real == Path(real.anchor) or any(real.is_relative_to(one) for one in NOT_DATA):
        raise InvalidRequest(f"The path of a source ({kind}) leads to a place of the system, not to data.")
    return real


def corrections_kept() -> CorrectionsKept:
    """How much of this site's readers' work there is; nothing is made where there is none.

    Raises:
        OSError, sqlite3.Error: The store can't be read.
    """
    from inference.corrections.store import FILE_NAME, corrections_folder, open_store

    if not (corrections_folder() / FILE_NAME).is_file():
        return CorrectionsKept()
    with open_store() as store:
        counts = store.counts()
    return CorrectionsKept(counts.studies, counts.patients, counts.films)
