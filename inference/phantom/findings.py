"""What can be wrong with the phantom: lesions as plain data, and how they are drawn by lot.

A lesion's place and shape follow from its seed, its extent and density from its severity. So the same lesion with
another severity is the same disease at another time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

LesionSide = Literal["right", "left", "both", "middle"]
Zone = Literal["upper", "middle", "lower", "whole"]

KINDS: dict[str, tuple[str, ...]] = {
    "enlarged cardiomediastinum": ("wide mediastinum",),
    "cardiomegaly": ("large heart",),
    "lung opacity": ("haze",),
    "lung lesion": ("nodule", "mass", "nodules"),
    "edema": ("perihilar",),
    "consolidation": ("lobar",),
    "pneumonia": ("patchy",),
    "atelectasis": ("plate", "collapse"),
    "pneumothorax": ("rim",),
    "pleural effusion": ("fluid",),
    "pleural other": ("apical cap", "thickening", "plaque"),
    "fracture": ("rib", "healed rib"),
    "support devices": (
        "endotracheal tube",
        "central line",
        "pacemaker",
        "chest tube",
        "feeding tube",
        "ECG leads",
    ),
}
"""Label (one of the 13 of `inference.backend.FINDINGS`) to the kinds that are drawn for it."""

IMPLIED: dict[str, tuple[str, ...]] = {
    "cardiomegaly": ("enlarged cardiomediastinum",),
    "lung lesion": ("lung opacity",),
    "edema": ("lung opacity",),
    "consolidation": ("lung opacity",),
    "pneumonia": ("lung opacity", "consolidation"),
    "atelectasis": ("lung opacity",),
    "pleural effusion": ("lung opacity",),
}
"""Labels a reader may also use for a lesion: neither present nor absent may be taught for them beside it."""

_FREQUENCY: dict[str, float] = {
    "enlarged cardiomediastinum": 0.05, "cardiomegaly": 0.14, "lung opacity": 0.12, "lung lesion": 0.12,
    "edema": 0.08, "consolidation": 0.10, "pneumonia": 0.10, "atelectasis": 0.11, "pneumothorax": 0.08,
    "pleural effusion": 0.16, "pleural other": 0.06, "fracture": 0.06, "support devices": 0.14,
}  # fmt: skip
_MIDDLE_KINDS = ("wide mediastinum", "large heart", "endotracheal tube", "feeding tube", "ECG leads")
_LOWER_KINDS = ("fluid", "plate", "collapse")


@dataclass(frozen=True, slots=True)
class Lesion:
    """One finding of one person."""

    label: str
    kind: str
    side: LesionSide
    zone: Zone
    severity: float  # 0 just visible, 1 extreme
    seed: int

    @property
    def grade(self) -> str:
        """Severity in words."""
        return "mild" if self.severity < 0.34 else "moderate" if self.severity < 0.67 else "severe"


def sample_lesion(label: str, rng: np.random.Generator, kind: str | None = None) -> Lesion:
    """Draw kind, side, zone and severity of one finding.

    Raises:
        ValueError: `label` is none of the 13 findings.
    """
    if label not in KINDS:
        raise ValueError(f"Unknown finding {label!r}; known are: {', '.join(KINDS)}")
    kind = kind or str(rng.choice(KINDS[label]))
    side: LesionSide = "right" if rng.random() < 0.5 else "left"
    zone: Zone = ("upper", "middle", "lower")[int(rng.integers(3))]
    if kind in _MIDDLE_KINDS:
        side, zone = "middle", "whole"
    elif kind in ("perihilar", "nodules"):
        side, zone = "both", "whole"
    elif kind == "pacemaker":
        side, zone = ("left" if rng.random() < 0.85 else "right"), "upper"
    elif kind == "central line":
        side, zone = ("right" if rng.random() < 0.7 else "left"), "upper"
    elif kind in ("rim", "apical cap"):
        zone = "upper"
    elif kind == "chest tube":
        zone = "whole"
    elif kind in _LOWER_KINDS:
        zone = "lower"
        if kind == "fluid" and rng.random() < 0.3:
            side = "both"
    elif kind == "thickening":
        zone = "middle"
    severity = float(np.clip(rng.beta(1.3, 1.6), 0.02, 1.0))
    return Lesion(label, kind, side, zone, severity, int(rng.integers(2**31)))


def sample_labels(rng: np.random.Generator) -> frozenset[str]:
    """Which findings a person has: about one in four has none; heart failure comes as a group."""
    if rng.random() < 0.24:
        return frozenset()
    labels = {label for label, often in _FREQUENCY.items() if rng.random() < 1.25 * often}
    if "edema" in labels:
        labels |= {label for label in ("cardiomegaly", "pleural effusion") if rng.random() < 0.55}
    if "pneumothorax" in labels and rng.random() < 0.25:
        labels.add("support devices")
    return frozenset(labels)


def sample_lesions(labels: frozenset[str], rng: np.random.Generator) -> tuple[Lesion, ...]:
    """One lesion for each label (support devices: one to three, of different kinds), in the labels' order."""
    lesions = []
    for label in KINDS:
        if label not in labels:
            continue
        if label == "support devices":
            kinds = rng.permutation(KINDS[label])[: int(rng.integers(1, 4))]
            lesions += [sample_lesion(label, rng, str(kind)) for kind in kinds]
        else:
            lesions.append(sample_lesion(label, rng))
    return _without_conflict(tuple(lesions))


def _without_conflict(lesions: tuple[Lesion, ...]) -> tuple[Lesion, ...]:
    """A pneumothorax and a large effusion on one side would hide each other: put the air on the other side."""
    fluid = {lesion.side for lesion in lesions if lesion.kind == "fluid"}
    free: LesionSide = "left" if "right" in fluid else "right"
    return tuple(
        replace(lesion, side=free) if lesion.kind == "rim" and fluid else lesion for lesion in lesions
    )
