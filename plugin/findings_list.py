"""The findings, film by film: what is present as rows, the rest folded away."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inference.backend import Finding
from inference.text.nothing_found import nothing_found
from plugin import parts, wording
from plugin.events import FilmInReading
from plugin.finding_row import FindingRow
from plugin.state import StudyReading, boxes_of_finding
from plugin.view import PanelView


def fold_title(findings: list[Finding]) -> str:
    """For instance "11 not detected, 1 not assessed"."""
    absent = sum(finding.presence == "absent" for finding in findings)
    unknown = len(findings) - absent
    parts_ = [f"{absent} not detected" if absent else "", f"{unknown} not assessed" if unknown else ""]
    return ", ".join(part for part in parts_ if part)


class FilmFindings(QWidget):
    """Findings of one film."""

    finding_chosen = Signal(str)
    fold_toggled = Signal(bool)

    def __init__(self, film: FilmInReading, reading: StudyReading, has_title: bool, is_open: bool) -> None:
        super().__init__()
        self.film, self._reading = film, reading
        own = [finding for finding in reading.findings if finding.image == film.image and film.image]
        present = [finding for finding in own if finding.presence == "present"]
        self._others = [finding for finding in own if finding.presence != "present"]
        self.rows = [self._row(finding) for finding in present]
        self.folded_rows: list[FindingRow] = []  # made when they are first looked at
        self.title = parts.label(f"Findings · {film.title}" if has_title else "Findings", "section")
        self.note = parts.label(self._note(own), "muted")
        self.unknown = parts.small(parts.label(self._unknown(own), "doubt"))
        self.fold_button = parts.button("", "Show or hide what was not detected or not assessed", "link")
        self.fold_button.setCheckable(True)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(2)
        for widget in (self.title, self.note, *self.rows, self.unknown, self.fold_button):
            self._box.addWidget(widget)
        # Only now: a widget that is shown before it has a parent is a window of its own.
        self.note.setVisible(bool(self.note.text()))
        self.unknown.setVisible(bool(self.unknown.text()))
        self.fold_button.setVisible(bool(self._others))
        self.fold_button.setChecked(is_open)
        self._show_fold(is_open)
        self.fold_button.toggled.connect(self._toggle)

    def _row(self, finding: Finding) -> FindingRow:
        boxes = len(boxes_of_finding(self._reading, finding))
        row = FindingRow(finding, boxes, self._reading.has_located)
        row.clicked.connect(lambda: self.finding_chosen.emit(finding.id))
        return row

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
        if is_open and not self.folded_rows:
            self.folded_rows = [self._row(finding) for finding in self._others]
            for row in self.folded_rows:
                self._box.addWidget(row)
        for row in self.folded_rows:
            row.setVisible(is_open)


class FindingsList(QWidget):
    """All films of the reading. Rebuilt only when findings, boxes or films changed, so that the focus stays."""

    finding_chosen = Signal(str)
    rebuilt = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.films: list[FilmFindings] = []
        self._shown: object = None
        self._study_key = ""
        self._open: set[str] = set()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(10)

    def show_view(self, view: PanelView) -> None:
        if view.study_key != self._study_key:
            self._study_key, self._open = view.study_key, set()
        reading = view.reading
        ends = (reading.is_complete, reading.has_located)
        wanted = (view.study_key, reading.findings, reading.boxes, reading.films, ends)
        if wanted != self._shown:
            self._shown = wanted
            self._rebuild(reading)
        for row in self.rows():
            row.setChecked(row.finding.id == reading.selected)
        self.setVisible(bool(self.films))

    def put_in_tab_order(self, after: QWidget) -> None:
        """Rows are made late; without this Tab would reach them last of all."""
        for film in self.films:
            for widget in (*film.rows, film.fold_button, *film.folded_rows):
                QWidget.setTabOrder(after, widget)
                after = widget

    def rows(self) -> list[FindingRow]:
        return [row for film in self.films for row in (*film.rows, *film.folded_rows)]

    def row_of(self, finding_id: str) -> FindingRow | None:
        return next((row for row in self.rows() if row.finding.id == finding_id), None)

    def _rebuild(self, reading: StudyReading) -> None:
        focused = self.window().focusWidget()  # also while another window is in front
        focused_id = focused.finding.id if isinstance(focused, FindingRow) else None
        for old in self.films:
            self._box.removeWidget(old)
            old.hide()
            old.deleteLater()
        shown = _films_with_something(reading)
        self.films = [self._film(film, reading, len(shown) > 1) for film in shown]
        for made in self.films:
            self._box.addWidget(made)
            made.show()
        self.rebuilt.emit()
        again = self.row_of(focused_id) if focused_id else None
        if again is not None:
            again.setFocus()

    def _film(self, film: FilmInReading, reading: StudyReading, has_title: bool) -> FilmFindings:
        made = FilmFindings(film, reading, has_title, film.film_key in self._open)
        made.finding_chosen.connect(self.finding_chosen)
        made.fold_toggled.connect(lambda is_open: self._remember_fold(film.film_key, is_open))
        return made

    def _remember_fold(self, film_key: str, is_open: bool) -> None:
        self.rebuilt.emit()
        if is_open:
            self._open.add(film_key)
        else:
            self._open.discard(film_key)


def _films_with_something(reading: StudyReading) -> list[FilmInReading]:
    """Films with findings or a reason for none; one film of several copies."""
    found = {finding.image for finding in reading.findings}
    shown: list[FilmInReading] = []
    for film in reading.films:
        is_copy = film.image and film.image in {known.image for known in shown}
        if (film.not_read or film.image in found) and not is_copy:
            shown.append(film)
    return shown
