"""A conversation about films, as a task makes it, and what a task gets to make it from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from inference.text import prompts
from inference.training.mix.places import Places
from inference.training.rows import DataSet, KnownFilm, KnownStudy

Turn = tuple[str, str]
"""What is asked, and what is answered."""
MOST_FILMS = 5  # of one study, as published


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns about `films`, which stand for the `<image>`s of the text in that order."""

    films: tuple[KnownFilm, ...]
    turns: tuple[Turn, ...]

    @property
    def text(self) -> str:
        """In the training chat format. Answers come from reports and sources: marks in them are taken out."""
        said: list[tuple[prompts.Role, str]] = []
        for asked, answered in self.turns:
            said += [("user", asked), ("assistant", prompts.plain(answered))]
        return prompts.chat_text(said)


@dataclass(frozen=True, slots=True)
class Case:
    """A study that a task asks about."""

    dataset: DataSet
    study: KnownStudy
    places: Places
    most_films: int = 2 * MOST_FILMS  # that fit into a sample

    @property
    def current(self) -> tuple[KnownFilm, ...]:
        return current_films(self.study)


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of conversation.

    `pools` says of a study, without opening a film, what it can be asked for; empty: nothing. Pools are drawn evenly,
    so that "not present" is asked about as often as what is there, however many studies lack it. `ask` makes the
    conversation, or None where the study turns out to give none (a box outside the square, for instance).
    """

    name: str
    needs: str  # in words, for a person whose data lack it
    pools: Callable[[KnownStudy], tuple[str, ...]]
    ask: Callable[[Case, str, Random], Conversation | None]
    least_films: int = 1  # that a sample must have room for
    needed_pool: str = ""  # without it the others would teach only to deny


def current_films(study: KnownStudy) -> tuple[KnownFilm, ...]:
    """The films of the study itself, without priors; frontal ones first, as the engine gives them."""
    films = [film for film in study.films if film.role != "prior"]
    return tuple(sorted(films, key=lambda film: film.role == "lateral"))


def prior_films(study: KnownStudy) -> tuple[KnownFilm, ...]:
    """The films of the nearest prior. Of priors without a date nothing says which is nearer: they are one."""
    priors = [film for film in study.films if film.role == "prior"]
    dated = [film.days_before for film in priors if film.days_before is not None]
    nearest = min(dated) if dated else None
    return tuple(film for film in priors if film.days_before == nearest)


def about_a_film(film: KnownFilm, turns: Sequence[Turn]) -> Conversation | None:
    """Questions about one film: the first with the picture, the others bare. None without a turn."""
    if not turns:
        return None
    (first, answer), later = turns[0], tuple(turns[1:])
    return Conversation((film,), ((prompts.on_image(first), answer), *later))


def some(turns: Sequence[Turn], most: int, rng: Random) -> list[Turn]:
    """At most `most` of the turns, in any order, as the published training shuffles them."""
    return rng.sample(list(turns), min(most, len(turns)))
