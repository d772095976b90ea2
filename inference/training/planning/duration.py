"""How long a run will take: from a measured step where there is one, else from sizes. Pure: no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.training.plan import PhasePlan, Storage

if TYPE_CHECKING:
    from inference.models.sizes import PartSizes
    from inference.training.planning.machine import TrainingMachine

NF4_SLOWER = 1.35
"""Unpacking costs about a third (bnb#611: 36.5 against 48.6 tokens a second)."""
LEAST_STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for one sample of a step, and for one film that is looked at for the first time."""

    sample_s: float
    film_s: float
    is_measured: bool = False


@dataclass(frozen=True, slots=True)
class SampleSize:
    """A sample as it is on average."""

    tokens: float
    films: float


def pace_from_sizes(
    sizes: PartSizes, machine: TrainingMachine, storage: Storage, phase: PhasePlan, sample: SampleSize
) -> Pace:
    """A guess from the number of multiplications; right within a factor of two or three."""
    passes = 6 if phase.gradient_checkpointing else 4  # there, back, and there again; two operations each
    language = (passes + (2 if "language" in phase.parts else 0)) * sizes.language * sample.tokens
    film = 2.0 * (sizes.vision * sizes.patches)
    abstractor = 6.0 * sizes.abstractor * sizes.patches / 2 * sample.films
    seconds = (language * (NF4_SLOWER if storage == "nf4" else 1.0) + abstractor) / machine.flops_per_s
    film_s = film / machine.flops_per_s
    if "vision" in phase.parts or phase.augment:
        seconds += 3 * film_s * sample.films
        film_s = 0.0
    return Pace(max(seconds, LEAST_STEP_S / phase.batch), film_s)


def phase_seconds(phase: PhasePlan, pace: Pace, films: int, validation_samples: int) -> float:
    """Steps, the first look at each film, and what judging takes (a third of learning, a sample)."""
    evaluations = phase.steps // phase.evaluate_every if phase.evaluate_every else 1
    judging = evaluations * validation_samples * pace.sample_s / 3
    return phase.steps * phase.batch * pace.sample_s + films * pace.film_s + judging
