"""Whole readings in the real window, as on a Monday morning: with the keyboard, from the first look to the addendum,
with a second study in between, with an AI that dies, and with a window that is closed at the wrong moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from gui.plugin.conftest import all_13
from gui.plugin.test_in_the_window import Room
from gui.viewer.conftest import ScriptedScan
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPlainTextEdit, QWidget

from inference.backend import DRAFT_MARK, Box, Change, Compare, Finished, PriorChosen, Sentence, TextDelta
from plugin.controller import Controller
from plugin.records.audit_check import read_log, verify
from plugin.records.audit_files import audit_folder
from plugin.review.reviewed import reviewed_findings
from plugin.settings import PanelSettings
from plugin.signing.part import SigningPart
from plugin.site.settings import SiteSettings, keep
from plugin.state import StudyReading
from tests.factories_ui import film, ramp
from viewer.app import make_application
from viewer.core.study import Film

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ANNA = film("a", patient_id="P1", patient_name="Anna^One", study_date=date(2024, 3, 1))
ANNA_OLD = film("old", patient_id="P1", patient_name="Anna^One", study_date=date(2024, 1, 1))
BERT = film("b", patient_id="P2", patient_name="Bert^Two", study_date=date(2024, 3, 2))
HEART, FLUID = "The heart is large.", "There is a pleural effusion."
DRAFT, SUM = f"{HEART} {FLUID}", "Effusion."
OWN_WORDS = ("heart", "effusion", "cardiomegaly")
"""What only the AI says in these stories, before the reader has said anything."""


class Monday(Room):
    """A reader with a keyboard, in a room where the AI waits for the first look."""

    SETTINGS = PanelSettings()

    def __init__(self, qtbot, scan: ScriptedScan) -> None:
        super().__init__(qtbot, scan)
        self.set_site(mode="second reader")
        self.signing: SigningPart = self.panel.findChild(SigningPart)
        self.seconds = 0.0
        self.signing.clock = lambda: self.seconds
        self.reader.films[ANNA_OLD.key] = ramp(56, 50)

    def set_site(self, **chosen) -> None:
        keep(self.host.settings, SiteSettings(**{"reader_name": "Dr. Monday", **chosen}))

    # ── the reader ──────────────────────────────────────────────────────────────────────────────────────────────

    def strike(self, *keys: Qt.Key, held=Qt.KeyboardModifier.NoModifier) -> None:
        """Into whatever has the keyboard, as a hand does."""
        for key in keys:
            self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, held)

    def type(self, words: str) -> None:
        self.qtbot.keyClicks(QApplication.focusWidget(), words)

    def turn_to(self, wanted: Film) -> None:
        self.window.light_box.choose_film(wanted.key)
        self.wait(lambda: wanted in self.on_screen())

    def sign(self) -> None:
        """The two keys, with a look at the sheet in between."""
        self.strike(Key.Key_Return, held=CTRL)
        self.wait(self.panel.sign_sheet.confirm_button.isVisible)
        self.seconds += 10
        self.strike(Key.Key_S, held=CTRL | SHIFT)
        self.wait(lambda: self.reading().signing.is_signed and self.reading().signing.stage == "draft")

    def rewrite(self, editor, words: str) -> None:
        """Replace all of a text by typing."""
        editor.setFocus()
        self.wait(editor.hasFocus)
        self.strike(Key.Key_A, held=CTRL)
        self.type(words)

    # ── the AI ──────────────────────────────────────────────────────────────────────────────────────────────────

    def begin_reading(self):
        before = len(self.door.runs)
        self.strike(Key.Key_R, held=CTRL)
        self.wait(lambda: len(self.door.runs) > before)
        return self.door.runs[-1]

    def image(self) -> str:
        return list(self.door.studies.values())[-1].films[0].image_sha256

    def finish(self, run, *before) -> None:
        image = self.image()
        run.send(
            *before,
            *all_13(image, "cardiomegaly", "pleural effusion"),
            Box("b1", image, (2.0, 3.0, 9.0, 11.0), "f1"),
            TextDelta(DRAFT),
            Sentence("s1", HEART, ("f1",), box_ids=("b1",)),
            Sentence("s2", FLUID, ("f9",)),
            TextDelta(SUM, "impression"),
            Finished({"report": DRAFT, "impression": SUM}),
        )
        self.wait(lambda: self.reading().is_complete)

    def read_behind_the_gate(self) -> None:
        self.finish(self.begin_reading())

    # ── what there is to see ────────────────────────────────────────────────────────────────────────────────────

    def reading(self) -> StudyReading:
        return self.panel.findChild(Controller).reading()

    def report(self) -> str:
        return self.panel.drafts.report.toPlainText()

    def statuses(self) -> dict[str, str]:
        return {one.label: one.status for one in reviewed_findings(self.reading())}

    def words_on_screen(self) -> str:
        """Every word of the whole window that can be seen or heard, in small letters."""
        seen = [widget for widget in self.window.findChildren(QWidget) if widget.isVisible()]
        texts = [widget.text() for widget in seen if isinstance(widget, QLabel | QAbstractButton | QLineEdit)]
        texts += [widget.toPlainText() for widget in seen if isinstance(widget, QPlainTextEdit)]
        texts += [said for widget in seen for said in (widget.accessibleName(), widget.toolTip())]
        texts += [mark.caption for viewport in self.window.films.viewports for mark in viewport.state.marks]
        return "\n".join((*texts, *self.window.films.banners.texts())).lower()

    def shows_ai(self) -> bool:
        return any(word in self.words_on_screen() for word in OWN_WORDS)

    def copied(self) -> str:
        """What Ctrl+Shift+C puts on the clipboard."""
        self.strike(Key.Key_C, held=CTRL | SHIFT)
        return QGuiApplication.clipboard().text()


@pytest.fixture
def open_room(qapp, qtbot, monkeypatch) -> Iterator[Callable[..., Monday]]:
    """Opens windows one after the other, in the same home."""
    make_application()
    rooms: list[tuple[Monday, ScriptedScan]] = []

    def make(*films: Film) -> Monday:
        scan = ScriptedScan()
        monkeypatch.setattr("viewer.ui.light_box.scan", scan)
        rooms.append((Monday(qtbot, scan), scan))
        rooms[-1][0].drop(*films)
        return rooms[-1][0]

    yield make
    for made, scan in rooms:
        scan.end()
        made.window.close()


@pytest.fixture
def room(open_room) -> Monday:
    """Anna's film hangs, Bert's waits in the list."""
    made = open_room(BERT, ANNA)
    made.turn_to(ANNA)
    made.viewport(ANNA).setFocus()
    return made


def whats() -> list[str]:
    return [line.entry.what for line in read_log()]


# ── a reading from end to end ───────────────────────────────────────────────────────────────────────────────────


def test_from_the_first_look_to_the_addendum_with_the_keyboard_alone(room):
    """Gate, own impression, verdicts, own words, signature, addendum: no hand leaves the keys, no key goes astray."""
    room.read_behind_the_gate()
    assert not room.shows_ai()

    room.strike(Key.Key_E)
    room.type("Rib?")
    room.strike(Key.Key_Escape)
    room.strike(Key.Key_Return, Key.Key_Return)  # the second press decides nothing
    assert room.shows_ai()
    assert set(room.statuses().values()) == {"untouched"}
    assert room.reading().first_look.impression == "Rib?"

    room.strike(Key.Key_J, Key.Key_Return, Key.Key_J, Key.Key_Backspace)
    room.strike(Key.Key_1)
    assert room.statuses() == {"cardiomegaly": "accepted", "pleural effusion": "rejected"}
    assert room.report() == HEART

    room.strike(Key.Key_E, held=SHIFT)
    room.strike(Key.Key_End, held=CTRL)
    room.type(" No rib fracture.")
    room.rewrite(room.panel.drafts.impression, "Large heart.")
    room.strike(Key.Key_Escape)
    assert room.viewport(ANNA).hasFocus()
    room.sign()
    (version,) = room.reading().signing.versions
    assert version.report == f"{HEART} No rib fracture."
    assert FLUID not in version.report
    assert room.host.study_state(ANNA.header.study_instance_uid) == "signed"
    assert DRAFT_MARK.lower() not in room.words_on_screen()
    assert room.viewport(ANNA).hasFocus()  # not the study list, whose filter a letter would change

    room.panel.sign_bar.addendum_button.setFocus()
    room.strike(Key.Key_Space)
    room.wait(room.panel.sign_sheet.addendum.hasFocus)
    room.type("Seen with the surgeon.")
    room.strike(Key.Key_Return, held=CTRL)
    room.wait(room.panel.sign_sheet.confirm_button.isVisible)
    room.seconds += 10
    room.strike(Key.Key_S, held=CTRL | SHIFT)
    room.wait(lambda: len(room.reading().signing.versions) == 2)
    assert room.reading().signing.latest.addendum == "Seen with the surgeon."
    assert room.reading().signing.latest.report == version.report


def test_a_rejected_finding_is_gone_from_everything_that_is_signed_and_given_away(room):
    room.read_behind_the_gate()
    room.strike(Key.Key_Return)
    room.strike(Key.Key_J, Key.Key_J, Key.Key_Backspace)
    room.strike(Key.Key_1)
    room.rewrite(room.panel.drafts.impression, "Large heart.")
    room.strike(Key.Key_Escape)

    room.sign()

    assert "effusion" not in room.copied().lower()
    assert "effusion" not in room.report().lower()
    assert room.panel.drafts.flags_label.text() == ""


def test_what_is_copied_carries_the_draft_mark_until_it_is_signed(room):
    room.read_behind_the_gate()
    room.strike(Key.Key_Return)
    before = room.copied()
    assert before.startswith(DRAFT_MARK)
    assert before.rstrip().endswith(DRAFT_MARK)

    room.sign()

    after = room.copied()
    assert DRAFT_MARK not in after
    assert HEART in after
    assert "Dr. Monday" in after


def test_a_question_that_a_key_opens_is_in_sight_wherever_the_panel_was_scrolled_to(room):
    room.window.resize(1200, 620)
    room.read_behind_the_gate()
    room.strike(Key.Key_Return, Key.Key_J)
    bar = room.panel.body_area.verticalScrollBar()
    room.wait(lambda: bar.maximum() > 200)
    bar.setValue(bar.maximum())

    room.strike(Key.Key_Backspace)

    item = room.panel.findings.item_of("f1")
    room.wait(item.reasons.hasFocus)
    room.wait(lambda: not item.reasons.visibleRegion().isEmpty())
    room.wait(lambda: item.reasons.visibleRegion().boundingRect() == item.reasons.rect())


# ── two studies ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_studies_that_are_read_at_once_only_the_one_that_was_signed_is_signed(room):
    anna_run = room.begin_reading()
    anna_image = room.image()
    room.turn_to(BERT)
    room.viewport(BERT).setFocus()
    bert_run = room.begin_reading()
    room.finish(bert_run)
    anna_run.send(
        *all_13(anna_image, "edema"),
        TextDelta("Edema."),
        Finished({"report": "Edema.", "impression": "Edema."}),
    )

    room.strike(Key.Key_Return)
    room.strike(Key.Key_J, Key.Key_Return, Key.Key_J, Key.Key_Return)
    room.sign()
    assert room.report() == DRAFT

    room.turn_to(ANNA)
    room.wait(lambda: room.reading().is_complete)
    assert not room.reading().signing.is_signed
    assert room.panel.gate.isVisible()
    assert "edema" not in room.words_on_screen()
    assert DRAFT_MARK.lower() in room.words_on_screen()
    room.strike(Key.Key_Return)
    assert room.report() == "Edema."
    room.turn_to(BERT)
    assert room.report() == DRAFT
    assert room.reading().signing.is_signed


def test_who_turns_away_in_the_middle_of_anything_finds_it_as_it_was_and_nothing_of_it_elsewhere(room):
    """The first words, the question for a reason, a half-typed word, and the sheet before signing."""
    room.read_behind_the_gate()
    room.strike(Key.Key_E)
    room.type("Scar?")
    away_and_back(room)
    assert room.panel.gate.impression.toPlainText() == "Scar?"

    room.viewport(ANNA).setFocus()
    room.strike(Key.Key_Return)
    room.strike(Key.Key_J, Key.Key_Backspace)
    away_and_back(room)
    assert room.statuses()["cardiomegaly"] == "untouched"

    room.rewrite(room.panel.drafts.report, "Half a wor")
    away_and_back(room)
    assert room.report() == "Half a wor"

    room.viewport(ANNA).setFocus()
    room.strike(Key.Key_Return, held=CTRL)
    assert room.panel.sign_sheet.isVisible()
    away_and_back(room)
    assert not room.panel.sign_sheet.isVisible()
    room.seconds += 10
    room.strike(Key.Key_S, held=CTRL | SHIFT)  # the second key without the first
    assert not room.reading().signing.versions


def away_and_back(room: Monday) -> None:
    room.turn_to(BERT)
    room.viewport(BERT).setFocus()
    assert (room.report(), room.panel.gate.impression.toPlainText()) == ("", "")
    assert not room.panel.sign_sheet.isVisible()
    assert not room.reading().review.verdicts
    room.turn_to(ANNA)


def test_another_patient_with_the_same_study_uid_gets_nothing_of_the_first(open_room):
    uid = ANNA.header.study_instance_uid
    stranger = film("s", patient_id="P9", patient_name="Cora^Three", study_instance_uid=uid)
    room = open_room(ANNA)
    room.viewport(ANNA).setFocus()
    room.read_behind_the_gate()
    room.strike(Key.Key_Return)
    room.sign()
    room.window.close()

    room = open_room(stranger)

    assert not room.reading().signing.versions
    assert not room.shows_ai()
    assert room.report() == ""


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_ai_that_dies_in_the_middle_of_its_draft_does_not_keep_the_reader_from_signing(room):
    run = room.begin_reading()
    room.strike(Key.Key_Return)
    run.send(*all_13(room.image(), "cardiomegaly"), TextDelta("The heart "))
    room.wait(lambda: room.report().startswith("The heart"))

    room.door.die("killed")
    room.wait(room.panel.problem.restart_button.isVisible)
    assert "Your text is safe" in room.panel.problem.text.text()
    assert room.words_on_screen().count("not finished") <= 1
    room.rewrite(room.panel.drafts.report, "Clear lungs. Normal heart size.")
    room.rewrite(room.panel.drafts.impression, "No acute finding.")
    room.strike(Key.Key_Escape)
    room.sign()

    assert room.reading().signing.latest.report == "Clear lungs. Normal heart size."
    assert "backend_lost" in whats()


def test_a_window_that_goes_while_the_sheet_is_open_comes_back_unsigned_with_every_word_and_verdict(
    open_room,
):
    room = open_room(ANNA)
    room.viewport(ANNA).setFocus()
    room.read_behind_the_gate()
    room.strike(Key.Key_Return)
    room.strike(Key.Key_J, Key.Key_Return)
    room.strike(Key.Key_E, held=SHIFT)
    room.strike(Key.Key_End, held=CTRL)
    room.type(" Old scar.")
    room.strike(Key.Key_Return, held=CTRL)
    assert room.panel.sign_sheet.isVisible()
    room.window.close()

    again = open_room(ANNA)
    again.wait(lambda: again.report() == f"{DRAFT} Old scar.")
    assert again.statuses()["cardiomegaly"] == "accepted"
    assert not again.reading().signing.is_signed
    assert not again.panel.sign_sheet.isVisible()
    assert again.panel.header.draft_mark.isVisible()

    again.viewport(ANNA).setFocus()
    again.sign()
    assert again.reading().signing.latest.report == f"{DRAFT} Old scar."
    again.window.close()
    assert [what for what in whats() if what in ("ai_revealed", "first_look_committed", "signed")] == [
        "first_look_committed",
        "ai_revealed",
        "signed",
    ]
    assert verify(audit_folder()).is_intact


def test_a_comparison_that_comes_late_changes_no_word_of_what_was_signed(open_room):
    room = open_room(ANNA_OLD, ANNA)
    room.viewport(ANNA).setFocus()
    run = room.begin_reading()
    now, old = (one.image_sha256 for one in list(room.door.studies.values())[-1].films)
    room.finish(run, PriorChosen((old,), 60, 0, "", "given"))
    room.wait(lambda: isinstance(room.door.runs[-1].request, Compare))
    comparison = room.door.runs[-1]
    room.strike(Key.Key_Return)
    room.strike(Key.Key_J, Key.Key_Return, Key.Key_J, Key.Key_Return)
    room.sign()
    signed = room.reading().signing.latest

    comparison.send(
        *all_13(old, "cardiomegaly"),
        *all_13(now, "cardiomegaly", start=13),
        Change("cardiomegaly", "larger", "f1", "f14", "size of the boxes", "larger box"),
        Finished({}),
    )
    room.wait(lambda: comparison.has_ended)
    room.turn_to(ANNA)

    assert room.reading().signing.latest == signed
    assert (room.report(), room.panel.drafts.impression.toPlainText()) == (signed.report, signed.impression)
    assert DRAFT_MARK not in room.copied()


def test_a_site_that_chooses_another_mode_in_the_middle_reveals_nothing_that_is_hidden(room):
    room.read_behind_the_gate()

    room.set_site(mode="concurrent")
    away_and_back(room)

    assert room.panel.gate.isVisible()
    assert not room.shows_ai()
    assert room.viewport(ANNA).state.marks == ()
    assert "ai_revealed" not in whats()


def test_without_a_prior_nothing_is_compared_and_that_is_said(room):
    room.read_behind_the_gate()
    room.strike(Key.Key_Return)

    assert not [run for run in room.door.runs if isinstance(run.request, Compare)]
    assert not room.panel.prior.isVisible()
    assert room.panel.drafts.prior_label.text() == "No prior loaded: no comparison was made."
