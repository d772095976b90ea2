"""What a reader may put into the report: templates, numbers from the films, macros."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QMenu, QWidget, QWidgetAction

from plugin import parts, theme
from plugin.report.fill_template import Template
from plugin.report.measures import title_of
from plugin.report.state import MeasuredMark

NO_MEASURES = "No measurement on the films"
NO_TEMPLATES = "No template could be read"
_SHEET = f"""
QMenu {{ background: {theme.RAISED}; color: {theme.TEXT}; border: 1px solid #4a5462; padding: 4px; }}
QMenu::item {{ padding: 5px 18px; border-radius: 4px; }}
QMenu::item:selected {{ background: #275a7c; }}
QMenu::item:disabled {{ color: {theme.MUTED}; }}
QMenu::separator {{ height: 1px; background: {theme.LINE}; margin: 4px 8px; }}
"""


class InsertMenu(QMenu):
    """Filled anew each time it opens."""

    template_chosen = Signal(str)  # its id
    measure_chosen = Signal(str)  # the mark's id
    defaults_wanted = Signal()
    macros_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setStyleSheet(_SHEET)

    def fill(
        self,
        templates: Sequence[Template],
        marks: Sequence[MeasuredMark],
        *,
        has_defaults: bool,
        can_write: bool,
    ) -> None:
        """Offer what there is now."""
        self.clear()
        self._title("Templates")
        for template in templates:
            self._add(template.title, can_write, self.template_chosen, template.id)
        if not templates:
            self._add(NO_TEMPLATES, False)
        self._add("Take all texts in [fields]", can_write and has_defaults, self.defaults_wanted)
        self._title("Measurements")
        for mark in marks:
            self._add(title_of(mark), can_write, self.measure_chosen, mark.id)
        if not marks:
            self._add(NO_MEASURES, False)
        self.addSeparator()
        self._add("Macros…", True, self.macros_wanted)

    def _title(self, text: str) -> None:
        label = parts.small(parts.label(text))
        label.setStyleSheet(f"color: {theme.MUTED}; padding: 6px 10px 2px 10px; font-weight: 600;")
        action = QWidgetAction(self)
        action.setDefaultWidget(label)
        action.setEnabled(False)
        self.addAction(action)

    def _add(
        self, title: str, is_enabled: bool, tells: SignalInstance | None = None, chosen: str = ""
    ) -> None:
        action = self.addAction(title.replace("&", "&&"))
        action.setEnabled(is_enabled)
        if tells is not None:
            action.triggered.connect(lambda: tells.emit(chosen) if chosen else tells.emit())
