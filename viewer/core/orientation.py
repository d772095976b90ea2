r"""Which way up a film is: turns and flips that bring Patient Orientation (0020,0020) to L\F.

Patient Orientation names where rows and columns run to: L\F is the patient's left at the right of the picture and the
feet at the bottom, as a chest film hangs (PS3.3 C.7.6.1.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.study import PixelDescription

Box = tuple[float, float, float, float]

_OPPOSITE = {"L": "R", "R": "L", "H": "F", "F": "H", "A": "P", "P": "A"}


@dataclass(frozen=True, slots=True)
class Orientation:
    """First mirrored left to right (if so), then turned clockwise by quarter turns."""

    quarter_turns: int = 0  # 0 to 3, clockwise
    is_mirrored: bool = False

    @property
    def is_identity(self) -> bool:
        return self.quarter_turns == 0 and not self.is_mirrored

    def apply(self, picture: NDArray[Any]) -> NDArray[Any]:
        """Return the upright picture, shape (rows, columns) or (rows, columns, 3); the two may swap."""
        mirrored = picture[:, ::-1] if self.is_mirrored else picture
        return np.ascontiguousarray(np.rot90(mirrored, -self.quarter_turns))

    def box_from_stored(self, xyxy: Box, rows: int, columns: int) -> Box:
        """Map a box on the stored picture, which has `rows` and `columns`, to the upright picture.

        Boxes are edges in pixels, (left, top, right, bottom), origin at the top left corner.
        """
        x1, y1, x2, y2 = xyxy
        if self.is_mirrored:
            x1, x2 = columns - x2, columns - x1
        for _ in range(self.quarter_turns):  # clockwise: what was at the bottom comes to the left
            x1, y1, x2, y2 = rows - y2, x1, rows - y1, x2
            rows, columns = columns, rows
        return x1, y1, x2, y2

    def box_to_stored(self, xyxy: Box, rows: int, columns: int) -> Box:
        """Map a box on the upright picture back to the stored one, which has `rows` and `columns`."""
        x1, y1, x2, y2 = xyxy
        turned_rows = columns if self.quarter_turns % 2 else rows
        turned_columns = rows if self.quarter_turns % 2 else columns
        for _ in range(self.quarter_turns):  # and back again
            x1, y1, x2, y2 = y1, turned_columns - x2, y2, turned_columns - x1
            turned_rows, turned_columns = turned_columns, turned_rows
        if self.is_mirrored:
            x1, x2 = columns - x2, columns - x1
        return x1, y1, x2, y2


def upright(description: PixelDescription) -> Orientation:
    """Return what brings the film upright, with the patient's right at the left of the picture.

    A lateral film (rows run to A or P) is turned head up but never mirrored. Unstated or impossible orientations give
    the identity: a side is never guessed.
    """
    if description.patient_orientation is None:
        return Orientation()
    rows_to, columns_to = (direction[:1] for direction in description.patient_orientation)
    if {rows_to, _OPPOSITE.get(rows_to, "")} & {columns_to, _OPPOSITE.get(columns_to, "")}:
        return Orientation()  # both along the same axis
    for candidate in (Orientation(turns, mirrored) for mirrored in (False, True) for turns in range(4)):
        turned = _directions(rows_to, columns_to, candidate)
        if turned == ("L", "F") or (turned[1] == "F" and turned[0] in "AP" and not candidate.is_mirrored):
            return candidate
    return Orientation()


def _directions(rows_to: str, columns_to: str, orientation: Orientation) -> tuple[str, str]:
    """Return where rows and columns run to after mirroring and turning."""
    if orientation.is_mirrored:
        rows_to = _OPPOSITE[rows_to]
    for _ in range(orientation.quarter_turns):  # clockwise: rows now run where columns ran from
        rows_to, columns_to = _OPPOSITE[columns_to], rows_to
    return rows_to, columns_to
