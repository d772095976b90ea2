"""One study as the engine holds it: its films, what the gate said, its conversations, and what was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.backend import CancelToken, FilmInput, StudyFilm, StudyInput
from inference.engine.answer_forms import AnswerForm
from inference.engine.constraint import AnswerConstraint, Pieces
from inference.engine.dialogue import Dialogue
from inference.engine.eyes import Eyes
from inference.engine.settings import ReadingSettings
from inference.engine.usage import Usage
from inference.errors import InvalidFilm

LATERAL = "lateral film; this model reads frontal films (PA or AP)"


class Verdict(Protocol):
    """What a gate says about one film (`inference.gate.GateResult`)."""

    @property
    def is_frontal_chest(self) -> bool: ...

    @property
    def reason(self) -> str: ...


class Gate(Protocol):
    """Decides whether a film may be read (`inference.gate.Gate`)."""

    def check(self, film: FilmInput, picture: NDArray[np.uint8], /) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class ReadTurns:
    """The conversation of a finished reading: later questions go on from here."""

    images: tuple[str, ...]
    report: str
    ids: tuple[int, ...]  # all of it, as it was read and decoded: encoding the texts again could give others


@dataclass(slots=True)
class LastReading:
    """What was read of a study; shared by all requests about it."""

    turns: ReadTurns | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A study with its caches, as one request sees it."""

    study: StudyInput
    dialogue: Dialogue
    refusals: dict[str, str] = field(default_factory=dict)  # image hash -> why not read; empty = it is read
    last_reading: LastReading = field(default_factory=LastReading)

    def for_request(self, usage: Usage) -> Session:
        """The same study for one request: caches are shared, counts and picture rows are its own."""
        return replace(self, dialogue=self.dialogue.for_request(usage))

    @property
    def reading(self) -> ReadTurns | None:
        """The conversation of the last finished reading."""
        return self.last_reading.turns

    def films(self, role: str) -> tuple[StudyFilm, ...]:
        return tuple(film for film in self.study.films if film.role == role)

    def readable(self, role: str) -> tuple[str, ...]:
        """Hashes of the films of `role` that passed the gate, each once, in the study's order."""
        passed = (film.image_sha256 for film in self.films(role))
        return tuple(dict.fromkeys(image for image in passed if not self.refusals[image]))


@dataclass(frozen=True, slots=True)
class YesNo:
    """How the model's answers `Yes.` and `No.` begin, and the ids where they part."""

    shared: tuple[int, ...]
    yes: int
    no: int

    @classmethod
    def of(cls, yes: list[int], no: list[int]) -> YesNo:
        """From the ids of both answers. Raises ValueError where one begins with all of the other."""
        for position, (one, other) in enumerate(zip(yes, no, strict=False)):
            if one != other:
                return cls(tuple(yes[:position]), one, other)
        raise ValueError("the vocabulary can't tell “Yes.” from “No.”")


@dataclass(frozen=True, slots=True)
class Job:
    """All that a request needs to be carried out."""

    eyes: Eyes
    gate: Gate
    settings: ReadingSettings
    pieces: Pieces  # tokens that answers of a given form are made of
    yes_no: YesNo
    film: Callable[[str], FilmInput]  # of the study
    usage: Usage
    cancel: CancelToken

    def constraint(self, form: AnswerForm) -> AnswerConstraint:
        return AnswerConstraint(form, self.pieces)


def check_film(session: Session, film: StudyFilm, job: Job) -> str:
    """Why a film of the study is not read; empty if it is. The gate is asked once per film and study."""
    image = film.image_sha256
    if image not in session.refusals:
        session.refusals[image] = LATERAL if film.role == "lateral" else _refusal(image, job)
    return session.refusals[image]


def _refusal(image: str, job: Job) -> str:
    film = job.film(image)
    try:
        result = job.gate.check(film, job.eyes.picture(film).grey)
    except InvalidFilm as error:  # one bad film must not cost the reading of the others
        return str(error)
    return "" if result.is_frontal_chest else result.reason


def look(session: Session, image: str, job: Job) -> None:
    """Encode a film, if that was not done yet, and make it known to the study's conversations."""
    session.dialogue.pictures.add(image, job.eyes.rows(job.film(image), job.usage, job.cancel))
