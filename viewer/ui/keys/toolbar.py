"""The tool bar at the left: the entries of the table that have an icon, in the table's order."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolBar, QWidget

from viewer.core.language import tr
from viewer.ui.actions import ActionEntry
from viewer.ui.keys.icons import icon

ICON = 20


class ToolBar(QToolBar):
    """Shows the window's own actions; it has none of its own."""

    def __init__(
        self, parent: QWidget, entries: Mapping[str, ActionEntry], actions: Mapping[str, QAction]
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tools")
        self.setOrientation(Qt.Orientation.Vertical)
        self.setMovable(False)
        self.setIconSize(QSize(ICON, ICON))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        menu = ""
        for name, entry in entries.items():
            if not entry.icon:
                continue
            if menu and entry.menu != menu:
                self.addSeparator()
            menu = entry.menu
            actions[name].setIcon(icon(entry.icon))
            actions[name].setIconVisibleInMenu(False)
            self.addAction(actions[name])

    def show_words(
        self, entries: Mapping[str, ActionEntry], actions: Mapping[str, QAction], keys: Mapping[str, str]
    ) -> None:
        """Tool tips: what the button does and the key that does the same."""
        self.setWindowTitle(tr("Tool bar"))
        for name, entry in entries.items():
            if entry.icon:
                said = keys.get(name, "")
                actions[name].setToolTip(f"{tr(entry.title)}  ({said})" if said else tr(entry.title))
