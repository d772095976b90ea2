"""The draft report: findings text and impression, what to doubt in it, and the way to the clipboard."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inference.backend import Flag
from plugin import parts, wording
from plugin.draft_editor import DraftEditor, Highlight
from plugin.review.rejection import doubts_of_rejected
from plugin.state import StudyReading, is_editable, sentence_at
from plugin.view import PanelView


class DraftSection(QWidget):
    """Shows the two drafted texts and passes on what the reader makes of them."""

    report_edited = Signal(str)
    impression_edited = Signal(str)
    new_draft_requested = Signal()
    copy_requested = Signal()
    sentence_chosen = Signal(str)
    typing_refused = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._reading = StudyReading()
        self.report = DraftEditor("Draft report", least_lines=4)
        self.report.setPlaceholderText("The draft will appear here. You can also write yourself.")
        self.impression = DraftEditor("Impression", least_lines=2)
        self.report.edited.connect(self.report_edited)
        self.impression.edited.connect(self.impression_edited)
        for editor in (self.report, self.impression):
            editor.typing_refused.connect(self.typing_refused)
        self.report.position_clicked.connect(self._choose_sentence)
        self.copy_button = parts.button("Copy", "Copy the text with its draft mark to the clipboard")
        self.copy_button.clicked.connect(self.copy_requested)
        self.whose_label = parts.small(parts.label(role="muted"))
        self.whose_label.setWordWrap(False)
        self.whose_label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.new_draft_button = parts.button(
            "Use the new draft",
            "Replace your text by the newer draft; Ctrl+Z in the text takes it back",
            "link",
        )
        self.new_draft_button.clicked.connect(self.new_draft_requested)
        self.prior_label = parts.small(parts.label(role="muted"))
        self.flags_label = parts.small(parts.label(role="doubt"))
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(parts.label("Draft report", "section"), 1)
        top.addWidget(self.whose_label)
        top.addWidget(self.copy_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(top)
        box.addWidget(self.new_draft_button)
        box.addWidget(self.report)
        box.addSpacing(6)
        box.addWidget(parts.label("Impression", "section"))
        box.addWidget(self.impression)
        box.addWidget(self.flags_label)
        box.addWidget(self.prior_label)

    def show_view(self, view: PanelView) -> None:
        reading = self._reading = view.reading
        self.setEnabled(bool(view.study_key))
        self.report.show_text(reading.report.shown, view.study_key, is_editable(reading, reading.report))
        self.impression.show_text(
            reading.impression.shown, view.study_key, is_editable(reading, reading.impression)
        )
        self.report.show_highlights(highlights(reading))
        self.copy_button.setEnabled(reading.has_text)
        self.whose_label.setText("edited by you" if reading.is_edited else "")
        newer = reading.report.has_newer_draft or reading.impression.has_newer_draft
        self.new_draft_button.setVisible(newer and not reading.is_reading)
        parts.show_text(self.prior_label, wording.comparison_text(reading))
        parts.show_text(self.flags_label, "\n".join(f"• {doubt}" for doubt in doubts(reading)))

    def _choose_sentence(self, position: int) -> None:
        sentence_id = sentence_at(self._reading, position)
        if sentence_id is not None:
            self.sentence_chosen.emit(sentence_id)


def doubts(reading: StudyReading) -> list[str]:
    """What the flags say, each once; the missing prior has its own line already."""
    said = [wording.flag_text(reading, flag) for flag in reading.flags if flag.why != wording.NO_PRIOR]
    return list(dict.fromkeys((*doubts_of_rejected(reading), *said)))


def highlights(reading: StudyReading) -> list[Highlight]:
    """Sentences of the selected finding, and sentences to doubt."""
    flags: dict[str, list[Flag]] = {}
    for flag in reading.flags:
        if flag.sentence_id:
            flags.setdefault(flag.sentence_id, []).append(flag)
    made = [
        Highlight(
            sentence.text,
            is_selected=reading.selected is not None and reading.selected in sentence.finding_ids,
            doubt="; ".join(flag.why for flag in flags.get(sentence.id, [])),
        )
        for sentence in reading.sentences
    ]
    return [highlight for highlight in made if highlight.is_selected or highlight.doubt]
