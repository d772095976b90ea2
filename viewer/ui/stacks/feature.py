"""What the reader can do with stacks, by menu and keys; ties the scroller to the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from viewer.core.language import tr
from viewer.ui.stacks.cine import Cine
from viewer.ui.stacks.scroller import Scroller
from viewer.ui.stacks.slice_bar import BarState, SliceBar

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

_ARROWS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Right: 1,
}


class StackFeature(QObject):
    """Scroll bars, arrow keys, series keys and cine."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._films = window, window.films
        self.scroller = Scroller(window.films, window.background, window.pixel_store)
        self.cine = Cine(self.scroller)
        self.bars = [self._make_bar(index) for index in range(len(self._films.viewports))]
        self._films.slice_shown.connect(window.light_box.show_slice)
        self._films.refreshed.connect(self.show_bars)
        self.scroller.wish_changed.connect(self.show_bars)
        self.cine.changed.connect(self.show_bars)
        window.closing.connect(self.cine.stop)
        window.closing.connect(self.scroller.close)

    def _make_bar(self, index: int) -> SliceBar:
        viewport = self._films.viewports[index]
        viewport.installEventFilter(self)
        bar = SliceBar(viewport)
        bar.wished.connect(lambda at: self.scroller.go_to(index, at))
        return bar

    def show_bars(self) -> None:
        """Make every bar match what its viewport shows."""
        for index, bar in enumerate(self.bars):
            stack = self.scroller.stack(index)
            if stack is None:
                bar.show_state(BarState())
            else:
                at, wanted = self._films.slots[index].at, self.scroller.wanted(index)
                bar.show_state(BarState(len(stack.slices), at, wanted, self._note(index)))

    def _note(self, index: int) -> str:
        rate = f"{self.cine.rate:.3g}"
        return tr("▶ {rate} per second", rate=rate) if self.cine.plays(index) else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys scroll the stack of the viewport that has the keyboard."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            by = _ARROWS.get(Qt.Key(event.key()))
            index = next((i for i, viewport in enumerate(self._films.viewports) if viewport is watched), -1)
            if by and not event.modifiers() and self.scroller.stack(index) is not None:
                self.scroller.scroll(index, by)
                return True
        return super().eventFilter(watched, event)

    def next_series(self) -> None:
        self._window.light_box.step_film(1, self._window.active_film_key())

    def previous_series(self) -> None:
        self._window.light_box.step_film(-1, self._window.active_film_key())

    def toggle_cine(self) -> None:
        if self.cine.is_playing:
            self.cine.stop()
        elif self.scroller.stack(self._films.active) is None:
            self._window.show_message(tr("Nothing to play: this is a single film."))
        else:
            self.cine.play(self._films.active)

    def cine_faster(self) -> None:
        self.cine.change_rate(1)

    def cine_slower(self) -> None:
        self.cine.change_rate(-1)

    def cine_ping_pong(self) -> None:
        self.cine.set_ping_pong(self._window.actions_by_id["cine_ping_pong"].isChecked())
