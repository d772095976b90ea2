"""How one film is looked at: zoom, place, posture, grey levels. Plain data and pure functions, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from viewer.core.study import PixelDescription
from viewer.core.voi import Voi
from viewer.ui.placement import Placement, Posture, fitting_zoom, place

SMALLEST_ZOOM = 0.02
LARGEST_ZOOM = 40.0


@dataclass(frozen=True, slots=True)
class FilmView:
    """What the reader has set for one film. A new film starts with all defaults."""

    voi: Voi | None = None  # None: not loaded yet
    voi_name: str = ""  # "as acquired", "auto", a LUT's or a window's explanation, "" after a drag
    is_lut_off: bool = False  # a drag went over from a VOI LUT to a window
    is_inverted: bool = False
    posture: Posture = field(default_factory=Posture)
    zoom: float | None = None  # screen pixels per film pixel; None: the whole film
    center: tuple[float, float] | None = None  # stored point in the middle of the viewport; None: the film's


def placement_of(view: FilmView, description: PixelDescription, size: tuple[float, float]) -> Placement:
    """Where the film lies in a viewport of `size` (width, height in device pixels)."""
    return place(
        description, view.posture, zoom_of(view, description, size), center_of(view, description), size
    )


def zoom_of(view: FilmView, description: PixelDescription, size: tuple[float, float]) -> float:
    return fitting_zoom(description, view.posture, size) if view.zoom is None else view.zoom


def center_of(view: FilmView, description: PixelDescription) -> tuple[float, float]:
    return (description.columns / 2, description.rows / 2) if view.center is None else view.center


def zoomed(
    view: FilmView,
    description: PixelDescription,
    size: tuple[float, float],
    factor: float,
    at: tuple[float, float] | None = None,
) -> FilmView:
    """Larger by `factor`, with the film's point under screen point `at` staying where it is."""
    before = placement_of(view, description, size)
    zoom = min(max(zoom_of(view, description, size) * factor, SMALLEST_ZOOM), LARGEST_ZOOM)
    at = at or (size[0] / 2, size[1] / 2)
    fixed = before.to_stored(*at)
    after = place(description, view.posture, zoom, fixed, (2 * at[0], 2 * at[1]))
    return _centered(replace(view, zoom=zoom), description, after.to_stored(size[0] / 2, size[1] / 2))


def panned(
    view: FilmView, description: PixelDescription, size: tuple[float, float], right: float, down: float
) -> FilmView:
    """Moved by screen pixels. The film's own area never leaves the middle of the viewport."""
    here = placement_of(view, description, size)
    center = here.to_stored(size[0] / 2 - right, size[1] / 2 - down)
    return _centered(replace(view, zoom=zoom_of(view, description, size)), description, center)


def at_zoom(view: FilmView, zoom: float | None) -> FilmView:
    """At a fixed zoom around the same point, or fitted again."""
    return replace(view, zoom=None, center=None) if zoom is None else replace(view, zoom=zoom)


def same_look(
    source: FilmView,
    source_description: PixelDescription,
    source_size: tuple[float, float],
    target: FilmView,
    target_description: PixelDescription,
    target_size: tuple[float, float],
) -> FilmView:
    """Give `target` the zoom of `source`, relative to fitting, and the same place, as a part of the film's sides.

    Current and prior were taken at other sizes and resolutions, so only relative places can agree.
    """
    if source.zoom is None:
        return at_zoom(target, None)
    relative = source.zoom / fitting_zoom(source_description, source.posture, source_size)
    zoom = relative * fitting_zoom(target_description, target.posture, target_size)
    place_shown = _shown_fraction(source, source_description)
    center = _stored_from_fraction(place_shown, target.posture, target_description)
    return replace(target, zoom=min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM), center=center)


def _centered(view: FilmView, description: PixelDescription, center: tuple[float, float]) -> FilmView:
    x = min(max(center[0], 0.0), float(description.columns))
    y = min(max(center[1], 0.0), float(description.rows))
    return replace(view, center=(x, y))


def _shown_fraction(view: FilmView, description: PixelDescription) -> tuple[float, float]:
    """The middle of the view, from the film's middle, in parts of its sides, along the screen's axes."""
    x, y = center_of(view, description)
    x, y = x / description.columns - 0.5, y / description.rows - 0.5
    a, b, c, d = view.posture.matrix
    return a * x + b * y, c * x + d * y


def _stored_from_fraction(
    shown: tuple[float, float], posture: Posture, description: PixelDescription
) -> tuple[float, float]:
    a, b, c, d = posture.matrix
    x, y = a * shown[0] + c * shown[1], b * shown[0] + d * shown[1]
    return (x + 0.5) * description.columns, (y + 0.5) * description.rows
