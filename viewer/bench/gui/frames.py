"""When a viewport has painted: the end of every paintEvent, by the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from PySide6.QtGui import QPaintEvent

from viewer.core.study import Film
from viewer.ui.viewport import Viewport


@dataclass(frozen=True, slots=True)
class Frame:
    """One paintEvent that has ended. `film` is None where no film was drawn."""

    ended_at: float  # perf_counter
    film: Film | None
    is_fine: bool


Wanted = Callable[[Frame], bool]


def any_film(frame: Frame) -> bool:
    """Any film at all is on screen."""
    return frame.film is not None


class FrameLog:
    """Keeps every frame of every viewport. Must be started before the first window is made."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._original = Viewport.paintEvent

    def start(self) -> None:
        """Follow all viewports of this process, from now on."""
        original, frames = self._original, self.frames

        def timed(viewport: Viewport, event: QPaintEvent) -> None:
            original(viewport, event)
            frames.append(Frame(perf_counter(), _film_of(viewport), viewport._is_fine))

        Viewport.paintEvent = timed  # type: ignore[method-assign,assignment]  # the clock stands behind the real thing

    def stop(self) -> None:
        """Leave viewports as they were."""
        Viewport.paintEvent = self._original  # type: ignore[method-assign]

    def first(self, is_wanted: Wanted) -> Frame | None:
        """The first frame that was asked for, None while there is none."""
        return next((frame for frame in self.frames if is_wanted(frame)), None)


def _film_of(viewport: Viewport) -> Film | None:
    slot = viewport.state.slot
    is_drawn = viewport.picture is not None and viewport._drawn is not None and not viewport.state.message
    return slot.film if slot is not None and is_drawn else None
