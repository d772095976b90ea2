"""Films as PNG, JPEG and TIFF pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.factories.chest_picture import chest_picture


def write_picture(
    path: Path,
    *,
    rows: int = 192,
    columns: int = 160,
    mode: str = "L",
    seed: int = 0,
    exif_orientation: int | None = None,
    image_format: str | None = None,
) -> Path:
    """Write a chest picture and return `path`. `mode`: L, RGB, I;16, RGBA, P or 1; the suffix gives the format."""
    grey = chest_picture(rows, columns, seed)
    if mode == "I;16":
        image = Image.fromarray((grey * 65535).astype(np.uint16))
    else:
        image = Image.fromarray((grey * 255).astype(np.uint8)).convert(mode)
    extra = {}
    if exif_orientation is not None:
        exif = Image.Exif()
        exif[0x0112] = exif_orientation
        extra["exif"] = exif
    image.save(path, format=image_format, **extra)
    return path
