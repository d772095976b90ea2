"""How the gate opens and closes. Pure."""

from __future__ import annotations

from dataclasses import replace

from plugin.first_look.state import (
    AiHidden,
    AiShownAgain,
    FirstLook,
    FirstLookCommitted,
    FirstLookEvent,
    ModeSet,
)


def fold_first_look(look: FirstLook, event: FirstLookEvent) -> FirstLook:
    """Return the gate after `event`. A committed first look is never taken back."""
    match event:
        case ModeSet(mode):
            return look if look.is_committed else replace(look, mode=mode)
        case FirstLookCommitted(at):
            return look if look.is_committed else replace(look, committed_at=at, is_hidden=False)
        case AiHidden():
            return replace(look, is_hidden=True)
        case AiShownAgain():
            return replace(look, is_hidden=False)
