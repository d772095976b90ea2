"""From a draft to a signed report, as the reader goes there: two steps, two different acts."""

from __future__ import annotations

from datetime import date

import pytest
from gui.plugin.conftest import ANNA, BERT, Desk, a_reading, all_13
from gui.plugin.fake_host import film, hanging, study
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from inference.backend import DRAFT_MARK, Finished, TextDelta
from plugin.events import ImpressionEdited, ReportEdited
from plugin.review.state import FindingAccepted
from plugin.settings import ALLOW_SYNTHETIC
from plugin.signing import words
from plugin.signing.part import LOOK_S, SigningPart
from plugin.signing.versions_dialog import HOLDS, VersionsDialog
from plugin.site.settings import SiteSettings, keep
from viewer.api import ReaderMark

CLEAN = "The heart is normal in size. The lungs are clear."


class Pen:
    """What a reader does to sign, and a clock that goes when the test says so."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.part: SigningPart = desk.panel.findChild(SigningPart)
        self.now_s = 100.0
        self.part.clock = lambda: self.now_s
        keep(desk.host.settings, SiteSettings(mode="concurrent", reader_name="Dr. Reader"))

    @property
    def sheet(self):
        return self.desk.panel.sign_sheet

    @property
    def bar(self):
        return self.desk.panel.sign_bar

    @property
    def versions(self):
        return self.desk.reading().signing.versions

    def write(self, report: str = CLEAN, impression: str = "No acute abnormality.") -> None:
        self.desk.controller.fold(ReportEdited(report))
        self.desk.controller.fold(ImpressionEdited(impression))

    def ask(self) -> None:
        self.desk.key("sign")

    def look(self) -> None:
        """Time goes by while the reader looks at what is shown."""
        self.now_s += LOOK_S + 0.1

    def confirm(self) -> None:
        self.look()
        self.desk.key("confirm_sign")

    def sign(self) -> None:
        self.ask()
        self.confirm()

    def card(self, at: int = 0):
        return self.sheet.cards[at]

    def says(self) -> str:
        return self.desk.host.messages[-1]


@pytest.fixture
def pen(desk) -> Pen:
    return Pen(desk)


def test_a_report_is_signed_in_two_steps_with_two_different_keys(desk, pen):
    pen.write()
    assert pen.bar.state_label.text() == "Not signed"

    pen.ask()
    assert pen.sheet.isVisible()
    assert pen.bar.state_label.text() == "Nothing stands against signing."
    assert pen.versions == ()

    pen.confirm()

    (version,) = pen.versions
    assert (version.report, version.signer, version.number) == (CLEAN, "Dr. Reader", 1)
    assert desk.host.study_states == {"1.2.1": "signed"}
    assert not pen.sheet.isVisible()
    assert pen.bar.state_label.text().startswith("Signed by Dr. Reader, ")


def test_pressing_the_same_key_twice_or_ten_times_never_signs(pen):
    pen.write()
    for _ in range(10):
        pen.ask()
        pen.look()

    assert pen.versions == ()
    assert pen.says() == words.ONCE_MORE


def test_the_second_key_alone_never_signs(pen):
    pen.write()

    pen.confirm()

    assert pen.versions == ()
    assert pen.says() == words.NOT_ASKED


def test_a_double_click_on_the_button_that_asks_does_not_confirm(desk, pen):
    pen.write()

    desk.press(pen.bar.sign_button)
    desk.qtbot.mouseDClick(pen.bar.sign_button, Qt.MouseButton.LeftButton)

    assert not pen.bar.sign_button.isEnabled()
    assert pen.versions == ()


def test_a_click_that_comes_too_soon_after_the_way_was_opened_does_not_confirm(desk, pen):
    pen.write()
    pen.ask()

    pen.sheet.confirm_button.click()
    assert (pen.versions, pen.says()) == ((), words.TOO_SOON)

    pen.look()
    pen.sheet.confirm_button.click()
    assert len(pen.versions) == 1


def test_checks_that_fail_are_shown_inside_the_panel_and_keep_the_signature_away(pen):
    pen.write("Small right effusion. The [side] lung is clear.", "Small left effusion.")
    pen.ask()

    assert pen.bar.state_label.text() == "2 things stand against signing."
    assert [card.title_label.text() for card in pen.sheet.cards] == ["Must be settled"] * 2
    assert not pen.sheet.confirm_button.isVisible()
    assert not pen.sheet.isWindow()

    pen.confirm()
    assert (pen.versions, pen.says()) == ((), words.NOT_YET)


def test_a_doubt_is_one_click_from_its_words(desk, pen):
    pen.write("Clear lungs. 😀 Small right effusion.", "Small [size] left effusion.")
    pen.ask()
    field = next(card for card in pen.sheet.cards if "[size]" in card.why_label.text())

    desk.press(field.show_button)

    editor = desk.panel.drafts.impression
    assert editor.textCursor().selectedText() == "[size]"
    assert desk.panel.focusWidget() is editor


def test_mending_the_words_takes_the_doubt_away_while_the_sheet_is_open(desk, pen):
    pen.write("Small right effusion.", "Small left effusion.")
    pen.ask()
    assert len(pen.sheet.cards) == 1

    desk.panel.drafts.impression.selectAll()
    desk.panel.drafts.impression.insertPlainText("Small right effusion.")

    desk.wait(lambda: pen.sheet.cards == [] and pen.sheet.confirm_button.isVisible())
    pen.confirm()
    assert pen.versions[0].impression == "Small right effusion."


def test_a_reader_who_knows_better_signs_over_a_doubt_with_a_reason_and_the_version_keeps_it(desk, pen):
    pen.write("Small right effusion.", "Small left effusion.")
    pen.ask()
    desk.press(pen.card().know_button)
    desk.qtbot.keyClick(pen.card().reason_field, Qt.Key.Key_Return)
    assert pen.card().title_label.text() == "Must be settled"  # no reason, no signature

    desk.qtbot.keyClicks(pen.card().reason_field, "two effusions")
    desk.qtbot.keyClick(pen.card().reason_field, Qt.Key.Key_Return)
    assert pen.card().title_label.text() == "Acknowledged"
    assert pen.sheet.confirm_button.isVisible()
    desk.press(pen.card().back_button)
    assert not pen.sheet.confirm_button.isVisible()

    desk.press(pen.card().know_button)
    desk.qtbot.keyClicks(pen.card().reason_field, "both sides")
    desk.qtbot.keyClick(pen.card().reason_field, Qt.Key.Key_Return)
    pen.confirm()
    assert [one.reason for one in pen.versions[0].acknowledged] == ["both sides"]


def test_everything_up_to_the_signature_is_done_with_the_keyboard(desk, pen):
    """Tab leads from the sheet's title over each card to the second step, which Space alone would take."""
    pen.write("Small right effusion.", "Small left effusion.")
    pen.ask()
    assert desk.panel.focusWidget() is pen.sheet.heading
    desk.wait(pen.card().show_button.isVisible)

    for expected in (pen.card().show_button, pen.card().know_button):
        desk.qtbot.keyClick(desk.panel.focusWidget(), Qt.Key.Key_Tab)
        assert desk.panel.focusWidget() is expected
    desk.qtbot.keyClick(pen.card().know_button, Qt.Key.Key_Space)
    assert desk.panel.focusWidget() is pen.card().reason_field
    desk.qtbot.keyClicks(pen.card().reason_field, "both sides")
    desk.qtbot.keyClick(pen.card().reason_field, Qt.Key.Key_Return)
    assert desk.panel.focusWidget() is pen.sheet.heading
    pen.confirm()

    assert len(pen.versions) == 1


def test_words_that_change_at_the_last_moment_are_not_signed(desk, pen):
    pen.write()
    pen.ask()
    pen.look()
    desk.controller.fold(ImpressionEdited("Large left effusion."))

    desk.key("confirm_sign")

    assert pen.versions == ()


def test_turning_to_another_study_in_the_middle_signs_neither(desk, pen):
    pen.write()
    pen.ask()
    desk.host.hang(BERT)
    pen.write("Another patient's heart is normal.", "Normal.")

    pen.confirm()
    assert pen.versions == ()
    assert not pen.sheet.isVisible()

    desk.host.hang(ANNA)
    assert not pen.sheet.isVisible()
    pen.confirm()
    assert pen.versions == ()
    assert desk.host.study_states == {}


def test_a_signed_report_is_read_only_and_its_draft_marks_are_gone(desk, pen):
    run = desk.read()
    run.send(*a_reading(desk.image()))
    run.send(TextDelta(CLEAN), Finished({"report": CLEAN, "impression": "The heart is large."}))
    desk.wait(lambda: desk.status().startswith("Draft ready"))
    desk.controller.fold(FindingAccepted("f1", "2026-11-22T09:00:00.000Z"))
    pen.write("The heart is enlarged.", "Cardiomegaly.")
    assert desk.host.banner == DRAFT_MARK
    assert all(mark.is_draft for mark in desk.host.marks)

    pen.sign()

    assert len(pen.versions) == 1
    assert desk.host.banner == ""
    assert not desk.panel.header.draft_mark.isVisible()
    assert desk.panel.header.signed_mark.text().startswith("Signed by Dr. Reader")
    assert [mark.is_draft for mark in desk.host.marks if mark.caption == "cardiomegaly"] == [False]
    assert desk.panel.drafts.report.isReadOnly()
    assert desk.panel.drafts.impression.isReadOnly()
    assert desk.panel.drafts.title.text() == "Signed report"
    desk.qtbot.keyClicks(desk.panel.drafts.report, "x")
    assert pen.says() == words.IS_SIGNED
    desk.key("copy")
    copied = QGuiApplication.clipboard().text()
    assert DRAFT_MARK not in copied
    assert "signed by Dr. Reader" in copied

    pen.write("Something else.")
    assert desk.report() == "The heart is enlarged."
    assert pen.says() == words.IS_SIGNED


def test_until_it_is_signed_every_mark_says_draft(desk, pen):
    pen.write()
    pen.ask()

    assert desk.panel.header.draft_mark.text() == DRAFT_MARK
    assert desk.panel.header.draft_mark.isVisible()
    assert not desk.panel.header.signed_mark.isVisible()


def test_an_addendum_is_a_second_version_beside_the_untouched_first(desk, pen):
    pen.write()
    pen.sign()
    desk.press(pen.bar.addendum_button)
    assert desk.panel.focusWidget() is pen.sheet.addendum
    desk.qtbot.keyClicks(pen.sheet.addendum, "The ward was told.")
    assert pen.bar.state_label.text().startswith("Addendum not signed.")

    pen.sign()

    first, second = pen.versions
    assert (second.kind, second.addendum, second.predecessor) == (
        "addendum",
        "The ward was told.",
        first.sha256,
    )
    assert second.report == first.report == CLEAN
    assert not pen.sheet.isVisible()


def test_an_addendum_is_checked_too_and_can_be_thrown_away(desk, pen):
    pen.write()
    pen.sign()
    desk.press(pen.bar.addendum_button)
    desk.qtbot.keyClicks(pen.sheet.addendum, "The [side] was wrong.")
    pen.ask()
    assert pen.bar.state_label.text() == "1 thing stands against signing."
    desk.press(pen.card().show_button)
    assert pen.sheet.addendum.textCursor().selectedText() == "[side]"

    desk.press(pen.bar.back_button)
    desk.press(pen.bar.give_up_button)

    assert len(pen.versions) == 1
    assert not pen.sheet.isVisible()


def test_the_chain_of_versions_can_be_looked_at_with_what_changed(desk, pen):
    pen.write()
    pen.sign()
    desk.press(pen.bar.addendum_button)
    desk.qtbot.keyClicks(pen.sheet.addendum, "The ward was told.")
    pen.sign()

    desk.press(pen.bar.versions_button)
    dialog = desk.panel.findChild(VersionsDialog)

    assert dialog.list.count() == 2
    assert dialog.chain_label.text() == HOLDS
    assert "+ The ward was told." in dialog.text.toPlainText()
    assert f"  {CLEAN}" in dialog.text.toPlainText()
    dialog.list.setCurrentRow(0)
    assert "ward" not in dialog.text.toPlainText()
    dialog.show_version(-1)
    dialog.close()


def test_a_critical_finding_raises_a_strip_that_stops_nobody(desk, pen):
    pen.write("Large left pneumothorax.", "Left pneumothorax.")

    (card,) = desk.panel.critical.cards
    assert desk.panel.critical.isVisible()
    assert not desk.panel.critical.isWindow()
    assert card.line.text() == "▲  Pneumothorax: to be told within minutes"
    assert desk.panel.drafts.report.isEnabled()

    pen.ask()
    assert "Pneumothorax is critical" in pen.sheet.obstacles_label.text()
    assert not pen.sheet.confirm_button.isVisible()


def test_the_communication_log_says_what_it_lacks_and_is_kept_with_the_version(desk, pen):
    pen.write("Large left pneumothorax.", "Left pneumothorax.")
    pen.ask()
    (card,) = desk.panel.critical.cards
    desk.press(card.tell_button)
    assert card.form.radiologist.text() == "Dr. Reader"
    desk.wait(lambda: card.form.found_at.lineEdit().width() > 80)  # the time can be read
    desk.press(card.form.keep_button)
    assert card.form.problem.text() == "Say who was told."

    desk.qtbot.keyClicks(card.form.recipient, "Dr. Ward")
    desk.press(card.form.keep_button)
    assert "told to Dr. Ward" in card.line.text()
    assert "by telephone (category 1)" in card.line.text()
    pen.confirm()

    (record,) = pen.versions[0].critical
    assert (record.told.recipient, record.told.category, record.told.radiologist) == (
        "Dr. Ward",
        1,
        "Dr. Reader",
    )
    assert record.told.found_at.endswith("Z")


def test_a_log_can_be_changed_and_a_form_can_be_left(desk, pen):
    pen.write("Large left pneumothorax.", "Left pneumothorax.")
    (card,) = desk.panel.critical.cards
    desk.press(card.tell_button)
    desk.press(card.form.cancel_button)
    assert not card.form.isVisible()
    assert desk.panel.focusWidget() is card.tell_button
    desk.press(card.tell_button)
    desk.qtbot.keyClicks(card.form.recipient, "Dr. Ward")
    desk.press(card.form.keep_button)

    desk.press(card.tell_button)
    assert card.form.recipient.text() == "Dr. Ward"
    card.form.recipient.setText("Dr. Night")
    desk.press(card.form.keep_button)

    assert [record.told.recipient for record in desk.reading().signing.critical] == ["Dr. Night"]


def test_what_is_not_critical_here_is_dismissed_with_a_reason(desk, pen):
    pen.write("Small left pneumothorax after puncture.", "Left pneumothorax.")
    (card,) = desk.panel.critical.cards
    desk.press(card.dismiss_button)
    desk.qtbot.keyClick(card.reason_field, Qt.Key.Key_Return)
    assert desk.reading().signing.critical == ()
    desk.qtbot.keyClicks(card.reason_field, "known and drained")
    desk.qtbot.keyClick(card.reason_field, Qt.Key.Key_Return)

    pen.sign()

    assert pen.versions[0].critical[0].not_critical_because == "known and drained"


def test_an_ai_finding_that_is_urgent_raises_the_strip_and_rejecting_it_takes_it_away(desk, pen):
    run = desk.read()
    run.send(*all_13(desk.image(), "pneumothorax"))
    desk.finish(run, CLEAN)
    assert "found by the AI, not looked at yet" in desk.panel.critical.cards[0].line.text()

    desk.host.actions["next_finding"].run()
    from plugin.review.state import FindingRejected

    desk.controller.fold(FindingRejected("f8", "2026-11-22T09:00:00.000Z"))

    assert not desk.panel.critical.isVisible()


def test_findings_nobody_looked_at_are_named_and_may_be_signed_over(desk, pen):
    run = desk.read()
    run.send(*all_13(desk.image(), "edema"))
    desk.finish(run, CLEAN)
    pen.write()
    pen.ask()

    assert "neither accepted nor rejected: edema" in pen.sheet.obstacles_label.text()
    assert pen.sheet.confirm_button.isVisible()


def test_a_reading_that_still_runs_is_waited_for(desk, pen):
    pen.write()
    run = desk.read()
    pen.ask()
    assert "The AI is still working" in pen.sheet.obstacles_label.text()
    pen.confirm()
    assert pen.versions == ()

    run.send(Finished({"report": CLEAN}))
    desk.wait(pen.sheet.confirm_button.isVisible)


def test_before_the_own_first_look_nothing_is_signed(second_desk):
    desk = second_desk
    pen = Pen(desk)
    keep(desk.host.settings, SiteSettings(mode="second reader", reader_name="Dr. Reader"))
    run = desk.read()
    run.send(*all_13(desk.image()), TextDelta(CLEAN), Finished({"report": CLEAN, "impression": "Normal."}))
    desk.wait(lambda: desk.reading().is_complete)
    pen.write()
    pen.ask()
    assert "You have not said yet that you have read the films" in pen.sheet.obstacles_label.text()
    pen.confirm()
    assert pen.versions == ()

    desk.key("accept")  # before the reveal: I have read it
    desk.wait(pen.sheet.confirm_button.isVisible)


def test_a_signer_without_a_name_is_asked_once(desk, pen):
    keep(desk.host.settings, SiteSettings(mode="concurrent"))
    pen.write()
    pen.ask()
    assert pen.sheet.name_field.isVisible()
    pen.confirm()
    assert (pen.versions, pen.says()) == ((), words.NAME_MISSING)

    desk.qtbot.keyClicks(pen.sheet.name_field, "Dr. Kim")
    pen.confirm()

    assert pen.versions[0].signer == "Dr. Kim"
    assert desk.controller.site.reader_name == "Dr. Kim"
    desk.press(pen.bar.addendum_button)
    pen.ask()
    assert not pen.sheet.name_field.isVisible()


def test_a_number_that_the_films_do_not_bear_out_is_seen_when_it_is_measured(desk, pen):
    pen.write("A scar of 12 mm.", "Scar.")
    pen.ask()
    assert "no length was measured" in pen.card().why_label.text()

    key = ANNA.current.films[0].key
    desk.host.set_reader_marks(
        key, ReaderMark("m", key, "length", ((0, 0), (1, 1)), ("12.2 mm at detector",))
    )

    desk.wait(lambda: pen.sheet.cards == [])


def test_the_prior_on_screen_is_what_comparisons_are_held_against(desk, pen):
    prior = study("1.2.0", film("0", study="1.2.0"), date=date(2024, 3, 1))
    desk.host.hang(hanging(prior))
    pen.write("No pleural effusion. Clear lungs.", "Normal.")
    desk.host.hang(hanging(ANNA.current, prior))
    pen.write("Unchanged left pleural effusion.", "Effusion.")
    pen.ask()

    assert "whose report denies it" in pen.card().why_label.text()


def test_a_draft_of_the_ai_about_the_prior_is_no_witness(desk, pen):
    prior = study("1.2.0", film("0", study="1.2.0"), date=date(2024, 3, 1))
    desk.host.hang(hanging(prior))
    desk.finish(desk.read(), "No pleural effusion.")
    desk.host.hang(hanging(ANNA.current, prior))
    pen.write("Unchanged left pleural effusion.", "Effusion.")
    pen.ask()

    assert pen.sheet.cards == []


def test_films_that_arrive_in_the_middle_are_looked_at_and_sign_nothing(desk, pen):
    pen.write("PA and lateral views. The lungs are clear.", "Normal.")
    pen.ask()
    assert "no lateral film" in pen.card().why_label.text()

    grown = study("1.2.1", *ANNA.current.films, film("L", "LL"), date=date(2024, 3, 31))
    desk.host.hang(hanging(grown))

    desk.wait(lambda: pen.sheet.cards == [])
    assert pen.versions == ()


def test_signing_a_signed_report_again_is_refused_in_words(pen):
    pen.write()
    pen.sign()

    pen.ask()
    assert pen.says() == words.IS_SIGNED
    pen.confirm()
    assert len(pen.versions) == 1


def test_without_a_study_there_is_nothing_to_sign(desk, pen):
    from viewer.api import Hanging

    desk.host.hang(Hanging())
    pen.ask()

    assert not pen.bar.isVisible()
    assert not pen.sheet.isVisible()


def test_every_widget_of_the_signature_says_what_it_is(desk, pen):
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit

    pen.write("Large left pneumothorax. [side]", "Right pneumothorax.")
    pen.ask()
    desk.press(desk.panel.critical.cards[0].tell_button)
    for part in (pen.sheet, pen.bar, desk.panel.critical):
        buttons = [one for one in part.findChildren(QAbstractButton) if one.isVisible()]
        assert all(one.toolTip() for one in buttons)
        for kind in (QLineEdit, QComboBox, QPlainTextEdit):
            fields = [
                one
                for one in part.findChildren(kind)
                if one.isVisible() and one.parent() in part.findChildren(object)
            ]
            assert all(one.accessibleName() or one.objectName().startswith("qt_") for one in fields)


def test_both_steps_are_grave_actions_with_different_keys(desk):
    ask, confirm = desk.host.actions["sign"], desk.host.actions["confirm_sign"]

    assert (ask.is_grave, confirm.is_grave) == (True, True)
    assert ask.shortcut == "Ctrl+Return"
    assert confirm.shortcut not in {"", ask.shortcut}


def test_nothing_is_signed_about_a_synthetic_film_unless_the_research_switch_is_on(desk, monkeypatch):
    monkeypatch.delenv(ALLOW_SYNTHETIC, raising=False)
    desk.host.hang(hanging(study("1.9", film("made", study="1.9", is_synthetic=True))))
    pen = Pen(desk)
    pen.write()

    pen.ask()
    assert pen.says() == words.IS_SYNTHETIC
    pen.confirm()
    assert pen.versions == ()

    monkeypatch.setenv(ALLOW_SYNTHETIC, "1")
    pen.ask()
    assert pen.says() != words.IS_SYNTHETIC
