"""Where windows lie, for each set of screens. Plain data and pure functions; Qt only says which screens there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtGui import QGuiApplication

from viewer.core.settings import Value

Box = tuple[int, int, int, int]  # left, top, width, height, in the desktop's own units
MOST_KEPT = 20
"""A notebook meets many projectors; only the sets of screens used last are remembered."""


@dataclass(frozen=True, slots=True)
class ScreenPlace:
    """One screen: its name and where it lies on the desktop."""

    name: str
    box: Box


@dataclass(frozen=True, slots=True)
class WindowPlaces:
    """What is remembered for one set of screens. None and 0: as it comes."""

    main: Box | None = None
    is_maximised: bool = False
    second: Box | None = None
    list_width: int = 0
    panel_width: int = 0


def screens_now() -> tuple[ScreenPlace, ...]:
    """The screens that are there, in the order in which the system names them."""
    found = []
    for screen in QGuiApplication.screens():
        area = screen.availableGeometry()
        found.append(ScreenPlace(screen.name(), (area.x(), area.y(), area.width(), area.height())))
    return tuple(found)


def set_name(screens: Sequence[ScreenPlace]) -> str:
    """The same for the same screens at the same places, whatever the order they are named in."""
    return " | ".join(
        sorted(f"{one.name} {one.box[2]}x{one.box[3]}+{one.box[0]}+{one.box[1]}" for one in screens)
    )


def other_screen(screens: Sequence[ScreenPlace], main: Box) -> ScreenPlace | None:
    """A screen that the main window is not on; None where there is only one."""
    if len(screens) < 2:
        return None
    return min(screens, key=lambda one: _common_area(one.box, main))


def places_for(kept: Value, screens: Sequence[ScreenPlace]) -> WindowPlaces:
    """What is remembered for these screens; whatever would lie where no screen is counts as forgotten."""
    stored = kept.get(set_name(screens)) if isinstance(kept, dict) else None
    if not isinstance(stored, dict):
        return WindowPlaces()
    found = WindowPlaces(
        _box(stored.get("main")),
        stored.get("is_maximised") is True,
        _box(stored.get("second")),
        _width(stored.get("list_width")),
        _width(stored.get("panel_width")),
    )
    main = found.main if found.main and _is_reachable(found.main, screens) else None
    second = found.second if found.second and _is_reachable(found.second, screens) else None
    return replace(found, main=main, second=second)


def with_places(kept: Value, screens: Sequence[ScreenPlace], places: WindowPlaces) -> dict[str, Value]:
    """The remembered sets with this one as the newest."""
    name = set_name(screens)
    sets = {one: stored for one, stored in kept.items() if one != name} if isinstance(kept, dict) else {}
    newest: dict[str, Value] = {
        "main": list(places.main) if places.main else None,
        "is_maximised": places.is_maximised,
        "second": list(places.second) if places.second else None,
        "list_width": places.list_width,
        "panel_width": places.panel_width,
        "order": 1 + max((_order(stored) for stored in sets.values()), default=0),
    }
    newest_first = sorted(sets.items(), key=lambda one: -_order(one[1]))
    return {**dict(newest_first[: MOST_KEPT - 1]), name: newest}


def _order(stored: Value) -> int:
    order = stored.get("order") if isinstance(stored, dict) else None
    return order if isinstance(order, int) else 0


def _box(stored: Value) -> Box | None:
    if not isinstance(stored, list) or len(stored) != 4 or not all(type(side) is int for side in stored):
        return None
    left, top, width, height = (side for side in stored if isinstance(side, int))
    return (left, top, width, height) if 100 <= width <= 65_536 and 100 <= height <= 65_536 else None


def _width(stored: Value) -> int:
    return stored if type(stored) is int and 0 < stored <= 10_000 else 0


def _is_reachable(box: Box, screens: Sequence[ScreenPlace]) -> bool:
    """True if a hand can still get hold of it: a fair part of it lies on screens."""
    return sum(_common_area(one.box, box) for one in screens) * 4 >= box[2] * box[3]


def _common_area(one: Box, other: Box) -> int:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height)
