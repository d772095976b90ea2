"""What the doctor can find, and what it hands back. Plain data; the texts name no patient and quote no report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from inference.plain import from_plain, to_plain

Kind = Literal[
    "patient_in_two_splits",
    "reference_in_training",
    "study_twice",
    "duplicate_film",
    "near_duplicate_film",
    "unreadable_film",
    "picture_count",
    "too_long",
    "label_mix",
    "label_contradiction",
    "unknown_label",
    "view_mix",
    "view_contradiction",
    "empty_report",
    "boilerplate",
    "removed_marks",
    "prior_not_given",
    "side_contradiction",
    "identifier",
    "synthetic_film",
    "wrong_size",
    "inverted_film",
    "blank_film",
    "not_a_chest",
    "box_outside",
    "source_trouble",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

TITLES: Mapping[Kind, str] = {
    "patient_in_two_splits": "Patient in two splits",
    "reference_in_training": "Reference test set inside training",
    "study_twice": "The same study twice",
    "duplicate_film": "The same film twice",
    "near_duplicate_film": "Nearly the same film twice",
    "unreadable_film": "Film that can't be read",
    "picture_count": "Pictures and picture marks do not agree",
    "too_long": "Too long: something is cut off",
    "label_mix": "Labels one-sided",
    "label_contradiction": "Labels contradict each other or the report",
    "unknown_label": "Label that no finding has",
    "view_mix": "Views one-sided",
    "view_contradiction": "View contradicts the words or the picture",
    "empty_report": "Empty report, or nothing to learn",
    "boilerplate": "Boilerplate",
    "removed_marks": "Marks of removed words",
    "prior_not_given": "Report speaks of a prior that is not given",
    "side_contradiction": "Left and right contradict each other",
    "identifier": "Words that may tell whose it is",
    "synthetic_film": "Synthetic film",
    "wrong_size": "Film of a wrong size",
    "inverted_film": "Inverted or upside-down film",
    "blank_film": "Blank film",
    "not_a_chest": "Not a chest radiograph",
    "box_outside": "Box outside the film, or outside what the model sees",
    "source_trouble": "Row that could not be taken",
}
FORBIDDING: frozenset[Kind] = frozenset(
    {"patient_in_two_splits", "reference_in_training", "synthetic_film", "unreadable_film", "picture_count"}
)
"""Kinds that make a run worthless or stop it: they are mended before training. The others are for a person to judge."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one place. A fault of a whole split names the split as its row."""

    kind: Kind
    row: str  # where a person finds it, as the source names it: `reports.csv:17`
    what: str
    remedy: str
    study: str = ""  # its id in its data set; empty where no single study is meant
    source: str = ""  # the data set's name


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths of the texts or conversations, in `unit`."""

    unit: Literal["words", "tokens"]
    median: int
    percentile_99: int
    longest: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is, whether at fault or not. The inner mappings count by word."""

    studies: Mapping[str, int] = field(default_factory=dict)  # by split
    patients: Mapping[str, int] = field(default_factory=dict)  # by split
    labels: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)  # split, label, known
    views: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # split, view
    with_report: int = 0
    with_boxes: int = 0
    lengths: Lengths | None = None
    films: int = 0
    films_opened: int = 0


@dataclass(frozen=True, slots=True)
class Examination:
    """What the doctor says of a set. `not_looked_at` names what it could not judge."""

    faults: tuple[Fault, ...]
    counts: Counts
    seconds: float
    not_looked_at: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # rows that a source leaves out on purpose
    sources: tuple[str, ...] = ()
    format: int = 1

    @property
    def must_be_mended(self) -> tuple[Fault, ...]:
        """Faults that make a run worthless or stop it."""
        return tuple(fault for fault in self.faults if fault.kind in FORBIDDING)

    def by_kind(self) -> Mapping[Kind, tuple[Fault, ...]]:
        """The kinds that were found, in the order of KINDS."""
        return {
            kind: found
            for kind in KINDS
            if (found := tuple(fault for fault in self.faults if fault.kind == kind))
        }

    def to_json(self) -> str:
        """Reads back equal with `examination_from_json`."""
        return json.dumps(to_plain(self), ensure_ascii=False, indent=1)


def examination_from_json(text: str) -> Examination:
    """Raises: ValueError or InvalidRequest, if it is no examination."""
    data: Any = json.loads(text)
    return from_plain(Examination, data, "examination")
