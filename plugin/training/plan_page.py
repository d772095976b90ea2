"""The plan in words, the few things a person decides, and the start."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inference.train_status import Part, PlanWish
from plugin import parts
from plugin.training import words
from plugin.training.progress_row import ProgressRow
from plugin.training.state import TrainingState

NO_DATA = "Choose data first: the plan is worked out from them and from this computer."
NOT_PLANNED = (
    "No plan yet. It is worked out from the data and this computer, and shown here before anything runs."
)
STALE = "The plan below is of other data or other wishes. Work it out again."
AT_WORK = "Another run is at work. Pause it, or wait until it has ended."
OFFERED: tuple[tuple[Part, str], ...] = (
    ("abstractor", "Abstractor"),
    ("lora", "Language model (LoRA)"),
    ("vision", "Vision encoder"),
)


class PlanPage(QWidget):
    """Draws a plan and passes on what shall be different."""

    wish_changed = Signal(object)  # PlanWish
    plan_requested = Signal()
    start_requested = Signal()
    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._wish = PlanWish(())
        self._is_drawing = False
        self.hours = QDoubleSpinBox()
        self.hours.setRange(0.0, 240.0)
        self.hours.setDecimals(1)
        self.hours.setSingleStep(0.5)
        self.hours.setSuffix(" hours at most")
        self.hours.setSpecialValueText("as long as the plan proposes")
        self.hours.setAccessibleName("How long it may take")
        self.own_parts = QCheckBox("Choose which parts learn")
        self.parts = {part: QCheckBox(title) for part, title in OFFERED}
        self.seed = QSpinBox()
        self.seed.setRange(0, 2_147_483_647)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("The same plan, data and seed give the same model")
        self.plan_button = parts.button("Work out the plan", "Look at the data and this computer", "primary")
        self.start_button = parts.button("Start training", words.GOES_ON, "primary")
        self.progress = ProgressRow("plan")
        self.note = parts.label(NOT_PLANNED, "muted")
        self.lines = parts.label()
        self.card = QFrame()
        self.card.setProperty("role", "tile")
        self.goes_on = parts.small(parts.label(words.GOES_ON, "muted"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.addRow(parts.fixed_label("Time"), _left(self.hours))
        form.addRow(parts.fixed_label("Parts"), _left(self.own_parts, *self.parts.values()))
        form.addRow(parts.fixed_label("Seed"), _left(self.seed))
        row = QHBoxLayout()
        row.addWidget(self.plan_button)
        row.addWidget(self.note, 1)
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.addWidget(self.lines)
        last = QHBoxLayout()
        last.addWidget(self.start_button)
        last.addWidget(self.goes_on, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 14, 4, 4)
        box.setSpacing(11)
        box.addLayout(form)
        box.addLayout(row)
        for widget in (self.progress, self.card):
            box.addWidget(widget)
        box.addLayout(last)
        box.addStretch(1)

    def _connect(self) -> None:
        self.hours.valueChanged.connect(self._changed)
        self.seed.valueChanged.connect(self._changed)
        for box in (self.own_parts, *self.parts.values()):
            box.toggled.connect(self._changed)
        self.plan_button.clicked.connect(self.plan_requested)
        self.start_button.clicked.connect(self.start_requested)
        self.progress.stop_requested.connect(self.stop_requested)

    def show_state(self, state: TrainingState) -> None:
        """Make the widgets match `state`."""
        self._is_drawing = True
        self._wish = state.wish
        self.hours.setValue(state.wish.hours or 0.0)
        self.seed.setValue(state.wish.seed)
        chosen = state.wish.parts
        self.own_parts.setChecked(chosen is not None)
        for part, box in self.parts.items():
            box.setVisible(chosen is not None)
            box.setChecked(chosen is not None and part in chosen)
        self._is_drawing = False
        self.plan_button.setEnabled(bool(state.sources) and not state.asking)
        self.progress.show_state(state)
        self.card.setVisible(state.plan is not None)
        self.lines.setText("\n\n".join(words.plan_lines(state.plan)) if state.plan else "")
        self.note.setText(_note(state))
        self.start_button.setEnabled(state.is_plan_current and not state.asking and not state.is_at_work)
        self.start_button.setVisible(state.plan is not None)
        self.goes_on.setVisible(state.plan is not None)

    def _changed(self) -> None:
        if self._is_drawing:
            return
        chosen: tuple[Part, ...] | None = tuple(part for part, box in self.parts.items() if box.isChecked())
        if not self.own_parts.isChecked():
            chosen = None
        elif self._wish.parts is None:  # just opened: as the small-site recipe has it
            chosen = ("abstractor", "lora")
        wish = replace(self._wish, hours=self.hours.value() or None, parts=chosen, seed=self.seed.value())
        self.wish_changed.emit(wish)


def _note(state: TrainingState) -> str:
    if not state.sources:
        return NO_DATA
    if state.plan is None:
        return NOT_PLANNED
    if not state.is_plan_current:
        return STALE
    return AT_WORK if state.is_at_work else ""


def _left(*widgets: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(14)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return made
