"""The DICOM object of a synthetic film says in every place what it is, and other people's programs find it right."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread

from inference.dicom.synthetic_film import SourceFilm, file_bytes
from inference.synthesis.drawn import MadeBy, MarkedFilm
from inference.synthesis.wish import FilmWish
from tests.dicom_judges import complaints
from tests.factories.synthetic_films import bare_film
from viewer.core.hanging import is_lateral
from viewer.core.reader import FilmReader
from viewer.core.study import Source
from viewer.core.synthetic_mark import mark
from viewer.writer.errors import NotWritten

SECRET = "Mrs Kim's right pleural effusion, compared with 3 May"
SHA = "ab" * 32
BY = MadeBy("starter-synth 0.1.0", SHA, "Sidelight 0.1.0")
FILM = MarkedFilm(mark(bare_film()), FilmWish(SECRET, "PA", seed=7), BY)
SOURCE = SourceFilm("1.2.840.10008.5.1.4.1.1.1.1", "1.2.3.4")


def written(film=FILM, **more):
    return dcmread(BytesIO(file_bytes(film, "6ba7b8109dad11d180b400c04fd430c8", **more)))


def test_it_is_a_secondary_capture_of_nobody():
    made = written()

    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert list(made.ImageType) == ["DERIVED", "SECONDARY"]
    assert made.SyntheticData == made.BurnedInAnnotation == "YES"
    assert made.SeriesDescription == "SYNTHETIC (AI) PA view, NOT FOR DIAGNOSIS"
    assert made.PatientName == "SYNTHETIC^NOT A PATIENT"
    assert made.PatientID.startswith("SYNTHETIC-")
    assert made.ViewCodeSequence[0].CodeMeaning == "postero-anterior"
    assert np.array_equal(made.pixel_array, FILM.pixels)


def test_who_made_it_can_be_told():
    (equipment,) = written().ContributingEquipmentSequence

    assert equipment.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
    assert equipment.ManufacturerModelName == "starter-synth 0.1.0"
    assert f"weights_sha256={SHA}" in equipment.ContributionDescription
    assert "seed=7" in equipment.ContributionDescription


def test_no_word_of_the_prompt_is_written():
    content = file_bytes(FILM, "installation", source=SOURCE, findings=("pleural effusion",))

    for word in ("Kim", "compared", "May", "right"):
        assert word.encode() not in content
    assert b"findings asked for: pleural effusion" in content


def test_a_finding_that_is_no_label_of_ours_is_not_written():
    with pytest.raises(NotWritten, match="DerivationDescription"):
        written(findings=(SECRET,))


def test_a_film_that_was_the_condition_is_named():
    film = replace(FILM, wish=FilmWish("", "lateral", source_image=SHA))
    made = written(film, source=SOURCE)

    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == "1.2.3.4"
    assert made.SourceImageSequence[0].PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert list(made.PatientOrientation) == ["P", "F"]
    assert "from a film" in made.DerivationDescription


def test_an_unmarked_film_is_not_written():
    with pytest.raises(NotWritten, match="watermark"):
        written(replace(FILM, pixels=bare_film()))


def test_two_films_share_no_uid_and_the_same_film_keeps_its_own():
    first, again = written(), written()
    other = written(replace(FILM, pixels=mark(bare_film(seed=1))))
    uids = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID")

    assert all(first[uid] == again[uid] for uid in uids)
    assert all(first[uid] != other[uid] for uid in uids)


@pytest.mark.parametrize("view", ["PA", "AP", "lateral"])
def test_dciodvfy_has_nothing_against_it(view, tmp_path):
    path = tmp_path / "film.dcm"
    film = replace(FILM, wish=replace(FILM.wish, view=view))
    path.write_bytes(file_bytes(film, "6ba7b8109dad11d180b400c04fd430c8", source=SOURCE))

    assert complaints(path) == []  # this one knows (0008,001C); one before 2026 would say that it does not


def test_the_viewer_opens_it_as_a_synthetic_film_of_its_view(tmp_path):
    path = tmp_path / "film.dcm"
    path.write_bytes(file_bytes(replace(FILM, wish=FilmWish("", "lateral")), "installation"))
    with FilmReader() as reader:
        film = reader.open(Source(path))

        assert film.header.is_synthetic
        assert is_lateral(film.header)
        assert reader.pixels(film).is_marked_synthetic
