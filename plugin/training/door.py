"""What the training window needs of the backend. Everything here waits: for worker threads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from inference.train_status import (
    Adapters,
    Means,
    PlanWish,
    RunDetail,
    RunSummary,
    TeachingCandidate,
    TeachingPlace,
    TrainingPlan,
)

if TYPE_CHECKING:
    from plugin.runs import EventsOfAJob


class Training(Protocol):
    """What is needed of `inference.train_client.TrainClient`."""

    def means(self) -> Means: ...
    def examine(self, data: Sequence[str]) -> EventsOfAJob: ...
    def plan(self, wish: PlanWish) -> EventsOfAJob: ...
    def runs(self) -> tuple[RunSummary, ...]: ...
    def run(self, id: str, after: int = 0) -> RunDetail: ...
    def start(self, plan: TrainingPlan) -> RunSummary: ...
    def pause(self, id: str) -> RunSummary: ...
    def resume(self, id: str) -> RunSummary: ...
    def evaluate(self, id: str) -> EventsOfAJob: ...
    def promote(self, id: str) -> EventsOfAJob: ...
    def adapters(self, pack: str = "") -> Adapters: ...
    def teaching_order(
        self, candidates: Sequence[TeachingCandidate], known: Sequence[str] = ()
    ) -> tuple[TeachingPlace, ...]: ...
    def roll_back(self, pack: str = "") -> Adapters: ...


class TrainingClient(Protocol):
    @property
    def training(self) -> Training: ...


class TrainingDoor(Protocol):
    """What is needed of `inference.supervisor.BackendProcess`."""

    def client(self) -> TrainingClient: ...
