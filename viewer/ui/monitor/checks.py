"""What was seen at the last check of each screen. Plain data and pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from viewer.core.language import tr
from viewer.core.settings import Value

MOST_KEPT = 100
OLD_AFTER_DAYS = 31
"""A pattern is looked at once a month; many sites do it every morning."""


@dataclass(frozen=True, slots=True)
class MonitorCheck:
    """One look at the pattern."""

    day: date
    screen: str
    sees_dark: bool  # the 5 % patch in black
    sees_bright: bool  # the 95 % patch in white

    @property
    def has_passed(self) -> bool:
        return self.sees_dark and self.sees_bright


def with_check(kept: Value, check: MonitorCheck) -> list[Value]:
    """The list to keep, the newest check last."""
    before = kept if isinstance(kept, list) else []
    newest: dict[str, Value] = {
        "day": check.day.isoformat(),
        "screen": check.screen,
        "sees_dark": check.sees_dark,
        "sees_bright": check.sees_bright,
    }
    return [*before[-(MOST_KEPT - 1) :], newest]


def last_check(kept: Value, screen: str) -> MonitorCheck | None:
    """The newest check of this screen, or None."""
    for stored in reversed(kept if isinstance(kept, list) else []):
        if isinstance(stored, dict) and stored.get("screen") == screen:
            try:
                day = date.fromisoformat(str(stored.get("day")))
            except ValueError:
                continue
            return MonitorCheck(
                day, screen, stored.get("sees_dark") is True, stored.get("sees_bright") is True
            )
    return None


def check_text(check: MonitorCheck | None, today: date) -> str:
    """One line about the last check, and what to do."""
    if check is None:
        return tr("This screen was never checked.")
    if not check.has_passed:
        return tr(
            "Last check {day}: not passed. Dim the room, clean and calibrate the screen, then check again.",
            day=check.day.isoformat(),
        )
    days = (today - check.day).days
    if days > OLD_AFTER_DAYS:
        return tr(
            "Last check {day}: passed, {days} days ago. Check again.", day=check.day.isoformat(), days=days
        )
    return tr("Last check {day}: passed.", day=check.day.isoformat())
