"""A reading as it comes back after the program was closed or killed. Pure."""

from __future__ import annotations

from dataclasses import replace

from plugin.ask.state import Exchange
from plugin.first_look.state import FirstLook
from plugin.state import Stage, StudyReading

STOPPED = "Stopped."


def as_left(reading: StudyReading) -> StudyReading:
    """The reading without what died with the window: its running run, the backend's memory of it, lost backends."""
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
        exchanges=tuple(_answered(one) for one in reading.exchanges),
    )


def has_begun(reading: StudyReading) -> bool:
    """True once something was done to a study that is worth keeping: more than that it was looked at."""
    look = reading.first_look
    return reading != StudyReading(first_look=FirstLook(look.mode, look.first_seen_at))


def _over(stage: Stage) -> Stage:
    """The clock of a stage ended with its program; how long the last one took is not known."""
    return replace(stage, ended_s=stage.started_s) if stage.ended_s is None else stage


def _answered(one: Exchange) -> Exchange:
    return replace(one, is_running=False, problem=one.problem or STOPPED) if one.is_running else one
