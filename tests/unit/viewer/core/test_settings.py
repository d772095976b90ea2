"""Settings outlive a restart, a broken file and a full disk."""

from __future__ import annotations

import json

from viewer.core.settings import Settings


def test_a_choice_is_there_after_a_restart(tmp_path):
    Settings(tmp_path / "s.json").set("hanging.current_side", "left")
    Settings(tmp_path / "s.json").set("keys.map", {"invert": ["I"]})
    again = Settings(tmp_path / "s.json")
    assert again.text("hanging.current_side") == "left"
    assert again.value("keys.map") == {"invert": ["I"]}


def test_a_value_of_another_kind_gives_the_default(tmp_path):
    settings = Settings(tmp_path / "s.json")
    settings.set("a", 3)
    assert settings.text("a", "x") == "x"
    assert settings.flag("a", True) is True
    assert settings.number("a") == 3


def test_a_broken_file_is_set_aside_and_said(tmp_path):
    file = tmp_path / "s.json"
    file.write_text("{ broken")
    settings = Settings(file)
    assert "could not be read" in settings.problem
    assert (tmp_path / "s.unreadable.json").read_text() == "{ broken"
    settings.set("a", 1)
    assert json.loads(file.read_text()) == {"a": 1}


def test_a_folder_that_refuses_is_said_and_the_choice_holds_for_now(tmp_path):
    (tmp_path / "blocked").write_text("a file, not a folder")
    settings = Settings(tmp_path / "blocked" / "s.json")
    settings.set("a", True)
    assert settings.flag("a")
    assert "could not be kept" in settings.problem
