"""All checks of a report, in one call. Pure."""

from __future__ import annotations

from plugin.checks.discrepancy import list_doubts
from plugin.checks.doubts import CheckInput, Doubt
from plugin.checks.laterality import side_doubts
from plugin.checks.measurements import number_doubts
from plugin.checks.mentions import mentions
from plugin.checks.negation import denial_doubts
from plugin.checks.patient import patient_doubts
from plugin.checks.priors import prior_doubts
from plugin.checks.sentences import sentences
from plugin.checks.unfinished import unfinished_doubts, untouched_doubts
from plugin.checks.views import view_doubts


def doubts_of(told: CheckInput) -> tuple[Doubt, ...]:
    """What stands against signing this report: first what blocks, each in the order of the text, each once."""
    parts = sentences(told)
    found = mentions(parts)
    doubts = (
        *unfinished_doubts(told, parts),
        *side_doubts(told, parts, found),
        *denial_doubts(found),
        *patient_doubts(told, parts),
        *prior_doubts(told, parts, found),
        *view_doubts(told, parts),
        *number_doubts(told, parts),
        *list_doubts(told, parts),
        *untouched_doubts(told, parts),
    )
    each_once = {doubt.id: doubt for doubt in reversed(doubts)}
    return tuple(sorted(each_once.values(), key=_order))


def _order(doubt: Doubt) -> tuple[bool, bool, int, str]:
    return (doubt.severity != "blocks", doubt.where != "report", doubt.start, doubt.kind)
