"""Does the engine tell what grew? Pairs of phantom films with known change, and real films taken twice.

Several measures of the same pairs are scored side by side: the engine's own verdict, the sizes of its boxes and of the
true ones, its certainty, and its words about the change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.backend import (
    Box,
    CancelToken,
    Change,
    Compare,
    FilmInput,
    Finding,
    Finished,
    ReadStudy,
    StudyFilm,
    StudyInput,
    Xyxy,
)
from inference.engine.changes import ChangeRules, Sight, change_of
from inference.engine.engine import M4cxrBackend
from inference.evaluation.through_engine import grey_film
from inference.phantom import PhantomFilm, follow_up, project, sample_case
from inference.text.directions import DIRECTIONS, Direction, stated_changes

SIDE = 256
"""Rows and columns of the phantom films."""
NOTHING = "not told"
MEASURES = (
    "engine",
    "sizes of its boxes",
    "sizes of the true boxes",
    "certainty",
    "answer on the change",
    "report with the prior",
)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two films of one phantom and what became of the one finding that it was made with."""

    label: str
    kind: str  # inference.phantom.case.ChangeKind
    before: PhantomFilm
    now: PhantomFilm

    @property
    def direction(self) -> Direction:
        return DIRECTIONS[self.kind]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What each measure says of a pair's finding; a measure that says nothing is left out."""

    pair: Pair
    told: dict[str, Direction]
    engine: str  # the kind of its Change


def phantom_pairs(labels: Sequence[str], count: int, first_seed: int) -> Iterator[Pair]:
    """`count` pairs of phantoms, each made with one of `labels` in turn. The same seed gives the same pair."""
    for number in range(count):
        seed, label = first_seed + number, labels[number % len(labels)]
        case = sample_case(seed, findings=frozenset({label}))
        later, changes = follow_up(case, seed)
        view: Literal["PA", "AP"] = "AP" if np.random.default_rng([seed, 77]).random() < 0.5 else "PA"
        kind = next(change.kind for change in changes if change.lesion.label == label)
        before, now = (project(one, view, (SIDE, SIDE)) for one in (case, later))
        if label in before.findings and (label in now.findings or kind == "resolved"):
            yield Pair(label, kind, before, now)


def taken_again(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The same film as if the patient had been placed and exposed anew: nothing about the patient has changed.

    Args:
        picture: (rows, columns) uint8.
    """
    film = Image.fromarray(picture)
    width, height = film.size
    size, angle = rng.uniform(0.96, 1.04), np.radians(rng.normal(0, 2))
    across, down = rng.normal(0, 0.015, 2) * width
    cos, sin = np.cos(angle) / size, np.sin(angle) / size
    x, y = width / 2, height / 2
    affine = (cos, sin, x - cos * x - sin * y + across, -sin, cos, y + sin * x - cos * y + down)
    moved = film.transform(film.size, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
    grey = (np.asarray(moved, dtype=np.float64) / 255) ** np.exp(rng.normal(0, 0.15))
    noisy: NDArray[np.float64] = grey + rng.normal(0, 0.01, grey.shape)
    return (noisy.clip(0, 1) * 255).round().astype(np.uint8)


def compared(backend: M4cxrBackend, before: FilmInput, now: FilmInput) -> tuple[list[object], str, str]:
    """What the engine says of two films: the events of a comparison, its answer, its report with the prior."""
    for film in (before, now):
        backend.put_film(film)
    films = (StudyFilm(now.image_sha256), StudyFilm(before.image_sha256, "prior", 30))
    backend.put_study(StudyInput("study", films))
    events: list[object] = list(backend.run(Compare("study"), CancelToken()))
    (read,) = (one for one in backend.run(ReadStudy("study"), CancelToken()) if isinstance(one, Finished))
    backend.forget_study("study")
    (ended,) = (one for one in events if isinstance(one, Finished))
    return events, str(ended.result["answer"]), str(read.result["report"])


def changes_told(backend: M4cxrBackend, before: FilmInput, now: FilmInput) -> list[Change]:
    """The engine's changes between two films, without its words."""
    for film in (before, now):
        backend.put_film(film)
    films = (StudyFilm(now.image_sha256), StudyFilm(before.image_sha256, "prior", 30))
    backend.put_study(StudyInput("study", films))
    events = list(backend.run(Compare("study", changes_only=True), CancelToken()))
    backend.forget_study("study")
    return [one for one in events if isinstance(one, Change)]


def judged(backend: M4cxrBackend, pair: Pair, certainty_band: float) -> Verdicts:
    """All measures of one pair."""
    before, now = (grey_film(name, _grey(film)) for name, film in (("b", pair.before), ("n", pair.now)))
    events, answer, report = compared(backend, before, now)
    change = next(one for one in events if isinstance(one, Change) and one.label == pair.label)
    then, since = _sight(events, change.prior_finding_id), _sight(events, change.finding_id)
    true_then = Sight(then.finding, *_true_boxes(pair.before, pair.label))
    true_since = Sight(since.finding, *_true_boxes(pair.now, pair.label))
    told: dict[str, Direction] = {}
    _tell(told, "engine", change.change)
    _tell(told, "sizes of its boxes", _both_there(then, since, ChangeRules()))
    _tell(told, "sizes of the true boxes", _both_there(true_then, true_since, ChangeRules()))
    _tell(told, "certainty", _both_there(then, since, ChangeRules(certainty_band)))
    for name, text in (("answer on the change", answer), ("report with the prior", report)):
        said = [kind for label, kind in stated_changes(text) if label == pair.label]
        _tell(told, name, said[0] if said else NOTHING)
    return Verdicts(pair, told, change.change)


def scored(verdicts: Sequence[Verdicts], name: str) -> dict[str, float]:
    """Of the pairs whose finding the engine calls present on both films: how often a measure has the direction right.

    `opposite` counts growth told as shrinking and the reverse, the error that misleads most.
    """
    pairs = [one for one in verdicts if one.engine in ("larger", "unchanged", "smaller", "still present")]
    pairs = [one for one in pairs if one.pair.kind in ("larger", "unchanged", "smaller")]
    right = [one.told.get(name) == one.pair.direction for one in pairs]
    opposite = [one.told.get(name, 0) * one.pair.direction < 0 for one in pairs]
    return {
        "pairs": len(pairs),
        "right": round(float(np.mean(right)), 3),
        "opposite": round(float(np.mean(opposite)), 3),
        "told": round(float(np.mean([name in one.told for one in pairs])), 3),
    }


def false_changes(backend: M4cxrBackend, pictures: Sequence[NDArray[np.uint8]]) -> Counter[str]:
    """Kinds of the changes told between films and themselves taken again, and "films with one" of any."""
    kinds: Counter[str] = Counter()
    for number, picture in enumerate(pictures):
        again = taken_again(picture, np.random.default_rng(number))
        changes = changes_told(backend, grey_film("b", picture), grey_film("n", again))
        wrong = [one.change for one in changes if DIRECTIONS.get(one.change, 0) != 0]
        kinds.update(one.change for one in changes)
        kinds["films with one"] += bool(wrong)
    return kinds


def _grey(film: PhantomFilm) -> NDArray[np.uint8]:
    return (np.clip(film.picture, 0, 1) * 255).round().astype(np.uint8)


def _tell(told: dict[str, Direction], name: str, kind: str) -> None:
    if kind in DIRECTIONS:
        told[name] = DIRECTIONS[kind]


def _both_there(before: Sight, now: Sight, rules: ChangeRules) -> str:
    if before.finding.presence != "present" or now.finding.presence != "present":
        return NOTHING
    return change_of(before, now, rules).change


def _sight(events: Sequence[object], finding_id: str) -> Sight:
    finding = next(one for one in events if isinstance(one, Finding) and one.id == finding_id)
    own = [one.xyxy for one in events if isinstance(one, Box) and one.finding_id == finding_id]
    return Sight(finding, tuple(_part(box) for box in own))


def _true_boxes(film: PhantomFilm, label: str) -> tuple[tuple[Xyxy, ...], tuple[Xyxy, ...]]:
    boxes = tuple(_part(box.xyxy) for box in film.boxes if box.label == label)
    return boxes, tuple(_part(one.xyxy) for one in film.organs if one.label in ("right lung", "left lung"))


def _part(xyxy: Xyxy) -> Xyxy:
    x1, y1, x2, y2 = xyxy
    return x1 / SIDE, y1 / SIDE, x2 / SIDE, y2 / SIDE
