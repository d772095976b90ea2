"""Films in memory for tests of the window; `tests.factories` writes them as files. No patient data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.study import Film, FilmHeader, FilmPixels, PixelDescription, Source

FIRST_DAY = date(2024, 3, 1)


def description(rows: int = 60, columns: int = 50, **changes: Any) -> PixelDescription:
    plain = PixelDescription(rows, columns, bits_allocated=16, bits_stored=12, high_bit=11)
    return replace(plain, **changes)


def ramp(rows: int = 60, columns: int = 50, **changes: Any) -> FilmPixels:
    """Values from 0 to 4095 that differ at every pixel's corner, so that a flip or turn can be seen."""
    y, x = np.mgrid[0:rows, 0:columns]
    stored = ((y * 3.0 / rows + x / columns) / 4 * 4095).astype(np.uint16)
    return FilmPixels(description(rows, columns, **changes), stored)


def film(name: str = "a", **header: Any) -> Film:
    """A film whose identifiers all come from `name`, unless said otherwise."""
    told: dict[str, Any] = {
        "pixels": description(),
        "sop_instance_uid": f"1.2.3.{name}",
        "series_instance_uid": f"1.2.{name}",
        "study_instance_uid": f"1.{name}",
        "patient_id": "P1",
        "patient_name": "Phantom^Paula",
        "study_date": FIRST_DAY,
        "modality": "DX",
        "body_part": "CHEST",
        "view_position": "PA",
    }
    told.update(header)
    return Film(Source(Path(f"/films/{name}.dcm")), FilmHeader(**told), file_sha256=f"{name:0<8}")
