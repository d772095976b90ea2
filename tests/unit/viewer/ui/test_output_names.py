"""Names of exported files and masked headers: nothing of the patient gets out, nothing leads out of the folder."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath

from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import film
from viewer.ui.output.masking import masked_film
from viewer.ui.output.names import picture_name, safe_name


@given(st.text())
def test_a_name_is_one_plain_file_name_whatever_the_header_says(text):
    name = safe_name(text)
    assert PurePath(name).name == name
    assert name.strip(" .")
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert len(name) <= 80


def test_a_picture_is_named_by_id_date_and_view():
    header = film(view_position="PA").header
    assert picture_name(header, is_masked=False) == "P1 2024-03-01 CHEST PA.png"


def test_a_masked_picture_is_named_by_its_view_alone():
    assert (
        picture_name(film(patient_id="P1", view_position="PA").header, is_masked=True) == "film CHEST PA.png"
    )


def test_a_masked_film_keeps_nothing_that_tells_whose_it_is():
    canaries = (
        "CANARY-ID",
        "CANARY^NAME",
        "CANARY-ACC",
        "CANARY-STUDY",
        "CANARY-SERIES",
        "1931",
        "canary.dcm",
    )
    told = film(
        "canary",
        patient_id="CANARY-ID",
        patient_name="CANARY^NAME",
        patient_birth_date=date(1931, 4, 5),
        study_date=date(1931, 5, 6),
        study_time="193145",
        accession_number="CANARY-ACC",
        study_description="CANARY-STUDY",
        series_description="CANARY-SERIES",
        sop_instance_uid="1.2.3",
        series_instance_uid="1.2",
        study_instance_uid="1.9",
    )
    masked = repr(masked_film(told))
    assert not [canary for canary in canaries if canary in masked]
