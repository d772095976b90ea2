"""Scores of a trained starter on films and phantoms it never saw, its calibration and its thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.backend import FINDINGS
from inference.evaluation.auroc import FEWEST, auroc_with_interval, macro_difference, macro_with_interval
from inference.evaluation.calibration import Platt, calibration_error, choose_threshold, fit_platt
from inference.evaluation.yes_no import yes_probabilities
from inference.models.m4cxr import M4cxr
from inference.preprocess import PictureProcessor
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.starter.films import LABELS, LabelledFilm, film_picture
from inference.training.starter.phantoms import PhantomView


@dataclass(frozen=True, slots=True)
class Judged:
    """Probabilities of a set of films, beside the truth. Columns are LABELS."""

    p: NDArray[np.float64]
    labels: NDArray[np.int8]
    patients: tuple[str, ...]
    sources: tuple[str, ...]

    def where(self, chosen: NDArray[np.bool_]) -> Judged:
        """Some of the films."""
        rows = np.flatnonzero(chosen)
        return Judged(
            self.p[rows],
            self.labels[rows],
            tuple(self.patients[i] for i in rows),
            tuple(self.sources[i] for i in rows),
        )


def judge_films(model: M4cxr, tokenizer: M4cxrTokenizer, films: Sequence[LabelledFilm]) -> Judged:
    """Ask the model about each film's findings, on the picture a reader would see."""
    pictures = [film_picture(film.path) for film in films]
    return Judged(
        yes_probabilities(model, tokenizer, PictureProcessor(model.config.image_side), pictures),
        np.array([film.labels for film in films], dtype=np.int8),
        tuple(film.patient_id for film in films),
        tuple(film.source for film in films),
    )


def judge_phantoms(model: M4cxr, tokenizer: M4cxrTokenizer, views: Sequence[PhantomView]) -> Judged:
    """The same for phantom films; each counts as a patient."""
    squares = [view.square for view in views]
    return Judged(
        yes_probabilities(model, tokenizer, PictureProcessor(model.config.image_side), squares),
        np.array([view.labels for view in views], dtype=np.int8),
        tuple(str(index) for index in range(len(views))),
        ("phantom",) * len(views),
    )


def aurocs(judged: Judged) -> dict[str, Any]:
    """AUROC of every label that has enough films of both kinds, and their mean, with 95 % intervals over patients."""
    found = {
        name: score.as_json()
        for column, name in enumerate(LABELS)
        if (score := auroc_with_interval(judged.p[:, column], judged.labels[:, column], judged.patients))
    }
    columns = [LABELS.index(name) for name in found if name in FINDINGS]
    if not columns:
        return {"films": len(judged.p)}
    value, low, high = macro_with_interval(judged.p, judged.labels, columns, judged.patients)
    macro = {"value": round(value, 3), "low": round(low, 3), "high": round(high, 3), "findings": len(columns)}
    return {"films": len(judged.p), "macro_auroc": macro, "auroc": found}


def against(plain: Sequence[Judged], starter: Judged) -> list[dict[str, Any]]:
    """The plain CNNs' scores on the same films, and by how much the starter is above each (paired bootstrap)."""
    columns = [LABELS.index(name) for name in aurocs(starter).get("auroc", {}) if name in FINDINGS]
    found = []
    for one in plain:
        assert one.patients == starter.patients, "not the same films in the same order"
        scores = aurocs(one)
        if columns:
            value, low, high = macro_difference(one.p, starter.p, starter.labels, columns, starter.patients)
            gain = {"value": round(value, 3), "low": round(low, 3), "high": round(high, 3)}
            scores["starter_above_it"] = gain
        found.append(scores)
    return found


def fit_reading(held: Judged) -> tuple[dict[str, Any], dict[str, Platt]]:
    """Calibration and thresholds from held-out adult films of one collection: sources and labels are confounded."""
    reading: dict[str, Any] = {"calibration": {}, "decision": {}}
    curves = {}
    for column, name in enumerate(FINDINGS):
        known = held.labels[:, column] >= 0
        if not known.any():
            curves[name] = Platt(1.0, 0.0)
            reading["decision"][name] = 0.5
            continue
        p, truth = held.p[known, column], held.labels[known, column] == 1
        curves[name] = curve = fit_platt(p, truth)
        reading["calibration"][name] = {
            "temperature": round(curve.temperature, 4),
            "bias": round(curve.bias, 4),
        }
        reading["decision"][name] = round(choose_threshold(curve(p), truth), 4)
    return reading, curves


def list_scores(
    judged: Judged, curves: Mapping[str, Platt], decision: Mapping[str, float]
) -> dict[str, float]:
    """F1 of the decided findings over the known labels, pooled and by finding, and the calibration error."""
    hits = called = true = 0
    errors, by_finding = [], []
    for column, name in enumerate(FINDINGS):
        known = judged.labels[:, column] >= 0
        p = curves[name](judged.p[known, column])
        truth = judged.labels[known, column] == 1
        present = p >= decision[name]
        hits += int((present & truth).sum())
        called += int(present.sum())
        true += int(truth.sum())
        if truth.any():
            by_finding.append(2 * int((present & truth).sum()) / int(present.sum() + truth.sum()))
        if truth.sum() >= FEWEST:
            errors.append(calibration_error(p, truth))
    error = float(np.mean(errors)) if errors else float("nan")
    f1 = 2 * hits / max(called + true, 1)
    macro = float(np.mean(by_finding)) if by_finding else float("nan")
    return {
        "micro_f1": round(f1, 3),
        "macro_f1": round(macro, 3),
        "findings_with_positives": len(by_finding),
        "calibration_error": round(error, 3),
    }


def unmeasured(films: Sequence[LabelledFilm]) -> tuple[str, ...]:
    """Findings with too few held-out real positives to be measured: phantoms alone prove nothing about patients."""
    return tuple(
        name
        for column, name in enumerate(FINDINGS)
        if sum(film.labels[column] == 1 for film in films if film.split == "test") < FEWEST
    )
