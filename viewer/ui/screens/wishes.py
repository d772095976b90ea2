"""Opens the second films window where a second screen is there, and remembers where all windows were."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QDockWidget

from viewer.core.language import tr
from viewer.ui.screens import places
from viewer.ui.screens.places import Box, WindowPlaces
from viewer.ui.screens.second_window import SecondWindow

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

PLACES = "window.places"
ON_SECOND, BESIDE = "chest-2-screens", "chest-2"


class ScreenWishes(QObject):
    """Moves viewports between the two windows; which film belongs where is the hanging protocol's."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.second: SecondWindow | None = None
        self._is_refused = False  # the reader closed the second window: not again until it is asked for
        self._known = WindowPlaces()

    def window_is_built(self) -> None:
        """Everything where it was the last time that these screens were there."""
        self._known = places.places_for(self._window.settings.value(PLACES), places.screens_now())
        if self._known.main is not None:
            self._window.setGeometry(QRect(*self._known.main))
        if self._known.is_maximised:
            self._window.setWindowState(self._window.windowState() | Qt.WindowState.WindowMaximized)
        if self._known.list_width:
            self._window.middle.setSizes([self._known.list_width, 10 * self._known.list_width])
        if self._known.panel_width:
            self._window.panel_width = self._known.panel_width
        self._window.light_box.hung_changed.connect(self.follow_hanging)
        self._window.closing.connect(self._close)
        screens = QGuiApplication.instance()
        if isinstance(screens, QGuiApplication):
            screens.screenAdded.connect(self._follow_screens)
            screens.screenRemoved.connect(self._follow_screens)

    # ── what the reader asks for ────────────────────────────────────────────────────────────────────────────

    def second_films_window(self) -> None:
        """The prior on the other screen, or beside the current film again."""
        self._is_refused = False
        is_wished = self._window.actions_by_id["second_films_window"].isChecked()
        hang_by = self._window.wish("use_protocol")
        hang_by(ON_SECOND if is_wished else BESIDE)
        if is_wished and len(places.screens_now()) < 2:
            self._window.show_message(
                tr("There is one screen only; all films hang here until a second one is there.")
            )

    # ── following ───────────────────────────────────────────────────────────────────────────────────────────

    def follow_hanging(self) -> None:
        """Open or close the second window as the films ask for it."""
        box = self._window.light_box
        protocol = box.hung.protocol
        is_asked = protocol is not None and any(rule.screen == 2 for rule in protocol.viewports)
        self._window.actions_by_id["second_films_window"].setChecked(is_asked and not self._is_refused)
        has_films = any(slot.screen == 2 for slot in box.hung.slots)
        screen = places.other_screen(places.screens_now(), self._main_box())
        if has_films and screen is not None and not self._is_refused:
            self._open(screen.box)
        else:
            self._put_away()

    def _follow_screens(self, _screen: QScreen) -> None:
        """A screen came or went while the window is open; films are never left on one that is gone."""
        self.follow_hanging()

    def _open(self, screen: Box) -> None:
        if self.second is None:
            keys = self._window.held_keys
            self.second = SecondWindow(self._window, keys.press, keys.release, self._window.give_up)
            self.second.closed_by_hand.connect(self._refuse)
            self.second.left.connect(keys.let_go)
            self.second.setGeometry(QRect(*(self._known.second or screen)))
        if not self.second.isVisible():
            for menu in self._window.menus.values():
                self.second.addActions(menu.actions())  # a shortcut works in windows that hold its action
            self._window.films.use_second(self.second.grid)
            self.second.show()

    def _put_away(self) -> None:
        if self.second is not None and self.second.isVisible():
            self._remember_second()
            self._window.films.use_second(None)
            self.second.hide()

    def _refuse(self) -> None:
        self._is_refused = True
        self._remember_second()
        self._window.films.use_second(None)
        self._window.actions_by_id["second_films_window"].setChecked(False)

    # ── remembering ─────────────────────────────────────────────────────────────────────────────────────────

    def _main_box(self) -> Box:
        return _box(self._window.geometry())

    def _remember_second(self) -> None:
        if self.second is not None:
            self._known = replace(self._known, second=_box(self.second.geometry()))

    def _close(self) -> None:
        window = self._window
        self._remember_second()
        docks = [dock.width() for dock in window.findChildren(QDockWidget) if dock.isVisible()]
        sizes = window.middle.sizes()
        now = WindowPlaces(
            _box(window.normalGeometry()),
            window.isMaximized(),
            self._known.second,
            sizes[0] if sizes else 0,
            docks[0] if docks else self._known.panel_width,
        )
        screens = places.screens_now()
        if window.isVisible() and screens:
            window.settings.set(PLACES, dict(places.with_places(window.settings.value(PLACES), screens, now)))
        if self.second is not None:
            window.films.use_second(None)
            self.second.close()


def _box(area: QRect) -> Box:
    return area.x(), area.y(), area.width(), area.height()
