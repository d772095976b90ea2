"""The gate's rules: what they accept, what they refuse, and that they say why with their numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.engine.settings import ReadingSettings
from inference.evaluation.site import Comparison, Difference, compare_answers
from inference.evaluation.site_answers import FilmAnswer, Named, SiteAnswers, Where
from inference.training.promotion.fitted_reading import fitted_reading
from inference.training.promotion.rules import OVERALL, Margin, Margins, SelfTestSaid, decide
from inference.training.rows import LABELS

SOUND = SelfTestSaid(True, True, "3 of 3 yes/no questions are answered with yes or no.")
BASE, TUNED = Named("Starter", "starter", "0.4.0", "0" * 64), Named("Starter", "x", "0.4.0 + x", "1" * 64)


def difference(name, change, low, high, **more):
    before = more.pop("before", 0.7)
    return Difference(name, before, before + change, change, low, high, 0.01, 200, 80, **more)


def comparison(*differences, patients=80):
    return Comparison(BASE, TUNED, 200, patients, differences)


BETTER = difference("macro_auroc", 0.08, 0.02, 0.14)


def refused_by(compared, **more):
    decision = decide(compared, more.pop("self_test", SOUND), **more)
    return [rule.name for rule in decision.rules if rule.kept is False]


def test_shown_to_be_better_and_nothing_worse_is_accepted():
    decision = decide(comparison(BETTER, difference("auroc/edema", 0.1, 0.01, 0.2)), SOUND)

    assert decision.accepted
    assert (
        "0.700 to 0.780 (+0.080, 95 % interval +0.020 to +0.140, 200 films of 80 patients)" in decision.words
    )


def test_a_gain_that_may_be_chance_is_not_enough():
    unproven = difference("macro_auroc", 0.08, -0.01, 0.17)
    decision = decide(comparison(unproven), SOUND)

    assert not decision.accepted
    assert "not shown to be better" in decision.words
    assert "a gain below about 0.09 can't be told from chance" in decision.words


def test_a_finding_that_fell_refuses_without_any_proof():
    fell = difference("auroc/edema", -0.06, -0.20, 0.08)

    assert refused_by(comparison(BETTER, fell)) == ["edema"]


def test_a_finding_whose_large_loss_can_not_be_excluded_refuses():
    unsure = difference("auroc/edema", 0.0, -0.16, 0.16)
    decision = decide(comparison(BETTER, unsure), SOUND)

    assert not decision.accepted
    assert "a loss of 0.15 can't be excluded" in decision.words


def test_a_small_loss_is_borne_however_sure_it_is():
    assert refused_by(comparison(BETTER, difference("auroc/edema", -0.02, -0.03, -0.01))) == []


def test_only_guarded_findings_are_guarded_where_the_site_names_some():
    fell = difference("auroc/edema", -0.3, -0.4, -0.2)

    assert refused_by(comparison(BETTER, fell), guarded=("pneumonia",)) == []
    assert refused_by(comparison(BETTER, fell), guarded=("edema",)) == ["edema"]


def test_what_can_not_be_judged_is_named_and_refuses_nothing():
    rare = replace(difference("auroc/fracture", 0, 0, 0), change=None, why_not="2 patients with it")
    decision = decide(comparison(BETTER, rare), SOUND)

    assert decision.accepted
    assert "AUROC of fracture: not judged (2 patients with it)." in [rule.said for rule in decision.rules]


@pytest.mark.parametrize(
    ("name", "change", "refuses"),
    [
        ("false_positives", 0.11, True),
        ("false_positives", -0.06, False),
        ("box/iou", -0.06, True),
        ("box/iou", 0.04, False),
        ("report/copied_prior", 0.2, True),
        ("report/copied_prior", -0.2, False),
        ("report/micro_f1", -0.11, True),
        ("micro_f1", -0.11, True),
    ],
)
def test_other_numbers_are_guarded_in_their_own_direction(name, change, refuses):
    is_error = name in ("false_positives", "report/copied_prior")
    one = difference(name, change, change - 0.01, change + 0.01, smaller_is_better=is_error)

    assert refused_by(comparison(BETTER, one)) == ([name] if refuses else [])


def test_an_adapter_that_lost_its_eyes_or_its_form_is_refused():
    blind = SelfTestSaid(True, False, "a blank picture moves nothing")

    assert refused_by(comparison(BETTER), self_test=blind) == ["self-test"]


def test_what_was_learnt_but_no_reading_will_name_is_said():
    learnt = comparison(BETTER, difference("auroc/fracture", 0.3, 0.2, 0.4))

    (said,) = (
        rule
        for rule in decide(learnt, SOUND, not_assessed=("fracture", "edema")).rules
        if rule.name == "not assessed"
    )

    assert said.kept is None
    assert "does not assess fracture:" in said.said
    assert all(rule.name != "not assessed" for rule in decide(learnt, SOUND, not_assessed=("edema",)).rules)


def test_too_few_patients_decide_nothing():
    assert refused_by(comparison(BETTER, patients=19)) == ["enough patients"]


def test_without_any_judged_finding_nothing_is_better():
    silent = replace(BETTER, change=None, low=None, high=None, why_not="no finding has enough cases")
    decision = decide(comparison(silent), SOUND)

    assert not decision.accepted
    assert "hold out more patients" in decision.words


def test_a_site_may_be_stricter():
    margins = Margins(finding=Margin(0.01, 0.05))

    assert refused_by(comparison(BETTER, difference("auroc/edema", -0.02, -0.03, 0)), margins=margins) == [
        "edema"
    ]


def site(skill, seed, count=100, labels=("edema", "pneumonia", "atelectasis")):
    """A model with a skill (in standard deviations) at three findings, on the same patients whatever the skill."""
    truth = np.random.default_rng(7).random((count, len(labels))) < 0.35
    noise = np.random.default_rng(seed).normal(size=(count, len(labels)))
    films = []
    for row in range(count):
        p = [0.05] * len(LABELS)
        for column, label in enumerate(labels):
            score = skill * (truth[row, column] - 0.5) + noise[row, column]
            p[LABELS.index(label)] = float(1 / (1 + np.exp(-score)))
        known = {label: bool(truth[row, column]) for column, label in enumerate(labels)}
        known["no finding"] = not truth[row].any()
        films.append(FilmAnswer(Where(f"p{row}", "site", f"s{row}"), f"f{row}", tuple(p), known))
    return SiteAnswers(BASE, ReadingSettings(decision=dict.fromkeys(labels, 0.6)), tuple(films))


def test_a_better_model_passes_a_poisoned_one_does_not():
    base = site(0.6, seed=0)
    better, poisoned = site(2.0, seed=1), site(-0.3, seed=2)

    assert decide(compare_answers(base, better), SOUND).accepted
    refused = decide(compare_answers(base, poisoned), SOUND)
    assert next(rule.name for rule in refused.rules if rule.kept is False) == OVERALL


def test_models_that_differ_by_chance_hardly_ever_pass():
    base = site(1.0, seed=0, count=60)
    passed = [
        decide(compare_answers(base, site(1.0, seed=10 + n, count=60)), SOUND).accepted for n in range(6)
    ]

    assert not any(passed)


def test_new_thresholds_keep_the_specificity_that_the_site_is_used_to():
    before, after = site(0.6, seed=0, count=300), site(2.0, seed=1, count=300)
    shifted = replace(after, films=tuple(replace(one, p=tuple(p**0.5 for p in one.p)) for one in after.films))

    reading = fitted_reading({"decision": {"edema": 0.6}, "box_findings": []}, before, shifted)
    settings = ReadingSettings.from_manifest(reading)
    told = compare_answers(before, replace(shifted, settings=settings))

    def specificity(answers, limits):
        column = LABELS.index("edema")
        well = [one for one in answers.films if not one.known["edema"]]
        calls = [limits.confidence("edema", one.p[column])[0] >= limits.decision["edema"] for one in well]
        return 1 - sum(calls) / len(calls)

    assert specificity(shifted, settings) == pytest.approx(specificity(before, before.settings), abs=0.01)
    assert told.get("f1/edema").change > 0.1
    assert reading["box_findings"] == []


def test_a_finding_without_cases_keeps_the_bases_curve_and_threshold():
    told = {"decision": {"fracture": 0.1}, "calibration": {"fracture": {"temperature": 2.0, "bias": -1.0}}}

    reading = fitted_reading(told, site(1, 0), site(2, 1))

    assert reading["decision"]["fracture"] == 0.1
    assert reading["calibration"]["fracture"] == {"temperature": 2.0, "bias": -1.0}
    assert set(reading["calibration"]) == {"fracture", "edema", "pneumonia", "atelectasis"}
