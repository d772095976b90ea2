"""Corrections become data, where the site has consented, and are forgotten where it has not any more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gui.plugin.conftest import ANNA, PA, Desk, a_reading
from gui.plugin.fake_host import hanging, study
from gui.plugin.test_records import open_desk, sign, whats, write
from PySide6.QtWidgets import QMessageBox

from inference.backend import Finished
from inference.corrections import open_store
from inference.corrections.store import corrections_folder
from plugin.records.audit_check import read_log
from plugin.review.state import FindingRejected
from plugin.settings import PanelSettings
from plugin.site.state import ConsentChanged
from plugin.study_films import study_key

__all__ = ["open_desk"]


@pytest.fixture
def desk(open_desk):
    """At a site that has consented."""
    made = open_desk()
    made.host.settings.set("site", {"format": 1, "keeps_corrections": True})
    return made


def read_and_sign(desk: Desk, words: str = " As Jane said.") -> None:
    run = desk.read()
    run.send(*a_reading(desk.image()), Finished({"report": "The heart is large."}))
    desk.wait(lambda: desk.status().startswith("Draft ready"))
    desk.controller.fold(FindingRejected("f1", desk.controller.now(), "known"))
    write(desk, words)
    sign(desk)


def kept():
    with open_store() as store:
        return list(store.cases())


def withdraw(desk: Desk) -> QMessageBox:
    desk.host.settings.set("site", {"format": 1, "keeps_corrections": False})
    desk.controller.fold(ConsentChanged(False, desk.controller.now()))
    desk.wait(lambda: desk.part._corrections.question is not None)
    return desk.part._corrections.question


def press(box: QMessageBox, text: str) -> None:
    next(button for button in box.buttons() if button.text() == text).click()


def test_a_signed_report_is_kept_with_its_draft_its_films_and_the_verdicts(desk):
    read_and_sign(desk)
    desk.wait(lambda: "correction_kept" in whats())

    (case,) = kept()
    assert case.drafted_report == "The heart is large."
    assert case.signed_report.endswith("As [removed] said.")
    assert [finding.verdict for finding in case.findings] == ["rejected", "untouched"]
    assert case.findings[0].boxes[0].xyxy == (2.0, 3.0, 9.0, 11.0)
    with open_store() as store:
        film = store.film(case.films[0].image)
        assert case.patient == store.patient_key("P1")
    assert (film.stored == desk.host.read_pixels(PA).stored).all()
    told = next(line.entry for line in read_log() if line.entry.what == "correction_kept")
    assert told.details == {"films": 1, "findings": 2, "scrubbed": {"name": 1}}


def test_nothing_is_kept_without_the_sites_consent(open_desk):
    desk = open_desk()
    read_and_sign(desk)
    desk.close()

    assert not corrections_folder().exists()


def test_a_report_that_the_model_did_not_draft_is_not_kept(desk):
    write(desk, "The lungs are clear.")
    sign(desk)
    desk.close()

    assert not corrections_folder().exists()


def test_a_synthetic_film_is_never_kept(open_desk):
    made = replace(PA, header=replace(PA.header, is_synthetic=True))
    desk = open_desk(hanging(study("1.2.1", made)), PanelSettings(mode="concurrent", allow_synthetic=True))
    desk.host.settings.set("site", {"format": 1, "keeps_corrections": True})
    read_and_sign(desk)
    desk.close()

    assert not corrections_folder().exists()


def test_a_film_that_cannot_be_read_again_is_told_and_the_report_is_safe(desk):
    run = desk.read()
    run.send(*a_reading(desk.image()), Finished({"report": "The heart is large."}))
    desk.wait(lambda: desk.status().startswith("Draft ready"))
    desk.host.damaged.add(PA.key)
    sign(desk)
    desk.wait(lambda: any("training store was not changed" in said for said in desk.host.messages))

    assert desk.controller.reading(study_key(ANNA)).signing.is_signed
    assert kept() == []


def test_withdrawing_the_consent_offers_to_delete_what_was_kept(desk):
    read_and_sign(desk)
    desk.wait(lambda: "correction_kept" in whats())
    question = withdraw(desk)
    assert "1 signed report with 1 film, on this computer only." in question.informativeText()
    assert question.defaultButton().text() == "Keep them"
    press(question, "Delete them")
    desk.wait(lambda: "corrections_deleted" in whats())

    assert kept() == []


def test_what_was_kept_stays_where_the_reader_says_so(desk):
    read_and_sign(desk)
    desk.wait(lambda: "correction_kept" in whats())
    press(withdraw(desk), "Keep them")

    assert len(kept()) == 1
    assert desk.part._corrections.question is None


def test_withdrawing_asks_nothing_where_nothing_was_kept(desk):
    desk.controller.fold(ConsentChanged(False, desk.controller.now()))
    desk.wait(lambda: desk.host.background.running == 0)

    assert desk.part._corrections.question is None
