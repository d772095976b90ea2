"""Draws what the bench asks for, has all networks look at it, and puts the numbers together.

The generator comes in as a function, so that tests can draw with something else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.film_distance import NEAREST, distances
from inference.evaluation.label_agreement import (
    Agreement,
    WithInterval,
    agreement,
    alignment,
    mean_with_interval,
    thresholds,
)
from inference.film_view import ViewSeen
from inference.synthesis.bench.films import KnownFilms, blurred_mean, noise_like
from inference.synthesis.bench.prompts import label_prompts, laterals, like_the_real, text_of
from inference.synthesis.wish import FilmWish
from inference.text.labels import label_report
from inference.training.rows import LABELS

Squares = NDArray[np.uint8]
Draw = Callable[[FilmWish], Squares]
"""One film, (side, side) uint8, unmarked."""
Tell = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Space:
    """A feature space. `features` takes (films, side, side) uint8 and gives (films, features)."""

    name: str
    features: Callable[[Squares], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Against:
    """What drawn films are held against: two halves of real films, or of phantoms."""

    frontal: KnownFilms
    frontal_floor: KnownFilms  # other patients
    phantoms: KnownFilms | None  # frontal; None where they are what is compared with
    lateral: KnownFilms  # phantoms: there are hardly any real ones
    lateral_floor: KnownFilms

    @property
    def are_real(self) -> bool:
        return self.phantoms is not None


@dataclass(frozen=True, slots=True)
class Lookers:
    """Who looks at the films."""

    spaces: Sequence[Space]
    scores: Callable[[Squares], NDArray[np.float64]]  # (films, 14), a classifier of real films
    view: Callable[[Squares], ViewSeen]


@dataclass(slots=True)
class Drawing:
    """Draws wishes one by one, and counts the time."""

    draw: Draw
    tell: Tell
    films: int = 0
    seconds: float = 0.0

    def all(self, wishes: Sequence[FilmWish], what: str) -> Squares:
        made = []
        began = time.monotonic()
        for number, wish in enumerate(wishes):
            self.tell(what, number, len(wishes))
            made.append(self.draw(wish))
        self.tell(what, len(wishes), len(wishes))
        self.films += len(wishes)
        self.seconds += time.monotonic() - began
        return np.stack(made)


def measured(
    drawing: Drawing, against: Against, who: Lookers, base: FilmWish, seeds: int, *, has_lateral: bool = True
) -> dict[str, Any]:
    """Everything that the bench tells of a generator.

    Args:
        drawing: Around the generator.
        against: The films to compare with; as many are drawn.
        who: The networks that look.
        base: Steps and guidance of every wish.
        seeds: Films for each asked label.
        has_lateral: The generator was taught laterals.
    """
    frontal = drawing.all(like_the_real(against.frontal, base), "frontal films")
    side = laterals(len(against.lateral), base) if has_lateral else []
    films, found = frontal, {"frontal": _frontal(who.spaces, against, frontal)}
    if side:
        lateral = drawing.all(side, "lateral films")
        films = np.concatenate([frontal, lateral])
        found["lateral"] = _lateral(who.spaces, against, lateral)
    views = (*against.frontal.views, *["lateral"] * len(side))
    found["view"] = view_accuracy(who.view, films, views)
    found["view_of_the_real"] = view_accuracy(who.view, against.frontal.squares, against.frontal.views)
    found |= _labels(drawing, against, who, base, seeds)
    return found | {"films": drawing.films, "seconds_per_film": round(drawing.seconds / drawing.films, 3)}


def _frontal(spaces: Sequence[Space], against: Against, drawn: Squares) -> dict[str, Any]:
    floor = against.frontal_floor.squares
    name = "other real patients (floor)" if against.are_real else "other phantoms (floor)"
    sets = {name: floor, "drawn": drawn}
    if against.phantoms is not None:
        sets["phantoms"] = against.phantoms.squares
    sets |= _controls(floor, len(drawn))
    return {one.name: _distances(one, against.frontal.squares, sets) for one in spaces}


def _lateral(spaces: Sequence[Space], against: Against, drawn: Squares) -> dict[str, Any]:
    floor = against.lateral_floor.squares
    sets = {"other phantoms (floor)": floor, "drawn": drawn, **_controls(floor, len(drawn))}
    return {one.name: _distances(one, against.lateral.squares, sets) for one in spaces}


def _controls(films: Squares, count: int) -> dict[str, Squares]:
    """What a generator must be better than. Made of the films that set the floor, not of the reference."""
    return {
        "blurred mean film": blurred_mean(films, count),
        "noise of the same spectrum": noise_like(films, count),
    }


def _distances(space: Space, reference: Squares, sets: Mapping[str, Squares]) -> dict[str, Any]:
    """Of every set from the reference. Sets of fewer films than a neighbourhood needs are left out."""
    if len(reference) <= NEAREST:
        return {}
    known = space.features(reference)
    made = {name: films for name, films in sets.items() if len(films) > NEAREST}
    return {name: distances(known, space.features(films)).as_json() for name, films in made.items()}


def view_accuracy(
    look: Callable[[Squares], ViewSeen], films: Squares, asked: Sequence[str]
) -> dict[str, Any]:
    """Asked view against seen view: frontal or lateral, and of the frontal ones PA or AP."""
    seen = [look(film) for film in films]
    wanted = [view != "lateral" for view in asked]
    right = [
        one.is_frontal if is_frontal else one.view == "lateral"
        for one, is_frontal in zip(seen, wanted, strict=True)
    ]
    frontal = [
        (one, view) for one, view in zip(seen, asked, strict=True) if one.is_frontal and view != "lateral"
    ]
    table: dict[str, dict[str, int]] = {}
    for one, view in zip(seen, asked, strict=True):
        row = table.setdefault(view, {})
        row[one.view] = row.get(one.view, 0) + 1
    return {
        "films": len(films),
        "frontal_or_lateral": _share(right),
        "pa_or_ap": _share([one.view == view for one, view in frontal]) if frontal else None,
        "hangs_right": _share([one.quarter_turns == 0 and not one.is_inverted for one in seen]),
        "asked_and_seen": table,
    }


def _share(values: Sequence[bool]) -> dict[str, float]:
    return asdict(mean_with_interval(np.array(values, float)))


def _labels(drawing: Drawing, against: Against, who: Lookers, base: FilmWish, seeds: int) -> dict[str, Any]:
    """Label agreement with twins, and how films and texts belong together."""
    prompts = label_prompts(seeds, base)
    twins = list(dict.fromkeys(prompt.twin for prompt in prompts))  # one serves all labels of a seed
    with_text = who.scores(drawing.all([prompt.wish for prompt in prompts], "films with a text"))
    of_twins = who.scores(drawing.all(twins, "their twins without"))
    without = of_twins[[twins.index(prompt.twin) for prompt in prompts]]
    real = who.scores(against.frontal_floor.squares)
    limits = thresholds(real, against.frontal_floor.labels)
    asked = np.array([prompt.column for prompt in prompts])
    found: Agreement = agreement(LABELS, asked, with_text, without, limits)
    texts = np.stack([stated(prompt.wish.text) for prompt in prompts])
    shown = np.stack([stated(text_of(row)) for row in against.frontal_floor.labels])
    return {
        "label_agreement": found.as_json(),
        "alignment": asdict(alignment(with_text, texts)),
        "alignment_of_twins": asdict(alignment(without, texts)),
        "alignment_of_the_real": _alignment_or_none(real, shown),
    }


def stated(text: str) -> NDArray[np.int8]:
    """(14,) 1 for each label that our labeller finds stated; “no finding” where it finds none and text is there."""
    present = {name for name, value in label_report(text).items() if value == 1}
    row = np.array([name in present for name in LABELS], np.int8)
    row[-1] = int(bool(text) and not row[:-1].any())
    return row


def _alignment_or_none(scores: NDArray[np.float64], texts: NDArray[np.int8]) -> dict[str, float] | None:
    try:
        found: WithInterval = alignment(scores, texts)
    except ValueError:  # all real films state the same
        return None
    return asdict(found)
