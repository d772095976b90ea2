"""Questions about the study on screen, and the model's answers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from plugin import parts, wording
from plugin.state import Exchange
from plugin.view import PanelView


class ExchangeView(QWidget):
    """One question with its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.question = parts.label(role="section")
        self.answer = parts.label()
        self.note = parts.small(parts.label(role="muted"))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3)
        for widget in (self.question, self.answer, self.note):
            box.addWidget(widget)

    def show_exchange(self, exchange: Exchange) -> None:
        self.question.setText(exchange.question)
        parts.show_text(self.answer, exchange.answer or ("…" if exchange.is_running else ""))
        source = wording.MODEL_TEXT if exchange.answer else ""
        parts.show_text(self.note, " ".join(text for text in (exchange.problem, source) if text))


class QuestionHistory(QWidget):
    """The exchanges about one study, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self.title = parts.label("Questions", "section")
        self.views: list[ExchangeView] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(10)
        self._box.addWidget(self.title)

    def show_view(self, view: PanelView) -> None:
        exchanges = view.reading.exchanges
        self.setVisible(bool(exchanges))
        while len(self.views) < len(exchanges):
            self.views.append(ExchangeView())
            self._box.addWidget(self.views[-1])
        for at, shown in enumerate(self.views):
            shown.setVisible(at < len(exchanges))
            if at < len(exchanges):
                shown.show_exchange(exchanges[at])


class QuestionField(QWidget):
    """Where a question is typed. What was typed stays with its study."""

    question_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._study_key = ""
        self._typed: dict[str, str] = {}
        self.field = QLineEdit()
        self.field.setPlaceholderText("Ask about these films…")
        self.field.setAccessibleName("Question about the study on screen")
        self.field.setToolTip("Ask the model about the films on screen; Enter sends")
        self.field.setMaxLength(2000)
        self.field.setAcceptDrops(False)  # files dropped here are films for the window
        self.ask_button = parts.button("Ask", "Send the question")
        self.ask_button.clicked.connect(self._ask)
        self.field.returnPressed.connect(self._ask)
        self.field.textChanged.connect(self._enable)
        self._can_ask = False
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 14, 12)
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.ask_button)

    def show_view(self, view: PanelView) -> None:
        if view.study_key != self._study_key:
            self._typed[self._study_key] = self.field.text()
            self._study_key = view.study_key
            self.field.setText(self._typed.get(view.study_key, ""))
        self.field.setEnabled(bool(view.study_key))
        self._can_ask = view.can_read
        self._enable()

    def _enable(self) -> None:
        self.ask_button.setEnabled(self._can_ask and bool(self.field.text().strip()))

    def _ask(self) -> None:
        if not self.ask_button.isEnabled():
            return
        question = self.field.text().strip()
        self.field.clear()
        self.question_asked.emit(question)
