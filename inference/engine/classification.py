"""Classification of films (m4cxr.md §4.4): is one finding present, or which of the 13 are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from inference.backend import (
    FINDINGS,
    NO_FINDING,
    Classify,
    Event,
    Finding,
    Finished,
    Flag,
    NotRead,
    Progress,
)
from inference.engine.answer_forms import YES_NO
from inference.engine.confidence import yes_share
from inference.engine.findings import film_findings, finding_list, finding_told, judged
from inference.engine.grounding import ShortQuestion, short_answers
from inference.engine.regions import open_film
from inference.engine.session import Job, Session, check_film, look
from inference.errors import InvalidRequest, NothingToRead
from inference.text import prompts
from inference.text.answers import parse_yes_no


def classify(session: Session, request: Classify, job: Job) -> Iterator[Event]:
    """One finding or all 13, on each film alone.

    Uncertain counts as absent, as in the model's finding lists, and is flagged. The answer is the model's word, the
    probability its share of yes against no; a pack with a threshold for the finding goes by the probability.

    Raises:
        InvalidRequest: The finding is not one that the model was taught.
        UnknownFilm: The film is not part of the study.
        NothingToRead: The gate refused the film, or all current ones.
    """
    if request.finding and request.finding not in (*FINDINGS, NO_FINDING):
        raise InvalidRequest(f"“finding” must be empty or one of {', '.join((*FINDINGS, NO_FINDING))}.")
    images = yield from _films(session, request, job)
    answers: list[dict[str, str]] = []
    findings: list[Finding] = []
    ids = count(1)
    for number, image in enumerate(images):
        yield Progress("confidence", number, len(images))
        if request.finding:
            answer, finding = _single(session, job, image, request.finding, next(ids))
            told = [finding]
            if answer == "Uncertain.":
                why = f"The model is not certain whether {request.finding} is right for this film."
                yield Flag("uncertain_finding", why, image=image)
        else:
            answer = finding_list(session, job, image)
            told = list(film_findings(session, job, image, answer, ids))
        answers.append({"image": image, "answer": answer})
        findings += told
        yield from told
    job.usage.stage("confidence")
    result = {
        "finding": request.finding,
        "answers": answers,
        "findings": [finding_told(one) for one in findings],
    }
    yield Finished(result, job.usage.as_result())


def _films(session: Session, request: Classify, job: Job) -> Any:
    """Yields what the gate refused; returns the images that are asked about."""
    if request.image_sha256:
        open_film(session, request.image_sha256, job)
        return (request.image_sha256,)
    for film in session.films("current"):
        reason = check_film(session, film, job)
        if reason:
            yield NotRead(film.image_sha256, reason)
    images = session.readable("current")
    if not images:
        raise NothingToRead("No film was read: none of the study's current films can be.")
    for image in images:
        look(session, image, job)
    return images


def _single(session: Session, job: Job, image: str, label: str, number: int) -> tuple[str, Finding]:
    """The model's word and the finding. "No finding" is asked as its opposite (m4cxr.md §4.4)."""
    if label in job.settings.not_assessed:
        return "", judged(f"f{number}", label, image, None, False, job)
    question = prompts.ANY_FINDINGS if label == NO_FINDING else prompts.is_present(label)
    share = yes_share(session.dialogue, job, image, question)
    (answer,) = short_answers(session, job, [ShortQuestion(image, question, YES_NO)])
    said = parse_yes_no(answer)
    if label == NO_FINDING:
        share, said = 1 - share, None if said is None else not said
        answer = {"Yes.": "No.", "No.": "Yes."}.get(answer, answer)
    return answer, judged(f"f{number}", label, image, share, said is True, job)
