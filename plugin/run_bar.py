"""Read and Stop, and where the reading is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from plugin import parts, wording
from plugin.view import PanelView


class RunBar(QWidget):
    """Starts and stops the reading of the study on screen and shows its stages as they happen."""

    read_requested = Signal()
    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.read_button = parts.button(
            "Read this study", "Let the model draft a reading of the study on screen", "primary"
        )
        self.stop_button = parts.button("Stop", "Stop the model; what it found until then stays")
        self.read_button.clicked.connect(self.read_requested)
        self.stop_button.clicked.connect(self.stop_requested)
        self.status_label = parts.label()
        self.stages_label = parts.small(parts.label(role="muted"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the running step")
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.read_button, 1)
        buttons.addWidget(self.stop_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(buttons)
        box.addWidget(self.progress)
        box.addWidget(self.status_label)
        box.addWidget(self.stages_label)

    def show_view(self, view: PanelView) -> None:
        reading = view.reading
        self.read_button.setText("Read again" if reading.has_been_read else "Read this study")
        self.read_button.setEnabled(view.can_read)
        self._stress(self.read_button, not reading.has_been_read and reading.first_look.is_open)
        self.stop_button.setEnabled(reading.phase == "running")
        is_told = view.problem is not None and reading.phase == "failed" and reading.kind != "comparison"
        parts.show_text(self.status_label, "" if is_told else wording.status_text(reading, view.now_s))
        self._show_stages(view)

    def _stress(self, what: QPushButton, is_primary: bool) -> None:
        """Only the first reading is the thing to do; afterwards the draft is."""
        role = "primary" if is_primary else ""
        if what.property("role") != role:
            what.setProperty("role", role)
            what.style().unpolish(what)
            what.style().polish(what)

    def _show_stages(self, view: PanelView) -> None:
        """While running: a line for each finished step. Afterwards they wait in the status line's tooltip."""
        finished = [stage for stage in view.reading.stages if stage.ended_s is not None]
        lines = "\n".join(f"✓  {wording.stage_text(stage, view.now_s)}" for stage in finished)
        parts.show_text(self.stages_label, lines if view.reading.is_busy else "")
        self.status_label.setToolTip("" if view.reading.is_busy else lines)
        running = view.reading.stages[-1] if view.reading.is_busy and view.reading.stages else None
        self.progress.setVisible(view.reading.is_busy)
        self.progress.setRange(0, running.total if running and running.total > 1 else 0)
        if running and running.total > 1:
            self.progress.setValue(min(running.done, running.total))
