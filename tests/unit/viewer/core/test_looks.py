"""Looks are for the eye: they keep the range of greys, invent nothing in even areas, and belong to the film."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.factories import chest_picture
from viewer.core.looks import edge_radius, enhance_edges, local_contrast, with_local_contrast

PICTURES = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=90))


def chest(rows: int = 400, columns: int = 320) -> np.ndarray:
    return np.rint(chest_picture(rows, columns) * 255).astype(np.uint8)


def clahe(levels: np.ndarray) -> np.ndarray:
    return with_local_contrast(levels, local_contrast(levels, levels.shape[:2]))


def edges(levels: np.ndarray, radius: int = 3) -> np.ndarray:
    return enhance_edges(levels, radius)


@pytest.mark.parametrize("look", [edges, clahe])
@given(levels=PICTURES)
def test_a_look_keeps_the_shape_and_never_touches_what_it_is_given(look, levels):
    before = levels.copy()

    made = look(levels)

    assert made.shape == levels.shape
    assert made.dtype == np.uint8
    assert (levels == before).all()


@pytest.mark.parametrize("grey", [0, 1, 100, 254, 255])
@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (300, 200), (90, 80, 3)])
def test_an_even_picture_stays_as_it_is(shape, grey):
    levels = np.full(shape, grey, np.uint8)
    assert (edges(levels) == levels).all()
    assert np.abs(clahe(levels).astype(int) - levels).max() <= 1


@pytest.mark.parametrize("look", [edges, clahe])
@given(levels=PICTURES)
def test_the_look_of_an_inverted_film_is_the_inverted_look(look, levels):
    assert np.abs(look(255 - levels).astype(int) - (255 - look(levels).astype(int))).max() <= 1


@given(levels=PICTURES)
def test_in_no_tile_does_a_brighter_grey_become_the_darker_one(levels):
    tables = local_contrast(levels, levels.shape).tables
    assert (np.diff(tables, axis=-1) >= 0).all()
    assert (tables[..., 0] == 0).all()
    assert tables[..., -1] == pytest.approx(255, abs=1e-3)


def test_local_contrast_makes_soft_differences_larger_but_not_noise_into_structure():
    rng = np.random.default_rng(1)
    soft = (120 + rng.normal(0, 3, (400, 400))).clip(0, 255).astype(np.uint8)
    grown = clahe(soft).std() / soft.std()
    assert 1.3 < grown < 4


def test_edge_enhancement_makes_an_edge_steeper_and_leaves_what_is_far_from_it():
    step = np.full((60, 60), 100, np.uint8)
    step[:, 30:] = 150
    made = edges(step).astype(int)
    assert made[30, 30] - made[30, 29] > 70
    assert (made[:, :20] == 100).all()
    assert (made[:, 40:] == 150).all()


@given(first=st.tuples(st.integers(0, 390), st.integers(0, 310)), block=st.sampled_from([1, 3, 5]))
def test_a_place_of_the_film_has_the_same_grey_however_much_is_in_view(first, block):
    film = chest()
    contrast = local_contrast(film, film.shape)
    whole = with_local_contrast(film, contrast)
    part = film[first[0] :, first[1] :]
    assert (with_local_contrast(part, contrast, first) == whole[first[0] :, first[1] :]).all()

    rows, columns = (side // block for side in part.shape)
    middle = film[first[0] + block // 2 :: block, first[1] + block // 2 :: block][:rows, :columns]
    coarse = with_local_contrast(middle, contrast, first, block).astype(int)
    same = whole[first[0] + block // 2 :: block, first[1] + block // 2 :: block][:rows, :columns]
    assert np.abs(coarse - same).max(initial=0) <= 1


def test_tiles_pass_into_each_other_without_a_seam():
    slope = np.repeat(np.linspace(0, 255, 512).astype(np.uint8)[None], 512, axis=0)
    made = clahe(slope).astype(int)
    assert np.abs(np.diff(made, axis=1)).max() <= 8
    assert np.abs(np.diff(made, axis=0)).max() <= 1


def test_detail_is_measured_on_the_film_not_on_the_screen():
    assert edge_radius((2400, 2000)) == 6
    assert edge_radius((2400, 2000), block=3) == 2
    assert edge_radius((60, 50)) == 1


def test_colour_keeps_its_three_channels():
    grey = chest(90, 80)
    colour = np.repeat(grey[..., None], 3, axis=2)
    assert (clahe(colour) == clahe(grey)[..., None]).all()
    assert (edges(colour) == edges(grey)[..., None]).all()
