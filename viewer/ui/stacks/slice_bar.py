"""The thin bar at a viewport's right edge: where in the stack we are; it can be dragged."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.core.language import tr
from viewer.ui import theme
from viewer.ui.viewport import Viewport

WIDTH = 12
TRACK = 3.0
LEAST_THUMB = 14.0


@dataclass(frozen=True, slots=True)
class BarState:
    """What the bar shows. `at` is on screen, `wanted` is asked for; both from 0."""

    count: int = 0
    at: int = 0
    wanted: int = 0
    note: str = ""  # how fast it runs, in place of what is loading

    @property
    def is_late(self) -> bool:
        return self.at != self.wanted


def thumb(state: BarState, at: int, height: float) -> tuple[float, float]:
    """Top and height of the thumb for slice `at` on a track of this height."""
    size = min(height, max(LEAST_THUMB, height / max(state.count, 1)))
    return (height - size) * at / max(state.count - 1, 1), size


def slice_at(state: BarState, y: float, height: float) -> int:
    """The slice whose thumb would have its middle at `y`."""
    _, size = thumb(state, 0, height)
    share = (y - size / 2) / max(height - size, 1e-6)
    return min(max(round(share * (state.count - 1)), 0), max(state.count - 1, 0))


def _loading(state: BarState) -> str:
    return tr("Loading slice {number}…", number=state.wanted + 1) if state.is_late else ""


class SliceBar(QWidget):
    """Lies over a viewport. Draws a `BarState` and passes on where the hand drags."""

    wished = Signal(int)  # slice, from 0

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self.state = BarState()
        self.label = NoteLabel(viewport)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setVisible(False)
        viewport.resized.connect(self._place)
        self._place()

    def show_state(self, state: BarState) -> None:
        """Make the bar match `state`; hidden where nothing is scrolled."""
        if state != self.state:
            self.state = state
            self.update()
            self.setVisible(state.count > 1)
            self.label.show_text(state.note or _loading(state))

    def _place(self) -> None:
        size = self._viewport.size()
        self.setGeometry(size.width() - WIDTH, 1, WIDTH, size.height() - 2)
        self.label.place()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        left, height = (self.width() - TRACK) / 2 + 2, float(self.height())
        painter.setBrush(QColor(255, 255, 255, 26))
        painter.drawRoundedRect(QRectF(left, 0, TRACK, height), TRACK / 2, TRACK / 2)
        top, size = thumb(self.state, self.state.at, height)
        painter.setBrush(QColor(theme.ACCENT))
        painter.drawRoundedRect(QRectF(left - 0.5, top, TRACK + 1, size), 2, 2)
        if self.state.is_late:
            top, size = thumb(self.state, self.state.wanted, height)
            painter.setBrush(QColor(theme.WARNING))
            painter.drawRoundedRect(QRectF(left - 0.5, top, TRACK + 1, size), 2, 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._viewport.activated.emit()
        self._wish(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._wish(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._wish(event)  # never the viewport's: two quick clicks on the bar maximise nothing

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _wish(self, event: QMouseEvent) -> None:
        self.wished.emit(slice_at(self.state, event.position().y(), float(self.height())))


class NoteLabel(QWidget):
    """A quiet line: a slice is on its way (the last one stays, under its own number), or the stack runs."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self.text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setVisible(False)

    def show_text(self, text: str) -> None:
        self.text = text
        self.setVisible(bool(text))
        self.place()
        self.update()

    def place(self) -> None:
        metrics = QFontMetricsF(self.font())
        width = round(metrics.horizontalAdvance(self.text)) + 20
        height = round(metrics.height()) + 6
        below = self._viewport.height() - height - 10
        self.setGeometry((self._viewport.width() - width) // 2, below, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setPen(QColor(theme.WARNING))
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self.text)
