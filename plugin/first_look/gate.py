"""The gate before the AI's results: the reader looks first."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from plugin import parts
from plugin.draft_editor import DraftEditor
from plugin.first_look import words
from plugin.review.reviewed import progress_text, read_again_text
from plugin.view import PanelView

ASIDE = "In your own words; it is kept beside the draft"


class Gate(QFrame):
    """Says how far the AI is and shows nothing of it, until the reader has looked. Decides nothing."""

    revealed = Signal()
    impression_typed = Signal(str)
    report_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "gate")
        self.status = parts.label()
        self.status.setAccessibleName("How far the AI is")
        self.impression = DraftEditor("Your first impression", least_lines=2)
        self.impression.setPlaceholderText("Your first impression (optional)")
        self.impression.setToolTip(ASIDE)
        self.impression.edited.connect(self.impression_typed)
        self.reveal_button = parts.button("", "", "primary")
        self.reveal_button.clicked.connect(self.revealed)
        self.report_button = parts.button(
            "Write the report first", "Open an empty report; the AI stays hidden", "link"
        )
        self.report_button.clicked.connect(self.report_wanted)
        self.time_label = parts.small(parts.label(role="muted"))
        self._lay_out()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 10)
        box.setSpacing(8)
        for widget in (
            self.status,
            self.impression,
            self.reveal_button,
            self.time_label,
            self.report_button,
        ):
            box.addWidget(widget)

    def show_view(self, view: PanelView) -> None:
        reading = view.reading
        self.setVisible(bool(view.study_key) and not reading.first_look.is_open)
        parts.show_text(self.status, words.gate_text(reading))
        self.impression.show_text(reading.first_look.impression, view.study_key, True)
        title = words.reveal_title(reading)
        self.reveal_button.setText(f"{title}   ↵")
        self.reveal_button.setAccessibleName(title)
        self.reveal_button.setToolTip(f"{title}: the AI's findings, boxes and draft are shown (Enter)")
        is_second = reading.first_look.mode == "second reader"
        parts.show_text(self.time_label, words.time_text(view.reveal_after_s) if is_second else "")
        self.report_button.setVisible(not words.shows_report(reading))


class ShownBar(QWidget):
    """Hides what the AI found, and shows it again, once the gate is open."""

    toggled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = parts.small(parts.label(role="muted"))
        self.button = parts.button("", "", "link")
        self.button.clicked.connect(self.toggled)
        self.again = parts.small(parts.label(role="muted"))
        row = QHBoxLayout()
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(row)
        box.addWidget(self.again)

    def show_view(self, view: PanelView) -> None:
        look = view.reading.first_look
        self.setVisible(bool(view.study_key) and look.is_open and view.reading.has_been_read)
        self.text.setText(words.HIDDEN if look.is_hidden else progress_text(view.reading))
        parts.show_text(self.again, read_again_text(view.reading))
        self.button.setText("Show AI results" if look.is_hidden else "Hide AI results")
        self.button.setToolTip(f"{self.button.text()} (Shift+B)")
        self.button.setAccessibleName(self.button.text())


class FirstImpression(QWidget):
    """The reader's own first words, beside the draft."""

    taken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = parts.label()
        self.button = parts.button(
            "Put into the report", "Add your first impression to the end of the report", "link"
        )
        self.button.clicked.connect(self.taken)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(parts.label("Your first impression", "section"))
        box.addWidget(self.text)
        box.addWidget(self.button)

    def show_view(self, view: PanelView) -> None:
        offered = words.offered_impression(view.reading)
        self.setVisible(bool(offered) and bool(view.study_key))
        self.text.setText(offered)
        may_take = not words.is_in_report(view.reading) and not view.reading.signing.is_signed
        self.button.setVisible(may_take)
