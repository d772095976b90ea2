"""What is kept of one study, so that a run which was stopped can go on without reading it again. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from inference.backend import Box, Finding, Flag, NotRead, Sentence
from inference.read.draft import StudyDraft
from inference.read.findings_file import Skip
from inference.read.order import Order, role_of
from viewer.core.study import Film

State = Literal["read", "refused", "failed"]
"""`refused`: nothing in it can be read, today or tomorrow. `failed`: something went wrong; worth another try."""


@dataclass(frozen=True, slots=True)
class KeptSkip:
    """A film of the study that was not read; films go by `Film.key`, paths may change between two runs."""

    film: str
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """One study in the journal. It names no file and no person."""

    study: str  # fingerprint
    state: State
    reason: str = ""  # why it was refused or failed
    images: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    boxes: tuple[Box, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    flags: tuple[Flag, ...] = ()
    refusals: tuple[NotRead, ...] = ()
    report: str = ""
    impression: str = ""
    error: str = ""
    notices: Mapping[str, Any] = field(default_factory=dict)
    skips: tuple[KeptSkip, ...] = ()
    overlays: tuple[str, ...] = ()  # names of its pictures
    seconds: float = 0.0


def fingerprint(order: Order, pack_sha256: str, precision: str = "") -> str:
    """The same for the same model and the same files in the same parts, wherever they lie; 32 hex digits.

    Args:
        precision: The one that was asked for; empty for the program's own choice.
    """
    told = {
        "pack": pack_sha256,
        "precision": precision,
        "films": sorted(f"{film.file_sha256}@{film.frame} {role_of(film)}" for film in order.films),
        "priors": sorted(f"{film.file_sha256}@{film.frame}" for film in order.priors),
        "days_before": order.days_before,
        "prior_report": order.prior_report,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def state_of(draft: StudyDraft) -> tuple[State, str]:
    """What came of a study, and why nothing did."""
    if draft.films_read():
        return "read", ""
    refused = {one.image: one.reason for one in draft.refusals}
    if set(draft.images.values()) <= set(refused):  # also where no film could be decoded
        return ("failed", draft.error) if draft.error and not refused else ("refused", _joined(refused))
    return "failed", draft.error or "the reading did not finish"


def _joined(refused: Mapping[str, str]) -> str:
    return "; ".join(dict.fromkeys(refused.values())) or "no film of it can be decoded"


def record_of(
    study: str, draft: StudyDraft, skips: tuple[Skip, ...], overlays: tuple[str, ...], seconds: float
) -> Record:
    """What is kept of a study that was just read."""
    keys = {film.source: film.key for film in _all_films(draft.order)}
    state, reason = state_of(draft)
    return Record(
        study,
        state,
        reason,
        dict(draft.images),
        draft.findings,
        draft.boxes,
        draft.sentences,
        draft.flags,
        draft.refusals,
        draft.report,
        draft.impression,
        draft.error,
        {key: list(notices) for key, notices in draft.notices.items()},
        tuple(KeptSkip(keys[skip.source], skip.reason) for skip in skips),
        overlays,
        round(seconds, 3),
    )


def draft_of(record: Record, order: Order) -> tuple[StudyDraft, tuple[Skip, ...]]:
    """The draft as it was, of the films as they lie now."""
    sources = {film.key: film.source for film in _all_films(order)}
    draft = StudyDraft(
        order,
        record.images,
        record.findings,
        record.boxes,
        record.sentences,
        record.flags,
        record.refusals,
        record.report,
        record.impression,
        record.error,
        {key: tuple(map(str, notices)) for key, notices in record.notices.items()},
    )
    return draft, tuple(
        Skip(sources[skip.film], skip.reason) for skip in record.skips if skip.film in sources
    )


def _all_films(order: Order) -> tuple[Film, ...]:
    return (*order.films, *order.priors)
