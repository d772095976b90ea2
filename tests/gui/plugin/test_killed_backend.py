"""The real supervisor, the real server, a real process that is killed: only the model is played."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from gui.plugin.conftest import ANNA
from gui.plugin.fake_host import FakeHost

from inference.supervisor import BackendProcess
from plugin.activation import install
from plugin.report_panel import ReportPanel
from plugin.settings import PanelSettings

COMMAND = (sys.executable, str(Path(__file__).with_name("serve_fake.py")))
START_MS = 60_000  # a process start on a busy machine


class Room:
    """A panel with its own backend process."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.host = FakeHost(ANNA)
        self.door = BackendProcess(command=COMMAND)
        self.undo = install(self.host, self.door, PanelSettings(mode="concurrent"))
        self.panel: ReportPanel = self.host.panels["reading"]  # type: ignore[assignment]
        self.panel.show()

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=START_MS)

    def report(self) -> str:
        return self.panel.drafts.report.toPlainText()

    def status(self) -> str:
        return self.panel.run_bar.status_label.text()

    def process(self) -> psutil.Process:
        (found,) = (child for child in psutil.Process().children() if COMMAND[1] in child.cmdline())
        return found


@pytest.fixture
def room(qtbot, tmp_path, monkeypatch) -> Iterator[Room]:
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))
    made = Room(qtbot)
    yield made
    made.undo()
    made.host.background.close()
    made.panel.close()
    made.panel.deleteLater()
    assert made.host.faults == []


def test_a_killed_backend_leaves_the_window_and_a_second_reading_succeeds(room):
    room.wait(lambda: "AI ready" in room.panel.header.state_label.text())
    room.panel.run_bar.read_button.click()
    room.wait(lambda: room.report().startswith("The heart is large."))

    killed = room.process().pid
    os.kill(killed, signal.SIGKILL)
    room.wait(room.panel.problem.isVisible)

    said = room.panel.problem.text.text()
    assert said == "The AI stopped (its process was ended by SIGKILL). Your text is safe. Restart AI."
    assert room.report().startswith("The heart is large.")

    room.wait(room.panel.run_bar.read_button.isEnabled)
    room.panel.run_bar.read_button.click()
    room.wait(lambda: room.status().startswith("Draft ready"))

    assert room.report().count("word") == 39
    assert room.process().pid != killed
    room.wait(lambda: not room.panel.problem.isVisible())


def test_stop_reaches_the_model_within_a_token(room):
    room.wait(lambda: "AI ready" in room.panel.header.state_label.text())
    room.panel.run_bar.read_button.click()
    room.wait(lambda: room.report().startswith("The heart is large."))

    room.panel.run_bar.stop_button.click()
    room.wait(lambda: room.status().startswith("Stopped"))
    words = room.report().count("word")
    room.qtbot.wait(400)

    assert room.report().count("word") == words < 39


def test_closing_the_panel_ends_the_process(room):
    room.wait(lambda: "AI ready" in room.panel.header.state_label.text())
    process = room.process()

    room.undo()

    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
