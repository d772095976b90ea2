"""From what went wrong to what the reader is told."""

from __future__ import annotations

from inference.errors import BackendLost, InferenceError
from plugin import wording
from plugin.events import Problem


def problem_of(error: BaseException) -> Problem:
    """Words for the reader; the exception itself goes to the log."""
    if isinstance(error, BackendLost):
        return Problem(wording.lost_backend(str(error)), is_backend_lost=True)
    if isinstance(error, InferenceError):
        return Problem(str(error), error.remedy, kind=type(error).__name__)
    name = type(error).__name__
    return Problem(f"The reading broke off: a fault of this program ({name}).", InferenceError.remedy)


def problem_of_state(backend_state: str) -> Problem | None:
    """The problem that the supervisor's state tells of, if any."""
    name, _, reason = backend_state.partition(":")
    return Problem(wording.lost_backend(reason), is_backend_lost=True) if name == "lost" else None
