"""How outputs change what is known of a study. Pure."""

from __future__ import annotations

from dataclasses import replace

from plugin.output.state import Exported, OutputEvent, OutputState


def fold_output(state: OutputState, event: OutputEvent) -> OutputState:
    """Remember the latest object of each kind: the next version follows it. Copies and prints leave no trace here."""
    if not isinstance(event, Exported) or not event.objects:
        return state
    new = {one.kind: one for one in event.objects}
    kept = tuple(one for one in state.objects if one.kind not in new)
    return replace(state, objects=(*kept, *new.values()))
