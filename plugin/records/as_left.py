"""A reading as it comes back after the program was closed or killed. Pure."""

from __future__ import annotations

from dataclasses import replace

from plugin.ask.state import Exchange
from plugin.first_look.state import FirstLook
from plugin.prior.state import PriorView
from plugin.report.state import Offer
from plugin.state import Stage, StudyReading

STOPPED = "Stopped."


def as_left(reading: StudyReading) -> StudyReading:
    """The reading without what died with the window: its running run, the backend's memory of it, lost backends.

    A signature that was being asked for is asked for again.
    """
    is_running = reading.is_running
    problem = None if reading.problem is not None and reading.problem.is_backend_lost else reading.problem
    return replace(
        reading,
        phase="stopped" if is_running else reading.phase,
        stop_asked_s=None,
        queue_position=None,
        stages=tuple(_over(stage) for stage in reading.stages),
        problem=problem,
        backend_study="",
        signing=replace(reading.signing, stage="draft", checked=None, doubts=()),
        exchanges=tuple(_answered(one) for one in reading.exchanges),
        writing=replace(reading.writing, offer=_ready(reading.writing.offer)),
        prior_view=_not_compared(reading.prior_view),
        hovered=None,
        hovered_sentence=None,
    )


def has_begun(reading: StudyReading) -> bool:
    """True once something was done to a study that is worth keeping: more than that it was looked at."""
    look = reading.first_look
    looked_at = StudyReading(first_look=FirstLook(look.mode, look.first_seen_at))
    return _with_marks_of(looked_at, reading) != looked_at


def adopted(now: StudyReading, kept: StudyReading) -> StudyReading:
    """What was kept, in the place of a study that was only looked at: the marks on its films are those of now."""
    return _with_marks_of(now, kept)


def _with_marks_of(now: StudyReading, reading: StudyReading) -> StudyReading:
    """Marks are the viewer's: it keeps them itself, and tells them when a film is shown."""
    marks = replace(reading.writing, marks=now.writing.marks, seen_films=now.writing.seen_films)
    return replace(reading, writing=marks)


def _not_compared(view: PriorView) -> PriorView:
    """A comparison that was cut off begins again by itself."""
    return replace(view, phase="due" if view.phase == "running" else view.phase, hovered=None)


def _ready(offer: Offer | None) -> Offer | None:
    """A wording that the model was still writing never comes."""
    return offer if offer is not None and offer.is_ready else None


def _over(stage: Stage) -> Stage:
    """The clock of a stage ended with its program; how long the last one took is not known."""
    return replace(stage, ended_s=stage.started_s) if stage.ended_s is None else stage


def _answered(one: Exchange) -> Exchange:
    return replace(one, is_running=False, problem=one.problem or STOPPED) if one.is_running else one
