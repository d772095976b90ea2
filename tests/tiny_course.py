"""A course with a model of a few numbers, for tests of the loop: it learns a rule in milliseconds. For tests only."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from inference.plain import to_plain
from inference.training.loop.course import Material
from inference.training.plan import PhasePlan, TrainingPlan
from inference.training.run_folder import PLAN
from inference.training.samples import Sample

PHASE = PhasePlan(
    name="instruction",
    parts=("lora",),
    tasks={"rule": 1.0},
    steps=40,
    batch=8,
    micro_batch=2,
    learning_rate=0.02,
    weight_decay=0.01,
    warm_up=4,
    save_every=7,
)


def tiny_plan(*phases: PhasePlan, **changes: Any) -> TrainingPlan:
    plan = TrainingPlan(pack="tiny", pack_sha256="", data=("none:",), phases=phases or (PHASE,), seed=5)
    return replace(plan, **changes)


def write_plan(folder: Path, plan: TrainingPlan) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAN).write_text(json.dumps(to_plain(plan)), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class TinyBatch:
    seen: Tensor  # (n, 6)
    answers: Tensor  # (n,): 0 or 1
    lengths: Tensor  # (n,): answer tokens of each

    @property
    def weight(self) -> float:
        return float(self.lengths.sum())

    def to(self, device: object) -> TinyBatch:
        return self


class TinyLearner(nn.Module):
    """Yes or no from six numbers, with dropout, so that a wrong seed shows."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.into = nn.Parameter(torch.randn(6, 16, generator=generator) * 0.4)
        self.out = nn.Parameter(torch.randn(16, 2, generator=generator) * 0.4)
        self.dropout = dropout

    def forward(self, batch: TinyBatch) -> Tensor:
        hidden = functional.dropout((batch.seen @ self.into).tanh(), self.dropout, self.training)
        losses = functional.cross_entropy(hidden @ self.out, batch.answers, reduction="none")
        return (losses * batch.lengths).sum()

    def parameter_groups(self) -> list[dict[str, Any]]:
        return [{"params": [self.into, self.out], "lr": PHASE.learning_rate, "weight_decay": 0.01}]

    def state(self) -> dict[str, Tensor]:
        return {name: one.detach().clone() for name, one in self.named_parameters()}

    def load_state(self, tensors: Any) -> None:
        self.load_state_dict(dict(tensors))

    def save_adapter(self, folder: Path) -> None:
        save_file(self.state(), folder / "adapter_model.safetensors")

    @contextmanager
    def judged(self) -> Iterator[None]:
        self.eval()
        with torch.no_grad():
            yield
        self.train()


def tiny_sample(index: int) -> Sample:
    """The answer is yes where the first of its numbers is above the second."""
    first, second, *_ = numbers_of(index)
    answer = "Yes." if first > second else "No."
    return Sample(f"s{index}", "none", f"s{index}", f"p{index}", "rule", f"[INST] ? [/INST]{answer}</s>")


def numbers_of(index: int) -> list[float]:
    lot = random.Random(index)
    return [lot.gauss(0, 1) for _ in range(6)]


def tiny_collate(samples: Sequence[Sample], *, varied: bool = True) -> TinyBatch:
    rows = torch.tensor([numbers_of(int(sample.id[1:])) for sample in samples])
    answers = torch.tensor([int(sample.text.endswith("Yes.</s>")) for sample in samples])
    return TinyBatch(rows, answers, torch.tensor([float(1 + int(one.id[1:]) % 5) for one in samples]))


@dataclass(frozen=True)
class StepSamples:
    micro_batches: Sequence[Sequence[Sample]]


class TinyOrder:
    def __init__(self, phase: PhasePlan, number: int) -> None:
        self._phase, self._first = phase, number * 1_000_000

    def step(self, step: int) -> StepSamples:
        samples = [
            tiny_sample(self._first + step * self._phase.batch + at) for at in range(self._phase.batch)
        ]
        size = self._phase.micro_batch
        return StepSamples([samples[at : at + size] for at in range(0, len(samples), size)])


class NoWatch:
    def before(self) -> None: ...

    def after_backward(self, step: int) -> bool:
        return True

    def after_steps(self, step: int) -> None: ...


class TinyCourse:
    """Args:
    learner: Makes another one than `TinyLearner`.
    """

    collate: Any = staticmethod(tiny_collate)
    validation: Sequence[Sample] = tuple(tiny_sample(900_000 + at) for at in range(24))

    def __init__(
        self, plan: TrainingPlan, folder: Path, learner: Callable[[], TinyLearner] = TinyLearner
    ) -> None:
        self.plan, self._learner = plan, learner

    def learner(self, number: int, begin: Path | None, device: str) -> TinyLearner:
        learner = self._learner()
        if begin is not None:
            from safetensors.torch import load_file

            learner.load_state(load_file(begin / "adapter_model.safetensors"))
        return learner

    def material(self, number: int, learner: TinyLearner) -> Material:
        order = TinyOrder(self.plan.phases[number], number)
        return Material(order, self.collate, self.validation, NoWatch())
