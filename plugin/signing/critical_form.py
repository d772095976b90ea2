"""The communication log of a critical finding: ACR's category and the six fields (reading.md RP-8)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from plugin import parts
from plugin.signing.critical import CATEGORIES, UrgentItem, problem_of
from plugin.signing.state import CommunicationLog, Method

_TIME = "yyyy-MM-dd HH:mm"


class CriticalForm(QWidget):
    """Asks for the log and gives it once it is complete; says what is missing until then."""

    given = Signal(object)  # CommunicationLog
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.category = QComboBox()
        for number, within in CATEGORIES.items():
            self.category.addItem(f"{number} – {within}", number)
        self.finding, self.radiologist, self.recipient, self.method_note = (QLineEdit() for _ in range(4))
        self.found_at, self.received_at = (_time_edit() for _ in range(2))
        self.method = QComboBox()
        for name in get_args(Method):
            self.method.addItem(name)
        self.problem = parts.small(parts.label(role="problem"))
        self.keep_button = parts.button("Keep", "Keep this communication with the report", "primary")
        self.cancel_button = parts.button("Cancel", "Keep nothing")
        self.keep_button.clicked.connect(self._give)
        self.cancel_button.clicked.connect(self.given_up)
        self._lay_out()

    def _lay_out(self) -> None:
        fields = QFormLayout()
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(4)
        fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, widget in (
            ("Category (ACR)", self.category),
            ("Finding", self.finding),
            ("Found at", self.found_at),
            ("Radiologist", self.radiologist),
            ("Told to", self.recipient),
            ("Received at", self.received_at),
            ("How", self.method),
            ("Remark", self.method_note),
        ):
            widget.setAccessibleName(name)
            fields.addRow(parts.small(parts.fixed_label(name)), widget)
        buttons = QHBoxLayout()
        buttons.addWidget(self.keep_button)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(fields)
        box.addWidget(self.problem)
        box.addLayout(buttons)

    def begin(self, item: UrgentItem, reader_name: str) -> None:
        """Show the form, filled with what is known."""
        told = item.record.told if item.record is not None else None
        self.finding.setText(told.finding if told else item.title)
        self.radiologist.setText(told.radiologist if told else reader_name)
        self.recipient.setText(told.recipient if told else "")
        self.method_note.setText(told.method_note if told else "")
        self.category.setCurrentIndex(self.category.findData(told.category if told else item.category))
        self.method.setCurrentText(told.method if told else "telephone")
        now = QDateTime.currentDateTime()
        self.found_at.setDateTime(_from_utc(told.found_at) if told else now)
        self.received_at.setDateTime(_from_utc(told.received_at) if told else now)
        parts.show_text(self.problem, "")
        self.show()
        self.recipient.setFocus()

    def log(self) -> CommunicationLog:
        """What the fields say now."""
        return CommunicationLog(
            self.category.currentData(),
            self.finding.text().strip(),
            _utc(self.found_at.dateTime()),
            self.radiologist.text().strip(),
            self.recipient.text().strip(),
            _utc(self.received_at.dateTime()),
            self.method.currentText(),  # type: ignore[arg-type]  # the box holds the methods only
            self.method_note.text().strip(),
        )

    def _give(self) -> None:
        log = self.log()
        problem = problem_of(log)
        parts.show_text(self.problem, problem)
        if not problem:
            self.given.emit(log)


def _time_edit() -> QDateTimeEdit:
    made = QDateTimeEdit()
    made.setDisplayFormat(_TIME)
    return made


def _utc(when: QDateTime) -> str:
    moment = datetime.fromtimestamp(when.toSecsSinceEpoch(), UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _from_utc(text: str) -> QDateTime:
    return QDateTime.fromSecsSinceEpoch(round(datetime.fromisoformat(text).timestamp()))
