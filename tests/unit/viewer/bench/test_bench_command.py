"""`sidelight bench` finds its suites by entry point and says what there is."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from viewer.bench import command

SEEN: list[list[str]] = []


def suite(words: list[str]) -> int:
    SEEN.append(words)
    return 3


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    entries = [EntryPoint("engine", f"{__name__}:suite", command.SUITES)]
    monkeypatch.setattr(command.importlib.metadata, "entry_points", lambda group: entries)
    monkeypatch.setattr(EntryPoint, "load", lambda self: suite)


def test_a_suite_gets_the_words_after_its_name_and_gives_the_exit_code():
    assert command.main(["engine", "--quick"]) == 3
    assert SEEN == [["--quick"]]


def test_a_suite_that_is_not_there_is_named_beside_those_that_are(capsys):
    assert command.main(["viewwer"]) == 2
    told = capsys.readouterr().err
    assert "viewwer" in told
    assert "sidelight bench engine" in told


def test_help_lists_the_suites(capsys):
    assert command.main(["--help"]) == 0
    assert "sidelight bench engine" in capsys.readouterr().out
