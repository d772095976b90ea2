"""The example of docs/plugins.md does what the page says, and the viewer does without it."""

from __future__ import annotations

from datetime import date
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QLabel

from tests.factories_ui import film
from viewer.api import Host
from viewer.app import Panels
from viewer.core.settings import Settings
from viewer.ui.host import PluginHost
from viewer.ui.plugins import PluginManifest, read_manifests

NEW = film("new", study_date=date(2024, 3, 1))
EXAMPLE = EntryPoint("example", "example_plugin", "sidelight.plugins")
FRAME_KEY = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


@pytest.fixture
def with_example(desk):
    panels = Panels(desk.window)
    panels.activate([EXAMPLE])
    desk.panels = panels
    return desk


def panel_text(desk) -> str:
    (dock,) = [dock for dock in desk.window.findChildren(QDockWidget) if dock.windowTitle() == "Example"]
    assert isinstance(dock.widget(), QLabel)
    return dock.widget().text()


def marks(desk) -> list[str]:
    return [mark.caption for mark in desk.viewport(NEW).state.marks]


def test_its_manifest_is_read_without_importing_it():
    (manifest,) = read_manifests([EXAMPLE])
    assert manifest == PluginManifest("example", "Example", 1, "example_plugin:activate")


def test_it_measures_in_the_background_what_hangs(with_example):
    with_example.drop(NEW)
    with_example.wait(lambda: panel_text(with_example).startswith("PA: mean"))


def test_its_action_frames_the_film_and_its_key_is_in_the_table(with_example):
    with_example.drop(NEW)
    assert marks(with_example) == []
    with_example.press(Qt.Key.Key_M, FRAME_KEY)
    assert marks(with_example) == ["Middle"]
    assert with_example.window.bindings.keys_of("example.frame") == ("Ctrl+Alt+M",)


def test_its_setting_holds_after_a_restart(with_example):
    with_example.wish("example.frame")
    assert Settings().value("plugin.example.is_framed") is True
    with_example.panels.take_back()
    Panels(with_example.window).activate([EXAMPLE])
    with_example.drop(NEW)
    assert marks(with_example) == ["Middle"]


def test_nothing_of_it_is_left_when_it_is_taken_back(with_example):
    with_example.drop(NEW)
    with_example.wish("example.frame")
    with_example.panels.take_back()
    assert marks(with_example) == []
    assert "example.frame" not in with_example.window.actions_by_id


def test_one_that_fails_leaves_a_message_and_the_example_works_on(desk, tmp_path, monkeypatch):
    folder = tmp_path / "failing_plugin"
    folder.mkdir()
    (folder / "plugin.toml").write_text(
        'id = "failing"\ntitle = "Failing"\napi = 1\nactivate = "failing_plugin:activate"\n'
    )
    (folder / "__init__.py").write_text("def activate(host):\n    raise OSError('no licence here')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    Panels(desk.window).activate([EntryPoint("failing", "failing_plugin", "sidelight.plugins"), EXAMPLE])
    said = [dock.widget().text() for dock in desk.window.findChildren(QDockWidget)]
    assert any("no licence here" in text for text in said)
    desk.drop(NEW)
    desk.wait(lambda: panel_text(desk).startswith("PA: mean"))


def test_two_plugins_never_see_each_others_settings(desk):
    one, other = (PluginHost(desk.window, name, name) for name in ("one", "other"))
    one.settings.set("side", "left")
    assert other.settings.get("side", "right") == "right"
    assert one.settings.get("side") == "left"


def test_a_setting_that_is_no_plain_value_is_refused(desk):
    host = PluginHost(desk.window, "One", "one")
    with pytest.raises(TypeError):
        host.settings.set("panel", QLabel)
    assert host.settings.get("panel") is None


def test_the_page_for_plugin_writers_shows_this_very_example():
    root = Path(__file__).parents[3]
    page = (root / "docs" / "plugins.md").read_text("utf-8")
    assert (root / "tests" / "example_plugin" / "__init__.py").read_text("utf-8") in page
    assert (root / "tests" / "example_plugin" / "plugin.toml").read_text("utf-8") in page


def test_the_page_for_plugin_writers_names_everything_that_the_door_offers():
    page = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text("utf-8")
    offered = [name for name in vars(Host) if not name.startswith("_")]
    assert len(offered) > 10
    assert [name for name in offered if f"host.{name}" not in page] == []
