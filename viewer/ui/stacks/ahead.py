"""Which slices are read before they are asked for. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Iterator

AHEAD_FOR_ONE_BEHIND = 3
"""So many slices in the direction of scrolling for each one behind: a reader goes back and forth, but mostly on."""


def read_order(at: int, count: int, direction: int, most: int) -> tuple[int, ...]:
    """Return places in a stack in the order in which they are read: the wanted one, then near ones, mostly ahead.

    Args:
        at: The wanted slice, from 0.
        count: How many slices there are.
        direction: 1 or -1, the way the reader scrolls; 0 counts as 1.
        most: At most so many, the wanted one included; it always comes.
    """
    step = direction or 1
    ahead = iter(range(at + step, count if step > 0 else -1, step))
    behind = iter(range(at - step, -1 if step > 0 else count, -step))
    return (at, *_mixed(ahead, behind, max(0, most - 1)))


def _mixed(ahead: Iterator[int], behind: Iterator[int], most: int) -> Iterator[int]:
    given = 0
    while given < most:
        turn = [
            place for place in (next(ahead, None) for _ in range(AHEAD_FOR_ONE_BEHIND)) if place is not None
        ]
        back = next(behind, None)
        turn += [] if back is None else [back]
        if not turn:
            return
        yield from turn[: most - given]
        given += len(turn)
