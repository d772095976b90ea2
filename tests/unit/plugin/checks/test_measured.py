"""How often the checks are right, measured and held: on written reports, and on normal ones."""

from __future__ import annotations

import json

import pytest
from unit.plugin.checks.normal_reports import normal_reports

from plugin.checks import measure
from plugin.checks.checks import doubts_of
from plugin.checks.measure import DISAGREES, HALVES, KINDS, alert_rate, cases, scores, with_wrong_findings

ALARMS_ALLOWED = 0.05
"""Reading.md RP-7."""
MEASURED = {"develop": (1.00, 1.00), "held_back": (1.00, 0.96)}
"""Precision and recall over all kinds, as docs/checks.md states them. The second half was written before the rules and
first looked at when they were done; no rule has been changed for its sake since."""


def test_there_are_two_hundred_written_reports_with_planted_faults_of_every_kind() -> None:
    told = [case for half in HALVES for case in cases(half)]

    assert len(told) >= 200
    assert len({case.told for case in told}) == len(told)
    assert {kind for case in told for kind in case.expects} == set(KINDS)
    assert sum(not case.expects for case in told) >= 80


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall_are_what_was_measured(half: str, capsys) -> None:
    told = scores(cases(half))
    with capsys.disabled():
        print()
        measure.main(["--half", half])

    precision, recall = MEASURED[half]
    assert told["all"].precision >= precision - 0.005
    assert told["all"].recall >= recall - 0.005


@pytest.mark.parametrize("kind", ["laterality", "negation", "measurement", "prior"])
def test_each_planted_kind_is_found_nine_times_in_ten_in_both_halves(kind: str) -> None:
    for half in HALVES:
        score = scores(cases(half))[kind]
        assert (score.precision >= 0.9, score.recall >= 0.9) == (True, True), (half, score)


def test_normal_reports_hardly_ever_raise_a_doubt() -> None:
    told = normal_reports(240)

    count, kinds = alert_rate(told)

    assert len(told) >= 150
    assert count / len(told) <= ALARMS_ALLOWED, [doubts_of(one) for one in told if doubts_of(one)][:3]
    assert sum(kinds.values()) >= count


def test_an_ai_that_is_wrong_in_one_study_of_five_does_not_make_the_checks_cry_wolf() -> None:
    told = with_wrong_findings(normal_reports(240))

    assert sum(bool(one.findings) for one in told) == int(240 * DISAGREES)
    assert alert_rate(told)[0] / len(told) <= ALARMS_ALLOWED


def test_the_normal_reports_are_not_one_report_said_again_and_again() -> None:
    told = normal_reports(240)

    assert len({one.report for one in told}) == 240
    assert len({one.impression for one in told}) > 5


def test_a_normal_report_with_a_planted_fault_is_not_waved_through() -> None:
    """Otherwise a check that never speaks would pass the test above."""
    from dataclasses import replace

    told = [
        replace(one, report=one.report + " Large left pneumothorax. [side]") for one in normal_reports(60)
    ]

    assert alert_rate(told)[0] == 60


def test_the_command_reads_real_reports_and_says_the_rate(tmp_path, capsys) -> None:
    def report(
        name: str, findings: str, impression: str, comparison: str = "None.", labels=("No Finding",)
    ) -> str:
        told = {"id": name, "findings": findings, "impression": impression, "comparison": comparison}
        return json.dumps({**told, "labels": list(labels), "indication": "A woman with XXXX."})

    effusion = ("Pleural Effusion",)
    lines = [
        report("a", "The lungs are clear. XXXX heart.", "Normal chest."),
        report("b", "The heart is unchanged. He is well.", "Normal chest."),
        report("c", "The heart is unchanged.", "Normal chest.", "Film of XXXX."),
        report("d", "The heart is unchanged.", "Normal chest.", ""),
        report("e", "", "Normal chest."),
        report("f", "Small left effusion.", "Left effusion.", labels=effusion),
        report(
            "g",
            "Small left basal shadow, maybe an effusion.",
            "Left basal shadow or left effusion.",
            labels=effusion,
        ),
    ]
    file = tmp_path / "reports.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")

    assert measure.main(["--half", "develop", "--reports", str(file), "--show"]) == 0

    shown = capsys.readouterr().out
    assert "normal reports: 1 of 4 raise a doubt, 25.0 %" in shown
    assert "b [sex]" in shown
    assert "b [comparison]" in shown
    measure.main(["--half", "develop", "--reports", str(file)])
    assert "b [sex]" not in capsys.readouterr().out
    assert "sides swapped in the impression: 1 of 1 found, 100 %" in shown or "of 2 found" in shown


def test_the_command_names_what_it_missed_when_asked(capsys, monkeypatch) -> None:
    monkeypatch.setattr(measure, "doubts_of", lambda told: ())

    measure.main(["--half", "develop", "--show"])

    assert "L01: laterality missed" in capsys.readouterr().out
