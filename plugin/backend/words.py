"""From what is known of the backend to what a reader understands, and the one thing to do next. Pure: no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.errors import OutOfMemory
from inference.status import Loading, RunsOn
from plugin.events import Problem
from plugin.state import StudyReading

Action = Literal["", "restart", "models", "wait"]
"""What a button offers: start the backend (again), see the models of this computer, load a very slow one anyway."""
Tone = Literal["good", "waiting", "bad", "off"]
ACTION_TITLES: dict[Action, str] = {
    "": "",
    "restart": "Restart AI",
    "models": "Models…",
    "wait": "Load it and wait",
}
SMALLER = "Or choose a smaller model or int8 under Models."
INSTALL = "Models shows what is on this computer and how another one is installed."
START_AGAIN = "Your text is safe. Restart AI."


@dataclass(frozen=True, slots=True)
class BackendFacts:
    """All that decides about the words."""

    state: str = "stopped"  # of the supervisor, with `loading` between its start and its model
    problem: Problem | None = None
    loading: Loading | None = None
    runs_on: RunsOn | None = None
    reading: StudyReading | None = None  # of the study on screen, for its place in the queue
    is_stop_overdue: bool = False


@dataclass(frozen=True, slots=True)
class BackendWords:
    """A state in words. `title` stands in one line, the rest where there is room."""

    title: str
    detail: str = ""
    remedy: str = ""
    action: Action = ""
    tone: Tone = "off"


def backend_words(facts: BackendFacts) -> BackendWords:
    """What the reader is told about the backend now."""
    name, _, reason = facts.state.partition(":")
    match name:
        case "starting":
            return BackendWords("AI starting…", "Its program is being started.", tone="waiting")
        case "loading":
            return _loading(facts.loading)
    if facts.is_stop_overdue:
        return BackendWords(
            "AI not answering", "It was asked to stop and did not.", START_AGAIN, "restart", "bad"
        )
    if facts.problem is not None:
        return problem_words(facts.problem)
    if name == "lost":
        return BackendWords("AI stopped", reason.strip(), START_AGAIN, "restart", "bad")
    if name == "stopped":
        return BackendWords("AI not started", action="restart")
    return _ready(facts)


def problem_words(problem: Problem) -> BackendWords:
    """A problem of the backend or of a run: which of the known ones it is, and what helps."""
    match problem.kind:
        case "ModelNotInstalled":
            return BackendWords(
                "No model installed", problem.text, f"{INSTALL} {problem.remedy}".strip(), "models", "bad"
            )
        case "PackRefused" | "PackQuarantined" | "PackError":
            return BackendWords("Model refused", problem.text, problem.remedy, "models", "bad")
        case "PrecisionRefused":
            return BackendWords("Precision refused", problem.text, problem.remedy, "models", "bad")
        case "OutOfMemory":
            remedy = f"{problem.remedy or OutOfMemory.remedy} {SMALLER}"
            return BackendWords("Out of memory", problem.text, remedy, "models", "bad")
        case "VerySlow":
            return BackendWords(
                "Very slow here", problem.text, "Choose a smaller model, or wait.", "wait", "bad"
            )
    if problem.is_backend_lost:
        return BackendWords("AI stopped", problem.text, problem.remedy, "restart", "bad")
    return BackendWords("Not finished", problem.text, problem.remedy, "", "bad")


def runs_on_text(runs_on: RunsOn | None) -> str:
    """For instance "NVIDIA RTX A4000 · bfloat16"."""
    return f"{runs_on.device} · {runs_on.precision}" if runs_on is not None else ""


def bytes_text(count: int) -> str:
    """For instance "1.2 GB"; decimal, as files are sold."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _loading(loading: Loading | None) -> BackendWords:
    if loading is None or loading.total_bytes <= 0:
        return BackendWords("AI loading…", "The model's files are being checked.", tone="waiting")
    share = loading.done_bytes / loading.total_bytes
    if share > 0.99:
        return BackendWords(
            "AI loading…", "The weights are read; the model is being checked.", tone="waiting"
        )
    read = f"{bytes_text(loading.done_bytes)} of {bytes_text(loading.total_bytes)} read"
    return BackendWords(f"AI loading… {share:.0%}", read, tone="waiting")


def _ready(facts: BackendFacts) -> BackendWords:
    detail = runs_on_text(facts.runs_on)
    reading = facts.reading
    if reading is None or not reading.is_running:
        return BackendWords("AI ready", detail, tone="good")
    ahead = reading.queue_position
    if ahead:
        queue = "1 job before yours" if ahead == 1 else f"{ahead} jobs before yours"
        return BackendWords("AI busy", f"{queue} · {detail}" if detail else queue, tone="waiting")
    return BackendWords("AI at work", detail, tone="good")
