"""How events change what the training window shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from inference.errors import InvalidRequest
from inference.plain import from_plain
from inference.train_status import Evaluated, RunDetail, RunSummary, StepTaken, Told
from plugin.training.state import (
    AdaptersTold,
    Answered,
    Asked,
    Compared,
    Curve,
    DetailTold,
    Examined,
    MeansTold,
    Planned,
    RunChanged,
    RunChosen,
    RunsTold,
    SourceAdded,
    SourceRemoved,
    StageTold,
    TrainingEvent,
    TrainingState,
    WishChanged,
)

T = TypeVar("T", StepTaken, Evaluated, Told)


def fold(state: TrainingState, event: TrainingEvent) -> TrainingState:
    """What is shown after `event`."""
    match event:
        case SourceAdded(source):
            known = source in state.sources
            return state if known else _with_sources(state, (*state.sources, source))
        case SourceRemoved(source):
            return _with_sources(state, tuple(one for one in state.sources if one != source))
        case WishChanged(wish):
            return replace(state, wish=replace(wish, data=state.sources))
        case Asked(what):
            return replace(state, asking=what, stage=None, trouble=None)
        case StageTold(name, done, total):
            return replace(state, stage=(name, done, total))
        case MeansTold(means):
            return replace(state, means=means)
        case AdaptersTold(adapters):
            return replace(state, adapters=adapters)
        case Examined(sources, examination):  # the list may have changed meanwhile
            return replace(state, examination=examination) if sources == state.sources else state
        case Planned(wish, plan):
            return replace(state, plan=plan, planned_for=wish)
        case Answered(trouble):
            return replace(state, asking="", stage=None, trouble=trouble)
        case RunsTold(runs):
            return _with_runs(state, runs)
        case RunChosen(id):
            return _choose(state, id)
        case RunChanged(run):
            others = tuple(one for one in state.runs if one.id != run.id)
            runs = tuple(sorted((run, *others), key=lambda one: one.id, reverse=True))
            return _choose(replace(state, runs=runs), run.id)
        case DetailTold(detail):
            return _with_detail(state, detail)
        case Compared():  # shown in a window of its own, and not kept
            return state


def _with_sources(state: TrainingState, sources: tuple[str, ...]) -> TrainingState:
    """What was found in other data, and planned for it, no longer holds."""
    return replace(
        state, sources=sources, wish=replace(state.wish, data=sources), examination=None, trouble=None
    )


def _with_runs(state: TrainingState, runs: tuple[RunSummary, ...]) -> TrainingState:
    told = replace(state, runs=runs)
    if told.run is not None:
        return told
    return _choose(told, runs[0].id if runs else "")


def _choose(state: TrainingState, id: str) -> TrainingState:
    if id == state.shown:
        return state
    return replace(state, shown=id, curve=Curve(), outcome={}, run_plan=None)


def _with_detail(state: TrainingState, detail: RunDetail) -> TrainingState:
    runs = tuple(detail.run if one.id == detail.run.id else one for one in state.runs)
    state = replace(state, runs=runs)
    if detail.run.id != state.shown:  # another run was chosen while the answer was under way
        return state
    return replace(state, run_plan=detail.plan, outcome=detail.outcome, curve=_grown(state.curve, detail))


def _grown(curve: Curve, detail: RunDetail) -> Curve:
    if detail.first > curve.lines:  # an answer to another question: what lies between is not known
        return curve
    if detail.first < curve.lines:  # the log was cut back, or the answer came twice
        curve = Curve() if detail.first == 0 else curve
    if detail.first != curve.lines:
        return curve
    return Curve(
        _after(curve.steps, _told(StepTaken, "step_taken", detail.lines)),
        _after(curve.evaluations, _told(Evaluated, "evaluated", detail.lines)),
        (*curve.told, *_told(Told, "told", detail.lines)),
        detail.next,
    )


S = TypeVar("S", StepTaken, Evaluated)


def _after(known: tuple[S, ...], more: Sequence[S]) -> tuple[S, ...]:
    """A run that resumed does steps again: what it says now counts, and steps rise."""
    merged = list(known)
    for one in more:
        while merged and one.step <= merged[-1].step:
            merged.pop()
        merged.append(one)
    return tuple(merged)


def _told(kind: type[T], name: str, lines: Sequence[Mapping[str, Any]]) -> tuple[T, ...]:
    """The lines of one kind; what can't be understood is left out, as a newer version may tell more."""
    found = []
    for line in lines:
        if line.get("what") == name:
            try:
                found.append(
                    from_plain(kind, {key: value for key, value in line.items() if key != "what"}, name)
                )
            except InvalidRequest:
                continue
    return tuple(found)
