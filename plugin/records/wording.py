"""The words in which the reader hears of what is kept. No Qt."""

from __future__ import annotations

from datetime import datetime

ELSEWHERE = "This draft is open in another window. What you write here is kept as a copy beside it."
STOP_FIRST = "Stop the reading first, then take the other draft."
STOP_BEFORE_DISCARDING = "Stop the reading first, then discard the draft."
WHAT_IS_DISCARDED = (
    "Your words, verdicts and boxes are deleted for good, and with them what the AI found. The films and the audit"
    " log stay."
)
NO_DRAFT = "Nothing is kept of this study that could be discarded."
IS_SIGNED = "This study has a signed version. It stays, and so does its draft."


def local_time(at: str) -> str:
    """A time in UTC as the reader's clock shows it; as it stands where it is none."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at or "an unknown time"


def not_saved(reason: str) -> str:
    """On the panel at once, and until it is saved again."""
    return (
        f"Your text is not being saved: {_clause(reason)}. It is still here and is tried again by itself."
        " Make room or copy it elsewhere before you close this window."
    )


def not_logged(reason: str) -> str:
    return f"The audit log is not being written: {_clause(reason)}. It is tried again by itself."


def reopened(at: str) -> str:
    return f"Your draft of {local_time(at)} is back, where you left it."


def offered(at: str, why: str) -> str:
    where = " in another window" if why == "open elsewhere" else ""
    return f"Another draft of this study was kept{where} on {local_time(at)}."


def _clause(reason: str) -> str:
    reason = reason.strip().rstrip(".")
    return reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason
