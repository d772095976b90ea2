"""Where a film lies in a viewport: pure geometry between stored pixels and screen pixels.

Stored coordinates: x to the right in columns, y down in rows, edges, origin at the top left of the stored picture.
Screen coordinates: device pixels of the viewport, origin top left. A posture only turns by right angles, so the two
axes never mix with fractions and a film can be sampled row by row and column by column.
"""

from __future__ import annotations

from dataclasses import dataclass

from viewer.core.study import PixelDescription

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Posture:
    """How the stored picture is shown: first mirrored left to right, then turned clockwise."""

    quarter_turns: int = 0  # 0..3, clockwise
    is_mirrored: bool = False

    @property
    def is_sideways(self) -> bool:
        return self.quarter_turns % 2 == 1

    @property
    def matrix(self) -> tuple[int, int, int, int]:
        """(a, b, c, d): screen right = a·x + b·y, screen down = c·x + d·y."""
        a, b, c, d = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))[self.quarter_turns % 4]
        return (-a, b, -c, d) if self.is_mirrored else (a, b, c, d)

    def relative_to(self, base: Posture) -> Posture:
        """What was done on the screen to a picture that was shown in `base`."""
        a, b, c, d = self.matrix
        p, q, r, s = base.matrix  # right angles only: the way back is the transposed one
        done = (a * p + b * q, a * r + b * s, c * p + d * q, c * r + d * s)
        every = (Posture(turns, is_mirrored) for turns in range(4) for is_mirrored in (False, True))
        return next(posture for posture in every if posture.matrix == done)

    def turned(self, quarter_turns: int) -> Posture:
        """Turned clockwise on the screen, from how it is shown now."""
        return Posture((self.quarter_turns + quarter_turns) % 4, self.is_mirrored)

    def flipped_left_right(self) -> Posture:
        """Mirrored left to right on the screen, from how it is shown now."""
        return Posture(-self.quarter_turns % 4, not self.is_mirrored)

    def flipped_top_bottom(self) -> Posture:
        """Mirrored top to bottom on the screen, from how it is shown now."""
        return Posture((2 - self.quarter_turns) % 4, not self.is_mirrored)


@dataclass(frozen=True, slots=True)
class Placement:
    """An affine map of right angles from stored pixels to screen pixels."""

    posture: Posture
    step_x: float  # screen pixels per column
    step_y: float  # screen pixels per row
    origin_x: float  # where stored (0, 0) lies on the screen
    origin_y: float

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        a, b, c, d = self.posture.matrix
        x, y = x * self.step_x, y * self.step_y
        return a * x + b * y + self.origin_x, c * x + d * y + self.origin_y

    def to_stored(self, u: float, v: float) -> tuple[float, float]:
        a, b, c, d = self.posture.matrix
        u, v = u - self.origin_x, v - self.origin_y
        return (a * u + c * v) / self.step_x, (b * u + d * v) / self.step_y

    def box_to_screen(self, xyxy: Box) -> Box:
        """A stored box as (left, top, right, bottom) on the screen."""
        (u1, v1), (u2, v2) = self.to_screen(*xyxy[:2]), self.to_screen(*xyxy[2:])
        return min(u1, u2), min(v1, v2), max(u1, u2), max(v1, v2)


def pixel_shape(description: PixelDescription) -> tuple[float, float]:
    """Width and height of one pixel, the smaller of them 1; (1, 1) where the header says nothing usable."""
    aspect = description.pixel_aspect_ratio or description.pixel_spacing_mm
    aspect = aspect or description.imager_pixel_spacing_mm
    if not aspect or not (aspect[0] > 0 and aspect[1] > 0):
        return 1.0, 1.0
    height, width = float(aspect[0]), float(aspect[1])
    if not 0.05 <= height / width <= 20:  # no detector has such pixels: a broken header would hide the film
        return 1.0, 1.0
    smaller = min(height, width)
    return width / smaller, height / smaller


def shown_size(description: PixelDescription, posture: Posture) -> tuple[float, float]:
    """Width and height of the whole film as it is shown, at zoom 1."""
    pixel_width, pixel_height = pixel_shape(description)
    width, height = description.columns * pixel_width, description.rows * pixel_height
    return (height, width) if posture.is_sideways else (width, height)


def fitting_zoom(description: PixelDescription, posture: Posture, size: tuple[float, float]) -> float:
    """The zoom at which the whole film just fills a viewport of `size` (width, height)."""
    width, height = shown_size(description, posture)
    return max(min(size[0] / width, size[1] / height), 1e-6)


def place(
    description: PixelDescription,
    posture: Posture,
    zoom: float,
    center: tuple[float, float],
    size: tuple[float, float],
) -> Placement:
    """Put stored point `center` into the middle of a viewport of `size` (width, height) at `zoom`."""
    pixel_width, pixel_height = pixel_shape(description)
    step_x, step_y = zoom * pixel_width, zoom * pixel_height
    at_origin = Placement(posture, step_x, step_y, 0.0, 0.0)
    u, v = at_origin.to_screen(*center)
    return Placement(posture, step_x, step_y, size[0] / 2 - u, size[1] / 2 - v)
