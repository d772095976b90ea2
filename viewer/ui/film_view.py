"""How one film is looked at: zoom, place, posture, grey levels. Plain data and pure functions, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from viewer.core.looks import Look
from viewer.core.study import PixelDescription
from viewer.core.voi import Voi
from viewer.ui.placement import Placement, Posture, fitting_zoom, pixel_shape, place

SMALLEST_ZOOM = 0.02
LARGEST_ZOOM = 40.0


@dataclass(frozen=True, slots=True)
class FilmView:
    """What the reader has set for one film. A new film starts with all defaults."""

    voi: Voi | None = None  # None: not loaded yet
    voi_name: str = ""  # "as acquired", "auto", a LUT's or a window's explanation, "" after a drag
    is_lut_off: bool = False  # a drag went over from a VOI LUT to a window
    is_inverted: bool = False
    is_shutter_open: bool = False  # the reader looks at what the file's shutter covers
    are_overlays_hidden: bool = False  # overlay planes of the file, not marks
    look: Look = ""  # processing for the eye: of what is drawn, never of the pixels
    posture: Posture = field(default_factory=Posture)
    upright: Posture = field(default_factory=Posture)  # how the header brings the film upright
    is_orientation_ignored: bool = (
        False  # the reader says that Patient Orientation is wrong: no side is known
    )
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


Lying = tuple[FilmView, PixelDescription, tuple[float, float]]
"""A view, the film it is of, and the size of its viewport (width, height in device pixels)."""


def same_look(source: Lying, target: Lying) -> FilmView:
    """Give `target` the zoom and the place of `source`.

    Where both say their spacing at the detector, a millimetre gets the same length on the screen, and the same way
    off the film's middle is looked at. Else only relative places can agree: zoom relative to fitting, and the place
    as a part of the film's sides.
    """
    (view, description, size), (own, own_description, own_size) = source, target
    if view.zoom is None:
        return at_zoom(own, None)
    ratio = _detector_ratio(description, own_description)
    if ratio is None:
        fitted = fitting_zoom(own_description, own.posture, own_size)
        zoom = view.zoom / fitting_zoom(description, view.posture, size) * fitted
        shown = _shown_fraction(view, description)
        center = _stored_from_fraction(shown, own.posture, own_description)
    else:
        zoom = view.zoom * ratio
        x, y = _shown_offset(view, description)
        center = _stored_from_offset((x / ratio, y / ratio), own.posture, own_description)
    zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
    return _centered(replace(own, zoom=zoom), own_description, center)


def fitted_together(lying: Sequence[Lying]) -> tuple[FilmView, ...]:
    """The views of films that hang together, with those that are fitted brought to one scale in millimetres.

    The film that needs most room fills its viewport. Where a spacing at the detector is not stated, and where one of
    the films is zoomed, all stay as they are.
    """
    views = tuple(view for view, _, _ in lying)
    spacings = [detector_spacing_mm(description) for _, description, _ in lying]
    if len(lying) < 2 or None in spacings or any(view.zoom is not None for view in views):
        return views
    per_mm = [
        fitting_zoom(description, view.posture, size) / (spacing or 1)
        for (view, description, size), spacing in zip(lying, spacings, strict=True)
    ]
    return tuple(
        replace(view, zoom=min(per_mm) * (spacing or 1))
        for view, spacing in zip(views, spacings, strict=True)
    )


def detector_spacing_mm(description: PixelDescription) -> float | None:
    """Millimetres at the detector that zoom 1 gives one screen pixel; None where the header does not say."""
    spacing = description.imager_pixel_spacing_mm
    if not spacing or not all(0.005 <= side <= 5 for side in spacing):  # no detector is finer or coarser
        return None
    return min(spacing)


def _detector_ratio(source: PixelDescription, target: PixelDescription) -> float | None:
    of_source, of_target = detector_spacing_mm(source), detector_spacing_mm(target)
    return of_target / of_source if of_source and of_target else None


def _centered(view: FilmView, description: PixelDescription, center: tuple[float, float]) -> FilmView:
    x = min(max(center[0], 0.0), float(description.columns))
    y = min(max(center[1], 0.0), float(description.rows))
    return replace(view, center=(x, y))


def _shown_offset(view: FilmView, description: PixelDescription) -> tuple[float, float]:
    """The middle of the view, from the film's middle, in units of zoom, along the screen's axes."""
    width, height = pixel_shape(description)
    return _shown_fraction(view, description, (description.columns * width, description.rows * height))


def _stored_from_offset(
    shown: tuple[float, float], posture: Posture, description: PixelDescription
) -> tuple[float, float]:
    width, height = pixel_shape(description)
    a, b, c, d = posture.matrix
    x, y = a * shown[0] + c * shown[1], b * shown[0] + d * shown[1]
    return description.columns / 2 + x / width, description.rows / 2 + y / height


def _shown_fraction(
    view: FilmView, description: PixelDescription, sides: tuple[float, float] = (1.0, 1.0)
) -> tuple[float, float]:
    """The middle of the view, from the film's middle, in parts of its `sides`, along the screen's axes."""
    x, y = center_of(view, description)
    x, y = (x / description.columns - 0.5) * sides[0], (y / description.rows - 0.5) * sides[1]
    a, b, c, d = view.posture.matrix
    return a * x + b * y, c * x + d * y


def _stored_from_fraction(
    shown: tuple[float, float], posture: Posture, description: PixelDescription
) -> tuple[float, float]:
    a, b, c, d = posture.matrix
    x, y = a * shown[0] + c * shown[1], b * shown[0] + d * shown[1]
    return (x + 0.5) * description.columns, (y + 0.5) * description.rows
