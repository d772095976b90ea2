"""What can be done about a study before anybody asks: look at its films, read how its reading begins.

Nothing is drafted: a draft that nobody asked for would have to be marked, explained and thrown away. What is left for
the reading is its own words, so the first of them comes at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from inference.backend import Event, Finished, Progress
from inference.engine.films import choose_films, encode_films, gate_films
from inference.engine.report_prompts import report_question
from inference.engine.session import Job, Session


def prefetch(session: Session, job: Job) -> Iterator[Event]:
    """Encode the study's films and read its first prompt.

    Raises:
        NothingToRead: The gate refused every current film.
        InferenceCancelled: Within one model call of the wish to stop.
    """
    yield from _progress(gate_films(session, job))
    films = choose_films(session)
    yield from _progress(encode_films(session, job, films))
    prior_report = films.prior.report if films.priors else ""
    if prior_report or not films.priors:  # else the reading drafts the prior's report first
        question = report_question(films, prior_report, "chain_of_thought")
        ids = session.dialogue.prompt([("user", question.first)], question.images)
        branch = session.dialogue.start(ids)
        session.dialogue.reader.feed(branch, job.cancel)
        session.dialogue.keep(branch)
    yield Finished({}, job.usage.as_result())


def _progress(events: Iterator[Event]) -> Iterator[Event]:
    """Flags and refusals are told by the reading itself."""
    return (event for event in events if isinstance(event, Progress))
