"""The findings of one film: what is present as rows, the rest folded away, and the reader's own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inference.backend import Finding
from inference.text.nothing_found import nothing_found
from plugin import parts, wording
from plugin.events import FilmInReading
from plugin.finding_row import FindingRow
from plugin.review.finding_item import FindingItem
from plugin.review.offers import offered, words_to_edit
from plugin.review.reviewed import reviewed_findings
from plugin.review.state import FindingWords
from plugin.review.words_form import WordsForm
from plugin.row_look import RowLook, look_of, look_of_other
from plugin.state import StudyReading, lit_findings


def fold_title(findings: list[Finding]) -> str:
    """For instance "11 not detected, 1 not assessed"."""
    absent = sum(finding.presence == "absent" for finding in findings)
    unknown = len(findings) - absent
    parts_ = [f"{absent} not detected" if absent else "", f"{unknown} not assessed" if unknown else ""]
    return ", ".join(part for part in parts_ if part)


class FilmFindings(QWidget):
    """Findings of one film."""

    finding_chosen = Signal(str)
    finding_hovered = Signal(object)  # a finding's id, or None
    asked = Signal(str, str)  # what (plugin.review.finding_item.BUTTONS), of which finding
    reason_chosen = Signal(str, str, str)
    words_chosen = Signal(str, object)
    add_asked = Signal(str)  # a film's image
    added = Signal(str, object)
    cancelled = Signal()
    fold_toggled = Signal(bool)

    def __init__(self, film: FilmInReading, reading: StudyReading, has_title: bool, is_open: bool) -> None:
        super().__init__()
        self.film, self._reading = film, reading
        own = [finding for finding in reading.findings if finding.image == film.image and film.image]
        self._others = [finding for finding in own if finding.presence != "present"]
        shown = [one for one in reviewed_findings(reading) if one.image == film.image and film.image]
        self.items = [self._item(look_of(reading, one)) for one in shown]
        self.folded: list[FindingItem] = []  # made when they are first looked at
        self.title = parts.label(f"Findings · {film.title}" if has_title else "Findings", "section")
        self.note = parts.label(self._note(own), "muted")
        self.unknown = parts.small(parts.label(self._unknown(own), "doubt"))
        self.fold_button = parts.button("", "Show or hide what was not detected or not assessed", "link")
        self.fold_button.setCheckable(True)
        self.add_button = parts.button("+ Add a finding", "Add a finding that the model did not name", "link")
        self.add_button.clicked.connect(lambda: self.add_asked.emit(film.image))
        self.form: WordsForm | None = None
        self._lay_out(is_open)

    @property
    def rows(self) -> list[FindingRow]:
        return [item.row for item in self.items]

    @property
    def folded_rows(self) -> list[FindingRow]:
        return [item.row for item in self.folded]

    def _lay_out(self, is_open: bool) -> None:
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(2)
        for widget in (self.title, self.note, *self.items, self.add_button, self.unknown, self.fold_button):
            self._box.addWidget(widget)
        # Only now: a widget that is shown before it has a parent is a window of its own.
        self.note.setVisible(bool(self.note.text()))
        self.unknown.setVisible(bool(self.unknown.text()))
        self.fold_button.setVisible(bool(self._others))
        self.fold_button.setChecked(is_open)
        self._show_fold(is_open)
        self.fold_button.toggled.connect(self._toggle)

    def show_reading(self, reading: StudyReading) -> None:
        """Draw what the reader has decided and where the pointer is; the rows stay the same ones."""
        self._reading = reading
        review, lit = reading.review, lit_findings(reading)
        looks = {one.id: look_of(reading, one) for one in reviewed_findings(reading)}
        by_id = {one.id: one for one in reviewed_findings(reading)}
        others = {finding.id: look_of_other(reading, finding) for finding in self._others}
        for item in (*self.items, *self.folded):
            finding_id = item.row.look.id
            look = looks.get(finding_id) or others.get(finding_id) or item.row.look
            is_selected = finding_id == reading.selected
            buttons = offered(by_id.get(finding_id), look, reading.signing.is_open)
            item.show_look(look, buttons, is_selected, finding_id in lit)
            words = words_to_edit(by_id.get(finding_id)) if review.edits == finding_id else None
            item.show_question(review.asks_reason_of == finding_id, words)
        is_readable = not self.film.not_read and reading.is_complete
        self.add_button.setVisible(is_readable and reading.signing.is_open)
        self._show_form(review.adds_to == self.film.image and bool(self.film.image))

    def _show_form(self, is_adding: bool) -> None:
        """The reader's own finding is typed where it will stand."""
        if is_adding and self.form is None:
            self.form = WordsForm()
            self.form.hide()
            self.form.saved.connect(lambda words: self.added.emit(self.film.image, words))
            self.form.cancelled.connect(self.cancelled)
            self._box.insertWidget(self._box.indexOf(self.add_button) + 1, self.form)
        if self.form is not None and is_adding != self.form.isVisibleTo(self):
            self.form.setVisible(is_adding)
            if is_adding:
                self.form.begin(FindingWords(""))

    def _item(self, look: RowLook) -> FindingItem:
        item = FindingItem(look)
        item.row.clicked.connect(lambda: self.finding_chosen.emit(look.id))
        item.row.hovered.connect(lambda is_over: self.finding_hovered.emit(look.id if is_over else None))
        item.asked.connect(lambda what: self.asked.emit(what, look.id))
        item.reason_chosen.connect(lambda reason, note: self.reason_chosen.emit(look.id, reason, note))
        item.words_chosen.connect(lambda words: self.words_chosen.emit(look.id, words))
        item.cancelled.connect(self.cancelled)
        return item

    def _note(self, own: list[Finding]) -> str:
        if self.film.not_read:
            return wording.not_read(self.film.not_read)
        return nothing_found(own) if self._reading.is_complete else ""

    def _unknown(self, own: list[Finding]) -> str:
        """In sight, not in the fold: the report's "no pneumothorax" may be about one that nobody looked for."""
        is_known = self._reading.is_complete or self._reading.has_located
        return wording.not_assessed(own) if is_known and not self.film.not_read else ""

    def _toggle(self, is_open: bool) -> None:
        self._show_fold(is_open)
        self.fold_toggled.emit(is_open)

    def _show_fold(self, is_open: bool) -> None:
        self.fold_button.setText(f"{'▾' if is_open else '▸'}  {fold_title(self._others)}")
        if is_open and not self.folded:
            self.folded = [self._item(look_of_other(self._reading, finding)) for finding in self._others]
            for item in self.folded:
                self._box.addWidget(item)
        for item in self.folded:
            item.setVisible(is_open)
