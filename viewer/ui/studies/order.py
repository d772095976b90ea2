"""The order of the study list: the usual one, or what plugins say is urgent first. The reader chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

from viewer.api import StudyUrgency
from viewer.core.language import later, tr
from viewer.ui.studies.urgency import merged

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

SETTING = "studies.order"
USUAL = "by name"
MOST_URGENT = later("Most urgent first")


class StudyOrder:
    """Keeps what plugins said and what the reader chose. The choice is only offered where there is one."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._orders: dict[str, Mapping[str, StudyUrgency]] = {}
        self._captions: dict[str, str] = {}
        self.choice = QComboBox()

    def window_is_built(self) -> None:
        self.choice.setObjectName("order")
        self.choice.addItem("", "")
        self.choice.addItem("", USUAL)
        is_usual = self._window.settings.text(SETTING) == USUAL
        self.choice.setCurrentIndex(1 if is_usual else 0)
        self.choice.currentIndexChanged.connect(self._choose)
        self.choice.setVisible(False)
        self._window.studies.add_line(self.choice)
        self.say_again()

    def say_again(self) -> None:
        self.choice.setItemText(0, tr(self._caption()))
        self.choice.setItemText(1, tr("By name"))
        self.choice.setAccessibleName(tr("Order of the study list"))

    def set(self, owner: str, order: Mapping[str, StudyUrgency], caption: str = "") -> None:
        """See `viewer.api.Host.set_study_order`."""
        self._orders = {name: own for name, own in self._orders.items() if name != owner}
        if order:
            self._orders[owner] = dict(order)
            self._captions[owner] = caption
        self.say_again()
        self._show()

    def _caption(self) -> str:
        """Of the one order there is; beside another one only urgency is worth a word."""
        captions = {self._captions[owner] for owner in self._orders}
        return captions.pop() or MOST_URGENT if len(captions) == 1 else MOST_URGENT

    def _choose(self, _place: int) -> None:
        self._window.settings.set(SETTING, self.choice.currentData() or None)
        self._show()

    def _show(self) -> None:
        order = merged(self._orders)
        self.choice.setVisible(bool(order))
        self._window.studies.set_order({} if self.choice.currentData() == USUAL else order)
