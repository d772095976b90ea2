"""The codes of findings and of a few concepts that pydicom's dictionary lacks. They stand in two CSV files only."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

OWN_SCHEME = "99SIDELIGHT"


@dataclass(frozen=True, slots=True)
class Concept:
    """One coded concept, as three attributes of a Code Sequence item say it (PS3.3 8.8)."""

    value: str  # Code Value (0008,0100)
    scheme: str  # Coding Scheme Designator (0008,0102)
    meaning: str  # Code Meaning (0008,0104)


@dataclass(frozen=True, slots=True)
class CodedLabel:
    """How a finding's label is written. `is_site_only`: the code names a place, the finding itself is told in words."""

    label: str
    concept: Concept
    match: str  # exact, narrower, broader, none
    radlex: str = ""  # empty where RadLex has no fitting term

    @property
    def is_site_only(self) -> bool:
        return self.match == "none" and self.concept.scheme != OWN_SCHEME


@cache
def labels() -> dict[str, CodedLabel]:
    """All rows of `findings.csv` by their label; kinds of a label are named "support devices: chest tube"."""
    return {
        row["label"]: CodedLabel(
            row["label"],
            Concept(row["value"], row["scheme"], row["meaning"]),
            row["match"],
            row["radlex"] if row["radlex_match"] == "exact" else "",
        )
        for row in _rows("findings.csv")
    }


@cache
def concepts() -> dict[str, Concept]:
    """The rows of `concepts.csv` by name."""
    return {
        row["name"]: Concept(row["value"], row["scheme"], row["meaning"]) for row in _rows("concepts.csv")
    }


def coded(label: str) -> CodedLabel | None:
    """The code of one of the 13 findings, in any case; None for a label that has none (a reader's own words)."""
    return labels().get(label.strip().lower())


def _rows(name: str) -> list[dict[str, str]]:
    text = files("inference.dicom").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
