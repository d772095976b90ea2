"""All that the panel draws at one moment. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference.backend import PackInfo
from plugin.events import Problem
from plugin.state import StudyReading


@dataclass(frozen=True, slots=True)
class PanelView:
    """One study's reading with what is the same for all studies: the backend and the model."""

    study_key: str = ""  # empty: no study hangs
    reading: StudyReading = field(default_factory=StudyReading)
    backend_state: str = "stopped"  # of inference.supervisor: stopped, starting, ready, "lost: reason"
    pack: PackInfo | None = None
    backend_problem: Problem | None = None  # why there is no backend, until it answers again
    shows_boxes: bool = True
    notice: str = ""  # about this study: not suitable, or a prior has come since
    now_s: float = 0.0

    @property
    def can_read(self) -> bool:
        return bool(self.study_key) and not self.reading.is_running

    @property
    def problem(self) -> Problem | None:
        """What went wrong, until something is done about it: a backend on its way back is no problem any more."""
        problem = self.reading.problem or self.backend_problem
        is_coming = self.backend_state in {"starting", "loading"}
        return None if problem is not None and problem.is_backend_lost and is_coming else problem
