"""What the panel knows about one study, and questions about it. No Qt, no clock; `plugin.fold` changes it.

There is one `StudyReading` per study, and the panel draws the one on screen: a late draft finds its own study and
can't appear under another. Inside a study everything about pixels names its film by `image`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from inference.backend import Box, Finding, Flag, Sentence
from plugin.ask.state import Exchange
from plugin.events import FilmInReading, PriorUsed, Problem, RunKind
from plugin.first_look.state import FirstLook
from plugin.output.state import OutputState
from plugin.prior.state import MadeBy, PriorView
from plugin.report.state import ReportWriting
from plugin.review.state import Review
from plugin.signing.state import Signing

Phase = Literal["idle", "running", "stopping", "done", "stopped", "failed"]
GIVES_WAY: tuple[RunKind, ...] = ("comparison",)
"""Runs that nobody asked for by hand: whatever the reader wishes ends them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a run. Times are seconds of a clock that only goes forward; `ended_s` None = still running."""

    name: str
    started_s: float
    done: int = 0
    total: int = 0
    ended_s: float | None = None


@dataclass(frozen=True, slots=True)
class DraftText:
    """A text that the model drafts and the reader edits. The edited text is never overwritten by the model."""

    drafted: str = ""
    edited: str | None = None
    edited_from: str = ""  # the draft that the edited text was made from

    @property
    def shown(self) -> str:
        return self.drafted if self.edited is None else self.edited

    @property
    def has_newer_draft(self) -> bool:
        """True when the reader sees a text of their own while the model has written another."""
        return self.edited is not None and bool(self.drafted) and self.edited_from != self.drafted


@dataclass(frozen=True, slots=True)
class StudyReading:
    """All that the panel knows about one study."""

    kind: RunKind = "none"  # the latest run
    subject: str = ""  # what that run is about, see RunStarted
    phase: Phase = "idle"
    stop_asked_s: float | None = None  # when the reader pressed Stop, on the clock of the stages
    queue_position: int | None = None
    stages: tuple[Stage, ...] = ()
    problem: Problem | None = None

    films: tuple[FilmInReading, ...] = ()
    prior: PriorUsed | None = None
    backend_study: str = ""  # the study's id at the backend, once it was put there
    has_been_read: bool = False  # a reading of this study was started
    is_complete: bool = False  # the latest reading came to its end
    findings: tuple[Finding, ...] = ()
    boxes: tuple[Box, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    flags: tuple[Flag, ...] = ()
    selected: str | None = None  # a finding's id
    hovered: str | None = None  # a finding's id: the pointer is over its row or a box of it
    hovered_sentence: str | None = None  # a sentence's id: the pointer or the cursor is in it

    report: DraftText = field(default_factory=DraftText)
    impression: DraftText = field(default_factory=DraftText)
    exchanges: tuple[Exchange, ...] = ()
    first_look: FirstLook = field(default_factory=FirstLook)
    review: Review = field(default_factory=Review)
    writing: ReportWriting = field(default_factory=ReportWriting)
    signing: Signing = field(default_factory=Signing)
    prior_view: PriorView = field(default_factory=PriorView)  # the comparison with the prior
    made_by: MadeBy = field(default_factory=MadeBy)
    drafted_in_s: float | None = None  # how long the latest complete reading took
    output: OutputState = field(default_factory=OutputState)

    @property
    def is_running(self) -> bool:
        return self.phase in {"running", "stopping"}

    @property
    def gives_way(self) -> bool:
        """True while nothing runs but what the reader's next wish may end."""
        return self.is_running and self.kind in GIVES_WAY

    @property
    def is_busy(self) -> bool:
        """True while a run that the reader asked for goes on: no other can begin."""
        return self.is_running and not self.gives_way

    @property
    def is_reading(self) -> bool:
        return self.is_running and self.kind == "reading"

    @property
    def is_edited(self) -> bool:
        return self.report.edited is not None or self.impression.edited is not None

    @property
    def has_located(self) -> bool:
        """True once the boxes are behind it: a finding without one has none, and is not just waiting for it."""
        return self.is_complete or any(stage.name in {"report", "impression"} for stage in self.stages)

    @property
    def has_text(self) -> bool:
        return bool(self.report.shown.strip() or self.impression.shown.strip())


def is_editable(state: StudyReading, text: DraftText) -> bool:
    """False while the model is writing a text that the reader has not touched.

    Before its first word the reader may begin: the text is then theirs, and the draft is offered beside it. What is
    signed is never changed any more.
    """
    if state.signing.is_signed:
        return False
    return not state.is_reading or text.edited is not None or not text.drafted


def present_findings(state: StudyReading) -> tuple[Finding, ...]:
    """The findings a reader steps through, film by film, in the model's order."""
    images = _images_in_order(state)
    present = [finding for finding in state.findings if finding.presence == "present"]
    return tuple(sorted(present, key=lambda finding: images.get(finding.image, len(images))))


def lit_findings(state: StudyReading) -> frozenset[str]:
    """The findings whose rows and boxes are lit: selected, under the pointer, or stated where pointer or cursor is."""
    said = next((line for line in state.sentences if line.id == state.hovered_sentence), None)
    present = {finding.id for finding in present_findings(state)}
    told = frozenset(said.finding_ids if said else ()) & present
    return told | {one for one in (state.selected, state.hovered) if one is not None}


def finding_of_box(state: StudyReading, box_id: str) -> str | None:
    """The finding that a box belongs to: named by the box, or through the sentence that it grounds."""
    box = next((box for box in state.boxes if box.id == box_id), None)
    if box is None:
        return None
    if box.finding_id is not None:
        return box.finding_id
    sentence = next((line for line in state.sentences if line.id == box.sentence_id), None)
    return sentence.finding_ids[0] if sentence and sentence.finding_ids else None


def boxes_of_finding(state: StudyReading, finding: Finding) -> tuple[Box, ...]:
    """The places given for a finding on its own film."""
    return tuple(
        box
        for box in state.boxes
        if box.image == finding.image and finding_of_box(state, box.id) == finding.id
    )


def sentence_at(state: StudyReading, position: int) -> str | None:
    """The id of the model's sentence at a character of the text on screen, if it still stands there."""
    for sentence in state.sentences:
        text = sentence.text.strip()
        start = state.report.shown.find(text) if text else -1
        if start != -1 and start <= position <= start + len(text):
            return sentence.id
    return None


def _images_in_order(state: StudyReading) -> dict[str, int]:
    return {film.image: place for place, film in reversed(list(enumerate(state.films))) if film.image}
