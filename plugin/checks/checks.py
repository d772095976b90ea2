"""All checks of a report, in one call. Pure."""

from __future__ import annotations

from dataclasses import replace

from plugin.checks.discrepancy import list_doubts
from plugin.checks.doubts import CheckInput, Doubt
from plugin.checks.laterality import side_doubts
from plugin.checks.measurements import number_doubts
from plugin.checks.mentions import mentions
from plugin.checks.negation import denial_doubts
from plugin.checks.patient import patient_doubts
from plugin.checks.priors import prior_doubts
from plugin.checks.sentences import sentences
from plugin.checks.unfinished import unfinished_doubts, unsupported_doubts, untouched_doubts
from plugin.checks.views import view_doubts
from plugin.report.fields import undecided_blanked


def doubts_of(told: CheckInput) -> tuple[Doubt, ...]:
    """What stands against signing this report: first what blocks, each in the order of the text, each once."""
    parts = sentences(told)
    said = _decided(told)
    sayings = sentences(said)
    found = mentions(sayings)
    doubts = (
        *unfinished_doubts(told, parts),
        *side_doubts(said, sayings, found),
        *denial_doubts(found),
        *patient_doubts(said, sayings),
        *prior_doubts(said, sayings, found),
        *view_doubts(said, sayings),
        *number_doubts(said, sayings),
        *list_doubts(said, sayings),
        *untouched_doubts(told, parts),
    )
    doubted = {(doubt.where, doubt.sentence) for doubt in doubts if doubt.kind != "untouched"}
    more = [one for one in unsupported_doubts(told, parts) if (one.where, one.sentence) not in doubted]
    each_once = {doubt.id: doubt for doubt in reversed((*doubts, *more))}
    return tuple(sorted(each_once.values(), key=_order))


def _decided(told: CheckInput) -> CheckInput:
    """Without what a template's fields offer: nobody has said it yet, and each field is a doubt of its own."""
    report, impression = undecided_blanked(told.report), undecided_blanked(told.impression)
    return replace(told, report=report, impression=impression)


def _order(doubt: Doubt) -> tuple[bool, bool, int, str]:
    return (doubt.severity != "blocks", doubt.where != "report", doubt.start, doubt.kind)
