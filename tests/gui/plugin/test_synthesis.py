"""The Synthetic views window, its backend played by the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pydicom
import pytest
from gui.plugin.conftest import ANNA, BERT, Desk, a_reading
from gui.plugin.made_films import amber_share, drawn_film, marked_film, marked_png
from gui.plugin.scripted_backend import DRAWS
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QComboBox, QPlainTextEdit, QSlider, QSpinBox

from inference.backend import DrawFilm, Error, Finished, Preview, Progress, Queued, TextDelta
from inference.errors import BackendLost, OutOfMemory
from inference.synthesis.asked import no_generator
from plugin.settings import PanelSettings
from plugin.synthesis import patient, words
from plugin.synthesis.dialog import PATIENT, WORDS, SynthesisDialog
from plugin.synthesis.events import SyntheticSaved
from plugin.synthesis.large_film import LargeFilm
from plugin.synthesis.part import SynthesisPart
from plugin.synthesis.saving import SETTING
from viewer.core.settings import Settings
from viewer.ui.output.export import SYNTHETIC_ALLOWED

TEXT = "There is a large right pleural effusion."
REPORT = (
    "The heart is large. Jane has a small right pleural effusion. There is a small left pleural effusion."
)


class DrawingDesk(Desk):
    """The desk with its Synthetic views window."""

    def __init__(self, qtbot, mode: str = "concurrent") -> None:
        super().__init__(qtbot, PanelSettings(mode=mode))

    @property
    def drawing(self) -> SynthesisPart:
        return self.panel.findChild(SynthesisPart)

    @property
    def window(self) -> SynthesisDialog:
        return self.drawing.dialog

    def opened(self) -> SynthesisDialog:
        self.key("synthesis")
        return self.window

    def begun(self, press, *, runs: int = 1):
        """Press Draw and wait until the backend was asked."""
        before = len(self.door.runs)
        self.press(press)
        self.wait(lambda: len(self.door.runs) == before + runs)
        return self.door.runs[-1]

    def drawn(self, text: str = TEXT, count: int = 2):
        """Draw what is typed; the run, before anything came of it."""
        window = self.opened()
        window.words.description.setPlainText(text)
        window.words.shots.count.setValue(count)
        return self.begun(window.words.draw_button)

    def at_rest(self) -> None:
        self.wait(lambda: not self.drawing.state.is_at_work and self.drawing._drawing is None)

    def tiles(self):
        return [tile for tile in self.window.wish.tiles if tile.isVisible()]

    def read_report(self, report: str = REPORT) -> None:
        run = self.read()
        run.send(*a_reading(self.image()), Finished({"report": report}))
        self.wait(lambda: self.reading().is_complete)

    def from_patient(self) -> SynthesisDialog:
        window = self.opened()
        window.tabs.setCurrentIndex(PATIENT)
        return window

    def choose(self, box: QComboBox, data: object) -> None:
        box.setCurrentIndex(box.findData(data))


@pytest.fixture
def studio(qtbot) -> Iterator[DrawingDesk]:
    made = DrawingDesk(qtbot)
    yield made
    made.close()


# ── from words ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wish_is_sent_as_it_stands_in_the_form(studio):
    window = studio.opened()
    window.words.description.setPlainText(f"  {TEXT}\n")
    studio.choose(window.words.view, "lateral")
    window.words.shots.seed.setValue(7)
    window.words.shots.count.setValue(3)
    window.words.shots.steps.setValue(12)

    run = studio.begun(window.words.draw_button)

    assert run.request == DrawFilm(TEXT, "lateral", 7, 3, 12, 4.0)
    run.send(Finished())
    studio.at_rest()


def test_each_seed_has_its_place_its_preview_and_then_its_marked_film(studio):
    run = studio.drawn(count=2)
    studio.wait(lambda: len(studio.tiles()) == 2)
    run.send(drawn_film(TEXT, seed=1, seen_view="PA"), Progress("drawing", 24, 40, 14.2))
    run.send(Preview(1, 4, 20, marked_png(90)))
    studio.wait(lambda: studio.tiles()[1].picture.has_picture)

    first, second = studio.tiles()
    assert first.caption.text() == "PA view · seed 1"
    assert first.view_check.text() == "The view classifier agrees."
    assert second.caption.text() == "Seed 2"
    assert not second.save_button.isVisible(), "a preview is no film"
    assert studio.window.wish.status.text() == "Drawing, step 24 of 40 · about 14 s left"
    assert studio.window.wish.bar.value() == 24
    for tile in studio.tiles():
        assert amber_share(tile.picture) > 0.05
        assert "NOT A PATIENT IMAGE" in tile.picture.accessibleName()

    run.send(drawn_film(TEXT, seed=2, film=1, seen_view="lateral", doubts=("It looks lateral.",)), Finished())
    studio.at_rest()
    assert second.doubts.text() == "It looks lateral."
    assert studio.window.wish.status.text() == "2 films drawn."


def test_stop_reaches_the_generator_and_keeps_whole_films(studio):
    run = studio.drawn(count=2)
    run.send(drawn_film(TEXT, seed=1), Preview(1, 4, 20, marked_png(90)))
    studio.wait(lambda: len([tile for tile in studio.tiles() if tile.picture.has_picture]) == 2)

    studio.press(studio.window.wish.stop_button)
    studio.at_rest()

    assert run.cancels == 1
    assert len(studio.tiles()) == 1
    assert studio.window.wish.status.text() == "Stopped: 1 of 2 films drawn."
    assert studio.window.words.draw_button.isEnabled()


def test_while_films_are_drawn_no_other_wish_begins(studio):
    run = studio.drawn()

    assert not studio.window.words.draw_button.isEnabled()
    assert not studio.window.wish.others_button.isEnabled()
    studio.qtbot.keyClick(
        studio.window.words.description, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
    )

    assert len(studio.door.runs) == 1
    run.send(Finished())
    studio.at_rest()


def test_other_seeds_draw_the_same_words_with_the_next_seeds(studio):
    studio.drawn(count=2).send(drawn_film(TEXT, seed=1), drawn_film(TEXT, seed=2, film=1), Finished())
    studio.at_rest()

    run = studio.begun(studio.window.wish.others_button)

    assert (run.request.text, run.request.seed, run.request.count) == (TEXT, 3, 2)
    assert studio.window.list.count() == 2
    run.send(Finished())
    studio.at_rest()


def test_a_film_s_seed_goes_into_the_form_so_that_only_the_words_change(studio):
    studio.drawn(count=2).send(
        drawn_film(TEXT, seed=1, grey=90), drawn_film(TEXT, seed=2, film=1), Finished()
    )
    studio.at_rest()
    studio.window.words.description.setPlainText("Something else.")

    studio.press(studio.tiles()[1].seed_button)

    form = studio.window.words.form()
    assert (form.text, form.seed, form.count) == (TEXT, 2, 1)
    assert studio.window.words.description.toPlainText() == TEXT
    assert len(studio.door.runs) == 1, "nothing is drawn before Draw is pressed"


def test_the_description_is_copied_with_its_mark_and_everything_to_make_it_again(studio):
    studio.drawn().send(drawn_film(TEXT, seed=1), Finished())
    studio.at_rest()

    studio.press(studio.window.wish.copy_button)

    text = QGuiApplication.clipboard().text()
    assert text.startswith("SYNTHETIC – NOT A PATIENT IMAGE")
    assert TEXT in text
    assert "Seeds 1 and 2, 20 steps, guidance 4." in text


def test_a_film_opens_large_by_mouse_and_by_key_and_stays_framed(studio):
    studio.drawn(count=1).send(drawn_film(TEXT, seed=1, pack="starter-synth 0.1.0"), Finished())
    studio.at_rest()

    studio.qtbot.keyClick(studio.tiles()[0].picture, Qt.Key.Key_Return)

    large = studio.window.findChild(LargeFilm)
    assert amber_share(large.picture) > 0.02
    assert "starter-synth 0.1.0" in large.made_by.text()
    assert large.text.text() == TEXT
    large.reject()


def test_closing_the_window_keeps_what_was_drawn_for_this_session(studio):
    studio.drawn(count=1).send(drawn_film(TEXT, seed=1), Finished())
    studio.at_rest()
    studio.window.reject()

    studio.opened()

    assert studio.tiles()[0].caption.text() == "PA view · seed 1"
    assert studio.window.words.description.toPlainText() == TEXT


def test_the_window_names_the_generator_and_starts_with_its_own_steps(studio):
    studio.door.synthesis = replace(DRAWS, steps=8, guidance=3.5)

    window = studio.opened()

    studio.wait(lambda: window.generator.text() != "")
    assert window.generator.text() == (
        "Drawn by Test generator 0.9: PA view, AP view, Lateral view; 64 × 64 pixels."
    )
    assert (window.words.form().steps, window.words.form().guidance) == (8, 3.5)
    patients = window.patient.form(TEXT)
    assert (patients.steps, patients.guidance) == (8, 3.5)


# ── what can go wrong ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_computer_without_a_generator_is_told_so_before_anything_is_drawn(studio):
    studio.door.synthesis = None

    window = studio.opened()

    studio.wait(lambda: window.generator.text() != "")
    assert window.generator.text() == words.NO_GENERATOR


def test_why_no_film_can_be_drawn_here_is_told_before_anything_is_drawn(studio):
    studio.door.synthesis = replace(DRAWS, why_not="Both models do not fit into this computer's memory.")

    window = studio.opened()

    studio.wait(lambda: window.generator.text() == "Both models do not fit into this computer's memory.")


def test_without_a_pack_the_page_says_what_to_do(studio):
    missing = no_generator()
    studio.drawn().send(Error("ModelNotInstalled", str(missing), missing.remedy))
    studio.at_rest()

    problem = studio.window.wish.problem_text.text()
    assert "“starter-synth” is not on this computer" in problem
    assert "Sidelight comes with a small one" in problem
    assert "sidelight packs install" in problem
    assert studio.tiles() == []


def test_a_busy_and_a_failing_generator_are_told_in_words(studio):
    run = studio.drawn()
    run.send(Queued(2))
    studio.wait(lambda: studio.window.wish.status.text() == "Waiting, 2 before this one")
    run.send(Progress("waiting", 0, 1))
    studio.wait(lambda: "more urgent" in studio.window.wish.status.text())

    run.send(Error("OutOfMemory", "The graphics card has too little memory.", OutOfMemory.remedy))
    studio.at_rest()
    assert "too little memory" in studio.window.wish.problem_text.text()
    assert studio.window.words.draw_button.isEnabled()


def test_a_lost_backend_ends_the_wish_and_says_so(studio):
    run = studio.drawn()

    studio.door.state = "lost: it was killed"
    run.send(BackendLost("The AI stopped answering (ReadError)."))
    studio.at_rest()

    assert "it was killed" in studio.window.wish.problem_text.text()


def test_a_picture_that_is_none_is_told_and_stays_framed(studio):
    damaged = drawn_film(TEXT, seed=1)
    studio.drawn(count=1).send(type(damaged)(0, "aa", "UE5H", 8, 8, TEXT, "PA", 1), Finished())
    studio.at_rest()

    (tile,) = studio.tiles()
    assert not tile.picture.has_picture
    assert amber_share(tile.picture) > 0.05


# ── from this patient ───────────────────────────────────────────────────────────────────────────────────────────


def test_from_this_patient_is_marked_experimental_and_says_what_is_missing(studio):
    window = studio.from_patient()

    assert "EXPERIMENTAL" in window.patient.experimental.text()
    assert window.patient.obstacle.text() == patient.NO_WORDS
    assert not window.patient.draw_button.isVisible()


def test_before_the_own_first_look_no_film_gives_the_draft_away(qtbot):
    studio = DrawingDesk(qtbot, mode="second reader")
    run = studio.read()
    run.send(*a_reading(studio.image()), Finished({"report": REPORT}))
    studio.wait(lambda: studio.reading().is_complete)

    window = studio.from_patient()

    assert window.patient.obstacle.text() == patient.LOOK_FIRST
    assert window.patient.prompt.text() == ""
    studio.close()


def test_the_same_findings_are_asked_for_in_the_other_view_without_a_word_of_identity(studio):
    studio.read_report()
    window = studio.from_patient()
    assert window.patient.view.currentData() == "lateral"
    assert "Jane" not in window.patient.prompt.text()

    run = studio.begun(window.patient.draw_button)

    request = run.request
    assert request.text == "The heart is large. There is a small left pleural effusion."
    assert (request.view, request.strength, request.count) == ("lateral", 0.9, 1)
    assert request.source_image == studio.image()
    assert [film.image_sha256 for film in studio.door.studies[request.study_id].films] == [
        request.source_image
    ]
    run.send(Finished())
    studio.at_rest()


def test_a_counterfactual_lies_beside_the_patient_s_film_with_the_difference(studio):
    studio.read_report()
    window = studio.from_patient()
    studio.choose(window.patient.change, "without")
    studio.choose(window.patient.finding, "pleural effusion")
    assert window.patient.view.currentData() == "PA"
    window.patient.strength.setValue(40)

    run = studio.begun(window.patient.draw_button)
    assert run.request.text == "No pleural effusion. The heart is large."
    assert run.request.strength == 0.4
    run.send(drawn_film(run.request.text, seed=1, source_image=run.request.source_image), Finished())
    studio.at_rest()

    beside = window.wish.beside
    studio.wait(lambda: beside.source.has_picture and beside.difference.has_picture)
    assert beside.isVisible()
    assert beside.titles[0].text() == "The patient's PA film"
    assert "not of the patient" in beside.legend.text()
    assert "64 × 64 pixels" in beside.legend.text()
    assert amber_share(beside.made) > 0.05
    assert amber_share(beside.difference) > 0.05, "what is computed from a synthetic film is framed as well"
    assert amber_share(beside.source) < 0.01, "the patient's own film is not"


def test_films_from_a_patient_are_gone_from_sight_with_the_study(studio):
    studio.read_report()
    window = studio.from_patient()
    run = studio.begun(window.patient.draw_button)
    studio.host.hang(BERT)  # while it is drawn
    run.send(drawn_film("The heart is large.", seed=1), Finished())
    studio.at_rest()

    assert studio.tiles() == []
    assert not window.wish.how.isVisible()
    assert window.note.text() == words.OTHER_STUDY
    studio.wait(lambda: window.patient.obstacle.text() == patient.NO_WORDS)

    studio.host.hang(ANNA)
    assert len(studio.tiles()) == 1


def test_the_words_follow_what_the_reader_writes(studio):
    studio.read_report("The heart is large.")
    window = studio.from_patient()
    assert window.patient.finding.findData("pneumothorax") == -1

    studio.panel.drafts.report.setPlainText("There is a left pneumothorax.")

    studio.wait(lambda: "left pneumothorax" in window.patient.prompt.text())
    assert window.patient.finding.findData("pneumothorax") != -1


# ── saving ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_saving_is_refused_with_the_reason_unless_the_site_allows_it(studio, monkeypatch):
    monkeypatch.setattr(
        "plugin.synthesis.part.QFileDialog.getExistingDirectory", lambda *_: pytest.fail("asked")
    )
    studio.drawn(count=1).send(drawn_film(TEXT, seed=1), Finished())
    studio.at_rest()

    studio.press(studio.tiles()[0].save_button)

    assert "not exported" in studio.window.note.text()
    assert f"“{SYNTHETIC_ALLOWED}”" in studio.window.note.text()


def test_where_it_is_allowed_the_film_is_written_as_synthetic_dicom_and_the_audit_log_says_so(
    studio, monkeypatch, tmp_path
):
    Settings().set(SETTING, True)
    monkeypatch.setattr("plugin.synthesis.part.QFileDialog.getExistingDirectory", lambda *_: str(tmp_path))
    told = []
    studio.controller.on_folded(lambda key, _, event, __: told.append((key, event)))
    film = marked_film(TEXT, seed=7)
    studio.drawn(count=1).send(film, Finished())
    studio.at_rest()

    studio.press(studio.tiles()[0].save_button)
    studio.wait(lambda: studio.window.note.text().startswith("Written: "))

    (file,) = tmp_path.glob("*.dcm")
    header = pydicom.dcmread(file)
    assert header.SyntheticData == "YES"
    assert str(header.SOPClassUID) == "1.2.840.10008.5.1.4.1.1.7"
    assert TEXT not in str(header), "the words may be a patient's"
    assert "pleural effusion" in header.DerivationDescription
    (saved,) = [(key, event) for key, event in told if isinstance(event, SyntheticSaved)]
    assert saved == ("", SyntheticSaved(saved[1].at, "PA", False, film.image, "starter-synth 0.1.0"))


def test_a_film_without_its_watermark_is_not_written(studio, monkeypatch, tmp_path):
    Settings().set(SETTING, True)
    monkeypatch.setattr("plugin.synthesis.part.QFileDialog.getExistingDirectory", lambda *_: str(tmp_path))
    studio.drawn(count=1).send(drawn_film(TEXT, seed=7, side=128), Finished())
    studio.at_rest()

    studio.press(studio.tiles()[0].save_button)

    studio.wait(lambda: "watermark" in studio.window.note.text())
    assert list(tmp_path.iterdir()) == []


# ── from an answer ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_film_of_an_answer_opens_in_the_window_and_can_be_drawn_again(studio):
    run = studio.ask("Draw a lateral view")
    film = drawn_film(TEXT, "lateral", seed=4, part=0)
    run.send(TextDelta(f"<Xray>{TEXT}</Xray>", "answer"), film, Finished())
    studio.wait(lambda: not studio.reading().is_running)
    (card,) = studio.panel.history.views[0].body.more

    studio.press(card.open_button)

    assert studio.tiles()[0].caption.text() == "Lateral view · seed 4"
    form = studio.window.words.form()
    assert (form.text, form.view, form.seed) == (TEXT, "lateral", 4)
    assert studio.window.tabs.currentIndex() == WORDS


def test_a_described_film_that_was_not_made_can_be_drawn_in_the_window(studio):
    run = studio.ask("Draw a lateral view")
    run.send(
        TextDelta("<Xray>Lateral view of the chest was obtained. Clear lungs.</Xray>", "answer"), Finished()
    )
    studio.wait(lambda: not studio.reading().is_running)
    (card,) = studio.panel.history.views[0].body.more

    studio.press(card.open_button)

    form = studio.window.words.form()
    assert (form.text, form.view) == ("Clear lungs.", "lateral")
    assert studio.drawing.state.wishes == ()


# ── keyboard, names, room ───────────────────────────────────────────────────────────────────────────────────────


def test_everything_has_a_name_and_the_keyboard_reaches_it(studio):
    studio.read_report()
    studio.drawn(count=1).send(drawn_film(TEXT, seed=1), Finished())
    studio.at_rest()
    studio.window.tabs.setCurrentIndex(PATIENT)

    kinds = (QAbstractButton, QComboBox, QSpinBox, QPlainTextEdit, QSlider)
    fields = [one for kind in kinds for one in studio.window.findChildren(kind) if one.isVisible()]
    assert fields
    for one in fields:
        text = one.text() if isinstance(one, QAbstractButton) else ""
        assert one.accessibleName() or text, one
        assert one.focusPolicy() & Qt.FocusPolicy.TabFocus, one


def test_the_window_fits_a_small_screen(studio):
    window = studio.opened()

    assert window.minimumSize().width() <= 1280
    assert window.minimumSizeHint().height() <= 700
    window.resize(1280, 700)
    assert window.words.draw_button.visibleRegion().boundingRect().height() > 0
