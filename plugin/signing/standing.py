"""What stands against a signature at this moment. Pure; the fold, the bar and the sheet all ask here."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.checks.doubts import Doubt
from plugin.first_look.visible import visible
from plugin.review.reviewed import reviewed_findings
from plugin.signing.critical import undecided
from plugin.signing.state import CheckedText
from plugin.state import StudyReading

READING_RUNS = "The AI is still working on this study. Wait for it, or press Stop."
GATE_CLOSED = (
    "You have not said yet that you have read the films yourself, and an AI reading waits behind that."
)
CHECKS_STALE = "The text has changed since it was checked."


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something besides the text that stands against signing. One that does not block is only named."""

    text: str
    blocks: bool = True


def words_to_sign(reading: StudyReading) -> CheckedText:
    """The words that a signature would be under: those that the reader sees, or the addendum."""
    if reading.signing.addendum is not None:
        return CheckedText(reading.signing.addendum, "")
    shown = visible(reading)
    return CheckedText(shown.report.shown, shown.impression.shown)


def obstacles(reading: StudyReading) -> tuple[Obstacle, ...]:
    """Runs, the gate, what nobody looked at, and critical findings that nobody was told of."""
    made = []
    if reading.is_busy:
        made.append(Obstacle(READING_RUNS))
    if _is_gate_in_the_way(reading):
        made.append(Obstacle(GATE_CLOSED))
    made += [
        Obstacle(f"{item.title} is critical: say whom you told, or why it is not.")
        for item in undecided(reading)
    ]
    left = [one.label for one in reviewed_findings(visible(reading)) if not one.is_looked_at]
    if left and reading.signing.addendum is None:
        what = "A finding of the AI was" if len(left) == 1 else f"{len(left)} findings of the AI were"
        names = ", ".join(dict.fromkeys(left))
        made.append(
            Obstacle(f"{what} neither accepted nor rejected: {names}. You may sign all the same.", False)
        )
    return tuple(made)


def open_doubts(reading: StudyReading) -> tuple[Doubt, ...]:
    """Doubts about the text that are neither mended nor acknowledged."""
    known = {one.doubt_id for one in reading.signing.acknowledged}
    return tuple(doubt for doubt in reading.signing.doubts if doubt.id not in known)


def is_checked(reading: StudyReading) -> bool:
    """True if the doubts are about the words as they stand now."""
    return reading.signing.checked == words_to_sign(reading)


def blocking(reading: StudyReading) -> int:
    """How many things must be mended, decided or acknowledged before a signature."""
    of_text = sum(doubt.severity == "blocks" for doubt in open_doubts(reading))
    return of_text + sum(one.blocks for one in obstacles(reading))


def may_confirm(reading: StudyReading) -> bool:
    """True if the second step would sign: checked as it stands, and nothing blocks."""
    signing = reading.signing
    return signing.stage != "draft" and signing.is_open and is_checked(reading) and not blocking(reading)


def _is_gate_in_the_way(reading: StudyReading) -> bool:
    """Second reader only: there is something of the AI, and the reader has not looked first."""
    look = reading.first_look
    is_shut = look.mode == "second reader" and not look.is_open
    return is_shut and (reading.has_been_read or bool(reading.findings)) and not reading.signing.is_signed
