"""Begins the comparison when nothing else runs, and shows a finding's pair of boxes where the reader asks for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from plugin.desk import Desk
from plugin.events import FindingHovered, FindingSelected, PanelEvent, RunStarted
from plugin.prior.fold import is_due
from plugin.prior.pairs import films_of_pair, label_of_mark, pair_row
from plugin.prior.state import ChangeChosen, ChangeHovered, ComparisonWanted
from plugin.report_panel import ReportPanel
from plugin.runs import compare_request
from plugin.state import StudyReading
from viewer.api import Hanging, Undo

REST_MS = 30
"""After a run has ended: a question that the reader has waiting goes first."""


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Connect the section to the desk. The returned function takes it away again."""
    part = PriorPart(desk, panel)
    undos = [
        desk.on_folded(part.folded),
        desk.host.on_hanging_changed(lambda _: part.compare_soon()),
        desk.host.on_mark_clicked(part.choose_mark),
        desk.host.on_mark_hovered(part.hover_mark),
    ]

    def undo() -> None:
        part.end()
        while undos:
            undos.pop()()

    return undo


class PriorPart(QObject):
    """The comparison's small controller."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk = desk
        self._soon = QTimer(self, singleShot=True, interval=REST_MS)
        self._soon.timeout.connect(self._compare)
        panel.prior.change_chosen.connect(self.choose)
        panel.prior.change_hovered.connect(self.hover)
        panel.prior.comparison_requested.connect(lambda: desk.fold(ComparisonWanted()))

    def end(self) -> None:
        self._soon.stop()

    # ── the run ─────────────────────────────────────────────────────────────────────────────────────────────────

    def folded(self, key: str, _before: StudyReading, _event: PanelEvent, after: StudyReading) -> None:
        if is_due(after) and key == self._desk.key():
            self.compare_soon()

    def compare_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _compare(self) -> None:
        reading = self._desk.reading()
        if is_due(reading) and _hangs_with_its_prior(self._desk.hanging(), reading):
            self._desk.start(RunStarted("comparison"), compare_request)

    # ── what the reader points at ───────────────────────────────────────────────────────────────────────────────

    def choose(self, label: str) -> None:
        """Light a change's boxes on both films and bring the films into sight; again lets go of it."""
        shown = self._desk.shown()
        row = pair_row(shown, label)
        if row is None:
            return
        is_again = shown.prior_view.selected == label
        self._desk.fold(ChangeChosen(None if is_again else label))
        self._desk.fold(FindingSelected(None if is_again else row.finding_id))
        if not is_again:
            keys, regions = films_of_pair(shown, row)
            self._desk.host.show_films(keys, regions)

    def choose_mark(self, mark_id: str) -> None:
        label = label_of_mark(self._desk.shown(), mark_id)
        if label is not None and self._desk.shown().prior_view.selected != label:
            self.choose(label)

    def hover(self, label: str | None) -> None:
        row = pair_row(self._desk.shown(), label)
        self._desk.fold(ChangeHovered(label))
        self._desk.fold(FindingHovered(row.finding_id if row is not None else None))

    def hover_mark(self, mark_id: str | None) -> None:
        """The pointer is over a box of the prior; what it leaves for a box of the reading is the reading's business."""
        label = label_of_mark(self._desk.shown(), mark_id)
        if label is not None:
            self.hover(label)
        elif self._desk.shown().prior_view.hovered is not None:
            self._desk.fold(ChangeHovered(None))
            if mark_id is None:
                self._desk.fold(FindingHovered(None))


def _hangs_with_its_prior(hanging: Hanging, reading: StudyReading) -> bool:
    """False where another prior hangs than the reading knows, or none: another patient's is none."""
    hung = {film.key for film in hanging.prior.films} if hanging.prior is not None else set()
    of_reading = {film.film_key for film in reading.films if film.role == "prior"}
    return bool(of_reading) and of_reading <= hung
