"""Everything that a plan is worked out from. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.training.plan import Part
from inference.training.planning.duration import Pace
from inference.training.planning.fingerprint import DataPrint
from inference.training.planning.machine import TrainingMachine
from inference.training.planning.recipes import Recipe

if TYPE_CHECKING:
    from inference.models.sizes import PartSizes


@dataclass(frozen=True, slots=True)
class Ground:
    """What a plan is worked out from."""

    data: DataPrint
    sizes: PartSizes
    image_tokens: int
    machine: TrainingMachine
    recipe: Recipe
    parts: tuple[Part, ...] | None = None  # instead of the recipe's, in its last phase
    hours: float | None = None  # the run shall not take longer
    paces: Mapping[str, Pace] | None = None  # measured, by phase
