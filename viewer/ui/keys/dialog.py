"""The dialog for keys and mouse: which map, which key for what, and what to do where two wishes want one key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from viewer.core.keymap import KeyMapError, bundled_maps, owners_of, parse, swapped, written
from viewer.core.language import tr
from viewer.core.settings import write_whole
from viewer.ui import theme
from viewer.ui.actions import ActionEntry
from viewer.ui.keys.bindings import KeyBindings
from viewer.ui.keys.capture import KeyCapture
from viewer.ui.keys.fuzzy import score
from viewer.ui.keys.mouse_table import MouseTable
from viewer.ui.keys.paper import write_page
from viewer.ui.keys.words import key_groups, key_words, keys_words, menu_words


class KeysDialog(QDialog):
    """Stays beside the films (not modal); every change holds at once and is kept."""

    def __init__(self, parent: QWidget, bindings: KeyBindings, entries: Mapping[str, ActionEntry]) -> None:
        super().__init__(parent)
        self._bindings, self._entries = bindings, entries
        self._dropped: tuple[dict[str, tuple[str, ...]], dict[str, str]] = ({}, {})
        self._asking: tuple[str, str] | None = None  # the action and the key that somebody else has
        self._is_adding = False
        self.resize(820, 640)
        self.maps = QComboBox()
        self.note = QLabel(wordWrap=True)
        self.note.setObjectName("hint")
        self.search = QLineEdit()
        self.table = QTableWidget(0, 3)
        self.mouse = MouseTable(bindings, entries)
        self.tabs = QTabWidget()
        self.capture = KeyCapture()
        self.swap_button, self.leave_button, self.bring_back = QPushButton(), QPushButton(), QPushButton()
        self.buttons: dict[str, QPushButton] = {}
        self._lay_out()
        self._connect()
        self.retranslate()

    # ── building ────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        self.table.verticalHeader().setVisible(False)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.table.setColumnWidth(1, 140)
        self.table.setColumnWidth(2, 220)
        keys = QWidget()
        column = QVBoxLayout(keys)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        column.addLayout(_row(self.capture, self.swap_button, self.leave_button, stretch_first=True))
        column.addLayout(_row(*(self._button(name) for name in ("change", "add", "clear", "reset"))))
        self.tabs.addTab(keys, "")
        self.tabs.addTab(self.mouse, "")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        self.map_label = QLabel()
        whole.addLayout(_row(self.map_label, self.maps, self.bring_back))
        whole.addWidget(self.note)
        whole.addWidget(self.tabs, 1)
        whole.addLayout(
            _row(*(self._button(name) for name in ("reset_all", "import", "export", "print", "close")))
        )

    def _button(self, name: str) -> QPushButton:
        button = self.buttons[name] = QPushButton(autoDefault=False)
        return button

    def _connect(self) -> None:
        self.maps.activated.connect(lambda _index: self._choose_map(str(self.maps.currentData())))
        self.search.textChanged.connect(self.refresh)
        self.table.itemDoubleClicked.connect(lambda _item: self.ask_for_key())
        self.capture.captured.connect(self._offer)
        self.capture.given_up.connect(self._leave)
        self.swap_button.clicked.connect(self._swap)
        self.leave_button.clicked.connect(self._leave)
        self.bring_back.clicked.connect(self._bring_back)
        wishes = {
            "change": self.ask_for_key,
            "add": lambda: self.ask_for_key(is_adding=True),
            "clear": lambda: self._set(self.selected(), ()),
            "reset": lambda: self._bindings.reset(self.selected()),
            "reset_all": self._reset_all,
            "import": self._import,
            "export": self._export,
            "print": self._print,
            "close": self.close,
        }
        for name, wish in wishes.items():
            self.buttons[name].clicked.connect(lambda _checked=False, wish=wish: wish())
        self._bindings.changed.connect(self.refresh)

    def retranslate(self) -> None:
        """All words again, in the language that holds now."""
        self.setWindowTitle(tr("Keys and mouse"))
        self.map_label.setText(tr("As in"))
        self.search.setPlaceholderText(tr("Search by name or by key"))
        self.table.setHorizontalHeaderLabels([tr("Action"), tr("Menu"), tr("Keys")])
        self.tabs.setTabText(0, tr("Keys"))
        self.tabs.setTabText(1, tr("Mouse"))
        self.swap_button.setText(tr("Swap the two keys"))
        self.leave_button.setText(tr("Leave it"))
        self.bring_back.setText(tr("Bring my changes back"))
        words = {
            "change": tr("Change…"),
            "add": tr("Add another key…"),
            "clear": tr("No key"),
            "reset": tr("Reset"),
            "reset_all": tr("Reset all"),
            "import": tr("Import…"),
            "export": tr("Export…"),
            "print": tr("Save as a page…"),
            "close": tr("Close"),
        }
        for name, said in words.items():
            self.buttons[name].setText(said)
        self._ask(None)
        self.refresh()

    # ── showing ─────────────────────────────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Show what holds now; the chosen row stays chosen."""
        chosen, keys = self.selected(), self._bindings.keys()
        self.maps.clear()
        for one in bundled_maps():
            self.maps.addItem(tr(one.title), one.id)
        self.maps.setCurrentIndex(self.maps.findData(self._bindings.map.id))
        self.note.setText(tr(self._bindings.map.note))
        self.note.setStyleSheet("" if self._bindings.map.is_verified else f"color: {theme.WARNING}")
        self.bring_back.setVisible(any(self._dropped))
        self.table.setRowCount(0)
        for name, entry in self._entries.items():
            said = keys_words(keys.get(name, ()), is_held=entry.is_held)
            if self._is_sought(entry, said):
                self._add_row(name, entry, said)
                if name == chosen:
                    self.table.selectRow(self.table.rowCount() - 1)
        if not self.selected() and self.table.rowCount():
            self.table.selectRow(0)
        self.mouse.refresh()

    def _is_sought(self, entry: ActionEntry, keys: str) -> bool:
        sought = self.search.text()
        texts = (tr(entry.title), entry.title, menu_words(entry.menu))
        return not sought or sought.casefold() == keys.casefold() or any(score(sought, t) for t in texts)

    def _add_row(self, name: str, entry: ActionEntry, keys: str) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, said in enumerate((tr(entry.title), menu_words(entry.menu), keys)):
            item = QTableWidgetItem(said)
            item.setData(Qt.ItemDataRole.UserRole, name)
            if name in self._bindings.own_keys:
                item.setForeground(QColor(theme.ACCENT))
                item.setToolTip(tr("Changed by you"))
            self.table.setItem(row, column, item)

    def selected(self) -> str:
        """The id of the action whose row is chosen; empty where there is none."""
        item = self.table.item(self.table.currentRow(), 0)
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None and item.isSelected() else ""

    def select(self, action: str) -> None:
        """Choose the action's row."""
        for row in range(self.table.rowCount()):
            item = self.table.item(row, 0)
            if item is not None and item.data(Qt.ItemDataRole.UserRole) == action:
                self.table.selectRow(row)

    # ── giving keys ─────────────────────────────────────────────────────────────────────────────────────────

    def ask_for_key(self, *, is_adding: bool = False) -> None:
        """Wait for the key of the chosen action."""
        if action := self.selected():
            self._is_adding = is_adding
            self._ask(None)
            title = tr(self._entries[action].title)
            self.capture.setText(tr("Press the new key for “{title}”. Esc leaves it as it is.", title=title))
            self.capture.setFocus()

    def _offer(self, key: str) -> None:
        """The reader pressed `key`: it is taken if it is free, and asked about if it is not."""
        action = self.selected()
        owners = owners_of(self._bindings.keys(), key, but=action)
        if not self._bindings.is_free_to_bind(action, key):
            said = tr(
                "This signs, sends or deletes: a key with Ctrl or Alt is needed, not {key}.",
                key=key_words(key),
            )
            self.capture.setText(said)
        elif owners:
            titles = ", ".join(f"“{tr(self._entries[owner].title)}”" for owner in owners)
            self._ask((action, key))
            self.capture.setText(tr("{key} already stands for {titles}.", key=key_words(key), titles=titles))
        else:
            before = self._bindings.keys_of(action) if self._is_adding else ()
            self._set(action, (*before, key))

    def _ask(self, asking: tuple[str, str] | None) -> None:
        self._asking = asking
        self.capture.clear()
        for button in (self.swap_button, self.leave_button):
            button.setVisible(asking is not None)

    def _set(self, action: str, keys: tuple[str, ...]) -> None:
        self._ask(None)
        if action:
            self._bindings.set_keys({action: keys})
        self.table.setFocus()

    def _swap(self) -> None:
        if self._asking is not None:
            action, key = self._asking
            self._ask(None)
            self._bindings.set_keys(swapped(self._bindings.keys(), action, key))

    def _leave(self) -> None:
        self._ask(None)
        self.table.setFocus()

    # ── whole maps ──────────────────────────────────────────────────────────────────────────────────────────

    def _choose_map(self, map_id: str) -> None:
        self._dropped = (self._bindings.own_keys, self._bindings.own_mouse)
        self._bindings.choose_map(map_id)

    def _reset_all(self) -> None:
        self._dropped = (self._bindings.own_keys, self._bindings.own_mouse)
        self._bindings.reset_all()

    def _bring_back(self) -> None:
        dropped, self._dropped = self._dropped, ({}, {})
        self._bindings.restore(*dropped)

    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Import a key map"), "", tr("Key maps (*.json)"))
        if name:
            self.import_from(Path(name))

    def import_from(self, file: Path) -> None:
        """Hold to the map in this file, or say why not."""
        try:
            read = parse(file.read_text("utf-8"))
        except (OSError, KeyMapError, UnicodeDecodeError) as error:
            self.capture.setText(
                tr("{name} was not imported: {reason}. Nothing was changed.", name=file.name, reason=error)
            )
            return
        self._dropped = (self._bindings.own_keys, self._bindings.own_mouse)
        self._bindings.take(read)

    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Export the key map"), "sidelight-keys.json", tr("Key maps (*.json)")
        )
        if name:
            self._write(Path(name), lambda file: write_whole(file, written(self._bindings.whole())))

    def _print(self) -> None:
        kinds = tr("PDF, HTML or text (*.pdf *.html *.txt)")
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Save the keys as a page"), "sidelight-keys.pdf", kinds
        )
        if name:
            self._write(Path(name), self.write_page)

    def write_page(self, file: Path) -> None:
        """The `?` page on paper.

        Raises:
            OSError: The file can't be written.
        """
        groups = key_groups(self._entries, self._bindings.keys(), self._bindings.mouse())
        write_page(file, tr("Keys of Sidelight as in {name}", name=self._bindings.map.title), groups)

    def _write(self, file: Path, write: Callable[[Path], None]) -> None:
        try:
            write(file)
        except OSError as error:
            reason = error.strerror or str(error)
            self.capture.setText(tr("{name} could not be written: {reason}.", name=file.name, reason=reason))
        else:
            self.capture.setText(tr("Written to {file}.", file=file))


def _row(*widgets: QWidget, stretch_first: bool = False) -> QHBoxLayout:
    row = QHBoxLayout()
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 1 if stretch_first and number == 0 else 0)
    if not stretch_first:
        row.addStretch(1)
    return row
