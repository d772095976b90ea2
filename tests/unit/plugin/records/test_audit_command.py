"""`sidelight audit`: what it prints, and its exit codes."""

from __future__ import annotations

import csv

import pytest

from plugin.records.audit_check import read_log, verify
from plugin.records.audit_command import main
from plugin.records.audit_files import audit_folder, log_files
from plugin.records.audit_line import AuditEntry
from plugin.records.audit_log import AuditLog

AT = "2026-11-22T09:00:00.123Z"


@pytest.fixture
def log():
    made = AuditLog()
    made.append(
        [
            AuditEntry("study_opened", AT, "=Dr. \x1b[31mUnal", "1.2.1"),
            AuditEntry("signed", AT, "", "1.2.1", {"seconds": 34.2}),
            AuditEntry("study_opened", AT, "", "1.2.2"),
        ]
    )
    return made


def damage():
    (file,) = log_files(audit_folder())
    file.write_bytes(file.read_bytes().replace(b"34.2", b"14.2"))


def test_verify_says_intact_and_the_end_to_write_down(log, capsys):
    assert main(["verify"]) == 0

    told = capsys.readouterr().out
    assert told.startswith("3 lines, chain intact\n")
    assert f"End of the chain: {verify().head.text}" in told


def test_verify_names_the_changed_line_and_fails(log, capsys):
    damage()

    assert main(["verify"]) == 1
    assert (
        "2026-11.jsonl, row 2: Line 2 was changed: its content does not have its hash."
        in capsys.readouterr().out
    )


def test_verify_tells_what_a_kill_left_and_does_not_fail(log, capsys):
    with log_files(audit_folder())[0].open("ab") as stream:
        stream.write(b'{"at"')

    assert main(["verify"]) == 0
    assert "note: The program ended while it wrote its last line" in capsys.readouterr().out


def test_verify_compares_with_an_end_that_was_written_down(log, capsys):
    assert main(["verify", "--head", verify().head.text.upper()]) == 0
    assert main(["verify", "--head", "2:" + "a" * 64]) == 1
    assert main(["verify", "--head", "two"]) == 2
    assert "does not hold line 2 as it was noted down" in capsys.readouterr().out


def test_an_empty_log_is_intact(capsys):
    assert main(["verify"]) == 0
    assert capsys.readouterr().out.startswith("0 lines, chain intact")


def test_show_prints_the_last_lines_of_a_study_or_a_kind_without_control_characters(log, capsys):
    assert main(["show", "--study", "1.2.1"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        rf"1  {AT}  study_opened  =Dr. \u001b[31mUnal  1.2.1",
        f'2  {AT}  signed  1.2.1  {{"seconds": 34.2}}',
    ]

    assert main(["show", "--what", "study_opened", "--last", "1"]) == 0
    assert capsys.readouterr().out == f"3  {AT}  study_opened  1.2.2\n"


def test_an_exported_copy_can_be_checked_again(log, tmp_path):
    copy = tmp_path / "2026-11.jsonl"
    assert main(["export", str(copy)]) == 0

    assert list(read_log(tmp_path)) == list(read_log())


def test_an_exported_table_is_harmless_to_a_table_program(log, tmp_path, capsys):
    assert main(["export", str(tmp_path / "log.csv"), "--format", "csv"]) == 0

    rows = list(csv.DictReader((tmp_path / "log.csv").read_text("utf-8").splitlines()))
    assert [row["what"] for row in rows] == ["study_opened", "signed", "study_opened"]
    assert rows[0]["who"].startswith("'=")
    assert rows[1]["details"] == '{"seconds": 34.2}'


def test_an_export_never_writes_over_a_file_and_tells_of_a_damaged_log(log, tmp_path, capsys):
    (tmp_path / "log").write_text("mine")
    assert main(["export", str(tmp_path / "log")]) == 1
    assert (tmp_path / "log").read_text() == "mine"
    assert "File exists" in capsys.readouterr().err

    damage()
    assert main(["export", str(tmp_path / "new")]) == 1
    assert b"14.2" in (tmp_path / "new").read_bytes()


def test_a_command_that_is_none_is_refused():
    assert main(["forget"]) == 2


def test_show_says_which_model_and_adapter_read(capsys):
    read = "starter-site-1 0.4.0 + site adapter 1"
    AuditLog().append([AuditEntry("reading_finished", AT, "", "1.2.1", {"seconds": 1.0}, read)])

    assert main(["show"]) == 0
    assert f"1.2.1  {read}  {{" in capsys.readouterr().out
