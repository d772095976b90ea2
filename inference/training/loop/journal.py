"""Writes what a run tells: log.jsonl and state.json. A full disk never ends a run here: lines wait until there is room.

Only the main process writes; the journals of the others are silent.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from inference.training.run_folder import LOG, STATE, Evaluated, Phase, RunState, StepTaken, Told

NAMES = {StepTaken: "step_taken", Evaluated: "evaluated", Told: "told"}


class Journal:
    """The log and the state of one run folder."""

    def __init__(self, folder: Path, *, is_silent: bool = False) -> None:
        self._folder, self._is_silent = folder, is_silent
        self._waiting = b""  # lines that the disk had no room for
        self.state = RunState("preparing")

    def open(self) -> None:
        """Cut off a line that a kill left unfinished, so that the next one starts at the left."""
        path = self._folder / LOG
        if self._is_silent or not path.is_file():
            return
        text = path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole != len(text):
            with path.open("r+b") as file:
                file.truncate(whole)

    def write(self, line: StepTaken | Evaluated | Told) -> None:
        """Append one line and flush it."""
        if self._is_silent:
            return
        values = {"what": NAMES[type(line)], **asdict(line), "at": now()}
        self._waiting += json.dumps(values, allow_nan=True).encode() + b"\n"
        with contextlib.suppress(OSError):
            self._append()

    def tell(self, step: int, kind: Literal["note", "warning", "alarm"], text: str) -> None:
        self.write(Told(step, kind, text))

    def show(self, phase: Phase, **changes: object) -> None:
        """Replace state.json; `changes` are fields of `RunState`, the others stay as they are.

        `message` is emptied unless it is given; `process` is this one's while the run is under way, unless it is given.
        """
        process = os.getpid() if phase in ("preparing", "training", "evaluating") else None
        fields = {"message": "", "process": process, **changes, "at": now()}
        self.state = replace(self.state, phase=phase, **fields)  # type: ignore[arg-type]  # callers name fields
        if self._is_silent:
            return
        self._replace(json.dumps(asdict(self.state)).encode())

    def _replace(self, text: bytes) -> None:
        """In one rename; on a full disk over what is there, which needs no room."""
        place, partial = self._folder / STATE, self._folder / f"{STATE}.part"
        try:
            partial.write_bytes(text)
            partial.replace(place)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            with contextlib.suppress(OSError), place.open("r+b") as file:
                file.write(text)
                file.truncate()

    def _append(self) -> None:
        with (self._folder / LOG).open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                is_whole = file.write(self._waiting) == len(self._waiting)
            except OSError:
                is_whole = False
            if is_whole:
                self._waiting = b""
            else:  # half a line was all that there was room for
                file.truncate(before)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
