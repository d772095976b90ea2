"""The reader moves, deletes and draws boxes; the AI's original stays beside (OV-2, OV-4)."""

from __future__ import annotations

from gui.plugin.conftest import ANNA, BERT, PA, a_reading

from inference.backend import Finished
from plugin import colours

THERE = (3.0, 4.0, 12.0, 14.0)
AI_BOX = (2.0, 3.0, 9.0, 11.0)


def read_one(desk) -> None:
    run = desk.read()
    run.send(*a_reading(desk.image()), Finished({"report": "The heart is large."}))
    desk.wait(lambda: desk.status().startswith("Draft ready"))


def looks(desk) -> list[tuple]:
    return sorted((mark.xyxy, mark.style, mark.is_faint) for mark in desk.host.marks)


def own_box(desk):
    (mark,) = [mark for mark in desk.host.marks if mark.style == "solid"]
    return mark


def test_a_moved_box_is_solid_and_the_ai_s_original_stays_faint_and_dotted(desk):
    read_one(desk)

    desk.host.edit_mark("b1", THERE)

    assert looks(desk) == [(AI_BOX, "dotted", True), (THERE, "solid", False)]
    assert own_box(desk).color == colours.READER != colours.of_label("cardiomegaly")
    assert own_box(desk).caption == "cardiomegaly"


def test_both_versions_share_one_tracking_uid(desk):
    read_one(desk)

    desk.host.edit_mark("b1", THERE)

    (made,) = desk.reading().review.boxes
    assert made.tracking_uid.startswith("2.25.")
    assert (made.of_box, made.of_xyxy, made.xyxy) == ("b1", AI_BOX, THERE)
    assert [box.xyxy for box in desk.reading().boxes] == [AI_BOX]


def test_a_box_that_was_moved_can_be_moved_again(desk):
    read_one(desk)
    desk.host.edit_mark("b1", THERE)

    desk.host.edit_mark(own_box(desk).id, (5.0, 5.0, 9.0, 9.0))

    assert looks(desk) == [(AI_BOX, "dotted", True), ((5.0, 5.0, 9.0, 9.0), "solid", False)]


def test_a_deleted_ai_box_stays_as_a_faint_original_and_the_row_says_so(desk):
    read_one(desk)

    desk.host.edit_mark("b1")

    assert looks(desk) == [(AI_BOX, "dotted", True)]
    assert "no box here, as you said" in desk.row("f1").notes


def test_the_ai_s_box_can_be_used_again(desk):
    read_one(desk)
    desk.host.edit_mark("b1", THERE)
    desk.press(desk.row("f1"))

    desk.press(desk.panel.findings.item_of("f1").buttons["restore"])

    assert looks(desk) == [(AI_BOX, "dashed", False)]
    assert not desk.panel.findings.item_of("f1").buttons["restore"].isVisible()


def test_a_click_on_the_reader_s_box_or_on_the_original_selects_the_finding(desk):
    read_one(desk)
    desk.host.edit_mark("b1", THERE)

    for mark in desk.host.marks:
        desk.host.click(mark.id)
        assert desk.row("f1").isChecked()
        desk.press(desk.row("f1"))
        assert not desk.row("f1").isChecked()


def test_a_box_is_drawn_for_a_finding_without_one(desk):
    read_one(desk)
    desk.press(desk.row("f9"))
    desk.press(desk.panel.findings.item_of("f9").buttons["draw"])
    assert desk.host.drawing.caption == "Box for pleural effusion"

    desk.host.draw(PA.key, THERE)

    assert own_box(desk).xyxy == THERE
    assert "box by you" in desk.row("f9").notes
    assert "No location" not in desk.row("f9").notes


def test_a_box_of_another_film_is_not_taken(desk):
    read_one(desk)
    desk.press(desk.row("f9"))
    desk.press(desk.panel.findings.item_of("f9").buttons["draw"])

    desk.host.draw("another film#1", THERE)

    assert desk.reading().review.boxes == ()
    assert "another film" in desk.host.messages[-1]


def test_a_box_that_is_drawn_late_comes_home_to_its_own_study(desk):
    read_one(desk)
    desk.press(desk.row("f9"))
    desk.press(desk.panel.findings.item_of("f9").buttons["draw"])
    drawing = desk.host.drawing

    desk.host.hang(BERT)
    drawing.on_drawn(PA.key, THERE)

    assert desk.reading().review.boxes == ()
    desk.host.hang(ANNA)
    assert own_box(desk).xyxy == THERE


def test_ctrl_z_and_ctrl_y_work_on_boxes(desk):
    read_one(desk)
    desk.host.edit_mark("b1", THERE)

    desk.host.undo()
    assert looks(desk) == [(AI_BOX, "dashed", False)]

    desk.host.redo()
    assert looks(desk) == [(AI_BOX, "dotted", True), (THERE, "solid", False)]


def test_boxes_of_the_reader_go_and_come_with_b(desk):
    read_one(desk)
    desk.host.edit_mark("b1", THERE)

    desk.key("toggle_boxes")
    assert desk.host.marks == ()
    desk.key("toggle_boxes")
    assert len(desk.host.marks) == 2


def test_the_reader_s_boxes_are_hidden_with_the_ai(desk):
    """Where the reader corrected a box, the AI had drawn one: it would give it away."""
    read_one(desk)
    desk.host.edit_mark("b1", THERE)

    desk.key("hide_ai")

    assert desk.host.marks == ()
