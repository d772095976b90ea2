"""The window: studies at the left, films in the middle, panels at the right, and every wish finds its method."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QSplitter,
    QTextEdit,
    QWidget,
)

from viewer import loopback
from viewer.api import Mark
from viewer.core.language import tr
from viewer.core.reader import FilmReader
from viewer.core.settings import Settings
from viewer.ui import wording
from viewer.ui.actions import ACTIONS, ActionEntry
from viewer.ui.background import Background
from viewer.ui.display.previews import Previews
from viewer.ui.features import AnswersEscape, NeedsWindow, SaysAgain, make_features
from viewer.ui.film_picture import picture_of
from viewer.ui.films_area import FilmsArea
from viewer.ui.import_report import ImportReport
from viewer.ui.keys.bindings import KeyBindings
from viewer.ui.keys.held import HeldKeys
from viewer.ui.keys_page import KeysPage
from viewer.ui.light_box import LightBox
from viewer.ui.pixel_store import PixelStore
from viewer.ui.raster import thumbnail
from viewer.ui.stacks.hung_stacks import row_key
from viewer.ui.studies.keeper import StudyKeeper
from viewer.ui.study_list import THUMBNAIL, StudyList
from viewer.ui.synthetic.feature import SyntheticFilms

MESSAGE_MS = 12_000
PANEL_WIDTH = 390


class MainWindow(QMainWindow):
    """Connects the light box, the films and the list; `features` carry out `ACTIONS`."""

    closing = Signal()  # before anything is taken down

    def __init__(self, reader: FilmReader, settings: Settings | None = None) -> None:
        super().__init__()
        self.setWindowTitle("Sidelight")
        self.resize(1500, 900)
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        self.background = Background(self._say_fault)
        self.reader = reader
        self.pixel_store = PixelStore(reader)
        self.light_box = LightBox(self.background, reader)
        self.films = FilmsArea(self.background, self.pixel_store.read)
        self.films.previews = Previews(self.pixel_store.preview)
        self.studies = StudyList()
        self.report = ImportReport(self)
        self._marks: dict[str, tuple[Mark, ...]] = {}
        self.menus: dict[str, QMenu] = {}
        self.actions_by_id: dict[str, QAction] = {}
        self.settings = settings or Settings()
        self.entries: dict[str, ActionEntry] = {}  # the whole table: ours and the panels'
        self.bindings = KeyBindings(self.settings, self.entries, self.actions_by_id)
        self.held_keys = HeldKeys(self.bindings, self.wish)
        self.features = make_features(self)
        self.panel_width = PANEL_WIDTH
        self._lay_out()
        self._build_menus()
        self._build_status_bar()
        self.keys_page = KeysPage(self)
        self._connect()
        self._show_session()
        for feature in self.features:
            if isinstance(feature, NeedsWindow):
                feature.window_is_built()

    # ── building ────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        middle = self.middle = QSplitter(Qt.Orientation.Horizontal)
        middle.setObjectName("ground")
        middle.addWidget(self.studies)
        middle.addWidget(self.films)
        middle.setStretchFactor(1, 1)
        middle.setSizes([250, 1250])
        middle.setHandleWidth(3)
        middle.setCollapsible(1, False)
        self.setCentralWidget(middle)

    def _build_menus(self) -> None:
        for entry in ACTIONS:
            self.actions_by_id[entry.id] = self._add_entry(entry)
        for name in ("toggle_prior", "toggle_sync"):
            self.actions_by_id[name].setChecked(True)
        self.bindings.changed.connect(lambda: self.films.set_pointer(self.bindings.pointer()))
        self.bindings.apply()

    def _add_entry(self, entry: ActionEntry) -> QAction:
        action = QAction(tr(entry.title), self)
        action.setCheckable(entry.is_checkable)
        run = self.wish(entry.id)
        self.entries[entry.id] = entry
        if entry.is_held:
            return action  # known by its key only: there is nothing to hold in a menu
        action.triggered.connect(lambda _checked=False: run())
        self._menu(entry.menu).addAction(action)
        return action

    def _menu(self, title: str) -> QMenu:
        """The menu of this title; "View/Window" is the submenu Window of the menu View."""
        parent, _, own = title.rpartition("/")
        if parent and title not in self.menus:
            self.menus[title] = self._menu(parent).addMenu(tr(own))
        elif title not in self.menus:
            menu = QMenu(tr(title), self)
            before = self.menus["Help"].menuAction() if "Help" in self.menus else None
            if before is None:
                self.menuBar().addMenu(menu)
            else:
                self.menuBar().insertMenu(before, menu)
            self.menus[title] = menu
        return self.menus[title]

    def _build_status_bar(self) -> None:
        self.status_line = QLabel()
        self.progress = QProgressBar(textVisible=False)
        self.progress.setMaximumWidth(180)
        self.progress.setVisible(False)
        self.connections = QLabel(tr(wording.NO_OUTSIDE_CONNECTION))
        self.connections.setToolTip(
            tr("Every attempt to reach another computer is refused and counted here.")
        )
        research = QLabel(tr(wording.RESEARCH_USE))
        research.setObjectName("research_use")
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.progress)
        bar.addWidget(self.status_line, 1)
        bar.addPermanentWidget(self.connections)
        bar.addPermanentWidget(research)
        self._message_ends = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._message_ends.timeout.connect(self._show_session)

    def _connect(self) -> None:
        box, films, studies = self.light_box, self.films, self.studies
        box.session_changed.connect(self._show_session)
        box.hung_changed.connect(self._show_hung)
        box.said.connect(self.show_message)
        films.film_wished.connect(lambda by: box.step_film(by, self.active_film_key()))
        films.touched.connect(box.pin)
        films.held_wished.connect(lambda name, is_down: self.wish(name)(is_down))
        films.action_wished.connect(self.trigger)
        films.film_shown.connect(self._show_thumbnail)
        studies.film_wished.connect(box.choose_film)
        studies.study_wished.connect(lambda uid, of: box.choose_study(uid, study_of=of))
        studies.view.clicked.connect(self.give_keys_to_films)  # Enter stays in the list, which it walks
        studies.prior_wished.connect(lambda uid, of: box.choose_prior(uid, study_of=of))
        studies.skipped_wished.connect(self.wish("show_skipped"))

    @property
    def keeper(self) -> StudyKeeper:
        """The part that keeps the study list."""
        return next(feature for feature in self.features if isinstance(feature, StudyKeeper))

    @property
    def synthetic(self) -> SyntheticFilms:
        """The part that refuses what is only done with real films."""
        return next(feature for feature in self.features if isinstance(feature, SyntheticFilms))

    def wish(self, name: str) -> Callable[..., None]:
        """The method that carries out the action of this id.

        Raises:
            LookupError: No part of the window knows it.
        """
        for feature in self.features:
            method = getattr(feature, name, None)
            if method is not None:
                run: Callable[..., None] = method
                return run
        raise LookupError(f"nothing carries out the action {name}")

    def trigger(self, name: str) -> None:
        """Do what the action of this id does, if there is such an action and it is enabled now."""
        action = self.actions_by_id.get(name)
        if action is not None and not self.entries[name].is_held:
            action.trigger()

    # ── showing ─────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, paths: Sequence[Path]) -> None:
        """Look for films in these files, folders and ZIPs."""
        self.films.retry_failed()
        self.light_box.open(paths)

    def active_film_key(self) -> str:
        return self.films.slots[self.films.active].film.key if self.films.slots else ""

    def show_message(self, text: str) -> None:
        """A line in the status bar; makes way after some seconds."""
        self.status_line.setText(text)
        self._message_ends.start()

    def set_marks(self, owner: str, marks: tuple[Mark, ...]) -> None:
        self._marks[owner] = marks
        self.films.set_marks(tuple(mark for own in self._marks.values() for mark in own))

    def _show_session(self) -> None:
        session = self.light_box.session
        self.studies.show_entries(self.light_box.listing.entries)
        self.studies.show_skipped(len(session.skipped))
        self.actions_by_id["stop_scan"].setEnabled(session.is_scanning)
        self.progress.setVisible(session.is_scanning)
        self.progress.setRange(0, session.total)
        self.progress.setValue(session.done)
        if not self._message_ends.isActive():
            self.status_line.setText(
                session.status if session.films or session.skipped or session.is_scanning else ""
            )
        if self.report.isVisible():
            self.report.show_session(session)
        refused = len(loopback.refused())
        if refused:
            self.connections.setText(
                tr("0 connections outside this computer, {count} refused", count=refused)
            )

    def say_again(self) -> None:
        """The language has changed: everything that is made from data is made again."""
        for name, entry in self.entries.items():
            self.actions_by_id[name].setText(tr(entry.title))
        for title, menu in self.menus.items():
            menu.setTitle(tr(title.rpartition("/")[2]))
        for feature in self.features:
            if isinstance(feature, SaysAgain):
                feature.say_again()
        self._show_session()
        self._show_hung()
        for viewport in self.films.viewports:
            viewport.update()

    def _show_hung(self) -> None:
        hung = self.light_box.hung
        are_first = not self.films.slots
        self.films.show_hung(hung)
        if self.focusWidget() in self.films.viewports or (are_first and not self._is_typing()):
            self.give_keys_to_films()
        roles: dict[str, str] = {}
        for slot in hung.slots:
            roles[row_key(slot)] = "prior" if slot.role == "prior" else "current"
        self.studies.mark_on_screen(roles)
        self.actions_by_id["toggle_prior"].setChecked(self.light_box.choice.is_prior_shown)

    def _show_thumbnail(self, film_key: str) -> None:
        loaded = self.films.loaded[film_key]
        side = round(THUMBNAIL * max(2.0, self.devicePixelRatioF()))
        levels = thumbnail(loaded.pixels, loaded.grey.as_acquired, loaded.first_view.posture, side)
        row = next((row_key(slot) for slot in self.films.slots if slot.film.key == film_key), film_key)
        self.studies.set_thumbnail(row, QPixmap.fromImage(picture_of(levels)))

    def _say_fault(self, error: BaseException) -> None:
        fault = f"{type(error).__name__}: {error}"
        self.show_message(tr("A part of the program failed and was left out: {fault}", fault=fault))

    # ── plugins ─────────────────────────────────────────────────────────────────────────────────────────────

    def add_dock(self, panel_id: str, title: str, widget: QWidget) -> QDockWidget:
        """Dock a widget at the right; further ones share its place as tabs."""
        dock = QDockWidget(title, self)
        dock.setObjectName(f"panel {panel_id}")
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
        dock.setMinimumWidth(300)
        heading = QLabel(title)
        heading.setTextFormat(Qt.TextFormat.PlainText)
        heading.setObjectName("dock_heading")
        dock.setTitleBarWidget(heading)
        dock.setWidget(widget)
        others = [
            other for other in self.findChildren(QDockWidget) if other is not dock and other.isVisible()
        ]
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        if others:
            self.tabifyDockWidget(others[-1], dock)
        self.resizeDocks([dock], [self.panel_width], Qt.Orientation.Horizontal)
        return dock

    def remove_dock(self, dock: QDockWidget) -> None:
        self.removeDockWidget(dock)
        dock.deleteLater()

    def add_menu_action(
        self,
        menu: str,
        title: str,
        shortcut: str,
        run: Callable[[], None],
        *,
        name: str = "",
        is_grave: bool = False,
    ) -> QAction:
        """Add a plugin's action to the table. A shortcut that is taken stays with its first owner, and that is said."""
        name = self._free_name(name or f"{menu}.{title}")
        action = QAction(tr(title), self)
        action.triggered.connect(lambda _checked=False: run())
        self._menu(menu).addAction(action)
        self.entries[name] = ActionEntry(name, title, shortcut, menu, needs_modifier=is_grave)
        self.actions_by_id[name] = action
        self.bindings.apply()
        if shortcut and not self.bindings.keys_of(name):
            self.show_message(
                tr(
                    "The key {key} of “{title}” is taken; use the menu {menu}.",
                    key=shortcut,
                    title=title,
                    menu=menu,
                )
            )
        return action

    def _free_name(self, wanted: str) -> str:
        """`wanted`, with a number where two plugins use one name for their actions."""
        names = (wanted if number == 1 else f"{wanted} {number}" for number in itertools.count(1))
        return next(name for name in names if name not in self.entries)

    def remove_menu_action(self, action: QAction) -> None:
        for menu in self.menus.values():
            menu.removeAction(action)
        for name in [name for name, own in self.actions_by_id.items() if own is action]:
            del self.actions_by_id[name], self.entries[name]
        self.bindings.apply()
        action.deleteLater()

    # ── Qt's own events ─────────────────────────────────────────────────────────────────────────────────────

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.open([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            if not self.held_keys.press(event):
                super().keyPressEvent(event)
        elif self.keys_page.isVisible():
            self.keys_page.hide()
        elif self._leave_text():
            pass
        elif self.films.stand_in is not None or self.actions_by_id["flicker"].isChecked():
            self.wish("stop_comparing")()
        elif self.give_up():
            pass
        elif self.isFullScreen():
            self.wish("full_screen")()
        elif self.films.maximised is not None:
            self.films.toggle_maximised()
        else:
            self.wish("stop_scan")()

    def give_up(self) -> bool:
        """Stop what the reader has begun; True where a part of the window had something to stop."""
        return any(feature.escape() for feature in self.features if isinstance(feature, AnswersEscape))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Where what had the keyboard is hidden, Qt moves on as with Tab: to a neighbour, or else to the films."""
        left = self.focusWidget()
        beside = left.parentWidget() if left is not None and not left.isVisible() else None
        has_moved = super().focusNextPrevChild(forward)
        found = self.focusWidget()
        if beside is not None and not (beside.isVisible() and found and beside.isAncestorOf(found)):
            self.give_keys_to_films()
        return has_moved

    def _leave_text(self) -> bool:
        """From a text or the list back to the films, whose keys are letters; True if one had the keyboard."""
        left = self.focusWidget()
        if not self._is_typing() and not (left is not None and self.studies.isAncestorOf(left)):
            return False
        if not self.give_keys_to_films() and left is not None:
            left.clearFocus()
        return True

    def _is_typing(self) -> bool:
        return isinstance(self.focusWidget(), (QLineEdit, QPlainTextEdit, QTextEdit))

    def give_keys_to_films(self) -> bool:
        """Let keys go to the active film; False: nothing hangs, or it hangs on the second screen."""
        viewport = self.films.viewports[self.films.active]
        if not self.films.slots or not viewport.isVisible() or viewport.window() is not self:
            return False
        viewport.setFocus()
        return True

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.held_keys.release(event):
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.held_keys.let_go()  # the key may come up in another window
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut_down()
        super().closeEvent(event)

    def shut_down(self) -> None:
        """Panels first, then all work and all timers. Safe to call twice."""
        self.closing.emit()
        self.films.close_films()
        self.light_box.close()
        self.background.close()
        self._message_ends.stop()
