"""Readings and boxes of many films through the engine itself: what a user would get, scored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.backend import (
    FINDINGS,
    Box,
    CancelToken,
    FilmInput,
    Finding,
    Finished,
    GroundPhrase,
    ReadStudy,
    StudyFilm,
    StudyInput,
)
from inference.engine.engine import M4cxrBackend
from inference.evaluation.metrics import iou
from inference.gate import GateResult
from inference.text.labels import label_report
from viewer.core.study import PixelDescription

XYXY = tuple[float, float, float, float]


class EveryFilm:
    """A gate that stands open: the test films are known to be frontal chest films."""

    def check(self, film: FilmInput, picture: NDArray[np.uint8], /) -> GateResult:  # noqa: ARG002
        return GateResult(True)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the engine said about one film or study."""

    present: frozenset[str]
    report: str
    boxes: int
    seconds: float


def grey_film(name: str, picture: NDArray[np.uint8]) -> FilmInput:
    """A grey picture as the engine takes films; `name` takes the place of its hash."""
    rows, columns = picture.shape
    return FilmInput(name, picture, PixelDescription(rows=rows, columns=columns))


def read(backend: M4cxrBackend, current: Sequence[FilmInput], priors: Sequence[FilmInput] = ()) -> Reading:
    """One whole reading: findings, boxes, report, impression."""
    study = StudyInput(
        "study",
        (
            *(StudyFilm(film.image_sha256) for film in current),
            *(StudyFilm(film.image_sha256, "prior", 30) for film in priors),
        ),
    )
    for film in (*current, *priors):
        backend.put_film(film)
    backend.put_study(study)
    start = time.perf_counter()
    events = list(backend.run(ReadStudy("study"), CancelToken()))
    seconds = time.perf_counter() - start
    backend.forget_study("study")
    result: Mapping[str, Any] = next(event.result for event in events if isinstance(event, Finished))
    return Reading(
        present=frozenset(e.label for e in events if isinstance(e, Finding) and e.presence == "present"),
        report=str(result["report"]),
        boxes=sum(isinstance(event, Box) for event in events),
        seconds=seconds,
    )


def place(backend: M4cxrBackend, film: FilmInput, finding: str) -> list[XYXY]:
    """The engine's boxes for a finding, in pixels of the film."""
    backend.put_film(film)
    backend.put_study(StudyInput("study", (StudyFilm(film.image_sha256),)))
    request = GroundPhrase("study", film.image_sha256, finding, "finding")
    boxes = [e.xyxy for e in backend.run(request, CancelToken()) if isinstance(e, Box)]
    backend.forget_study("study")
    return boxes


def box_scores(found: Sequence[Sequence[XYXY]], true: Sequence[Sequence[XYXY]]) -> dict[str, float]:
    """Over all true boxes: mean IoU with the best found box, share with IoU >= 0.5, share whose box was hit.

    A true box is hit if the centre of a found box lies in it. A film without any found box counts as a miss.
    """
    best, hits = [], []
    for predicted, truth in zip(found, true, strict=True):
        for box in truth:
            overlap, is_hit = met(predicted, box)
            best.append(overlap)
            hits.append(is_hit)
    return {
        "boxes": len(best),
        "mean_iou": round(float(np.mean(best)), 3),
        "iou_over_half": round(float(np.mean(np.array(best) >= 0.5)), 3),
        "hit_rate": round(float(np.mean(hits)), 3),
        "answered": round(float(np.mean([bool(predicted) for predicted in found])), 3),
    }


def met(found: Sequence[XYXY], true: XYXY) -> tuple[float, bool]:
    """IoU of a true box with the best found one, and whether the centre of a found one lies in it."""
    best = max((iou(true, other) for other in found), default=0.0)
    return best, any(_centre_in(other, true) for other in found)


def reading_scores(readings: Sequence[Reading], labels: Sequence[Mapping[str, int]]) -> dict[str, float]:
    """F1 of the finding list and of the report's own statements over the known labels, and how long it took.

    Args:
        readings: What the engine said.
        labels: finding -> 1 or 0 for each reading; what is not known is left out.
    """
    stated = [frozenset(n for n, v in label_report(one.report).items() if v == 1) for one in readings]
    known = [{name: value for name, value in one.items() if name in FINDINGS} for one in labels]
    agrees = [len(one.present & said) for one, said in zip(readings, stated, strict=True)]
    listed = sum(len(one.present) for one in readings)
    return {
        "studies": len(readings),
        "list_micro_f1": _micro_f1([one.present for one in readings], known),
        "report_micro_f1": _micro_f1(stated, known),
        "listed_findings_in_report": round(sum(agrees) / max(listed, 1), 3),
        "median_seconds": round(float(np.median([one.seconds for one in readings])), 1),
        "mean_report_words": round(float(np.mean([len(one.report.split()) for one in readings])), 1),
    }


def _micro_f1(said: Sequence[frozenset[str]], known: Sequence[Mapping[str, int]]) -> float:
    hits = wrong = missed = 0
    for names, truth in zip(said, known, strict=True):
        for name, value in truth.items():
            hits += int(value == 1 and name in names)
            wrong += int(value == 0 and name in names)
            missed += int(value == 1 and name not in names)
    return round(2 * hits / max(2 * hits + wrong + missed, 1), 3)


def _centre_in(box: XYXY, around: XYXY) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return around[0] <= x <= around[2] and around[1] <= y <= around[3]
