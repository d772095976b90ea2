"""What became of a finding between two films: new, larger, unchanged, smaller, resolved (reading.md PR-6). Pure.

Two measures were tried on phantom pairs with known growth and on real films taken twice (docs/changes.md): the size
of the boxes, and how sure the model is on each film. Which one a pack can be trusted with depends on the pack, so its
manifest says it (`inference.engine.settings`, key `change`); without a word the sizes of the boxes count, as far as
the grid of the boxes can tell them apart. The model's own words on the change were right no more often than chance and
decide nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from inference.backend import Change, ChangeBasis, ChangeKind, Finding, Xyxy

GRID_ERROR = 0.01
"""How far an edge of a box may be off, in parts of the square that the model sees: one cell of its grid."""
FROM_FINDINGS: ChangeBasis = "each film's own findings"
FROM_SIZES: ChangeBasis = "size of the boxes"
FROM_CERTAINTY: ChangeBasis = "the model's certainty"
_SUREST = 0.999  # beyond it a probability says nothing more


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """How a pack tells larger from smaller."""

    certainty_band: float | None = None
    """Change of the log odds, log(p / (1 - p)), below which two probabilities count as equal; None: sizes count."""
    edge_error: float = GRID_ERROR
    """How far an edge of its boxes may be off, in parts of the square's side."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A finding as one film shows it."""

    finding: Finding
    boxes: tuple[Xyxy, ...] = ()  # in parts of the side of the square that the model sees
    lungs: tuple[Xyxy, ...] = ()  # both, in the same parts; empty = not known


def change_of(before: Sight, now: Sight, rules: ChangeRules) -> Change:
    """What follows from what the two films show of one finding, on which ground, and why."""
    kind, basis, why = _judged(before, now, rules)
    return Change(now.finding.label, kind, before.finding.id, now.finding.id, basis, why)


def uses_sizes(before: Finding, now: Finding, rules: ChangeRules) -> bool:
    """True where the sizes of its boxes decide: only then is a yardstick needed."""
    is_on_both = before.presence == now.presence == "present"
    return is_on_both and _certainty_gain(before, now, rules) is None


Judged = tuple[ChangeKind, ChangeBasis, str]


def _judged(before: Sight, now: Sight, rules: ChangeRules) -> Judged:
    states = (before.finding.presence, now.finding.presence)
    if "not assessed" in states:
        return "not assessed", FROM_FINDINGS, "This model can't judge it."
    if states == ("absent", "absent"):
        return "absent", FROM_FINDINGS, ""
    gain = _certainty_gain(before.finding, now.finding, rules)
    if states == ("present", "present"):
        return _sizes(before, now, rules) if gain is None else _certainties(before, now, gain)
    if gain == 0:
        why = f"Listed on one film only, but hardly more likely there: {_percents(before, now)}."
        return "unchanged", FROM_CERTAINTY, why
    return "new" if states[1] == "present" else "resolved", FROM_FINDINGS, f"{_percents(before, now)}."


# ── by certainty ────────────────────────────────────────────────────────────────────────────────────────────────


def _certainty_gain(before: Finding, now: Finding, rules: ChangeRules) -> int | None:
    """1 where the model is surer of it now, -1 where less sure, 0 within the band; None: this pack is not judged so."""
    if rules.certainty_band is None or before.confidence is None or now.confidence is None:
        return None
    gain = _log_odds(now.confidence) - _log_odds(before.confidence)
    return 0 if abs(gain) <= rules.certainty_band else 1 if gain > 0 else -1


def _log_odds(p: float) -> float:
    p = min(max(p, 1 - _SUREST), _SUREST)
    return math.log(p / (1 - p))


def _certainties(before: Sight, now: Sight, gain: int) -> Judged:
    kinds: tuple[ChangeKind, ...] = ("unchanged", "larger", "smaller")  # [-1] is the last
    told = (
        "About as likely on both films",
        "The model is surer of it now",
        "The model is less sure of it now",
    )
    return kinds[gain], FROM_CERTAINTY, f"{told[gain]}: {_percents(before, now)}. Its size was not compared."


def _percents(before: Sight, now: Sight) -> str:
    then, since = before.finding.confidence, now.finding.confidence
    if then is None or since is None:
        return f"{before.finding.presence} then, {now.finding.presence} now"
    return f"{then:.0%} then, {since:.0%} now".replace("%", " %")


# ── by size ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _sizes(before: Sight, now: Sight, rules: ChangeRules) -> Judged:
    if not (before.boxes and now.boxes):
        where = "on either film" if not (before.boxes or now.boxes) else "on both films"
        return "still present", FROM_FINDINGS, f"The model gave no boxes {where} to compare its size by."
    has_lungs = bool(before.lungs and now.lungs)
    growth = size_ratio(before.boxes, now.boxes)
    if has_lungs:
        growth /= size_ratio(before.lungs, now.lungs)
    error = max(area_error(sight.boxes, rules.edge_error) for sight in (before, now))
    by = "the lungs" if has_lungs else "the short side"
    if 1 / error <= growth <= error:
        return "unchanged", FROM_SIZES, f"Its boxes differ by no more than their own error, measured by {by}."
    kind: ChangeKind = "larger" if growth > 1 else "smaller"
    return kind, FROM_SIZES, f"Its boxes cover {growth:.1f} times the area, measured by {by}."


def size_ratio(before: Sequence[Xyxy], now: Sequence[Xyxy]) -> float:
    """How many times the area of `before` the boxes of `now` cover; boxes that overlap count once.

    Args:
        before, now: At least one box each, each with an area.
    """
    return covered(now) / covered(before)


def area_error(boxes: Sequence[Xyxy], edge_error: float) -> float:
    """By what factor the area of boxes may be wrong if each of their edges may be off by `edge_error`.

    A small box must change by more than a large one before that says anything.
    """
    wider = [(x1 - edge_error, y1 - edge_error, x2 + edge_error, y2 + edge_error) for x1, y1, x2, y2 in boxes]
    return covered(wider) / covered(boxes)


def covered(boxes: Sequence[Xyxy]) -> float:
    """The area that boxes cover together, each part counted once, in the square of their unit."""
    edges = sorted({x for box in boxes for x in (box[0], box[2])})
    strips = itertools.pairwise(edges)
    return sum((right - left) * _height(boxes, (left + right) / 2) for left, right in strips)


def _height(boxes: Sequence[Xyxy], at: float) -> float:
    """How much of the vertical line at `at` the boxes cover."""
    total, reached = 0.0, -math.inf
    for low, high in sorted((y1, y2) for x1, y1, x2, y2 in boxes if x1 < at < x2):
        total += max(0.0, high - max(low, reached))
        reached = max(reached, high)
    return total
