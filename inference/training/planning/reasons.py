"""Why a plan is as it is: a line for each choice, for whoever has to answer for it. Pure."""

from __future__ import annotations

from inference.plan import GIB
from inference.training.plan import PhasePlan, Precision, Storage
from inference.training.planning.fingerprint import DataPrint, percentile
from inference.training.planning.ground import Ground

MEASURED = "The time was worked out from steps that were tried on this machine."
GUESSED = "The time is a guess from the sizes, good to a factor of two or three; the run tells it better once it runs."


def reasons(
    ground: Ground,
    wanted: tuple[PhasePlan, ...],
    phases: tuple[PhasePlan, ...],
    storage: Storage,
    precision: Precision,
    peak: int,
    seconds: float,
) -> list[str]:
    """One line each. `wanted` are the phases before they had to fit."""
    machine, data = ground.machine, ground.data
    budget = f"{machine.budget_bytes / GIB:.1f} GiB of {machine.title} may be used"
    lines = [f"Recipe “{ground.recipe.name}”: {ground.recipe.title}. {ground.recipe.why}"]
    if storage == "nf4":
        lines.append(
            f"The language model is held in 4 bit (NF4), frozen: in full it does not fit beside what learns; {budget}."
        )
    if machine.kind == "cuda" and precision == "float32":
        lines.append(
            f"{machine.title} computes no bfloat16: float32 is used, which needs more memory and time."
        )
    for asked, phase in zip(wanted, phases, strict=True):
        lines += _phase_reasons(data, asked, phase)
    lines += _left_out(data, ground)
    lines += data.warnings
    if data.troubles:
        rows = "1 row" if data.troubles == 1 else f"{data.troubles} rows"
        lines.append(f"{rows} could not be taken; `sidelight train doctor` names each with its remedy.")
    if peak > machine.budget_bytes:
        lines.append(
            f"This does not fit: about {peak / GIB:.1f} GiB are needed, {budget}. Train a smaller model, or elsewhere."
        )
    if machine.cards > 1:
        command = f"accelerate launch --num_processes {machine.cards} -m inference.training.loop RUN"
        lines.append(f"`{command}` uses all {machine.cards} cards; the time is of one.")
    if ground.hours is not None and seconds > 3600 * ground.hours * 1.05:
        lines.append(
            f"{ground.hours:g} hours are too short here: to look at the films and to judge alone takes longer."
        )
    lines.append(MEASURED if ground.paces else GUESSED)
    return lines


def _left_out(data: DataPrint, ground: Ground) -> list[str]:
    """Tasks that the recipe wants and the data can't feed, by what they would need."""
    wanted = {name for phase in ground.recipe.phases for group in phase.weights.values() for name in group}
    by_need: dict[str, list[str]] = {}
    for name, needs in data.missing.items():
        if name in wanted:
            by_need.setdefault(needs, []).append(name)
    return [f"Left out for want of {needs}: {', '.join(names)}." for needs, names in by_need.items()]


def _phase_reasons(data: DataPrint, asked: PhasePlan, phase: PhasePlan) -> list[str]:
    name = f"Phase “{phase.name}”: "
    lengths = [percentile(data.tasks, phase.tasks, share) for share in (0.95, 0.99, 1.0)]
    lines = [
        f"{name}{phase.steps} steps of {phase.batch} samples: each of {data.studies.get('train', 0)} studies is drawn "
        f"about {phase.steps * phase.batch / max(1, data.studies.get('train', 0)):.0f} times."
    ]
    if phase.max_length < asked.max_length:
        lines.append(
            f"{name}samples are cut at {phase.max_length} tokens for want of memory; one in a hundred is longer than "
            f"{lengths[1]}, pictures included."
        )
    else:
        lines.append(
            f"{name}samples up to {phase.max_length} tokens, pictures included: 95 % have {lengths[0]} or fewer, "
            f"99 % {lengths[1]}, the longest seen {lengths[2]}."
        )
    if phase.gradient_checkpointing:
        lines.append(
            f"{name}inner results are computed twice instead of kept (gradient checkpointing): a third slower, "
            "much less memory."
        )
    if not phase.evaluate_every:
        lines.append(f"{name}it is not watched and does not stop early: no patient is kept aside for that.")
    return lines
