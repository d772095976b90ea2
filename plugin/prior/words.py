"""The words of the comparison. No Qt."""

from __future__ import annotations

from inference.backend import Change, Finding, PriorChosen
from plugin import wording
from plugin.events import PriorUsed
from plugin.prior.state import PriorView
from plugin.state import StudyReading

TITLE = "Since the prior"
TITLE_WITHOUT = "Prior"
NOTHING_ON_EITHER = "No listed finding detected on either film. This does not rule out disease."
REJECTED = "You rejected this finding on the current film."
BY_CERTAINTY = (
    "“More marked” and “less marked” rest on how sure the model is on each film: this model's boxes are too coarse to "
    "compare sizes."
)

_SIGNS = {"new": "+", "larger": "▲", "unchanged": "=", "smaller": "▼", "resolved": "−", "still present": "•"}
_WORDS = {
    "new": "new",
    "larger": "larger",
    "unchanged": "about the same",
    "smaller": "smaller",
    "resolved": "resolved",
    "still present": "still present",
}
_BY_CERTAINTY = {"larger": "more marked", "smaller": "less marked"}


def sign(change: Change) -> str:
    """One character beside the word, so that nothing hangs on a colour."""
    return _SIGNS.get(change.change, "•")


def word(change: Change) -> str:
    """What became of it. A size is only claimed where sizes were compared."""
    if change.basis == "the model's certainty":
        return _BY_CERTAINTY.get(change.change, _WORDS.get(change.change, change.change))
    return _WORDS.get(change.change, change.change)


def basis(change: Change) -> str:
    return f"by {change.basis}"


def certainties(before: Finding, now: Finding) -> str:
    """How likely the finding is on either film: "6 % → 87 %"; empty where the model gave no number."""
    if before.confidence is None or now.confidence is None:
        return ""
    return f"{wording.percent(before.confidence)} → {wording.percent(now.confidence)}"


def is_by_certainty(change: Change) -> bool:
    return change.basis == "the model's certainty" and change.change in _BY_CERTAINTY


def prior_text(reading: StudyReading) -> str:
    """Which prior it was: "Prior of 2024-03-01 · 30 days earlier · nearest of 3 priors · its report was given"."""
    used = reading.prior
    if used is None:
        return wording.NO_PRIOR if reading.is_complete else ""
    when = f"Prior of {used.study_date.isoformat()}" if used.study_date else "Prior without a date"
    return " · ".join(
        part
        for part in (when, age(used.days_before), place(used), _report(reading.prior_view.chosen))
        if part
    )


def age(days_before: int | None) -> str:
    if days_before is None:
        return "age not known"
    return "same day" if days_before == 0 else f"{days_before} day{'' if days_before == 1 else 's'} earlier"


def place(used: PriorUsed) -> str:
    """Which of the patient's priors it is, nearest first."""
    if used.of_priors <= 1:
        return "the only prior here" if used.of_priors else ""
    if used.place == 1:
        return f"nearest of {used.of_priors} priors"
    return f"number {used.place} of {used.of_priors} priors, nearest first"


def _report(chosen: PriorChosen | None) -> str:
    match chosen.report if chosen is not None else "":
        case "given":
            return "its report was given"
        case "drafted":
            return "its report drafted by the AI, not reviewed"
        case "not used":
            return "its report not used"
    return ""


def state_text(view: PriorView, is_running: bool) -> str:
    """How far the comparison is; empty once it is done."""
    match view.phase:
        case "due":
            return (
                "The comparison waits for what is running." if is_running else "The comparison begins soon…"
            )
        case "running":
            return "Comparing finding by finding…"
        case "stopped":
            return "The comparison was stopped."
        case "failed":
            return f"Not compared: {view.problem or 'the comparison ended without a result.'}"
    return ""
