"""Two models side by side on one study: what the base drafts, and what it drafts with an adapter. Plain data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from inference.backend import (
    Box,
    CancelToken,
    FilmInput,
    Finding,
    Finished,
    NotRead,
    ReadStudy,
    StudyFilm,
    StudyInput,
    Xyxy,
)
from inference.engine.engine import M4cxrBackend
from inference.engine.session import Gate
from inference.evaluation.ask_site import named
from inference.evaluation.site_answers import Named
from inference.packs import Pack


@dataclass(frozen=True, slots=True)
class FilmOfStudy:
    """A film and its part in the study."""

    film: FilmInput
    part: StudyFilm


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding on a film as one model sees it."""

    label: str
    presence: str
    confidence: float | None
    calibrated: bool
    image: str
    boxes: tuple[Xyxy, ...] = ()


@dataclass(frozen=True, slots=True)
class OneReading:
    """What one model says of the study. A draft: nobody reviewed it."""

    model: Named
    findings: tuple[PlacedFinding, ...]
    report: str
    impression: str
    seconds: float
    load_seconds: float
    not_read: tuple[str, ...] = ()  # films that the gate refused, with the reason


@dataclass(frozen=True, slots=True)
class Changed:
    """A finding that the two models see differently: another decision, or another certainty."""

    image: str
    label: str
    before: str
    after: str
    confidence_before: float | None
    confidence_after: float | None

    @property
    def is_decided_otherwise(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Both readings, and what differs: other decisions first, then the largest steps in certainty."""

    before: OneReading
    after: OneReading
    changed: tuple[Changed, ...]


def compare_on_study(
    adapter: Pack,
    films: Sequence[FilmOfStudy],
    *,
    prior_report: str = "",
    device: str = "cpu",
    gate: Gate | None = None,
) -> SideBySide:
    """Read the study with the adapter's base, then with the adapter.

    Args:
        adapter: An adapter's pack, active or not.
        films: The study's films with their roles.
        prior_report: Findings of the prior's report.
        device: Where the models run.
        gate: None = the bundled one.

    Raises:
        NothingToRead: The gate refused every current film.
        PackRefused, PackQuarantined, OutOfMemory: As the engine says.
        ValueError: The pack is no adapter.
    """
    if adapter.base is None:
        raise ValueError(f"“{adapter.manifest.id}” is a whole model: there is nothing to compare it with.")
    before, after = (_read(pack, films, prior_report, device, gate) for pack in (adapter.base, adapter))
    return SideBySide(before, after, tuple(_changed(before, after)))


def _read(
    pack: Pack, films: Sequence[FilmOfStudy], prior_report: str, device: str, gate: Gate | None
) -> OneReading:
    start = time.perf_counter()
    backend = M4cxrBackend(pack, device=device, gate=gate)
    loaded = time.perf_counter()
    for one in films:
        backend.put_film(one.film)
    backend.put_study(StudyInput("study", tuple(one.part for one in films), prior_report=prior_report))
    events = list(backend.run(ReadStudy("study"), CancelToken()))
    backend.close()
    boxes: dict[str, list[Xyxy]] = {}
    for box in events:
        if isinstance(box, Box) and box.finding_id is not None:
            boxes.setdefault(box.finding_id, []).append(box.xyxy)
    findings = tuple(
        PlacedFinding(
            one.label, one.presence, one.confidence, one.calibrated, one.image, tuple(boxes.get(one.id, ()))
        )
        for one in events
        if isinstance(one, Finding)
    )
    result = next(one.result for one in events if isinstance(one, Finished))
    return OneReading(
        named(pack),
        findings,
        str(result.get("report", "")),
        str(result.get("impression", "")),
        round(time.perf_counter() - loaded, 2),
        round(loaded - start, 2),
        tuple(one.reason for one in events if isinstance(one, NotRead)),
    )


def _changed(before: OneReading, after: OneReading) -> list[Changed]:
    others = {(one.image, one.label): one for one in after.findings}
    found = []
    for one in before.findings:
        other = others.get((one.image, one.label))
        if other is None or (one.presence, one.confidence) == (other.presence, other.confidence):
            continue
        found.append(
            Changed(one.image, one.label, one.presence, other.presence, one.confidence, other.confidence)
        )
    found.sort(key=lambda one: (not one.is_decided_otherwise, -_step(one)))
    return found


def _step(one: Changed) -> float:
    return abs((one.confidence_after or 0.0) - (one.confidence_before or 0.0))
