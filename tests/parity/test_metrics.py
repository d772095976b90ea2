"""Scores against the published evaluation, its errors included."""

from __future__ import annotations

import pytest
from parity.fixture_files import METRIC_ATOL, listed, read

from inference.evaluation import metrics
from inference.evaluation.label_scores import CONDITIONS, clinical_efficacy, with_uncertain_positive
from inference.evaluation.meteor import MeteorUnavailable, meteor
from inference.evaluation.text_scores import tokens

FILE = "metrics/metrics_cases.json"


def _section(name):
    content = read(FILE)
    if name not in content:
        pytest.skip(f"{FILE} has no {name}")
    return content[name]


def _numbered(section):
    return pytest.mark.parametrize("index", range(len(listed(FILE, section))))


def _check(actual, expected):
    assert set(actual) == set(expected)
    for name, value in expected.items():
        if isinstance(value, dict):
            _check(actual[name], value)
        else:
            assert actual[name] == pytest.approx(value, abs=METRIC_ATOL), name


def _check_single(score, case):
    if "error" in case:
        with pytest.raises(Exception) as caught:  # noqa: PT011  # the type is compared below
            score([(case["label"], case["output"])])
        assert caught.type.__name__ == case["error"]
        assert str(caught.value).startswith(case.get("message", ""))
    else:
        _check(score([(case["label"], case["output"])]), case["result"])


@_numbered("grounding_single")
def test_one_grounding_answer(index):
    _check_single(metrics.grounding_scores, _section("grounding_single")[index])


@_numbered("vqa_single")
def test_one_answer_to_a_question(index):
    _check_single(metrics.vqa_scores, _section("vqa_single")[index])


def test_all_grounding_answers():
    case = _section("grounding_all")
    _check(metrics.grounding_scores([tuple(row) for row in case["rows"]]), case["result"])


def test_all_answers_to_questions():
    case = _section("vqa_all")
    _check(metrics.vqa_scores([tuple(row) for row in case["rows"]]), case["result"])


def test_grounding_turns_within_conversations():
    case = _section("grounding_multi_turn")
    _check(metrics.grounding_scores(metrics.grounding_pairs(case["data"])), case["result"])


@_numbered("multi_label_parsing")
def test_labels_of_a_finding_list(index):
    case = _section("multi_label_parsing")[index]
    assert metrics.labels_of_answer(case["output"]) == case["pred_labels"]
    assert metrics.labels_of_chexbert(case["gt_chexbert"]) == case["gt_labels"]


def test_scores_of_all_finding_lists():
    cases = _section("multi_label_parsing")
    scores = clinical_efficacy(
        metrics.as_labels([case["pred_labels"] for case in cases]),
        metrics.as_labels([case["gt_labels"] for case in cases]),
    )
    _check({"clinical_efficacy": scores}, _section("multi_label_all")["result"])


@_numbered("f1")
def test_clinical_efficacy_with_all_its_averages(index):
    case = _section("f1")[index]
    scores = clinical_efficacy(metrics.as_labels(case["pred"]), metrics.as_labels(case["gt"]))
    if "pred_uncertain_positive" in case:
        scores = with_uncertain_positive(
            scores,
            metrics.as_labels(case["pred_uncertain_positive"]),
            metrics.as_labels(case["gt_uncertain_positive"]),
        )
    _check(scores, case["result"])


def test_text_scores_of_reports():
    case = _section("nlp")
    expected = {name: value for name, value in case["result"].items() if name != "METEOR"}
    _check(metrics.report_text_scores(case["pred"], case["gt"]), expected)


def test_meteor_where_its_authors_program_is_installed():
    """Their paraphrase table and WordNet are part of the score; both come with `pycocoevalcap`, which needs Java."""
    case = _section("nlp")
    try:
        score = meteor([tokens(text) for text in case["pred"]], [tokens(text) for text in case["gt"]])
    except MeteorUnavailable as error:
        pytest.skip(str(error))
    assert score == pytest.approx(case["result"]["METEOR"], abs=METRIC_ATOL)


@_numbered("remove_special_tokens")
def test_marks_are_removed_before_scoring(index):
    case = _section("remove_special_tokens")[index]
    assert metrics.remove_special_tokens(case["text"]) == case["stripped"]


@_numbered("report_task_prompt")
def test_prompts_whose_answers_count_as_reports(index):
    case = _section("report_task_prompt")[index]
    found = any(metrics.is_report_prompt(prompt) for prompt in case["pred_json_prompts"])
    assert found == case["matches_default_task_prompt"]


def test_conditions_are_in_chexberts_order():
    assert list(CONDITIONS) == _section("conditions")
