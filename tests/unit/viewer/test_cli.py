"""The command line finds its subcommands, and says clearly what it did not understand."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from viewer import cli


@pytest.fixture(autouse=True)
def no_audit_hook(monkeypatch):
    monkeypatch.setattr("viewer.loopback.install", lambda: None)  # it can't be undone, see test_loopback


@pytest.fixture
def commands(monkeypatch):
    found = {"greet": EntryPoint("greet", f"{__name__}:greet", cli.COMMANDS)}
    found["broken"] = EntryPoint("broken", "no_such_package.command:main", cli.COMMANDS)
    monkeypatch.setattr(cli, "_commands", lambda: found)


def greet(words: list[str]) -> int:
    print("hello", *words)
    return 5


def test_a_subcommand_gets_the_rest_of_the_line_and_gives_the_exit_code(commands, capsys):
    assert cli.main(["greet", "--loud", "you"]) == 5
    assert capsys.readouterr().out == "hello --loud you\n"


def test_help_lists_the_subcommands_without_importing_them(commands, capsys):
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "sidelight greet" in shown
    assert "sidelight broken" in shown


def test_a_missing_part_is_named_without_a_traceback(commands, capsys):
    assert cli.main(["broken"]) == 1
    said = capsys.readouterr().err
    assert "no_such_package" in said
    assert "Traceback" not in said


def test_an_unknown_option_is_named_and_ends_with_two(commands, capsys):
    assert cli.main(["--fnord"]) == 2
    assert "--fnord" in capsys.readouterr().err


def test_a_path_that_is_not_there_ends_with_two_and_names_the_commands(commands, capsys):
    assert cli.main(["raed"]) == 2
    said = capsys.readouterr().err
    assert "raed" in said
    assert "greet" in said


def test_paths_are_handed_to_the_viewer(commands, monkeypatch, tmp_path):
    opened = []
    app = type(sys)("viewer.app")
    app.run = lambda paths, with_plugins: opened.append((paths, with_plugins)) or 0
    monkeypatch.setitem(sys.modules, "viewer.app", app)

    assert cli.main(["--no-plugins", str(tmp_path)]) == 0
    assert opened == [((tmp_path,), False)]


def test_importing_the_command_line_loads_neither_qt_nor_torch_nor_pydicom():
    program = "import sys, viewer.cli; print([m for m in ('PySide6', 'torch', 'pydicom', 'numpy') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "[]"
    )
