"""How the gate opens and closes. Pure."""

from __future__ import annotations

from dataclasses import replace

from plugin.first_look.state import (
    AiHidden,
    AiRevealed,
    AiShownAgain,
    FirstImpressionTyped,
    FirstLook,
    FirstLookCommitted,
    FirstLookEvent,
    OwnReportBegun,
    RevealReason,
    StudySeen,
)


def fold_first_look(look: FirstLook, event: FirstLookEvent) -> FirstLook:
    """Return the gate after `event`. What was revealed stays revealed; it can be hidden by hand."""
    match event:
        case StudySeen(mode, at):
            return look if look.first_seen_at else replace(look, mode=mode, first_seen_at=at)
        case FirstLookCommitted(at):
            if look.is_committed:
                return look
            return replace(_opened(look, at, "committed"), committed_at=at)
        case AiRevealed(reason, at):
            return _opened(look, at, reason)
        case AiHidden():
            return replace(look, is_hidden=True) if look.is_open else look
        case AiShownAgain():
            return replace(look, is_hidden=False)
        case FirstImpressionTyped(text):
            return look if look.is_open else replace(look, impression=text)
        case OwnReportBegun():
            return replace(look, writes_own=True)


def reveal(look: FirstLook, at: str) -> FirstLookEvent | None:
    """What the reader's word opens the gate with; None where it is open."""
    if look.is_open:
        return None
    return AiRevealed("asked", at) if look.mode == "triage" else FirstLookCommitted(at)


def hide_or_show(look: FirstLook, at: str) -> FirstLookEvent | None:
    """The other way round; None where the gate is still closed: only a first look opens it."""
    if not look.is_open:
        return None
    return AiShownAgain(at) if look.is_hidden else AiHidden(at)


def is_due(look: FirstLook, seen_s: float, reveal_after_s: int) -> bool:
    """True once the study was on screen as long as the site gives a reader who says nothing. 0 s: never."""
    is_waiting = look.mode == "second reader" and not look.is_open
    return is_waiting and 0 < reveal_after_s <= seen_s


def _opened(look: FirstLook, at: str, reason: RevealReason) -> FirstLook:
    if look.revealed_at:
        return look
    return replace(look, revealed_at=at, revealed_by=reason, is_hidden=False)
