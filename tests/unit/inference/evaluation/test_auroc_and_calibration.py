"""AUROC against scikit-learn, intervals over patients, calibration and thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from inference.evaluation.auroc import auroc, auroc_with_interval, macro_with_interval
from inference.evaluation.calibration import (
    LEAST_PRESENT,
    calibration_error,
    choose_threshold,
    fit_platt,
    logit,
    sigmoid,
)


@settings(deadline=None)  # scikit-learn is slow on its first call
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60))
def test_the_area_agrees_with_scikit_learn_also_with_ties(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in pairs], dtype=float)
    labels = np.array([label for _, label in pairs])
    if labels.all() or not labels.any():
        assert np.isnan(auroc(scores, labels))
    else:
        assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_too_few_positives_give_no_number() -> None:
    labels = np.array([1] * 7 + [0] * 50, dtype=np.int8)

    assert auroc_with_interval(np.arange(57.0), labels, [str(i) for i in range(57)]) is None


def test_unknown_labels_do_not_count() -> None:
    labels = np.array([1] * 10 + [0] * 10 + [-1] * 30, dtype=np.int8)
    scores = np.concatenate([np.full(10, 2.0), np.full(10, 1.0), np.full(30, 9.0)])

    found = auroc_with_interval(scores, labels, [str(i) for i in range(50)])

    assert found is not None
    assert (found.value, found.positives, found.negatives) == (1.0, 10, 10)


def test_many_films_of_one_patient_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.array([0, 1] * 10, dtype=np.int8), 10)
    scores = labels + np.repeat(rng.normal(0, 1.2, 20), 10)

    apart = auroc_with_interval(scores, labels, [str(i) for i in range(200)])
    together = auroc_with_interval(scores, labels, [str(i // 10) for i in range(200)])

    assert apart is not None
    assert together is not None
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_the_macro_average_lies_in_its_interval() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (100, 3)).astype(np.int8)
    scores = labels + rng.normal(0, 1, (100, 3))

    value, low, high = macro_with_interval(scores, labels, [0, 1, 2], [str(i) for i in range(100)])

    assert low < value < high
    assert value == pytest.approx(np.mean([auroc(scores[:, c], labels[:, c] == 1) for c in range(3)]))


def test_platt_scaling_finds_a_known_distortion_again() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.98, 20000)
    truth = rng.random(20000) < p
    distorted = sigmoid(2 * logit(p) + 1)

    curve = fit_platt(distorted, truth)

    assert curve.temperature == pytest.approx(2, rel=0.1)
    assert calibration_error(curve(distorted), truth) < 0.02 < calibration_error(distorted, truth)


def test_the_threshold_parts_what_can_be_parted() -> None:
    p = np.concatenate([np.linspace(0.1, 0.3, 20), np.linspace(0.7, 0.9, 20)])

    assert 0.3 < choose_threshold(p, np.arange(40) >= 20) <= 0.7


def test_a_threshold_keeps_most_negatives_negative_even_where_f1_would_not() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(200) < 150
    p = rng.random(200)  # says nothing: calling everything would give the best F1

    assert (p[~truth] >= choose_threshold(p, truth)).mean() <= 0.2


def test_with_few_positives_one_negative_in_ten_is_called() -> None:
    p = np.linspace(0, 1, 101)
    truth = np.zeros(101, dtype=bool)
    truth[:3] = True

    assert (p[~truth] >= choose_threshold(p, truth)).mean() == pytest.approx(0.1, abs=0.02)


def test_no_finding_is_called_present_that_is_nearly_always_absent() -> None:
    """F1 alone would call a rare finding at two per cent, and the reader would see nothing but false alarms."""
    p = np.linspace(0, 0.05, 400)
    truth = np.arange(400) >= 380

    assert choose_threshold(p, truth) == LEAST_PRESENT
