"""What a reading becomes when it leaves the panel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gui.plugin.fake_host import film, hanging, study
from unit.plugin.output.written import ANNA, BEGUN, FOUND, PA, PACK, after

from inference.backend import FINDINGS, Finding, Finished, TextDelta
from plugin.events import ImpressionEdited, ReportEdited
from plugin.first_look.visible import visible
from plugin.output.composing import NOT_VERIFIED, document_of
from plugin.output.document import INCOMPLETE
from plugin.state import StudyReading
from viewer.api import Hanging
from viewer.core.study import PixelDescription


def test_a_reading_becomes_a_draft_with_its_study_its_films_and_its_model():
    document = document_of(after(*BEGUN, *FOUND, Finished()), ANNA, PACK)

    assert document.status == "draft"
    assert document.mark == "AI DRAFT – NOT REVIEWED"
    assert (document.identity.name, document.identity.patient_id) == ("Doe^Jane", "P1")
    assert document.study.instance_uid == "1.2.1"
    assert [film.title for film in document.films] == ["PA"]
    assert document.model.sha256 == PACK.sha256
    assert document.section("findings").lines == ("The heart is large.",)
    assert document.section("impression") is None
    assert document.notes == ("No prior loaded: no comparison was made.",)


def test_a_finding_keeps_its_place_and_only_a_calibrated_number():
    heart, air = document_of(after(*BEGUN, *FOUND, Finished()), ANNA, PACK).findings

    assert (heart.label, heart.presence, heart.certainty_percent) == ("cardiomegaly", "present", None)
    assert heart.boxes[0].xyxy == (2.0, 3.0, 9.0, 11.0)
    assert heart.boxes[0].sop_instance_uid == PA.header.sop_instance_uid
    assert air.certainty_percent == 4.0
    assert air.boxes == ()


def test_what_was_not_assessed_has_no_number_and_is_named():
    unknown = Finding("f9", FINDINGS[11], "not assessed", 0.5, True, "aa")
    document = document_of(after(*BEGUN, *FOUND, unknown, Finished()), ANNA, PACK)

    assert document.findings[-1].certainty_percent is None
    assert f"Not assessed by this model: {FINDINGS[11]}." in document.notes


def test_the_same_box_is_tracked_by_the_same_uid_in_every_export():
    reading = after(*BEGUN, *FOUND, Finished())

    first, second = (document_of(reading, ANNA, PACK).findings[0] for _ in range(2))

    assert first.boxes[0].tracking_uid == second.boxes[0].tracking_uid
    assert first.boxes[0].tracking_uid.startswith("2.25.")
    assert first.tracking_uid != first.boxes[0].tracking_uid


def test_a_reading_that_was_broken_off_is_incomplete():
    assert INCOMPLETE in document_of(after(*BEGUN, TextDelta("Lar")), ANNA, PACK).notes
    assert INCOMPLETE not in document_of(after(*BEGUN, Finished()), ANNA, PACK).notes
    assert INCOMPLETE not in document_of(after(ReportEdited("x")), ANNA, PACK).notes


def test_a_text_of_the_reader_alone_names_no_model_and_stays_a_draft():
    document = document_of(after(ReportEdited("Clear."), ImpressionEdited("1. Clear.")), ANNA, PACK)

    assert document.model is None
    assert not document.has_ai
    assert document.mark
    assert [film.sop_instance_uid for film in document.films] == [PA.header.sop_instance_uid]


def test_a_model_that_is_gone_is_not_invented():
    assert document_of(after(*BEGUN, Finished()), ANNA, None).model is None


def test_findings_of_a_film_that_no_longer_hangs_are_left_out():
    other = hanging(study("1.2.1", film("9")))

    assert document_of(after(*BEGUN, *FOUND, Finished()), other, PACK).findings == ()


def test_a_picture_file_is_told_to_be_unverified():
    shown = hanging(study("1.2.1", film("1", is_verified=False)))
    document = document_of(StudyReading(), shown, None)

    assert NOT_VERIFIED in document.notes
    assert not document.identity.is_verified


def test_a_synthetic_film_makes_the_document_synthetic():
    shown = hanging(study("1.2.1", film("1", is_synthetic=True)))

    assert document_of(StudyReading(), shown, None).is_synthetic


def test_a_frame_of_several_is_counted_from_one():
    pixels = PixelDescription(rows=16, columns=20, frames=3)
    second = replace(film("1", pixels=pixels), frame=1)
    shown = hanging(study("1.2.1", second))

    assert document_of(StudyReading(), shown, None).films[0].frame == 2


def test_the_accession_number_comes_from_the_films_and_nobody_s_name_is_made_up():
    shown = replace(hanging(study("1.2.1", film("1", accession_number="A-7"))), patient=None)
    document = document_of(StudyReading(), shown, None)

    assert document.study.accession_number == "A-7"
    assert document.identity.name == ""


def test_without_a_study_there_is_no_document():
    with pytest.raises(ValueError, match="no study hangs"):
        document_of(StudyReading(), Hanging(), PACK)


def test_while_the_ai_is_hidden_nothing_is_said_of_it():
    hidden = visible(after(*BEGUN[1:], *FOUND, Finished(), ReportEdited("Clear lungs.")))
    document = document_of(hidden, ANNA, PACK)

    assert document.findings == ()
    assert document.model is None
    assert document.notes == ()
    assert document.section("findings").lines == ("Clear lungs.",)
