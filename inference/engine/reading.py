"""ReadStudy: gate, encode, findings, confidence, boxes, report, places, impression (m4cxr.md §4.2), as events.

The conversation that the report comes from depends on what there is: one current film, several of them, or a prior
study too. With several current films each is also asked about alone, so that every film has its own 13 findings; with
one, the study's finding list is the film's. How list and probability become a finding's state stands in
`inference.engine.settings`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Literal

from inference.backend import (
    FINDINGS,
    Box,
    Event,
    Finding,
    Finished,
    Flag,
    Presence,
    PriorChosen,
    Progress,
    ReadStudy,
    Sentence,
    TextDelta,
)
from inference.engine.answer_forms import FINDING_LIST
from inference.engine.branch import Branch
from inference.engine.copied import copy_flags, likeness
from inference.engine.films import Films, choose_films, encode_films, gate_films
from inference.engine.findings import film_findings, finding_list, finding_told
from inference.engine.grounding import locate_findings
from inference.engine.report_prompts import Question, report_question
from inference.engine.sentence_places import place_sentences
from inference.engine.sentences import impression_doubts, review
from inference.engine.session import Job, ReadTurns, Session
from inference.text import prompts
from inference.text.answers import format_finding_list, parse_finding_list
from inference.text.comparing import comparison_word, ends_in_comparison

LIST_TOKENS = FINDING_LIST.longest + 2  # a list is never cut
REPORT_TOKENS = 500  # as published
IMPRESSION_TOKENS = 200

Texts = Generator[Event, None, str]
"""Yields events, returns the text that they spelt."""


def read_study(session: Session, request: ReadStudy, job: Job) -> Iterator[Event]:
    """Read a study.

    Raises:
        NothingToRead: The gate refused every current film.
        InvalidRequest: The style does not fit the study.
        InferenceCancelled: Within one token of the wish to stop.
    """
    session.last_reading.turns = None
    yield from gate_films(session, job)
    films = choose_films(session)
    indication = session.study.indication
    report_question(films, "", request.style, indication)  # refused before anything is encoded
    yield from encode_films(session, job, films)
    prior_report = yield from _prior_report(session, job, films)
    question = report_question(films, prior_report, request.style, indication)
    branch, listed = yield from _list_findings(session, job, question)
    findings = yield from _judge(session, job, films, listed)
    boxes = yield from locate_findings(session, job, findings)
    kept = _union(one for one in findings if one.image in films.current)
    report = yield from _report(session, job, films, question, branch, listed, kept)
    sentences, more_boxes = yield from _review(session, job, films, findings, boxes, report)
    yield from copy_flags(report, prior_report)
    impression = yield from _impression(session, job, report)
    yield from impression_doubts(impression, study_presence(findings), has_prior=bool(films.priors))
    told = {
        "style": request.style,
        "finding_list": format_finding_list(kept),  # what a chain of thought writes its report from
        "model_finding_list": listed,  # what the model wrote in turn 1
        **_places(findings, sentences, (*boxes, *more_boxes)),
        "report": report,
        "impression": impression,
        "prior_report": prior_report,
        "prior_likeness": round(likeness(report, prior_report), 3),
        "prior": _prior_told(films),
    }
    yield Finished(told, job.usage.as_result())


# ── the prior's report ──────────────────────────────────────────────────────────────────────────────────────────


def _prior_report(session: Session, job: Job, films: Films) -> Texts:
    """Say which prior was chosen; its findings text as given, or drafted now from its own films."""
    prior = films.prior
    if not films.priors:
        return ""
    told: Literal["given", "drafted"] = "given" if prior.report else "drafted"
    yield PriorChosen(films.priors, prior.days_before, prior.others, prior.why, told)
    if prior.report:
        return prior.report
    yield Progress("findings", 0, 2)
    question = report_question(Films(films.priors), "", "chain_of_thought")
    branch = session.dialogue.start(session.dialogue.prompt([("user", question.first)], question.images))
    for _ in _turn_1(session, job, branch):
        pass
    session.dialogue.next_turn(branch, question.second)
    answer = session.dialogue.answer(
        branch, job.cancel, max_new_tokens=REPORT_TOKENS, is_forbidden=ends_in_comparison
    )
    draft = "".join(answer)
    job.usage.stage("prior_report")
    yield Flag(
        "prior_report_is_draft", "No report of the prior was given: the AI's own unreviewed draft was used."
    )
    return draft


# ── findings ────────────────────────────────────────────────────────────────────────────────────────────────────


def _list_findings(
    session: Session, job: Job, question: Question
) -> Generator[Event, None, tuple[Branch, str]]:
    """Turn 1: the model's own list, streamed."""
    yield Progress("findings", 0, 1)
    branch = session.dialogue.start(session.dialogue.prompt([("user", question.first)], question.images))
    text = ""
    for new in _turn_1(session, job, branch):
        text += new
        yield TextDelta(new, "findings")
    session.dialogue.keep(branch)
    job.usage.stage("findings")
    yield Progress("findings", 1, 1)
    return branch, text


def _turn_1(session: Session, job: Job, branch: Branch) -> Iterator[str]:
    """The finding list as it is decoded, held to its form."""
    form = job.constraint(FINDING_LIST)
    return session.dialogue.answer(branch, job.cancel, max_new_tokens=LIST_TOKENS, constraint=form)


def _judge(
    session: Session, job: Job, films: Films, listed: str
) -> Generator[Event, None, tuple[Finding, ...]]:
    """Give every film that is read its 13 findings."""
    images = (*films.current, *films.left_out)
    findings: list[Finding] = []
    ids = count(1)
    for number, image in enumerate(images):
        yield Progress("confidence", number, len(images))
        answer = listed if len(images) == 1 else finding_list(session, job, image)
        for finding in film_findings(session, job, image, answer, ids):
            findings.append(finding)
            yield finding
    job.usage.stage("confidence")
    yield Progress("confidence", len(images), len(images))
    return tuple(findings)


def _union(findings: Iterator[Finding]) -> tuple[str, ...]:
    present = {one.label for one in findings if one.presence == "present"}
    return tuple(label for label in FINDINGS if label in present)


# ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _report(
    session: Session,
    job: Job,
    films: Films,
    question: Question,
    branch: Branch,
    listed: str,
    kept: Sequence[str],
) -> Texts:
    """The report: on the list that the reader is shown, or alone. Without a prior nothing is compared with one."""
    yield Progress("report", 0, 1)
    dialogue = session.dialogue
    if not question.follows:
        branch = dialogue.start(dialogue.prompt([("user", question.second)], question.images))
    else:
        if tuple(kept) != parse_finding_list(listed):
            branch.cut(len(dialogue.prompt([("user", question.first)], question.images)))
            dialogue.write_answer(branch, format_finding_list(kept))
        dialogue.next_turn(branch, question.second)
    report = ""
    is_forbidden = None if films.priors else ends_in_comparison
    for new in dialogue.answer(branch, job.cancel, max_new_tokens=REPORT_TOKENS, is_forbidden=is_forbidden):
        report += new
        yield TextDelta(new, "report")
    if dialogue.was_cut:
        yield Flag(
            "incomplete", f"The draft reached its limit of {REPORT_TOKENS} tokens and ends unfinished."
        )
    dialogue.keep(branch)
    session.last_reading.turns = ReadTurns(question.images, report, tuple(branch.ids))
    job.usage.stage("report")
    yield Progress("report", 1, 1)
    return report


def _review(
    session: Session,
    job: Job,
    films: Films,
    findings: Sequence[Finding],
    boxes: Sequence[Box],
    report: str,
) -> Generator[Event, None, tuple[tuple[Sentence, ...], tuple[Box, ...]]]:
    """The report's sentences with their places, then the reasons to doubt them."""
    ids = {label: tuple(one.id for one in findings if one.label == label) for label in FINDINGS}
    draft = review(report, ids, study_presence(findings), has_prior=bool(films.priors))
    placed = yield from place_sentences(session, job, draft.sentences, findings, boxes, films.current)
    yield from draft.flags
    return placed


def study_presence(findings: Sequence[Finding]) -> Mapping[str, Presence]:
    """A finding's state in the study: present where any film shows it."""
    states: dict[str, Presence] = {}
    for one in findings:
        if states.get(one.label) != "present":
            states[one.label] = one.presence
    return states


def _impression(session: Session, job: Job, report: str) -> Texts:
    if not report.strip(" ."):
        return ""
    text = ""
    yield Progress("impression", 0, 1)
    for new in write_impression(session, job, report):
        text += new
        yield TextDelta(new, "impression")
    job.usage.stage("impression")
    yield Progress("impression", 1, 1)
    return text


def write_impression(session: Session, job: Job, findings: str) -> Iterator[str]:
    """The impression of a findings text, as it is decoded; no film is looked at.

    It compares only if the findings do.
    """
    content = prompts.impression(" ".join(findings.split()))
    branch = session.dialogue.start(session.dialogue.prompt([("user", content)]))
    is_forbidden = None if comparison_word(findings) else ends_in_comparison
    return session.dialogue.answer(
        branch, job.cancel, max_new_tokens=IMPRESSION_TOKENS, is_forbidden=is_forbidden
    )


def _places(
    findings: Sequence[Finding], sentences: Sequence[Sentence], boxes: Sequence[Box]
) -> Mapping[str, Any]:
    """Findings and sentences as the result holds them, each with its boxes."""
    of_finding = {one.id: [list(box.xyxy) for box in boxes if box.finding_id == one.id] for one in findings}
    return {
        "findings": [{**finding_told(one), "boxes": of_finding[one.id]} for one in findings],
        "sentences": [
            {
                "text": one.text,
                "boxes": [
                    {"image": box.image, "xyxy": list(box.xyxy)} for box in boxes if box.id in one.box_ids
                ],
                "no_place": one.no_place,
            }
            for one in sentences
        ],
    }


def _prior_told(films: Films) -> Mapping[str, Any] | None:
    if not films.priors:
        return None
    prior = films.prior
    return {
        "images": list(films.priors),
        "days_before": prior.days_before,
        "others": prior.others,
        "why": prior.why,
    }
