"""A question, or a wish for a film: the one is answered as ever, the other with the film's description between tags.

Only where a synthesis pack brought a skill for this model (`inference.engine.film_skill`). A question without any word
of pictures goes straight on; for any other the skill is asked first, on words alone. What it describes is held to the
words that were asked, and where it says “as before” the findings of the last film, or of the study's report, are put
in. Nothing of the study's own conversation is read or kept for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference.backend import AskQuestion, ChatMessage, Event, Finished, Flag, Progress, TextDelta
from inference.engine.film_skill import FilmSkill
from inference.engine.questions import ask
from inference.engine.session import Job, Session
from inference.synthesis.dialogues.answer import ALSO, Description
from inference.synthesis.dialogues.heeded import answer_of, held_to, may_ask_for_film
from inference.text.film_tags import answer_parts
from inference.text.prompts import Role, plain
from inference.text.stop import StopWatch

NOTHING_BEFORE = (
    "No film was made: nothing was reported of this study yet that it could show. Read the study first, or name the "
    "findings."
)
FILM, NO_SKILL = "film", "no_film"


def ask_or_describe(
    session: Session, request: AskQuestion, job: Job, skill: FilmSkill | None
) -> Iterator[Event]:
    """See `inference.engine.questions.ask`; with a skill, a wish for a film is answered with its description."""
    meant = None if skill is None else _meant(request, job, skill)
    if meant is None:
        if skill is not None and skill.why_not and _is_candidate(request):
            yield Flag(NO_SKILL, skill.why_not)
        yield from ask(session, request, job)
        return
    question = request.messages[-1].content
    meant = held_to(question, meant)
    before = last_film(request.messages) or _report(session, request.messages)
    is_empty = meant.is_as_before and not before and all(change.how != ALSO for change in meant.changes)
    answer = NOTHING_BEFORE if is_empty else answer_of(meant, before)
    yield Progress("answer", 0, 1)
    watch = StopWatch(request.stop)
    answer = watch.feed(answer) + ("" if watch.is_stopped else watch.rest())
    yield TextDelta(answer, "answer")
    job.usage.stage("answer")
    yield Finished({"answer": answer, "finish_reason": "stop", "template": FILM}, job.usage.as_result())


def last_film(messages: Sequence[ChatMessage]) -> str:
    """The description of the film that was shown last in a conversation; empty without one."""
    return next((found for message in reversed(messages) if (found := _film_of(message))), "")


def _meant(request: AskQuestion, job: Job, skill: FilmSkill) -> Description | None:
    if not _is_candidate(request):
        return None
    question = " ".join(plain(request.messages[-1].content).split())
    return skill.meant(question, _film_turns(request.messages), job.cancel, job.usage)


def _is_candidate(request: AskQuestion) -> bool:
    messages = request.messages
    if request.template not in ("auto", "conversation") or not messages or messages[-1].role != "user":
        return False
    after_film = len(messages) > 1 and bool(_film_of(messages[-2]))
    return may_ask_for_film(messages[-1].content, after_film=after_film)


def _film_turns(messages: Sequence[ChatMessage]) -> tuple[tuple[Role, str], ...]:
    """The exchange before the question, where it showed a film: a wish often goes on from it."""
    if len(messages) < 3 or not _film_of(messages[-2]) or messages[-3].role != "user":
        return ()
    return tuple((one.role, " ".join(plain(one.content).split())) for one in messages[-3:-1])


def _film_of(message: ChatMessage) -> str:
    if message.role != "assistant":
        return ""
    films = [part.text for part in answer_parts(message.content) if part.is_film and part.is_whole]
    return films[-1] if films else ""


def _report(session: Session, messages: Sequence[ChatMessage]) -> str:
    """What is known of the patient: the draft that the reader has before him, else what was read."""
    if messages[0].role == "assistant":
        return messages[0].content
    return session.reading.report if session.reading else ""
