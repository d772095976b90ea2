"""The reader may discard a draft; nobody else may, and never what is signed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from plugin.desk import Desk
from plugin.records import wording
from plugin.records.as_left import has_begun
from plugin.state import StudyReading


def emptied(reading: StudyReading) -> StudyReading:
    """The study without its draft. What the reader has seen of the AI was seen."""
    return StudyReading(first_look=reading.first_look)


def why_not(reading: StudyReading) -> str:
    """Why a draft can't be discarded, in words for the reader; empty: it can."""
    if reading.signing.is_signed:
        return wording.IS_SIGNED
    if reading.is_running:
        return wording.STOP_BEFORE_DISCARDING
    return "" if has_begun(reading) else wording.NO_DRAFT


class Discarding(QObject):
    """Asks before anything is gone."""

    def __init__(self, desk: Desk, panel: QWidget, discard: Callable[[str], None]) -> None:
        """`discard` forgets what is kept of a study, named by its key."""
        super().__init__(panel)
        self._desk, self._panel, self._discard = desk, panel, discard
        self.question: QMessageBox | None = None

    def ask(self) -> None:
        key = self._desk.key()
        refusal = why_not(self._desk.reading()) if key else wording.NO_DRAFT
        if refusal:
            self._desk.host.show_message(refusal)
            return
        self.question = QMessageBox(self._panel)
        self.question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.question.setIcon(QMessageBox.Icon.Question)
        self.question.setWindowTitle("Discard this draft")
        self.question.setText("Discard the draft of this study?")
        self.question.setInformativeText(wording.WHAT_IS_DISCARDED)
        yes = self.question.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        keep = self.question.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        self.question.setDefaultButton(keep)
        yes.clicked.connect(lambda: self._do(key))
        self.question.finished.connect(self._answered)
        self.question.open()

    def _answered(self) -> None:
        self.question = None

    def _do(self, key: str) -> None:
        """Look again: a run may have begun while it was asked."""
        reading = self._desk.reading(key)
        if refusal := why_not(reading):
            self._desk.host.show_message(refusal)
            return
        self._desk.adopt(key, emptied(reading), over=True)
        self._discard(key)
