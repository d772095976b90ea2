"""The command palette: type a few letters of what you want, Enter does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QAction, QBrush, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from viewer.core.language import tr
from viewer.ui import theme
from viewer.ui.actions import ActionEntry
from viewer.ui.keys.fuzzy import score
from viewer.ui.keys.words import menu_words

WIDTH = 620
KEYS_ROLE = Qt.ItemDataRole.UserRole + 1
REASON = "reason"
"""The dynamic property of a QAction that says why it is disabled, in words for the reader."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row: an action of the table as it stands now."""

    id: str
    title: str
    menu: str
    keys: str = ""
    is_enabled: bool = True
    reason: str = ""
    also: str = ""  # the English title, found whatever the window's language is

    @property
    def line(self) -> str:
        said = f"{self.title}  ·  {self.menu}"
        return f"{said}  –  {self.reason}" if self.reason and not self.is_enabled else said


def commands(
    entries: Mapping[str, ActionEntry],
    actions: Mapping[str, QAction],
    keys_words: Callable[[str], str],
) -> list[Command]:
    """Everything that can be done by its name; what is held needs its key."""
    return [
        Command(
            name,
            tr(entry.title),
            menu_words(entry.menu),
            keys_words(name),
            actions[name].isEnabled(),
            str(actions[name].property(REASON) or ""),
            entry.title,
        )
        for name, entry in entries.items()
        if name in actions and not entry.is_held and name != "command_palette"
    ]


def found(typed: str, all_commands: Sequence[Command], recent: Sequence[str]) -> list[Command]:
    """The commands that fit, best first; without anything typed, those used last come first."""
    age = {name: number for number, name in enumerate(recent)}

    fitting = [
        (points, command) for command in all_commands if (points := _points(typed, command)) is not None
    ]
    fitting.sort(key=lambda one: (-one[0], age.get(one[1].id, len(age)), not one[1].is_enabled))
    return [command for _, command in fitting]


def _points(typed: str, command: Command) -> int | None:
    """How well the command fits: by its title in either language, and less well by its menu."""
    by_title = [
        points for text in (command.title, command.also) if (points := score(typed, text)) is not None
    ]
    if by_title:
        return 1000 + max(by_title)
    return score(typed, f"{command.menu} {command.title}")


class _WithKeys(QStyledItemDelegate):
    """A row with its keys at the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        keys = index.data(KEYS_ROLE)
        if keys:
            painter.setPen(QColor(theme.ACCENT if index.flags() & Qt.ItemFlag.ItemIsEnabled else theme.DIM))
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(option.rect.adjusted(0, 0, -10, 0), flags, str(keys))


class CommandPalette(QFrame):
    """Lies over the films while it is open; Esc or a click elsewhere closes it."""

    def __init__(self, parent: QWidget, run: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._over, self._run = parent, run
        self._commands: list[Command] = []
        self._recent: Sequence[str] = ()
        self._focus_before: QWidget | None = None
        self.setObjectName("palette")
        self.line = QLineEdit()
        self.line.textChanged.connect(self._refresh)
        self.line.installEventFilter(self)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_WithKeys(self.list))
        self.list.itemClicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.hide()

    def open(self, all_commands: Sequence[Command], recent: Sequence[str]) -> None:
        """Show the palette with these commands, empty, ready to type."""
        self._commands, self._recent = list(all_commands), recent
        self._focus_before = QApplication.focusWidget()
        self.line.setPlaceholderText(tr("Type what you want to do"))
        self.line.clear()
        self._refresh()
        width = min(WIDTH, self._over.width() - 40)
        height = min(460, self._over.height() - 120)
        self.setGeometry(QRect((self._over.width() - width) // 2, 70, width, height))
        self.show()
        self.raise_()
        self.line.setFocus()

    def close_palette(self) -> None:
        """Hide it and give the keyboard back to what had it."""
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus()
            self._focus_before = None

    def shown(self) -> list[str]:
        """The ids of the rows, top to bottom."""
        return [self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.list.count())]

    def _refresh(self) -> None:
        self.list.clear()
        for command in found(self.line.text(), self._commands, self._recent):
            item = QListWidgetItem(command.line)
            item.setData(Qt.ItemDataRole.UserRole, command.id)
            item.setData(KEYS_ROLE, command.keys)
            if not command.is_enabled:
                item.setForeground(QBrush(QColor(theme.DIM)))
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self._select(0, 1)

    def _select(self, begin: int, step: int) -> None:
        """The next row that can be run, from `begin` on."""
        row = begin
        while 0 <= row < self.list.count():
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                self.list.setCurrentRow(row)
                return
            row += step

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        name = item.data(Qt.ItemDataRole.UserRole)
        self.close_palette()
        self._run(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        if watched is self.line and event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        return super().eventFilter(watched, event)

    def _key(self, key: Qt.Key) -> bool:
        match key:
            case Qt.Key.Key_Escape:
                self.close_palette()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._choose(self.list.currentItem())
            case Qt.Key.Key_Down:
                self._select(self.list.currentRow() + 1, 1)
            case Qt.Key.Key_Up:
                self._select(self.list.currentRow() - 1, -1)
            case _:
                return False
        return True
