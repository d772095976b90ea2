"""Questions about the film, a box, a place and the prior."""

from __future__ import annotations

from datetime import date

import pytest
from gui.plugin.conftest import ANNA, BERT, PA, Desk, a_reading
from gui.plugin.fake_host import film, hanging, study
from gui.plugin.made_films import amber_share, drawn_film, marked_png
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication

from inference.backend import (
    DRAFT_MARK,
    AskQuestion,
    Box,
    Classify,
    DescribeRegion,
    Finding,
    Finished,
    Flag,
    GroundPhrase,
    Preview,
    Progress,
    TextDelta,
)
from plugin.ask import words
from plugin.first_look.state import AiHidden, AiShownAgain, FirstLookCommitted
from plugin.report.provenance import sentences
from plugin.settings import PanelSettings

BOX = (2.0, 3.0, 9.0, 11.0)
OLD = film("7", study="1.2.0")
WITH_PRIOR = hanging(study("1.2.1", PA, date=date(2024, 3, 31)), study("1.2.0", OLD, date=date(2023, 3, 1)))


def views(desk):
    return [view for view in desk.panel.history.views if view.isVisible()]


def chips(desk) -> dict[str, object]:
    row = desk.panel.history.suggestions
    return {button.accessibleName(): button for button in row.buttons if button.isVisible()}


def mark_box(desk, film_key: str = PA.key):
    """Press What is this? and draw a box; returns the run that was started."""
    before = len(desk.door.runs)
    desk.press(desk.panel.questions.box_button)
    desk.host.draw(film_key, BOX)
    desk.wait(lambda: len(desk.door.runs) > before)
    return desk.door.runs[-1]


def answer(desk, run, *events) -> None:
    run.send(*events)
    desk.wait(lambda: desk.panel.questions.box_button.isEnabled() and views(desk)[-1].copy_button.isVisible())


def test_what_is_this_lets_a_box_be_drawn_and_asks_what_is_in_it(desk):
    run = mark_box(desk)

    assert run.request == DescribeRegion(run.request.study_id, desk.image(), (BOX,), "phrase")
    (drawn,) = desk.host.marks
    assert (drawn.xyxy, drawn.style, drawn.is_draft) == (BOX, "solid", False)

    answer(desk, run, TextDelta("Patchy opacity.", "answer"), Finished({"answer": "Patchy opacity."}))
    (shown,) = views(desk)
    assert shown.answer.text() == "Patchy opacity."
    assert shown.place_button.text().endswith("Your box on PA")
    assert shown.note.text() == "Model text, not evidence."


def test_a_box_given_up_with_esc_asks_nothing(desk):
    desk.press(desk.panel.questions.box_button)
    assert "Esc gives up" in desk.panel.questions.scope_label.text()

    desk.host.cancel_drawing()

    assert not desk.panel.questions.scope_row.isVisible()
    assert (desk.door.runs, views(desk)) == ([], [])


def test_a_box_on_the_prior_s_film_is_asked_about_on_that_film(desk):
    desk.host.hang(WITH_PRIOR)

    run = mark_box(desk, OLD.key)

    prior = next(one for one in desk.door.studies[run.request.study_id].films if one.role == "prior")
    assert run.request.image_sha256 == prior.image_sha256
    assert views(desk)[0].place_button.text().endswith("Your box on Prior PA")
    answer(desk, run, Finished({"answer": "Clear."}))


def test_the_same_box_can_be_asked_about_in_the_other_ways_the_model_knows(desk):
    answer(desk, mark_box(desk), Finished({"answer": "Opacity."}))

    desk.press(views(desk)[0].finding_button)
    desk.wait(lambda: len(desk.door.runs) == 2)

    assert desk.door.runs[-1].request.kind == "finding"
    assert desk.door.runs[-1].request.boxes == (BOX,)
    answer(desk, desk.door.runs[-1], Finished({"answer": "lung opacity."}))
    assert views(desk)[1].answer.text() == "lung opacity"


def test_a_free_question_about_a_box_tells_what_the_model_was_really_asked(desk):
    answer(desk, mark_box(desk), Finished({"answer": "Opacity."}))
    assert desk.panel.questions.scope_label.text() == "About your box on PA"

    run = desk.ask("Is it malignant?")

    assert run.request.kind == "phrase"
    desk.wait(lambda: "no free question about a marked box" in views(desk)[-1].doubts.text())
    answer(desk, run, Finished({"answer": "Opacity."}))


def test_letting_go_of_the_box_asks_about_the_films_again(desk):
    answer(desk, mark_box(desk), Finished({"answer": "Opacity."}))

    desk.press(desk.panel.questions.scope_button)
    run = desk.ask("Is the heart large?")

    assert isinstance(run.request, AskQuestion)
    assert desk.host.marks == ()
    answer(desk, run, Finished({"answer": "No."}))


def test_asking_about_a_box_that_nobody_drew_is_answered_by_the_panel(desk):
    desk.panel.questions.field.setText("What is in the marked region?")
    desk.press(desk.panel.questions.ask_button)

    assert "No box is marked" in views(desk)[0].note.text()
    assert desk.door.runs == []


def test_where_is_shows_the_place_on_the_film_and_never_coordinates(desk):
    run = desk.ask("Where is the cardiomegaly?")
    assert run.request == GroundPhrase(run.request.study_id, desk.image(), "cardiomegaly", "finding")

    answer(desk, run, Box("b1", desk.image(), BOX), Finished({"answer": "Yes. [12,34,56,78]."}))

    assert views(desk)[0].answer.text() == "Marked on PA."
    (mark,) = desk.host.marks
    assert (mark.xyxy, mark.style, mark.caption) == (BOX, "dashed", "cardiomegaly")


def test_pointing_at_an_answer_lights_its_box_and_leaving_it_takes_it_away(desk):
    answer(desk, mark_box(desk), Finished({"answer": "Opacity."}))
    desk.press(desk.panel.questions.scope_button)
    assert desk.host.marks == ()
    (shown,) = views(desk)

    shown.pointed.emit(True)
    assert [mark.xyxy for mark in desk.host.marks] == [BOX]
    desk.qtbot.keyClick(shown.place_button, Qt.Key.Key_Space)
    QGuiApplication.sendEvent(shown, QEvent(QEvent.Type.Leave))

    assert [mark.xyxy for mark in desk.host.marks] == [BOX], "chosen by key, it stays lit"


def test_a_clicked_answer_box_finds_its_question(desk):
    first = desk.ask("Where is the heart?")
    answer(desk, first, Box("b1", desk.image(), BOX), Finished({"answer": "[1]"}))
    (mark,) = desk.host.marks
    desk.press(views(desk)[0].place_button)
    assert not views(desk)[0].place_button.isChecked()

    desk.host.click(mark.id)

    assert views(desk)[0].place_button.isChecked()


def test_a_question_about_change_is_put_over_both_films(desk):
    desk.host.hang(WITH_PRIOR)
    desk.press(chips(desk)["What has changed since the prior?"])
    desk.wait(lambda: bool(desk.door.runs))

    assert desk.door.runs[0].request.template == "difference"
    answer(desk, desk.door.runs[0], Finished({"answer": "The heart is larger."}))


def test_without_a_prior_the_panel_says_so_and_the_model_is_not_asked(desk):
    desk.panel.questions.field.setText("Is the effusion larger than before?")
    desk.press(desk.panel.questions.ask_button)

    assert views(desk)[0].note.text() == "No prior loaded: no comparison was made."
    assert desk.door.runs == []


def test_a_prior_that_came_later_is_given_to_the_backend_before_it_is_asked_about(desk):
    answer(desk, desk.ask("Effusion?"), Finished({"answer": "No."}))
    desk.host.hang(WITH_PRIOR)

    run = desk.ask("What has changed?")

    assert len(desk.door.studies[run.request.study_id].films) == 2
    answer(desk, run, Finished({"answer": "Nothing."}))


def test_suggestions_change_with_what_is_known_and_a_click_asks(desk):
    assert "Is there a pleural effusion?" in chips(desk)
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.finish(run)

    desk.wait(lambda: "Where is the pleural effusion?" in chips(desk))
    desk.press(chips(desk)["Where is the pleural effusion?"])
    desk.wait(lambda: len(desk.door.runs) == 2)

    assert desk.door.runs[-1].request.phrase == "pleural effusion"
    desk.door.runs[-1].send(
        Flag("not_groundable", "The model doesn't see it."), Finished({"answer": "Not present."})
    )
    desk.wait(lambda: views(desk)[0].answer.text() == "The model doesn't see it.")
    desk.wait(lambda: bool(chips(desk)))
    assert "Where is the pleural effusion?" not in chips(desk)


def test_what_the_model_can_not_judge_is_told_from_its_manifest(desk):
    desk.press(chips(desk)["What can this model not judge?"])

    assert views(desk)[0].answer.text() == "Not assessed by this model: fracture."
    assert desk.door.runs == []


def test_whether_a_finding_is_there_is_answered_in_calibrated_words_with_its_probability(desk):
    run = desk.ask("Is there a pleural effusion?")
    assert run.request == Classify(run.request.study_id, "pleural effusion")

    told = Finding("f1", "pleural effusion", "present", 0.82, True, desk.image())
    answer(desk, run, told, Finished({"answer": "Yes."}))

    assert views(desk)[0].answer.text() == "Likely · 82 %"


def test_whether_something_is_there_that_was_never_measured_is_told_without_asking_the_model(desk):
    desk.panel.questions.field.setText("Is there a fracture?")
    desk.press(desk.panel.questions.ask_button)

    assert views(desk)[0].answer.text() == "Not assessed by this model: fracture."
    assert desk.door.runs == []


def test_a_free_question_about_what_was_never_measured_is_doubted_before_the_answer_comes(desk):
    run = desk.ask("Could it be a fracture?")

    desk.wait(lambda: "never measured for fracture" in views(desk)[0].doubts.text())
    answer(desk, run, Finished({"answer": "No."}))


def test_stop_beside_the_field_stops_the_answer_and_keeps_its_words(desk):
    run = desk.ask("Is there an effusion?")
    run.send(TextDelta("Perhaps", "answer"))
    desk.wait(lambda: views(desk)[0].answer.text() == "Perhaps")

    desk.press(desk.panel.questions.stop_button)
    desk.wait(lambda: "Stopped." in views(desk)[0].note.text())

    assert views(desk)[0].answer.text() == "Perhaps"
    assert run.cancels == 1


def test_a_failed_question_can_be_asked_again_in_its_place(desk):
    run = mark_box(desk)
    desk.door.die("gone")
    desk.wait(lambda: views(desk)[0].again_button.isVisible() and views(desk)[0].again_button.isEnabled())

    desk.press(views(desk)[0].again_button)
    desk.wait(lambda: len(desk.door.runs) == 2)

    assert desk.door.runs[-1].request.boxes == run.request.boxes
    answer(desk, desk.door.runs[-1], Finished({"answer": "Opacity."}))
    assert [view.answer.text() for view in views(desk)] == ["Opacity."]


def test_a_copied_answer_carries_the_draft_mark(desk):
    answer(desk, desk.ask("Is there an effusion?"), Finished({"answer": "No effusion."}))

    desk.press(views(desk)[0].copy_button)

    text = QGuiApplication.clipboard().text()
    assert text.startswith(DRAFT_MARK)
    assert text.rstrip().endswith(DRAFT_MARK)
    assert "Model text, not evidence." in text


def test_a_described_film_stands_as_a_card_and_no_tag_is_ever_seen(desk):
    run = desk.ask("Draw a lateral view")
    run.send(TextDelta("Gladly. <Xr", "answer"))
    desk.wait(lambda: views(desk)[0].answer.text() == "Gladly.")
    run.send(TextDelta("ay>Lateral view of the chest.", "answer"))
    desk.wait(lambda: len(views(desk)[0].body.more) == 1)

    whole = "Gladly. <Xray>Lateral view of the chest.</Xray> Anything else?"
    answer(desk, run, TextDelta("</Xray> Anything else?", "answer"), Finished({"answer": whole}))

    card, rest = views(desk)[0].body.more
    assert card.description.text() == "Lateral view of the chest."
    assert "synthesis pack is not installed" in card.missing.text()
    assert rest.text() == "Anything else?"


FILM = "Lateral view of the chest was obtained. There is a right pleural effusion."


def test_a_wish_for_a_film_ends_in_a_marked_film_in_the_answer(desk):
    run = desk.ask("Could you generate a lateral view with a right pleural effusion?")
    assert isinstance(run.request, AskQuestion)
    told = f"Gladly. <Xray>{FILM}</Xray> It is synthetic."
    run.send(TextDelta(told, "answer"), Progress("drawing", 4, 20))
    run.send(Preview(0, 4, 20, marked_png(90), part=1))
    desk.wait(lambda: len(views(desk)[0].body.more) == 2 and views(desk)[0].body.more[0].picture.has_picture)
    card, rest = views(desk)[0].body.more
    assert isinstance(card.picture.film, Preview)
    assert card.title.text() == words.A_FILM_COMES
    assert not card.missing.isVisible()

    drawn = drawn_film(FILM, "lateral", seed=7, part=1, seen_view="lateral")
    answer(desk, run, drawn, Finished({"answer": told}))

    assert card.picture.film == drawn
    assert card.caption.text() == "Lateral view · seed 7"
    assert "SYNTHETIC – NOT A PATIENT IMAGE" in card.picture.accessibleName()
    assert not card.missing.isVisible()
    assert not card.doubts.isVisible()
    assert rest.text() == "It is synthetic."
    assert amber_share(card.picture) > 0.05, "the striped border and the badge are drawn around it"


def test_a_film_of_another_view_than_was_asked_for_is_doubted_in_the_answer(desk):
    run = desk.ask("Draw a lateral view")
    drawn = drawn_film(FILM, "lateral", part=0, seen_view="PA")

    answer(desk, run, TextDelta(f"<Xray>{FILM}</Xray>", "answer"), drawn, Finished())

    (card,) = views(desk)[0].body.more
    assert card.doubts.text() == "The view classifier sees: PA."


def test_why_a_described_film_was_not_made_stands_in_its_place(desk):
    run = desk.ask("Draw a lateral view")
    why = "The graphics card has too little memory for the generator."

    answer(desk, run, TextDelta(f"<Xray>{FILM}</Xray>", "answer"), Flag("no_film", why), Finished())

    (card,) = views(desk)[0].body.more
    assert card.missing.text() == why
    assert not card.how_button.isVisible()  # there is a pack
    assert not card.picture.isVisible()


def test_stopping_the_drawing_keeps_the_words_and_shows_no_film(desk):
    run = desk.ask("Draw a lateral view")
    run.send(TextDelta(f"<Xray>{FILM}</Xray>", "answer"), Preview(0, 4, 20, marked_png(90), part=0))
    desk.wait(lambda: len(views(desk)[0].body.more) == 1 and views(desk)[0].body.more[0].picture.has_picture)

    desk.press(desk.panel.questions.stop_button)
    desk.wait(lambda: not views(desk)[0].exchange.is_running)

    assert run.cancels == 1
    (card,) = views(desk)[0].body.more
    assert "Stopped." in views(desk)[0].note.text()
    assert not card.picture.isVisible()
    assert card.description.text() == FILM


def test_an_answer_goes_into_the_report_as_the_model_s_words(desk):
    desk.finish(desk.read(), "The heart is large.")
    answer(desk, desk.ask("Is there an effusion?"), Finished({"answer": "No effusion."}))

    desk.press(views(desk)[0].take_button)

    assert desk.report() == "The heart is large. No effusion."
    reading = controller_of(desk).reading()
    assert [one.provenance for one in sentences(reading)] == ["ai", "ai"]


def test_a_place_is_no_sentence_for_the_report(desk):
    run = desk.ask("Where is the heart?")
    answer(desk, run, Box("b1", desk.image(), BOX), Finished({"answer": "[1]"}))

    assert not views(desk)[0].take_button.isVisible()


def test_a_removed_question_is_gone(desk):
    answer(desk, desk.ask("Is there an effusion?"), Finished({"answer": "No effusion."}))

    desk.press(views(desk)[0].drop_button)

    assert views(desk) == []


def test_each_study_keeps_its_own_questions_and_boxes(desk):
    answer(desk, mark_box(desk), Finished({"answer": "Opacity."}))

    desk.host.hang(BERT)
    assert (views(desk), desk.host.marks) == ([], ())
    desk.host.hang(ANNA)

    assert [mark.xyxy for mark in desk.host.marks] == [BOX]


@pytest.fixture
def second_reader(qtbot):
    made = Desk(qtbot, PanelSettings(mode="second reader"))
    yield made
    made.close()


def controller_of(desk):
    from plugin.controller import Controller

    return desk.panel.findChild(Controller)


def test_the_second_reader_asks_after_the_own_first_look_only(second_reader):
    desk = second_reader
    assert "own first look" in desk.panel.questions.field.placeholderText()
    assert chips(desk) == {}
    desk.host.actions["ask_region"].run()
    assert desk.host.drawing is None
    desk.panel.questions.field.setText("Is there an effusion?")
    desk.press(desk.panel.questions.ask_button)
    assert desk.panel.questions.field.text() == "Is there an effusion?", "it stays typed"
    assert desk.door.runs == []

    controller_of(desk).fold(FirstLookCommitted("2026-11-22T09:00:00.000Z"))

    answer(desk, desk.ask("Is there an effusion?"), Finished({"answer": "No."}))


def test_answers_given_earlier_are_hidden_while_the_ai_is_hidden(second_reader):
    desk = second_reader
    controller = controller_of(desk)
    controller.fold(FirstLookCommitted("2026-11-22T09:00:00.000Z"))
    run = desk.ask("Where is the heart?")
    answer(desk, run, Box("b1", desk.image(), BOX), Finished({"answer": "[1]"}))

    controller.fold(AiHidden("2026-11-22T09:00:01.000Z"))
    assert views(desk)[0].question.text() == "Where is the heart?"
    assert not views(desk)[0].body.isVisible()
    assert not views(desk)[0].copy_button.isVisible()
    assert desk.host.marks == ()

    controller.fold(AiShownAgain("2026-11-22T09:00:02.000Z"))
    assert views(desk)[0].answer.text() == "Marked on PA."


def test_the_questions_can_be_reached_by_keyboard_alone(desk):
    desk.panel.activateWindow()
    desk.host.actions["ask"].run()
    assert desk.panel.questions.field.hasFocus()

    desk.host.actions["ask_region"].run()
    desk.host.draw(PA.key, BOX)
    desk.wait(lambda: bool(desk.door.runs))
    answer(desk, desk.door.runs[0], Finished({"answer": "Opacity."}))

    (shown,) = views(desk)
    for button in (
        shown.place_button,
        shown.finding_button,
        shown.part_button,
        shown.copy_button,
        shown.drop_button,
    ):
        assert button.focusPolicy() == Qt.FocusPolicy.StrongFocus
        assert button.accessibleName() or button.text()
