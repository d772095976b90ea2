"""What a run is made of, as the loop sees it: the learner of a phase, and what it learns from and is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from inference.training.plan import TrainingPlan
from inference.training.samples import Sample


class Learning(Protocol):
    """The model that learns: `inference.training.learner` keeps this, and says it at length."""

    def __call__(self, batch: Any, /) -> Tensor:
        """Scalar: the sum over the answers' tokens; `batch.weight` is what their mean divides by."""
        ...

    def parameter_groups(self) -> list[dict[str, Any]]: ...
    def state(self) -> Mapping[str, Tensor]: ...
    def load_state(self, tensors: Mapping[str, Tensor]) -> None: ...
    def save_adapter(self, folder: Path) -> None: ...
    def judged(self) -> AbstractContextManager[Any]: ...


@runtime_checkable
class Averaging(Protocol):
    """A learner that keeps a moving average of its weights."""

    def after_step(self) -> None:
        """Called after each step of the optimizer."""
        ...


class Watch(Protocol):
    """Looks whether what should learn learns. Each call may raise `Alarm`."""

    def before(self) -> None: ...
    def after_backward(self, step: int) -> bool:
        """True once everything was seen alive; it is asked no more then."""
        ...

    def after_steps(self, step: int) -> None: ...


class StepOfSamples(Protocol):
    @property
    def micro_batches(self) -> Sequence[Sequence[Sample]]: ...


class InOrder(Protocol):
    """Which samples a step (from 0) has, alike in length. Pure in `step`."""

    def step(self, step: int) -> StepOfSamples: ...


class Collate(Protocol):
    def __call__(self, samples: Sequence[Sample], *, varied: bool = True) -> Any:
        """A batch with `weight` and `to(device)`. `varied`: pictures may be, if the phase says so."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """What a phase's learner is given."""

    order: InOrder
    collate: Collate
    validation: Sequence[Sample]
    watch: Watch
    notes: tuple[str, ...] = ()  # for a person, at the phase's beginning
    wipe: Callable[[], None] = lambda: None  # takes away from the disk what only the run needed


class Course(Protocol):
    """Makes the pieces. `number` is the phase's place in the plan, from 0."""

    @property
    def plan(self) -> TrainingPlan: ...
    def learner(self, number: int, begin: Path | None, device: str) -> Learning: ...
    def material(self, number: int, learner: Any) -> Material: ...
