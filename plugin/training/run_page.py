"""A run as it goes: how far, how well, what it said, and pause and resume."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from inference.train_status import RunSummary
from plugin import parts, wording
from plugin.training import words
from plugin.training.curve_chart import CurveChart, CurvePoint
from plugin.training.state import TrainingState

MOST_TOLD = 12
METRICS = {"loss": "loss on validation patients", "macro_auroc": "mean AUROC on validation patients"}


class RunPage(QWidget):
    """Draws the run that is chosen."""

    chosen = Signal(str)
    pause_requested = Signal()
    resume_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.empty = parts.label(words.NO_RUNS, "muted")
        self.body = QWidget()
        self.list = QComboBox()
        self.list.setAccessibleName("Training runs")
        self.pause_button = parts.button("Pause", "Stop at the next step, with a checkpoint to go on from")
        self.resume_button = parts.button("Resume", "Go on from the last checkpoint", "primary")
        self.status = parts.label()
        self.status.setStyleSheet("font-size: 15px; font-weight: 600;")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far the run is")
        self.problem = QFrame()
        self.problem.setProperty("role", "problem-box")
        self.problem_text = parts.label()
        self.last_words = parts.small(parts.label(role="muted"))
        self.loss = CurveChart("Loss of each step", "loss", "The first step has not been taken yet.")
        self.quality = CurveChart(
            "On validation patients", "value", "Nothing was evaluated yet.", has_dots=True, most=1.0
        )
        self.told = parts.label(role="muted")
        self._lay_out()
        self.list.activated.connect(lambda at: self.chosen.emit(self.list.itemData(at)))
        self.pause_button.clicked.connect(self.pause_requested)
        self.resume_button.clicked.connect(self.resume_requested)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.list, 1)
        row.addWidget(self.pause_button)
        row.addWidget(self.resume_button)
        inside = QVBoxLayout(self.problem)
        inside.setContentsMargins(14, 10, 14, 10)
        inside.addWidget(self.problem_text)
        inside.addWidget(self.last_words)
        charts = QHBoxLayout()
        charts.setSpacing(18)
        charts.addWidget(self.loss, 1)
        charts.addWidget(self.quality, 1)
        box = QVBoxLayout(self.body)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addLayout(row)
        for widget in (self.status, self.bar, self.problem):
            box.addWidget(widget)
        box.addLayout(charts)
        box.addWidget(self.told)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4, 14, 4, 4)
        whole.addWidget(self.empty)
        whole.addWidget(self.body)
        whole.addStretch(1)

    def show_state(self, state: TrainingState) -> None:
        """Make the widgets match `state`."""
        run = state.run
        parts.show_text(self.empty, words.NO_RUNS if run is None else "")
        self.body.setVisible(run is not None)
        if run is None:
            return
        self._show_list(state)
        self.status.setText(words.progress_text(run))
        self.bar.setRange(0, max(1, run.state.steps))
        self.bar.setValue(run.state.step)
        self.pause_button.setVisible(run.is_alive)
        self.pause_button.setEnabled(not state.asking)
        self.resume_button.setVisible(run.can_resume)
        self.resume_button.setEnabled(not state.asking and not state.is_at_work)
        self._show_problem(run)
        self._show_curve(state)

    def _show_list(self, state: TrainingState) -> None:
        titles = [(words.run_title(run), run.id) for run in state.runs]
        shown = [(self.list.itemText(at), self.list.itemData(at)) for at in range(self.list.count())]
        if titles != shown and not self.list.view().isVisible():
            self.list.clear()
            for title, id in titles:
                self.list.addItem(title, id)
        self.list.setCurrentIndex(self.list.findData(state.shown))

    def _show_problem(self, run: RunSummary) -> None:
        text = words.what_to_do(run)
        is_bad = run.is_dead or run.state.phase in {"stopped", "failed"}
        self.problem.setVisible(bool(text))
        role = "problem-box" if is_bad else "note-box"
        if self.problem.property("role") != role:
            self.problem.setProperty("role", role)
            self.problem.style().polish(self.problem)
        self.problem_text.setText(text)
        last = run.last_words.splitlines()[-3:] if is_bad else []
        parts.show_text(self.last_words, "It said last: " + "\n".join(last) if last else "")

    def _show_curve(self, state: TrainingState) -> None:
        run, curve = state.run, state.curve
        steps = run.state.steps if run is not None else 0
        self.loss.show_points([CurvePoint(one.step, one.loss) for one in curve.steps], steps)
        self.quality.title = METRICS.get(curve.evaluations[-1].metric, "") if curve.evaluations else ""
        self.quality.title = wording.sentence_case(self.quality.title or "value on validation patients")
        evaluated = [CurvePoint(one.step, one.value, one.is_best) for one in curve.evaluations]
        self.quality.show_points(evaluated, steps)
        told = [f"Step {one.step}: {one.text}" for one in curve.told[-MOST_TOLD:]]
        parts.show_text(self.told, "\n".join(reversed(told)))
