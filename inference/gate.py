"""The gate at the door: is this a frontal chest radiograph? Header rules first, then a small network on the pixels.

A model that was trained on chest films alone will find a pneumonia in a knee. So whatever is not a frontal chest film
is refused, with the reason, before the model sees it. Upside-down, inverted and mirrored chest films pass: the reader
sees how they hang, and they are chests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.backend import FilmInput
from inference.small_network import read_network
from viewer.core.synthetic_mark import look

FOLDER = Path(__file__).parent / "gate_network"
ALLOW_SYNTHETIC = "SIDELIGHT_ALLOW_SYNTHETIC"
SYNTHETIC = "synthetic image (SyntheticData)"
WATERMARKED = "synthetic image (its pixels hold the watermark of synthetic films)"
CLASSES = ("frontal chest", "lateral chest", "other")
SMALLEST_SIDE = 64

_RADIOGRAPHY = {"", "CR", "DX", "DR", "RG", "XR", "CX", "OT", "SC"}
_CHEST_WORDS = (
    "CHEST",
    "THORAX",
    "THORACIC",
    "LUNG",
    "RIB",
    "CXR",
    "TORAX",
    "PULMO",
    "STERNUM",
    "HEART",
    "CLAVIC",
)
_SPINE_WORDS = ("SPINE", "TSPINE", "WIRBEL", "COLUMN")
_UNKNOWN_PARTS = {
    "",
    "UNKNOWN",
    "UNDEFINED",
    "OTHER",
    "NONE",
    "NA",
    "N A",
    "BODY",
    "PORTABLE",
    "DEFAULT",
    "TRUNK",
}
_LATERAL_WORDS = ("LATERAL", "SEITLICH", "PROFIL")
_LATERAL_VIEWS = {"LL", "RL", "LLD", "RLD", "LAT", "LATERAL", "LLAT", "RLAT", "L LAT", "R LAT", "LL DECUB"}


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says about one film. `scores` holds the network's numbers; empty if the header decided."""

    is_frontal_chest: bool
    reason: str = ""  # words for the reader; empty if it is a frontal chest film
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the gate draws its lines, measured on held-out films (`inference.training.gate.recipe`).

    A film whose header says chest *and* PA or AP is given more room than a picture that says nothing.
    """

    least_frontal: float  # probability of "frontal chest" below which a film is refused
    largest_distance: float  # from the frontal films' centre in feature space, beyond which it is refused
    least_frontal_stated: float
    largest_distance_stated: float

    def for_film(self, *, is_stated: bool) -> tuple[float, float]:
        """Least probability and largest distance."""
        if is_stated:
            return self.least_frontal_stated, self.largest_distance_stated
        return self.least_frontal, self.largest_distance


def refusal_by_header(
    modality: str, body_part: str, view_position: str, frames: int = 1, *, rows: int, columns: int
) -> str | None:
    """Why a film can't be a frontal chest radiograph, by its header alone; None if it may be one.

    Args:
        modality: Modality (0008,0060). Empty, OT and secondary captures are left to the pixels.
        body_part: Body Part Examined (0018,0015). Empty or meaningless values are left to the pixels.
        view_position: View Position (0018,5101).
        frames: Number of Frames (0028,0008).
    """
    modality = modality.strip().upper()
    if modality not in _RADIOGRAPHY:
        return f"not a chest radiograph (Modality {modality})"
    part = " ".join(body_part.upper().replace("_", " ").replace("-", " ").replace("/", " ").split())
    if part not in _UNKNOWN_PARTS and (not _has(part, _CHEST_WORDS) or _has(part, _SPINE_WORDS)):
        return f"not a chest radiograph (Body Part Examined {part})"
    view = " ".join(view_position.upper().replace("_", " ").split())
    if view in _LATERAL_VIEWS or _has(view, _LATERAL_WORDS):
        return f"lateral view (View Position {view}); only frontal chest films are read"
    if frames > 1:
        return f"not a single film ({frames} frames)"
    if min(rows, columns) < SMALLEST_SIDE:
        return (
            f"too small to be read ({rows} x {columns} pixels, at least {SMALLEST_SIDE} each way are needed)"
        )
    return None


def is_stated_frontal_chest(modality: str, body_part: str, view_position: str) -> bool:
    """True if the header says outright: a radiograph (CR, DX) of the chest, PA or AP."""
    view = view_position.strip().upper()
    is_radiograph = modality.strip().upper() in ("CR", "DX", "DR", "RG")
    return is_radiograph and _has(body_part.upper(), _CHEST_WORDS) and view.split()[:1] in (["PA"], ["AP"])


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


class Gate:
    """Decides which films are read. Made by `load_gate`; may be used from several threads."""

    def __init__(self, session: Any, side: int, limits: Limits, *, allow_synthetic: bool = False) -> None:
        self._session = session  # onnxruntime.InferenceSession
        self._side = side
        self.limits = limits
        self._allow_synthetic = allow_synthetic

    def check(self, film: FilmInput, picture: NDArray[np.uint8]) -> GateResult:
        """Judge one film.

        Args:
            film: For its header values; its stored pixels are not looked at.
            picture: (rows, columns) uint8, upright as far as the header says, air dark (see `film_picture`).
        """
        if film.is_synthetic and not self._allow_synthetic:
            return GateResult(False, SYNTHETIC)
        rows, columns = picture.shape[:2]
        told = film.description
        reason = refusal_by_header(
            film.modality, film.body_part, film.view_position, told.frames, rows=rows, columns=columns
        )
        if reason is not None:
            return GateResult(False, reason)
        if int(picture.max()) - int(picture.min()) < 4:
            return GateResult(False, "the picture is blank (one grey level)")
        if not self._allow_synthetic and look(picture) is not None:
            return GateResult(False, WATERMARKED)
        is_stated = is_stated_frontal_chest(film.modality, film.body_part, film.view_position)
        return self.judge(picture, is_stated=is_stated)

    def judge(self, picture: NDArray[np.uint8], *, is_stated: bool = False) -> GateResult:
        """Judge pixels alone. `is_stated`: the header says frontal chest."""
        batch = network_input(fit(picture, self._side))[None, None]
        probability, distance = self._session.run(None, {"picture": batch})
        scores = dict(zip(CLASSES, (float(p) for p in probability[0]), strict=True))
        scores["distance"] = float(distance[0])
        return verdict(scores, self.limits, is_stated=is_stated)


def verdict(scores: Mapping[str, float], limits: Limits, *, is_stated: bool = False) -> GateResult:
    """From the network's numbers to words."""
    least, farthest = limits.for_film(is_stated=is_stated)
    if scores["frontal chest"] < least:
        if scores["lateral chest"] > scores["other"]:
            return GateResult(False, "looks like a lateral view; only frontal chest films are read", scores)
        return GateResult(False, "does not look like a chest radiograph", scores)
    if scores["distance"] > farthest:
        return GateResult(False, "unlike the frontal chest films that the gate knows", scores)
    return GateResult(True, "", scores)


def fit(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Shrink or enlarge a grey picture into a square of `side`, whole, on a background of its border's median."""
    rows, columns = picture.shape
    scale = side / max(rows, columns)
    high, wide = max(1, round(rows * scale)), max(1, round(columns * scale))
    small = np.asarray(
        Image.fromarray(picture).resize((wide, high), Image.Resampling.BOX if scale < 1 else None)
    )
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    square = np.full((side, side), np.uint8(np.median(border)), np.uint8)
    top, left = (side - high) // 2, (side - wide) // 2
    square[top : top + high, left : left + wide] = small
    return square


def network_input(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey levels between the 1st and 99th percentile to -1..1: exposure and windowing must not matter."""
    low, high = np.percentile(square, (1, 99))
    levels = (square.astype(np.float32) - low) / max(float(high - low), 1.0) * 2 - 1
    return np.asarray(np.clip(levels, -1, 1), np.float32)


def load_gate(folder: Path = FOLDER, *, allow_synthetic: bool | None = None) -> Gate:
    """Load the bundled gate.

    Args:
        folder: Holds manifest.json and gate.onnx.
        allow_synthetic: Let films marked SyntheticData (0008,001C) pass to the pixels; None asks the environment
            variable SIDELIGHT_ALLOW_SYNTHETIC (1 means yes).

    Raises:
        PackRefused: Files are missing or not what the manifest says.
    """
    import onnxruntime

    manifest, weights = read_network(folder, "gate.onnx", "The gate")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a few milliseconds; more threads only wake up
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    limits = Limits(**manifest["limits"])
    if allow_synthetic is None:
        allow_synthetic = os.environ.get(ALLOW_SYNTHETIC) == "1"
    return Gate(session, int(manifest["side"]), limits, allow_synthetic=allow_synthetic)
