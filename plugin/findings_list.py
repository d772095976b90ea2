"""The findings, film by film."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from plugin.events import FilmInReading
from plugin.film_findings import FilmFindings
from plugin.finding_row import FindingRow
from plugin.review.finding_item import FindingItem
from plugin.state import StudyReading
from plugin.view import PanelView


class FindingsList(QWidget):
    """All films of the reading. Rebuilt only when findings, boxes or films changed, so that the focus stays."""

    finding_chosen = Signal(str)
    finding_hovered = Signal(object)
    asked = Signal(str, str)
    reason_chosen = Signal(str, str, str)
    words_chosen = Signal(str, object)
    add_asked = Signal(str)
    added = Signal(str, object)
    cancelled = Signal()
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
        added = tuple(one.id for one in reading.review.added)
        wanted = (view.study_key, reading.findings, reading.boxes, reading.films, added, ends)
        if wanted != self._shown:
            self._shown = wanted
            self._rebuild(reading)
        for film in self.films:
            film.show_reading(reading)
        self.setVisible(bool(self.films))

    def put_in_tab_order(self, after: QWidget) -> None:
        """Rows are made late; without this Tab would reach them last of all."""
        for film in self.films:
            items = [widget for item in film.items for widget in (item.row, *item.buttons.values())]
            folded = [widget for item in film.folded for widget in (item.row, *item.buttons.values())]
            for widget in (*items, film.add_button, film.fold_button, *folded):
                QWidget.setTabOrder(after, widget)
                after = widget

    def items(self) -> list[FindingItem]:
        return [item for film in self.films for item in (*film.items, *film.folded)]

    def rows(self) -> list[FindingRow]:
        return [item.row for item in self.items()]

    def item_of(self, finding_id: str) -> FindingItem | None:
        return next((item for item in self.items() if item.row.look.id == finding_id), None)

    def row_of(self, finding_id: str) -> FindingRow | None:
        item = self.item_of(finding_id)
        return item.row if item is not None else None

    def _rebuild(self, reading: StudyReading) -> None:
        focused = self.window().focusWidget()  # also while another window is in front
        focused_id = focused.look.id if isinstance(focused, FindingRow) else None
        for old in self.films:
            old.blockSignals(True)  # a row that goes from under the pointer says so, in the middle of drawing
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
        made.finding_hovered.connect(self.finding_hovered)
        made.asked.connect(self.asked)
        made.reason_chosen.connect(self.reason_chosen)
        made.words_chosen.connect(self.words_chosen)
        made.add_asked.connect(self.add_asked)
        made.added.connect(self.added)
        made.cancelled.connect(self.cancelled)
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
