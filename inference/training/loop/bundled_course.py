"""The pieces of a real run: sources, split and task mix, and the learner on its pack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from inference.training.checkpoint import DeadGradient
from inference.training.learner import alive
from inference.training.learner.collate import Collator
from inference.training.learner.learner import Learner, load_learner
from inference.training.learner.order import Order
from inference.training.loop.alarms import Alarm
from inference.training.loop.course import Material
from inference.training.mix import TaskMix
from inference.training.plan import TrainingPlan
from inference.training.planning.plan_file import check_plan
from inference.training.rows import DataSet, Split
from inference.training.sources import open_data
from inference.training.splits import split_patients

FEATURES = "features"


class BundledCourse:
    """What `plan` names, opened when it is first asked for.

    Raises:
        PlanRefused: The plan was edited to something that can't be run; the message names the field.
    """

    def __init__(self, plan: TrainingPlan, folder: Path) -> None:
        check_plan(plan)
        self.plan, self._folder = plan, folder

    def learner(self, number: int, begin: Path | None, device: str) -> Learner:
        return load_learner(self.plan, self.plan.phases[number], begin=begin, device=device)

    def material(self, number: int, learner: Learner) -> Material:
        plan, phase = self.plan, self.plan.phases[number]
        mix = TaskMix(
            self._datasets,
            self._splits,
            phase,
            plan.seed,
            takes_synthetic=plan.takes_synthetic,
            image_tokens=learner.core.config.image_tokens,
        )
        features = self._folder / FEATURES
        collator = Collator(learner, self._datasets, features, takes_synthetic=plan.takes_synthetic)
        return Material(
            Order(mix, phase, collator.conversations, plan.seed),
            collator,
            mix.validation(),
            AliveWatch(learner),
            tuple(f"The task {name} is left out: it needs {needs}." for name, needs in mix.missing.items()),
            collator.wipe,
        )

    @cached_property
    def _datasets(self) -> tuple[DataSet, ...]:
        return tuple(open_data(spec) for spec in self.plan.data)

    @cached_property
    def _splits(self) -> Mapping[str, Split]:
        return split_patients(self._datasets, self.plan.split)


class AliveWatch:
    """The learner's own checks, as alarms with a remedy."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._weights = alive.Weights(learner)

    def before(self) -> None:
        try:
            alive.check_planned(self._learner)
        except alive.OtherParameters as error:
            raise Alarm(
                f"{error} Nothing was trained. Check parts and lora.projections in plan.json against the base model."
            ) from error

    def after_backward(self, step: int) -> bool:
        try:
            return alive.check_gradients(self._learner, step)
        except DeadGradient as error:
            raise Alarm(
                f"{error} The weights are as they were. Leave that part out of parts in plan.json, or choose storage "
                "full; then resume."
            ) from error

    def after_steps(self, step: int) -> None:
        try:
            self._weights.check_moved(step)
        except alive.StillWeights as error:
            raise Alarm(f"{error} Raise learning_rate in plan.json, then start a new run from it.") from error
