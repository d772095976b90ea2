"""The doctor is plain, says what to do, and survives what it finds."""

import pytest

from inference import doctor
from inference.doctor import Check, checks, existing_parent, is_guarded, line, summary
from viewer import loopback


def test_a_fault_is_printed_with_what_to_do():
    told = line(Check("Model pack", "fault", "is damaged", "Install it again."))

    assert told == "[fault] Model pack: is damaged\n        What to do: Install it again."
    assert line(Check("Qt", "ok", "starts")) == "[ok]    Qt: starts"


def test_the_summary_counts_the_faults():
    assert summary(0) == "Nothing is at fault."
    assert summary(1).startswith("1 thing is at fault")
    assert summary(2).startswith("2 things are at fault")


def test_a_check_that_fails_itself_becomes_a_fault_and_the_next_ones_still_run(monkeypatch):
    def _broken():
        raise RuntimeError("no such card")
        yield

    def _good():
        yield Check("Good", "ok", "fine")

    for name in (
        "_python",
        "_packages",
        "_memory",
        "_disk",
        "_devices",
        "_pack",
        "_synthesis",
        "_gate",
        "_qt",
    ):
        monkeypatch.setattr(doctor, name, _broken)
    monkeypatch.setattr(doctor, "_guard", _good)

    told = list(checks())

    assert [check.state for check in told] == ["fault"] * 9 + ["ok"]
    assert "RuntimeError: no such card" in told[0].said


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("note", 0), ("fault", 1)])
def test_the_exit_code_tells_scripts_whether_something_is_at_fault(monkeypatch, capsys, state, code):
    monkeypatch.setattr(doctor, "checks", lambda: iter([Check("One", state, "said")]))

    assert doctor.main([]) == code
    assert "One: said" in capsys.readouterr().out


def test_the_guard_is_believed_only_if_it_refuses():
    def refuses(*_):
        raise loopback.OutsideConnectionRefused("no")

    assert is_guarded(refuses)
    assert not is_guarded(lambda *_: None)


def test_free_space_is_looked_up_where_the_folder_would_be_made(tmp_path):
    assert existing_parent(tmp_path / "a" / "b") == tmp_path


def test_one_of_the_two_onnxruntime_builds_is_enough(monkeypatch):
    installed = {"onnxruntime-gpu": "", "onnxruntime": "1.31"}
    monkeypatch.setattr(doctor, "version_of", lambda name: installed.get(name, "1.0"))
    assert [check.state for check in doctor._packages()] == ["ok"]

    installed["onnxruntime"] = ""
    told = list(doctor._packages())
    assert [check.state for check in told] == ["ok", "fault"]
    assert "onnxruntime" in told[1].said
