"""Which samples make a step, and which of them go through the model together: pure in (seed, phase, step).

Padding is computed as if it were words. So the samples of several steps, a window, are sorted by length and cut into
micro-batches of like length, which are then dealt to the window's steps by lot: a step still mixes short and long.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from inference.training.learner.conversations import Conversations
from inference.training.plan import PhasePlan
from inference.training.samples import Sample

WINDOW = 8
"""Steps. Longer windows pad a little less; a window's conversations are encoded at its first step."""

T = TypeVar("T")


class Draws(Protocol):
    """The task mix: a pure function of the index."""

    def draw(self, index: int) -> Sample: ...


@dataclass(frozen=True, slots=True)
class StepSamples:
    """A step: what goes through the model together, and what the sum of the losses is divided by."""

    micro_batches: tuple[tuple[Sample, ...], ...]
    weight: float


class Order:
    """The steps of a phase, in any order asked for.

    Args:
        mix: Gives the samples.
        phase: `batch` samples make a step, `micro_batch` at a time.
        conversations: Knows how long a sample is.
        seed: The plan's.
        window: Steps whose samples are sorted together; 1 keeps each step's own.
    """

    def __init__(
        self, mix: Draws, phase: PhasePlan, conversations: Conversations, seed: int, window: int = WINDOW
    ) -> None:
        self._mix, self._phase, self._seed, self._window = mix, phase, seed, window
        self._conversations = conversations
        self._at, self._steps = -1, ((),)  # type: tuple[int, Sequence[Sequence[Sequence[Sample]]]]

    def step(self, step: int) -> StepSamples:
        """Step `step`, from 0. The order in which steps are asked for changes nothing."""
        window, place = divmod(step, self._window)
        if window != self._at:
            self._steps, self._at = self._dealt(window), window
        groups = tuple(tuple(group) for group in self._steps[place])
        weight = sum(
            sample.weight * self._conversations(sample).answer_tokens for group in groups for sample in group
        )
        return StepSamples(groups, max(weight, 1e-6))

    def _dealt(self, window: int) -> Sequence[Sequence[Sequence[Sample]]]:
        count = self._window * self._phase.batch
        samples = [self._mix.draw(window * count + place) for place in range(count)]
        lengths = [len(self._conversations(sample).ids) for sample in samples]
        lot = random.Random(f"{self._seed} {self._phase.name} {window}")  # noqa: S311  # not cryptography
        return deal(samples, lengths, self._window, self._phase.batch, self._phase.micro_batch, lot)


def deal(
    items: Sequence[T], lengths: Sequence[int], steps: int, batch: int, micro_batch: int, lot: random.Random
) -> list[list[list[T]]]:
    """Cut `steps` * `batch` items into micro-batches of like length and deal them to the steps by lot.

    Every step gets `batch` items in micro-batches of `micro_batch`, the last of a step with the rest.
    """
    order = sorted(range(len(items)), key=lambda at: (lengths[at], at))
    whole, rest = divmod(batch, micro_batch)
    sizes = ([micro_batch] * whole + ([rest] if rest else [])) * steps
    groups, start = [], 0
    for size in sizes:
        groups.append([items[at] for at in order[start : start + size]])
        start += size
    full = [group for group, size in zip(groups, sizes, strict=True) if size == micro_batch]
    short = [group for group, size in zip(groups, sizes, strict=True) if size != micro_batch]
    lot.shuffle(full)
    lot.shuffle(short)
    return [full[at * whole : (at + 1) * whole] + short[at : at + 1] for at in range(steps)]


def by_length(samples: Sequence[Sample], size: int, conversations: Conversations) -> list[list[Sample]]:
    """Samples in groups of at most `size`, alike in length: for validation."""
    order = sorted(samples, key=lambda sample: (len(conversations(sample).ids), sample.id))
    return [order[start : start + size] for start in range(0, len(order), size)]
