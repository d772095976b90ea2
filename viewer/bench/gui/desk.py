"""The real window with a hand on it: opens, drags, scrolls, and says when the picture stood."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Self

from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from viewer.app import READERS, make_application
from viewer.bench.gui.frames import Frame, FrameLog, Wanted, any_film
from viewer.core.reader import FilmReader
from viewer.core.study import Film
from viewer.ui.main_window import MainWindow
from viewer.ui.viewport import Viewport

WAIT_S = 120.0
KEEP_AWAKE_MS = 20


class Desk:
    """One window, made anew for each group of cases."""

    def __init__(self, home: Path | None = None) -> None:
        """`home` holds settings and study list; without it they are new, as at the very first start."""
        self.home = home or Path(tempfile.mkdtemp(prefix="home-", dir=os.environ.get("SIDELIGHT_HOME")))
        os.environ["SIDELIGHT_HOME"] = str(self.home)
        self.frames = FrameLog()
        self.frames.start()
        self.app = make_application()
        self._awake = QTimer(interval=KEEP_AWAKE_MS)  # so that a wait looks at its condition now and then
        self._awake.start()
        self.reader = FilmReader(workers=READERS)
        self.window = MainWindow(self.reader)
        self.window.show()
        self.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._awake.stop()
        self.frames.stop()
        self.window.close()
        self.reader.close()

    def settle(self, seconds: float = 0.3) -> None:
        """Let everything that was begun come to its end."""
        until = perf_counter() + seconds
        self.wait(lambda: perf_counter() > until)

    def wait(self, condition: Callable[[], object]) -> None:
        """Handle events until the condition holds.

        Raises:
            TimeoutError: It does not, within WAIT_S.
        """
        until = perf_counter() + WAIT_S
        while not condition():
            if perf_counter() > until:
                raise TimeoutError("the window did not come to what was waited for")
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def time_to_frame(self, act: Callable[[], object], is_wanted: Wanted = any_film) -> float:
        """Milliseconds from `act` to the end of the first paintEvent that shows what is wanted."""
        self.frames.frames.clear()
        began = perf_counter()
        act()
        self.wait(lambda: self.frames.first(is_wanted) is not None)
        frame = self.frames.first(is_wanted)
        assert frame is not None
        return (frame.ended_at - began) * 1000

    def time_to_rest(self) -> float:
        """Milliseconds from the moment that the hand has come to rest to the end of the smooth picture's paintEvent."""
        self.viewport._rest.stop()
        return self.time_to_frame(self.viewport._come_to_rest, lambda frame: frame.is_fine)

    # ── films ───────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, path: Path) -> float:
        """Drop a file or folder; milliseconds until its first film is on screen. The scan may still run."""

        def is_from_there(frame: Frame) -> bool:
            return frame.film is not None and frame.film.source.path.is_relative_to(path)

        return self.time_to_frame(lambda: self.window.open((path,)), is_from_there)

    def choose(self, key: str) -> float:
        """Click a film in the list; milliseconds until it is on screen."""
        act = partial(self.window.light_box.choose_film, key)
        return self.time_to_frame(act, lambda frame: frame.film is not None and frame.film.key == key)

    def finish_scan(self) -> None:
        self.wait(lambda: not self.window.light_box.session.is_scanning)

    @property
    def films(self) -> Sequence[Film]:
        return self.window.light_box.session.films

    def show_alone(self, film: Film) -> None:
        """This film as the only one on screen, drawn smooth."""
        self.window.wish("one_viewport")()
        self.window.light_box.choose_film(film.key)
        self.wait(lambda: film.key in self.window.films.loaded)
        self.wait(lambda: self.viewport.is_resting)

    @property
    def viewport(self) -> Viewport:
        """The active viewport."""
        return self.window.films.viewports[self.window.films.active]

    def resize_viewport(self, width: int, height: int) -> None:
        """Make the window so large that the active viewport has exactly this size."""
        for _ in range(3):  # the parts beside it take their shares first
            self.window.resize(
                self.window.width() + width - self.viewport.width(),
                self.window.height() + height - self.viewport.height(),
            )
            self.settle(0.05)
        if (self.viewport.width(), self.viewport.height()) != (width, height):
            raise RuntimeError(f"the viewport would not take {width} × {height}")
        self.wait(lambda: self.viewport.is_resting)

    # ── the hand ────────────────────────────────────────────────────────────────────────────────────────────

    def drag(self, button: Qt.MouseButton, steps: int) -> Iterator[float]:
        """Drag in `steps` small steps; milliseconds from each mouse event to the end of its paintEvent."""
        viewport = self.viewport
        start = QPointF(viewport.width() / 2, viewport.height() / 2)
        self._mouse(QEvent.Type.MouseButtonPress, start, button, button)
        for at in path_of_hand(start, steps):
            move = partial(self._mouse, QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, button)
            yield self.time_to_frame(move)
        self._mouse(QEvent.Type.MouseButtonRelease, start, button, Qt.MouseButton.NoButton)
        self.wait(lambda: viewport.is_resting)

    def _mouse(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        where = self.viewport.mapToGlobal(at)
        event = QMouseEvent(kind, at, where, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.viewport, event)


def path_of_hand(start: QPointF, steps: int) -> Iterator[QPointF]:
    """A hand that circles slowly: every step differs from the one before, and none leaves the film."""
    for step in range(1, steps + 1):
        x, y = 90 * math.sin(step / 11), 60 * math.sin(step / 7)
        yield start + QPointF(8 + x, 5 + y)
