"""What one look at a film keeps: enough to find copies, wrong exposure and wrong views; 3 kB each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.backend import FilmInput
from inference.film_picture import FilmFrame, film_frame, model_picture
from inference.gate import Gate, refusal_by_header
from inference.training.examine.fingerprint import THUMB, perceptual_hash
from viewer.core.synthetic_mark import look

ENOUGH = 1024  # pixels
"""Header rules that need a size are given this one: the doctor has its own rule for sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmLook:
    """One film, looked at."""

    frame: FilmFrame
    digest: bytes  # of the stored values and their shape: equal films have equal ones
    hash64: int  # perceptual
    thumb: NDArray[np.uint8]  # (THUMB, THUMB), the whole picture, upright
    is_one_grey: bool
    is_synthetic: bool
    header_refusal: str  # why the header says that it is no chest film; empty if it does not
    chances: tuple[float, float, float]  # frontal chest, lateral chest, other: the gate's network


def look_at(film: FilmInput, gate: Gate) -> FilmLook:
    """Raises: InvalidFilm, if its pixels can't be shown."""
    picture = model_picture(film)
    grey = picture.grey
    thumb = np.asarray(Image.fromarray(grey).resize((THUMB, THUMB), Image.Resampling.BOX))
    scores = gate.judge(grey).scores
    refusal = refusal_by_header(
        film.modality, film.body_part, "", film.description.frames, rows=ENOUGH, columns=ENOUGH
    )
    return FilmLook(
        frame=film_frame(film.description),
        digest=_digest(film.stored),
        hash64=perceptual_hash(thumb),
        thumb=thumb,
        is_one_grey=_is_one_grey(grey),
        is_synthetic=film.is_synthetic or look(grey) is not None,
        header_refusal=refusal or "",
        chances=(scores["frontal chest"], scores["lateral chest"], scores["other"]),
    )


def _digest(stored: NDArray[np.generic]) -> bytes:
    told = hashlib.blake2b(f"{stored.shape}".encode(), digest_size=16)
    told.update(np.ascontiguousarray(stored).view(np.uint8).data)
    return told.digest()


def _is_one_grey(grey: NDArray[np.uint8], share: float = 0.97) -> bool:
    """True if nearly all of the picture is one grey level, give or take one."""
    apart = max(1, max(grey.shape) // 512)
    grey = grey[::apart, ::apart]
    counts = np.bincount(grey.ravel(), minlength=258).astype(np.int64)
    nearby = counts[:-2] + counts[1:-1] + counts[2:]
    return bool(nearby.max() >= share * grey.size)
