"""Real size: a millimetre of the film on a millimetre of this monitor, as the monitor says or as it was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QScreen
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from viewer.core.language import tr
from viewer.core.measure.annotation import film_spacing
from viewer.core.measure.screen import is_possible, real_size_zoom
from viewer.ui import theme
from viewer.ui.film_loader import LoadedFilm
from viewer.ui.film_view import FilmView, at_zoom
from viewer.ui.tools.controller import Tools

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

BAR = 400
"""Length of the bar that is measured with a ruler, in the screen's units."""
MM_PER_INCH = 25.4


class RealSize:
    """Carries out real size and the measuring of the monitor."""

    def __init__(self, window: MainWindow, tools: Tools) -> None:
        self._window, self._tools = window, tools

    def real_size(self) -> None:
        window = self._window
        active = window.films.active_loaded()
        if active is None:
            return
        per_mm, is_measured = self.pixels_per_mm(window.screen())
        if not is_possible(per_mm):
            window.show_message(
                tr("This monitor does not say how large it is. Choose Settings ▸ Measure this monitor.")
            )
            return
        spacing = film_spacing(active.film.header, self._tools.book.marks_of(active.film.key))
        if not spacing.is_mm:
            window.show_message(
                tr("Real size needs millimetres, and this film has none: {note}", note=spacing.note)
            )
            return

        def at_real_size(loaded: LoadedFilm, view: FilmView) -> FilmView:
            own = film_spacing(loaded.film.header, self._tools.book.marks_of(loaded.film.key))
            zoom = real_size_zoom(own, per_mm)
            return view if zoom is None else at_zoom(view, zoom)

        window.films.change_together(at_real_size)
        origin = tr("measured") if is_measured else tr("as the monitor states, not measured")
        window.show_message(tr("Real size ({label}); monitor {origin}.", label=spacing.label, origin=origin))

    def measure_monitor(self) -> None:
        screen = self._window.screen()
        dialog = MonitorDialog(self._window, screen.name())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.given.connect(lambda mm: self._keep(screen, mm))
        dialog.open()

    def pixels_per_mm(self, screen: QScreen) -> tuple[float, bool]:
        """Device pixels per mm of a monitor, and whether somebody measured it."""
        measured = self._window.settings.number(_setting(screen))
        if is_possible(measured):
            return measured, True
        return screen.physicalDotsPerInch() * screen.devicePixelRatio() / MM_PER_INCH, False

    def _keep(self, screen: QScreen, bar_mm: float) -> None:
        per_mm = BAR * self._window.devicePixelRatioF() / bar_mm
        if is_possible(per_mm):
            self._window.settings.set(_setting(screen), per_mm)
            self._window.show_message(tr("This monitor has {number} pixels per mm.", number=f"{per_mm:.2f}"))
        else:
            self._window.show_message(
                tr("No monitor is like that; it was not kept. Measure the bar once more.")
            )


class MonitorDialog(QDialog):
    """Shows a bar and asks how long it is; `given` carries the mm."""

    given = Signal(float)

    def __init__(self, parent: QWidget, screen: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Measure this monitor"))
        told = QLabel(tr("Hold a ruler to the bar on {screen} and type its length.", screen=screen))
        told.setTextFormat(Qt.TextFormat.PlainText)
        self.length = QDoubleSpinBox(minimum=0.0, maximum=2000.0, decimals=1, value=0.0)
        self.length.setSuffix(" mm")
        self.length.setSpecialValueText(" ")
        self.length.setMinimumHeight(30)  # the theme's line fields have as much
        form = QFormLayout()
        form.addRow(tr("Length of the bar"), self.length)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(False)
        self.length.valueChanged.connect(lambda mm: ok.setEnabled(mm > 0))
        self.buttons.accepted.connect(self._give)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(told)
        column.addWidget(_Bar())
        column.addLayout(form)
        column.addWidget(self.buttons)
        self.length.selectAll()

    def _give(self) -> None:
        self.given.emit(self.length.value())
        self.accept()


class _Bar(QWidget):
    """Exactly `BAR` long, with end marks."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(BAR + 20, 36)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        color = QColor(theme.TEXT)
        painter.fillRect(QRectF(10, 14, BAR, 8), color)
        for left in (10.0, 10.0 + BAR - 1):
            painter.fillRect(QRectF(left, 4, 1, 28), color)
        painter.end()


def _setting(screen: QScreen) -> str:
    return f"monitor.{screen.name()} {screen.serialNumber()}.pixels_per_mm"
