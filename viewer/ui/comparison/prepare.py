"""Two films made ready to be compared, in a worker: the prior is laid on the current film, and both are subtracted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from viewer.core.difference import difference
from viewer.core.registration import NotAlike, Registration, laid_over, register
from viewer.core.study import FilmPixels
from viewer.ui.film_loader import LoadedFilm
from viewer.ui.film_picture import FilmPicture


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """What is ready so far. Comes from the worker several times, each time with more."""

    prior: LoadedFilm
    raw: FilmPicture
    registration: Registration | None = None
    registered: FilmPicture | None = None
    difference: FilmPicture | None = None
    problem: str = ""  # why there is no registration, in words for the reader


def prepare(
    load_current: Callable[[], LoadedFilm],
    load_prior: Callable[[], LoadedFilm],
    is_stopped: Callable[[], bool],
) -> Iterator[Pair]:
    """The raw prior first, then the registered one, then the difference.

    Raises:
        viewer.core.errors.FilmError: One of the films can't be decoded.
    """
    prior = load_prior()
    raw = FilmPicture(prior.pixels)
    yield Pair(prior, raw)
    current = load_current().pixels
    try:
        found = register(current, prior.pixels, is_stopped)
    except NotAlike as refusal:
        yield Pair(prior, raw, problem=str(refusal))
        return
    over: FilmPixels = laid_over(prior.pixels, found, current)
    registered = FilmPicture(over)
    yield Pair(prior, raw, found, registered)
    if not is_stopped():
        yield Pair(prior, raw, found, registered, FilmPicture(difference(current, over)))
