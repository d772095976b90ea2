"""Distances between sets of films: numbers that are known beforehand come out."""

import numpy as np
import pytest

from inference.evaluation.film_distance import (
    distances,
    fid,
    frechet,
    kid,
    mmd,
    surroundings,
)


def gaussian(count, mean, spread, seed):
    return np.random.default_rng(seed).normal(mean, spread, (count, len(np.atleast_1d(mean))))


def test_two_gaussians_have_the_distance_that_the_formula_gives():
    mean, other = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 0.0])
    spread, wider = np.array([1.0, 2.0, 0.5]), np.array([2.0, 1.0, 0.5])

    found = frechet(mean, np.diag(spread**2), other, np.diag(wider**2))

    # diagonal covariances: |m1 - m2|² + sum (s1 - s2)²
    assert found == pytest.approx(((mean - other) ** 2).sum() + ((spread - wider) ** 2).sum())


def test_samples_of_two_gaussians_come_near_the_analytic_fid():
    first, second = gaussian(20_000, np.zeros(3), 1.0, 1), gaussian(20_000, np.array([1.0, 0, 0]), 2.0, 2)

    assert fid(first, second) == pytest.approx(1 + 3, rel=0.05)


def test_fid_equals_the_square_root_of_matrices_that_scipy_takes():
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(60, 8)) @ rng.normal(size=(8, 8)), rng.normal(size=(50, 8)) + 0.5
    s1, s2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    published = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(
        s1 + s2 - 2 * np.real(sqrtm(s1 @ s2))
    )

    assert fid(first, second) == pytest.approx(published)


def test_a_set_has_no_fid_from_itself_even_with_fewer_films_than_features():
    few = gaussian(10, np.zeros(40), 1.0, 4)

    assert fid(few, few) == pytest.approx(0, abs=1e-9)


def test_kid_of_two_draws_of_one_distribution_is_nothing_within_its_spread():
    first, second = gaussian(400, np.zeros(6), 1.0, 5), gaussian(400, np.zeros(6), 1.0, 6)

    same, other = kid(first, second), kid(first, second + 1)

    assert abs(same.mean) < same.spread
    assert other.mean > 5 * other.spread


def test_kid_is_unbiased_and_may_fall_below_zero():
    estimates = [
        mmd(gaussian(8, np.zeros(4), 1.0, seed), gaussian(8, np.zeros(4), 1.0, 1000 + seed))
        for seed in range(300)
    ]

    assert min(estimates) < 0 < max(estimates)
    assert abs(np.mean(estimates)) < 3 * np.std(estimates) / np.sqrt(len(estimates))


def test_mmd_is_what_the_sums_over_all_pairs_give():
    first, second = gaussian(5, np.zeros(3), 1.0, 7), gaussian(6, np.ones(3), 1.0, 8)

    def kernel(x, y):
        return (x @ y / 3 + 1) ** 3

    own = np.mean([kernel(a, b) for i, a in enumerate(first) for j, b in enumerate(first) if i != j])
    other = np.mean([kernel(a, b) for i, a in enumerate(second) for j, b in enumerate(second) if i != j])
    across = np.mean([kernel(a, b) for a in first for b in second])

    assert mmd(first, second) == pytest.approx(own + other - 2 * across)


LINE = np.array([[0.0], [1.0], [2.0], [3.0]])
"""With k = 1 each film's surroundings reach 1 to both sides."""


def test_films_far_from_all_real_ones_have_no_precision_and_cover_nothing():
    found = surroundings(LINE, LINE + 100, nearest=1)

    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_the_same_films_have_all_of_both():
    found = surroundings(LINE, LINE, nearest=1)

    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == pytest.approx(
        (2 + 3 + 3 + 2) / 4
    )  # each lies in its own ball and its neighbours'


def test_one_picture_again_and_again_is_precise_but_recalls_little():
    copies = np.full((4, 1), 0.25)  # 0 and 1 are near it, 2 and 3 are not

    found = surroundings(LINE, copies, nearest=1)

    assert found.precision == 1
    assert found.recall == 0  # its own surroundings have no width
    assert found.coverage == 0.5
    assert found.density == 2


def test_one_real_outlier_makes_precision_generous_but_not_density():
    real = np.array([[0.0], [0.1], [0.2], [100.0]])
    made = np.array([[50.0], [51.0], [52.0], [53.0]])

    found = surroundings(real, made, nearest=1)

    assert found.precision == 1  # within the outlier's wide surroundings
    assert found.coverage == 0.25


def test_all_measures_come_together_and_say_how_many_films_they_rest_on():
    first, second = gaussian(30, np.zeros(4), 1.0, 9), gaussian(20, np.ones(4), 1.0, 10)

    found = distances(first, second)

    assert (found.real, found.made, found.features) == (30, 20, 4)
    assert found.fid == fid(first, second)
    assert found.kid.subset == 10
    assert found.as_json()["around"]["coverage"] == found.around.coverage


@pytest.mark.parametrize(
    ("real", "made", "said"),
    [
        (np.zeros((10, 3)), np.zeros((10, 4)), "two sets of"),
        (np.zeros((10, 3)), np.zeros((4, 3)), "at least 6 films"),
        (np.zeros((10, 3)), np.full((10, 3), np.nan), "not finite"),
    ],
)
def test_sets_that_cannot_be_compared_are_refused_in_words(real, made, said):
    with pytest.raises(ValueError, match=said):
        distances(real, made)
