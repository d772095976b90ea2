"""Pictures that are kept: made by a test run with SIDELIGHT_MAKE_GOLDEN=1, looked at by a person, then committed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).parent / "pictures"


def assert_golden(name: str, picture: NDArray[Any], tolerance: float = 2.0) -> None:
    """Compare with the kept picture: no more than `tolerance` grey levels at 99.5 % of the pixels.

    Edges may move by a fraction of a pixel with another version of Qt or numpy; a whole picture may not.
    """
    file = FOLDER / f"{name}.png"
    if os.environ.get("SIDELIGHT_MAKE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        Image.fromarray(picture).save(file, optimize=True)
    kept = np.asarray(Image.open(file)).astype(int)
    assert kept.shape == picture.shape
    difference = np.abs(kept - picture.astype(int))
    assert np.percentile(difference, 99.5) <= tolerance, f"{name} is not what it was; see {file}"
