"""One person at one time: anatomy, lesions and how the films are taken; and the same person later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from inference.phantom.anatomy import Thorax, sample_thorax
from inference.phantom.detector import Exposure, sample_exposure
from inference.phantom.findings import IMPLIED, KINDS, Lesion, sample_labels, sample_lesion, sample_lesions

ChangeKind = Literal["new", "larger", "unchanged", "smaller", "resolved"]


@dataclass(frozen=True, slots=True)
class Case:
    """All that is needed to compute a person's films. The same case always gives the same films."""

    seed: int
    thorax: Thorax
    lesions: tuple[Lesion, ...]
    exposure: Exposure
    is_supine: bool = False  # of the AP film only: PA and lateral are taken upright

    @property
    def findings(self) -> frozenset[str]:
        """Labels of the lesions that are there."""
        return frozenset(lesion.label for lesion in self.lesions)

    def states(self) -> dict[str, bool | None]:
        """Each of the 13 findings: present, absent, or None where a reader may call a lesion by that name too."""
        implied = {label for finding in self.findings for label in IMPLIED.get(finding, ())}
        return {
            label: True if label in self.findings else None if label in implied else False for label in KINDS
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one lesion between two cases of one person."""

    lesion: Lesion  # as it is now; as it was, if it has resolved
    kind: ChangeKind


def sample_case(seed: int, *, findings: frozenset[str] | None = None) -> Case:
    """Draw a person.

    Args:
        seed: The same seed gives the same case.
        findings: Exactly the labels the person shall have; None draws them by lot, often none.

    Raises:
        ValueError: A label is none of the 13 findings.
    """
    rng = np.random.default_rng([seed, 0])
    labels = sample_labels(rng) if findings is None else findings
    unknown = labels - KINDS.keys()
    if unknown:
        raise ValueError(f"Unknown findings {sorted(unknown)}; known are: {', '.join(KINDS)}")
    is_portable = bool(rng.random() < 0.5)
    return Case(
        seed=seed,
        thorax=sample_thorax(seed),
        lesions=sample_lesions(labels, rng),
        exposure=sample_exposure(seed, is_portable=is_portable),
        is_supine=bool(rng.random() < 0.5),
    )


def follow_up(case: Case, seed: int) -> tuple[Case, tuple[Change, ...]]:
    """The same person at a later study: another breath, another position, another exposure, known changes."""
    rng = np.random.default_rng([case.seed, seed, 8])
    changes = [_course(lesion, rng) for lesion in case.lesions]
    free = sorted(set(KINDS) - case.findings)
    if free and rng.random() < 0.35:
        changes.append(Change(sample_lesion(str(rng.choice(free)), rng), "new"))
    lesions = tuple(change.lesion for change in changes if change.kind != "resolved")
    thorax = replace(
        case.thorax,
        inspiration_mm=case.thorax.inspiration_mm + float(rng.normal(0, 4)),
        rotation_deg=float(rng.normal(0, 2)),
        shoulder_mm=case.thorax.shoulder_mm + float(rng.normal(0, 3)),
        scapula_mm=case.thorax.scapula_mm + float(rng.normal(0, 3)),
        stomach_gas=float(np.clip(rng.normal(0.8, 0.5), 0, 1.6)),
    )
    later = Case(
        seed=int(rng.integers(2**31)),
        thorax=thorax,
        lesions=lesions,
        exposure=sample_exposure(int(rng.integers(2**31)), is_portable=bool(rng.random() < 0.5)),
        is_supine=case.is_supine,
    )
    return later, tuple(changes)


def _course(lesion: Lesion, rng: np.random.Generator) -> Change:
    """Draw what becomes of a lesion. Old things stay: calcified plaques, scars, pacemakers."""
    lasting = lesion.kind in ("plaque", "apical cap", "thickening", "pacemaker", "healed rib", "rib")
    odds = (0.0, 1.0, 0.0, 0.0) if lasting else (0.27, 0.28, 0.27, 0.18)
    kind: ChangeKind = ("larger", "unchanged", "smaller", "resolved")[int(rng.choice(4, p=odds))]
    if lesion.label == "support devices" and kind in ("larger", "smaller"):
        kind = "unchanged"
    step = float(rng.uniform(0.25, 0.45))
    if kind == "larger" and lesion.severity > 0.7:
        kind = "smaller"
    if kind == "smaller" and lesion.severity < 0.3:
        kind = "larger"
    severity = lesion.severity + {"larger": step, "smaller": -step}.get(kind, 0.0)
    return Change(replace(lesion, severity=float(np.clip(severity, 0.02, 1.0))), kind)
