"""A window whose films lie in memory and whose scan goes on when the test says so."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from tests.factories_ui import ramp
from viewer.app import make_application
from viewer.core.scan import FilmFound, ScanEvent, ScanProgress
from viewer.core.study import Film, FilmPixels
from viewer.ui.main_window import MainWindow
from viewer.ui.viewport import Viewport

WAIT_MS = 5000
END = object()


class MemoryReader:
    """Plays the decode worker: gives the pixels that the test put there, when the test lets it."""

    def __init__(self) -> None:
        self.films: dict[str, FilmPixels | Exception] = {}
        self.asked: list[str] = []
        self.held: dict[str, threading.Event] = {}
        self.previews: dict[str, FilmPixels] = {}

    def pixels(self, film: Film, frame: int = 0) -> FilmPixels:
        self.asked.append(film.key)
        if film.key in self.held:
            assert self.held[film.key].wait(10)
        answer = self.films.get(film.key, ramp())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def preview(self, film: Film) -> FilmPixels | None:
        return self.previews.get(film.key)

    def hold(self, film: Film) -> Callable[[], None]:
        """Let the film's pixels wait until the returned function is called."""
        self.held[film.key] = threading.Event()
        return self.held[film.key].set


class ScriptedScan:
    """Plays `viewer.core.scan.scan`: yields what the test sends, ends when the test ends it."""

    def __init__(self) -> None:
        self.paths: list[tuple[Path, ...]] = []
        self.was_stopped = False
        self._events: queue.Queue[Any] = queue.Queue()

    def __call__(
        self, paths: Sequence[Path], reader: object, is_stopped: Callable[[], bool], known: object = None
    ) -> Iterator[ScanEvent]:
        self.paths.append(tuple(paths))
        while True:
            if is_stopped():
                self.was_stopped = True
                return
            try:
                event = self._events.get(timeout=0.01)
            except queue.Empty:
                continue
            if event is END:
                return
            if isinstance(event, Exception):
                raise event
            yield event

    def send(self, *events: ScanEvent | Exception) -> None:
        for event in events:
            self._events.put(event)

    def end(self) -> None:
        self._events.put(END)


class Desk:
    """The window and what a test does to it."""

    def __init__(self, qtbot: Any, reader: MemoryReader, scan: ScriptedScan) -> None:
        self.qtbot, self.reader, self.scan = qtbot, reader, scan
        self.window = MainWindow(reader)  # type: ignore[arg-type]  # plays the reader
        qtbot.addWidget(self.window)
        self.window.resize(1200, 700)
        self.window.show()
        self.window.activateWindow()  # on a bare X server nobody else gives it the keyboard
        qtbot.waitUntil(self.window.isActiveWindow, timeout=WAIT_MS)
        qtbot.waitExposed(self.window)

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    def come_to_rest(self, shown: Film) -> None:
        """Wait until the film stands still in a viewport that keeps its size: a hand that points before that misses."""
        viewport = self.viewport(shown)
        sizes: list[object] = []

        def is_still() -> bool:
            sizes.append(viewport.size())
            return viewport.is_resting and len(sizes) > 3 and sizes[-1] == sizes[-2] == sizes[-3]

        self.wait(is_still)

    def drop(self, *films: Film) -> None:
        """A whole drop: everything found, the scan ended, the films of the hanging on screen."""
        self.window.open([Path("/films")])
        self.scan.send(*(FilmFound(film) for film in films), ScanProgress(len(films), len(films)))
        self.scan.end()
        self.wait(lambda: not self.window.light_box.session.is_scanning)
        self.wait(lambda: all(self.is_shown(film) for film in self.on_screen()))

    def show_only(self, film: Film) -> None:
        """A drop of one film whose pixels need not be there yet."""
        self.window.open([Path("/films")])
        self.scan.send(FilmFound(film), ScanProgress(1, 1))
        self.scan.end()
        self.wait(lambda: not self.window.light_box.session.is_scanning)

    def on_screen(self) -> list[Film]:
        return [slot.film for slot in self.window.films.slots]

    def is_shown(self, film: Film) -> bool:
        return film.key in self.window.films.loaded or film.key in self.window.films.failures

    def viewport(self, film: Film) -> Viewport:
        return self.window.films.viewports[self.on_screen().index(film)]

    def view(self, film: Film) -> Any:
        return self.window.films.views[film.key]

    def drag(self, film: Film, button: Qt.MouseButton, right: int, down: int, steps: int = 4) -> None:
        viewport = self.viewport(film)
        start = QPoint(viewport.width() // 2, viewport.height() // 2)
        self.qtbot.mousePress(viewport, button, pos=start)
        for step in range(1, steps + 1):
            self.qtbot.mouseMove(viewport, start + QPoint(right * step // steps, down * step // steps))
            QApplication.processEvents()
        self.qtbot.mouseRelease(viewport, button, pos=start + QPoint(right, down))

    def wheel(self, film: Film, notches: int, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
        viewport = self.viewport(film)
        at = QPointF(viewport.width() / 2, viewport.height() / 2)
        event = QWheelEvent(
            at,
            viewport.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            modifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, event)

    def click(self, film: Film, x: float | None = None, y: float | None = None) -> None:
        """Click a stored pixel of the film, or its middle."""
        viewport = self.viewport(film)
        placement = viewport.placement()
        columns, rows = viewport.picture.pixels.stored.shape[1::-1]
        u, v = placement.to_screen(columns / 2 if x is None else x, rows / 2 if y is None else y)
        ratio = viewport.devicePixelRatioF()
        self.qtbot.mouseClick(
            viewport, Qt.MouseButton.LeftButton, pos=QPoint(round(u / ratio), round(v / ratio))
        )

    def press(self, key: Qt.Key, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.window, key, modifier)

    def wish(self, name: str) -> None:
        self.window.actions_by_id[name].trigger()


@pytest.fixture(autouse=True)
def application(qapp: QApplication) -> QApplication:
    return make_application()


@pytest.fixture
def reader() -> MemoryReader:
    return MemoryReader()


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch) -> ScriptedScan:
    played = ScriptedScan()
    monkeypatch.setattr("viewer.ui.light_box.scan", played)
    return played


@pytest.fixture
def desk(qtbot: Any, reader: MemoryReader, scan: ScriptedScan) -> Iterator[Desk]:
    it = Desk(qtbot, reader, scan)
    yield it
    for release in reader.held.values():
        release.set()
    it.window.close()
