"""What is kept: the draft comes back where it was, never under another study, and everything is in the audit log."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest
from gui.plugin.conftest import ANNA, BERT, PA, Desk, a_reading
from gui.plugin.fake_host import hanging, study
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from inference.backend import Finished
from inference.errors import BackendLost
from plugin.first_look.state import AiHidden, FirstLookCommitted
from plugin.records import draft_keeping
from plugin.records.audit_check import read_log, verify
from plugin.records.audit_files import audit_folder
from plugin.records.database import open_database, records_folder
from plugin.records.draft_keeping import DraftKeeping
from plugin.records.draft_store import signed_versions
from plugin.review.state import FindingRejected
from plugin.settings import PanelSettings
from plugin.signing.standing import words_to_sign
from plugin.signing.state import ChecksRun, SignAsked, Signed
from plugin.signing.versions import make_version
from plugin.site.state import ConsentChanged
from plugin.study_films import study_key

Open = Callable[..., Desk]


@pytest.fixture
def open_desk(qtbot) -> Iterator[Open]:
    """Opens windows one after the other, or beside each other; `close` them early where it matters."""
    made: list[Desk] = []

    def make(shown=ANNA, settings: PanelSettings | None = None) -> Desk:
        made.append(Desk(qtbot, settings, shown))
        return made[-1]

    yield make
    for desk in made:
        if desk.host.panels:
            desk.close()


def write(desk: Desk, text: str) -> None:
    """Type at the end of the report, key by key."""
    editor = desk.panel.drafts.report
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, text)


def sign(desk: Desk) -> None:
    """Both steps of a signature, without a check that would find anything."""
    fold, now = desk.controller.fold, desk.controller.now()
    fold(SignAsked(now))
    fold(ChecksRun(words_to_sign(desk.controller.reading()), (), now))
    fold(Signed(make_version(desk.controller.reading(), "Dr. Kim", now, desk.controller.pack)))
    assert desk.controller.reading().signing.is_signed


def whats() -> list[str]:
    return [line.entry.what for line in read_log()]


def strip(desk: Desk):
    return desk.part.strip


def kept(shown=ANNA) -> str | None:
    """What a new window would find."""
    keeping = DraftKeeping(records_folder())
    reading = keeping.open(study_key(shown), is_on_screen=False).reading
    keeping.close()
    return reading.report.edited if reading else None


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_comes_back_where_it_was_left(open_desk):
    desk = open_desk()
    run = desk.read()
    run.send(*a_reading(desk.image()), Finished({"report": "The heart is large."}))
    desk.wait(lambda: desk.status().startswith("Draft ready"))
    desk.host.actions["next_finding"].run()
    write(desk, " Lungs clear.")
    desk.close()

    again = open_desk()
    again.wait(lambda: again.report() == "The heart is large. Lungs clear.")
    assert again.row("f1").property("selected") or again.panel._view.reading.selected == "f1"
    assert [mark.id for mark in again.host.marks] == ["b1"]
    assert again.host.messages[0].endswith("is back, where you left it.")


def test_a_reading_that_ran_when_the_window_closed_comes_back_as_stopped(open_desk):
    desk = open_desk()
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.wait(lambda: desk.report() == "The heart is large.")
    desk.close()

    again = open_desk()
    again.wait(lambda: again.status() == "Stopped. What was found until then is shown.")
    assert again.report() == "The heart is large."
    assert again.panel.run_bar.read_button.isEnabled()


def test_a_draft_never_comes_back_under_another_study(open_desk):
    desk = open_desk()
    write(desk, "Of Anna.")
    desk.close()

    again = open_desk(BERT)
    again.wait(lambda: "study_opened" in whats())
    again.host.hang(ANNA)
    again.wait(lambda: again.report() == "Of Anna.")
    again.host.hang(BERT)
    assert again.report() == ""


def test_a_draft_that_comes_late_finds_its_own_study(open_desk, monkeypatch):
    desk = open_desk()
    write(desk, "Of Anna.")
    desk.close()

    again = open_desk(BERT)
    again.host.hang(ANNA)
    again.host.hang(BERT)  # at once, before anything could be loaded
    again.wait(lambda: bool(again.controller.reading(study_key(ANNA)).report.edited))
    assert again.report() == ""
    assert again.host.messages == []


def test_a_draft_never_comes_over_what_the_reader_has_begun_and_is_offered_instead(open_desk, monkeypatch):
    desk = open_desk()
    write(desk, "Stored words.")
    desk.close()

    again = open_desk(BERT)
    again.host.hang(ANNA)
    write(again, "New words.")  # before the thread could load anything that reaches this one
    again.wait(strip(again).take_button.isVisible)
    assert again.report() == "New words."

    again.press(strip(again).take_button)
    assert again.report() == "Stored words."
    assert not strip(again).isVisible()
    again.close()
    assert kept() == "Stored words."

    third = open_desk()
    third.wait(strip(third).take_button.isVisible)  # nothing is lost by taking the other
    third.press(strip(third).discard_button)
    assert not strip(third).isVisible()
    assert third.report() == "Stored words."


def test_another_draft_is_not_taken_while_the_model_writes(open_desk):
    desk = open_desk()
    write(desk, "Stored words.")
    desk.close()
    again = open_desk(BERT)
    again.host.hang(ANNA)
    write(again, "New words.")
    again.wait(strip(again).take_button.isVisible)
    run = again.read()

    again.press(strip(again).take_button)
    assert again.report() == "New words."
    assert again.host.messages[-1].startswith("Stop the reading first")
    run.send(Finished())


def test_a_study_is_not_read_by_itself_before_its_draft_is_there(open_desk, monkeypatch):
    desk = open_desk()
    desk.finish(desk.read())
    desk.close()
    may_open, really_open = threading.Event(), DraftKeeping.open

    def slow(*arguments):
        assert may_open.wait(60)
        return really_open(*arguments)

    monkeypatch.setattr(DraftKeeping, "open", slow)
    again = open_desk(settings=PanelSettings(auto_read=True, mode="concurrent"))
    again.controller._read_by_itself_now()  # as after the hanging was left alone
    assert not again.controller.reading().is_running
    may_open.set()
    again.wait(lambda: again.report() == "The heart is large.")
    again.controller._read_by_itself_now()
    assert again.door.runs == []


def test_what_is_typed_is_saved_while_the_reader_types_on(open_desk):
    desk = open_desk()
    text = ""
    while not (kept() or ""):
        text += "x"
        write(desk, "x")
        desk.qtbot.wait(1)  # as between two keys, what the threads tell arrives
        assert len(text) < 2000
    assert text.startswith(kept() or "-")


def test_the_study_is_saved_at_once_when_another_comes_on_screen(open_desk, monkeypatch):
    desk = open_desk()
    desk.part._drafts._delay_s = 3600
    write(desk, "Heart large.")
    desk.host.hang(BERT)

    desk.wait(lambda: kept() == "Heart large.")


def test_two_studies_each_keep_their_own_draft(open_desk):
    desk = open_desk()
    write(desk, "Of Anna.")
    desk.host.hang(BERT)
    write(desk, "Of Bert.")
    desk.host.hang(ANNA)
    write(desk, " More.")
    desk.close()

    assert (kept(ANNA), kept(BERT)) == ("Of Anna. More.", "Of Bert.")


def test_the_second_window_on_a_study_is_told_and_does_not_write_over_the_first(open_desk):
    first = open_desk()
    write(first, "First.")
    first.host.hang(BERT)
    first.host.hang(ANNA)  # saved, and on screen
    first.wait(lambda: kept() == "First.")
    second = open_desk()
    second.wait(lambda: strip(second).notice_label.text().startswith("This draft is open in another window."))
    assert second.report() == "First."
    write(second, " Second.")
    second.close()
    write(first, " And more.")
    first.close()

    assert kept() == "First. And more."
    third = open_desk()
    third.wait(lambda: "kept in another window" in strip(third).offer_label.text())
    third.press(strip(third).take_button)
    assert third.report() == "First. Second."


def test_the_reader_is_told_at_once_when_the_text_cannot_be_saved_and_types_on(open_desk, monkeypatch):
    desk = open_desk()

    is_full, save = [True], draft_keeping.store.save

    def refuse(*row):
        if is_full:
            raise sqlite3.OperationalError("database or disk is full")
        return save(*row)

    desk.part._drafts._retry_s = 0.05
    monkeypatch.setattr(draft_keeping.store, "save", refuse)
    write(desk, "Heart")
    desk.wait(strip(desk).trouble_label.isVisible)
    assert (
        strip(desk)
        .trouble_label.text()
        .startswith(
            "Your text is not being saved: database or disk is full. It is still here and is tried again by itself."
        )
    )
    write(desk, " large.")
    assert desk.report() == "Heart large."

    is_full.clear()
    desk.wait(lambda: not strip(desk).isVisible())
    desk.close()
    assert kept() == "Heart large."


def test_a_broken_file_of_drafts_is_told_and_kept(open_desk):
    records_folder().mkdir(parents=True)
    (records_folder() / "drafts.sqlite3").write_bytes(b"no database " * 500)
    desk = open_desk()
    desk.wait(lambda: "could not be read" in strip(desk).notice_label.text())
    write(desk, "Heart large.")
    desk.close()

    assert kept() == "Heart large."
    assert len(list(records_folder().glob("drafts.unreadable-*"))) == 1


def test_a_window_that_closes_while_nothing_can_be_saved_notes_it_for_the_support(
    open_desk, monkeypatch, caplog
):
    desk = open_desk()

    def refuse(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(draft_keeping.store, "save", refuse)
    write(desk, "Heart large.")
    desk.wait(strip(desk).trouble_label.isVisible)
    desk.close()
    desk.part.end()  # twice does no harm

    assert "closed before everything was kept" in caplog.text
    assert "Heart" not in caplog.text


def test_a_draft_that_cannot_be_read_is_told_and_kept(open_desk):
    desk = open_desk()
    write(desk, "Heart large.")
    desk.close()
    with sqlite3.connect(records_folder() / "drafts.sqlite3") as connection:
        connection.execute("UPDATE drafts SET body = '{'")
    connection.close()

    again = open_desk()
    again.wait(lambda: "It was set aside, not deleted." in strip(again).notice_label.text())
    assert again.report() == ""


def answer(desk: Desk, text: str) -> None:
    question = desk.part.discarding.question
    next(button for button in question.buttons() if button.text() == text).click()


def test_only_the_reader_discards_a_draft_and_is_asked_before(open_desk):
    desk = open_desk()
    write(desk, "Heart large.")
    desk.key("discard_draft")
    answer(desk, "Keep")
    assert desk.report() == "Heart large."
    desk.key("discard_draft")
    answer(desk, "Discard")
    assert desk.report() == ""
    desk.close()

    assert kept() is None
    assert whats()[-1] == "draft_discarded"


def test_nothing_signed_running_or_never_begun_is_discarded(open_desk):
    desk = open_desk()
    desk.key("discard_draft")
    assert desk.host.messages[-1].startswith("Nothing is kept of this study")
    run = desk.read()
    desk.key("discard_draft")
    assert desk.host.messages[-1].startswith("Stop the reading first")
    run.send(Finished())
    desk.wait(lambda: not desk.controller.reading().is_running)
    write(desk, "Clear.")
    sign(desk)
    desk.key("discard_draft")
    assert desk.host.messages[-1].startswith("This study has a signed version.")
    desk.host.hang(type(ANNA)())
    desk.key("discard_draft")
    assert desk.host.messages[-1].startswith("Nothing is kept of this study")


def test_a_draft_is_not_discarded_where_a_run_has_begun_while_it_was_asked(open_desk):
    desk = open_desk()
    write(desk, "Heart large.")
    desk.key("discard_draft")
    run = desk.read()
    answer(desk, "Discard")
    assert desk.report() == "Heart large."
    run.send(Finished())


def test_a_signed_version_is_kept_for_good_and_comes_back_signed(open_desk):
    desk = open_desk()
    write(desk, "The lungs are clear.")
    sign(desk)
    desk.close()

    connection, _ = open_database(records_folder())
    (version,) = signed_versions(connection, study_key(ANNA))
    connection.close()
    assert json.loads(version.body)["report"] == "The lungs are clear."
    again = open_desk()
    again.wait(lambda: again.controller.reading().signing.is_signed)
    assert again.report() == "The lungs are clear."
    assert whats().count("signed") == 1


# ── the audit log ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_tells_what_the_research_switch_let_pass(open_desk):
    desk = open_desk()
    desk.host.synthetic_used("measure")
    desk.close()

    (line,) = [line for line in read_log() if line.entry.what == "synthetic_used"]
    assert line.entry.details == {"doing": "measure"}


def test_the_log_tells_what_happened_to_a_study_with_who_when_and_which_model(open_desk):
    desk = open_desk()
    desk.host.settings.set("site", {"format": 1, "reader_name": "Dr. Kim"})
    run = desk.read()
    run.send(*a_reading(desk.image()), Finished({"report": "The heart is large."}))
    desk.wait(lambda: desk.status().startswith("Draft ready"))
    desk.controller.fold(FindingRejected("f1", desk.controller.now(), "known"))
    write(desk, " Lungs clear.")
    desk.close()

    lines = list(read_log())
    assert [line.entry.what for line in lines] == [
        *("study_opened", "ai_revealed", "reading_started", "reading_finished", "finding_rejected"),
        "text_first_edited",
    ]
    rejected = lines[4].entry
    assert rejected.details == {"label": "cardiomegaly", "confidence": 0.82, "reason": "known"}
    assert (rejected.who, rejected.study, rejected.pack) == ("Dr. Kim", "1.2.1", "starter-test 0.9")
    assert rejected.pack_sha256 == "f" * 64
    assert rejected.at.endswith("Z")
    assert verify().is_intact


def test_every_reveal_and_hide_of_the_ai_is_in_the_log(open_desk):
    desk = open_desk(settings=PanelSettings(mode="second reader"))
    desk.controller.fold(FirstLookCommitted(desk.controller.now()))
    desk.controller.fold(AiHidden(desk.controller.now()))
    desk.close()

    assert whats() == ["study_opened", "first_look_committed", "ai_revealed", "ai_hidden"]


def test_a_lost_backend_and_the_failed_reading_are_in_the_log(open_desk):
    desk = open_desk()
    run = desk.read()
    run.send(BackendLost("The AI stopped answering."))
    desk.wait(lambda: "reading_failed" in whats() and "backend_lost" in whats())


def test_what_concerns_the_site_is_in_the_log_without_a_study(open_desk):
    desk = open_desk()
    desk.controller.fold(ConsentChanged(True, desk.controller.now()))
    desk.close()

    line = list(read_log())[-1].entry
    assert (line.what, line.study, line.details) == ("consent_changed", "", {"is_given": True})


def test_neither_log_nor_file_names_hold_a_name_a_prompt_or_a_word_of_the_report(open_desk):
    desk = open_desk()
    write(desk, "SECRETWORD about the heart.")
    run = desk.ask("SECRETQUESTION?")
    run.send(Finished({"answer": "SECRETANSWER"}))
    desk.wait(lambda: not desk.controller.reading().is_running)
    desk.close()

    told = b"".join(file.read_bytes() for file in audit_folder().glob("*") if file.is_file())
    assert b"question_asked" in told
    assert not any(word in told for word in (b"SECRET", b"Doe", b"Jane", b"heart", b"P1"))


def test_a_log_that_cannot_be_written_is_told_on_the_panel(open_desk):
    audit_folder().parent.mkdir(parents=True, exist_ok=True)
    audit_folder().write_text("a file where the folder should be")
    desk = open_desk()
    desk.wait(lambda: strip(desk).trouble_label.text().startswith("The audit log is not being written"))
    audit_folder().unlink()
    desk.part._audit._retry_s = 0.01
    desk.wait(lambda: not strip(desk).isVisible())
    assert whats()[0] == "study_opened"


def test_an_empty_window_logs_no_study(open_desk):
    desk = open_desk(hanging(study("1.2.9", PA)))
    desk.host.hang(type(ANNA)())
    desk.close()

    assert whats().count("study_opened") == 1
