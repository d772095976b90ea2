"""The reader's verdicts at the desk: keys, buttons, and what Ctrl+Z takes back."""

from __future__ import annotations

from uuid import uuid4

from PySide6.QtCore import QObject

from plugin.desk import Desk
from plugin.events import FindingHovered, FindingSelected, PanelEvent, ReportEdited
from plugin.first_look.words import shows_report
from plugin.report_panel import ReportPanel
from plugin.review import keys
from plugin.review.box_part import BoxPart
from plugin.review.rejection import text_with_again, text_without_rejected
from plugin.review.reviewed import finding_of_mark, reviewed_finding, verdict_of
from plugin.review.state import (
    AddBegun,
    EditBegun,
    FindingAccepted,
    FindingAdded,
    FindingEdited,
    FindingRejected,
    FindingWords,
    ReasonAsked,
    RejectReason,
    ReviewSetBack,
    VerdictTakenBack,
)
from plugin.state import StudyReading
from viewer.api import Action, Undo

_TITLES: dict[type, str] = {
    FindingAccepted: "finding accepted",
    FindingRejected: "finding rejected",
    FindingEdited: "finding edited",
    FindingAdded: "finding added",
    VerdictTakenBack: "verdict taken back",
}


class ReviewPart(QObject):
    """Turns keys and clicks into decisions about the study on screen, each one step for undo."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk, self._panel = desk, panel
        findings = panel.findings
        findings.asked.connect(self._button)
        findings.reason_chosen.connect(self._reject)
        findings.words_chosen.connect(
            lambda finding_id, words: self._do(FindingEdited(finding_id, words, desk.now()))
        )
        findings.add_asked.connect(lambda image: desk.fold(AddBegun(image)))
        findings.added.connect(self._add)
        findings.cancelled.connect(self._cancel)
        findings.finding_hovered.connect(self._hover)

    # ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self) -> None:
        shown = self._desk.shown()
        self._do_or_say(keys.on_enter(shown, self._desk.now()), keys.why_not(shown))

    def reject(self) -> None:
        shown = self._desk.shown()
        self._do_or_say(keys.on_reject(shown, self._desk.now()), keys.why_not(shown))

    def next(self) -> None:
        self._step(1)

    def previous(self) -> None:
        self._step(-1)

    def edit(self) -> None:
        """The words of the selected finding; without one, the draft."""
        event = keys.on_edit(self._desk.shown())
        if event is not None:
            self._desk.fold(event)
        else:
            self.write()

    def write(self) -> None:
        """Straight into the report, whatever is selected; before the gate opens into the own first words."""
        if shows_report(self._desk.shown()):
            self._panel.edit_report()
        else:
            self._panel.gate.impression.setFocus()

    def _step(self, by: int) -> None:
        event = keys.on_step(self._desk.shown(), by)
        self._do_or_say(event, keys.NOTHING_TO_STEP_TO)
        if event is not None:
            self._show_film_of(event)

    def _do_or_say(self, event: PanelEvent | None, otherwise: str) -> None:
        if event is None:
            self._desk.host.show_message(otherwise)
        else:
            self._do(event)

    # ── the mouse ───────────────────────────────────────────────────────────────────────────────────────────────

    def hover_mark(self, mark_id: str | None) -> None:
        """The pointer is over a mark on a film, or over none."""
        self._hover(finding_of_mark(self._desk.shown(), mark_id) if mark_id is not None else None)

    def _hover(self, finding_id: str | None) -> None:
        if finding_id != self._desk.shown().hovered:
            self._desk.fold(FindingHovered(finding_id))

    def _button(self, what: str, finding_id: str) -> None:
        now = self._desk.now()
        match what:
            case "accept":
                self._do(FindingAccepted(finding_id, now))
            case "reject":
                self._do(ReasonAsked(finding_id))
            case "edit":
                self._do(EditBegun(finding_id))
            case "take_back" | "remove":
                self._do(VerdictTakenBack(finding_id, now))
            case "add":
                self._add_known(finding_id)

    def _reject(self, finding_id: str, reason: RejectReason, note: str) -> None:
        self._do(FindingRejected(finding_id, self._desk.now(), reason, note))

    def _add(self, image: str, words: FindingWords) -> None:
        added = FindingAdded(f"own {uuid4().hex[:8]}", image, words, self._desk.now())
        self._do(added)
        self._do(FindingSelected(added.finding_id))

    def _add_known(self, finding_id: str) -> None:
        """One that the model called absent, or did not assess."""
        finding = next((known for known in self._desk.shown().findings if known.id == finding_id), None)
        if finding is not None:
            self._add(finding.image, FindingWords(finding.label))

    def _cancel(self) -> None:
        review = self._desk.reading().review
        self._desk.fold(AddBegun(None) if review.adds_to else ReasonAsked(None))

    # ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self, event: PanelEvent) -> None:
        """Let it happen; a decision is one step that Ctrl+Z takes back, with what it did to the report's words."""
        key, before = self._desk.key(), self._desk.reading()
        self._desk.fold(event)
        if isinstance(event, FindingRejected):
            self._reword(text_without_rejected(self._desk.reading()))
        elif isinstance(event, VerdictTakenBack):
            verdict = verdict_of(before, event.finding_id)
            self._reword(text_with_again(self._desk.reading(), verdict.took_out if verdict else ()))
        after = self._desk.reading()
        if after.review.verdicts == before.review.verdicts and after.review.added == before.review.added:
            return
        self._desk.host.add_undo_step(
            _TITLES.get(type(event), "finding changed"),
            lambda: self._set_back(key, after, before),
            lambda: self._set_back(key, before, after),
        )

    def _reword(self, text: str) -> None:
        if text != self._desk.reading().report.shown:
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
        Action("edit", "Edit the finding, or the draft", part.edit, "E"),
        Action("write", "Write in the report", part.write, "Shift+E"),
    )


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Put the review to work; the returned function takes it away again."""
    part = ReviewPart(desk, panel)
    boxes = BoxPart(desk, panel)
    undos = [
        desk.host.on_mark_hovered(part.hover_mark),
        desk.host.on_mark_edited(boxes.edited),
        boxes.give_up,
        *(desk.host.add_action(action) for action in actions(part)),
    ]

    def undo() -> None:
        while undos:
            undos.pop()()

    return undo
