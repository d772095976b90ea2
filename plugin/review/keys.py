"""What the keys of the panel mean at this moment (reading.md 1.1). Pure.

All of them work on what the reader may see: hand in `visible(reading)`, never the whole reading.
"""

from __future__ import annotations

from plugin.events import FindingSelected
from plugin.first_look.fold import reveal
from plugin.first_look.state import FirstLookEvent
from plugin.review.reviewed import ReviewedFinding, reviewed_finding, reviewed_findings
from plugin.review.state import EditBegun, FindingAccepted, ReasonAsked, ReviewEvent, VerdictTakenBack
from plugin.signing.words import IS_SIGNED
from plugin.state import StudyReading

NOTHING_REACHED = "Go to a finding first: J or a click."
NOTHING_TO_JUDGE = "There is no finding to accept or reject."
NOTHING_TO_STEP_TO = "There is no finding to step to."


def on_enter(shown: StudyReading, at: str) -> FirstLookEvent | ReviewEvent | None:
    """Before the reveal "I have read it"; afterwards a verdict on the finding that J or the mouse led to, or its end.

    What came up by itself was not reached: so a double press never decides anything twice.
    """
    if not shown.first_look.is_open:
        return reveal(shown.first_look, at)
    if is_being_asked(shown):
        return None
    one = _reached(shown)
    if one is None or one.model is None:
        return None
    return VerdictTakenBack(one.id, at) if one.status == "accepted" else FindingAccepted(one.id, at)


def on_reject(shown: StudyReading, at: str) -> ReviewEvent | None:
    """Ask why; a rejection is taken back, and a finding of the reader's own goes."""
    one = _reached(shown)
    if one is None or is_being_asked(shown):
        return None
    if one.model is None or one.status == "rejected":
        return VerdictTakenBack(one.id, at)
    return ReasonAsked(one.id)


def on_edit(shown: StudyReading) -> EditBegun | None:
    """Change the words of the selected finding; None: there is none, the draft is meant."""
    one = reviewed_finding(shown, shown.selected)
    return EditBegun(one.id) if one is not None and _may_judge(shown) else None


def on_step(shown: StudyReading, by: int = 1) -> FindingSelected | None:
    """The next finding, round and round. One that came up by itself after a verdict is the next."""
    ids = [one.id for one in reviewed_findings(shown)]
    if not ids:
        return None
    if shown.selected not in ids:
        return FindingSelected(ids[0 if by > 0 else -1])
    if by > 0 and shown.review.reached != shown.selected and not _is_looked_at(shown, shown.selected):
        return FindingSelected(shown.selected)
    return FindingSelected(ids[(ids.index(shown.selected) + by) % len(ids)])


def is_being_asked(shown: StudyReading) -> bool:
    """True while a reason or words are asked for: they have keys of their own."""
    review = shown.review
    return any(one is not None for one in (review.asks_reason_of, review.edits, review.adds_to))


def _reached(shown: StudyReading) -> ReviewedFinding | None:
    is_reached = shown.selected is not None and shown.selected == shown.review.reached and _may_judge(shown)
    return reviewed_finding(shown, shown.selected) if is_reached else None


def why_not(shown: StudyReading) -> str:
    """What a key that did nothing says."""
    if not _may_judge(shown):
        return IS_SIGNED
    return NOTHING_REACHED if reviewed_findings(shown) else NOTHING_TO_JUDGE


def _may_judge(shown: StudyReading) -> bool:
    """False once the report is signed, unless an addendum is being written."""
    return shown.signing.is_open


def _is_looked_at(shown: StudyReading, finding_id: str | None) -> bool:
    one = reviewed_finding(shown, finding_id)
    return one is not None and one.is_looked_at
