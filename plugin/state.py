"""What the panel shows about one study, and how events change it. No Qt, no clock, no decisions elsewhere.

There is one state per study, and the panel draws the one on screen: a late draft finds its own study and can't
appear under another. Inside a study everything about pixels names its film by `image`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from inference.backend import (
    Box,
    Cancelled,
    Change,
    Error,
    Finding,
    Finished,
    Flag,
    NotRead,
    PriorChosen,
    Progress,
    Queued,
    Sentence,
    TextDelta,
)
from plugin.events import (
    BackendAnswered,
    FilmFailed,
    FilmInReading,
    FilmPrepared,
    FindingSelected,
    ImpressionEdited,
    NewDraftTaken,
    PanelEvent,
    PriorUsed,
    Problem,
    QuestionAsked,
    ReadingStarted,
    ReportEdited,
    RunFailed,
    SentenceSelected,
    StopAsked,
    StudyPut,
)

RunKind = Literal["none", "reading", "question"]
Phase = Literal["idle", "running", "stopping", "done", "stopped", "failed"]


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
class Exchange:
    """One question and its answer."""

    question: str
    answer: str = ""
    problem: str = ""
    is_running: bool = True


@dataclass(frozen=True, slots=True)
class StudyReading:
    """All that the panel knows about one study."""

    kind: RunKind = "none"  # the latest run
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

    report: DraftText = field(default_factory=DraftText)
    impression: DraftText = field(default_factory=DraftText)
    exchanges: tuple[Exchange, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.phase in {"running", "stopping"}

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


_OF_A_RUN = (
    *(
        Queued,
        Progress,
        TextDelta,
        Finding,
        Box,
        Sentence,
        Flag,
        NotRead,
        PriorChosen,
        Change,
        Finished,
        Cancelled,
        Error,
    ),
    *(FilmPrepared, FilmFailed, StudyPut, StopAsked, RunFailed),
)


def fold(state: StudyReading, event: PanelEvent, at_s: float = 0.0) -> StudyReading:
    """Return what the panel knows about one study after `event`, which came at `at_s` seconds.

    Pure: the same state, event and time give the same result, and nothing is modified.
    """
    if isinstance(event, _OF_A_RUN) and not state.is_running:
        return state  # it came after the end of its run
    if isinstance(event, ReadingStarted | QuestionAsked) and state.is_running:
        return state  # one run at a time
    match event:
        case ReadingStarted(films, prior):
            return _begin_reading(state, films, prior)
        case QuestionAsked(question):
            return replace(_begin_run(state, "question"), exchanges=(*state.exchanges, Exchange(question)))
        case FilmPrepared(film_key, image):
            return _change_film(state, film_key, lambda film: replace(film, image=image))
        case FilmFailed(film_key, reason):
            return _change_film(state, film_key, lambda film: replace(film, not_read=reason))
        case StopAsked():
            is_first = state.phase == "running"
            return replace(state, phase="stopping", stop_asked_s=at_s) if is_first else state
        case Queued(position):
            return replace(state, queue_position=position)
        case PriorChosen() | Change():
            return state  # the panel sends one prior, and says which itself; it asks for no list of changes
        case Progress(stage, done, total):
            return replace(
                state, queue_position=None, stages=_advance(state.stages, stage, done, total, at_s)
            )
        case TextDelta() | Finding() | Box() | Sentence() | Flag() | NotRead():
            return _add(state, event)
        case Finished():
            return _finish(state, event, at_s)
        case Cancelled():
            return _end(state, "stopped", None, at_s)
        case Error(_, message, remedy):
            return _end(state, "failed", Problem(message, remedy), at_s)
        case RunFailed(problem):
            return _end(state, "failed", problem, at_s)
        case ReportEdited(text):
            return replace(state, report=_edit(state.report, text))
        case ImpressionEdited(text):
            return replace(state, impression=_edit(state.impression, text))
        case NewDraftTaken():
            return replace(
                state,
                report=DraftText(state.report.drafted or state.report.shown),
                impression=DraftText(state.impression.drafted or state.impression.shown),
            )
        case FindingSelected(finding_id):
            return replace(state, selected=finding_id if _has_finding(state, finding_id) else None)
        case SentenceSelected(sentence_id):
            return _select_sentence(state, sentence_id)
        case StudyPut(study_id):
            return replace(state, backend_study=study_id)
        case BackendAnswered():
            is_over = state.problem is not None and state.problem.is_backend_lost
            return replace(state, problem=None) if is_over else state


def is_editable(state: StudyReading, text: DraftText) -> bool:
    """False while the model is writing a text that the reader has not touched.

    Before its first word the reader may begin: the text is then theirs, and the draft is offered beside it.
    """
    return not state.is_reading or text.edited is not None or not text.drafted


def present_findings(state: StudyReading) -> tuple[Finding, ...]:
    """The findings a reader steps through, film by film, in the model's order."""
    images = _images_in_order(state)
    present = [finding for finding in state.findings if finding.presence == "present"]
    return tuple(sorted(present, key=lambda finding: images.get(finding.image, len(images))))


def next_finding(state: StudyReading) -> str | None:
    """The id after the selected one, round and round; None when there is nothing to step through."""
    ids = [finding.id for finding in present_findings(state)]
    if not ids:
        return None
    return ids[(ids.index(state.selected) + 1) % len(ids)] if state.selected in ids else ids[0]


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


# ── the single steps ────────────────────────────────────────────────────────────────────────────────────────────


def _begin_run(state: StudyReading, kind: RunKind) -> StudyReading:
    fresh = replace(state, queue_position=None, stop_asked_s=None, stages=(), problem=None)
    return replace(fresh, kind=kind, phase="running")


def _begin_reading(
    state: StudyReading, films: tuple[FilmInReading, ...], prior: PriorUsed | None
) -> StudyReading:
    return replace(
        _begin_run(state, "reading"),
        films=films,
        prior=prior,
        has_been_read=True,
        is_complete=False,
        findings=(),
        boxes=(),
        sentences=(),
        flags=(),
        selected=None,
        report=replace(state.report, drafted=""),
        impression=replace(state.impression, drafted=""),
    )


def _change_film(
    state: StudyReading, film_key: str, change: Callable[[FilmInReading], FilmInReading]
) -> StudyReading:
    films = tuple(change(film) if film.film_key == film_key else film for film in state.films)
    return replace(state, films=films)


def _advance(stages: tuple[Stage, ...], name: str, done: int, total: int, at_s: float) -> tuple[Stage, ...]:
    """Update the running stage, or close it and open the next."""
    if stages and stages[-1].name == name:
        return (*stages[:-1], replace(stages[-1], done=done, total=total))
    return (*_close(stages, at_s), Stage(name, at_s, done, total))


def _close(stages: tuple[Stage, ...], at_s: float) -> tuple[Stage, ...]:
    if not stages or stages[-1].ended_s is not None:
        return stages
    return (*stages[:-1], replace(stages[-1], ended_s=at_s))


def _add(state: StudyReading, event: TextDelta | Finding | Box | Sentence | Flag | NotRead) -> StudyReading:
    match event:
        case TextDelta(text, channel):
            return _append_text(state, text, channel)
        case Finding():
            others = tuple(known for known in state.findings if known.id != event.id)
            return replace(state, findings=(*others, event))
        case Box():
            return replace(state, boxes=(*(box for box in state.boxes if box.id != event.id), event))
        case Sentence():
            others_said = tuple(known for known in state.sentences if known.id != event.id)
            return replace(state, sentences=(*others_said, event))
        case Flag():
            return state if event in state.flags else replace(state, flags=(*state.flags, event))
        case NotRead(image, reason):
            films = tuple(
                replace(film, not_read=reason) if film.image == image else film for film in state.films
            )
            return replace(state, films=films)


def _append_text(state: StudyReading, text: str, channel: str) -> StudyReading:
    match channel:
        case "report":
            return replace(state, report=replace(state.report, drafted=state.report.drafted + text))
        case "impression":
            impression = replace(state.impression, drafted=state.impression.drafted + text)
            return replace(state, impression=impression)
        case "answer" if state.exchanges:
            last = state.exchanges[-1]
            return replace(state, exchanges=(*state.exchanges[:-1], replace(last, answer=last.answer + text)))
    return state  # the raw finding list: shown as findings, never as text


def _finish(state: StudyReading, event: Finished, at_s: float) -> StudyReading:
    """The result holds the texts as cleaned at the end; they replace what was streamed, never what was edited."""
    if state.kind == "question":
        return _end(_with_answer(state, str(event.result.get("answer", ""))), "done", None, at_s)
    report = str(event.result.get("report", "") or state.report.drafted)
    impression = str(event.result.get("impression", "") or state.impression.drafted)
    told = replace(
        state,
        report=replace(state.report, drafted=report),
        impression=replace(state.impression, drafted=impression),
        is_complete=True,
    )
    return _end(told, "done", None, at_s)


def _with_answer(state: StudyReading, answer: str) -> StudyReading:
    if not answer or not state.exchanges:
        return state
    last = replace(state.exchanges[-1], answer=answer)
    return replace(state, exchanges=(*state.exchanges[:-1], last))


def _end(state: StudyReading, phase: Phase, problem: Problem | None, at_s: float) -> StudyReading:
    exchanges = state.exchanges
    if state.kind == "question" and exchanges:
        note = problem.text if problem else ("Stopped." if phase == "stopped" else "")
        exchanges = (*exchanges[:-1], replace(exchanges[-1], is_running=False, problem=note))
    return replace(
        state,
        phase=phase,
        problem=problem,
        queue_position=None,
        stages=_close(state.stages, at_s),
        exchanges=exchanges,
    )


def _edit(text: DraftText, edited: str) -> DraftText:
    if edited == text.drafted:
        return DraftText(text.drafted)
    edited_from = text.drafted if text.edited is None else text.edited_from
    return DraftText(text.drafted, edited, edited_from)


def _has_finding(state: StudyReading, finding_id: str | None) -> bool:
    return any(finding.id == finding_id for finding in state.findings)


def _select_sentence(state: StudyReading, sentence_id: str) -> StudyReading:
    sentence = next((line for line in state.sentences if line.id == sentence_id), None)
    if sentence is None or not sentence.finding_ids or state.selected in sentence.finding_ids:
        return state
    present = [finding.id for finding in present_findings(state) if finding.id in sentence.finding_ids]
    return replace(state, selected=present[0]) if present else state


def _images_in_order(state: StudyReading) -> dict[str, int]:
    return {film.image: place for place, film in reversed(list(enumerate(state.films))) if film.image}


def sentence_at(state: StudyReading, position: int) -> str | None:
    """The id of the model's sentence at a character of the text on screen, if it still stands there."""
    for sentence in state.sentences:
        text = sentence.text.strip()
        start = state.report.shown.find(text) if text else -1
        if start != -1 and start <= position <= start + len(text):
            return sentence.id
    return None
