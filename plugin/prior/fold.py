"""How events change what is known about the comparison with the prior. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from inference.backend import (
    Box,
    Cancelled,
    Change,
    Error,
    Finding,
    Finished,
    PriorChosen,
)
from plugin.ask.state import QuestionAsked
from plugin.events import PanelEvent, ReadingStarted, RunFailed, RunStarted
from plugin.prior.state import (
    MOST_LOSSES,
    OWN,
    ChangeChosen,
    ChangeHovered,
    ComparisonWanted,
    MadeBy,
    PriorEvent,
    PriorView,
)
from plugin.state import StudyReading

OTHER_PRIOR = "The prior has changed since the study was read. Read again to compare with it."


def fold_prior(state: StudyReading, event: PriorEvent) -> StudyReading:
    """What the reader does with the comparison."""
    view = state.prior_view
    match event:
        case ChangeChosen(label):
            return _with(state, replace(view, selected=_known(view, label)))
        case ChangeHovered(label):
            return _with(state, replace(view, hovered=_known(view, label)))
        case ComparisonWanted():
            is_over = view.phase in ("stopped", "failed")
            return _with(state, replace(view, phase="due", problem="", losses=0)) if is_over else state


def fold_comparison(state: StudyReading, event: object) -> StudyReading:  # a Told; not all of them are wanted
    """What a comparison tells. It never touches the reading's own findings, boxes and texts."""
    view = state.prior_view
    match event:
        case PriorChosen(images):
            is_same = set(images) <= {film.image for film in state.films if film.role == "prior"}
            return state if is_same else _with(state, replace(view, problem=OTHER_PRIOR))
        case Finding():
            return _with(state, replace(view, findings=(*view.findings, replace(event, id=OWN + event.id))))
        case Box():
            own = replace(event, id=OWN + event.id, finding_id=OWN + (event.finding_id or ""))
            return _with(state, replace(view, boxes=(*view.boxes, own)))
        case Change(_, _, before, now):
            named = replace(event, prior_finding_id=OWN + before, finding_id=OWN + now)
            return _with(state, replace(view, changes=(*view.changes, named)))
        case Finished():
            if view.problem:
                return _with(state, replace(_emptied(view), phase="failed", problem=view.problem))
            return _with(state, replace(view, phase="done"))
    return state


def follow_prior(before: StudyReading, event: PanelEvent, after: StudyReading) -> StudyReading:
    """What an event about the study means for its comparison, once the rest has heard it."""
    view = after.prior_view
    if isinstance(event, PriorChosen):
        return _with(after, replace(view, chosen=event)) if before.is_reading else after
    if after is before:
        return after  # it was none of this study's business any more
    match event:
        case ReadingStarted():
            return replace(after, prior_view=PriorView(), made_by=MadeBy())
        case Finished(_, _, fingerprint) if after.kind == "reading":
            told = replace(after, made_by=made_by(fingerprint))
            return _with(told, replace(view, phase="due")) if view.chosen is not None else told
        case RunStarted("comparison"):
            return _with(after, replace(_emptied(view), phase="running"))
        case QuestionAsked() | RunStarted() if view.phase == "running":
            return _with(after, replace(_emptied(view), phase="due"))  # it has given way
        case Cancelled() if before.kind == "comparison":
            return _with(after, replace(_emptied(view), phase="stopped"))
        case Error() | RunFailed() if before.kind == "comparison":
            return _failed(after)
    return after


def is_due(reading: StudyReading) -> bool:
    """True if the comparison may begin now: nothing else runs, and the backend is not known to be gone."""
    is_lost = reading.problem is not None and reading.problem.is_backend_lost
    is_open = reading.prior_view.phase in (
        "due",
        "running",
    )  # running, though nothing runs: kept over a restart
    return is_open and not reading.is_running and not is_lost


def made_by(fingerprint: Mapping[str, Any]) -> MadeBy:
    """The part of a fingerprint that the reader is told; what is missing stays empty."""
    side = fingerprint.get("picture_side")
    return MadeBy(
        pack=str(fingerprint.get("pack", "")),
        pack_sha256=str(fingerprint.get("pack_sha256", "")),
        precision=str(fingerprint.get("precision", "")),
        device=str(fingerprint.get("device", "")),
        picture_side=side if isinstance(side, int) else 0,
    )


def _failed(after: StudyReading) -> StudyReading:
    """A lost backend is everybody's problem, and the comparison goes on once it is back; any other is its own."""
    view, problem = _emptied(after.prior_view), after.problem
    if problem is not None and problem.is_backend_lost and view.losses + 1 < MOST_LOSSES:
        return _with(after, replace(view, phase="due", losses=view.losses + 1))
    words = " ".join(part for part in (problem.text, problem.remedy) if part) if problem else ""
    kept = problem if problem is not None and problem.is_backend_lost else None
    return replace(after, problem=kept, prior_view=replace(view, phase="failed", problem=words))


def _emptied(view: PriorView) -> PriorView:
    return replace(view, findings=(), boxes=(), changes=(), problem="", selected=None, hovered=None)


def _known(view: PriorView, label: str | None) -> str | None:
    return label if any(change.label == label for change in view.changes) else None


def _with(state: StudyReading, view: PriorView) -> StudyReading:
    return replace(state, prior_view=view)
