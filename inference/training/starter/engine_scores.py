"""Boxes and whole readings of held-out films through the engine, scored: the second half of a pack's scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from inference.backend import FilmInput
from inference.engine.engine import M4cxrBackend
from inference.evaluation.changes import changes_told
from inference.evaluation.through_engine import (
    XYXY,
    EveryFilm,
    box_scores,
    grey_film,
    place,
    read,
    reading_scores,
)
from inference.packs import Pack
from inference.text.directions import DIRECTIONS
from inference.training.starter.films import LabelledFilm
from inference.training.starter.phantoms import PhantomStudy, PhantomView
from inference.training.starter.tasks import known
from inference.training.starter.text_measures import report_scores
from inference.training.starter.wording import Wording

REAL_BOXED = ("lung opacity", "lung lesion")
MOST_BOXED_FILMS, MOST_READINGS, MOST_PAIRS = 60, 60, 40


def engine_scores(
    pack: Pack,
    films: Sequence[LabelledFilm],
    phantoms: Sequence[PhantomStudy],
    box_findings: Sequence[str],
    wording: Wording | None = None,
) -> dict[str, Any]:
    """Scores of the pack on test films and test phantoms, as a user would get them.

    Args:
        pack: The pack as written, calibration and thresholds included.
        films: Films of the test split; those with boxes and the first frontal NIH films are used.
        phantoms: Test phantoms.
        box_findings: Findings whose boxes are shown.
        wording: For the reports' word scores; without it they are left out.
    """
    backend = M4cxrBackend(pack, gate=EveryFilm())
    boxed = [film for film in films if any(box.label in REAL_BOXED for box in film.boxes)][:MOST_BOXED_FILMS]
    nih = [film for film in films if film.source == "nih"][:MOST_READINGS]
    frontal = [study.frontal for study in phantoms]
    real = [([_real_film(film)], film.labels) for film in nih]
    single = [([_phantom_film(view)], view.labels) for view in frontal[:MOST_READINGS]]
    double = [
        ([_phantom_film(study.frontal), _phantom_film(study.lateral, "l")], study.frontal.labels)
        for study in phantoms
        if study.lateral
    ][:MOST_READINGS]
    return {
        "real_films_held_out": {
            "boxes": {name: _real_boxes(backend, boxed, name) for name in REAL_BOXED},
            "readings_nih": _readings(backend, real, wording),
        },
        "phantoms_held_out": {
            "boxes": _phantom_boxes(backend, frontal, box_findings),
            "readings": _readings(backend, single, wording),
            "readings_with_lateral": _readings(backend, double, wording),
            "change_direction": change_scores(backend, [one for one in phantoms if one.prior][:MOST_PAIRS]),
        },
    }


def _readings(
    backend: M4cxrBackend,
    studies: Sequence[tuple[Sequence[FilmInput], tuple[int, ...]]],
    wording: Wording | None,
) -> dict[str, Any]:
    readings = [read(backend, films) for films, _ in studies]
    labels = [labels for _, labels in studies]
    found: dict[str, Any] = reading_scores(readings, [known(one) for one in labels])
    return found | ({"report": report_scores(readings, labels, wording)} if wording else {})


def change_scores(backend: M4cxrBackend, studies: Sequence[PhantomStudy]) -> dict[str, float]:
    """How often the engine has the direction of a finding's change right: more, less or the same.

    Every finding of the study or its prior counts, also one that the engine does not see. `seen` leaves those out.
    """
    right, opposite, seen = [], [], []
    for study in studies:
        assert study.prior is not None
        told = {
            one.label: DIRECTIONS.get(one.change)
            for one in changes_told(backend, _phantom_film(study.prior, "p"), _phantom_film(study.frontal))
        }
        for fact in (*study.frontal.facts, *study.resolved):
            if fact.change in DIRECTIONS:
                said, true = told.get(fact.label), DIRECTIONS[fact.change]
                right.append(said == true)
                opposite.append(said is not None and said * true < 0)
                seen.append(said is not None)
    return {
        "studies": len(studies),
        "findings": len(right),
        "right": round(float(np.mean(right)), 3),
        "opposite": round(float(np.mean(opposite)), 3),
        "right_of_seen": round(float(np.mean(np.array(right)[seen])), 3) if any(seen) else 0.0,
        "seen": round(float(np.mean(seen)), 3),
    }


def _phantom_film(view: PhantomView, name: str = "f") -> FilmInput:
    return grey_film(name, view.square)


def _real_film(film: LabelledFilm) -> FilmInput:
    with Image.open(film.path) as stored:
        return grey_film(film.path.name, np.asarray(stored.convert("L")))


def _real_boxes(backend: M4cxrBackend, films: Sequence[LabelledFilm], finding: str) -> dict[str, float]:
    chosen = [film for film in films if any(box.label == finding for box in film.boxes)]
    truth = [[box.xyxy for box in film.boxes if box.label == finding] for film in chosen]
    found = [place(backend, _real_film(film), finding) for film in chosen]
    return box_scores(found, truth) if chosen else {"boxes": 0}


def _phantom_boxes(
    backend: M4cxrBackend, views: Sequence[PhantomView], findings: Sequence[str]
) -> dict[str, float]:
    found, truth = [], []
    for view in views[:MOST_BOXED_FILMS]:
        side = view.square.shape[0]
        for name in findings:
            boxes = [_scaled(xyxy, side) for fact in view.facts if fact.label == name for xyxy in fact.boxes]
            if boxes:
                truth.append(boxes)
                found.append(place(backend, _phantom_film(view), name))
    return box_scores(found, truth) if truth else {"boxes": 0}


def _scaled(xyxy: XYXY, side: int) -> XYXY:
    x1, y1, x2, y2 = xyxy
    return x1 * side, y1 * side, x2 * side, y2 * side
