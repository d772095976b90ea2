"""A plan as a file: written for a person to read and edit, and refused with the field's name where it can't be run."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from inference.backend import FINDINGS
from inference.errors import InvalidRequest
from inference.plain import from_plain, to_plain
from inference.training.mix.task_mix import check_tasks
from inference.training.plan import Part, PhasePlan, TrainingPlan

PARTS: tuple[Part, ...] = ("abstractor", "vision", "lora", "language")
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LEAST_LENGTH = 64


class PlanRefused(InvalidRequest):
    """A plan can't be run as it stands; the message names the field and what is allowed."""

    remedy = "Correct the field in plan.json, or work out a new plan with `sidelight train plan`."


def write_plan(file: Path, plan: TrainingPlan) -> None:
    """Write the plan, in one rename: nobody ever reads half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.new")
    partial.write_text(json.dumps(to_plain(plan), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(partial, file)  # noqa: PTH105  # atomic on every platform


def read_plan(file: Path) -> TrainingPlan:
    """Read a plan, edited or not.

    Raises:
        PlanRefused: It is no plan, or a field has a value that can't be run.
        FileNotFoundError: There is none.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanRefused(f"{file} is no JSON: {error}.") from error
    try:
        plan = from_plain(TrainingPlan, data, "plan")
        check_plan(plan)
    except PlanRefused:
        raise
    except InvalidRequest as error:
        raise PlanRefused(str(error)) from error
    return plan


def check_plan(plan: TrainingPlan) -> None:
    """Look at every value that a person may have edited.

    Raises:
        PlanRefused: The message names the field and what is allowed.
    """
    _wants(plan.format == 1, "plan.format", "1: this version writes and reads no other")
    _wants(bool(plan.pack), "plan.pack", "the id of an installed pack, or a folder")
    _wants(bool(plan.data), "plan.data", "a list of KIND:PATH with one at least")
    _wants(bool(plan.phases), "plan.phases", "a list with one phase at least")
    for name, share in (("val", plan.split.val), ("test", plan.split.test)):
        _wants(0 <= share < 1, f"plan.split.{name}", "a share from 0 up to 1")
    _wants(plan.split.val + plan.split.test < 1, "plan.split", "shares that leave patients to learn from")
    _wants(plan.device in ("cpu", "cuda"), "plan.device", "cpu or cuda")
    _among(plan.guarded, FINDINGS, "plan.guarded")
    names = [phase.name for phase in plan.phases]
    _wants(len(set(names)) == len(names), "plan.phases", "phases of different names")
    for at, phase in enumerate(plan.phases):
        _check_numbers(phase, f"plan.phases[{at}]")
        if plan.synthesis is None:
            _check_phase(phase, f"plan.phases[{at}]", plan.storage)
    if plan.synthesis is not None:
        from inference.synthesis.training.plan_file import check_drawing

        check_drawing(plan)


def _check_phase(phase: PhasePlan, where: str, storage: str) -> None:
    _wants(
        phase.name != "drawing", f"{where}.name", "abstractor or instruction; drawing needs plan.synthesis"
    )
    _among(phase.parts, PARTS, f"{where}.parts")
    _wants(bool(phase.parts), f"{where}.parts", f"a list of some of {', '.join(PARTS)}")
    _wants(len(set(phase.parts)) == len(phase.parts), f"{where}.parts", "a list that names each part once")
    _wants(bool(phase.tasks), f"{where}.tasks", "task names with their weights, one at least")
    try:
        check_tasks(phase.tasks)
    except InvalidRequest as error:
        raise PlanRefused(f"{where}.{error}") from error
    _wants(
        sum(map(float, phase.tasks.values())) > 0,
        f"{where}.tasks",
        "weights of which one at least is above 0",
    )
    _wants(phase.max_length >= LEAST_LENGTH, f"{where}.max_length", f"at least {LEAST_LENGTH} tokens")
    _check_parts(phase, where, storage)


def _check_numbers(phase: PhasePlan, where: str) -> None:
    """Of any phase, whatever it teaches."""
    for name in ("steps", "batch", "micro_batch", "save_every"):
        _wants(getattr(phase, name) >= 1, f"{where}.{name}", "a whole number from 1 on")
    for name in ("warm_up", "evaluate_every", "patience"):
        _wants(getattr(phase, name) >= 0, f"{where}.{name}", "a whole number from 0 on")
    _wants(phase.micro_batch <= phase.batch, f"{where}.micro_batch", f"at most batch, which is {phase.batch}")
    _wants(phase.warm_up < phase.steps or phase.warm_up == 0, f"{where}.warm_up", "fewer than steps")
    _wants(_is_above_zero(phase.learning_rate), f"{where}.learning_rate", "a number above 0")
    _wants(phase.learning_rate <= 1, f"{where}.learning_rate", "at most 1; usual is 0.0001")
    _wants(0 <= phase.weight_decay <= 1, f"{where}.weight_decay", "a number from 0 to 1")
    _wants(_is_above_zero(phase.clip), f"{where}.clip", "a number above 0")
    _wants(0 <= phase.encoder_rate <= 1, f"{where}.encoder_rate", "a number from 0 to 1")


def _check_parts(phase: PhasePlan, where: str, storage: str) -> None:
    has_lora = "lora" in phase.parts
    _wants(
        not (has_lora and "language" in phase.parts), f"{where}.parts", "either lora or language, not both"
    )
    _wants(
        not (storage == "nf4" and "language" in phase.parts),
        f"{where}.parts",
        "without language while plan.storage is nf4: 4-bit weights can't learn",
    )
    _wants(
        has_lora == (phase.lora is not None),
        f"{where}.lora",
        "given where parts names lora, and null where it does not",
    )
    if phase.lora is None:
        return
    _wants(phase.lora.rank >= 1, f"{where}.lora.rank", "a whole number from 1 on")
    _wants(_is_above_zero(phase.lora.alpha), f"{where}.lora.alpha", "a number above 0")
    _wants(0 <= phase.lora.dropout < 1, f"{where}.lora.dropout", "a number from 0 up to 1")
    _wants(bool(phase.lora.projections), f"{where}.lora.projections", f"some of {', '.join(PROJECTIONS)}")
    _among(phase.lora.projections, PROJECTIONS, f"{where}.lora.projections")


def without_expectation(plan: TrainingPlan) -> TrainingPlan:
    """The plan without what the planner worked out about it: what decides a run, and nothing else."""
    return replace(plan, expected=None)


def _wants(is_so: bool, field: str, allowed: str) -> None:
    if not is_so:
        raise PlanRefused(f"{field} must be {allowed}.")


def _among(names: Iterable[str], allowed: Mapping[str, object] | tuple[str, ...], field: str) -> None:
    for name in names:
        if name not in allowed:
            raise PlanRefused(f"{field} names “{name[:40]}”; there are {', '.join(allowed)}.")


def _is_above_zero(number: float) -> bool:
    return 0 < number < math.inf
