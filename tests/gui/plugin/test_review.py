"""Accept, edit, reject: each finding gets the reader's word, by keyboard alone if they like (AI-9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui.plugin.conftest import BERT, Desk, all_13
from PySide6.QtCore import Qt

from inference.backend import Box, Finished, Flag, Sentence, TextDelta
from plugin.review.reviewed import reviewed_findings
from plugin.settings import PanelSettings

TEXT = "The heart is large. There is a pleural effusion. No pneumothorax."


def a_reading(image: str) -> list:
    """Large heart and effusion, each with its box and its sentence."""
    return [
        *all_13(image, "cardiomegaly", "pleural effusion"),
        Box("b1", image, (2.0, 3.0, 9.0, 11.0), "f1"),
        Box("b9", image, (1.0, 9.0, 5.0, 14.0), "f9"),
        TextDelta(TEXT),
        Sentence("s1", "The heart is large.", ("f1",), box_ids=("b1",)),
        Sentence("s2", "There is a pleural effusion.", ("f9",), box_ids=("b9",)),
        Flag("unsupported_sentence", "the finding list says otherwise", "s2"),
        Finished({"report": TEXT}),
    ]


@pytest.fixture
def review(qtbot) -> Iterator[Desk]:
    """A study that was read, in front of a reader who has looked for themselves."""
    desk = Desk(qtbot, PanelSettings(mode="concurrent"))
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.wait(lambda: desk.status().startswith("Draft ready"))
    yield desk
    desk.close()


def statuses(desk) -> dict[str, str]:
    return {one.label: one.status for one in reviewed_findings(desk.reading())}


def press(desk, *actions: str) -> None:
    for action in actions:
        desk.key(action)


def type_key(desk, key: Qt.Key) -> None:
    """Into whatever has the keyboard in the panel."""
    desk.qtbot.keyClick(desk.panel.focusWidget(), key)


def test_j_and_enter_accept_every_finding_one_after_the_other(review):
    press(review, "next_finding", "accept", "next_finding", "accept")

    assert statuses(review) == {"cardiomegaly": "accepted", "pleural effusion": "accepted"}
    assert review.panel.shown_bar.text.text() == "2 of 2 findings looked at"


def test_a_double_press_of_enter_accepts_only_the_finding_that_was_reached(review):
    press(review, "next_finding", "accept", "accept", "accept")

    assert statuses(review) == {"cardiomegaly": "accepted", "pleural effusion": "untouched"}
    assert review.row("f9").isChecked()  # it is up next, and waits for J or the mouse


def test_a_double_press_on_the_last_finding_takes_nothing_back(review):
    press(review, "next_finding", "accept", "next_finding", "accept", "accept")

    assert statuses(review)["pleural effusion"] == "accepted"


def test_enter_without_a_finding_that_was_reached_says_what_to_do(review):
    press(review, "accept")

    assert set(statuses(review).values()) == {"untouched"}
    assert "Go to a finding" in review.host.messages[-1]


def test_backspace_asks_why_and_a_number_rejects_with_that_reason(review):
    press(review, "next_finding", "reject")
    assert review.panel.findings.item_of("f1").reasons.isVisible()

    type_key(review, Qt.Key.Key_3)

    one = next(one for one in reviewed_findings(review.reading()) if one.id == "f1")
    assert (one.status, one.reason) == ("rejected", "known")
    assert "Rejected: it is known" in review.row("f1").accessibleName()
    assert not review.panel.findings.item_of("f1").reasons.isVisible()


def test_a_double_press_of_backspace_rejects_nothing_further(review):
    press(review, "next_finding", "reject", "reject")
    type_key(review, Qt.Key.Key_Backspace)

    assert set(statuses(review).values()) == {"untouched"}
    assert review.panel.findings.item_of("f1").reasons.isVisible()


def test_esc_keeps_the_finding_and_enter_rejects_it_without_a_reason(review):
    press(review, "next_finding", "reject")
    type_key(review, Qt.Key.Key_Escape)
    assert statuses(review)["cardiomegaly"] == "untouched"

    press(review, "reject")
    type_key(review, Qt.Key.Key_Return)
    assert statuses(review)["cardiomegaly"] == "rejected"


def test_the_reader_s_words_go_with_the_reason(review):
    press(review, "next_finding", "reject")
    row = review.panel.findings.item_of("f1").reasons
    row.note.setText("portable film")

    review.press(row.buttons["other"])

    assert review.row("f1").look.verdict == "Rejected – portable film"


def test_a_rejected_finding_takes_its_sentence_out_of_the_draft_and_dims_its_box(review):
    press(review, "next_finding", "reject")
    type_key(review, Qt.Key.Key_1)

    assert review.report() == "There is a pleural effusion. No pneumothorax."
    mark = review.host.mark("b1")
    assert (mark.is_faint, mark.style, mark.is_editable) == (True, "dotted", False)
    assert not review.host.mark("b9").is_faint


def test_ctrl_z_brings_the_finding_and_its_sentence_back(review):
    press(review, "next_finding", "reject")
    type_key(review, Qt.Key.Key_1)

    review.host.undo()
    assert statuses(review)["cardiomegaly"] == "untouched"
    assert review.report() == TEXT

    review.host.redo()
    assert statuses(review)["cardiomegaly"] == "rejected"
    assert review.report() == "There is a pleural effusion. No pneumothorax."


def test_a_sentence_that_the_reader_has_changed_stays_and_is_a_doubt(review):
    review.panel.drafts.report.setPlainText(TEXT.replace("is large", "is somewhat large"))
    press(review, "next_finding", "reject")
    type_key(review, Qt.Key.Key_1)

    assert "The heart is somewhat large." in review.report()
    assert "states what you rejected: cardiomegaly" in review.panel.drafts.flags_label.text()


def test_pressing_again_takes_the_verdict_back(review):
    press(review, "next_finding", "accept", "previous_finding")
    assert review.row("f1").isChecked()

    press(review, "accept")

    assert statuses(review)["cardiomegaly"] == "untouched"


def test_e_changes_label_side_certainty_and_note_by_keyboard(review):
    press(review, "next_finding", "edit")
    form = review.panel.findings.item_of("f1").form
    assert form.isVisible()
    form.label.setEditText("Enlarged cardiomediastinum")
    form.side.setCurrentText("Left")
    form.certainty.setCurrentText("Possible")
    form.note.setText("rotated film")

    review.qtbot.keyClick(form.note, Qt.Key.Key_Return)

    row = review.row("f1")
    assert row.title == "Enlarged cardiomediastinum, left"
    assert row.certainty == "possible (AI: likely)"
    assert row.look.verdict == "Edited by you (AI: cardiomegaly) – rotated film"
    assert not form.isVisible()


def test_own_words_are_taken_as_they_were_typed(review):
    press(review, "next_finding", "edit")
    form = review.panel.findings.item_of("f1").form
    form.label.setEditText("")
    review.qtbot.keyClicks(form.label.lineEdit(), "lung")
    review.qtbot.keyClick(form.label.lineEdit(), Qt.Key.Key_Return)

    assert review.row("f1").title == "Lung"
    assert statuses(review)["lung"] == "edited"


def test_esc_leaves_the_words_as_they_were(review):
    press(review, "next_finding", "edit")
    form = review.panel.findings.item_of("f1").form
    form.note.setText("never mind")

    review.qtbot.keyClick(form.note, Qt.Key.Key_Escape)

    assert not form.isVisible()
    assert statuses(review)["cardiomegaly"] == "untouched"


def test_the_buttons_of_a_row_are_quiet_until_it_is_chosen(review):
    item = review.panel.findings.item_of("f1")
    assert not item.buttons["accept"].isVisible()

    review.press(review.row("f1"))
    assert item.buttons["accept"].isVisible()

    review.press(item.buttons["accept"])
    assert statuses(review)["cardiomegaly"] == "accepted"


def test_a_finding_that_the_model_called_absent_can_be_added(review):
    review.press(review.panel.findings.films[0].fold_button)
    review.press(review.row("f8"))

    review.press(review.panel.findings.item_of("f8").buttons["add"])

    assert statuses(review)["pneumothorax"] == "added"
    added = next(one for one in reviewed_findings(review.reading()) if one.status == "added")
    assert review.row(added.id).isChecked()
    assert review.row(added.id).look.verdict == "Added by you"


def test_a_finding_in_own_words_can_be_added_and_removed(review):
    review.press(review.panel.findings.films[0].add_button)
    form = review.panel.findings.films[0].form
    form.label.setEditText("Azygos lobe")
    review.press(form.save_button)
    assert statuses(review)["Azygos lobe"] == "added"

    added = next(one for one in reviewed_findings(review.reading()) if one.status == "added")
    review.press(review.panel.findings.item_of(added.id).buttons["remove"])
    assert "Azygos lobe" not in statuses(review)


def test_read_again_keeps_verdicts_and_says_so(review):
    press(review, "next_finding", "accept")
    run = review.read()
    run.send(*a_reading(review.image()))
    review.wait(review.panel.shown_bar.again.isVisible)

    assert statuses(review)["cardiomegaly"] == "accepted"
    assert review.panel.shown_bar.again.text() == "Read again: 1 verdict of yours was kept."


def test_verdicts_stay_with_their_study(review):
    press(review, "next_finding", "accept")

    review.host.hang(BERT)
    assert review.reading().review.verdicts == ()


def test_a_row_says_why_to_look_twice(review):
    assert review.row("f9").look.doubt == "the finding list says otherwise"
    assert "Look twice" in review.row("f9").toolTip()
    assert review.row("f1").look.doubt == ""


def test_pointing_at_a_row_lights_its_box_and_pointing_at_a_box_lights_its_row(review):
    review.row("f9").hovered.emit(True)
    assert review.host.mark("b9").is_highlighted
    assert not review.host.mark("b1").is_highlighted

    review.row("f9").hovered.emit(False)
    review.host.hover("b1")
    assert review.row("f1").is_lit
    assert not review.row("f9").is_lit

    review.host.hover(None)
    assert not review.row("f1").is_lit


def test_nothing_of_the_review_is_on_screen_while_the_ai_is_hidden(review):
    press(review, "next_finding", "accept", "hide_ai", "next_finding", "accept", "reject", "edit")

    assert review.panel.findings.rows() == []
    assert statuses(review) == {"cardiomegaly": "accepted", "pleural effusion": "untouched"}


def test_a_finding_rejected_while_the_model_writes_does_not_stop_the_draft(desk):
    run = desk.read()
    image = desk.image()
    told = (*all_13(image, "cardiomegaly"), Sentence("s1", "The heart is large.", ("f1",)))
    run.send(*told, TextDelta("The heart is large. "))
    desk.wait(lambda: desk.row("f1") is not None and desk.report().startswith("The heart"))
    press(desk, "next_finding", "reject")
    type_key(desk, Qt.Key.Key_1)

    run.send(TextDelta("No pneumothorax."), Finished({"report": "The heart is large. No pneumothorax."}))

    desk.wait(lambda: desk.report() == "The heart is large. No pneumothorax.")
    assert "states what you rejected: cardiomegaly" in desk.panel.drafts.flags_label.text()


def test_taking_a_rejection_back_brings_its_sentence_back_too(review):
    press(review, "next_finding", "reject")
    type_key(review, Qt.Key.Key_1)
    review.panel.drafts.report.setPlainText(review.report() + " Old clavicle fracture.")

    press(review, "previous_finding", "reject")

    assert statuses(review)["cardiomegaly"] == "untouched"
    assert review.report() == f"{TEXT} Old clavicle fracture."
