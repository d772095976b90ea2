"""Reads runs from their folders, for those who watch. Writes nothing. No torch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inference.errors import InvalidRequest, UnknownRun
from inference.plain import from_plain
from inference.train_status import AT_WORK, RunDetail, RunSummary
from inference.training.plan import TrainingPlan
from inference.training.run_folder import ADAPTER, CHECKPOINTS, EVALUATION, LOG, PLAN, STATE, RunState
from viewer.core.places import data_folder

RUN_LOG = "run.log"
"""What the process printed, beside the run's own files."""
ID_PATTERN = r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}"
MOST_LINES = 5_000  # in one answer
LAST_WORDS = 1_500  # letters


def runs_folder() -> Path:
    """Where the runs lie that the server starts. May not exist yet."""
    return data_folder() / "training" / "runs"


def run_named(runs: Path, id: str) -> Path:
    """The folder of a run. An id is a name that we made, never a path.

    Raises:
        UnknownRun: There is none.
    """
    folder = runs / id
    if not re.fullmatch(ID_PATTERN, id) or folder.is_symlink() or not (folder / PLAN).is_file():
        raise UnknownRun("There is no such training run.")
    return folder


def run_ids(runs: Path) -> list[str]:
    """All runs, the newest first."""
    try:
        names = [one.name for one in runs.iterdir()]
    except FileNotFoundError:
        return []
    told = [name for name in names if re.fullmatch(ID_PATTERN, name) and (runs / name / PLAN).is_file()]
    return sorted(told, reverse=True)


def plan_of_run(folder: Path) -> TrainingPlan:
    """Raises InvalidRequest: the plan can't be read, or was written by a newer version."""
    return from_plain(TrainingPlan, _object(folder / PLAN) or {}, "plan.json")


def state_of_run(folder: Path) -> RunState:
    """As the process told it last; `preparing` before its first word."""
    told = _object(folder / STATE)
    return from_plain(RunState, told, "state.json") if told is not None else RunState("preparing")


def summary(folder: Path, is_alive: bool) -> RunSummary:
    """What a folder tells. `is_alive`: its process is there, which the caller knows."""
    state, plan = state_of_run(folder), plan_of_run(folder)
    return RunSummary(
        id=folder.name,
        state=state,
        is_alive=is_alive,
        pack=plan.pack,
        data=plan.data,
        checkpoint=newest_checkpoint(folder),
        has_adapter=(folder / ADAPTER / "adapter_config.json").is_file(),
        has_evaluation=(folder / EVALUATION).is_file(),
        last_words=last_words(folder) if state.phase in AT_WORK | {"failed"} and not is_alive else "",
    )


def detail(folder: Path, is_alive: bool, after: int = 0) -> RunDetail:
    """A run with its log from line `after` on."""
    first, lines = log_lines(folder, after)
    return RunDetail(
        summary(folder, is_alive),
        plan_of_run(folder),
        first,
        first + len(lines),
        lines,
        outcome_of_run(folder),
    )


def outcome_of_run(folder: Path) -> Mapping[str, Any]:
    """evaluation.json; empty before there is one."""
    return _object(folder / EVALUATION) or {}


def newest_checkpoint(folder: Path) -> int | None:
    """The step of the newest whole checkpoint; what is still being written has another kind of name."""
    try:
        names = [one.name for one in (folder / CHECKPOINTS).iterdir()]
    except OSError:
        return None
    return max((int(name) for name in names if name.isascii() and name.isdigit()), default=None)


def log_lines(folder: Path, after: int) -> tuple[int, tuple[Mapping[str, Any], ...]]:
    """The number of the first line given, and the lines from there, whole ones only, `MOST_LINES` at most.

    A log that has become shorter than `after` is given from its beginning.
    """
    try:
        raw = (folder / LOG).read_bytes()
    except FileNotFoundError:
        return 0, ()
    whole = raw.split(b"\n")[:-1]  # the last one has no end yet, or is nothing
    first = after if after <= len(whole) else 0
    return first, tuple(_lines(whole[first : first + MOST_LINES]))


def _lines(raw: list[bytes]) -> Iterator[Mapping[str, Any]]:
    for line in raw:
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        yield told if isinstance(told, dict) else {}  # a damaged line keeps its number


def last_words(folder: Path) -> str:
    """The end of what the process printed: it names what went wrong, no words of a report and no patient."""
    try:
        with (folder / RUN_LOG).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 4 * LAST_WORDS))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return text.strip()[-LAST_WORDS:]


def _object(file: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise InvalidRequest(f"{file.name} of this run can't be read: it is no JSON.") from None
    if not isinstance(told, dict):
        raise InvalidRequest(f"{file.name} of this run can't be read: it is no object.")
    return told
