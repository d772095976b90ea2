"""A panel on a desk: docked in a host without films, its backend played by the test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from gui.plugin.fake_host import FakeHost, film, hanging, study
from gui.plugin.scripted_backend import ScriptedDoor, ScriptedRun

from inference.backend import FINDINGS, Box, Finding, Finished, Progress, Sentence, TextDelta
from plugin.activation import install
from plugin.controller import Controller
from plugin.records.part import RecordsPart
from plugin.report_panel import ReportPanel
from plugin.settings import PanelSettings
from plugin.state import StudyReading
from viewer.api import Hanging

PA = film("1")
ANNA = hanging(study("1.2.1", PA, date=date(2024, 3, 31)))
BERT = hanging(study("1.2.2", film("2", study="1.2.2"), date=date(2024, 4, 2)), patient_id="P2")


class Desk:
    """What the tests look at and press."""

    def __init__(self, qtbot, settings: PanelSettings | None = None, shown: Hanging = ANNA) -> None:
        self.qtbot = qtbot
        self.host = FakeHost(shown)
        self.door = ScriptedDoor()
        self.undo = install(self.host, self.door, settings or PanelSettings(mode="concurrent"))
        self.panel: ReportPanel = self.host.panels["reading"]  # type: ignore[assignment]
        self.controller: Controller = self.panel.findChild(Controller)
        self.panel.resize(400, 1000)
        self.panel.show()
        self.wait(lambda: self.panel.header.pack_button.text() == "Test pack 0.9")

    def reading(self) -> StudyReading:
        """All that is known about the study on screen, seen or not."""
        return self.controller.reading()

    def key(self, action: str) -> None:
        """What the key of a menu entry does."""
        self.host.actions[action].run()

    @property
    def part(self) -> RecordsPart:
        """What keeps drafts and the audit log."""
        return self.panel.findChild(RecordsPart)

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=20_000)

    def press(self, button) -> None:
        from PySide6.QtCore import Qt

        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def read(self) -> ScriptedRun:
        """Press Read and wait until the backend was asked."""
        before = len(self.door.runs)
        self.press(self.panel.run_bar.read_button)
        self.wait(lambda: len(self.door.runs) > before)
        return self.door.runs[-1]

    def ask(self, question: str) -> ScriptedRun:
        before = len(self.door.runs)
        self.panel.questions.field.setText(question)
        self.press(self.panel.questions.ask_button)
        self.wait(lambda: len(self.door.runs) > before)
        return self.door.runs[-1]

    def image(self, at: int = -1) -> str:
        """How the backend calls the film of a study that was put, the latest by default."""
        return list(self.door.studies.values())[at].films[0].image_sha256

    def row(self, finding_id: str):
        return self.panel.findings.row_of(finding_id)

    def report(self) -> str:
        return self.panel.drafts.report.toPlainText()

    def status(self) -> str:
        return self.panel.run_bar.status_label.text()

    def finish(self, run: ScriptedRun, text: str = "The heart is large.") -> None:
        run.send(TextDelta(text), Finished({"report": text}))
        self.wait(lambda: self.status().startswith("Draft ready"))

    def close(self) -> None:
        for run in self.door.runs:
            run.send(Finished())
        self.undo()
        self.host.background.close()
        self.panel.close()
        self.panel.deleteLater()
        assert self.host.faults == []


@pytest.fixture
def desk(qtbot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    made.close()


@pytest.fixture
def eager_desk(qtbot) -> Iterator[Desk]:
    """Reads by itself, as in the demo."""
    made = Desk(qtbot, PanelSettings(auto_read=True, mode="concurrent"))
    yield made
    made.close()


@pytest.fixture
def empty_eager_desk(qtbot) -> Iterator[Desk]:
    """Reads by itself, and nothing hangs yet."""
    made = Desk(qtbot, PanelSettings(auto_read=True, mode="concurrent"), Hanging())
    yield made
    made.close()


@pytest.fixture
def second_desk(qtbot) -> Iterator[Desk]:
    """As a site that chose nothing has it: the reader looks first."""
    made = Desk(qtbot, PanelSettings())
    yield made
    made.close()


def all_13(image: str, *present: str, start: int = 0) -> list[Finding]:
    """13 findings of one film."""
    return [
        Finding(
            f"f{start + number}",
            label,
            "present" if label in present else "absent",
            0.82 if label in present else 0.06,
            False,
            image,
        )
        for number, label in enumerate(FINDINGS)
    ]


def a_reading(image: str) -> list:
    """Large heart with a box, effusion without one."""
    return [
        Progress("gate", 0, 1),
        Progress("findings", 0, 1),
        *all_13(image, "cardiomegaly", "pleural effusion"),
        Box("b1", image, (2.0, 3.0, 9.0, 11.0), "f1"),
        Progress("report", 0, 1),
        TextDelta("The heart is large."),
        Sentence("s1", "The heart is large.", ("f1",)),
    ]
