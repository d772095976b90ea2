"""Where slices lie and how fast frames follow each other, from a file's header (PS3.3 C.7.6.2, C.7.6.16, C.7.6.5).

An instance with several frames says it per frame, in nested functional groups; what is the same for all of them
stands in the shared ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from viewer.core import tags
from viewer.core.element_values import clean_text, decimals, split_values
from viewer.core.elements import Element, FileBytes, items
from viewer.core.header_fields import HeaderFields
from viewer.core.modality import is_usable_rescale
from viewer.core.study import PixelDescription, SlicePlane, Window
from viewer.core.voi import window_problem

MOST_FRAMES = 16_384
LARGEST_MM = 1e5
PLANE_POSITION, PLANE_ORIENTATION = 0x00209113, 0x00209116
PIXEL_MEASURES, FRAME_VOI_LUT, PIXEL_VALUE_TRANSFORMATION = 0x00289110, 0x00289132, 0x00289145
_GROUPS = frozenset(
    {PLANE_POSITION, PLANE_ORIENTATION, PIXEL_MEASURES, FRAME_VOI_LUT, PIXEL_VALUE_TRANSFORMATION}
)
_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
_SHOWN_PART = 0.35
"""A direction is named by every axis that it follows by at least this much: LA for an oblique row."""


@dataclass(frozen=True, slots=True)
class FrameGroups:
    """What functional groups say; one macro may say it for one frame or for all of them."""

    position: tuple[float, ...] = ()
    orientation: tuple[float, ...] = ()
    spacing: tuple[float, ...] = ()
    rescale: tuple[float, float, str] | None = None  # slope, intercept, type
    window: Window | None = None

    def over(self, shared: FrameGroups) -> FrameGroups:
        """These values, and the shared ones where there are none."""
        return FrameGroups(
            self.position or shared.position,
            self.orientation or shared.orientation,
            self.spacing or shared.spacing,
            self.rescale or shared.rescale,
            self.window or shared.window,
        )


def read_plane(fields: HeaderFields) -> SlicePlane | None:
    """Return the plane of a single slice, None where the header gives none that can be."""
    position = fields.decimals(tags.IMAGE_POSITION_PATIENT, "Image Position (Patient)")
    orientation = fields.decimals(tags.IMAGE_ORIENTATION_PATIENT, "Image Orientation (Patient)")
    return plane_of(position, orientation)


def plane_of(position: Iterable[float], orientation: Iterable[float]) -> SlicePlane | None:
    """Return a plane from three and six numbers; None where they are no place and no two square directions."""
    place, sides = tuple(position), tuple(orientation)
    if len(place) != 3 or len(sides) != 6:
        return None
    if not all(math.isfinite(value) and abs(value) < LARGEST_MM for value in (*place, *sides)):
        return None
    row, column = sides[:3], sides[3:]
    lengths = math.hypot(*row), math.hypot(*column)
    if not all(0.9 < length < 1.1 for length in lengths):
        return None
    if abs(sum(a * b for a, b in zip(row, column, strict=True))) > 0.05:
        return None
    return SlicePlane(
        (place[0], place[1], place[2]), (row[0], row[1], row[2]), (column[0], column[1], column[2])
    )


def read_frame_groups(fields: HeaderFields, frames: int) -> tuple[FrameGroups, ...]:
    """Return one entry for each frame of an enhanced instance; empty where it has no functional groups."""
    shared_items = _items(fields, tags.SHARED_FUNCTIONAL_GROUPS, 1)
    own_items = _items(fields, tags.PER_FRAME_FUNCTIONAL_GROUPS, min(frames, MOST_FRAMES))
    shared = _groups(fields.file.data, shared_items[0]) if shared_items else FrameGroups()
    if len(own_items) != frames:
        return (shared,) * frames if shared_items and frames <= MOST_FRAMES else ()
    return tuple(_groups(fields.file.data, item).over(shared) for item in own_items)


def frame_planes(groups: tuple[FrameGroups, ...]) -> tuple[SlicePlane, ...]:
    """Return the plane of every frame; empty where one of them has none."""
    planes = [plane_of(group.position, group.orientation) for group in groups]
    found = tuple(plane for plane in planes if plane is not None)
    return found if len(found) == len(groups) else ()


def with_frame_groups(
    fields: HeaderFields, pixels: PixelDescription, groups: tuple[FrameGroups, ...]
) -> PixelDescription:
    """Fill in what an enhanced instance says in its functional groups instead of at the top (PS3.3 C.7.6.16.2)."""
    if not groups:
        return pixels
    first = groups[0]
    if first.rescale and not fields.has(tags.RESCALE_SLOPE):
        slope, intercept, kind = first.rescale
        pixels = replace(pixels, rescale_slope=slope, rescale_intercept=intercept, rescale_type=kind)
        if any(group.rescale != first.rescale for group in groups):
            fields.notice("Rescale Slope and Intercept differ between frames; those of the first are used.")
    if first.window and not pixels.windows:
        pixels = replace(pixels, windows=(first.window,))
    if len(first.spacing) == 2 and min(first.spacing) > 0 and not pixels.pixel_spacing_mm:
        pixels = replace(pixels, pixel_spacing_mm=(first.spacing[0], first.spacing[1]))
    return pixels


def side_letters(planes: Iterable[SlicePlane | None]) -> tuple[str, str] | None:
    """Return Patient Orientation (0020,0020) as planes give it: where rows and columns run to, e.g. ("L", "P").

    None where a plane is missing or the planes do not all run the same way.
    """
    found = {
        (direction_letters(plane.row_direction), direction_letters(plane.column_direction)) if plane else None
        for plane in planes
    }
    return found.pop() if len(found) == 1 else None


def direction_letters(direction: tuple[float, float, float]) -> str:
    """Return the letters of a direction in the patient, the strongest first: L, PH, LAF."""
    parts = sorted(zip(direction, _LETTERS, strict=True), key=lambda part: -abs(part[0]))
    return "".join(
        ahead if value > 0 else back
        for place, (value, (ahead, back)) in enumerate(parts)
        if place == 0 or abs(value) >= _SHOWN_PART
    )


def read_frame_rate(fields: HeaderFields) -> float | None:
    """Return frames per second as the header recommends them, None where it does not say (PS3.3 C.7.6.5)."""
    for tag, name in (
        (tags.RECOMMENDED_DISPLAY_FRAME_RATE, "Recommended Display Frame Rate"),
        (tags.CINE_RATE, "Cine Rate"),
    ):
        rate = (fields.decimals(tag, name) or [0.0])[0]
        if 0 < rate <= 1000:
            return rate
    time_ms = (fields.decimals(tags.FRAME_TIME, "Frame Time") or [0.0])[0]
    return 1000 / time_ms if 1 <= time_ms <= 100_000 else None


def _items(fields: HeaderFields, tag: int, most: int) -> list[dict[int, Element]]:
    sequence = fields.file.elements.get(tag)
    return items(fields.file.data, sequence, _GROUPS, most) if sequence else []


def _groups(data: FileBytes, item: dict[int, Element]) -> FrameGroups:
    def inner(group: int, *wanted: int) -> dict[int, Element]:
        found = items(data, item[group], frozenset(wanted), 1) if group in item else []
        return found[0] if found else {}

    position = inner(PLANE_POSITION, tags.IMAGE_POSITION_PATIENT)
    orientation = inner(PLANE_ORIENTATION, tags.IMAGE_ORIENTATION_PATIENT)
    spacing = inner(PIXEL_MEASURES, tags.PIXEL_SPACING)
    rescale = inner(PIXEL_VALUE_TRANSFORMATION, tags.RESCALE_SLOPE, tags.RESCALE_INTERCEPT, tags.RESCALE_TYPE)
    window = inner(FRAME_VOI_LUT, tags.WINDOW_CENTER, tags.WINDOW_WIDTH)
    return FrameGroups(
        _numbers(data, position.get(tags.IMAGE_POSITION_PATIENT)),
        _numbers(data, orientation.get(tags.IMAGE_ORIENTATION_PATIENT)),
        _numbers(data, spacing.get(tags.PIXEL_SPACING)),
        _rescale(data, rescale),
        _window(data, window),
    )


def _rescale(data: FileBytes, found: dict[int, Element]) -> tuple[float, float, str] | None:
    slope = _numbers(data, found.get(tags.RESCALE_SLOPE))
    intercept = _numbers(data, found.get(tags.RESCALE_INTERCEPT))
    if not slope or not intercept or not is_usable_rescale(slope[0], intercept[0]):
        return None
    kind = found.get(tags.RESCALE_TYPE)
    written = split_values(_raw(data, kind))[0] if kind else ""
    return slope[0], intercept[0], clean_text(written)


def _window(data: FileBytes, found: dict[int, Element]) -> Window | None:
    centers = _numbers(data, found.get(tags.WINDOW_CENTER))
    widths = _numbers(data, found.get(tags.WINDOW_WIDTH))
    if not centers or not widths:
        return None
    window = Window(centers[0], widths[0])
    return None if window_problem(window, "LINEAR") else window


def _numbers(data: FileBytes, element: Element | None) -> tuple[float, ...]:
    if element is None:
        return ()
    return tuple(decimals(_raw(data, element), element.vr.decode("ascii", "replace"), element.encoding))


def _raw(data: FileBytes, element: Element) -> bytes:
    return data[element.start : element.start + min(element.length, 1024)]
