"""How events change what the panel knows about one study. Pure: no Qt, no clock, no decisions elsewhere.

What belongs to a topic (the first look, the review, the signing …) is folded by that topic's own `fold.py`; here is
what all of them share: the runs and what they tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from inference.backend import (
    Box,
    Cancelled,
    Change,
    Error,
    FilmDrawn,
    Finding,
    Finished,
    Flag,
    NotRead,
    Preview,
    PriorChosen,
    Progress,
    Queued,
    Sentence,
    TextDelta,
)
from plugin.ask.fold import begin_exchange, end_exchange, fold_answer, fold_known
from plugin.ask.state import AnswerTaken, ExchangeDropped, QuestionAnswered, QuestionAsked
from plugin.ask.taking import take_answer
from plugin.events import (
    BackendAnswered,
    FilmFailed,
    FilmInReading,
    FilmPrepared,
    FindingHovered,
    FindingSelected,
    ImpressionEdited,
    NewDraftTaken,
    PanelEvent,
    PriorUsed,
    Problem,
    ReadingStarted,
    ReportEdited,
    RunFailed,
    RunKind,
    RunStarted,
    SentenceHovered,
    SentenceSelected,
    StopAsked,
    StudyPut,
)
from plugin.first_look.fold import fold_first_look
from plugin.first_look.state import FirstLookEvent
from plugin.output.fold import fold_output
from plugin.output.state import OutputEvent
from plugin.prior.fold import fold_comparison, fold_prior, follow_prior
from plugin.prior.state import PriorEvent
from plugin.report.fold import edit_part, fold_report, fold_rewriting
from plugin.report.numbering import itemised
from plugin.report.state import MeasurementInserted, OfferTaken, ReportEvent, TemplateApplied
from plugin.review.fold import at_rest, begin_again, fold_review
from plugin.review.state import ReviewEvent
from plugin.signing.fold import fold_signing, settled
from plugin.signing.state import SigningEvent
from plugin.site.state import SiteEvent
from plugin.state import DraftText, Phase, Stage, StudyReading, present_findings
from plugin.synthesis.events import SyntheticSaved

Told = (
    TextDelta
    | Finding
    | Box
    | Sentence
    | Flag
    | NotRead
    | PriorChosen
    | Change
    | Preview
    | FilmDrawn
    | Finished
)
"""What a run tells about the films. The end of a run is folded here as well, after its topic has heard the result."""
_OF_A_RUN = (
    Told
    | Queued
    | Progress
    | Cancelled
    | Error
    | FilmPrepared
    | FilmFailed
    | StudyPut
    | StopAsked
    | RunFailed
)
WRITES = (
    ReportEdited
    | ImpressionEdited
    | NewDraftTaken
    | TemplateApplied
    | MeasurementInserted
    | OfferTaken
    | AnswerTaken
)
"""What changes the words of a report. Once it is signed nothing does."""
TOLD_TO: Mapping[RunKind, Callable[[StudyReading, Told], StudyReading]] = {
    "sentence": fold_rewriting,
    "impression": fold_rewriting,
    "question": fold_answer,
    "comparison": fold_comparison,
}
"""Runs of a topic: what they tell goes to its own fold, and never mixes with the reading's findings and texts."""


def fold(state: StudyReading, event: PanelEvent, at_s: float = 0.0) -> StudyReading:
    """Return what the panel knows about one study after `event`, which came at `at_s` seconds.

    Pure: the same state, event and time give the same result, and nothing is modified.
    """
    return settled(follow_prior(state, event, _folded(state, event, at_s)))


def is_past_signature(state: StudyReading, event: PanelEvent) -> bool:
    """True for a change of what is signed: words, and verdicts unless an addendum is being written."""
    signing = state.signing
    if not signing.is_signed:
        return False
    return isinstance(event, WRITES) or (isinstance(event, ReviewEvent) and signing.addendum is None)


def _folded(state: StudyReading, event: PanelEvent, at_s: float) -> StudyReading:
    if is_past_signature(state, event):
        return state
    if isinstance(event, _OF_A_RUN) and not state.is_running:
        return state  # it came after the end of its run
    if isinstance(event, ReadingStarted | QuestionAsked | RunStarted) and state.is_busy:
        return state  # one run at a time
    if isinstance(event, FirstLookEvent):
        return _look(state, event)
    if isinstance(event, ReviewEvent):
        return fold_review(state, event)
    if isinstance(event, SigningEvent):
        return fold_signing(state, event)
    if isinstance(event, PriorEvent):
        return fold_prior(state, event)
    if isinstance(event, SiteEvent | SyntheticSaved):
        return state  # changes no study; told for the audit log
    if isinstance(event, ReportEvent):
        return fold_report(state, event)
    if isinstance(event, OutputEvent):
        return replace(state, output=fold_output(state.output, event))
    if isinstance(event, Told) and state.kind in TOLD_TO:
        told = TOLD_TO[state.kind](state, event)
        return _end(told, "done", None, at_s) if isinstance(event, Finished) else told
    match event:
        case ReadingStarted(films, prior):
            return _begin_reading(state, films, prior)
        case QuestionAsked():
            return replace(_begin_run(state, "question"), exchanges=begin_exchange(state.exchanges, event))
        case AnswerTaken():
            return take_answer(state, event)
        case QuestionAnswered() | ExchangeDropped():
            return replace(state, exchanges=fold_known(state.exchanges, event))
        case RunStarted(kind, subject):
            return replace(_begin_run(state, kind), subject=subject)
        case FilmPrepared(film_key, image):
            return _change_film(state, film_key, lambda film: replace(film, image=image))
        case FilmFailed(film_key, reason):
            return _change_film(state, film_key, lambda film: replace(film, not_read=reason))
        case StopAsked():
            is_first = state.phase == "running"
            return replace(state, phase="stopping", stop_asked_s=at_s) if is_first else state
        case Queued(position):
            return replace(state, queue_position=position)
        case Progress(stage, done, total):
            return replace(
                state, queue_position=None, stages=_advance(state.stages, stage, done, total, at_s)
            )
        case TextDelta() | Finding() | Box() | Sentence() | Flag() | NotRead():
            return _add(state, event)
        case PriorChosen() | Change() | Preview() | FilmDrawn():
            return state  # of a comparison; of an answer
        case Finished():
            return _finish(state, event, at_s)
        case Cancelled():
            return _end(state, "stopped", None, at_s)
        case Error(kind, message, remedy):
            return _end(state, "failed", Problem(message, remedy, kind=kind), at_s)
        case RunFailed(problem):
            return _end(state, "failed", problem, at_s)
        case ReportEdited(text):
            return edit_part(state, "report", text)
        case ImpressionEdited(text):
            return edit_part(state, "impression", text)
        case NewDraftTaken():
            return replace(
                state,
                report=DraftText(state.report.drafted or state.report.shown),
                impression=DraftText(state.impression.drafted or state.impression.shown),
            )
        case FindingSelected(finding_id):
            chosen = finding_id if _has_finding(state, finding_id) else None
            return replace(state, selected=chosen, review=replace(state.review, reached=chosen))
        case SentenceSelected(sentence_id):
            return _select_sentence(state, sentence_id)
        case FindingHovered(finding_id):
            return replace(state, hovered=finding_id if _has_finding(state, finding_id) else None)
        case SentenceHovered(sentence_id):
            is_known = any(line.id == sentence_id for line in state.sentences)
            return replace(state, hovered_sentence=sentence_id if is_known else None)
        case StudyPut(study_id):
            return replace(state, backend_study=study_id)
        case BackendAnswered():
            is_over = state.problem is not None and state.problem.is_backend_lost
            return replace(state, problem=None) if is_over else state


# ── the single steps ────────────────────────────────────────────────────────────────────────────────────────────


def _look(state: StudyReading, event: FirstLookEvent) -> StudyReading:
    """What was selected before the curtain moved was not reached by the reader who looks now."""
    told = replace(state, first_look=fold_first_look(state.first_look, event))
    if told.first_look.shows_ai == state.first_look.shows_ai:
        return told
    return replace(told, selected=None, review=at_rest(state.review))


def _begin_run(state: StudyReading, kind: RunKind) -> StudyReading:
    fresh = replace(state, queue_position=None, stop_asked_s=None, stages=(), problem=None, subject="")
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
        hovered=None,
        hovered_sentence=None,
        writing=replace(state.writing, offer=None),
        report=replace(state.report, drafted=""),
        impression=replace(state.impression, drafted=""),
        review=begin_again(state.review),
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
    return state  # the raw finding list: shown as findings, never as text


def _finish(state: StudyReading, event: Finished, at_s: float) -> StudyReading:
    """The result holds the texts as cleaned at the end; they replace what was streamed, never what was edited."""
    report = str(event.result.get("report", "") or state.report.drafted)
    impression = itemised(str(event.result.get("impression", "") or state.impression.drafted))
    told = replace(
        state,
        report=replace(state.report, drafted=report),
        impression=replace(state.impression, drafted=impression),
        is_complete=True,
    )
    ended = _end(told, "done", None, at_s)
    return replace(ended, drafted_in_s=at_s - state.stages[0].started_s if state.stages else None)


def _end(state: StudyReading, phase: Phase, problem: Problem | None, at_s: float) -> StudyReading:
    exchanges = state.exchanges
    if state.kind == "question":
        note = problem.text if problem else ("Stopped." if phase == "stopped" else "")
        exchanges = end_exchange(exchanges, note)
    return replace(
        state,
        phase=phase,
        problem=problem,
        queue_position=None,
        stages=_close(state.stages, at_s),
        exchanges=exchanges,
    )


def _has_finding(state: StudyReading, finding_id: str | None) -> bool:
    of_model = any(finding.id == finding_id for finding in state.findings)
    return of_model or any(added.id == finding_id for added in state.review.added)


def _select_sentence(state: StudyReading, sentence_id: str) -> StudyReading:
    sentence = next((line for line in state.sentences if line.id == sentence_id), None)
    if sentence is None or not sentence.finding_ids or state.selected in sentence.finding_ids:
        return state
    present = [finding.id for finding in present_findings(state) if finding.id in sentence.finding_ids]
    return replace(state, selected=present[0]) if present else state
