"""Pictures for self-tests, drawn by whole numbers alone: the same bytes on every machine, for all time.

They look a little like a chest film, so that a model has something to see; they are nobody's. A recipe's name stands
in manifests: once published, it must never draw anything else (`tests/unit/inference/packs/test_self_test.py` holds
each to its SHA-256).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from inference.errors import PackRefused

SIDE = 512
Mask = NDArray[np.bool_]


@cache
def self_test_film(recipe: str) -> NDArray[np.uint8]:
    """The picture (512, 512) of a recipe, not to be written to.

    Raises:
        PackRefused: This program does not know the recipe.
    """
    draw = RECIPES.get(recipe)
    if draw is None:
        raise PackRefused(
            f"manifest.json: the self-test wants the picture “{recipe}”; known are {', '.join(RECIPES)}."
        )
    picture = draw()
    picture.setflags(write=False)
    return picture


def _thorax(heart_width: int, fluid_top: int, opacity: int) -> NDArray[np.uint8]:
    """A frontal chest in grey levels: air dark, soft tissue bright.

    Args:
        heart_width: Half axis across, in pixels.
        fluid_top: Row above which the right lung (left in the picture) is free of fluid.
        opacity: Grey levels added to a round place in the left lung; 0 for none.
    """
    row, column = np.mgrid[0:SIDE, 0:SIDE]
    grey = np.full((SIDE, SIDE), 8, dtype=np.int64)
    grey[_ellipse(row, column, (290, 256), (330, 225))] = 140
    lungs = _ellipse(row, column, (240, 160), (165, 72)) | _ellipse(row, column, (240, 352), (165, 72))
    grey[lungs] = 52 + (row[lungs] - 80) // 8
    ribs = lungs & ((row + np.abs(column - 256) // 3) % 44 < 9)
    grey[ribs] += 26
    grey[np.abs(column - 256) < 16] += 34
    grey[_ellipse(row, column, (320, 256 + heart_width // 3), (82, heart_width))] = 178
    grey[_ellipse(row, column, (460, 160), (88, 104)) | _ellipse(row, column, (472, 352), (88, 104))] = 186
    grey[lungs & (column < 256) & (row > fluid_top)] = 182
    grey[_ellipse(row, column, (190, 360), (34, 34))] += opacity
    return np.clip(grey, 0, 255).astype(np.uint8)


def _ellipse(
    row: NDArray[np.int64], column: NDArray[np.int64], centre: tuple[int, int], half: tuple[int, int]
) -> Mask:
    """Points inside an ellipse, (row, column) each, without any division."""
    down, across = row - centre[0], column - centre[1]
    inside: Mask = down * down * half[1] ** 2 + across * across * half[0] ** 2 <= (half[0] * half[1]) ** 2
    return inside


RECIPES: Mapping[str, Callable[[], NDArray[np.uint8]]] = {
    "thorax-1": lambda: _thorax(heart_width=70, fluid_top=SIDE, opacity=0),
    "thorax-2": lambda: _thorax(heart_width=125, fluid_top=SIDE, opacity=0),
    "thorax-3": lambda: _thorax(heart_width=70, fluid_top=250, opacity=0),
    "thorax-4": lambda: _thorax(heart_width=70, fluid_top=SIDE, opacity=110),
    "blank-1": lambda: np.full((SIDE, SIDE), 128, dtype=np.uint8),
}
"""`blank-1` is for the makers of cases: whoever answers it like the others has not looked."""
