"""Findings in the panel and boxes on the films belong together, both ways."""

from __future__ import annotations

from gui.plugin.conftest import BERT, PA, a_reading

from inference.backend import DRAFT_MARK


def read_one(desk):
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.finish(run)


def test_boxes_are_drawn_dashed_on_their_film_under_the_draft_mark(desk):
    read_one(desk)

    (mark,) = desk.host.marks
    assert (mark.film_key, mark.xyxy, mark.style) == (PA.key, (2.0, 3.0, 9.0, 11.0), "dashed")
    assert mark.caption == "cardiomegaly"
    assert desk.host.banner == DRAFT_MARK


def test_a_click_on_a_finding_lights_its_box_and_shows_its_film(desk):
    read_one(desk)

    desk.press(desk.row("f1"))

    assert desk.host.marks[0].is_highlighted
    assert desk.host.films_shown == [PA.key]
    assert desk.row("f1").isChecked()


def test_a_second_click_lets_go_of_the_finding(desk):
    read_one(desk)

    desk.press(desk.row("f1"))
    desk.press(desk.row("f1"))

    assert not desk.host.marks[0].is_highlighted
    assert not desk.row("f1").isChecked()


def test_a_click_on_a_box_selects_its_finding(desk):
    read_one(desk)

    desk.host.click("b1")

    assert desk.row("f1").isChecked()
    assert desk.host.marks[0].is_highlighted


def test_a_click_on_somebody_else_s_mark_changes_nothing(desk):
    read_one(desk)
    desk.host.click("b1")

    desk.host.click("a measurement")

    assert desk.row("f1").isChecked()


def test_a_click_into_a_sentence_selects_what_it_states(desk):
    read_one(desk)

    desk.panel.drafts.report.position_clicked.emit(5)

    assert desk.row("f1").isChecked()
    assert len(desk.panel.drafts.report.extraSelections()) == 1


def test_b_hides_the_boxes_and_brings_them_back(desk):
    read_one(desk)

    desk.host.actions["toggle_boxes"].run()
    assert (desk.host.marks, desk.host.banner) == ((), "")

    desk.host.actions["toggle_boxes"].run()
    assert len(desk.host.marks) == 1


def test_j_steps_through_the_findings(desk):
    read_one(desk)
    seen = []
    for _ in range(3):
        desk.host.actions["next_finding"].run()
        seen.append(next(row.title for row in desk.panel.findings.rows() if row.isChecked()))

    assert seen == ["Cardiomegaly", "Pleural effusion", "Cardiomegaly"]


def test_j_without_findings_says_so(desk):
    desk.host.actions["next_finding"].run()

    assert desk.host.messages == ["There is no finding to step to."]


def test_the_boxes_leave_with_their_study(desk):
    read_one(desk)

    desk.host.hang(BERT)

    assert (desk.host.marks, desk.host.banner) == ((), "")


def test_the_shortcuts_are_those_of_the_specification(desk):
    keys = {action.id: action.shortcut for action in desk.host.actions.values()}

    assert (keys["toggle_boxes"], keys["next_finding"], keys["edit"]) == ("B", "J", "E")
