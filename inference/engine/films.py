"""The films of a reading: which pass the gate, which are read together, and their encoding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inference.backend import Event, Flag, NotRead, Progress
from inference.engine.priors import NO_PRIOR, PriorChoice, choose_prior
from inference.engine.session import Job, Session, check_film, look
from inference.errors import NothingToRead
from inference.film_view import look_at_view, words_for_reader

MOST_FILMS = 5  # of a study in one conversation: the most that training ever showed


@dataclass(frozen=True, slots=True)
class Films:
    """Hashes of the films that are read together. `left_out` get findings of their own, but no part in the report."""

    current: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    prior: PriorChoice = NO_PRIOR

    @property
    def priors(self) -> tuple[str, ...]:
        return self.prior.images[:MOST_FILMS]


def gate_films(session: Session, job: Job) -> Iterator[Event]:
    """Ask the gate about every film of the study, and say of those it lets pass how they hang, if wrongly.

    Raises:
        NothingToRead: It refuses all current ones.
    """
    films = session.study.films
    for number, film in enumerate(films):
        yield Progress("gate", number, len(films))
        reason = check_film(session, film, job)
        if reason:
            yield NotRead(film.image_sha256, reason)
        elif words := words_for_reader(look_at_view(job.eyes.picture(job.film(film.image_sha256)).grey)):
            yield Flag("hanging", words, image=film.image_sha256)
    yield Progress("gate", len(films), len(films))
    if not session.readable("current"):
        reasons = "; ".join(dict.fromkeys(reason for reason in session.refusals.values() if reason))
        raise NothingToRead(f"No film was read: {reasons or 'the study has no current film'}.")


def choose_films(session: Session) -> Films:
    """The films that are read together, of those that passed the gate."""
    current = session.readable("current")
    prior = choose_prior(session.study, session.readable("prior"))
    return Films(current[:MOST_FILMS], current[MOST_FILMS:], prior)


def encode_films(session: Session, job: Job, films: Films) -> Iterator[Event]:
    """Encode what was not encoded yet, and say what of the current films the model will not see."""
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
