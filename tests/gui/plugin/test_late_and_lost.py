"""What comes late finds its own study; what breaks leaves the reader's text alone."""

from __future__ import annotations

from datetime import date

from gui.plugin.conftest import ANNA, BERT, a_reading
from gui.plugin.fake_host import film, hanging, study

from inference.backend import Finished, TextDelta
from inference.errors import BackendLost, ModelNotInstalled
from plugin.events import Problem
from plugin.state import StudyReading
from plugin.view import PanelView


def test_a_late_draft_finds_its_own_study_and_never_another(desk):
    run = desk.read()
    run.send(TextDelta("Anna's "))
    desk.wait(lambda: desk.report() == "Anna's ")

    desk.host.hang(BERT)
    run.send(*a_reading(desk.image()), TextDelta(" heart."), Finished())
    desk.qtbot.wait(300)
    assert desk.report() == ""
    assert desk.panel.findings.rows() == []
    assert desk.host.marks == ()

    desk.host.hang(ANNA)
    assert desk.report() == "Anna's The heart is large. heart."
    assert desk.row("f1") is not None


def test_two_studies_can_be_read_at_the_same_time(desk):
    of_anna = desk.read()
    desk.host.hang(BERT)
    of_bert = desk.read()

    of_anna.send(TextDelta("Anna."), Finished())
    of_bert.send(TextDelta("Bert."), Finished())
    desk.wait(lambda: desk.report() == "Bert.")
    desk.host.hang(ANNA)

    desk.wait(lambda: desk.report() == "Anna.")


def test_stop_ends_the_reading_at_the_backend_and_keeps_what_was_found(desk):
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.wait(lambda: desk.report() != "")

    desk.press(desk.panel.run_bar.stop_button)
    desk.wait(lambda: desk.status() == "Stopped. What was found until then is shown.")

    assert run.cancels == 1
    assert desk.row("f1") is not None
    assert desk.panel.run_bar.read_button.isEnabled()
    assert not desk.panel.run_bar.stop_button.isEnabled()


def test_stop_is_answered_at_once_even_when_the_backend_is_silent(desk):
    run = desk.read()

    desk.press(desk.panel.run_bar.stop_button)

    assert desk.status() == "Stopping…"
    desk.wait(lambda: run.cancels == 1)


def test_a_lost_backend_is_explained_and_the_text_is_safe(desk):
    desk.finish(desk.read())
    desk.panel.drafts.report.setPlainText("My own words.")
    run = desk.read()
    run.send(TextDelta("Anoth"))
    desk.door.die("its process was ended by SIGKILL")
    desk.wait(lambda: desk.panel.problem.isVisible() and desk.panel.run_bar.read_button.isEnabled())

    said = desk.panel.problem.text.text()
    assert said == "The AI stopped (its process was ended by SIGKILL). Your text is safe. Restart AI."
    assert desk.report() == "My own words."
    assert "AI stopped" in desk.panel.header.state_label.text()


def test_restart_brings_the_backend_back_and_takes_the_message_away(desk):
    desk.read()
    desk.door.die("its process was ended by SIGKILL")
    desk.wait(desk.panel.problem.restart_button.isVisible)

    desk.press(desk.panel.problem.restart_button)
    desk.wait(lambda: "AI ready" in desk.panel.header.state_label.text())

    assert desk.door.starts == 1
    desk.wait(lambda: not desk.panel.problem.isVisible())


def test_a_backend_that_hangs_can_be_left_by_a_restart(desk, monkeypatch):
    run = desk.read()
    monkeypatch.setattr(run, "cancel", lambda: None)  # it hears nothing any more
    desk.press(desk.panel.run_bar.stop_button)
    assert not desk.panel.problem.isVisible()
    monkeypatch.setattr("plugin.view.PATIENCE_S", 0.0)
    desk.wait(desk.panel.problem.restart_button.isVisible)
    assert desk.panel.problem.text.text() == "The AI does not answer. Your text is safe. Restart AI."

    desk.press(desk.panel.problem.restart_button)
    desk.wait(lambda: desk.door.stops == 1)
    run.send(RuntimeError("Cannot send a request, as the client has been closed."))

    desk.wait(lambda: desk.status() == "Stopped. What was found until then is shown.")
    desk.wait(lambda: "AI ready" in desk.panel.header.state_label.text())
    assert not desk.panel.problem.isVisible()
    desk.finish(desk.read(), "Second time.")


def test_while_the_backend_starts_again_nobody_is_told_to_restart_it():
    lost = Problem("The AI stopped (gone). Your text is safe. Restart AI.", is_backend_lost=True)

    assert PanelView("a", backend_state="lost: gone", backend_problem=lost).problem is lost
    for state in ("starting", "loading"):
        assert PanelView("a", backend_state=state, backend_problem=lost).problem is None
    other = Problem("Not a film.")
    assert PanelView("a", StudyReading(problem=other), "starting").problem is other


def test_a_second_reading_after_the_loss_needs_no_restart_button(desk):
    desk.read()
    desk.door.die("its process was ended by SIGKILL")
    desk.wait(desk.panel.run_bar.read_button.isEnabled)

    desk.finish(desk.read(), "Second time.")

    assert desk.report() == "Second time."
    desk.wait(lambda: not desk.panel.problem.isVisible())


def test_a_backend_that_dies_while_idle_is_noticed(desk):
    desk.door.die("its process ended with exit code 1")

    desk.wait(desk.panel.problem.isVisible)

    assert "exit code 1" in desk.panel.problem.text.text()


def test_a_model_that_is_not_there_is_told_with_the_remedy(qtbot, tmp_path):
    from gui.plugin.conftest import Desk

    desk = Desk(qtbot)
    try:
        desk.door.start_error = ModelNotInstalled("m4cxr", tmp_path)
        desk.door.state = "lost: no model"
        desk.press(desk.panel.run_bar.read_button)
        desk.wait(lambda: "is not on this computer" in desk.panel.problem.text.text())

        assert str(tmp_path) in desk.panel.problem.remedy.text()
    finally:
        desk.close()


def test_a_broken_stream_without_reason_is_still_told(desk):
    run = desk.read()
    run.send(BackendLost("The AI stopped answering (ReadError)."))
    desk.wait(desk.panel.problem.isVisible)

    assert "Your text is safe. Restart AI." in desk.panel.problem.text.text()


def test_a_fault_of_ours_ends_the_run_and_says_so(desk):
    run = desk.read()
    run.send(RuntimeError("boom"))
    desk.wait(desk.panel.problem.isVisible)

    assert "RuntimeError" in desk.panel.problem.text.text()
    assert desk.panel.run_bar.read_button.isEnabled()


def test_deactivation_stops_everything_and_can_be_done_twice(desk):
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.wait(lambda: desk.host.marks != ())

    desk.undo()
    desk.undo()
    desk.wait(lambda: run.cancels == 1)

    assert desk.host.marks == ()
    assert desk.host.panels == {}
    assert desk.host.actions == {}
    assert desk.door.stops == 1


def test_a_film_that_is_its_own_prior_is_not_compared_with_itself(desk, monkeypatch):
    earlier = study("1.2.0", film("0", study="1.2.0"), date=date(2024, 3, 1))
    same = desk.host.read_pixels(ANNA.current.films[0])
    monkeypatch.setattr(desk.host, "read_pixels", lambda _: same)
    desk.host.hang(hanging(ANNA.current, earlier))
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.finish(run)

    assert [told.role for told in next(iter(desk.door.studies.values())).films] == ["current"]
    assert desk.panel.drafts.prior_label.text() == "The prior was not read: no comparison was made."
    assert [mark.film_key for mark in desk.host.marks] == [ANNA.current.films[0].key]
