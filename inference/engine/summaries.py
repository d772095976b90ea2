"""Summaries of a report (m4cxr.md §4.7): the impression, and shorter or plainer words for it. No film is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from inference.backend import Event, Finished, Flag, Progress, Summarise, SummaryStyle, TextDelta
from inference.engine.branch import Branch
from inference.engine.sentences import wording_doubts
from inference.engine.session import Job, ReadTurns, Session, look
from inference.errors import InvalidRequest
from inference.text import prompts
from inference.text.comparing import comparison_word, ends_in_comparison

SUMMARY_TOKENS = 300
QUESTIONS: Mapping[SummaryStyle, str] = {
    "plain": prompts.EASY_LANGUAGE,
    "patient": prompts.PATIENT_LANGUAGE,
    "concise": prompts.SUMMARY,
    "sentence": prompts.SUMMARY_SENTENCE,
    "points": prompts.SUMMARY_POINTS,
    "lesion": prompts.SUMMARY_LESION,
}
"""The published follow-up of each style; an impression has a template of its own."""


def summarise(session: Session, request: Summarise, job: Job) -> Iterator[Event]:
    """Sum up the study's last reading, or a text.

    After a reading the published question is a further turn of it. A text of its own (an edited draft, a signed
    report) is put before the question as "Findings" section, in the words of the impression's template: the
    published code has no other prompt for it. An impression always goes by that template. The result's `prompt` says
    which it was. A summary compares with an earlier film only if what it sums up does.

    Raises:
        InvalidRequest: There is neither a text nor a reading.
    """
    text = " ".join(prompts.plain(request.text).split())
    reading = session.reading
    source = text or (" ".join(reading.report.split()) if reading else "")
    if not source.strip(" ."):
        raise InvalidRequest("There is nothing to sum up: read the study first, or give “text”.")
    is_own = reading is not None and source == " ".join(reading.report.split())
    yield Progress("answer", 0, 1)
    if reading is not None and is_own and request.style != "impression":
        prompt, ids = "further turn", _further_turn(session, job, reading, QUESTIONS[request.style])
    else:
        prompt, ids = "text", session.dialogue.prompt([("user", _first_turn(source, request.style))])
    may_compare = comparison_word(source) is not None
    branch = session.dialogue.start(ids)
    answer = ""
    for new in session.dialogue.answer(
        branch,
        job.cancel,
        max_new_tokens=SUMMARY_TOKENS,
        is_forbidden=None if may_compare else ends_in_comparison,
    ):
        answer += new
        yield TextDelta(new, "answer")
    if session.dialogue.was_cut:
        why = f"The summary reached its limit of {SUMMARY_TOKENS} tokens and ends unfinished."
        yield Flag("incomplete", why)
    yield from wording_doubts(answer, has_prior=may_compare, given=source)
    job.usage.stage("answer")
    yield Finished({"style": request.style, "prompt": prompt, "answer": answer}, job.usage.as_result())


def _further_turn(session: Session, job: Job, reading: ReadTurns, question: str) -> list[int]:
    """The reading's own ids and the question. Its films are known, so none is encoded or read again."""
    for image in reading.images:
        look(session, image, job)
    branch = Branch(list(reading.ids))
    session.dialogue.next_turn(branch, question)
    return branch.ids


def _first_turn(text: str, style: SummaryStyle) -> str:
    return (
        prompts.impression(text) if style == "impression" else prompts.about_findings(text, QUESTIONS[style])
    )
