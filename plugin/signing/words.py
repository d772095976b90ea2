"""The words of the signature: what the bar, the sheet and the strip say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.checks.doubts import Doubt
from plugin.signing.critical import CATEGORIES, UrgentItem
from plugin.signing.standing import Obstacle, blocking, is_checked, may_confirm, obstacles, open_doubts
from plugin.signing.state import CriticalRecord, SignedVersion
from plugin.state import StudyReading

SIGN_KEY, CONFIRM_KEY = "Ctrl+Return", "Ctrl+Shift+S"
CONFIRM_SHOWN = "Ctrl+Shift+S"
ONCE_MORE = f"To sign, press {CONFIRM_SHOWN} or Confirm. The same key again signs nothing."
NOT_YET = "Something still stands against signing; it is listed above the sign bar."
NOT_ASKED = "Press Ctrl+Enter first: it shows what stands against signing."
IS_SYNTHETIC = "This film is synthetic: there is no patient whom a report could be about. Nothing is signed."
IS_SIGNED = "This report is signed and stays as it is. Begin an addendum to add to it."
NAME_MISSING = "Write your name first, as it is to stand under the report."
HEADING = "Before you sign"
TOO_SOON = "That was too quick after the last change. Look once more, then confirm."


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """One doubt as the sheet draws it."""

    doubt: Doubt
    is_blocking: bool
    reason: str = ""  # why it was acknowledged; empty: it was not

    @property
    def title(self) -> str:
        if self.reason:
            return "Acknowledged"
        return "Must be settled" if self.is_blocking else "Look again"


@dataclass(frozen=True, slots=True)
class SheetView:
    """What stands against signing, row by row, and whether the second step can be taken."""

    is_shown: bool = False
    heading: str = ""
    obstacles: tuple[Obstacle, ...] = ()
    doubts: tuple[DoubtRow, ...] = ()
    can_confirm: bool = False
    confirm_note: str = ""


def sheet_view(reading: StudyReading) -> SheetView:
    """The sheet of a study whose signing was asked for; not shown otherwise."""
    signing = reading.signing
    if signing.stage == "draft":
        return SheetView()
    reasons = {one.doubt_id: one.reason for one in signing.acknowledged}
    rows = tuple(
        DoubtRow(doubt, doubt.severity == "blocks", reasons.get(doubt.id, "")) for doubt in signing.doubts
    )
    can = may_confirm(reading)
    return SheetView(True, HEADING, obstacles(reading), rows, can, _confirm_note(reading) if can else "")


def sheet_text(reading: StudyReading) -> str:
    """How much stands against signing, in words."""
    if not is_checked(reading):
        return "Checking…"
    count, open_ones = blocking(reading), len(open_doubts(reading)) + len(obstacles(reading))
    if count:
        return f"{_things(count)} against signing."
    if open_ones:
        return f"Nothing stands against signing. {_points(open_ones)} to look at again."
    return "Nothing stands against signing."


def _confirm_note(reading: StudyReading) -> str:
    number = len(reading.signing.versions) + 1
    what = "addendum" if reading.signing.addendum is not None else "report"
    return f"Signing makes the {what} version {number}. It can't be changed afterwards, only added to."


def _things(count: int) -> str:
    return "1 thing stands" if count == 1 else f"{count} things stand"


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count} points"


def bar_text(reading: StudyReading) -> str:
    """One line about the signature: how far it is, in words."""
    signing = reading.signing
    if signing.stage != "draft":
        return sheet_text(reading)
    if signing.latest is None:
        return "Not signed"
    signed = signed_line(signing.latest)
    return f"Addendum not signed. {signed}" if signing.addendum is not None else signed


def signed_line(version: SignedVersion) -> str:
    """For instance "Signed by Dr. Kim, 2026-11-22 10:02, version 1"."""
    return f"Signed by {version.signer}, {local_time(version.at)}, version {version.number}"


def local_time(at: str) -> str:
    """A UTC time in the clock of this computer, to the minute."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at


def urgent_line(item: UrgentItem) -> str:
    """What the strip says of one urgent item."""
    if item.record is not None:
        return f"{item.title}: {decided_line(item.record)}"
    who = "" if item.is_reader_s else " (found by the AI, not looked at yet)"
    return f"{item.title}: to be told {CATEGORIES[item.category]}{who}"


def decided_line(record: CriticalRecord) -> str:
    told = record.told
    if told is None:
        return f"not critical here – {record.not_critical_because}"
    how = told.method_note or told.method
    return f"told to {told.recipient}, {local_time(told.received_at)}, by {how} (category {told.category})"
