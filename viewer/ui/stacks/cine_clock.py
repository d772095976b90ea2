"""Which slice of a running stack is due. Pure, no Qt: a slow computer leaves slices out instead of falling behind."""

from __future__ import annotations

DEFAULT_RATE = 15.0
RATES = (1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0)
"""Slices per second that the keys go through."""


def due(elapsed_s: float, rate: float, start: int, count: int, *, ping_pong: bool) -> tuple[int, int]:
    """Return (place, direction) after so long: the slice that is due, from 0, and the way it runs, 1 or -1.

    Args:
        elapsed_s: Since slice `start` was shown.
        rate: Slices per second.
        start: Where it began, from 0. A place of `count` or more stands for the way back of a ping-pong.
        count: How many slices there are.
        ping_pong: Runs back from the last slice; otherwise it begins again with the first.
    """
    if count < 2:
        return 0, 1
    step = start + int(elapsed_s * rate + 1e-9)
    if not ping_pong:
        return step % count, 1
    way_back = 2 * (count - 1)
    step %= way_back
    return (step, 1) if step < count - 1 else (way_back - step, -1)


def first_rate(stated: float | None) -> float:
    """Slices per second as the header recommends them, within what is shown; else 15."""
    return DEFAULT_RATE if stated is None else min(max(stated, RATES[0]), RATES[-1])


def other_rate(rate: float, by: int) -> float:
    """The next faster (1) or slower (-1) of `RATES`; stays at the ends."""
    if by > 0:
        return next((one for one in RATES if one > rate + 0.01), RATES[-1])
    return next((one for one in reversed(RATES) if one < rate - 0.01), RATES[0])
