"""How far a run is, for a terminal: read from its folder, as everybody does who watches. No torch."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.server.training_desk import is_run
from inference.train_status import AT_WORK, RunSummary
from inference.training.planning.in_words import WIDTH, duration
from inference.training.run_folder import ADAPTER, EVALUATION
from inference.training.watching import (
    log_lines,
    newest_checkpoint,
    outcome_of_run,
    plan_of_run,
    state_of_run,
    summary,
)

SHOWN = 5
"""Of what the run said."""
_PHASES = {
    "preparing": "getting ready",
    "training": "training",
    "evaluating": "being judged on the patients that watch it",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped by an alarm",
    "failed": "failed",
}


def run_in_words(run: Path) -> str:
    """Lines about a run: where it stands, its loss, what it said, and what comes next."""
    state = state_of_run(run)
    is_alive = state.process is not None and state.phase in AT_WORK and is_run(state.process, run)
    seen = summary(run, is_alive)
    lines = _all_lines(run)
    return "\n".join([*_standing(seen), *_numbers(lines), *_said(lines), *_next(run, seen)])


def ending_in_words(run: Path) -> str:
    """One paragraph after the process has ended: what became of it and what to do next."""
    state = state_of_run(run)
    words = [f"{run}: {_PHASES[state.phase]}. {state.message}".rstrip()]
    if state.phase == "done":
        words.append(_what_next(run))
    return "\n".join(words)


def _what_next(run: Path) -> str:
    if plan_of_run(run).synthesis is not None:
        return f"`sidelight train synthesis {run}` looks for films learnt by heart, then writes the pack."
    return f"`sidelight train evaluate {run}` compares base and adapter on the held-out patients."


def _all_lines(run: Path) -> list[Mapping[str, Any]]:
    """The log, which is given in pieces."""
    found: list[Mapping[str, Any]] = []
    while True:
        _, lines = log_lines(run, len(found))
        if not lines:
            return found
        found += lines


def _standing(seen: RunSummary) -> Iterator[str]:
    state = seen.state
    share = f", {100 * state.step / state.steps:.0f} %" if state.steps else ""
    where = f"step {state.step} of {state.steps}{share}"
    yield f"Run         {seen.id}: {_PHASES[state.phase]}, {where}"
    yield f"Model       {seen.pack}"
    yield f"Data        {', '.join(seen.data)}"
    if seen.is_dead:
        yield "Process     is gone: it was killed, or the computer was restarted"
    if seen.is_alive and state.seconds_left is not None:
        yield f"Time left   about {duration(state.seconds_left)}"
    if state.message:
        yield f"Message     {state.message}"


def _numbers(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    steps = [one for one in lines if one.get("what") == "step_taken"]
    if steps:
        first, last = steps[0], steps[-1]
        yield (
            f"Loss        {float(first['loss']):.3f} at step {first['step']}, "
            f"{float(last['loss']):.3f} at step {last['step']}"
        )
    judged = [one for one in lines if one.get("what") == "evaluated"]
    if judged:
        best = next((one for one in reversed(judged) if one.get("is_best")), judged[-1])
        yield (
            f"Judged      {best['metric']} {float(judged[-1]['value']):.3f} at step {judged[-1]['step']}; "
            f"best {float(best['value']):.3f} at step {best['step']}"
        )


def _said(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    told = [one for one in lines if one.get("what") == "told"]
    if len(told) > SHOWN:
        yield f"It said (the last {SHOWN} of {len(told)})"
    elif told:
        yield "It said"
    for one in told[-SHOWN:]:
        mark = "" if one.get("kind") == "note" else f"{str(one.get('kind')).upper()}: "
        yield from textwrap.wrap(
            f"step {one.get('step')}: {mark}{one.get('text')}",
            WIDTH,
            initial_indent="  - ",
            subsequent_indent="    ",
        )


def _next(run: Path, seen: RunSummary) -> Iterator[str]:
    checkpoint = newest_checkpoint(run)
    if checkpoint is not None:
        yield f"Checkpoint  {run / 'checkpoints'}, step {checkpoint}"
    if seen.has_adapter:
        yield f"Adapter     {run / ADAPTER}"
    if outcome_of_run(run):
        yield f"Evaluation  {run / EVALUATION}"
    is_generator = plan_of_run(run).synthesis is not None
    command = "synthesis" if is_generator and seen.state.phase == "done" else _command(seen)
    if command:
        yield f"Next        `sidelight train {command} {run}`"


def _command(seen: RunSummary) -> str:
    if seen.is_alive:
        return "pause"
    if seen.state.phase == "done":
        return "promote" if seen.has_evaluation else "evaluate"
    return "resume" if seen.state.at else "run"
