"""Looks at all films of a set: a few threads, progress told, stopped within one film."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from inference.backend import CancelToken
from inference.errors import InferenceCancelled, InferenceError
from inference.gate import Gate, load_gate
from inference.training.examine.faults import Fault
from inference.training.examine.film_look import FilmLook, look_at
from inference.training.examine.subject import FilmName, Row, films_of
from inference.training.rows import KnownFilm, UnreadableFilm

Progress = Callable[[int, int], None]
"""Films looked at, films in all; called from the thread that examines."""
_AHEAD = 4  # films waiting for each thread


def look_at_films(
    rows: Sequence[Row], progress: Progress, cancel: CancelToken, threads: int | None = None
) -> tuple[Mapping[FilmName, FilmLook], tuple[Fault, ...]]:
    """Every film once. Decoding and scaling let go of the interpreter, so that threads are enough.

    Returns:
        What was seen, by data set and key; and a fault for each film that could not be had.

    Raises:
        InferenceCancelled: Within one film of `cancel.cancel()`.
    """
    places = list(films_of(rows))
    gate = load_gate(allow_synthetic=True)
    looks: dict[FilmName, FilmLook] = {}
    faults: list[tuple[int, Fault]] = []
    count = threads or min(8, os.cpu_count() or 1)
    progress(0, len(places))
    with ThreadPoolExecutor(count, thread_name_prefix="doctor") as pool:
        for done, (at, seen) in enumerate(_in_turn(pool, places, gate, cancel, count * _AHEAD), 1):
            row, film = places[at]
            if isinstance(seen, FilmLook):
                looks[row.name_of(film)] = seen
            else:
                faults.append((at, _unreadable(row, seen)))
            progress(done, len(places))
    return looks, tuple(fault for _, fault in sorted(faults, key=lambda pair: pair[0]))


def _in_turn(
    pool: ThreadPoolExecutor,
    places: Sequence[tuple[Row, KnownFilm]],
    gate: Gate,
    cancel: CancelToken,
    ahead: int,
) -> Iterator[tuple[int, FilmLook | str]]:
    """Each film's place with what was seen, as they come; at most `ahead` films are held in memory."""
    running: dict[Future[FilmLook | str], int] = {}
    waiting = iter(range(len(places)))
    try:
        while True:
            while len(running) < ahead and (at := next(waiting, None)) is not None:
                running[pool.submit(_look, *places[at], gate)] = at
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                if cancel.is_cancelled:
                    raise InferenceCancelled
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


def _look(row: Row, film: KnownFilm, gate: Gate) -> FilmLook | str:
    """What was seen, or in words why nothing was."""
    try:
        return look_at(row.source.open_film(film), gate)
    except UnreadableFilm as error:
        return str(error)
    except (InferenceError, OSError, ValueError) as error:
        return str(error) or type(error).__name__


def _unreadable(row: Row, why: str) -> Fault:
    return row.fault(
        "unreadable_film",
        f"A film can't be read: {why}",
        "Copy the file again from where it came, or take it out.",
    )
