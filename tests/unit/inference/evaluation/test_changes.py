"""Pairs with known change, and the scores of what is said about them."""

import numpy as np

from inference.evaluation.changes import Verdicts, phantom_pairs, scored, taken_again


def test_the_same_seed_gives_the_same_pair_of_the_finding_it_was_made_with():
    (pair,), (again,) = (list(phantom_pairs(("pleural effusion",), 1, 900_001)) for _ in range(2))

    assert (pair.label, pair.kind, pair.direction) == ("pleural effusion", "smaller", -1)
    assert "pleural effusion" in pair.before.findings
    np.testing.assert_array_equal(pair.now.picture, again.now.picture)


def test_only_what_the_engine_sees_on_both_films_can_be_told_right_or_wrong():
    (shrunk,) = phantom_pairs(("pleural effusion",), 1, 900_001)
    verdicts = [
        Verdicts(shrunk, {"certainty": -1}, "smaller"),
        Verdicts(shrunk, {"certainty": 1}, "larger"),
        Verdicts(shrunk, {}, "still present"),
        Verdicts(shrunk, {"certainty": -1}, "resolved"),
    ]

    assert scored(verdicts, "certainty") == {"pairs": 3, "right": 0.333, "opposite": 0.333, "told": 0.667}


def test_a_film_taken_again_has_other_pixels_and_the_same_size():
    film = np.random.default_rng(0).integers(0, 255, (60, 40), np.uint8)

    again = taken_again(film, np.random.default_rng(1))

    assert (again.shape, again.dtype) == ((60, 40), np.uint8)
    assert (again != film).mean() > 0.5
