"""What went wrong, and the one thing that helps, as a button."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from plugin import parts
from plugin.backend.words import ACTION_TITLES, Action
from plugin.view import PanelView

_TIPS: dict[Action, str] = {
    "restart": "Start the AI again; your text stays as it is",
    "models": "See the models of this computer and how another one is installed",
    "wait": "Load this model all the same; one study may take minutes",
}


class ProblemBox(QFrame):
    """Draws the words of a problem. Its buttons are those that can help."""

    restart_requested = Signal()
    models_requested = Signal()
    slow_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "problem-box")
        self.title = parts.label(role="problem-title")
        self.text = parts.label(role="problem")
        self.remedy = parts.small(parts.label(role="muted"))
        self.buttons: dict[Action, QPushButton] = {
            action: parts.button(ACTION_TITLES[action], tip) for action, tip in _TIPS.items()
        }
        self.restart_button = self.buttons["restart"]
        self.restart_button.clicked.connect(self.restart_requested)
        self.buttons["models"].clicked.connect(self.models_requested)
        self.buttons["wait"].clicked.connect(self.slow_requested)
        row = QHBoxLayout()
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        for widget in (self.title, self.text, self.remedy):
            box.addWidget(widget)
        box.addLayout(row)

    def show_view(self, view: PanelView) -> None:
        words = view.problem_words
        self.setVisible(words is not None)
        is_coming = view.backend_state in {"starting", "loading"}
        offered = _offered(view) if words is not None else ()
        parts.show_text(self.title, words.title if words else "")
        parts.show_text(self.text, words.detail if words else "")
        parts.show_text(self.remedy, words.remedy if words else "")
        for action, button in self.buttons.items():
            button.setVisible(action in offered)
            button.setEnabled(not is_coming)


def _offered(view: PanelView) -> tuple[Action, ...]:
    """The problem's own action; a lost backend can always be restarted, and another model chosen beside waiting."""
    action: Action = view.problem_words.action if view.problem_words else ""
    also: tuple[Action, ...] = ("restart",) if view.backend_state.startswith("lost") else ()
    return (action, *also, *(("models",) if action == "wait" else ()))
