"""The reader's verdicts at the desk: keys, buttons, and what Ctrl+Z takes back."""

from __future__ import annotations

from PySide6.QtCore import QObject

from plugin.desk import Desk
from plugin.events import FindingSelected, PanelEvent, ReportEdited
from plugin.report_panel import ReportPanel
from plugin.review import keys
from plugin.review.rejection import text_without_rejected
from plugin.review.reviewed import reviewed_finding
from plugin.review.state import (
    FindingAccepted,
    FindingEdited,
    FindingRejected,
    ReviewSetBack,
    VerdictTakenBack,
)
from plugin.state import StudyReading
from viewer.api import Action, Undo

_TITLES: dict[type, str] = {
    FindingAccepted: "finding accepted",
    FindingRejected: "finding rejected",
    FindingEdited: "finding edited",
    VerdictTakenBack: "verdict taken back",
}


class ReviewPart(QObject):
    """Turns keys and clicks into decisions about the study on screen, each one step for undo."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk, self._panel = desk, panel

    # ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self) -> None:
        event = keys.on_enter(self._desk.shown(), self._desk.now())
        if event is None:
            self._desk.host.show_message(keys.NOTHING_REACHED)
        else:
            self._do(event)

    def reject(self) -> None:
        event = keys.on_reject(self._desk.shown(), self._desk.now())
        if event is None:
            self._desk.host.show_message(keys.NOTHING_REACHED)
        else:
            self._do(event)

    def next(self) -> None:
        self._step(1)

    def previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        event = keys.on_step(self._desk.shown(), by)
        if event is None:
            self._desk.host.show_message(keys.NOTHING_TO_STEP_TO)
            return
        self._desk.fold(event)
        self._show_film_of(event)

    # ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self, event: PanelEvent) -> None:
        """Let it happen; a decision is one step that Ctrl+Z takes back, with what it did to the report's words."""
        key, before = self._desk.key(), self._desk.reading()
        self._desk.fold(event)
        if isinstance(event, FindingRejected):
            self._take_out_of_the_report()
        after = self._desk.reading()
        if after.review.verdicts == before.review.verdicts and after.review.added == before.review.added:
            return
        self._desk.host.add_undo_step(
            _TITLES.get(type(event), "finding changed"),
            lambda: self._set_back(key, after, before),
            lambda: self._set_back(key, before, after),
        )

    def _take_out_of_the_report(self) -> None:
        reading = self._desk.reading()
        text = text_without_rejected(reading)
        if text != reading.report.shown:
            self._desk.fold(ReportEdited(text))

    def _set_back(self, key: str, was: StudyReading, to: StudyReading) -> None:
        """As it was decided before; the words too, unless the reader has written since."""
        is_untouched = self._desk.reading(key).report.shown == was.report.shown
        self._desk.fold(ReviewSetBack(to.review, self._desk.now()), key)
        if is_untouched and to.report.shown != was.report.shown:
            self._desk.fold(ReportEdited(to.report.shown), key)

    def _show_film_of(self, event: FindingSelected) -> None:
        reading = self._desk.shown()
        one = reviewed_finding(reading, event.finding_id)
        film = next((film for film in reading.films if one and film.image == one.image), None)
        if film is not None:
            self._desk.host.show_film(film.film_key)


def actions(part: ReviewPart) -> tuple[Action, ...]:
    return (
        Action("next_finding", "Next finding", part.next, "J"),
        Action("previous_finding", "Previous finding", part.previous, "Shift+J"),
        Action("accept", "I have read it / accept the finding", part.enter, "Return"),
        Action("reject", "Reject the finding", part.reject, "Backspace"),
    )


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Put the review to work; the returned function takes it away again."""
    part = ReviewPart(desk, panel)
    undos = [desk.host.add_action(action) for action in actions(part)]

    def undo() -> None:
        while undos:
            undos.pop()()

    return undo
