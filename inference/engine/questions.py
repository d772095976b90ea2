"""Free questions about a study, and the impression of a findings text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from inference.backend import (
    AskQuestion,
    ChatMessage,
    Event,
    Finished,
    Progress,
    QuestionTemplate,
    TextDelta,
    WriteImpression,
)
from inference.engine.branch import Branch
from inference.engine.films import MOST_FILMS
from inference.engine.priors import choose_prior
from inference.engine.reading import write_impression
from inference.engine.sentences import wording_doubts
from inference.engine.session import Job, ReadTurns, Session, check_film, look
from inference.errors import InvalidRequest, NothingToRead
from inference.text import prompts
from inference.text.comparing import asks_for_change, comparison_word, ends_in_comparison
from inference.text.prompts import Role
from inference.text.stop import StopWatch

MOST_NEW_TOKENS = 2000

Turns = list[tuple[Role, str]]


def ask(session: Session, request: AskQuestion, job: Job) -> Iterator[Event]:
    """Answer a question about the study's current films, or about none.

    After a reading the question is a further turn of it, so the model knows what it reported. A history that begins
    with an assistant's message (a draft that the reader has edited) replaces the reading's own report. The result's
    `template` says which of the published prompts it was put into (see `AskQuestion`). Where no prior is shown the
    answer compares with none, unless without any film the conversation itself does.

    Raises:
        InvalidRequest: No question, turns that do not alternate, or a template that does not fit the study.
        NothingToRead: The study has films, but the gate refused all current ones.
    """
    history = _history(request.messages)
    template, ids, shown = _prompt(session, request.template, history, job)
    has_prior = any(film.image_sha256 in shown for film in session.films("prior"))
    may_compare = has_prior or (not shown and any(comparison_word(content) for _, content in history))
    yield Progress("answer", 0, 1)
    branch = session.dialogue.start(ids)
    limit = min(max(request.max_new_tokens, 1), MOST_NEW_TOKENS)
    answer, watch = "", StopWatch(request.stop)
    is_forbidden = None if may_compare else ends_in_comparison
    for new in session.dialogue.answer(branch, job.cancel, max_new_tokens=limit, is_forbidden=is_forbidden):
        new_text = watch.feed(new)
        answer += new_text
        if new_text:
            yield TextDelta(new_text, "answer")
        if watch.is_stopped:
            break
    if rest := watch.rest():
        answer += rest
        yield TextDelta(rest, "answer")
    finish_reason = "stop" if watch.is_stopped or not session.dialogue.was_cut else "length"
    if not watch.is_stopped:  # otherwise it holds words that nobody was shown
        session.dialogue.keep(branch)
    told = " ".join(content for role, content in history if role == "user")
    yield from wording_doubts(answer, has_prior=may_compare, given=told)
    job.usage.stage("answer")
    usage = {**job.usage.as_result(), "prompt_tokens": len(ids)}
    result = {"answer": answer, "finish_reason": finish_reason, "template": template}
    yield Finished(result, usage)


def choose_template(
    wanted: QuestionTemplate,
    history: Sequence[tuple[Role, str]],
    images: Sequence[str],
    reference: str,
    *,
    has_reading: bool,
) -> QuestionTemplate:
    """The published prompt that a question is put into (m4cxr.md §4.6). Pure.

    Args:
        history: The conversation, the question last.
        images: Current films that it is about.
        reference: A prior's film that could be compared with; empty = there is none.
        has_reading: The study was read, so a question can be a further turn of that.

    Raises:
        InvalidRequest: The template has a place for other films than there are.
    """
    begins = history[0][0] == "user"
    if wanted == "auto":
        compares = any(asks_for_change(content) for role, content in history if role == "user")
        fits = begins and images and reference and not has_reading
        return "difference" if compares and fits else "conversation"
    if wanted != "conversation" and not begins:
        raise InvalidRequest(
            f"“template” {wanted} needs a conversation that begins with the user's question."
        )
    if wanted == "question" and len(images) != 1:
        raise InvalidRequest("“template” question is about exactly one current film.")
    if wanted == "difference" and not (images and reference):
        raise InvalidRequest("“template” difference needs a current film and a prior's film.")
    return wanted


def impress(session: Session, request: WriteImpression, job: Job) -> Iterator[Event]:
    """The impression of a findings text. Raises InvalidRequest if the text is empty."""
    if not request.findings.strip(" .\n"):
        raise InvalidRequest("“findings” is empty: an impression needs a findings text.")
    yield Progress("impression", 0, 1)
    text = ""
    for new in write_impression(session, job, request.findings):
        text += new
        yield TextDelta(new, "impression")
    job.usage.stage("impression")
    yield Finished({"impression": text}, job.usage.as_result())


def _history(messages: Sequence[ChatMessage]) -> Turns:
    """The messages as turns, marks removed. Raises InvalidRequest where they can't be a conversation."""
    turns: Turns = [(one.role, " ".join(prompts.plain(one.content).split())) for one in messages]
    if not turns or turns[-1][0] != "user" or not turns[-1][1]:
        raise InvalidRequest("“messages” must end with a question of the user.")
    if any(one[0] == other[0] for one, other in itertools.pairwise(turns)):
        raise InvalidRequest("“messages” must alternate between user and assistant.")
    return turns


def _current_films(session: Session, job: Job) -> tuple[str, ...]:
    for film in session.films("current"):
        check_film(session, film, job)
    images = session.readable("current")[:MOST_FILMS]
    if not images:
        reasons = "; ".join(
            dict.fromkeys(session.refusals.get(film.image_sha256, "") for film in session.films("current"))
        )
        raise NothingToRead(f"No film can be asked about: {reasons or 'the study has no current film'}.")
    return images


def _reference(session: Session, job: Job) -> str:
    """The first film of the nearest prior that can be read; empty = none."""
    for film in session.films("prior"):
        check_film(session, film, job)
    return next(iter(choose_prior(session.study, session.readable("prior")).images), "")


def _prompt(
    session: Session, wanted: QuestionTemplate, history: Turns, job: Job
) -> tuple[QuestionTemplate, list[int], tuple[str, ...]]:
    """The template, ids of the whole conversation, and the films that it shows, which are encoded now."""
    current = _current_films(session, job) if session.study.films else ()
    reference = _reference(session, job)
    template = choose_template(wanted, history, current, reference, has_reading=session.reading is not None)
    shown = (reference, current[0]) if template == "difference" else current
    for image in shown:
        look(session, image, job)
    if template == "conversation":
        ids, shown = _conversation(session, history, current)
    else:
        whole = prompts.difference_question if template == "difference" else prompts.visual_question
        ids = session.dialogue.prompt([("user", whole(history[0][1])), *history[1:]], shown)
    for image in shown:  # a reading shows its prior's films too
        look(session, image, job)
    return template, ids, shown


def _conversation(
    session: Session, history: Turns, images: tuple[str, ...]
) -> tuple[list[int], tuple[str, ...]]:
    """Ids of a free conversation, and the films that it shows."""
    reading = session.reading if images else None
    if reading and history[0] == ("assistant", " ".join(reading.report.split())):
        return _after(session, reading, history[1:])
    if reading and history[0][0] == "user":
        return _after(session, reading, history)
    if history[0][0] == "assistant":
        several = len(images) > 1
        asked = prompts.MULTI_IMAGE_DESCRIPTION if several else prompts.SINGLE_DESCRIPTION
        history = [("user", asked), *history]
    turns: Turns = [("user", _shown(history[0][1], len(images))), *history[1:]]
    return session.dialogue.prompt(turns, images), images


def _after(session: Session, reading: ReadTurns, history: Turns) -> tuple[list[int], tuple[str, ...]]:
    branch = Branch(list(reading.ids))
    for role, content in history:
        if role == "user":
            session.dialogue.next_turn(branch, content)
        else:
            session.dialogue.write_answer(branch, content)
    return branch.ids, reading.images


def _shown(question: str, films: int) -> str:
    if films == 0:
        return prompts.text_only(question)
    return prompts.on_image(question) if films == 1 else prompts.on_images(films, question)
