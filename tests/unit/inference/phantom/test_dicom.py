"""Phantom files say what they are, and are complete."""

from datetime import date

import numpy as np
import pydicom
import pytest

from inference.demo_patient import CURRENT_DATE, DAYS_BETWEEN, demo_cases
from inference.phantom import project, sample_case
from inference.phantom.dicom import Person, derived_uid, write_film

PERSON = Person("PHANTOM-TEST", "PHANTOM^TEST", "F", date(1960, 7, 1))


@pytest.fixture
def file(tmp_path):
    film = project(sample_case(2), "PA", (128, 128))
    return pydicom.dcmread(write_film(tmp_path / "a" / "film.dcm", film, PERSON, date(2026, 6, 30)))


def test_a_phantom_file_says_in_four_places_that_it_is_no_patient(file):
    assert file.SyntheticData == "YES"
    assert "PHANTOM (computed), not a patient" in file.SeriesDescription
    assert "NOT FOR DIAGNOSIS" in file.SeriesDescription
    assert len(file.SeriesDescription) <= 64, "LO"
    assert list(file.ImageType) == ["DERIVED", "SECONDARY"]
    assert file.ConversionType == "SYN"
    assert file.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7", "Secondary Capture, never CR or DX"


def test_the_warning_is_burned_into_the_picture(file, tmp_path):
    film = project(sample_case(2), "PA", (128, 128))
    band = file.pixel_array[-8:]

    assert file.BurnedInAnnotation == "YES"
    assert not np.allclose(band, film.picture[-8:] * 4095, atol=200)
    assert np.allclose(file.pixel_array[:100], film.picture[:100] * 4095, atol=1)


def test_a_phantom_file_can_be_hung_as_a_frontal_chest_film(file):
    assert (file.BodyPartExamined, file.ViewPosition) == ("CHEST", "PA")
    assert list(file.PatientOrientation) == ["L", "F"]
    assert file.BitsStored == 12
    assert file.pixel_array.max() <= 4095
    assert file.PhotometricInterpretation == "MONOCHROME2"


def test_age_counts_birthdays_that_have_passed(file):
    assert file.PatientAge == "065Y"


def test_uids_follow_from_their_parts_and_fit_the_standard():
    assert derived_uid("a", "b") == derived_uid("a", "b") != derived_uid("a", "c")
    assert len(derived_uid("a")) <= 64
    assert pydicom.uid.UID(derived_uid("a")).is_valid


def test_films_of_one_day_share_a_study_and_those_of_another_do_not(tmp_path):
    film = project(sample_case(2), "PA", (64, 64))
    files = [
        pydicom.dcmread(
            write_film(tmp_path / f"{n}.dcm", film, PERSON, day, number=n), stop_before_pixels=True
        )
        for n, day in ((1, date(2026, 6, 30)), (2, date(2026, 6, 30)), (3, date(2026, 1, 2)))
    ]

    assert files[0].StudyInstanceUID == files[1].StudyInstanceUID != files[2].StudyInstanceUID
    assert len({file.SOPInstanceUID for file in files}) == 3


def test_the_demo_patient_gets_a_larger_effusion_and_a_large_heart():
    prior, current = demo_cases()

    assert prior.findings == {"pleural effusion"}
    assert current.findings == {"pleural effusion", "cardiomegaly"}
    (before,) = prior.lesions
    now = next(lesion for lesion in current.lesions if lesion.label == "pleural effusion")
    assert now.side == before.side == "right"
    assert now.severity > before.severity
    assert 80 <= DAYS_BETWEEN <= 100
    assert CURRENT_DATE.year >= 2026
    for case in (prior, current):
        assert set(project(case, "PA", (192, 192)).findings) == case.findings, "each finding shows"
