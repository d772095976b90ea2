"""The reader looks first: nothing of the AI is on screen before (reading.md AI-3, 1.3, 1.4)."""

from __future__ import annotations

from gui.plugin.conftest import BERT, Desk, a_reading, all_13
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QWidget

from inference.backend import DRAFT_MARK, Finished, NotRead
from plugin.first_look.words import ASK_AFTER
from plugin.settings import PanelSettings


def words_on_screen(desk) -> str:
    """Every word of the panel that can be seen, with what screen readers and tooltips say."""
    seen = [widget for widget in desk.panel.findChildren(QWidget) if widget.isVisible()]
    texts = [widget.text() for widget in seen if isinstance(widget, QLabel | QAbstractButton | QLineEdit)]
    texts += [widget.toPlainText() for widget in seen if isinstance(widget, QPlainTextEdit)]
    texts += [said for widget in seen for said in (widget.accessibleName(), widget.toolTip())]
    return "\n".join(texts).lower()


def gate(desk) -> str:
    return desk.panel.gate.status.text()


def read_behind_the_gate(desk) -> None:
    run = desk.read()
    run.send(*a_reading(desk.image()))
    run.send(Finished({"report": "The heart is large."}))
    desk.wait(lambda: gate(desk).startswith("AI ready"))


def press_enter(desk) -> None:
    desk.host.actions["accept"].run()


def test_while_the_ai_looks_the_panel_says_so_and_shows_nothing_of_it(second_desk):
    desk = second_desk
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.wait(lambda: gate(desk).startswith("The AI is looking"))
    desk.qtbot.wait(100)  # all of it has arrived, and none of it is drawn

    assert desk.panel.findings.rows() == []
    assert (desk.host.marks, desk.host.banner, desk.report()) == ((), "", "")
    assert "heart" not in words_on_screen(desk)
    assert "locating" not in words_on_screen(desk)


def test_a_finished_reading_says_ready_and_waits(second_desk):
    read_behind_the_gate(second_desk)

    assert second_desk.panel.findings.rows() == []
    assert second_desk.host.marks == ()
    assert "heart" not in words_on_screen(second_desk)
    assert "Draft ready" not in second_desk.status()


def test_i_have_read_it_shows_findings_boxes_and_draft(second_desk):
    desk = second_desk
    read_behind_the_gate(desk)

    desk.press(desk.panel.gate.reveal_button)

    assert desk.row("f1").isVisible()
    assert [mark.id for mark in desk.host.marks] == ["b1"]
    assert desk.host.banner == DRAFT_MARK
    assert desk.report() == "The heart is large."
    assert not desk.panel.gate.isVisible()


def test_enter_means_i_have_read_it_before_the_reveal(second_desk):
    read_behind_the_gate(second_desk)

    press_enter(second_desk)

    assert second_desk.row("f1").isVisible()


def test_a_double_press_of_enter_reveals_and_accepts_nothing(second_desk):
    desk = second_desk
    read_behind_the_gate(desk)

    press_enter(desk)
    press_enter(desk)
    press_enter(desk)

    assert desk.reading().review.verdicts == ()
    assert desk.row("f1").isVisible()


def test_a_result_that_comes_after_the_commit_is_shown_as_it_comes(second_desk):
    desk = second_desk
    run = desk.read()
    press_enter(desk)

    run.send(*a_reading(desk.image()))

    desk.wait(lambda: desk.row("f1") is not None and desk.row("f1").isVisible())


def test_another_study_has_its_own_gate(second_desk):
    desk = second_desk
    read_behind_the_gate(desk)
    press_enter(desk)

    desk.host.hang(BERT)

    assert desk.panel.gate.isVisible()
    assert gate(desk).startswith("The AI has not looked")


def test_the_results_can_be_hidden_and_shown_again_by_key_and_button(second_desk):
    desk = second_desk
    read_behind_the_gate(desk)
    press_enter(desk)

    desk.host.actions["hide_ai"].run()
    assert (desk.panel.findings.rows(), desk.host.marks, desk.host.banner) == ([], (), "")
    assert "heart" not in words_on_screen(desk)
    assert not desk.panel.gate.isVisible()  # the first look is not asked for twice

    desk.press(desk.panel.shown_bar.button)
    assert desk.row("f1").isVisible()
    assert len(desk.host.marks) == 1


def test_hiding_before_the_first_look_says_what_to_do(second_desk):
    second_desk.host.actions["hide_ai"].run()

    assert "Look at the films first" in second_desk.host.messages[-1]


def test_each_reveal_and_each_hiding_is_an_event_with_its_time(second_desk):
    desk = second_desk
    told = []
    desk.controller.on_folded(lambda _key, _before, event, _after: told.append(event))
    read_behind_the_gate(desk)

    press_enter(desk)
    desk.host.actions["hide_ai"].run()
    desk.host.actions["hide_ai"].run()

    kinds = [type(event).__name__ for event in told]
    assert [kind for kind in kinds if kind in {"FirstLookCommitted", "AiHidden", "AiShownAgain"}] == [
        "FirstLookCommitted",
        "AiHidden",
        "AiShownAgain",
    ]
    assert all(event.at.endswith("Z") for event in told if hasattr(event, "at"))
    assert desk.reading().first_look.first_seen_at != ""


def test_the_first_impression_is_kept_and_offered_beside_the_draft(second_desk):
    desk = second_desk
    desk.panel.gate.impression.setPlainText("Large heart, small effusion left?")
    read_behind_the_gate(desk)
    press_enter(desk)

    assert desk.panel.first_impression.text.text() == "Large heart, small effusion left?"
    assert desk.report() == "The heart is large."

    desk.press(desk.panel.first_impression.button)
    assert desk.report() == "The heart is large.\nLarge heart, small effusion left?"


def test_a_report_that_was_written_first_stays_and_the_draft_is_offered(second_desk):
    desk = second_desk
    assert not desk.panel.drafts.isVisible()
    desk.press(desk.panel.gate.report_button)
    desk.panel.drafts.report.setPlainText("My own report.")
    read_behind_the_gate(desk)
    assert not desk.panel.drafts.new_draft_button.isVisible()

    press_enter(desk)

    assert desk.report() == "My own report."
    assert desk.panel.drafts.new_draft_button.isVisible()


def test_a_question_before_the_first_look_asks_for_it_and_reaches_no_backend(second_desk):
    desk = second_desk
    read_behind_the_gate(desk)
    runs = len(desk.door.runs)

    desk.panel.questions.field.setText("Is the heart large?")
    desk.press(desk.panel.questions.ask_button)

    assert ASK_AFTER in desk.host.messages
    assert len(desk.door.runs) == runs


def test_after_the_site_s_seconds_it_is_shown_by_itself(qtbot):
    desk = Desk(qtbot, PanelSettings())
    desk.host.settings.set("site", {"format": 1, "reveal_after_s": 1})
    read_behind_the_gate(desk)

    desk.wait(lambda: desk.row("f1") is not None and desk.row("f1").isVisible())

    look = desk.reading().first_look
    assert (look.revealed_by, look.is_committed) == ("time", False)
    desk.close()


def test_behind_the_gate_the_panel_is_the_same_whatever_the_ai_found(second_desk):
    desk, said = second_desk, []
    for present in (("pneumothorax", "cardiomegaly"), ()):
        run = desk.read()
        run.send(*all_13(desk.image(), *present), Finished({"report": "Anything.", "impression": "Else."}))
        desk.wait(lambda: gate(desk).startswith("AI ready"))
        said.append(words_on_screen(desk))

    assert said[0] == said[1]
    assert "pneumothorax" not in said[0]


def test_why_a_film_was_not_read_waits_behind_the_gate_as_well(second_desk):
    desk = second_desk
    run = desk.read()
    run.send(NotRead(desk.image(), "it looks like a hand"), Finished({"report": ""}))
    desk.wait(lambda: gate(desk).startswith("AI ready"))
    assert "hand" not in words_on_screen(desk)

    press_enter(desk)
    assert "this image was not read: it looks like a hand." in words_on_screen(desk)


def test_a_late_result_never_shows_while_the_ai_is_hidden_by_hand(desk):
    run = desk.read()
    desk.key("hide_ai")

    run.send(*a_reading(desk.image()), Finished({"report": "The heart is large."}))
    desk.wait(lambda: desk.reading().is_complete)
    desk.controller.show()
    assert (desk.panel.findings.rows(), desk.host.marks, desk.report()) == ([], (), "")

    desk.key("hide_ai")
    assert desk.row("f1").isVisible()
    assert desk.report() == "The heart is large."


def test_signing_behind_the_gate_tells_nothing_of_what_the_ai_found(second_desk):
    desk = second_desk
    desk.press(desk.panel.gate.report_button)
    desk.panel.drafts.report.setPlainText("The lungs are clear.")
    run = desk.read()
    run.send(*all_13(desk.image(), "pneumothorax"), Finished({"report": "Large pneumothorax."}))
    desk.wait(lambda: gate(desk).startswith("AI ready"))

    desk.key("sign")
    desk.qtbot.wait(50)

    assert "pneumothorax" not in words_on_screen(desk)
    assert "clear" in words_on_screen(desk)
