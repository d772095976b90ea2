"""An adapter becomes active through the gate, or it does not; and is taken back with one call."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.errors import InferenceError
from inference.evaluation.ask_site import Told
from inference.packs import Pack, find_pack, open_pack, trust
from inference.packs.install import install
from inference.packs.site_adapters import (
    Choice,
    Choices,
    activate,
    choices_of,
    note_refused,
    roll_back,
)
from inference.packs.store import pack_folders, user_packs_dir
from inference.training.promotion.evaluation import PACK, evaluate, is_current
from inference.training.rows import DataSet
from inference.training.run_folder import EVALUATION


class RefusedByGate(InferenceError):
    """The gate refused the adapter; the message says by which rule and with which numbers."""

    remedy = (
        "Nothing was changed: the model reads as before. RUN/evaluation.md has all numbers. More studies, or studies "
        "whose labels were checked (`sidelight train doctor`), are what helps most."
    )


@dataclass(frozen=True, slots=True)
class Active:
    """What a base is read with."""

    base: Pack
    adapter: Pack | None
    history: tuple[Choice, ...]


def promote(
    run: Path, datasets: Sequence[DataSet] | None = None, who: str = "", tell: Told = lambda *_: None
) -> Choice:
    """Let the run's adapter be read with from now on, if the gate accepts it.

    It is evaluated first where that was not done for these very weights. A running backend takes it up when it loads
    its model the next time.

    Args:
        run: A run's folder.
        datasets: The plan's data, where they are open already.
        who: For the history; empty = the account.
        tell: Told how far an evaluation is.

    Raises:
        RefusedByGate: The gate said no.
        NothingTrained, PackRefused, PackError: As `evaluate` and `activate` say.
    """
    told = _read(run / EVALUATION)
    if not (run / PACK).is_dir() or not is_current(run, told):
        evaluate(run, datasets, tell=tell)
        told = _read(run / EVALUATION)
    gate = told.get("gate") or {}
    pack, words = open_pack(run / PACK, whole=True), str(gate.get("words", "it was not evaluated"))
    if gate.get("accepted") is not True:
        note_refused(pack, words, who)
        raise RefusedByGate(words)
    return activate(_installed(pack), words, who)


def rollback(pack: str | None = None, why: str = "", who: str = "") -> Choice:
    """Take the active adapter of a base away; the one before it reads again, or the base alone.

    Raises:
        PackError: No adapter is active.
    """
    return roll_back(pack, why or "taken back by hand", who)


def active(pack: str | None = None) -> Active:
    """What a base is read with, and all that happened to its adapters."""
    base = find_pack(pack)
    base = base.base or base
    choices: Choices = choices_of(base.manifest.id)
    id_ = choices.active(base.sha256)
    return Active(base, find_pack(id_) if id_ else None, choices.steps)


def _installed(pack: Pack) -> Pack:
    """The adapter among the packs; its id names its weights, so one that is there is the same one."""
    there = [folder for folder in pack_folders(pack.manifest.id) if folder.parent == user_packs_dir()]
    if there and open_pack(there[0]).sha256 == pack.sha256:
        return open_pack(there[0])
    if trust.quarantine_of(pack.sha256) is not None:
        trust.forget(pack.sha256)
    with (
        tempfile.TemporaryDirectory() as scratch
    ):  # its base is looked up from where packs are, not from the run
        copy = Path(scratch) / pack.manifest.id
        shutil.copytree(pack.folder, copy)
        return install(copy, replace=bool(there))


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
