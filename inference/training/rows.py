"""What the trainer learns from, whatever form it came in: studies of films with what is known of them. No torch, no Qt.

Every adaptor (`inference.training.sources`) makes these, the doctor examines them, the task mix turns them into
conversations. Not known is never treated as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from inference.backend import FINDINGS, NO_FINDING, FilmInput, Role, Xyxy

LABELS: tuple[str, ...] = (*FINDINGS, NO_FINDING)
"""The 14 labels, "no finding" last."""

Known = Literal["present", "absent", "uncertain"]
"""A label that is not in a mapping is not known."""
Split = Literal["train", "val", "test"]
QuestionKind = Literal["open", "closed", "difference"]


@dataclass(frozen=True, slots=True)
class KnownBox:
    """A place on a film: `label` is a finding's or an anatomical structure's name, lower case."""

    label: str
    xyxy: Xyxy  # stored pixels of the film
    kind: Literal["finding", "anatomy"] = "finding"
    phrase: str = ""  # the words of the report that it belongs to


@dataclass(frozen=True, slots=True)
class KnownFilm:
    """One film of a study. `key` is unique in its data set; `DataSet.open_film` gives its pixels."""

    key: str
    view: str = ""  # (0018,5101): PA, AP, LATERAL, … or empty
    role: Role = "current"
    days_before: int | None = None  # of a prior
    labels: Mapping[str, Known] = field(default_factory=dict)  # of this film; else the study's hold
    boxes: tuple[KnownBox, ...] = ()
    boxes_complete: frozenset[str] = frozenset()
    """Labels whose every place on this film was marked: no box then means not there."""
    size: tuple[int, int] | None = None  # rows, columns, where the source says it without opening the film
    is_synthetic: bool = False  # (0008,001C), or the source says so


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A question about the study with its true answer."""

    question: str
    answer: str
    kind: QuestionKind = "open"
    films: tuple[str, ...] = ()  # keys; empty: all films of the study


@dataclass(frozen=True, slots=True)
class KnownStudy:
    """One row of a data set: the films that are read together, and what is known of them.

    Texts are as the source has them, not cleaned: the doctor must see what is there. `row` names the place where a
    person finds it (`reports.csv:17`, `corrections 12`).
    """

    id: str  # unique in its data set
    row: str
    patient: str  # unique over all data sets: prefixed with the source where numbers may meet
    films: tuple[KnownFilm, ...]
    findings: str = ""  # the report's section
    impression: str = ""
    indication: str = ""
    prior_report: str = ""  # findings section of the prior's report
    labels: Mapping[str, Known] = field(default_factory=dict)
    label_source: str = ""  # who said so: "radiologist", "report", "text-mined", …
    answers: tuple[KnownAnswer, ...] = ()
    split: Split | None = None  # as the source has it; None: to be drawn by patient
    sex: str = ""  # M, F or empty: for slices of the evaluation
    age_years: float | None = None
    weight: float = 1.0  # how often it is drawn, against its data set's other studies
    source: str = (
        ""  # hospital or collection, where a data set holds several: labels and sources are confounded
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something of a source that could not be taken at all, and what to do about it."""

    row: str
    what: str
    remedy: str
    is_intended: bool = False  # left out on purpose: told, but no fault


@dataclass(frozen=True, slots=True)
class DataSet:
    """A source, read.

    `open_film` may be called from several threads. It raises `UnreadableFilm` with what is wrong in words.
    """

    name: str
    studies: tuple[KnownStudy, ...]
    open_film: Callable[[KnownFilm], FilmInput]
    troubles: tuple[Trouble, ...] = ()
    is_reference: bool = False  # an official test set: never trained on (MS-CXR, a published test split)


class UnreadableFilm(Exception):
    """A film's pixels can't be had; the message says why, in words that may be shown."""


def label_of(study: KnownStudy, film: KnownFilm, label: str) -> Known | None:
    """What is known of one label on one film: the film's own word before the study's. None: not known.

    A study's labels are of its current films; a prior's own are on its films, or not known.
    """
    return film.labels.get(label, None if film.role == "prior" else study.labels.get(label))
