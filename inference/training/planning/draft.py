"""From what the data and the machine are to a plan: every choice with its reason in words. Pure: no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from inference.training.mix.published import shares
from inference.training.mix.task_mix import VALIDATION_SAMPLES, NothingToLearn
from inference.training.plan import Expected, Part, PhasePlan, Precision, Storage
from inference.training.planning.duration import Pace, SampleSize, pace_from_sizes, phase_seconds
from inference.training.planning.fingerprint import LONGEST, mean, percentile
from inference.training.planning.ground import Ground
from inference.training.planning.memory import StepSize, training_ledger
from inference.training.planning.reasons import reasons
from inference.training.planning.recipes import PhaseRecipe, Recipe

STEP_OF_LENGTH = 64
LEAST_WORDS = 256
"""Tokens beside one picture that a plan must leave room for: a prompt with its findings, and a report."""
MOST_TOGETHER = 8
SAVE_EVERY_S = 600.0
MOST_SHORTENINGS = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """The part of a plan that depends on data and machine."""

    phases: tuple[PhasePlan, ...]
    storage: Storage
    precision: Precision
    expected: Expected
    fits: bool


def draft(ground: Ground) -> Draft:
    """Work out the phases.

    Raises:
        NothingToLearn: The data feed none of the recipe's tasks.
    """
    phases = tuple(_phase(ground, recipe) for recipe in learning(ground.recipe, ground.parts))
    precision: Precision = (
        "bfloat16" if ground.machine.kind == "cuda" and ground.machine.has_bfloat16 else "float32"
    )
    fitted, storage, peak = _fit(ground, phases, precision)
    timed, seconds, slowest = _in_time(ground, fitted, storage)
    saved = tuple(_with_saves(phase, slowest) for phase in timed)
    expected = Expected(
        seconds=round(seconds, 1),
        peak_bytes=peak,
        studies={str(split): count for split, count in ground.data.studies.items()},
        reasons=tuple(reasons(ground, phases, saved, storage, precision, peak, seconds)),
    )
    return Draft(saved, storage, precision, expected, peak <= ground.machine.budget_bytes)


def learning(recipe: Recipe, parts: tuple[Part, ...] | None) -> tuple[PhaseRecipe, ...]:
    """The recipe's phases; where somebody chose `parts`, these learn in the last one."""
    if parts is None:
        return recipe.phases
    last = recipe.phases[-1]
    lora = last.lora if "lora" in parts else None
    return (*recipe.phases[:-1], replace(last, parts=parts, lora=lora))


def _phase(ground: Ground, recipe: PhaseRecipe) -> PhasePlan:
    """The phase as the data want it; how it fits the machine comes after."""
    data = ground.data
    tasks = shares(data.tasks, recipe.weights)
    if not tasks:
        wanted = [name for group in recipe.weights.values() for name in group]
        raise NothingToLearn(
            f"The phase “{recipe.name}” has no task that the data can feed; it knows {', '.join(wanted)}."
        )
    least, most = recipe.steps
    wanted_steps = math.ceil(data.studies.get("train", 0) * recipe.draws_of_a_study / recipe.batch)
    steps = min(most, max(least, wanted_steps))
    return PhasePlan(
        name=recipe.name,
        parts=recipe.parts,
        tasks={name: round(weight, 4) for name, weight in tasks.items()},
        steps=steps,
        batch=recipe.batch,
        micro_batch=min(MOST_TOGETHER, recipe.batch),
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warm_up=min(recipe.warm_up, steps // 10),
        lora=recipe.lora,
        max_length=_length(percentile(data.tasks, tasks, 0.99)),
        evaluate_every=max(1, steps // recipe.evaluations) if data.patients.get("val") else 0,
        patience=recipe.patience if data.patients.get("val") else 0,
        augment=recipe.augment,
        encoder_rate=recipe.encoder_rate,
    )


def _length(tokens: int) -> int:
    return min(LONGEST, math.ceil((tokens + 1) / STEP_OF_LENGTH) * STEP_OF_LENGTH)


# ── what fits ───────────────────────────────────────────────────────────────────────────────────────────────────


def _fit(
    ground: Ground, phases: tuple[PhasePlan, ...], precision: Precision
) -> tuple[tuple[PhasePlan, ...], Storage, int]:
    """The first storage in which all phases fit; where none does, the smallest form of the last, whose peak says so."""
    storages: tuple[Storage, ...] = ("full", "nf4")
    if any("language" in phase.parts for phase in phases):
        storages = ("full",)
    for storage in storages:
        fitted = [_fit_phase(ground, phase, storage, precision) for phase in phases]
        peak = max(found for _, found in fitted)
        if peak <= ground.machine.budget_bytes or storage == storages[-1]:
            return tuple(phase for phase, _ in fitted), storage, peak
    raise AssertionError("there is a last storage")


def _fit_phase(
    ground: Ground, phase: PhasePlan, storage: Storage, precision: Precision
) -> tuple[PhasePlan, int]:
    """Most samples at once first, everything kept; then kept less, then shorter samples."""
    sizes = _powers_of_two(min(MOST_TOGETHER, phase.batch))
    for checkpointing in (False, True):
        for samples in sizes:
            tried = replace(phase, micro_batch=samples, gradient_checkpointing=checkpointing)
            peak = _peak(ground, tried, storage, precision)
            if peak <= ground.machine.budget_bytes:
                return tried, peak
    shortest = min(phase.max_length, _length(ground.image_tokens + LEAST_WORDS))
    tried = replace(phase, micro_batch=1, gradient_checkpointing=True)
    for length in range(phase.max_length, shortest - 1, -STEP_OF_LENGTH):
        tried = replace(tried, max_length=length)
        peak = _peak(ground, tried, storage, precision)
        if peak <= ground.machine.budget_bytes:
            return tried, peak
    return tried, peak


def _powers_of_two(most: int) -> list[int]:
    return [size for size in (64, 32, 16, 8, 4, 2, 1) if size <= most]


def _peak(ground: Ground, phase: PhasePlan, storage: Storage, precision: Precision) -> int:
    tasks = ground.data.tasks
    films = max((math.ceil(tasks[name].films) for name in phase.tasks), default=1)
    films = min(films, max(1, phase.max_length // ground.image_tokens))
    step = StepSize(phase.micro_batch, phase.max_length, phase.micro_batch * films)
    parts = training_ledger(
        ground.sizes, ground.machine.kind, storage, precision, phase, step, ground.data.films
    )
    return sum(part.bytes for part in parts)


# ── how long ────────────────────────────────────────────────────────────────────────────────────────────────────


def _in_time(
    ground: Ground, phases: tuple[PhasePlan, ...], storage: Storage
) -> tuple[tuple[PhasePlan, ...], float, float]:
    """Fewer steps where the wished time is over; all phases by the same share. Also the seconds of a step."""
    seconds = sum(_seconds(ground, phase, storage) for phase in phases)
    for _ in range(
        MOST_SHORTENINGS
    ):  # the first look at the films and the judging do not shrink with the steps
        if ground.hours is None or seconds <= 3600 * ground.hours:
            break
        share = 3600 * ground.hours / seconds
        phases = tuple(_shortened(phase, share) for phase in phases)
        seconds = sum(_seconds(ground, phase, storage) for phase in phases)
    step = max(_pace(ground, phase, storage).sample_s * phase.batch for phase in phases)
    return phases, seconds, step


def _shortened(phase: PhasePlan, share: float) -> PhasePlan:
    steps = max(1, int(phase.steps * share))
    every = min(phase.evaluate_every, steps)
    return replace(phase, steps=steps, evaluate_every=every, warm_up=min(phase.warm_up, steps // 10))


def _pace(ground: Ground, phase: PhasePlan, storage: Storage) -> Pace:
    measured = (ground.paces or {}).get(phase.name)
    if measured is not None:
        return measured
    sample = SampleSize(*mean(ground.data.tasks, phase.tasks))
    return pace_from_sizes(ground.sizes, ground.machine, storage, phase, sample)


def _seconds(ground: Ground, phase: PhasePlan, storage: Storage) -> float:
    watching = VALIDATION_SAMPLES if phase.evaluate_every else 0
    return phase_seconds(phase, _pace(ground, phase, storage), ground.data.films, watching)


def _with_saves(phase: PhasePlan, step_s: float) -> PhasePlan:
    """A checkpoint about every ten minutes: what a kill may cost."""
    every = round(SAVE_EVERY_S / max(step_s, 1e-3))
    return replace(phase, save_every=min(max(1, every), max(1, phase.steps // 4), 500))
