"""How far something is that was asked, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from plugin import parts
from plugin.training.state import Asking, TrainingState

_TITLES: dict[str, str] = {
    "start": "Starting…",
    "read": "Reading the data",
    "films": "Looking at the films",
    "examine": "Looking for faults",
    "compare": "Both models read the study",
    "plan": "Working out the plan",
    "evaluate": "Asking both models about held-out patients",
}


class ProgressRow(QWidget):
    """A line of words, a thin bar, and Stop; there only while its own question is asked."""

    stop_requested = Signal()

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking
        self.words = parts.label(role="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far it is")
        self.stop_button = parts.button("Stop", "Stop this; nothing is lost")
        self.stop_button.clicked.connect(self.stop_requested)
        left = QVBoxLayout()
        left.addWidget(self.words)
        left.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(left, 1)
        row.addWidget(self.stop_button)
        self.hide()

    def show_state(self, state: TrainingState) -> None:
        self.setVisible(state.asking == self._asking)
        if state.stage is None:
            self.words.setText(_TITLES["start"])
            self.bar.setRange(0, 0)
            return
        name, done, total = state.stage
        title = _TITLES.get(name, name.capitalize())
        self.words.setText(f"{title}: {done} of {total}" if total > 1 else f"{title}…")
        self.bar.setRange(0, total if total > 1 else 0)
        self.bar.setValue(done)
