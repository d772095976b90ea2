"""From the question field to a marked film in the answer: real panel, supervisor, server and generator.

The generator has random weights, so its films show nothing; what is held here is that they arrive, marked.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gui.plugin.conftest import ANNA
from gui.plugin.fake_host import FakeHost
from gui.plugin.made_films import amber_share
from PySide6.QtGui import QImage

from inference.backend import FilmDrawn
from inference.supervisor import BackendProcess
from plugin.activation import install
from plugin.ask.film_card import FilmCard
from plugin.report_panel import ReportPanel
from plugin.settings import PanelSettings
from plugin.synthesis.beside_view import grey_array
from plugin.synthesis.part import SynthesisPart
from tests.tiny_synth_pack import write_tiny_synth_pack
from viewer.core.synthetic_mark import look

COMMAND = (sys.executable, str(Path(__file__).with_name("serve_studio.py")))
START_MS = 120_000  # a process start and torch's import on a busy machine
QUESTION = "Could you generate a lateral view with a right pleural effusion?"


class Studio:
    """A panel with its own backend process."""

    def __init__(self, qtbot) -> None:
        self.qtbot = qtbot
        self.host = FakeHost(ANNA)
        self.door = BackendProcess(command=COMMAND)
        self.undo = install(self.host, self.door, PanelSettings(mode="concurrent"))
        self.panel: ReportPanel = self.host.panels["reading"]  # type: ignore[assignment]
        self.panel.resize(400, 1000)
        self.panel.show()
        self.part: SynthesisPart = self.panel.findChild(SynthesisPart)

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=START_MS)

    def close(self) -> None:
        self.undo()
        self.host.background.close()
        self.panel.close()
        self.panel.deleteLater()
        assert self.host.faults == []


@pytest.fixture
def studio(qtbot, tmp_path, monkeypatch) -> Iterator[Studio]:
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TINY_SYNTH", str(write_tiny_synth_pack(tmp_path / "tiny-synth", side=128)))
    made = Studio(qtbot)
    yield made
    made.close()


def is_marked(film: FilmDrawn) -> bool:
    return look(grey_array(QImage.fromData(base64.b64decode(film.png), "PNG"))) is not None


def test_a_typed_wish_ends_in_a_marked_film_in_the_answer_and_another_is_drawn_from_it(studio):
    studio.wait(lambda: "AI ready" in studio.panel.header.state_label.text())
    questions = studio.panel.questions
    questions.field.setText(QUESTION)
    questions.ask_button.click()
    exchange = lambda: studio.part._desk.reading().exchanges[-1]  # noqa: E731
    studio.wait(lambda: studio.part._desk.reading().exchanges and not exchange().is_running)

    assert exchange().problem == ""
    (view,) = [one for one in studio.panel.history.views if one.isVisible()]
    assert view.answer.text() == "Gladly."
    card, rest = view.body.more
    assert isinstance(card, FilmCard)
    assert rest.text() == "It is synthetic."
    film = card.picture.film
    assert isinstance(film, FilmDrawn)
    assert (film.view, film.part) == ("lateral", 1)
    assert is_marked(film), "the watermark is in the pixels"
    assert amber_share(card.picture) > 0.05, "stripes and badge are around it"
    assert "Xray" not in view.body.answer.text() + rest.text() + card.description.text()

    card.open_button.click()  # the window, with the same words, view and seed
    window = studio.part.dialog
    window.words.shots.count.setValue(1)
    window.words.shots.steps.setValue(2)
    studio.wait(lambda: studio.part.state.is_generator_known)
    assert window.generator.text().startswith("Drawn by Tiny random generator 0.1")
    window.words.draw_button.click()
    studio.wait(lambda: not studio.part.state.is_at_work)

    (again,) = studio.part.state.wishes[0].drawn
    assert (again.text, again.view, again.seed) == (film.text, film.view, film.seed)
    assert is_marked(again)
