"""`sidelight bench engine` measures both ways with the same weights, and its numbers say what they are."""

import json

import pytest

from inference.bench import engine_command
from inference.bench.engine_table import markdown, table


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """One quick run: a tiny model, ONNX Runtime beside torch."""
    out = tmp_path_factory.mktemp("bench") / "engine.json"
    assert engine_command.main(["--quick", "--precision", "int8", "--out", str(out)]) == 0
    return json.loads(out.read_text("utf-8"))


def cases(result, row=0):
    return {case["id"]: case for case in result["rows"][row]["cases"]}


def test_both_ways_say_the_same_tokens(result):
    facts = cases(result)["reading"]["facts"]

    assert facts["same_tokens"]
    assert cases(result)["question"]["facts"]["same_tokens"]
    assert facts["tokens"]["list"] == result["lengths"]["list"]
    assert facts["tokens"]["report"] == result["lengths"]["report"]


def test_the_plain_way_encodes_the_film_for_every_answer_and_ours_once(result):
    calls = cases(result)["reading"]["facts"]["encoder_calls"]

    assert calls == {"ours": 1, "plain": 2 + 3 + 4}  # list, report, three findings' boxes, four yes or no
    assert cases(result)["question"]["facts"]["encoder_calls"] == 0


def test_every_precision_is_a_row_beside_the_same_plain_times(result):
    assert [row["precision"] for row in result["rows"]] == ["float32", "int8"]
    for name, case in cases(result).items():
        assert cases(result, 1)[name]["plain"] == case["plain"]


def test_a_stop_brings_one_further_token_at_most(result):
    assert all(row["cancel"]["further_tokens"] <= 1 for row in result["rows"])


def test_the_machine_and_what_bounds_it_stand_beside_the_numbers(result):
    assert result["read_gb_per_s"] > 0
    assert result["machine"]["cpu"]
    assert result["lengths_are_fixed"]
    for row in result["rows"]:
        decode = row["decode"]
        limit = result["read_gb_per_s"] * 1e9 / decode["weight_bytes_per_token"]
        assert decode["share_of_bandwidth"] == pytest.approx(decode["tokens_per_s"] / limit, rel=0.02)


def test_the_tables_name_every_case_and_mark_a_broken_promise(result):
    question = cases(result)["question"]
    broken = {**question, "bar": 10.0, "met": False}
    row = result["rows"][0]
    worse = {**result, "rows": [{**row, "cases": [*(c for c in row["cases"] if c != question), broken]}]}

    for shown in (table(worse), markdown(worse)):
        assert all(case["title"] in shown for case in row["cases"])
        assert "MISSED" in shown
    assert "MISSED" not in table(result)
