"""Phantom studies for training and testing: frontal films, some with a lateral, some with a prior. Kept on disk.

They teach what the real films can't: boxes for every finding, lateral views, known change. Training and test
phantoms come from different seeds, so from different anatomies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from inference.backend import FINDINGS
from inference.phantom import Case, PhantomFilm, follow_up, project, sample_case
from inference.training.starter.film_set import PLACES, FilmSet
from inference.training.starter.films import LABELS, NO_FINDING, XYXY, shown_picture

TEST_SEEDS = 900_000
"""Seeds from here on are never trained on."""
HEART, LUNGS = "heart", ("right lung", "left lung")


@dataclass(frozen=True, slots=True)
class PhantomFact:
    """One finding of a film: where it is and what became of it since the prior ("" without one)."""

    label: str
    side: str
    zone: str
    grade: str
    boxes: tuple[XYXY, ...]  # fractions of the square
    change: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PhantomView:
    """One computed film as the stages need it."""

    square: NDArray[np.uint8]
    view: str  # "PA", "AP" or "LL"
    labels: tuple[int, ...]  # parallel to LABELS
    facts: tuple[PhantomFact, ...]
    organs: tuple[tuple[str, XYXY], ...]  # fractions of the square


@dataclass(frozen=True, slots=True, eq=False)
class PhantomStudy:
    """A frontal film with what came with it."""

    seed: int
    frontal: PhantomView
    lateral: PhantomView | None
    prior: PhantomView | None
    resolved: tuple[PhantomFact, ...]  # findings of the prior that are gone, change "resolved"


def make_study(seed: int, side: int) -> PhantomStudy:
    """Compute one study: a third have a lateral, a third a prior."""
    rng = np.random.default_rng([seed, 77])
    first = sample_case(seed)
    view: Literal["PA", "AP"] = "AP" if rng.random() < 0.5 else "PA"
    has_prior, has_lateral = rng.random() < 0.35, rng.random() < 0.3
    case, changes = follow_up(first, seed) if has_prior else (first, ())
    became = {id(change.lesion): change.kind for change in changes}
    prior = _view(first, project(first, view, (side, side))) if has_prior else None
    frontal = _view(case, project(case, view, (side, side)), became)
    lateral = _view(case, project(case, "LL", (side, side)), became) if has_lateral else None
    gone = tuple(
        PhantomFact(c.lesion.label, c.lesion.side, c.lesion.zone, c.lesion.grade, (), "resolved")
        for c in changes
        if c.kind == "resolved"
    )
    return PhantomStudy(seed, frontal, lateral, prior, gone)


def _view(case: Case, film: PhantomFilm, became: Mapping[int, str] | None = None) -> PhantomView:
    rows, columns = film.picture.shape
    states = case.states()
    shown = set(film.findings)
    labels = [1 if name in shown else -1 if states[name] is not False else 0 for name in FINDINGS]
    labels.append(-1 if any(value == -1 for value in labels) and not shown else int(not shown))
    facts = tuple(
        PhantomFact(
            fact.label,
            fact.side,
            fact.zone,
            fact.grade,
            tuple(_fraction(box.xyxy, columns, rows) for box in film.boxes if box.label == fact.label),
            (became or {}).get(id(lesion), ""),
        )
        for fact, lesion in zip(film.facts, case.lesions, strict=True)
        if fact.is_visible
    )
    organs = tuple((organ.label, _fraction(organ.xyxy, columns, rows)) for organ in film.organs)
    square = (np.clip(film.picture, 0, 1) * 255).round().astype(np.uint8)
    return PhantomView(square, film.view, tuple(labels), facts, organs)


def _fraction(xyxy: XYXY, width: int, height: int) -> XYXY:
    x1, y1, x2, y2 = xyxy
    return x1 / width, y1 / height, x2 / width, y2 / height


def cached_studies(folder: Path, first_seed: int, count: int, side: int) -> Iterator[PhantomStudy]:
    """The studies of `count` seeds; those that are not in `folder` yet are computed and kept (0.5 s a film)."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first_seed, first_seed + count):
        file = folder / f"phantom-{side}-{seed}.npz"
        if not file.is_file():
            _store(file, make_study(seed, side))
        yield _load(file)


def _store(file: Path, study: PhantomStudy) -> None:
    views = {"frontal": study.frontal, "lateral": study.lateral, "prior": study.prior}
    about = {
        "seed": study.seed,
        "resolved": [_plain(fact) for fact in study.resolved],
        "views": {name: _about(view) for name, view in views.items() if view},
    }
    partial = file.with_suffix(".partial.npz")
    np.savez_compressed(
        partial,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
        allow_pickle=False,
        **{name: view.square for name, view in views.items() if view},
    )
    partial.replace(file)


def _plain(fact: PhantomFact) -> list[Any]:
    return [fact.label, fact.side, fact.zone, fact.grade, fact.boxes, fact.change]


def _about(view: PhantomView) -> dict[str, Any]:
    return {
        "view": view.view,
        "labels": view.labels,
        "facts": [_plain(fact) for fact in view.facts],
        "organs": view.organs,
    }


def _load(file: Path) -> PhantomStudy:
    with np.load(file, allow_pickle=False) as stored:
        about = json.loads(stored["about"].tobytes())
        views = {name: _view_from(entry, stored[name]) for name, entry in about["views"].items()}
    return PhantomStudy(
        about["seed"],
        views["frontal"],
        views.get("lateral"),
        views.get("prior"),
        tuple(_fact_from(entry) for entry in about["resolved"]),
    )


def _fact_from(entry: list[Any]) -> PhantomFact:
    label, side, zone, grade, boxes, change = entry
    return PhantomFact(label, side, zone, grade, tuple(tuple(box) for box in boxes), change)


def _view_from(entry: dict[str, Any], square: NDArray[np.uint8]) -> PhantomView:
    return PhantomView(
        shown_picture(square),
        entry["view"],
        tuple(entry["labels"]),
        tuple(_fact_from(fact) for fact in entry["facts"]),
        tuple((label, tuple(xyxy)) for label, xyxy in entry["organs"]),
    )


def phantom_set(views: list[PhantomView]) -> FilmSet:
    """Phantom films in the form of the vision stage."""
    return FilmSet(
        np.stack([view.square for view in views]),
        np.array([view.labels for view in views], dtype=np.int8),
        tuple(_placed(view) for view in views),
        np.ones(len(views), dtype=bool),
    )


def _placed(view: PhantomView) -> tuple[tuple[int, XYXY], ...]:
    findings = {(fact.label, xyxy) for fact in view.facts for xyxy in fact.boxes}
    organs = {organ for organ in view.organs if organ[0] in PLACES and view.view != "LL"}
    return tuple((PLACES.index(label), xyxy) for label, xyxy in sorted(findings | organs))


assert LABELS[-1] == NO_FINDING
