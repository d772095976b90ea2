"""One signed report with the draft that it was made from, as the trainer reads it. Plain data without identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inference.backend import Role, Xyxy
from inference.plain import from_plain, to_plain

FORMAT = 1
UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a format to the next one: small, and each with a test."""

Verdict = Literal["untouched", "accepted", "edited", "rejected", "added"]
Mode = Literal["second reader", "concurrent", "triage"]


@dataclass(frozen=True, slots=True)
class CaseFilm:
    """A film of the case. Its pixels lie under `image` (see `CorrectionStore.film`)."""

    image: str  # image_sha256, see inference.backend.FilmInput
    role: Role
    days_before: int | None = (
        None  # of a prior: days before the current study; the dates themselves are not kept
    )


@dataclass(frozen=True, slots=True)
class CaseBox:
    """A place as it counts after the reader's work, in stored pixels of its film (see inference.backend.Xyxy)."""

    image: str
    xyxy: Xyxy
    origin: Literal["ai", "human"]
    of_xyxy: Xyxy | None = None  # the AI's original of a box that the reader moved


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """One of the model's present findings with the reader's verdict, or one that the reader added."""

    image: str
    label: str  # as the reader words it; from inference.backend.FINDINGS unless it was reworded
    verdict: Verdict
    model_label: str = ""  # from inference.backend.FINDINGS; empty: the reader added it
    reason: str = ""  # of a rejected one: not there, wrong place, known, device, other
    certainty: str = ""  # the reader's: likely, possible, unlikely; else the model's
    side: str = ""
    note: str = ""  # the reader's words, scrubbed
    confidence: float | None = None  # the model's, 0..1
    is_calibrated: bool = False
    boxes: tuple[CaseBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What the model drafted and what the reader signed. Texts are scrubbed (see `scrub`)."""

    study: str  # pseudonym; one study's addenda are further versions of it
    patient: str  # pseudonym; the trainer splits by it, so that no patient is in two parts
    version: int  # of the signed report, from 1
    drafted_report: str
    drafted_impression: str
    signed_report: str
    signed_impression: str
    addendum: str
    mode: Mode  # how the AI was shown
    saw_ai: bool  # what the AI found had been shown before the signature
    pack: str  # id and version of the model that drafted
    pack_sha256: str
    films: tuple[CaseFilm, ...] = ()
    findings: tuple[CaseFinding, ...] = ()
    scrubbed: Mapping[str, int] | None = None  # how many of what were taken out of the texts


def case_to_plain(case: Case) -> dict[str, Any]:
    plain = to_plain(case)
    return dict(plain) | {"scrubbed": dict(case.scrubbed or {})}


def case_from_plain(data: dict[str, Any], written_as: int = FORMAT) -> Case:
    """Read what this or an older version wrote.

    Raises:
        InvalidRequest: It is not such a case.
        KeyError: It was written by a newer version.
    """
    for step in range(written_as, FORMAT):
        data = UPGRADES[step](data)
    if written_as > FORMAT:
        raise KeyError(written_as)
    return from_plain(Case, data, "case")
