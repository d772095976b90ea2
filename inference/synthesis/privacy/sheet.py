"""Suspicious pairs as one picture for a person: drawn film on the left, training film on the right, the worst first."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference.synthesis.privacy.report import Pair

SIDE, GAP, LINE, ACROSS = 192, 6, 16, 3
Two = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def contact_sheet(pairs: Sequence[Pair], pictures: Sequence[Two]) -> bytes:
    """PNG. It shows patients' films: for the run's folder only, never for a pack."""
    cell = (2 * SIDE + 2 * GAP, SIDE + LINE + GAP)
    down = max(1, -(-len(pairs) // ACROSS))
    sheet = Image.new("L", (ACROSS * cell[0] + GAP, down * cell[1] + GAP), 40)
    pen = ImageDraw.Draw(sheet)
    for at, (pair, two) in enumerate(zip(pairs, pictures, strict=True)):
        left, top = GAP + at % ACROSS * cell[0], GAP + at // ACROSS * cell[1]
        for number, picture in enumerate(two):
            small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            sheet.paste(small, (left + number * SIDE, top + LINE))
        mark = "COPY  " if pair.is_copy else ""
        pen.text((left, top), f"{mark}SYNTHETIC {pair.drawn} | {pair.film[-34:]}  {pair.ratio:.2f}", fill=255)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
