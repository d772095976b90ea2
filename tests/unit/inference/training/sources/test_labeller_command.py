"""The labeller's measure: counts of what it reads against what people coded."""

from __future__ import annotations

import json

import pytest

from inference.training.sources.labeller_command import CodedReport, agreement, coded_reports, main, table


def line(number: int, findings: str, labels: list[str], headings: tuple[str, ...] = ("x",)) -> str:
    return json.dumps(
        {
            "id": f"CXR{number}",
            "findings": findings,
            "impression": "",
            "labels": labels,
            "mesh_major": headings,
        }
    )


@pytest.fixture
def data(tmp_path):
    (tmp_path / "reports").mkdir()
    lines = [
        line(1, "Left effusion.", ["Pleural Effusion"]),
        line(2, "Left effusion.", []),
        line(3, "Heart is large.", ["Pleural Effusion"]),
        line(4, "Possible effusion.", ["Pleural Effusion"]),
        line(5, "Left effusion.", ["Pleural Effusion"], ("No Indexing",)),
    ]
    (tmp_path / "reports" / "indiana_reports.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_reports_that_nobody_coded_are_left_out(data):
    reports = list(coded_reports(data / "reports" / "indiana_reports.jsonl"))

    assert [report.id for report in reports] == ["CXR1", "CXR2", "CXR3", "CXR4"]


def test_agreement_counts_both_and_each_alone(data):
    reports = list(coded_reports(data / "reports" / "indiana_reports.jsonl"))
    strict, wide = agreement(reports)["pleural effusion"], agreement(reports, True)["pleural effusion"]

    assert (strict.both, strict.only_read, strict.only_coded) == (1, 1, 2)
    assert (strict.precision, strict.recall) == (0.5, pytest.approx(1 / 3))
    assert (wide.both, wide.only_coded) == (2, 1)


def test_a_label_that_nobody_speaks_of_scores_nothing_and_counts_for_no_mean():
    scores = agreement([CodedReport("1", "Left effusion.", frozenset({"pleural effusion"}))])

    assert scores["fracture"].f1 == 0
    assert list(table(scores))[-1].endswith("| 1.00 |")


def test_the_command_prints_a_table_or_says_what_is_missing(data, tmp_path, capsys):
    assert main(["--data", str(data), "--half", "odd"]) == 0
    assert "2 coded reports" in capsys.readouterr().out
    assert main(["--data", str(tmp_path / "nowhere")]) == 2
    assert "can't be read" in capsys.readouterr().err
