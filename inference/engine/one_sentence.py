"""One sentence of a report anew (m4cxr.md §4.2): the chain of thought, with a finding list of what it is about alone.

The published model knows no prompt for one sentence. What it was trained on is a report from a finding list, so it is
asked for that, about one film and with a list of these findings alone; of what it writes, the first sentence that
speaks of one of them is taken, and it stops there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference.backend import FINDINGS, Event, Finished, Flag, Progress, TextDelta, WriteSentence
from inference.engine.regions import open_film
from inference.engine.sentences import split_sentences, wording_doubts
from inference.engine.session import Job, Session
from inference.errors import InvalidRequest
from inference.text import prompts
from inference.text.answers import format_finding_list
from inference.text.comparing import ends_in_comparison
from inference.text.labels import label_report

SENTENCE_TOKENS = 200  # a report that has not come to it by then will not
NO_SENTENCE = "The model wrote no sentence about this."


def write_sentence(session: Session, request: WriteSentence, job: Job) -> Iterator[Event]:
    """Yield the sentence as one TextDelta; a Flag instead where the model writes about something else only.

    Raises:
        InvalidRequest: No finding is named, or one that the model does not know.
        UnknownFilm: The film is not part of the study.
        NothingToRead: The gate refused it.
        InferenceCancelled: Within one token of the wish to stop.
    """
    labels = _known(request.findings)
    open_film(session, request.image_sha256, job)
    yield Progress("report", 0, 1)
    sentence = _about(labels, _report(session, request.image_sha256, labels, job))
    if sentence:
        yield TextDelta(sentence, "answer")
        yield from wording_doubts(sentence, has_prior=False)
    else:
        yield Flag("not_groundable", NO_SENTENCE, image=request.image_sha256)
    job.usage.stage("report")
    yield Progress("report", 1, 1)
    yield Finished({"findings": list(labels), "sentence": sentence}, job.usage.as_result())


def _known(findings: Sequence[str]) -> tuple[str, ...]:
    named = {label.strip().lower() for label in findings}
    unknown = sorted(named - set(FINDINGS))
    if unknown or not named:
        told = f"“{unknown[0]}” is none of them" if unknown else "“findings” is empty"
        raise InvalidRequest(f"{told}: name some of {', '.join(FINDINGS)}.")
    return tuple(label for label in FINDINGS if label in named)


def _report(session: Session, image: str, labels: Sequence[str], job: Job) -> Iterator[str]:
    """The report as it is decoded, from a finding list that holds `labels` alone."""
    dialogue = session.dialogue
    branch = dialogue.start(dialogue.prompt([("user", prompts.single_image_findings())], [image]))
    dialogue.write_answer(branch, format_finding_list(labels))
    dialogue.next_turn(branch, prompts.SINGLE_REPORT)
    return dialogue.answer(
        branch, job.cancel, max_new_tokens=SENTENCE_TOKENS, is_forbidden=ends_in_comparison
    )


def _about(labels: Sequence[str], report: Iterator[str]) -> str:
    """The first whole sentence that names one of `labels`; empty if none does. Nothing is decoded beyond it."""
    text, seen = "", 0
    for new in report:
        text += new
        whole = split_sentences(text)[:-1]  # the last one may still grow
        for sentence in whole[seen:]:
            if _names(sentence, labels):
                return sentence
        seen = len(whole)
    return next((one for one in split_sentences(text)[seen:] if _names(one, labels)), "")


def _names(sentence: str, labels: Sequence[str]) -> bool:
    told = label_report(sentence)
    return any(told.get(label) in (1, -1) for label in labels)
