"""From weeks to the points of a chart. Pure."""

from __future__ import annotations

from plugin.dashboard.numbers import WeekNumbers
from plugin.dashboard.share import FEWEST_FOR_SHARE
from plugin.dashboard.week_chart import WeekPoint


def acceptance_points(weeks: tuple[WeekNumbers, ...]) -> tuple[WeekPoint, ...]:
    """In per cent; a week with too few judged findings leaves a gap."""
    return tuple(_acceptance(week) for week in weeks)


def edit_points(weeks: tuple[WeekNumbers, ...]) -> tuple[WeekPoint, ...]:
    """Changed sentences for each report: the mean and its 95 % interval."""
    return tuple(_edits(week) for week in weeks)


def _acceptance(week: WeekNumbers) -> WeekPoint:
    share = week.acceptance
    text = f"{week.title}, {week.pack}: {share.count} of {share.of} accepted"
    if not share.is_told:
        return WeekPoint(week.title, week.pack, f"{text}: too few to say, {FEWEST_FOR_SHARE} are needed")
    low, high = share.interval
    return WeekPoint(week.title, week.pack, f"{text}, {share.text}", share.value * 100, low * 100, high * 100)


def _edits(week: WeekNumbers) -> WeekPoint:
    edits = week.edits
    text = f"{week.title}, {week.pack}: {edits.mean_text} in {edits.of} drafted reports"
    if not edits.is_told:
        return WeekPoint(week.title, week.pack, text)
    low, high = max(0.0, edits.mean - edits.error), edits.mean + edits.error
    return WeekPoint(week.title, week.pack, text, edits.mean, low, high)
