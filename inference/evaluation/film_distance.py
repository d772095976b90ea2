"""How far a set of films lies from another in a feature space: FID, KID, precision, recall, density, coverage. Pure.

Features are rows of an array (films, features), of whatever network looked at the films; the same network for both
sets. All numbers depend on how many films there are, so compare sets of equal size, and print a floor beside them: two
halves of the real films measured against each other.

References:
    FID: Heusel et al. 2017 (arXiv 1706.08500). KID: Binkowski et al. 2018 (arXiv 1801.01401). Precision and recall:
    Kynkaanniemi et al. 2019 (arXiv 1904.06991). Density and coverage: Naeem et al. 2020 (arXiv 2002.09797).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]
NEAREST = 5
"""Neighbours that make a film's surroundings (k); the papers take 3 to 5."""
SUBSETS, SUBSET_SIZE = 100, 100
"""KID's draws; of fewer films, half of them are drawn each time."""


@dataclass(frozen=True, slots=True)
class Kid:
    """Mean and standard deviation of the unbiased estimate over subsets; may fall below 0 for equal sets."""

    mean: float
    spread: float
    subset: int  # films in each draw


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Are the made films like real ones (precision, density), and do they show all kinds (recall, coverage)?"""

    precision: float  # share of made films within the surroundings of a real one
    recall: float  # share of real films within the surroundings of a made one
    density: float  # how many surroundings of real films a made film lies in, over k; above 1 in dense places
    coverage: float  # share of real films with a made one in their surroundings


@dataclass(frozen=True, slots=True)
class Distances:
    """A made set against a real one."""

    real: int  # films
    made: int
    features: int
    fid: float
    kid: Kid
    around: Surroundings

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def distances(real: Features, made: Features, *, nearest: int = NEAREST, seed: int = 0) -> Distances:
    """All measures at once.

    Args:
        real: (films, features), at least `nearest` + 1 rows.
        made: (films, features), as many features.

    Raises:
        ValueError: Too few films, other features, or numbers that are not finite.
    """
    real, made = checked(real, made, least=nearest + 1)
    around = surroundings(real, made, nearest=nearest)
    return Distances(len(real), len(made), real.shape[1], fid(real, made), kid(real, made, seed=seed), around)


def checked(real: Features, made: Features, *, least: int = 2) -> tuple[Features, Features]:
    """Both as float64. Raises ValueError where they can't be compared."""
    first, second = np.asarray(real, np.float64), np.asarray(made, np.float64)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"two sets of (films, features) are needed, not {first.shape} and {second.shape}")
    if min(len(first), len(second)) < least:
        raise ValueError(f"at least {least} films are needed in each set, not {len(first)} and {len(second)}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("the features hold numbers that are not finite")
    return first, second


def fid(real: Features, made: Features) -> float:
    """Fréchet distance between the Gaussians of both sets: |m1 - m2|² + tr(S1 + S2 - 2 (S1 S2)^½)."""
    first, second = checked(real, made)
    return frechet(first.mean(0), _covariance(first), second.mean(0), _covariance(second))


def frechet(mean: Features, covariance: Features, other_mean: Features, other_covariance: Features) -> float:
    """The Fréchet distance of two Gaussians; covariances may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root @ other_covariance @ root).clip(0)).sum()
    away = float(((mean - other_mean) ** 2).sum())
    return max(0.0, float(away + np.trace(covariance) + np.trace(other_covariance) - 2 * shared))


def _covariance(rows: Features) -> Features:
    return np.atleast_2d(np.cov(rows, rowvar=False))


def kid(
    real: Features, made: Features, *, subsets: int = SUBSETS, size: int = SUBSET_SIZE, seed: int = 0
) -> Kid:
    """Kernel distance: squared MMD with the kernel (x·y / d + 1)³, unbiased, over random subsets."""
    first, second = checked(real, made)
    fewer = min(len(first), len(second))
    size = max(2, min(size, fewer // 2))
    rng = np.random.default_rng(seed)
    draws = [
        mmd(first[rng.permutation(len(first))[:size]], second[rng.permutation(len(second))[:size]])
        for _ in range(subsets)
    ]
    return Kid(float(np.mean(draws)), float(np.std(draws)), size)


def mmd(first: Features, second: Features) -> float:
    """Squared maximum mean discrepancy with KID's kernel, unbiased: a film is never compared with itself."""
    own, other, across = (_kernel(a, b) for a, b in ((first, first), (second, second), (first, second)))
    return _off_diagonal_mean(own) + _off_diagonal_mean(other) - 2 * float(across.mean())


def _kernel(first: Features, second: Features) -> Features:
    return np.asarray((first @ second.T / first.shape[1] + 1) ** 3)


def _off_diagonal_mean(kernel: Features) -> float:
    n = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (n * (n - 1)))


def surroundings(real: Features, made: Features, *, nearest: int = NEAREST) -> Surroundings:
    """A film's surroundings: the ball that reaches to its k-th nearest neighbour in its own set."""
    real, made = checked(real, made, least=nearest + 1)
    across = squared_distances(real, made)
    around_real, around_made = _radius(real, nearest)[:, None], _radius(made, nearest)[None, :]
    within_real = across <= around_real
    return Surroundings(
        precision=float(within_real.any(0).mean()),
        recall=float((across <= around_made).any(1).mean()),
        density=float(within_real.sum(0).mean() / nearest),
        coverage=float((across.min(1) <= around_real[:, 0]).mean()),
    )


def squared_distances(first: Features, second: Features) -> Features:
    """(len(first), len(second)) squared Euclidean distances."""
    products = first @ second.T
    lengths = (first**2).sum(1)[:, None] + (second**2).sum(1)[None, :]
    return np.asarray((lengths - 2 * products).clip(0))


def _radius(rows: Features, nearest: int) -> Features:
    """Squared distance of each row to its k-th nearest other row."""
    own = squared_distances(rows, rows)
    np.fill_diagonal(own, np.inf)
    return np.asarray(np.partition(own, nearest - 1, axis=1)[:, nearest - 1])
