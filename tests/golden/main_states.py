"""Screenshots of the whole window, compared cell by cell: text may be drawn with another font, the layout may not move.

Made by a test run with SIDELIGHT_MAKE_GOLDEN=1, looked at by a person, then committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).parent / "main_states"
CELL = 25
"""Side of a cell in kept pixels; its mean grey is compared."""
TOLERANCE = 10.0
SHARE = 0.97
"""So many cells must agree within the tolerance: a word of another width touches a few."""


def assert_state(name: str, shot: Image.Image) -> None:
    """Compare a screenshot with the kept one of this name."""
    file = FOLDER / f"{name}.png"
    seen = shot.convert("RGB").resize((shot.width // 2, shot.height // 2), Image.Resampling.BOX)
    if os.environ.get("SIDELIGHT_MAKE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        seen.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)
    kept = Image.open(file).convert("RGB")
    assert kept.size == seen.size
    difference = np.abs(cells(kept) - cells(seen)).max(axis=-1)
    share = float((difference <= TOLERANCE).mean())
    assert share >= SHARE, f"“{name}” is not what it was in {1 - share:.1%} of the window; see {file}"


def cells(picture: Image.Image) -> NDArray[np.float64]:
    """Mean colour of each cell, shape (rows, columns, 3)."""
    values = np.asarray(picture, dtype=np.float64)
    rows, columns = values.shape[0] // CELL, values.shape[1] // CELL
    whole = values[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, 3)
    return whole.mean(axis=(1, 3))
