"""What film is wished for: description, view, seed, how many; steps and guidance under More."""

from __future__ import annotations

import secrets

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inference.synthesis.wish import MOST_FILMS, MOST_STEPS, VIEWS
from plugin import parts
from plugin.synthesis import words
from plugin.synthesis.state import MOST_SEED, Form, SynthesisState

MOST_GUIDANCE = 30.0
ABOUT = "What shall be seen, in a report's words: “There is a large right pleural effusion.”"


class Description(QPlainTextEdit):
    """The words. Ctrl+Return draws; Tab goes on to the next field."""

    draw_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setAccessibleName("Description of the film")
        self.setPlaceholderText(ABOUT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_return and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.draw_requested.emit()
        else:
            super().keyPressEvent(event)


class ShotFields(QWidget):
    """Seed and number, and how they are drawn: what both kinds of wishes have."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.seed = QSpinBox()
        self.seed.setRange(0, MOST_SEED)
        self.seed.setAccessibleName("Seed of the first film")
        self.seed.setToolTip("The same words, view and seed give the same film.")
        self.dice_button = parts.button("Another", "Take a seed by chance")
        self.count = QSpinBox()
        self.count.setRange(1, MOST_FILMS)
        self.count.setAccessibleName("How many films, each with the next seed")
        self.more_button = parts.button("More ▾", "Steps and guidance", "link")
        self.more_button.setCheckable(True)
        self.steps = QSpinBox()
        self.steps.setRange(1, MOST_STEPS)
        self.steps.setAccessibleName("Steps")
        self.steps.setToolTip("More steps take longer and may look finer.")
        self.guidance = QDoubleSpinBox()
        self.guidance.setRange(1, MOST_GUIDANCE)
        self.guidance.setSingleStep(0.5)
        self.guidance.setDecimals(1)
        self.guidance.setAccessibleName("Guidance")
        self.guidance.setToolTip("How closely the words are followed; 1 = hardly, above 8 films turn harsh.")
        self.show_form(Form())
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        seed = QHBoxLayout()
        seed.addWidget(self.seed, 1)
        seed.addWidget(self.dice_button)
        self._more = QWidget()
        inside = QGridLayout(self._more)
        inside.setContentsMargins(0, 0, 0, 0)
        for row, (name, field) in enumerate((("Steps", self.steps), ("Guidance", self.guidance))):
            inside.addWidget(parts.fixed_label(name), row, 0)
            inside.addWidget(field, row, 1)
        inside.setColumnStretch(1, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(parts.fixed_label("Seed"), 0, 0)
        grid.addLayout(seed, 0, 1)
        grid.addWidget(parts.fixed_label("Films"), 1, 0)
        grid.addWidget(self.count, 1, 1)
        grid.addWidget(self.more_button, 2, 0, 1, 2)
        grid.addWidget(self._more, 3, 0, 1, 2)
        self._more.hide()

    def _connect(self) -> None:
        self.more_button.toggled.connect(self._more.setVisible)
        self.more_button.toggled.connect(
            lambda is_on: self.more_button.setText("More ▴" if is_on else "More ▾")
        )
        self.dice_button.clicked.connect(lambda: self.seed.setValue(secrets.randbelow(MOST_SEED)))
        for field in (self.seed, self.count, self.steps, self.guidance):
            field.valueChanged.connect(lambda _: self.changed.emit())

    def show_form(self, form: Form) -> None:
        for field, value in ((self.seed, form.seed), (self.count, form.count), (self.steps, form.steps)):
            if field.value() != value:
                field.setValue(value)
        if self.guidance.value() != form.guidance:
            self.guidance.setValue(form.guidance)

    def show_usual(self, steps: int, guidance: float) -> None:
        """The generator's own steps and guidance, where nobody chose others."""
        usual = Form()
        if (self.steps.value(), self.guidance.value()) == (usual.steps, usual.guidance):
            self.steps.setValue(steps)
            self.guidance.setValue(guidance)


class WordsForm(QWidget):
    """A film of nobody, from words alone. Draws a form and passes on its changes."""

    changed = Signal(object)  # Form
    draw_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.description = Description()
        self.description.setMinimumHeight(96)
        self.empty = parts.small(parts.label(words.NO_FINDING, "muted"))
        self.view = QComboBox()
        self.view.setAccessibleName("View")
        for view in VIEWS:
            self.view.addItem(words.VIEWS[view], view)
        self.shots = ShotFields()
        self.draw_button = parts.button("Draw", "Draw the films (Ctrl+Return in the description)", "primary")
        self._is_shown = False
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 12, 8, 4)
        box.setSpacing(8)
        box.addWidget(parts.label("Description", "section"))
        for widget in (self.description, self.empty, self.view, self.shots, self.draw_button):
            box.addWidget(widget)
        box.addStretch(1)
        self.description.textChanged.connect(self._tell)
        self.view.currentIndexChanged.connect(lambda _: self._tell())
        self.shots.changed.connect(self._tell)
        self.draw_button.clicked.connect(self.draw_requested)
        self.description.draw_requested.connect(self._draw)

    def form(self) -> Form:
        shots = self.shots
        return Form(
            " ".join(self.description.toPlainText().split()),
            self.view.currentData(),
            shots.seed.value(),
            shots.count.value(),
            shots.steps.value(),
            round(shots.guidance.value(), 1),
        )

    def show_state(self, state: SynthesisState) -> None:
        """Make the widgets match; the words are left alone while they say the same."""
        self._is_shown = False  # what is set here is nobody's wish
        if self.form() != state.form:
            if self.form().text != state.form.text:
                self.description.setPlainText(state.form.text)
            self.view.setCurrentIndex(max(0, self.view.findData(state.form.view)))
            self.shots.show_form(state.form)
        self._is_shown = True
        self.empty.setVisible(not state.form.text)
        self.draw_button.setEnabled(not state.is_at_work)

    def begin_typing(self) -> None:
        self.description.setFocus()
        self.description.selectAll()

    def _draw(self) -> None:
        if self.draw_button.isEnabled():
            self.draw_requested.emit()

    def _tell(self) -> None:
        if self._is_shown:
            self.changed.emit(self.form())
