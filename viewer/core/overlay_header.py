"""Overlay planes of a file, groups 6000 to 601E: where each lies and how its bits are kept (PS3.3 C.9.2)."""

from __future__ import annotations

from viewer.core import tags
from viewer.core.element_values import clean_text
from viewer.core.header_fields import HeaderFields
from viewer.core.study import OverlayPlane

MAX_SIDE = 32_768
MAX_BITS = 400_000_000


def read_overlay_planes(
    fields: HeaderFields, bits_allocated: int, bits_stored: int, high_bit: int, *, is_native: bool
) -> tuple[OverlayPlane, ...]:
    """Return the overlay planes that can be drawn; each one that is left out is told.

    Args:
        fields: The file.
        bits_allocated, bits_stored, high_bit: Of the pixels; old overlays lie in the bits that these leave unused.
        is_native: The pixels are stored so that their unused bits can be read.
    """
    planes = []
    for group in sorted(tags.OVERLAY_GROUPS):
        if group << 16 | tags.OVERLAY_ROWS not in fields.file.elements:
            continue
        plane = _plane(fields, group, bits_allocated, high_bit - bits_stored + 1, high_bit, is_native)
        if isinstance(plane, str):
            fields.notice(f"Overlay {group:04X} is not drawn: {plane}")
        else:
            planes.append(plane)
    return tuple(planes)


def _plane(
    fields: HeaderFields, group: int, allocated: int, lowest: int, highest: int, is_native: bool
) -> OverlayPlane | str:
    def number(element: int, name: str, default: int) -> int:
        found = fields.whole(group << 16 | element, name)
        return default if found is None else found

    rows, columns = (
        number(tags.OVERLAY_ROWS, "Overlay Rows", 0),
        number(tags.OVERLAY_COLUMNS, "Overlay Columns", 0),
    )
    if not (1 <= rows <= MAX_SIDE and 1 <= columns <= MAX_SIDE) or rows * columns > MAX_BITS:
        return f"it says it has {rows} rows and {columns} columns."
    origin = _origin(fields, group)
    if origin is None:
        return "its origin is not a pair of numbers."
    if number(tags.OVERLAY_FRAME_ORIGIN, "Image Frame Origin", 1) > 1:
        return "it belongs to a later frame."
    bit: int | None = None
    if not fields.has_bytes(group << 16 | tags.OVERLAY_DATA):
        bit = number(tags.OVERLAY_BIT_POSITION, "Overlay Bit Position", 0)
        if number(tags.OVERLAY_BITS_ALLOCATED, "Overlay Bits Allocated", 1) != allocated or bit >= allocated:
            return "it has no Overlay Data, and no bit of the pixels is named for it."
        if lowest <= bit <= highest:
            return f"bit {bit} belongs to the picture."
        if not is_native:
            return "it lies in unused bits of the pixels, which compression did not keep."
    elif 8 * fields.file.elements[group << 16 | tags.OVERLAY_DATA].length < rows * columns:
        fields.notice(f"Overlay {group:04X} is cut off; the rest of it is missing.")
    return OverlayPlane(
        group=group,
        rows=rows,
        columns=columns,
        origin=origin,
        bit_position=bit,
        kind=fields.code(group << 16 | tags.OVERLAY_TYPE).upper()[:1],
        label=clean_text(
            fields.text(group << 16 | tags.OVERLAY_LABEL)
            or fields.text(group << 16 | tags.OVERLAY_DESCRIPTION)
        )[:64],
    )


def _origin(fields: HeaderFields, group: int) -> tuple[int, int] | None:
    """Row and column of the plane's first pixel, counted from 1; SS, and 1\\1 where it is missing."""
    if not fields.has(group << 16 | tags.OVERLAY_ORIGIN):
        return (1, 1)
    numbers = fields.whole_numbers(group << 16 | tags.OVERLAY_ORIGIN, "SS")
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
