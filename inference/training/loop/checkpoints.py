"""Checkpoints of a run: written aside, made durable, then renamed; no kill and no full disk costs the last one.

RUN/checkpoints/000120/
    weights.safetensors   everything that has learnt so far
    state.pt              optimizer and random states; read with weights_only
    checkpoint.json       Progress, and size and SHA-256 of the two others; no path anywhere

The newest two are kept and the best of the phase: should a disk damage the newest, there is the one before.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import torch
from safetensors.torch import load_file
from safetensors.torch import save as tensors_as_bytes
from torch import Tensor

from inference.errors import InvalidRequest
from inference.plain import from_plain
from inference.training.loop.progress import Progress

WEIGHTS, STATE, ABOUT = "weights.safetensors", "state.pt", "checkpoint.json"
FORMAT = 1
KEPT = 2
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SaveFailed(Exception):
    """A checkpoint could not be written; those before it are as they were. The message is for a person."""


class Damaged(Exception):
    """A checkpoint is not what was written."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a run needs to go on as if it had never ended."""

    progress: Progress
    weights: Mapping[str, Tensor]
    state: Mapping[str, Any]  # tensors, numbers, texts, and lists, tuples and dicts of them
    plan_sha256: str = ""  # of the plan that it was made under


class CheckpointFolder:
    """RUN/checkpoints."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint and remove what it makes superfluous.

        Raises:
            SaveFailed: There is no room, or the disk refuses; nothing of it is left behind.
        """
        progress = checkpoint.progress
        place = self._folder / _name(progress.step)
        partial = self._folder / f".{place.name}.part"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _write_all(partial, checkpoint)
            self._put(partial, place)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise SaveFailed(_why(error, self._folder)) from error
        self._prune({progress.step, progress.best_step})
        return place

    def load(self, step: int) -> Checkpoint:
        """Raises Damaged: it isn't there, or not as it was written."""
        folder = self._folder / _name(step)
        try:
            about = json.loads((folder / ABOUT).read_bytes())
            if about["format"] != FORMAT:
                raise Damaged(f"{folder.name} was written by another version of the program")
            for name in (WEIGHTS, STATE):
                _verify(folder / name, about["files"][name])
            progress = from_plain(Progress, about["progress"])
            state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
            return Checkpoint(progress, load_file(folder / WEIGHTS), state, str(about["plan_sha256"]))
        except (OSError, ValueError, KeyError, TypeError, InvalidRequest) as error:
            raise Damaged(f"{folder.name} can't be read ({type(error).__name__})") from error

    def steps(self) -> list[int]:
        """Steps of which there is a checkpoint, the latest first."""
        if not self._folder.is_dir():
            return []
        return sorted((int(one.name) for one in self._folder.iterdir() if one.name.isdecimal()), reverse=True)

    def clear_partial(self) -> None:
        """Remove what a kill left unfinished; put back what was moved aside for a newer one that never came."""
        for left in self._folder.glob(".*"):
            place = self._folder / left.name.removeprefix(".").removesuffix(".old")
            if left.suffix == ".old" and not place.exists():
                left.rename(place)
            else:
                shutil.rmtree(left, ignore_errors=True)

    def _put(self, partial: Path, place: Path) -> None:
        if place.exists():  # of this step there is one already: a run that went on from further back
            aside = self._folder / f".{place.name}.old"
            place.rename(aside)
            partial.rename(place)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            partial.rename(place)
        _make_durable(self._folder)

    def _prune(self, wanted: Collection[int]) -> None:
        for step in self.steps()[KEPT:]:
            if step not in wanted:
                shutil.rmtree(self._folder / _name(step), ignore_errors=True)


def _write_all(folder: Path, checkpoint: Checkpoint) -> None:
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.weights.items()}
    files = {
        WEIGHTS: _write(folder / WEIGHTS, lambda file: file.write(tensors_as_bytes(weights))),
        STATE: _write(folder / STATE, lambda file: torch.save(dict(checkpoint.state), file)),
    }
    about = {
        "format": FORMAT,
        "plan_sha256": checkpoint.plan_sha256,
        "progress": asdict(checkpoint.progress),
        "files": files,
    }
    _write(folder / ABOUT, lambda file: file.write(json.dumps(about, indent=1).encode()))
    _make_durable(folder)


class _Hashed:
    """A file that keeps the hash of what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sha256, self.size = file, hashlib.sha256(), 0
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        text = bytes(data)
        try:
            self._file.write(text)
        except OSError as error:  # torch's writer would turn it into an error of its own
            self.error = error
            raise
        self.sha256.update(text)
        self.size += len(text)
        return len(text)

    def flush(self) -> None:
        self._file.flush()


def _write(path: Path, write: Callable[[Any], object]) -> dict[str, object]:
    """Write a file and make it durable; returns its size and hash."""
    with path.open("wb") as file:
        hashed = _Hashed(file)
        try:
            write(hashed)
        except RuntimeError:
            if hashed.error is not None:
                raise hashed.error from None
            raise
        file.flush()
        os.fsync(file.fileno())
    return {"size": hashed.size, "sha256": hashed.sha256.hexdigest()}


def _verify(path: Path, about: Mapping[str, object]) -> None:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if path.stat().st_size != about["size"] or sha256 != about["sha256"]:
        raise Damaged(f"{path.parent.name}/{path.name} is not what was written")


def _make_durable(folder: Path) -> None:
    """Make the names in a folder survive a loss of power; Windows does that by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why(error: OSError, folder: Path) -> str:
    if error.errno not in NO_ROOM:
        return f"The checkpoint could not be written ({error.strerror or type(error).__name__})."
    free = ""
    with contextlib.suppress(OSError):
        free = f": {shutil.disk_usage(folder).free / 1e6:.0f} MB are free"
    return f"The disk of the run's folder is full{free}."


def _name(step: int) -> str:
    return f"{step:06d}"
