"""Where a question is typed, marked or picked."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from plugin import parts
from plugin.ask import words
from plugin.ask.kinds import WHAT_IS_THIS
from plugin.view import PanelView


class QuestionField(QWidget):
    """What was typed stays with its study. While an answer comes, Ask is Stop."""

    question_asked = Signal(str)
    box_requested = Signal()
    box_dropped = Signal()
    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._view = PanelView()
        self._typed: dict[str, str] = {}
        self._scope = ""
        self.scope_label = parts.small(parts.label(role="muted"))
        self.scope_button = parts.button("✕", "Ask about the films again, not about the box", "link")
        self.scope_button.setAccessibleName("Let go of the box")
        self.box_button = parts.button("▢", f"{WHAT_IS_THIS} Mark a box on a film and ask")
        self.box_button.setAccessibleName(WHAT_IS_THIS)
        self.field = QLineEdit()
        self.field.setAccessibleName("Question about the study on screen")
        self.field.setToolTip("Ask the model about the films on screen; Enter sends")
        self.field.setMaxLength(2000)
        self.field.setAcceptDrops(False)  # files dropped here are films for the window
        self._is_drawing = False
        self.ask_button = parts.button("Ask", "Send the question")
        self.stop_button = parts.button("Stop", "Stop the answer; what has come of it stays")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.scope_row = QWidget()
        scope = QHBoxLayout(self.scope_row)
        scope.setContentsMargins(0, 0, 0, 0)
        scope.addWidget(self.scope_label, 1)
        scope.addWidget(self.scope_button)
        row, box = QHBoxLayout(), QVBoxLayout(self)
        row.setSpacing(8)
        row.addWidget(self.box_button)
        row.addWidget(self.field, 1)
        row.addWidget(self.ask_button)
        row.addWidget(self.stop_button)
        box.setContentsMargins(14, 10, 14, 12)
        box.setSpacing(8)
        box.addWidget(self.scope_row)
        box.addLayout(row)

    def _connect(self) -> None:
        self.ask_button.clicked.connect(self._ask)
        self.stop_button.clicked.connect(self.stop_requested)
        self.field.returnPressed.connect(self._ask)
        self.field.textChanged.connect(self._enable)
        self.box_button.clicked.connect(self.box_requested)
        self.scope_button.clicked.connect(self.box_dropped)

    def show_view(self, view: PanelView) -> None:
        before, self._view = self._view, view
        if view.study_key != before.study_key:
            self._typed[before.study_key] = self.field.text()
            self.field.setText(self._typed.get(view.study_key, ""))
        self._enable()

    def show_scope(self, scope: str) -> None:
        """What the next question is about; empty: the films."""
        if scope != self._scope:
            self._scope = scope
            self._enable()

    def show_drawing(self, is_drawing: bool) -> None:
        """The reader is asked to draw a box on a film."""
        self._is_drawing = is_drawing
        self._enable()

    def begin_typing(self) -> None:
        self.field.setFocus()

    def _enable(self) -> None:
        view = self._view
        is_answering = view.reading.is_running and view.reading.kind == "question"
        look = view.reading.first_look
        self.field.setEnabled(bool(view.study_key))
        self.field.setPlaceholderText(words.placeholder(look, bool(self._scope)))
        self.ask_button.setEnabled(view.can_ask and bool(self.field.text().strip()))
        self.ask_button.setVisible(not is_answering)
        self.stop_button.setVisible(is_answering)
        self.stop_button.setEnabled(view.reading.phase == "running")
        self.box_button.setEnabled(view.can_ask)
        scope = words.DRAWING if self._is_drawing else self._scope
        self.scope_label.setText(scope)
        self.scope_row.setVisible(bool(scope))
        self.scope_button.setVisible(not self._is_drawing)

    def _ask(self) -> None:
        if not self.ask_button.isEnabled():
            return
        question = self.field.text().strip()
        if self._view.reading.first_look.shows_ai:  # else it is not put, and stays where it was typed
            self.field.clear()
        self.question_asked.emit(question)
