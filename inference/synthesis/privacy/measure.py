"""Puts a generator through the privacy report: draws films, holds them against what it learnt from, writes it down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from inference.backend import FilmView
from inference.synthesis.privacy import neighbours
from inference.synthesis.privacy.features import Features
from inference.synthesis.privacy.report import PrivacyReport
from inference.synthesis.privacy.verdict import SETTINGS, pairs, prompts_told, pulled_to_one, told, verdict
from inference.synthesis.wish import FilmWish, prompt_of

Draw = Callable[[FilmWish], NDArray[np.uint8]]
Pull = Callable[[Sequence[str]], NDArray[np.float64]]
Shown = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""A real film, (rows, columns), as the generator's autoencoder gives it back: as one learnt by heart is drawn."""
Tell = Callable[[str, int, int], None]
"""What is done, how many of them, of how many."""
CORRELATION, ENCODER = "correlation at low resolution", "the encoder's features"
AT_ONCE = 32
MOST_PROMPTS = 64
TRAINING, HELD_OUT, ALONE = "training", "held out", "view alone"


@dataclass(frozen=True, slots=True)
class RealFilm:
    """A real film; `picture` opens it as the generator's own square, (rows, columns) uint8."""

    name: str
    view: FilmView
    words: str  # what it was learnt with, without the view sentence
    picture: Callable[[], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Measured:
    """The report, and the pictures that its pairs speak of: (drawn, training film), the most suspicious first."""

    report: PrivacyReport
    pairs: tuple[tuple[NDArray[np.uint8], NDArray[np.uint8]], ...]


def measure(
    training: Sequence[RealFilm],
    held_out: Sequence[RealFilm],
    draw: Draw,
    features: Features | None,
    pull: Pull | None,
    weights_sha256: str,
    *,
    shown: Shown = lambda film: film,
    count: int,
    seed: int = 0,
    steps: int,
    guidance: float,
    program: str = "",
    tell: Tell = lambda *_: None,
) -> Measured:
    """Draw `count` films and look for copies.

    Args:
        training: All films that were learnt from, not a part of them.
        held_out: Real films of patients that were not learnt from; the same kinds of films.
        draw: The generator; its film, unmarked.
        features: None compares at low resolution only, and the report says so.
        pull: d_mem of prompts; None leaves them out.
        shown: What real films go through before they are compared, training and held-out ones alike.

    Raises:
        ValueError: There are too few films to compare with.
    """
    wishes = list(_wishes(training, held_out, count, seed, steps, guidance))
    drawn = []
    for number, (_, wish) in enumerate(wishes):
        tell("drawn", number, len(wishes))
        drawn.append(draw(wish))
    sets: dict[str, Sequence[RealFilm | NDArray[np.uint8]]] = {
        "drawn": drawn,
        TRAINING: training,
        HELD_OUT: held_out,
    }
    rows = {name: _rows(some, shown, features, name, tell) for name, some in sets.items()}
    compared = {CORRELATION: neighbours.compare(*(rows[name][0] for name in sets))}
    if features is not None:
        compared[ENCODER] = neighbours.compare(*neighbours.centred(*(_seen(rows[name][1]) for name in sets)))
    prompts = None
    if pull is not None:
        ours, others = (_prompts(some) for some in (training, held_out))
        prompts = prompts_told(pull(ours), pull(others)) if ours and others else None
    names = [film.name for film in training]
    found, reasons = verdict(compared, prompts, names)
    worst = pairs(compared, names, [kind for kind, _ in wishes], rows["drawn"][0], rows[TRAINING][0])
    leaked = sorted({held_out[at].name for one in compared.values() for at in one.leaked})
    report = PrivacyReport(
        verdict=found,
        reasons=reasons,
        weights_sha256=weights_sha256,
        drawn=len(drawn),
        training_films=len(training),
        held_out_films=len(held_out),
        measures={name: told(one) for name, one in compared.items()},
        prompts=prompts,
        pairs=worst,
        notes=(*_notes(features is not None, leaked), *pulled_to_one(compared, names)),
        settings=SETTINGS,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        program=program,
    )
    place = {film.name: film for film in training}
    return Measured(report, tuple((drawn[pair.drawn], place[pair.film].picture()) for pair in worst))


def _wishes(
    training: Sequence[RealFilm],
    held_out: Sequence[RealFilm],
    count: int,
    seed: int,
    steps: int,
    guidance: float,
) -> Iterator[tuple[str, FilmWish]]:
    """Half with the words of films that were learnt from, a quarter with those of others, a quarter with none."""
    lot = np.random.default_rng(seed)
    kinds = (TRAINING, TRAINING, HELD_OUT, ALONE)
    sources = {TRAINING: training, HELD_OUT: held_out, ALONE: training}
    for number in range(count):
        kind = kinds[number % len(kinds)]
        film = sources[kind][int(lot.integers(len(sources[kind])))]
        words = "" if kind == ALONE else film.words
        yield kind, FilmWish(words, film.view, seed + number, steps, guidance)


def _rows(
    films: Sequence[RealFilm | NDArray[np.uint8]],
    shown: Shown,
    features: Features | None,
    name: str,
    tell: Tell,
) -> tuple[neighbours.Rows, NDArray[np.float32] | None]:
    """Small pictures and features, a few films at a time: a site's films do not fit into memory."""
    small, seen = [], []
    for at in range(0, len(films), AT_ONCE):
        tell(f"{name} films looked at", at, len(films))
        some = [
            shown(one.picture()) if isinstance(one, RealFilm) else one for one in films[at : at + AT_ONCE]
        ]
        small.append(neighbours.small_pictures(some))
        if features is not None:
            seen.append(features(some))
    return np.concatenate(small), np.concatenate(seen) if seen else None


def _seen(rows: NDArray[np.float32] | None) -> NDArray[np.float32]:
    assert rows is not None
    return rows


def _prompts(films: Sequence[RealFilm]) -> list[str]:
    """Different prompts, spread over the films."""
    own = list(dict.fromkeys(prompt_of(film.words, film.view) for film in films))
    every = max(1, len(own) // MOST_PROMPTS)
    return own[::every][:MOST_PROMPTS]


def _notes(has_features: bool, leaked: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if not has_features:
        notes.append("No encoder looked at the films: only low-resolution correlation did.")
    if leaked:
        notes.append(
            f"{len(leaked)} held-out films are training films too and were left out, the first is {leaked[0]}."
        )
    return tuple(notes)
