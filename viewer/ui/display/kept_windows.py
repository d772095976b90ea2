"""The reader's own windows under 7, 8 and 9, in the settings. What somebody wrote there by hand is checked."""

from __future__ import annotations

import math

from viewer.core.chest_presets import RelativeWindow
from viewer.core.settings import Settings
from viewer.core.voi import LINEAR_EXACT, SIGMOID

FARTHEST = 1000.0
"""A window so many times a film's range away from it shows nothing of any film."""


def keep(settings: Settings, key: int, window: RelativeWindow) -> None:
    """Keep a window under a key, over restarts."""
    settings.set(
        f"windows.{key}", {"black": window.black, "white": window.white, "function": window.function}
    )


def kept(settings: Settings, key: int) -> RelativeWindow | None:
    """The window under a key; None where there is none or what stands there is no window."""
    value = settings.value(f"windows.{key}")
    if not isinstance(value, dict):
        return None
    ends = [end for name in ("black", "white") if _is_number(end := value.get(name))]
    function = value.get("function", LINEAR_EXACT)
    if len(ends) != 2 or function not in (LINEAR_EXACT, SIGMOID):
        return None
    black, white = (float(str(end)) for end in ends)
    if not (-FARTHEST < black < white < FARTHEST):
        return None
    return RelativeWindow(black, white, str(function))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
