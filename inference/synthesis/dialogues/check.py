"""Proves of a dialogue that it holds what its report says, in the view that was wished for. Pure.

By the rules of `inference.text.labels`, which never saw a template: a template that promises more than the report
has, a view sentence that is not the wished one or a report that has changed since make `complaints`.
"""

from __future__ import annotations

from collections.abc import Sequence

from inference.synthesis.dialogues.answer import NO_FILM, WITHOUT, understood
from inference.synthesis.dialogues.compose import Dialogue, FilmTurn
from inference.synthesis.dialogues.facts import described, facts_of, labels_of
from inference.synthesis.wish import view_of, without_view_sentence


def complaints(dialogue: Dialogue, report: str) -> tuple[str, ...]:
    """What is wrong with a dialogue, in words; empty for a good one.

    Args:
        dialogue: As `compose` makes it.
        report: The text that its link names.
    """
    if not dialogue.link.holds(report):
        return ("the report no longer says what the dialogue was made of",)
    found: list[str] = []
    supported = labels_of(report)
    for turn in dialogue.turns:
        if not turn.description:
            found += [] if turn.answer == NO_FILM else ["an answer without a film says something else"]
            continue
        supported |= {fact.label for fact in turn.imagined}
        supported |= {change.fact.label for change in turn.changes if change.how != WITHOUT}
        found += _of_turn(turn, supported)
        found += _facts(turn, dialogue.turns, report)
    return tuple(found)


def _of_turn(turn: FilmTurn, supported: frozenset[str]) -> list[str]:
    found = []
    meant = understood(turn.answer)
    if meant is None:
        return ["the film's description can't be read again"]
    if turn.view and (meant.view != turn.view or view_of(turn.description) != turn.view):
        found.append(f"the view is not the wished one, {turn.view}")
    stated = labels_of(without_view_sentence(turn.description))
    if extra := stated - supported - {"lung opacity"}:
        found.append(f"not in the report: {', '.join(sorted(extra))}")
    for change in turn.changes:
        is_there = change.fact.label in stated
        if change.how != WITHOUT and not is_there:
            found.append(f"{change.fact.name} was asked for and is not described")
    return found


def _facts(turn: FilmTurn, turns: Sequence[FilmTurn], report: str) -> list[str]:
    """Side, size and place of what is named must be the report's too, unless it is said to be imagined."""
    if turn.changes or "before" in turn.answer:
        return []  # made of sentences that were checked already
    allowed = {*facts_of(report), *(fact for one in turns for fact in one.imagined)}
    return [f"not so in the report: {fact}" for fact in described(turn.description) if fact not in allowed]
