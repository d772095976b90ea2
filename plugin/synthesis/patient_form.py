"""What is asked of this patient's film: another view, or a finding changed. Marked as the experiment that it is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from inference.backend import FilmView
from inference.synthesis.wish import VIEWS
from plugin import parts, wording
from plugin.synthesis import words
from plugin.synthesis.describe import Change, Description, PatientWish, prompt_shown
from plugin.synthesis.patient import PatientOffer, film_view, other_view
from plugin.synthesis.state import Form, SynthesisState
from plugin.synthesis.words_form import ShotFields

SAME_STRENGTH, CHANGED_STRENGTH = 90, 55
"""Per cent drawn anew, where nobody moved the slider: another view keeps little of the film, a change most of it."""
CHANGES: tuple[tuple[Change, str], ...] = (
    ("same", "The same findings in another view"),
    ("without", "Without …"),
    ("larger", "Larger …"),
    ("smaller", "Smaller or earlier …"),
)


class PatientForm(QWidget):
    """Draws what is offered and passes on the wish. Decides nothing."""

    changed = Signal()
    draw_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._offer = PatientOffer()
        self._was_moved = False
        self.experimental = parts.label(words.EXPERIMENTAL, "draft-mark")
        self.obstacle = parts.label(role="muted")
        self.film = _choice("Film that it is made from")
        self.change = _choice("What shall be seen")
        for change, title in CHANGES:
            self.change.addItem(title, change)
        self.finding = _choice("Finding")
        self.view = _choice("View")
        for view in VIEWS:
            self.view.addItem(words.VIEWS[view], view)
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(5, 100)
        self.strength.setPageStep(10)
        self.strength.setAccessibleName("How much is drawn anew, in per cent")
        self.strength.setToolTip(words.STRENGTH)
        self.percent = parts.fixed_label("")
        self.prompt = parts.small(parts.label(role="muted"))
        self.notes = parts.small(parts.label(role="doubt"))
        self.shots = ShotFields()
        self.shots.count.setValue(1)
        self.draw_button = parts.button("Draw from this patient", "Draw the films", "primary")
        self._body = QWidget()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        for row, (name, field) in enumerate(
            (("From", self.film), ("Show", self.change), ("", self.finding), ("View", self.view))
        ):
            if name:
                grid.addWidget(parts.fixed_label(name), row, 0)
            grid.addWidget(field, row, 1)
        strength = QHBoxLayout()
        strength.addWidget(parts.fixed_label("Drawn anew"))
        strength.addWidget(self.strength, 1)
        strength.addWidget(self.percent)
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(grid)
        inside.addLayout(strength)
        for widget in (self.shots, self.draw_button, self.prompt, self.notes):
            inside.addWidget(widget)
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 12, 8, 4)
        box.setSpacing(8)
        for label in (self.experimental, self.obstacle):
            box.addWidget(label)
        box.addWidget(self._body)
        box.addStretch(1)

    def _connect(self) -> None:
        self.film.currentIndexChanged.connect(lambda _: self._film_chosen())
        self.change.currentIndexChanged.connect(lambda _: self._change_chosen())
        self.finding.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.view.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.strength.valueChanged.connect(lambda value: self.percent.setText(f"{value} %"))
        self.strength.sliderMoved.connect(lambda _: self._moved())
        self.strength.actionTriggered.connect(lambda _: self._moved())
        self.draw_button.clicked.connect(self.draw_requested)
        self._take_strength()

    # ── what is asked ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def film_key(self) -> str:
        return str(self.film.currentData() or "")

    def wish(self) -> PatientWish:
        change: Change = self.change.currentData()
        finding = "" if change == "same" else str(self.finding.currentData() or "")
        view: FilmView = self.view.currentData()
        return PatientWish(change, finding, view)

    def form(self, text: str) -> Form:
        """The wish with the words that were made for it."""
        shots = self.shots
        made = Form(text, self.wish().view, shots.seed.value(), shots.count.value(), shots.steps.value())
        return replace(made, guidance=round(shots.guidance.value(), 1))

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────

    def show_offer(self, offer: PatientOffer) -> None:
        """What can be made of the study on screen. Choices that are still there stay chosen."""
        self._offer = offer
        parts.show_text(self.obstacle, offer.obstacle)
        self._body.setVisible(not offer.obstacle)
        films = [(item.film.key, f"{item.title} film") for item in offer.films]
        findings = [(label, wording.sentence_case(label)) for label in offer.findings]
        is_other_film = _fill(self.film, films)
        _fill(self.finding, findings)
        for at in range(1, self.change.count()):
            self.change.model().item(at).setEnabled(bool(findings))  # type: ignore[attr-defined]  # a QStandardItemModel
        if not findings and self.change.currentIndex() > 0:
            self.change.setCurrentIndex(0)
        if is_other_film:
            self._film_chosen()
        self.finding.setVisible(self.change.currentIndex() > 0)

    def show_description(self, made: Description) -> None:
        """What the generator will read."""
        parts.show_text(self.prompt, f"The generator reads: {prompt_shown(made, self.wish().view)}")
        parts.show_text(self.notes, "\n".join(made.notes))

    def show_state(self, state: SynthesisState) -> None:
        self.draw_button.setEnabled(not state.is_at_work and not self._offer.obstacle)
        if state.generator is not None:
            self.shots.show_usual(state.generator.steps, state.generator.guidance)

    def _film_chosen(self) -> None:
        self._take_view()
        self.changed.emit()

    def _change_chosen(self) -> None:
        self.finding.setVisible(self.change.currentIndex() > 0)
        self._take_view()
        self._take_strength()
        self.changed.emit()

    def _take_view(self) -> None:
        """Another view than the film's for the same findings, the same view for a change; any may be chosen then."""
        item = next((one for one in self._offer.films if one.film.key == self.film_key), None)
        if item is not None:
            own = film_view(item)
            wanted = other_view(own) if self.change.currentData() == "same" else own
            self.view.setCurrentIndex(self.view.findData(wanted))

    def _take_strength(self) -> None:
        if not self._was_moved:
            self.strength.setValue(SAME_STRENGTH if self.change.currentData() == "same" else CHANGED_STRENGTH)
        self.percent.setText(f"{self.strength.value()} %")

    def _moved(self) -> None:
        self._was_moved = True


def _choice(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return made


def _fill(box: QComboBox, entries: list[tuple[str, str]]) -> bool:
    """Put the entries in, unless they stand there; True if another one is chosen than before."""
    if [box.itemData(at) for at in range(box.count())] == [key for key, _ in entries]:
        return False
    before = box.currentData()
    box.blockSignals(True)
    box.clear()
    for key, title in entries:
        box.addItem(title, key)
    box.setCurrentIndex(max(0, box.findData(before)))
    box.blockSignals(False)
    return bool(box.currentData() != before)
