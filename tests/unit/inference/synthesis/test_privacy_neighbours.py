"""Copies among drawn films: found where there are some, not where chests are merely alike."""

from __future__ import annotations

import numpy as np
import pytest

from inference.synthesis.privacy.neighbours import (
    chance_below,
    compare,
    correlation,
    nearest,
    of_length_one,
    small_pictures,
)
from inference.synthesis.privacy.verdict import prompts_told, pulled_to_one, verdict

LOT = np.random.default_rng(0)


def rows(count, seed, spread=1.0):
    """Films that share most of what they show, as chests do."""
    lot = np.random.default_rng(seed)
    shared = np.random.default_rng(99).normal(size=64)
    found = shared + spread * lot.normal(size=(count, 64))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def test_new_films_of_the_same_kind_are_no_copies():
    compared = compare(rows(40, 1), rows(200, 2), rows(60, 3))

    assert compared.copies == ()
    assert verdict({"m": compared}, None, [str(at) for at in range(200)])[0] == "clean"


def test_a_film_that_is_there_again_with_a_little_noise_is_found_and_named():
    training, drawn = rows(200, 2), rows(40, 1)
    drawn[7] = training[123] + 0.02 * LOT.normal(size=64)
    drawn[7] /= np.linalg.norm(drawn[7])
    compared = compare(drawn, training, rows(60, 3))
    said, reasons = verdict({"m": compared}, None, [f"film {at}" for at in range(200)])

    assert compared.copies == (7,)
    assert said == "refused" and "film 123" in reasons[0]


def test_many_films_just_below_the_floor_are_no_chance():
    training = rows(200, 2)
    half = training[:40] + 0.45 * rows(40, 1)
    drawn = (half / np.linalg.norm(half, axis=1, keepdims=True)).astype(np.float32)
    said, reasons = verdict({"m": compare(drawn, training, rows(60, 3))}, None, ["x"] * 200)

    assert said == "refused", reasons


def test_a_held_out_film_that_was_learnt_from_does_not_lower_the_floor():
    training, held_out = rows(200, 2), rows(60, 3)
    fair = compare(rows(40, 1), training, held_out).floor
    held_out[5] = training[9]
    compared = compare(rows(40, 1), training, held_out)

    assert compared.leaked == (5,)
    assert compared.floor == pytest.approx(fair, abs=0.02)


def test_the_nearest_film_of_a_film_of_the_set_is_itself():
    training = rows(30, 2)
    found = nearest(training[:3], training)

    assert found.index.tolist() == [0, 1, 2]
    assert found.distance.max() < 1e-3


def test_the_chance_of_films_under_the_floor_is_counted_as_lots_are():
    assert chance_below(0, 5, 5) == 1
    assert chance_below(1, 5, 5) == pytest.approx(0.5)
    assert chance_below(2, 2, 2) == pytest.approx(1 / 6)


def test_that_most_drawn_films_are_near_one_film_that_no_other_film_is_near_to_is_noted():
    training, held_out = rows(200, 2), rows(60, 3)
    alone = min(set(range(200)) - set(nearest(held_out, training).index.tolist()))
    drawn = of_length_one(training[alone] + 0.8 * rows(20, 1))
    names = [f"film {at}" for at in range(200)]

    (note,) = pulled_to_one({"m": compare(drawn, training, held_out)}, names)
    assert "20 of 20 drawn films" in note and f"film {alone}," in note
    assert pulled_to_one({"m": compare(drawn[:7], training, held_out)}, names) == ()
    assert pulled_to_one({"m": compare(rows(20, 1), training, held_out)}, names) == ()


def test_drawn_films_near_a_film_that_a_held_out_film_is_near_to_as_well_are_not_noted():
    training, held_out = rows(200, 2), rows(60, 3)
    shared = nearest(held_out, training).index[0]
    drawn = of_length_one(training[shared] + 0.8 * rows(20, 1))
    compared = compare(drawn, training, held_out)

    assert set(compared.drawn.index) == {shared}
    assert pulled_to_one({"m": compared}, [f"film {at}" for at in range(200)]) == ()


def test_too_few_held_out_films_give_no_verdict():
    with pytest.raises(ValueError, match="held-out"):
        compare(rows(4, 1), rows(20, 2), rows(3, 3))


def test_a_brighter_film_is_the_same_film():
    film = np.random.default_rng(1).integers(20, 200, (64, 64)).astype(np.uint8)
    first, second = small_pictures([film, film + 30])

    assert correlation(float(np.linalg.norm(first - second))) > 0.999


def test_a_prompt_that_pulls_much_harder_than_any_other_is_named():
    told = prompts_told(np.array([0.1, 0.5, 0.1]), np.array([0.1, 0.12]))

    assert told.above == (1,)
