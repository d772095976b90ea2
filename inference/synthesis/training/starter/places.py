"""Where a real film's finding is: from its readers' boxes, and for an effusion from the film itself. No torch.

Labels name no side. A generator that hears of effusions without a side learns that words for a side mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from inference.training.sources.manifest import LabelledFilm

BOXED: Mapping[str, tuple[str, ...]] = {
    "lung opacity": ("lung opacity", "pneumonia"),
    "pneumonia": ("lung opacity", "pneumonia"),
    "consolidation": ("lung opacity",),
    "lung lesion": ("lung lesion",),
    "atelectasis": ("atelectasis",),
}
"""By finding: the boxes that show where it is. RSNA's readers drew one kind for all that looks like pneumonia."""
UPPER, MIDDLE = 0.38, 0.58
"""Of the square's height: a mean centre above it is of the upper zone, of the middle one."""


def place_of(label: str, film: LabelledFilm) -> tuple[str, str]:
    """Side ("left", "right", "both") and zone ("upper", "middle", "lower") of a finding; empty: not known.

    The patient's right is on the picture's left.
    """
    side = min(film.width, film.height)
    left, top = (film.width - side) / 2, (film.height - side) / 2
    boxes = [box.xyxy for box in film.boxes if box.label in BOXED.get(label, ())]
    if not boxes:
        return "", ""
    across = [((x1 + x2) / 2 - left) / side for x1, _, x2, _ in boxes]
    down = sum(((y1 + y2) / 2 - top) / side for _, y1, _, y2 in boxes) / len(boxes)
    zone = "upper" if down < UPPER else "middle" if down < MIDDLE else "lower"
    return "right" if max(across) < 0.5 else "left" if min(across) > 0.5 else "both", zone


def effusion_side(square: NDArray[np.uint8]) -> str:
    """The side of an effusion that is known to be there: which lower lung field is brighter; empty: can't be told.

    Args:
        square: (side, side) of a frontal film.

    Returns:
        The bounds are uneven: the heart brightens the left field of every film.
    """
    picture = square.astype(np.float32)
    rows, columns = picture.shape
    low = picture[int(0.547 * rows) : int(0.84 * rows)]
    fields = (
        low[:, int(0.098 * columns) : int(0.449 * columns)],
        low[:, int(0.566 * columns) : int(0.918 * columns)],
    )
    right, left = (float(np.percentile(one, 40)) for one in fields)
    apart = (right - left) / max(float(picture.std()), 1.0)
    if abs(apart) < 0.12:
        return "both"
    return "right" if apart > 0.45 else "left" if apart < -0.25 else ""
