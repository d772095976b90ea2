"""What changed between the prior and the current study: in the model's words, and finding by finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from inference.backend import (
    Change,
    ChangeKind,
    Compare,
    Event,
    Finding,
    Finished,
    PriorChosen,
    Progress,
    TextDelta,
)
from inference.engine.films import choose_films, gate_films
from inference.engine.findings import film_findings, finding_list
from inference.engine.sentences import wording_doubts
from inference.engine.session import Job, Session, look
from inference.errors import InvalidRequest
from inference.text import prompts

ANSWER_TOKENS = 500
FROM_FINDINGS = "Worked out from each film's own findings; how far something grew or shrank is not looked at."


def compare(session: Session, request: Compare, job: Job) -> Iterator[Event]:
    """Compare the first current film with the first film of the nearest prior (m4cxr.md §4.6, reference and main).

    With a question the model answers just that. Without one both films get their 13 findings, each film alone, and a
    `Change` per finding that follows from the two; then the model says what has changed, which is its own answer and
    may disagree with the list.

    Raises:
        InvalidRequest: The study holds no prior that can be read.
        NothingToRead: The gate refused every current film.
    """
    yield from gate_films(session, job)
    films = choose_films(session)
    if not films.priors:
        raise InvalidRequest(
            "There is nothing to compare with: the study holds no prior film that can be read."
        )
    reference, main = films.priors[0], films.current[0]
    prior = films.prior
    yield PriorChosen((reference,), prior.days_before, prior.others, prior.why, "not used")
    for number, image in enumerate((reference, main)):
        yield Progress("encode", number, 2)
        look(session, image, job)
    job.usage.stage("encode")
    question = " ".join(prompts.plain(request.question).split())
    changes: list[Change] = []
    if not question:
        before, now = _findings(session, job, (reference, main))
        yield from (*before, *now)
        changes = [change_of(one, other) for one, other in zip(before, now, strict=True)]
        yield from changes
        job.usage.stage("confidence")
    answer = ""
    yield Progress("answer", 0, 1)
    for new in _answer(session, job, question or prompts.CHANGE_QUESTION, (reference, main)):
        answer += new
        yield TextDelta(new, "answer")
    yield from wording_doubts(answer, has_prior=True, given=question)
    job.usage.stage("answer")
    told = {
        "reference": reference,
        "main": main,
        "question": question or prompts.CHANGE_QUESTION,
        "answer": answer,
        "changes": [{"label": one.label, "change": one.change} for one in changes],
        "changes_note": FROM_FINDINGS if changes else "",
        "template": "difference",
    }
    yield Finished(told, job.usage.as_result())


def change_of(before: Finding, now: Finding) -> Change:
    """What follows from a finding's states on both films. Pure."""
    states = (before.presence, now.presence)
    kind: ChangeKind
    if "not assessed" in states:
        kind = "not assessed"
    elif states == ("present", "present"):
        kind = "still present"
    else:
        kind = (
            "new" if now.presence == "present" else "resolved" if before.presence == "present" else "absent"
        )
    return Change(now.label, kind, before.id, now.id)


def _findings(session: Session, job: Job, images: Sequence[str]) -> list[list[Finding]]:
    """The 13 of each film, alone."""
    ids = count(1)
    return [
        list(film_findings(session, job, image, finding_list(session, job, image), ids)) for image in images
    ]


def _answer(session: Session, job: Job, question: str, images: Sequence[str]) -> Iterator[str]:
    dialogue = session.dialogue
    branch = dialogue.start(dialogue.prompt([("user", prompts.difference_question(question))], images))
    yield from dialogue.answer(branch, job.cancel, max_new_tokens=ANSWER_TOKENS)
    dialogue.keep(branch)
