"""Does the teaching order beat a random order? Learning curves of a small head on features that never saw a label.

    python benchmarks/teaching_order.py DATA [--draws 40] [--start 40] [--step 20] [--rounds 8] [--sources nih,...]

DATA is the folder of `sidelight train starter` (cxr/manifest.csv). In each draw 40 % of the patients are held out; the
others are the pool, of which `--start` films are labelled by lot. A logistic head is fitted, every strategy of
`inference.training.teaching_order` chooses the next `--step` films of the pool by the head's probabilities and the
films' features, and the macro AUROC on the held-out patients is taken after each round. Printed is the mean over the
rounds, less that of the random order of the same draw, with its 95 % interval over draws, and one JSON line.

The features are gradient histograms and grey levels at 96 pixels, turned to 64 principal components of all films: no
label and no trained network is in them, so that what is measured is the order alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from inference.evaluation.auroc import auroc
from inference.training.starter.films import LABELS, LabelledFilm, film_picture, read_films
from inference.training.teaching_order import STRATEGIES, Candidate, rank

LEAST = 10
"""Present and absent films that the held-out patients need for a finding to be scored."""
COMPONENTS = 64
RIDGE = 30.0


@dataclass(frozen=True, slots=True)
class Films:
    """Features (films, COMPONENTS), labels (films, 14) of 1, 0, -1, and the patient of each film."""

    features: NDArray[np.float64]
    labels: NDArray[np.int8]
    patients: NDArray[np.str_]


def main() -> None:
    arguments = _parser().parse_args()
    films = _films(arguments.data, arguments.sources.split(","), arguments.view)
    began = time.monotonic()
    curves = {
        strategy: np.zeros((arguments.draws, arguments.rounds + 1))
        for strategy in arguments.strategies.split(",")
    }
    for draw in range(arguments.draws):
        for strategy, scores in curves.items():
            scores[draw] = _curve(films, strategy, draw, arguments)
        print(f"draw {draw + 1} of {arguments.draws}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    _tell(films, curves, arguments)


def _curve(films: Films, strategy: str, draw: int, arguments: argparse.Namespace) -> list[float]:
    """Macro AUROC on the held-out patients: at the start, and after each round."""
    random = np.random.default_rng(draw)
    held_out = _held_out(films, random)
    pool = np.flatnonzero(~held_out)
    scored = [label for label in range(len(LABELS)) if _can_be_scored(films.labels[held_out, label])]
    known = list(random.permutation(pool)[: arguments.start])
    scores = []
    for number in range(arguments.rounds + 1):
        chances = _fit(films, known)
        aurocs = [_auroc(films.labels[held_out, label], chances[held_out, label]) for label in scored]
        scores.append(float(np.mean(aurocs)))
        if number < arguments.rounds:
            known += _chosen(films, chances, known, pool, strategy, arguments.step, draw * 100 + number)
    return scores


def _chosen(
    films: Films,
    chances: NDArray[np.float64],
    known: Sequence[int],
    pool: NDArray[np.int64],
    strategy: str,
    step: int,
    seed: int,
) -> list[int]:
    left = sorted(set(pool.tolist()) - set(known))
    candidates = [
        Candidate(
            f"{at:05d}",
            str(films.patients[at]),
            dict(zip(LABELS, chances[at].tolist(), strict=True)),
            tuple(films.features[at].tolist()),
        )
        for at in left
    ]
    seen = [tuple(films.features[at].tolist()) for at in known]
    return [int(one.study) for one in rank(candidates, seen, strategy, wanted=step, seed=seed)]  # type: ignore[arg-type]  # one of STRATEGIES


def _fit(films: Films, known: Sequence[int]) -> NDArray[np.float64]:
    """A logistic head for each label, on what is known of it among the labelled films; probabilities for all films."""
    every = np.column_stack([films.features, np.ones(len(films.features))])
    rows, told = every[list(known)], films.labels[list(known)]
    chances = np.full(films.labels.shape, 0.5)
    for label in range(len(LABELS)):
        is_known = told[:, label] >= 0
        values = told[is_known, label].astype(float)
        if 0 < values.sum() < len(values):
            chances[:, label] = _sigmoid(every @ _head(rows[is_known], values))
        else:  # one side only: as likely as Laplace would say
            chances[:, label] = (values.sum() + 1) / (len(values) + 2)
    return chances


def _head(rows: NDArray[np.float64], values: NDArray[np.float64], steps: int = 8) -> NDArray[np.float64]:
    """Weights of a logistic regression with a ridge, by Newton's steps."""
    ridge = np.append(np.full(rows.shape[1] - 1, RIDGE), 1e-4)
    weights = np.zeros(rows.shape[1])
    for _ in range(steps):
        chance = _sigmoid(rows @ weights)
        slope = rows.T @ (chance - values) + ridge * weights
        bend = (rows.T * (chance * (1 - chance))) @ rows + np.diag(ridge)
        weights -= np.linalg.solve(bend, slope)
    return weights


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def _held_out(films: Films, random: np.random.Generator) -> NDArray[np.bool_]:
    patients = np.unique(films.patients)
    chosen = random.permutation(patients)[: round(0.4 * len(patients))]
    return np.isin(films.patients, chosen)


def _can_be_scored(values: NDArray[np.int8]) -> bool:
    return min((values == 1).sum(), (values == 0).sum()) >= LEAST


def _auroc(values: NDArray[np.int8], chances: NDArray[np.float64]) -> float:
    is_known = values >= 0
    return auroc(chances[is_known], values[is_known] == 1)


def _films(data: Path, sources: Sequence[str], view: str) -> Films:
    chosen = [
        film
        for film in read_films(data)
        if film.source in sources and max(film.labels) >= 0 and view in film.view
    ]
    raw = np.stack([_plain_features(film) for film in chosen])
    raw = (raw - raw.mean(axis=0)) / (raw.std(axis=0) + 1e-6)
    _, spread, axes = np.linalg.svd(raw, full_matrices=False)
    features = raw @ axes[:COMPONENTS].T / (spread[:COMPONENTS].std() + 1e-9)
    features /= features.std(axis=0).mean()
    labels = np.array([film.labels for film in chosen], np.int8)
    return Films(features, labels, np.array([film.patient_id for film in chosen]))


def _plain_features(film: LabelledFilm) -> NDArray[np.float64]:
    """Histograms of gradient directions in 8 x 8 cells, and the picture at 12 x 12."""
    picture = Image.fromarray(film_picture(film.path)).resize((96, 96), Image.Resampling.BOX)
    grey = np.asarray(picture, float)
    grey = (grey - grey.mean()) / (grey.std() + 1e-6)
    down, across = np.gradient(grey)
    strength, angle = np.hypot(down, across), np.arctan2(down, across) % np.pi
    bins = np.minimum((angle / np.pi * 8).astype(int), 7)
    cells = np.stack(
        [np.where(bins == one, strength, 0).reshape(8, 12, 8, 12).sum(axis=(1, 3)) for one in range(8)]
    )
    cells /= np.linalg.norm(cells, axis=0) + 1e-6
    coarse = grey.reshape(12, 8, 12, 8).mean(axis=(1, 3))
    return np.concatenate([cells.ravel(), coarse.ravel()])


def _tell(films: Films, curves: dict[str, NDArray[np.float64]], arguments: argparse.Namespace) -> None:
    print(
        f"{len(films.patients)} films of {len(set(films.patients.tolist()))} patients, {arguments.draws} draws"
    )
    rounds = [arguments.start + number * arguments.step for number in range(arguments.rounds + 1)]
    print("labelled films            " + "".join(f"{count:>7}" for count in rounds))
    for strategy, scores in curves.items():
        print(f"{strategy:<26}" + "".join(f"{score:>7.3f}" for score in scores.mean(axis=0)))
    told = {"draws": arguments.draws, "films": len(films.patients), "sources": arguments.sources}
    for strategy, scores in curves.items():
        if strategy == "random":
            continue
        gain = (scores - curves["random"])[:, 1:].mean(axis=1)
        low, high = _interval(gain)
        print(
            f"{strategy} less random, mean of the rounds: {gain.mean():+.4f} (95 % {low:+.4f} to {high:+.4f})"
        )
        told[strategy] = [round(float(one), 4) for one in (gain.mean(), low, high)]
    print(json.dumps(told))


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over draws."""
    random = np.random.default_rng(0)
    means = random.choice(values, (4000, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--start", type=int, default=40)
    parser.add_argument("--step", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--sources", default="nih")
    parser.add_argument("--strategies", default=",".join(STRATEGIES), help="random must be among them")
    parser.add_argument("--view", default="", help="only films of this view")
    return parser


if __name__ == "__main__":
    main()
