"""One row per mouse gesture, with everything that it may do."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QTableWidget, QTableWidgetItem

from viewer.core.keymap import CLICKS, DRAG_USES, DRAGS, SAME, WHEEL_USES
from viewer.core.language import tr
from viewer.ui.actions import ActionEntry
from viewer.ui.keys.bindings import KeyBindings
from viewer.ui.keys.words import GESTURES, gesture_words, use_words


class MouseTable(QTableWidget):
    """Shows the mouse part of the bindings and changes it."""

    def __init__(self, bindings: KeyBindings, entries: Mapping[str, ActionEntry]) -> None:
        super().__init__(0, 2)
        self._bindings, self._entries = bindings, entries
        self.verticalHeader().setVisible(False)
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.setColumnWidth(0, 200)
        self.choices: dict[str, QComboBox] = {}

    def refresh(self) -> None:
        """Show what holds now."""
        self.setHorizontalHeaderLabels([tr("Mouse"), tr("What it does")])
        self.setRowCount(0)
        self.choices.clear()
        held = self._bindings.mouse()
        for row, gesture in enumerate(GESTURES):
            self.insertRow(row)
            self.setItem(row, 0, QTableWidgetItem(gesture_words(gesture)))
            self.setCellWidget(row, 1, self._choice(gesture, held.get(gesture, "")))
            self.setRowHeight(row, 34)

    def _choice(self, gesture: str, use: str) -> QComboBox:
        box = self.choices[gesture] = QComboBox()
        for one in self._uses(gesture):
            box.addItem(use_words(one, self._entries), one)
        box.setCurrentIndex(max(0, box.findData(use)))
        box.activated.connect(lambda _index: self._bindings.set_mouse(gesture, str(box.currentData())))
        return box

    def _uses(self, gesture: str) -> list[str]:
        if gesture in CLICKS:
            return ["none", *(name for name, entry in self._entries.items() if not entry.is_held)]
        uses = DRAG_USES if gesture in DRAGS else WHEEL_USES
        return [SAME, *uses] if "+" in gesture else list(uses)
