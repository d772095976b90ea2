"""Boxes and whole readings of held-out films through the engine, scored: the second half of a pack's scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from inference.backend import FilmInput
from inference.engine.engine import M4cxrBackend
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
from inference.training.starter.films import LabelledFilm
from inference.training.starter.phantoms import PhantomStudy, PhantomView
from inference.training.starter.tasks import known

REAL_BOXED = ("lung opacity", "lung lesion")
MOST_BOXED_FILMS, MOST_READINGS = 40, 24


def engine_scores(
    pack: Pack, films: Sequence[LabelledFilm], phantoms: Sequence[PhantomStudy], box_findings: Sequence[str]
) -> dict[str, Any]:
    """Scores of the pack on test films and test phantoms, as a user would get them.

    Args:
        pack: The pack as written, calibration and thresholds included.
        films: Films of the test split; those with boxes and the first frontal NIH films are used.
        phantoms: Test phantoms.
        box_findings: Findings whose boxes are shown.
    """
    backend = M4cxrBackend(pack, gate=EveryFilm())
    boxed = [film for film in films if any(box.label in REAL_BOXED for box in film.boxes)][:MOST_BOXED_FILMS]
    nih = [film for film in films if film.source == "nih"][:MOST_READINGS]
    frontal = [study.frontal for study in phantoms]
    return {
        "real_films_held_out": {
            "boxes": {name: _real_boxes(backend, boxed, name) for name in REAL_BOXED},
            "readings_nih": reading_scores(
                [read(backend, [_real_film(film)]) for film in nih], [known(film.labels) for film in nih]
            ),
        },
        "phantoms_held_out": {
            "boxes": _phantom_boxes(backend, frontal, box_findings),
            "readings": reading_scores(
                [read(backend, [grey_film("f", view.square)]) for view in frontal[:MOST_READINGS]],
                [known(view.labels) for view in frontal[:MOST_READINGS]],
            ),
        },
    }


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
                found.append(place(backend, grey_film("f", view.square), name))
    return box_scores(found, truth) if truth else {"boxes": 0}


def _scaled(xyxy: XYXY, side: int) -> XYXY:
    x1, y1, x2, y2 = xyxy
    return x1 * side, y1 * side, x2 * side, y2 * side
