"""What the reader did, to be taken back and done again. Frozen data and pure functions.

A step holds, for each film that it changed, the whole state before and after: a `FilmView` or a `FilmMarks`. Undo puts
the states before back; nothing has to be computed in reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from viewer.core.language import tr
from viewer.ui.film_view import FilmView

MOST_STEPS = 500
TOGETHER_S = 0.6
"""Turns of the wheel that follow each other so closely are one step."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What stands in the place of a state where a plugin keeps the state: doing it puts that state back."""

    do: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One film's state before and after: its `FilmView`, its `FilmMarks` or a `Deed`."""

    film_key: str  # empty: a deed that is about no film
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the reader did: one drag, one key, one mark."""

    what: str  # in words for the status bar
    changes: tuple[Change, ...]
    at_s: float = 0.0
    can_grow: bool = False  # a following step of the same kind belongs to it: the wheel


@dataclass(frozen=True, slots=True)
class History:
    """Steps that can be undone, the newest last, and steps that can be done again, the next one last."""

    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()


def recorded(history: History, step: Step) -> History:
    """The history after the reader did something: what was undone before can't be done again."""
    changes = tuple(change for change in step.changes if change.before != change.after)
    if not changes:
        return history
    step = replace(step, changes=changes)
    last = history.past[-1] if history.past and not history.future else None
    if last is not None and _belong_together(last, step):
        return History((*history.past[:-1], _grown(last, step)))
    return History((*history.past, step)[-MOST_STEPS:])


def undone(history: History) -> tuple[History, Step | None]:
    """The history one step back, and the step whose states `before` hold now; None where there is none."""
    if not history.past:
        return history, None
    return History(history.past[:-1], (*history.future, history.past[-1])), history.past[-1]


def redone(history: History) -> tuple[History, Step | None]:
    """The history one step on, and the step whose states `after` hold now; None where there is none."""
    if not history.future:
        return history, None
    return History((*history.past, history.future[-1]), history.future[:-1]), history.future[-1]


def left_out(history: History, step: Step) -> History:
    """The history as if this step had never been recorded."""
    past = tuple(one for one in history.past if one.changes != step.changes)
    return History(past, tuple(one for one in history.future if one.changes != step.changes))


def view_change(before: FilmView, after: FilmView) -> str:
    """What changed about a view, in a word or two."""
    changed = {
        field.name for field in fields(FilmView) if getattr(before, field.name) != getattr(after, field.name)
    }
    if changed <= {"voi", "voi_name", "is_lut_off"}:
        return tr("window")
    if changed == {"is_inverted"}:
        return tr("invert")
    if changed == {"look"}:
        return tr("processed look")
    if changed == {"posture"}:
        is_flip = before.posture.is_mirrored != after.posture.is_mirrored
        return tr("flip") if is_flip else tr("rotation")
    if changed == {"center"}:
        return tr("pan")
    if changed <= {"zoom", "center"}:
        return tr("zoom and pan")
    return tr("change of view")


def _belong_together(last: Step, step: Step) -> bool:
    return (
        last.can_grow
        and step.can_grow
        and step.at_s - last.at_s <= TOGETHER_S
        and [change.film_key for change in last.changes] == [change.film_key for change in step.changes]
    )


def _grown(last: Step, step: Step) -> Step:
    changes = tuple(
        replace(old, after=new.after) for old, new in zip(last.changes, step.changes, strict=True)
    )
    return replace(step, changes=changes)
