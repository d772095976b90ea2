"""Scores of a site's held-out patients: each number against another implementation, each interval by patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from inference.engine.settings import ReadingSettings, Sigmoid
from inference.evaluation.measures import Films
from inference.evaluation.patient_draws import interval, of_patients, paired_interval
from inference.evaluation.site import compare_answers, score_answers
from inference.evaluation.site_answers import (
    BoxAnswer,
    FilmAnswer,
    Named,
    ReportAnswer,
    SiteAnswers,
    Where,
)
from inference.evaluation.site_markdown import comparison_markdown, scores_markdown
from inference.evaluation.text_scores import bleu, n_gram_matches, tokens
from inference.evaluation.weighted_scores import calibration_gap, mean, within_auroc, within_precision
from inference.training.rows import LABELS

EDEMA, NONE = LABELS.index("edema"), LABELS.index("no finding")
MODEL = Named("Starter", "starter", "0.4.0", "0" * 64)


def film(number, has_edema, p, *, patient="", source="site", view="PA", **more):
    said = [0.1] * len(LABELS)
    said[EDEMA] = p
    known = {"edema": has_edema, "no finding": not has_edema} | more
    where = Where(patient or f"p{number}", source, f"s{number}", view)
    return FilmAnswer(where, f"f{number}", tuple(said), known)


def answers(films, **more):
    return SiteAnswers(MODEL, more.pop("settings", ReadingSettings()), tuple(films), **more)


def site(noise, count=60, seed=0, source="site"):
    """Films of `count` patients, half with edema; the more noise the less the model knows."""
    rng = np.random.default_rng(seed)
    films = []
    for number in range(count):
        has = number % 2 == 0
        score = (1 if has else -1) + noise * rng.normal()
        films.append(film(number, has, float(1 / (1 + np.exp(-score))), source=source))
    return films


@pytest.mark.parametrize("ties", [2, 1000])
def test_auroc_and_precision_agree_with_scikit_learn(ties):
    rng = np.random.default_rng(ties)
    truth, said = rng.random(80) < 0.3, rng.integers(0, ties, 80).astype(float)
    once, one_source = np.ones((1, 80)), np.zeros(80, dtype=np.intp)

    area = within_auroc(truth, one_source)(said, once)[0]
    precision = within_precision(truth, one_source)(said, once)[0]

    assert area == pytest.approx(roc_auc_score(truth, said))
    assert precision == pytest.approx(average_precision_score(truth, said))


def test_weights_are_as_good_as_rows_that_stand_there_so_often():
    rng = np.random.default_rng(1)
    truth, said = rng.random(40) < 0.4, rng.random(40).round(1)
    weights = rng.integers(0, 4, (1, 40)).astype(float)
    often = np.repeat(np.arange(40), weights[0].astype(int))
    strata = np.zeros(40, dtype=np.intp)

    assert within_auroc(truth, strata)(said, weights)[0] == pytest.approx(
        roc_auc_score(truth[often], said[often])
    )
    assert mean(said, weights)[0] == pytest.approx(said[often].mean())


def test_a_model_that_knows_the_hospital_only_knows_nothing():
    rng = np.random.default_rng(2)
    sick = [film(n, n % 10 > 0, 0.9 + 0.01 * rng.random(), source="children") for n in range(200)]
    well = [film(1000 + n, n % 10 == 0, 0.1 + 0.01 * rng.random(), source="adults") for n in range(200)]
    truth = [one.known["edema"] for one in (*sick, *well)]
    pooled = roc_auc_score(truth, [one.p[EDEMA] for one in (*sick, *well)])

    score = score_answers(answers([*sick, *well])).get("auroc/edema")

    assert pooled > 0.85
    assert score.value == pytest.approx(0.5, abs=0.1)


def test_a_finding_with_too_few_patients_is_not_judged_and_says_why():
    films = [film(n, n < 7, 0.5) for n in range(60)]

    score = score_answers(answers(films)).get("auroc/edema")

    assert score.value is None
    assert score.why_not == "7 patients with it and 53 without; 8 of each are needed"
    assert score.positives == 7


def test_many_films_of_one_patient_are_not_many_patients():
    films = [film(n, n < 30, 0.5, patient=f"p{n % 5}" if n < 30 else "") for n in range(60)]

    assert "5 patients with it" in score_answers(answers(films)).get("auroc/edema").why_not


def test_the_interval_is_wider_where_the_films_are_of_fewer_patients():
    values = np.random.default_rng(3).random(60)
    alone = interval(mean, values, of_patients([str(n) for n in range(60)]))
    values_of_ten = np.repeat(values[:10], 6)
    together = interval(mean, values_of_ten, of_patients([str(n // 6) for n in range(60)]))

    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_the_interval_covers_the_truth_about_nineteen_times_in_twenty():
    covered = 0
    for seed in range(100):
        values = np.random.default_rng(seed).normal(size=40)
        low, high = interval(mean, values, of_patients([str(n) for n in range(40)]), draws=400)
        covered += low <= 0 <= high

    assert 88 <= covered <= 99


def test_paired_intervals_are_narrower_than_unpaired_ones():
    rng = np.random.default_rng(4)
    before = rng.normal(size=50)
    after = before + 0.1 + 0.01 * rng.normal(size=50)
    owned = of_patients([str(n) for n in range(50)])

    low, high = paired_interval(mean, before, after, owned)

    assert 0.09 < low < high < 0.11


def test_a_model_that_says_the_same_has_no_difference_and_p_of_one():
    one = answers(site(1.5))

    compared = compare_answers(one, one)

    assert {found.change for found in compared.differences if found.change is not None} == {0.0}
    assert compared.get("macro_auroc").p == 1.0


def test_a_better_model_is_seen_to_be_better():
    compared = compare_answers(answers(site(3.0)), answers(site(0.5)))
    macro = compared.get("macro_auroc")

    assert macro.change == pytest.approx(macro.after - macro.before, abs=1e-3)
    assert 0 < macro.low < macro.change < macro.high
    assert macro.p < 0.05


def test_a_model_on_another_scale_is_tested_as_fairly():
    before, after = answers(site(3.0)), answers(site(0.8, seed=1))
    small = replace(after, films=tuple(replace(one, p=tuple(p / 100 for p in one.p)) for one in after.films))

    as_it_is, rescaled = (compare_answers(before, one).get("auroc/edema") for one in (after, small))

    assert rescaled.p == as_it_is.p < 0.05


def test_two_models_must_have_been_asked_the_same():
    with pytest.raises(ValueError, match="same films"):
        compare_answers(answers(site(1)), answers(site(1)[1:]))


def test_decisions_are_the_packs_own():
    films = [film(n, n % 2 == 0, 0.3 if n % 2 == 0 else 0.2) for n in range(40)]
    at_a_half = score_answers(answers(films))
    as_told = score_answers(answers(films, settings=ReadingSettings(decision={"edema": 0.25})))

    assert at_a_half.get("f1/edema").value is None or at_a_half.get("f1/edema").value == 0
    assert as_told.get("f1/edema").value == 1.0
    assert as_told.get("false_positives").value == 0.0


def test_f1_over_findings_agrees_with_scikit_learn_and_leaves_out_what_is_not_known():
    films = site(2.0)
    known = [one.known["edema"] for one in films]
    called = [one.p[EDEMA] >= 0.5 for one in films]

    assert score_answers(answers(films)).get("micro_f1").value == pytest.approx(
        f1_score(known, called), abs=1e-3
    )


def test_films_without_finding_on_which_one_is_called_are_counted_once():
    films = [film(n, False, 0.9 if n < 5 else 0.1) for n in range(20)]

    wrong = score_answers(answers(films)).get("false_positives")

    assert (wrong.value, wrong.n, wrong.smaller_is_better) == (0.25, 20, True)


def test_a_finding_that_the_pack_does_not_assess_is_never_called():
    films = [film(n, False, 0.9) for n in range(20)]
    blind = ReadingSettings(not_assessed=frozenset({"edema"}))

    assert score_answers(answers(films, settings=blind)).get("false_positives").value == 0
    assert not Films(films, blind).called.any()


def test_calibrated_probabilities_have_the_smaller_error():
    rng = np.random.default_rng(5)
    films = [film(n, bool(rng.random() < 0.3), 0.9) for n in range(200)]
    bias = float(np.log(0.3 / 0.7) - np.log(0.9 / 0.1))
    told = ReadingSettings(calibration={"edema": Sigmoid(1.0, bias)})

    as_said = score_answers(answers(films)).get("calibration_error/edema").value
    as_told = score_answers(answers(films, settings=told)).get("calibration_error/edema").value

    assert as_said == pytest.approx(0.6, abs=0.1)
    assert as_told < 0.1
    assert calibration_gap(np.array([True, False]))(np.array([0.75, 0.25]), np.ones((1, 2)))[0] == 0.25


def test_slices_are_scored_apart():
    films = [*site(0.2, 40), *(replace(one, film=f"x{one.film}") for one in site(0.2, 40, seed=1))]
    films[40:] = [
        replace(one, where=replace(one.where, view="AP", patient=f"ap{one.where.patient}"))
        for one in films[40:]
    ]
    films[40:] = [
        replace(one, p=tuple(1 - p if c == EDEMA else p for c, p in enumerate(one.p))) for one in films[40:]
    ]

    scores = score_answers(answers(films))

    assert scores.get("macro_auroc[view=PA]").value > 0.95
    assert scores.get("macro_auroc[view=AP]").value < 0.05


def test_boxes_are_counted_by_true_box():
    where = [Where(f"p{n}", "site", f"s{n}") for n in range(10)]
    boxes = tuple(
        BoxAnswer(one, "f", "lung opacity", 0.6 if n < 5 else 0.0, n < 5) for n, one in enumerate(where)
    )

    scores = score_answers(answers(site(1), boxes=boxes))

    assert scores.get("box/iou").value == 0.3
    assert scores.get("box/hit_rate").value == 0.5


def report(number, draft, signed, copied=None):
    words, true = tokens(draft), tokens(signed)
    said = tuple(label == "edema" and "edema" in draft for label in LABELS)
    truth = tuple(label == "edema" and "edema" in signed for label in LABELS)
    where = Where(f"p{number}", "site", f"s{number}")
    return ReportAnswer(
        where,
        said,
        truth,
        n_gram_matches(words, true),
        len(words),
        len(true),
        0.5,
        copied=copied,
    )


def test_reports_are_scored_over_the_set_as_the_published_evaluation_does():
    drafts = ["there is mild edema of both lungs", "the lungs are clear", "small heart"] * 4
    signed = ["there is edema in both lungs", "the lungs are clear today", "the heart is small"] * 4
    reports = tuple(report(n, one, other) for n, (one, other) in enumerate(zip(drafts, signed, strict=True)))

    scores = score_answers(answers(site(1), reports=reports))
    expected = bleu([tokens(one) for one in drafts], [tokens(one) for one in signed])

    for order in (1, 2, 3, 4):
        assert scores.get(f"report/bleu_{order}").value == pytest.approx(expected[f"BLEU_{order}"], abs=1e-4)
    assert scores.get("report/micro_f1").value == 1.0
    assert scores.get("report/meteor").why_not == "METEOR is not installed"


def test_a_draft_that_is_the_priors_report_scores_one_as_a_copy():
    reports = tuple(report(n, "edema", "edema", copied=1.0) for n in range(9))

    copied = score_answers(answers(site(1), reports=reports)).get("report/copied_prior")

    assert (copied.value, copied.smaller_is_better) == (1.0, True)


def test_the_written_evaluation_has_n_and_interval_beside_each_number():
    scores, compared = score_answers(answers(site(1))), compare_answers(answers(site(3)), answers(site(1)))

    told, changed = scores_markdown(scores), comparison_markdown(compared, ("3 laterals and priors",))

    macro = scores.get("macro_auroc")
    assert f"| {macro.value:.3f} | {macro.low:.3f} to {macro.high:.3f} | 60 | 60 |" in told
    assert "| fracture | 0 of 0 | not judged |" in told
    assert "Not judged: enlarged cardiomediastinum, cardiomegaly, lung opacity" in changed
    assert "Left out: 3 laterals and priors." in changed
    assert "Research use only" in changed
