"""Triage: what waits is read behind the reader's back, and only the order of the list tells (AI-3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui.plugin.conftest import ANNA, BERT, Desk, all_13
from gui.plugin.fake_host import film, hanging, study

from inference.backend import AskQuestion, Finished, ReadStudy
from plugin.settings import PanelSettings
from plugin.triage.part import OWNER
from plugin.triage.urgency import NOTE
from viewer.api import StudyUrgency

CARL = hanging(study("1.2.3", film("3", study="1.2.3")), patient_id="P3")


QUICK_MS = 40


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """It looks for what waits more often than a reader needs, so that a test need not wait for it."""
    monkeypatch.setattr("plugin.triage.part.LOOK_MS", QUICK_MS)


@pytest.fixture
def quiet(qtbot) -> Iterator[Desk]:
    """Anna hangs, nobody waits yet; the site chose triage."""
    desk = Desk(qtbot, PanelSettings(mode="triage"))
    yield desk
    desk.close()


@pytest.fixture
def triage(quiet) -> Desk:
    """Anna hangs, Bert and Carl wait: the first of them may be read as soon as Qt has the word."""
    quiet.host.waiting = (BERT, CARL)
    return quiet


def finish(desk, run, *present: str) -> None:
    image = next(
        told.films[0].image_sha256 for name, told in desk.door.studies.items() if name == run.request.study_id
    )
    run.send(*all_13(image, *present), Finished({"report": "…"}))


def order(desk) -> dict:
    return desk.host.study_orders.get(OWNER, {})


def test_waiting_studies_are_read_one_after_the_other_behind_everything_else(triage):
    triage.wait(lambda: len(triage.door.runs) == 1)
    first = triage.door.runs[0]
    assert isinstance(first.request, ReadStudy)
    assert first.priority == 3

    finish(triage, first)

    triage.wait(lambda: len(triage.door.runs) == 2)


def test_an_urgent_study_is_put_first_with_a_plain_note_and_nothing_else_shows(triage):
    triage.wait(lambda: len(triage.door.runs) == 1)
    finish(triage, triage.door.runs[0], "pneumothorax")

    triage.wait(lambda: order(triage) == {"1.2.2": StudyUrgency(0, NOTE)})

    assert triage.host.marks == ()
    assert triage.panel.findings.rows() == []
    triage.host.hang(BERT)
    assert triage.panel.gate.isVisible()
    assert triage.panel.gate.status.text().startswith("AI ready")
    assert triage.panel.findings.rows() == []


def test_a_study_without_an_urgent_finding_keeps_its_place_and_gets_no_note(triage):
    triage.wait(lambda: len(triage.door.runs) == 1)
    finish(triage, triage.door.runs[0], "cardiomegaly")
    triage.wait(lambda: len(triage.door.runs) == 2)

    assert order(triage) == {}


def test_the_reader_who_asks_is_shown_what_the_ai_found(triage):
    triage.wait(lambda: len(triage.door.runs) == 1)
    finish(triage, triage.door.runs[0], "cardiomegaly")
    triage.wait(lambda: len(triage.door.runs) == 2)
    triage.host.hang(BERT)

    triage.press(triage.panel.gate.reveal_button)

    assert triage.row("f1").isVisible()
    look = triage.reading().first_look
    assert (look.revealed_by, look.is_committed) == ("asked", False)


def test_what_the_reader_asks_for_goes_first(triage):
    triage.wait(lambda: len(triage.door.runs) == 1)
    triage.press(triage.panel.gate.reveal_button)

    run = triage.ask("Is the heart large?")

    assert isinstance(run.request, AskQuestion)
    assert run.priority == 0
    run.send(Finished({"answer": "Yes."}))


def test_nothing_more_is_read_while_the_reader_s_own_reading_runs(quiet):
    run = quiet.read()
    quiet.host.waiting = (BERT,)
    quiet.qtbot.wait(6 * QUICK_MS)
    assert len(quiet.door.runs) == 1

    finish(quiet, run)

    quiet.wait(lambda: len(quiet.door.runs) == 2)


def test_each_study_is_tried_once_and_a_failure_orders_nothing(triage):
    triage.wait(lambda: len(triage.door.runs) == 1)
    triage.door.runs[0].send(ValueError("broken"))
    triage.wait(lambda: len(triage.door.runs) == 2)
    finish(triage, triage.door.runs[1])
    triage.qtbot.wait(6 * QUICK_MS)

    assert len(triage.door.runs) == 2
    assert order(triage) == {}


def test_a_site_that_leaves_triage_has_its_usual_order_again(qtbot):
    desk = Desk(qtbot, PanelSettings())
    desk.host.settings.set("site", {"format": 1, "mode": "triage"})
    desk.host.waiting = (BERT,)
    desk.wait(lambda: len(desk.door.runs) == 1)
    finish(desk, desk.door.runs[0], "pneumothorax")
    desk.wait(lambda: order(desk) != {})

    desk.host.settings.set("site", {"format": 1, "mode": "second reader"})

    desk.wait(lambda: order(desk) == {})
    desk.close()


def test_without_triage_nothing_is_read_behind_the_reader_s_back(second_desk):
    second_desk.host.waiting = (BERT, ANNA)
    second_desk.qtbot.wait(6 * QUICK_MS)

    assert second_desk.door.runs == []
