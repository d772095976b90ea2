"""The reader's text, the clipboard, and questions."""

from __future__ import annotations

from gui.plugin.conftest import ANNA, BERT, a_reading
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from inference.backend import DRAFT_MARK, Finished, TextDelta


def type_into(desk, text: str) -> None:
    """As the reader does: select all and type."""
    editor = desk.panel.drafts.report
    editor.selectAll()
    desk.qtbot.keyClicks(editor, text)


def test_the_copied_text_carries_the_draft_mark(desk):
    desk.finish(desk.read(), "The heart is large.")

    desk.press(desk.panel.drafts.copy_button)

    text = QGuiApplication.clipboard().text()
    assert text.startswith(DRAFT_MARK)
    assert text.rstrip().endswith(DRAFT_MARK)
    assert "The heart is large." in text
    assert "Test pack 0.9" in text


def test_what_was_edited_is_what_is_copied(desk):
    desk.finish(desk.read(), "The heart is large.")
    type_into(desk, "Heart normal.")

    desk.press(desk.panel.drafts.copy_button)

    assert "Heart normal." in QGuiApplication.clipboard().text()
    assert "large" not in QGuiApplication.clipboard().text()
    assert desk.panel.drafts.whose_label.text() == "edited by you"


def test_with_no_text_there_is_nothing_to_copy(desk):
    assert not desk.panel.drafts.copy_button.isEnabled()


def test_edits_survive_another_reading_and_the_new_draft_is_offered(desk):
    desk.finish(desk.read(), "The heart is large.")
    type_into(desk, "Heart normal.")

    run = desk.read()
    run.send(TextDelta("The heart "), TextDelta("is huge."))
    desk.qtbot.wait(200)
    assert desk.report() == "Heart normal."
    desk.finish(run, "")

    assert desk.report() == "Heart normal."
    assert desk.panel.drafts.new_draft_button.isVisible()


def test_the_new_draft_can_be_taken_and_taken_back(desk):
    desk.finish(desk.read(), "The heart is large.")
    type_into(desk, "Heart normal.")
    desk.finish(desk.read(), "The heart is huge.")

    desk.press(desk.panel.drafts.new_draft_button)
    assert desk.report() == "The heart is huge."

    desk.panel.drafts.report.undo()
    assert desk.report() == "Heart normal."
    assert desk.panel.drafts.whose_label.text() == "edited by you"


def test_each_study_keeps_its_own_text(desk):
    type_into(desk, "About Anna.")
    desk.host.hang(BERT)
    assert desk.report() == ""
    type_into(desk, "About Bert.")

    desk.host.hang(ANNA)

    assert desk.report() == "About Anna."


def test_undo_never_brings_one_study_s_words_under_another(desk):
    type_into(desk, "About Anna.")
    desk.host.hang(BERT)

    desk.panel.drafts.report.undo()

    assert desk.report() == ""


def test_the_cursor_stays_where_the_reader_types(desk):
    desk.finish(desk.read(), "The heart is large.")
    editor = desk.panel.drafts.report
    cursor = editor.textCursor()
    cursor.setPosition(9)
    editor.setTextCursor(cursor)

    desk.qtbot.keyClicks(editor, "s")

    assert desk.report() == "The heart" + "s is large."
    assert editor.textCursor().position() == 10


def test_an_answer_streams_under_its_question_and_is_no_evidence(desk):
    run = desk.ask("Is there an effusion?")
    run.send(
        TextDelta("No ", "answer"), TextDelta("effusion.", "answer"), Finished({"answer": "No effusion."})
    )
    desk.wait(desk.panel.run_bar.read_button.isEnabled)

    (shown,) = [view for view in desk.panel.history.views if view.isVisible()]
    assert (shown.question.text(), shown.answer.text()) == ("Is there an effusion?", "No effusion.")
    assert shown.note.text() == "Model text, not evidence."


def is_in_sight(desk, widget) -> bool:
    area = desk.panel.body_area.viewport()
    bottom = widget.mapTo(area, widget.rect().bottomLeft()).y()
    return widget.isVisible() and 0 < bottom <= area.height()


def test_an_answer_is_in_sight_however_long_the_findings_above_it_are(desk):
    desk.panel.resize(400, 500)
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.finish(run, "The heart is large. " * 40)
    desk.panel.body_area.verticalScrollBar().setValue(0)

    run = desk.ask("Is there an effusion?")
    desk.wait(lambda: desk.panel.history.views and is_in_sight(desk, desk.panel.history.views[0].answer))
    run.send(TextDelta("No effusion. " * 30, "answer"), Finished({"answer": "No effusion. " * 30}))

    desk.wait(desk.panel.run_bar.read_button.isEnabled)
    desk.wait(lambda: is_in_sight(desk, desk.panel.history.views[0].note))


def test_who_scrolls_away_from_a_growing_answer_is_left_there(desk):
    desk.panel.resize(400, 500)
    desk.finish(desk.read(), "The heart is large. " * 40)
    run = desk.ask("Is there an effusion?")
    desk.wait(lambda: desk.panel.history.views and is_in_sight(desk, desk.panel.history.views[0].answer))
    bar = desk.panel.body_area.verticalScrollBar()

    bar.triggerAction(bar.SliderAction.SliderToMinimum)
    run.send(TextDelta("No effusion. " * 30, "answer"), Finished({"answer": "No effusion. " * 30}))
    desk.wait(desk.panel.run_bar.read_button.isEnabled)
    desk.qtbot.wait(50)

    assert bar.value() == 0


def test_earlier_questions_go_along_and_the_films_are_sent_once(desk):
    run = desk.ask("Is there an effusion?")
    run.send(Finished({"answer": "No."}))
    desk.wait(desk.panel.run_bar.read_button.isEnabled)

    second = desk.ask("And the heart?")

    said = [(message.role, message.content) for message in second.request.messages]
    assert said == [("user", "Is there an effusion?"), ("assistant", "No."), ("user", "And the heart?")]
    assert len(desk.door.studies) == 1


def test_a_question_after_a_restart_sends_the_films_again(desk):
    desk.finish(desk.read())
    desk.door.die("gone")

    run = desk.ask("Is there an effusion?")
    run.send(Finished({"answer": "No."}))
    desk.wait(lambda: desk.panel.history.views and desk.panel.history.views[0].answer.text() == "No.")

    assert len(desk.door.films) == 1


def test_an_answer_can_be_stopped(desk):
    run = desk.ask("Is there an effusion?")
    run.send(TextDelta("Perhaps", "answer"))
    desk.wait(lambda: desk.panel.history.views[0].answer.text() == "Perhaps")

    desk.press(desk.panel.run_bar.stop_button)
    desk.wait(lambda: desk.panel.history.views[0].note.text() == "Stopped. Model text, not evidence.")

    assert run.cancels == 1


def test_a_question_keeps_the_draft_and_a_half_typed_one_stays_with_its_study(desk):
    desk.finish(desk.read(), "The heart is large.")
    desk.panel.questions.field.setText("Half a ques")

    desk.host.hang(BERT)
    assert desk.panel.questions.field.text() == ""
    desk.host.hang(ANNA)

    assert desk.panel.questions.field.text() == "Half a ques"
    assert desk.report() == "The heart is large."


def test_enter_sends_the_question_and_an_empty_one_is_not_sent(desk):
    field = desk.panel.questions.field
    desk.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert desk.door.runs == []

    field.setText("Is there an effusion?")
    desk.qtbot.keyClick(field, Qt.Key.Key_Return)
    desk.wait(lambda: len(desk.door.runs) == 1)

    assert field.text() == ""


def test_model_text_is_never_taken_for_markup(desk):
    run = desk.ask("What is it?")
    run.send(Finished({"answer": "<b>bold</b> <img src='file:///etc/passwd'>"}))
    desk.wait(lambda: "bold" in desk.panel.history.views[0].answer.text())

    assert desk.panel.history.views[0].answer.textFormat() == Qt.TextFormat.PlainText


def test_the_model_card_is_one_click_away(desk):
    from plugin.backend.model_card import ModelCard

    desk.press(desk.panel.header.pack_button)

    (card,) = desk.panel.findChildren(ModelCard)
    assert "Knows nothing." in card.plain_text()
    assert "f" * 64 in card.plain_text()
    assert "Boxes are accurate to about 1 % of the short side" in card.plain_text()
    card.reject()
