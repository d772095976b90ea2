"""The training window in words: plans, runs, times. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath

from inference.backend import PackInfo
from inference.train_status import (
    Adapters,
    CorrectionsKept,
    Examination,
    Part,
    PhasePlan,
    RunSummary,
    TrainingPlan,
)

RESEARCH = (
    "Research use only. Training changes what the model finds on every study that is read afterwards. It is a site "
    "engineer's task, decided together with those who read. Nothing leaves this computer."
)
GOES_ON = "Training goes on when this window is closed, and after the program has ended. Pause stops it."
NO_CORRECTIONS = (
    "There are no corrections of this site yet. They are kept from signed reports once AI ▸ Site settings "
    "allows it."
)
NO_RUNS = "Nothing was trained on this computer yet. Choose data, work out a plan, and start."
PROMOTION = (
    "Activating changes every reading from now on: findings, boxes and drafts come from the base model with this "
    "adapter. The base model itself stays as it is, and one click takes the adapter away again."
)
PARTS: dict[Part, str] = {
    "abstractor": "the abstractor between films and words",
    "lora": "low-rank factors in the language model",
    "language": "the whole language model",
    "vision": "the vision encoder",
}
ADAPTER = "site adapter"
"""Stands in the version of a pack that is a base with an adapter."""
_PHASES = {
    "preparing": "Preparing",
    "training": "Training",
    "evaluating": "Evaluating on held-out patients",
    "paused": "Paused",
    "done": "Done",
    "stopped": "Stopped by an alarm",
    "failed": "Failed",
}


def source_title(source: str) -> str:
    """A source for the list: what kind, and its folder's name."""
    kind, _, path = source.partition(":")
    if kind == "corrections":
        return "Corrections of this site"
    return f"{PurePath(path).name or path}  ·  {kind}"


def corrections_text(kept: CorrectionsKept) -> str:
    """How many corrections there are; says how they come about where there are none."""
    if not kept.studies:
        return NO_CORRECTIONS
    who = f"{_counted(kept.studies, 'signed report')} of {_counted(kept.patients, 'patient')}"
    return f"{who}, {_counted(kept.films, 'film')}"


def examination_text(found: Examination) -> str:
    """One line: how much there is, and how many faults of how many kinds."""
    studies = sum(seen.studies for seen in found.sources)
    much = f"{_counted(studies, 'study', 'studies')} looked at"
    if not found.faults:
        return f"{much}. No fault was found."
    kinds = len({fault.kind for fault in found.faults})
    grave = sum(1 for fault in found.faults if fault.is_grave)
    told = f"{much}. {_counted(len(found.faults), 'fault')} of {_counted(kinds, 'kind')}."
    return f"{told} {_counted(grave, 'fault')} (▲) must be mended before training." if grave else told


def parts_text(found: Examination) -> str:
    """How the patients are divided, and what could not be looked at."""
    of = {part.name: part for part in found.parts}
    told = []
    if {"train", "val", "test"} <= of.keys():
        told.append(
            f"{of['train'].studies} studies to learn from, {of['val'].studies} to watch over it, "
            f"{of['test'].studies} of {_counted(of['test'].patients, 'held-out patient')} to judge it."
        )
    if found.not_looked_at:
        told.append(f"Not looked at: {'; '.join(one.rstrip('.') for one in found.not_looked_at)}.")
    return " ".join(told)


def duration(seconds: float | None) -> str:
    """About how long, as a person says it."""
    if seconds is None:
        return "not known"
    minutes = seconds / 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return f"about {_counted(max(1, round(minutes)), 'minute')}"
    hours = minutes / 60
    return f"about {hours:.1f} hours" if hours < 10 else f"about {round(hours)} hours"


def size(amount: int) -> str:
    """Bytes for a person, in the units in which memory is sold."""
    return f"{amount / 2**30:.1f} GiB" if amount >= 2**30 else f"{max(1, round(amount / 2**20))} MiB"


def plan_lines(plan: TrainingPlan) -> tuple[str, ...]:
    """The plan, a sentence a line."""
    return tuple(_plan_lines(plan))


def _plan_lines(plan: TrainingPlan) -> Iterator[str]:
    expected = plan.expected
    yield f"Base model “{plan.pack}”, kept {_storage(plan)}; computed in {plan.precision} on {_device(plan.device)}."
    if expected is not None and expected.studies:
        of = {name: expected.studies.get(name, 0) for name in ("train", "val", "test")}
        yield (
            f"Learns from {_counted(of['train'], 'study', 'studies')}; {of['val']} watch over it, and {of['test']} of "
            "patients whom it never sees judge it at the end."
        )
    for number, phase in enumerate(plan.phases, 1):
        yield f"Phase {number} of {len(plan.phases)}: {_phase(phase)}"
    if expected is not None:
        yield f"Takes {duration(expected.seconds)} and up to {size(expected.peak_bytes)} of memory."
        yield from expected.reasons


def _phase(phase: PhasePlan) -> str:
    tasks = sum(1 for weight in phase.tasks.values() if weight > 0)
    learns = " and ".join(PARTS.get(part, part) for part in phase.parts)
    return (
        f"{_counted(phase.steps, 'step')} of {_counted(phase.batch, 'example')}, drawn from "
        f"{_counted(tasks, 'task')}. What learns: {learns}."
    )


def _storage(plan: TrainingPlan) -> str:
    return "in 4 bits (NF4)" if plan.storage == "nf4" else "whole"


def _device(device: str) -> str:
    return "the processor" if device == "cpu" else "the graphics card"


def run_title(run: RunSummary) -> str:
    """A run for the list: when it began, and how it is."""
    return f"{when(run.id)}  ·  {phase_text(run)}"


def when(id: str) -> str:
    """When a run was started, in this computer's time, from its id."""
    try:
        started = datetime.strptime(id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return id
    return started.astimezone().strftime("%d %b %Y, %H:%M")


def phase_text(run: RunSummary) -> str:
    """How a run is, in a few words."""
    if run.is_dead:
        return "Could not begin" if has_not_begun(run) else "Ended without a word"
    return _PHASES[run.state.phase]


def has_not_begun(run: RunSummary) -> bool:
    """It ended before its first step and said why."""
    return run.is_dead and run.state.phase == "preparing" and bool(run.last_words)


def progress_text(run: RunSummary) -> str:
    """How far it is, and how long it still takes."""
    state = run.state
    parts = [phase_text(run)]
    if state.steps:
        parts.append(f"step {state.step} of {state.steps}")
    if run.is_alive and state.phase == "training" and state.seconds_left is not None:
        parts.append(f"{duration(state.seconds_left)} left")
    return "  ·  ".join(parts)


def what_to_do(run: RunSummary) -> str:
    """What happened to a run that is not well, and what to do next; empty for one that is."""
    if has_not_begun(run):
        return "The run could not begin; what it said last names the reason. Nothing was trained."
    if run.is_dead:
        kept = (
            f"All up to step {run.checkpoint} is kept: Resume goes on from there."
            if run.checkpoint is not None
            else "No checkpoint was written yet: Resume begins anew."
        )
        return (
            "The training process is gone, and did not say why: the computer was switched off, or the system ended "
            f"it, most often for want of memory. {kept}"
        )
    if run.state.phase in {"stopped", "failed"}:
        return run.state.message or "It ended, and did not say why. The log beside it may tell."
    return run.state.message if run.state.phase in {"paused", "preparing"} else ""


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}".replace(",", "\u2009")


def model_text(pack: PackInfo | None) -> str:
    """Which model reads now, with which adapter: an adapter's version names it."""
    if pack is None:
        return "No model is loaded now."
    told = f"Reads now: {pack.title} {pack.version}"
    return told if ADAPTER in pack.version else f"{told}, without an adapter of this site"


def history_lines(adapters: Adapters | None) -> tuple[str, ...]:
    """What happened to the adapters of this base, the newest first."""
    if adapters is None:
        return ()
    return tuple(
        f"{_day(step.at)}: {step.what}, {step.adapter} ({step.who}). {step.why}"
        for step in reversed(adapters.steps)
    )


def _day(at: str) -> str:
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%d %b %Y, %H:%M")
    except ValueError:
        return at
