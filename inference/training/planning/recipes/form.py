"""What a recipe is made of. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from inference.training.mix.published import Group
from inference.training.plan import LoraPlan, Part


@dataclass(frozen=True, slots=True)
class PhaseRecipe:
    """One phase. Its steps follow from how often each study is to be drawn, within bounds."""

    name: Literal["abstractor", "instruction"]
    parts: tuple[Part, ...]
    weights: Mapping[Group, Mapping[str, float]]  # of the tasks, by group; groups keep their shares
    batch: int
    learning_rate: float
    weight_decay: float
    warm_up: int
    draws_of_a_study: float  # over the whole phase, on average
    steps: tuple[int, int]  # at least, at most
    patience: int  # evaluations without improvement
    evaluations: int = 10  # over the phase
    lora: LoraPlan | None = None
    encoder_rate: float = 1.0
    augment: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    title: str  # for a person
    why: str  # a sentence
    phases: tuple[PhaseRecipe, ...]
