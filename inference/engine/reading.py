"""ReadStudy: gate, encode, findings, confidence, boxes, report, impression (m4cxr.md §4.2), as a stream of events.

The conversation that the report comes from depends on what there is: one current film, several of them, or a prior
study too. With several current films each is also asked about alone, so that every film has its own 13 findings; with
one, the study's finding list is the film's. How list and probability become a finding's state stands in
`inference.engine.settings`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from inference.backend import (
    FINDINGS,
    Box,
    Event,
    Finding,
    Finished,
    Flag,
    NotRead,
    Presence,
    Progress,
    TextDelta,
)
from inference.engine.answer_forms import FINDING_LIST
from inference.engine.branch import Branch
from inference.engine.findings import film_findings, finding_list
from inference.engine.grounding import answer_boxes, film_boxes, finding_question, short_answers
from inference.engine.sentences import comparison_word, ends_in_comparison, impression_doubts, review
from inference.engine.session import Job, ReadTurns, Session, check_film, look
from inference.errors import NothingToRead
from inference.text import prompts
from inference.text.answers import format_finding_list, parse_finding_list

LIST_TOKENS = FINDING_LIST.longest + 2  # a list is never cut
REPORT_TOKENS = 500  # as published
IMPRESSION_TOKENS = 200
MOST_FILMS = 5  # of a study in one conversation: the most that training ever showed

Texts = Generator[Event, None, str]
"""Yields events, returns the text that they spelt."""


@dataclass(frozen=True, slots=True)
class Films:
    """Hashes of the films that are read together. `left_out` get findings of their own, but no part in the report."""

    current: tuple[str, ...]
    left_out: tuple[str, ...]
    priors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """The two turns of a chain of thought and the films they are about."""

    first: str
    second: str
    images: tuple[str, ...]


def read_study(session: Session, job: Job) -> Iterator[Event]:
    """Read a study.

    Raises:
        NothingToRead: The gate refused every current film.
        InferenceCancelled: Within one token of the wish to stop.
    """
    session.last_reading.turns = None
    yield from _gate(session, job)
    films = _choose(session)
    yield from _encode(session, job, films)
    prior_report = yield from _prior_report(session, job, films)
    question = _question(films, prior_report)
    branch, listed = yield from _list_findings(session, job, question)
    findings = yield from _judge(session, job, films, listed)
    boxes = yield from _locate(session, job, findings)
    kept = _union(one for one in findings if one.image in films.current)
    report = yield from _report(session, job, question, branch, listed, kept)
    yield from _review(findings, report, has_prior=bool(films.priors))
    impression = yield from _impression(session, job, report)
    yield from impression_doubts(impression, study_presence(findings), has_prior=bool(films.priors))
    yield Finished(
        result=_result(listed, kept, findings, boxes, report, impression, prior_report),
        usage=job.usage.as_result(),
    )


# ── films ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _gate(session: Session, job: Job) -> Iterator[Event]:
    films = session.study.films
    for number, film in enumerate(films):
        yield Progress("gate", number, len(films))
        reason = check_film(session, film, job)
        if reason:
            yield NotRead(film.image_sha256, reason)
    yield Progress("gate", len(films), len(films))
    if not session.readable("current"):
        reasons = "; ".join(dict.fromkeys(reason for reason in session.refusals.values() if reason))
        raise NothingToRead(f"No film was read: {reasons or 'the study has no current film'}.")


def _choose(session: Session) -> Films:
    current, priors = session.readable("current"), session.readable("prior")
    return Films(current[:MOST_FILMS], current[MOST_FILMS:], _nearest(session, priors)[:MOST_FILMS])


def _nearest(session: Session, priors: Sequence[str]) -> tuple[str, ...]:
    """The films of the prior that lies nearest; an undated prior counts only where no dated one is."""
    days = {film.image_sha256: film.days_before for film in session.films("prior")}
    known = [day for image in priors if (day := days[image]) is not None]
    nearest = min(known) if known else None
    return tuple(image for image in priors if days[image] == nearest)


def _encode(session: Session, job: Job, films: Films) -> Iterator[Event]:
    images = (*films.current, *films.left_out, *films.priors)
    for number, image in enumerate(images):
        yield Progress("encode", number, len(images))
        look(session, image, job)
    yield Progress("encode", len(images), len(images))
    job.usage.stage("encode")
    for image in (*films.current, *films.left_out):
        picture = job.eyes.picture(job.film(image))
        if picture.width != picture.height:
            why = "The model saw the marked square only; the strips outside it were not read."
            yield Flag("cropped", why, image=image)
    for image in films.left_out:
        why = f"The report rests on the first {MOST_FILMS} films; this one was looked at alone."
        yield Flag("left_out_of_report", why, image=image)


def _prior_report(session: Session, job: Job, films: Films) -> Texts:
    """The prior's findings text: as given, or drafted now from the prior's own films."""
    if not films.priors or session.study.prior_report.strip():
        return session.study.prior_report.strip()
    yield Progress("findings", 0, 2)
    question = _question(Films(films.priors, (), ()), "")
    branch = session.dialogue.start(session.dialogue.prompt([("user", question.first)], question.images))
    for _ in session.dialogue.answer(
        branch, job.cancel, max_new_tokens=LIST_TOKENS, constraint=job.constraint(FINDING_LIST)
    ):
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


def _question(films: Films, prior_report: str) -> Question:
    current, priors = len(films.current), len(films.priors)
    if priors:
        first = prompts.multi_study_findings(priors, current, " ".join(prior_report.split()))
        return Question(first, prompts.MULTI_STUDY_REPORT, (*films.priors, *films.current))
    if current > 1:
        return Question(prompts.multi_image_findings(current), prompts.MULTI_IMAGE_REPORT, films.current)
    return Question(prompts.single_image_findings(), prompts.SINGLE_REPORT, films.current)


# ── findings ────────────────────────────────────────────────────────────────────────────────────────────────────


def _list_findings(
    session: Session, job: Job, question: Question
) -> Generator[Event, None, tuple[Branch, str]]:
    """Turn 1: the model's own list, streamed."""
    yield Progress("findings", 0, 1)
    branch = session.dialogue.start(session.dialogue.prompt([("user", question.first)], question.images))
    text = ""
    for new in session.dialogue.answer(
        branch, job.cancel, max_new_tokens=LIST_TOKENS, constraint=job.constraint(FINDING_LIST)
    ):
        text += new
        yield TextDelta(new, "findings")
    session.dialogue.keep(branch)
    job.usage.stage("findings")
    yield Progress("findings", 1, 1)
    return branch, text


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


def _locate(
    session: Session, job: Job, findings: Sequence[Finding]
) -> Generator[Event, None, tuple[Box, ...]]:
    """Boxes for each present finding."""
    present = [
        one for one in findings if one.presence == "present" and job.settings.asks_for_boxes(one.label)
    ]
    boxes: list[Box] = []
    answers = short_answers(
        session,
        job,
        [finding_question(job, one.image, one.label, is_known_present=True) for one in present],
    )
    for number, finding in enumerate(present):
        yield Progress("boxes", number, len(present))
        for xyxy in film_boxes(job, finding.image, answer_boxes(next(answers))):
            box = Box(f"b{len(boxes) + 1}", finding.image, xyxy, finding_id=finding.id)
            boxes.append(box)
            yield box
    job.usage.stage("boxes")
    yield Progress("boxes", len(present), len(present))
    return tuple(boxes)


def _union(findings: Iterator[Finding]) -> tuple[str, ...]:
    present = {one.label for one in findings if one.presence == "present"}
    return tuple(label for label in FINDINGS if label in present)


# ── texts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _report(
    session: Session, job: Job, question: Question, branch: Branch, listed: str, kept: Sequence[str]
) -> Texts:
    """Turn 2, on the list that the reader is shown. Without a prior nothing is compared with one."""
    has_prior = question.second == prompts.MULTI_STUDY_REPORT
    yield Progress("report", 0, 1)
    dialogue = session.dialogue
    if tuple(kept) != parse_finding_list(listed):
        branch.cut(len(dialogue.prompt([("user", question.first)], question.images)))
        dialogue.write_answer(branch, format_finding_list(kept))
    dialogue.next_turn(branch, question.second)
    report = ""
    is_forbidden = None if has_prior else ends_in_comparison
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


def _review(findings: Sequence[Finding], report: str, *, has_prior: bool) -> Iterator[Event]:
    ids = {label: tuple(one.id for one in findings if one.label == label) for label in FINDINGS}
    draft = review(report, ids, study_presence(findings), has_prior=has_prior)
    yield from draft.sentences
    yield from draft.flags


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


def _result(
    listed: str,
    kept: Sequence[str],
    findings: Sequence[Finding],
    boxes: Sequence[Box],
    report: str,
    impression: str,
    prior_report: str,
) -> Mapping[str, Any]:
    def places(finding: Finding) -> list[list[float]]:
        return [list(box.xyxy) for box in boxes if box.finding_id == finding.id]

    return {
        "finding_list": format_finding_list(kept),  # what the report was written from
        "model_finding_list": listed,  # what the model wrote in turn 1
        "findings": [
            {
                "image": one.image,
                "label": one.label,
                "presence": one.presence,
                "confidence": one.confidence,
                "calibrated": one.calibrated,
                "boxes": places(one),
            }
            for one in findings
        ],
        "report": report,
        "impression": impression,
        "prior_report": prior_report,
    }
