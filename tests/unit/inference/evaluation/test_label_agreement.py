"""Whether drawn films show what their texts say, on films whose answer is known beforehand."""

import numpy as np
import pytest

from inference.evaluation.label_agreement import agreement, alignment, thresholds

LABELS = ("heart", "fluid", "air")


def scores(seed, rows=60):
    return np.random.default_rng(seed).uniform(0, 1, (rows, len(LABELS)))


def test_a_label_counts_as_seen_from_where_a_fifth_of_the_films_without_it_would_be_called_positive():
    real = scores(0, 1000)
    truth = np.zeros(real.shape, np.int8)
    truth[:100, 0] = 1
    real[:100, 0] = 5  # films with the label do not move its limit

    assert thresholds(real, truth) == pytest.approx([0.8, 0.8, 0.8], abs=0.03)


def test_of_a_label_that_nobody_denies_all_films_set_the_limit():
    real = scores(1, 1000)

    assert thresholds(real, np.full(real.shape, -1, np.int8)) == pytest.approx([0.8] * 3, abs=0.03)


def test_films_that_show_what_was_asked_agree_and_their_twins_do_not():
    asked = np.arange(60) % 3
    twins = scores(2) * 0.5
    drawn = twins.copy()
    drawn[np.arange(60), asked] = 0.9

    found = agreement(LABELS, asked, drawn, twins, np.full(3, 0.8))

    assert (found.asked.value, found.twins.value, found.difference.value) == (1, 0, 1)
    assert found.difference.is_above_zero
    assert [(one.label, one.films, one.auroc) for one in found.labels] == [(name, 20, 1.0) for name in LABELS]


def test_a_generator_that_ignores_its_text_has_no_difference():
    asked = np.arange(900) % 3

    found = agreement(LABELS, asked, scores(3, 900), scores(4, 900), np.full(3, 0.5))

    assert not found.difference.is_above_zero
    assert found.difference.low < 0 < found.difference.high


def test_another_label_than_the_asked_one_does_not_count():
    drawn = np.tile([0.0, 1.0, 0.0], (6, 1))

    found = agreement(LABELS, np.zeros(6, int), drawn, np.zeros((6, 3)), np.full(3, 0.5))

    assert found.asked.value == 0


def test_films_without_twins_are_refused():
    with pytest.raises(ValueError, match="as many films"):
        agreement(LABELS, np.zeros(3, int), scores(5, 3), scores(6, 2), np.full(3, 0.5))


def test_films_fit_their_own_texts_best_where_each_shows_its_text():
    texts = np.eye(3, dtype=np.int8)[np.arange(30) % 3]

    assert alignment(texts + 0.01 * scores(7, 30), texts).value == 1


def test_films_that_know_nothing_of_their_texts_fit_by_chance():
    texts = np.eye(3, dtype=np.int8)[np.arange(300) % 3]

    found = alignment(scores(8, 300), texts)

    assert found.low < 0.5 < found.high


def test_one_text_for_all_films_can_tell_nothing():
    with pytest.raises(ValueError, match="different things"):
        alignment(scores(9, 4), np.tile(np.array([1, 0, 0], np.int8), (4, 1)))
