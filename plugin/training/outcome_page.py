"""What became of the model: before and after on held-out patients, the gate's answer, and what to do with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from plugin import parts, theme
from plugin.training import words
from plugin.training.change_chart import ChangeChart
from plugin.training.outcome import NOT_ASSESSED, Change, GateAnswer, GateRule, changes, gate_answer, held_out
from plugin.training.progress_row import ProgressRow
from plugin.training.state import TrainingState

NOTHING = "There is nothing to judge yet: it comes once a run has ended."
NOT_JUDGED = (
    "This run has an adapter that nobody has judged. The base model and the base with the adapter are asked about "
    "the same held-out patients, from none of whom this run learnt."
)
ACCEPTED = "The gate accepts this adapter"
REFUSED = "The gate refuses this adapter: it stays inactive"
COMPARE_TIP = "Draft the study on screen with the base, and with the adapter, side by side"
NONE_ACTIVE = "No adapter is active: the base model reads alone."
MOST_STEPS = 8
_MARKS = {True: "✓", False: "✗", None: "–"}
NOT_ASKED = "The gate has not been asked yet"


class OutcomePage(QWidget):
    """Draws an outcome and passes on what shall be done."""

    evaluate_requested = Signal()
    stop_requested = Signal()
    promote_requested = Signal()
    rollback_requested = Signal()
    compare_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._has_no_question = True
        self.note = parts.label(NOTHING, "muted")
        self.evaluate_button = parts.button(
            "Judge before and after", "Ask the base, and the base with the adapter, about held-out patients"
        )
        self.progress = ProgressRow("evaluate")
        self.promoting = ProgressRow("promote")
        self.gate = QFrame()
        self.gate.setProperty("role", "tile")
        self.gate_title = parts.label()
        self.gate_title.setStyleSheet("font-size: 15px; font-weight: 600;")
        self.gate_reasons = parts.label()
        self.chart = ChangeChart()
        self.left_out = parts.small(parts.label(role="muted"))
        self.promote_button = parts.button("Activate", words.PROMOTION, "primary")
        self.rollback_button = parts.button(
            "Roll back", "Read with the model as it was before the last activation"
        )
        self.active = parts.label(role="muted")
        self.history = parts.small(parts.label(role="muted"))
        self.compare_button = parts.button("Compare on this study", COMPARE_TIP)
        self.comparing = ProgressRow("compare")
        self.compare_note = parts.small(parts.label(role="muted"))
        self.promotion = parts.small(parts.label(words.PROMOTION, "muted"))
        self._lay_out()
        for button, signal in (
            (self.evaluate_button, self.evaluate_requested),
            (self.promote_button, self.promote_requested),
            (self.rollback_button, self.rollback_requested),
            (self.compare_button, self.compare_requested),
            (self.progress.stop_button, self.stop_requested),
            (self.comparing.stop_button, self.stop_requested),
            (self.promoting.stop_button, self.stop_requested),
        ):
            button.clicked.connect(signal)

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self.gate)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.setSpacing(6)
        inside.addWidget(self.gate_title)
        inside.addWidget(self.gate_reasons)
        buttons = QHBoxLayout()
        for button in (
            self.promote_button,
            self.rollback_button,
            self.compare_button,
            self.evaluate_button,
        ):
            buttons.addWidget(button)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 14, 4, 4)
        box.setSpacing(11)
        box.addWidget(self.note)
        box.addWidget(self.gate)
        box.addLayout(buttons)
        below: tuple[QWidget, ...] = (
            self.promotion,
            self.progress,
            self.promoting,
            self.chart,
            self.left_out,
            parts.line(),
        )
        for widget in (*below, self.active, self.history):
            box.addWidget(widget)
        box.addStretch(1)

    def show_state(self, state: TrainingState) -> None:
        """Make the widgets match `state`."""
        told, run = changes(state.outcome), state.run
        answer = gate_answer(state.outcome)
        has_adapter = run is not None and run.has_adapter and not run.is_alive
        self._show_note(state, bool(told), has_adapter)
        self._show_gate(answer, bool(told))
        judged = tuple(one for one in told if one.is_judged)
        self.chart.setVisible(bool(judged))
        self.chart.show_changes(judged)
        parts.show_text(self.left_out, _left_out(told))
        self.evaluate_button.setVisible(has_adapter)
        self.evaluate_button.setEnabled(not state.asking)
        self.evaluate_button.setText("Judge again" if told else "Judge before and after")
        is_accepted = answer is not None and answer.accepted
        self.promote_button.setVisible(has_adapter)
        self.promote_button.setEnabled(is_accepted and not state.asking)
        self.promotion.setVisible(is_accepted)
        self.compare_button.setVisible(has_adapter and bool(told))
        self._has_no_question = not state.asking
        self.comparing.show_state(state)
        self.promoting.show_state(state)
        self.progress.show_state(state)
        self._show_adapters(state)

    def show_study(self, obstacle: str) -> None:
        """Why the study on screen can't be compared now; empty where it can."""
        self.compare_button.setEnabled(not obstacle and self._has_no_question)
        parts.show_text(self.compare_note, obstacle if self.compare_button.isVisibleTo(self) else "")

    def _show_adapters(self, state: TrainingState) -> None:
        adapters = state.adapters
        active = adapters.active if adapters is not None else ""
        self.rollback_button.setEnabled(bool(active) and not state.asking)
        self.active.setText(f"Active adapter: {active}" if active else NONE_ACTIVE)
        parts.show_text(self.history, "\n".join(words.history_lines(adapters)[:MOST_STEPS]))

    def _show_note(self, state: TrainingState, is_judged: bool, has_adapter: bool) -> None:
        films, patients = held_out(state.outcome)
        text = NOT_JUDGED if has_adapter else NOTHING
        if is_judged:
            text = f"{films} films of {patients} held-out patients, asked of both models; this run learnt from none."
        self.note.setText(text)

    def _show_gate(self, answer: GateAnswer | None, is_judged: bool) -> None:
        self.gate.setVisible(is_judged)
        title = NOT_ASKED if answer is None else ACCEPTED if answer.accepted else REFUSED
        color = theme.TEXT if answer is None else theme.GREEN if answer.accepted else theme.RED
        self.gate_title.setText(title)
        self.gate_title.setStyleSheet(f"font-size: 15px; font-weight: 600; color: {color};")
        rules = answer.rules if answer is not None else ()
        shown = sorted((rule for rule in rules if _is_told(rule)), key=lambda rule: rule.kept is not False)
        parts.show_text(self.gate_reasons, "\n".join(f"{_MARKS[rule.kept]}  {rule.said}" for rule in shown))


def _left_out(told: tuple[Change, ...]) -> str:
    by_reason: dict[str, list[str]] = {}
    for one in told:
        if not one.is_judged:
            by_reason.setdefault(one.why_not, []).append(one.name)
    named = [f"{', '.join(names)} ({why})" if why else ", ".join(names) for why, names in by_reason.items()]
    return f"Too few cases to be judged: {'; '.join(named)}." if named else ""


def _is_told(rule: GateRule) -> bool:
    """What was judged, and what no reading will show; not each number that could not be judged."""
    return rule.kept is not None or rule.name == NOT_ASSESSED
