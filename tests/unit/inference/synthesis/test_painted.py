"""Findings painted on real films: on the named side, as large as said, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from inference.synthesis.training.starter.lung_masks import lungs
from inference.synthesis.training.starter.painted import (
    cardiomegaly,
    consolidation,
    effusion,
    mass,
    paint,
    pneumothorax,
)

SIZE = 256
ROW, COLUMN = np.mgrid[:SIZE, :SIZE]
RIGHT = ((ROW - 125) / 75) ** 2 + ((COLUMN - 82) / 34) ** 2 < 1  # the patient's
LEFT = ((ROW - 125) / 75) ** 2 + ((COLUMN - 174) / 34) ** 2 < 1
HEART = ((ROW - 150) / 42) ** 2 + ((COLUMN - 132) / 26) ** 2 < 1


def chest() -> np.ndarray:
    """(256, 256) uint8: two dark lungs in a bright body, black air around it."""
    film = np.where(((ROW - 140) / 150) ** 2 + ((COLUMN - 128) / 112) ** 2 < 1, 170.0, 8.0)
    film[RIGHT | LEFT] = 60
    film[HEART] = 190
    noise = np.random.default_rng(0).normal(0, 4, film.shape)
    return np.clip(ndimage.gaussian_filter(film, 1.5) + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def film():
    return chest()


@pytest.fixture(scope="module")
def masks(film):
    found = lungs(film)
    assert found is not None
    return found


def rng(seed=0):
    return np.random.default_rng(seed)


def changed(film, painted):
    """Mean change in each lung: (right, left)."""
    away = painted - film.astype(np.float32)
    return away[RIGHT & ~HEART].mean(), away[LEFT & ~HEART].mean()


def test_the_lungs_of_a_chest_are_found_on_their_sides(masks):
    for mask, true in zip(masks, (RIGHT & ~HEART, LEFT & ~HEART), strict=True):
        assert (mask & true).sum() / (mask | true).sum() > 0.8


@pytest.mark.parametrize("square", [np.full((SIZE, SIZE), 90, np.uint8), chest()[:, ::-1] * (COLUMN < 128)])
def test_where_two_lungs_are_not_found_nothing_is_painted(square):
    assert lungs(square.astype(np.uint8)) is None


def test_lungs_are_found_at_other_sizes(film):
    small = film[::2, ::2]

    assert lungs(small) is not None


@pytest.mark.parametrize(("side", "at"), [("right", 0), ("left", 1)])
def test_fluid_lies_in_the_lower_part_of_the_named_side(film, masks, side, at):
    painted = effusion(film.astype(np.float32), masks[at], side, "moderate", rng())

    here, there = changed(film, painted)[at], changed(film, painted)[1 - at]
    away = painted - film
    lung = (RIGHT, LEFT)[at]
    assert here > 20
    assert abs(there) < 2
    assert away[lung & (ROW > 165)].mean() > 60 > 10 > abs(away[lung & (ROW < 100)].mean())


@pytest.mark.parametrize(("side", "at"), [("right", 0), ("left", 1)])
def test_air_is_darker_along_the_chest_wall_of_the_named_side(film, masks, side, at):
    painted = pneumothorax(film.astype(np.float32), masks[at], side, "severe", rng())

    away = painted - film
    outer = (RIGHT & (COLUMN < 75)) if side == "right" else (LEFT & (COLUMN > 181))
    assert away[outer].mean() < -8
    assert abs(changed(film, painted)[1 - at]) < 2


def test_patches_lie_in_the_named_zone(film, masks):
    painted = consolidation(film.astype(np.float32), masks[0], "upper", "severe", rng())

    away = painted - film
    assert away[RIGHT & (ROW < 100)].mean() > 15
    assert abs(away[RIGHT & (ROW > 150)].mean()) < 3
    assert abs(changed(film, painted)[1]) < 2


def test_a_mass_is_round_brighter_and_in_the_named_zone(film, masks):
    painted = mass(film.astype(np.float32), masks[1], "lower", "severe", rng())

    away = painted - film
    rows, columns = np.nonzero(away > 20)
    assert 300 < len(rows) < 2500
    assert rows.min() > 125 and LEFT[rows, columns].mean() > 0.9
    assert 0.6 < np.ptp(rows) / np.ptp(columns) < 1.7


def test_a_larger_heart_is_wider_and_the_chest_wall_stays(film, masks):
    painted = cardiomegaly(film.astype(np.float32), masks, "severe", rng())

    row = 150
    wide = [(line > 125).sum() for line in (film[row, 60:200], painted[row, 60:200])]
    assert wide[1] > 1.3 * wide[0]
    assert np.abs(painted - film)[:, :30].max() < 3


def test_larger_grades_change_more(film, masks):
    grades = ("moderate", "severe")
    fluid = [
        changed(film, effusion(film.astype(np.float32), masks[0], "right", one, rng()))[0] for one in grades
    ]

    assert fluid[1] > 1.3 * fluid[0] > 10


def test_every_finding_is_painted_on_both_sides_and_said(film, masks):
    painted = list(paint(film, masks, rng()))

    said = {(one.fact.label, one.fact.side) for one in painted}
    both = {
        (label, side)
        for label in ("pleural effusion", "pneumothorax", "consolidation", "lung lesion")
        for side in ("right", "left")
    }
    assert said == both | {("cardiomegaly", "")}
    assert all(one.square.dtype == np.uint8 and one.square.shape == film.shape for one in painted)


def test_what_is_drawn_by_lot_follows_from_the_seed(film, masks):
    first, again, other = ([one.square for one in paint(film, masks, rng(seed))] for seed in (1, 1, 2))

    assert np.array_equal(np.stack(first), np.stack(again))
    assert not np.array_equal(first[0], other[0])
