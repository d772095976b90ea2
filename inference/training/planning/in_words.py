"""A plan for a person: what is learnt from what, on what, how long, and why it is so."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from inference.plan import GIB
from inference.training.plan import Expected, Part, PhasePlan, TrainingPlan

WIDTH = 112
_PARTS: dict[Part, str] = {
    "vision": "the whole image encoder",
    "abstractor": "the abstractor (between image encoder and language model)",
    "lora": "low-rank factors (LoRA) on the language model",
    "language": "the whole language model",
}
_PHASES = {"abstractor": "pictures and reports only", "instruction": "all tasks"}
_STORAGE = {"full": "in full", "nf4": "in 4 bit (NF4)"}


def in_words(plan: TrainingPlan) -> str:
    """Lines for a terminal."""
    return "\n".join(_lines(plan))


def _lines(plan: TrainingPlan) -> Iterator[str]:
    yield (
        f"Model       {plan.pack}, on {'the graphics card' if plan.device == 'cuda' else 'the processor'}, "
        + (f"held {_STORAGE[plan.storage]}, computed in {plan.precision}")
    )
    yield f"Data        {', '.join(plan.data)}"
    if plan.expected is not None:
        yield from _expected(plan.expected)
    for number, phase in enumerate(plan.phases, start=1):
        yield ""
        yield from _phase(phase, number, len(plan.phases))
    if plan.expected is not None:
        yield ""
        yield "Why"
        for reason in plan.expected.reasons:
            yield from textwrap.wrap(reason, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _expected(expected: Expected) -> Iterator[str]:
    studies = expected.studies
    yield (
        f"Studies     {studies.get('train', 0)} to learn from, {studies.get('val', 0)} to watch the training, "
        f"{studies.get('test', 0)} held out to measure it"
    )
    yield f"Time        about {duration(expected.seconds)}"
    yield f"Memory      about {expected.peak_bytes / GIB:.1f} GiB at its peak"


def _phase(phase: PhasePlan, number: int, of: int) -> Iterator[str]:
    yield f"Phase {number} of {of}: {_PHASES[phase.name]}"
    yield f"  learns          {'; '.join(_PARTS[part] for part in phase.parts)}"
    yield f"  steps           {phase.steps}, each of {phase.batch} samples ({phase.micro_batch} at once)"
    yield f"  sample          at most {phase.max_length} tokens (word pieces, pictures included)"
    yield f"  learning rate   {phase.learning_rate:g}, rising for {phase.warm_up} steps, then falling to 0"
    if phase.lora is not None:
        lora = phase.lora
        yield f"  LoRA            rank {lora.rank}, alpha {lora.alpha:g}, on {', '.join(lora.projections)}"
    watched = (
        f"every {phase.evaluate_every} steps by {phase.metric}" if phase.evaluate_every else "at the end only"
    )
    patience = f", stops after {phase.patience} without a better one" if phase.patience else ""
    yield f"  judged          {watched}{patience}"
    yield f"  checkpoint      every {phase.save_every} steps"
    total = sum(map(float, phase.tasks.values()))
    yield "  tasks           share of the samples"
    for name, weight in sorted(phase.tasks.items(), key=lambda task: -float(task[1])):
        yield f"    {name:<26}{100 * float(weight) / total:5.1f} %"


def duration(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `3.5 hours`, `2 days`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} minutes"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86400:.1f} days"
