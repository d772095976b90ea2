"""Two drafts of one study side by side: the base model's, and the base's with an adapter."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from inference.backend import DRAFT_MARK
from plugin import parts, theme, wording
from plugin.training.side_by_side import OneDraft, SideBySide

SAME = "Both models decide alike on every finding, with the same certainty."
NO_FINDING = "No listed finding detected. This does not rule out disease."
BEFORE, AFTER = "Base model", "With the adapter"
NOTE = "For comparing models only: nothing of this goes into the report. Research use only."
RAW = "The certainties are not calibrated here."
MOST_OTHERS = 13


class CompareDialog(QDialog):
    """Shows both; nothing of it goes into a report."""

    def __init__(self, told: SideBySide, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ReportPanel")  # its style
        self.setStyleSheet(theme.SHEET)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Two models on the study on screen")
        self.resize(940, 640)
        self.mark = parts.label(DRAFT_MARK, "draft-mark")
        self.note = parts.small(parts.label(NOTE if told.is_calibrated else f"{NOTE} {RAW}", "muted"))
        self.drafts = [_Draft(BEFORE, told.before), _Draft(AFTER, told.after)]
        self.others = _others(told)
        self.close_button = parts.button("Close", "Close the comparison")
        self.close_button.clicked.connect(self.reject)
        self._lay_out()

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setObjectName("PanelBody")
        body = QVBoxLayout(inside)
        body.setContentsMargins(2, 2, 10, 2)
        body.setSpacing(12)
        columns = QHBoxLayout()
        columns.setSpacing(14)
        for draft in self.drafts:
            columns.addWidget(draft, 1)
        body.addWidget(parts.label("What they see differently", "section"))
        body.addWidget(self.others)
        body.addLayout(columns)
        body.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        last = QHBoxLayout()
        last.addWidget(self.note, 1)
        last.addWidget(self.close_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 16, 20, 14)
        box.setSpacing(10)
        box.addWidget(self.mark)
        box.addWidget(area, 1)
        box.addLayout(last)

    def plain_text(self) -> str:
        """All that it says, for tests and screen readers."""
        labels = [self.mark, *self.findChildren(type(self.mark))]
        return "\n".join(label.text() for label in labels)


class _Draft(QFrame):
    def __init__(self, role: str, draft: OneDraft) -> None:
        super().__init__()
        self.setProperty("role", "tile")
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(8)
        box.addWidget(parts.label(role, "section"))
        box.addWidget(parts.small(parts.label(draft.title, "muted")))
        found = "\n".join(wording.sentence_case(one) for one in draft.present)
        box.addWidget(parts.label(found or NO_FINDING))
        box.addWidget(parts.line())
        box.addWidget(parts.label(draft.report or "No report was drafted."))
        if draft.impression:
            box.addWidget(parts.label("Impression", "section"))
            box.addWidget(parts.label(draft.impression))
        box.addStretch(1)


def _others(told: SideBySide) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(2, 1)
    if not told.others:
        grid.addWidget(parts.label(SAME, "muted"), 0, 0, 1, 3)
        return made
    for row, one in enumerate(told.others[:MOST_OTHERS]):
        role = "doubt" if one.is_decided_otherwise else "muted"
        change = parts.label(f"{one.before}  →  {one.after}", role)
        change.setAccessibleName(f"{one.finding}: {one.before}, with the adapter {one.after}")
        grid.addWidget(parts.fixed_label(wording.sentence_case(one.finding)), row, 0)
        grid.addWidget(change, row, 2)
    return made
