"""What the gate says: that the AI looks or is ready, and nothing of what it sees. Pure."""

from __future__ import annotations

from plugin.state import StudyReading

ASK_AFTER = "An answer would show what the AI sees. Say that you have read the films first (Enter), then ask."
NOTHING_SHOWN = "Nothing of it is shown until you have read the films yourself."
IN_TRIAGE = "Nothing of it is shown unless you ask for it."
HIDDEN = "AI results are hidden."


def gate_text(reading: StudyReading) -> str:
    """Whether the AI is looking or ready, in words that fit any result."""
    return (
        f"{_state_of_the_ai(reading)} {IN_TRIAGE if reading.first_look.mode == 'triage' else NOTHING_SHOWN}"
    )


def time_text(reveal_after_s: int) -> str:
    """That it will be shown by itself; empty where it will not."""
    if not reveal_after_s:
        return ""
    return f"It is shown by itself after {reveal_after_s} s on screen."


def reveal_title(reading: StudyReading) -> str:
    return "Show what the AI found" if reading.first_look.mode == "triage" else "I have read it"


def shows_report(reading: StudyReading) -> bool:
    """True if there is a report to see: the gate is open, or the reader writes before it opens."""
    return reading.first_look.shows_ai or reading.first_look.writes_own or reading.is_edited


def with_first_impression(reading: StudyReading) -> str:
    """The report with the reader's first impression after it."""
    return "\n".join(text for text in (reading.report.shown.rstrip(), _impression(reading)) if text)


def offered_impression(reading: StudyReading) -> str:
    """The reader's own first words, once they may be compared with the draft; empty where there are none."""
    return _impression(reading) if reading.first_look.shows_ai else ""


def is_in_report(reading: StudyReading) -> bool:
    """True if the first impression stands in the report word for word."""
    return _impression(reading) in reading.report.shown


def _impression(reading: StudyReading) -> str:
    return reading.first_look.impression.strip()


def _state_of_the_ai(reading: StudyReading) -> str:
    if reading.is_reading:
        return "The AI is looking at this study."
    if reading.is_complete:
        return "AI ready: it has read this study."
    if reading.has_been_read:
        return "The AI has not finished this study."
    return "The AI has not looked at this study."
