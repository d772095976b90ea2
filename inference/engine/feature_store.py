"""Encoded films on disk: one safetensors file each, named by what went into it, within a size limit.

A file's name is a hash over the film, the pack, how the picture was prepared, and what computed it, so a file is
either right or not found. What can't be read or is not what was written is deleted and computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

log = logging.getLogger(__name__)

MOST_BYTES = 2 << 30
ENDING = ".safetensors"
_NAME = "rows"


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """Picture rows (image_tokens, width) of films.

    Args:
        folder: Exists, and is this user's own.
        maker: All but the film that the rows depend on: pack, preprocessing, dtype, device, library.
        most_bytes: Beyond this the files used longest ago go.
    """

    folder: Path
    maker: str
    most_bytes: int = MOST_BYTES

    def get(self, image_sha256: str, shape: tuple[int, int], dtype: torch.dtype) -> Tensor | None:
        """The rows of a film, on the CPU; None if they are not here (any more)."""
        path = self._path(image_sha256)
        try:
            rows, told = _read(path)
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, KeyError, ValueError):
            rows, told = None, ""
        if rows is None or rows.shape != shape or rows.dtype != dtype or _digest(rows) != told:
            log.warning("A file of the feature cache was damaged; it is made again.")
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used now
        return rows

    def put(self, image_sha256: str, rows: Tensor) -> None:
        """Keep rows. A disk that is full or write-protected costs the next start some time, nothing else."""
        rows = rows.detach().to("cpu").contiguous()
        path = self._path(image_sha256)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            data = save({_NAME: rows}, metadata={"sha256": _digest(rows)})
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            part.replace(path)
            self._prune()
        except OSError as error:
            log.warning("The feature cache could not be written (%s).", type(error).__name__)
            with contextlib.suppress(OSError):
                part.unlink()

    def _path(self, image_sha256: str) -> Path:
        name = hashlib.sha256(f"{self.maker}\n{image_sha256}".encode()).hexdigest()
        return self.folder / f"{name}{ENDING}"

    def _prune(self) -> None:
        files = sorted(
            (
                (entry.stat().st_mtime_ns, entry.stat().st_size, entry.path)
                for entry in os.scandir(self.folder)
            ),
            reverse=True,
        )
        total = 0
        for number, (_, size, path) in enumerate(files):
            total += size
            if number and total > self.most_bytes:
                with contextlib.suppress(OSError):
                    Path(path).unlink()


def _read(path: Path) -> tuple[Tensor, str]:
    with safe_open(path, framework="pt") as file:
        return file.get_tensor(_NAME), (file.metadata() or {})["sha256"]


def _digest(rows: Tensor) -> str:
    """SHA-256 over the bytes of a contiguous tensor."""
    return hashlib.sha256(rows.view(torch.uint8).numpy().tobytes()).hexdigest()
