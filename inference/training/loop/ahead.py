"""Makes the next micro-batches in a thread while one is being learnt from: films are read and scaled meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from inference.devices import is_out_of_memory
from inference.errors import InvalidFilm
from inference.training.loop.course import Collate, InOrder
from inference.training.rows import UnreadableFilm
from inference.training.samples import Sample

DEPTH = 2
"""Micro-batches that lie ready."""


@dataclass(frozen=True, slots=True)
class Made:
    """A micro-batch ready to learn from. `batch` is None where none of its samples can be used."""

    step: int  # of the phase, from 0
    number: int  # its place in the step, over all processes
    is_last: bool  # of this process's share of the step
    batch: Any
    unreadable: int  # samples that were left out
    is_out_of_memory: bool = False  # while it was made


class Ahead:
    """The micro-batches of one process from a step on, in order. Close it when they change.

    Args:
        steps: Of the phase, from 0.
        size: Most samples at a time.
        share: Which of a step's micro-batches are this process's.
    """

    def __init__(
        self, order: InOrder, collate: Collate, steps: range, size: int, share: slice = slice(None)
    ) -> None:
        self._collate = collate
        self._wanted = _wanted(order, steps, size, share)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="collate")
        self._ready: deque[Future[Made | None]] = deque()

    def step(self) -> Iterator[Made]:
        """The micro-batches of the next step; one without a batch where there are fewer than processes."""
        while True:
            while len(self._ready) < DEPTH:
                self._ready.append(self._pool.submit(self._make))
            made = self._ready.popleft().result()
            if made is None:
                return
            yield made
            if made.is_last:
                return

    def settle(self) -> None:
        """Wait until nothing is being made: `collate` may then be used by others."""
        wait(self._ready)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _make(self) -> Made | None:
        wanted = next(self._wanted, None)
        if wanted is None:
            return None
        step, number, is_last, samples = wanted
        try:
            batch, unreadable = readable(samples, self._collate)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return Made(step, number, is_last, None, 0, is_out_of_memory=True)
        return Made(step, number, is_last, batch, unreadable)


def readable(samples: Sequence[Sample], collate: Collate, *, varied: bool = True) -> tuple[Any, int]:
    """The batch of those samples whose films can be read, None if there is none; and how many were left out."""
    if not samples:
        return None, 0
    try:
        return collate(samples, varied=varied), 0
    except (UnreadableFilm, InvalidFilm):
        if len(samples) == 1:
            return None, 1
    good = [sample for sample in samples if readable([sample], collate, varied=varied)[1] == 0]
    return readable(good, collate, varied=varied)[0], len(samples) - len(good)


def _wanted(
    order: InOrder, steps: range, size: int, share: slice
) -> Iterator[tuple[int, int, bool, Sequence[Sample]]]:
    """Cuts what is too large: a step has the same samples whatever fits into the memory."""
    for step in steps:
        groups = [
            group[at : at + size]
            for group in order.step(step).micro_batches
            for at in range(0, len(group), size)
        ]
        mine = list(enumerate(groups))[share] or [(0, ())]
        for at, (number, samples) in enumerate(mine, 1):
            yield step, number, at == len(mine), samples
