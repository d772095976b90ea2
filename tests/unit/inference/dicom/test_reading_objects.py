"""The objects of a reading: what they say, that others read the same, and that a wrong one is never made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import highdicom
import numpy as np
import pytest
from dicom_judges import complaints, complaints_among, run
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from inference.dicom.codes import concepts
from inference.dicom.requests import (
    MAKER,
    Algorithm,
    CodedFinding,
    Predecessor,
    ReadingObjects,
    Region,
    Section,
    ShownImage,
)
from inference.dicom.shown import shown_image
from tests.factories import write_film
from viewer.core.presentation import render
from viewer.core.reader import FilmReader
from viewer.core.study import Film, Source
from viewer.writer import child as writing_child
from viewer.writer import write
from viewer.writer.errors import NotWritten
from viewer.writer.requests import Equipment, ObjectsRequest

EQUIPMENT = Equipment("0.1.0", "6ba7b8109dad11d180b400c04fd430c8")
AT = "2026-11-22T09:00:00+00:00"
MARK = "AI DRAFT - NOT REVIEWED"
SR, ENHANCED = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.88.22"
TID_4019 = ("Name", "Version", "Parameters")
AI_BOX, READER_BOX = (20.5, 30.25, 90.125, 110.0), (22.0, 31.0, 92.0, 111.0)


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as made:
        yield made


@pytest.fixture
def here(monkeypatch) -> None:
    """Make the objects in this process: the child itself has tests of its own, and a second each."""

    def ask(request: bytes):
        from viewer.writer.messages import unpacked

        return unpacked(writing_child.answer(request))

    monkeypatch.setattr(write, "_ask_child", ask)


@dataclass(frozen=True)
class Study:
    pa: Film
    prior: Film
    folder: Path


@pytest.fixture
def study(reader, tmp_path) -> Study:
    current = {"study_uid": "1.2.826.1", "StudyID": "7", "AccessionNumber": "A-1"}
    pa = write_film(tmp_path / "in" / "pa.dcm", sop_uid="1.2.826.1.1", window=(2000, 1800), **current)
    prior = write_film(
        tmp_path / "in" / "prior.dcm", sop_uid="1.2.826.2.1", study_uid="1.2.826.2", study_date="20230102"
    )
    out = tmp_path / "out"
    out.mkdir()
    return Study(reader.open(Source(pa)), reader.open(Source(prior)), out)


def heart(study: Study, **changes: object) -> CodedFinding:
    pa = study.pa.header.sop_instance_uid
    finding = CodedFinding(
        "cardiomegaly",
        "AI finding 1",
        "present",
        "ai",
        pa,
        "2.25.100",
        regions=(Region(pa, AI_BOX, "ai", "2.25.101"),),
        comments=("Not reviewed.",),
    )
    return replace(finding, **changes)


def reading(study: Study, **changes: object) -> ReadingObjects:
    pa = study.pa.header.sop_instance_uid
    told = ReadingObjects(
        seed="seed",
        made_at=AT,
        state="draft",
        mark=MARK,
        algorithm=Algorithm("Test pack", "0.9", ("pack=test", "weights_sha256=ff")),
        findings=(
            heart(study),
            CodedFinding("pleural other", "AI finding 2", "present", "ai", pa, "2.25.102"),
            CodedFinding("pneumothorax", "AI finding 3", "absent", "ai", pa, "2.25.103"),
            CodedFinding("lung lesion", "AI finding 4", "undetermined", "ai", pa, "2.25.104"),
        ),
        images=(ShownImage(pa, None, (2000.0, 1800.0, "LINEAR"), rescale=(1.0, 0.0)),),
        sections=(
            Section("findings", ("The heart is large.", "The lungs are clear.")),
            Section("impression", ("Cardiomegaly.",)),
            Section("note", (MARK, "No prior loaded: no comparison was made.")),
        ),
    )
    return replace(told, **changes)


def made(study: Study, told: ReadingObjects, priors: tuple[Film, ...] = ()) -> dict[str, Dataset]:
    """The objects on the disk, by kind; each was judged by dciodvfy."""
    request = ObjectsRequest(MAKER, (study.pa,), told.as_message(), priors)
    files = {study.folder / one.file_name: one.content for one in write.made_objects(request, EQUIPMENT)}
    write.write_files_whole(files)
    found = {}
    for path in files:
        assert complaints(path) == []
        dataset = dcmread(path)
        found[{SR: "findings", ENHANCED: "report"}.get(dataset.SOPClassUID, "marks")] = dataset
    return found


def groups(dataset: Dataset) -> list:
    path = dataset.filename
    return highdicom.sr.srread(path).content.get_planar_roi_measurement_groups()


def items(dataset: Dataset, name: str) -> list[Dataset]:
    """Content items of that name, at any depth."""
    told = []
    for item in dataset.get("ContentSequence") or []:
        if item.ConceptNameCodeSequence[0].CodeMeaning == name:
            told.append(item)
        told.extend(items(item, name))
    return told


# ── the child ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_child_process_makes_all_three_and_the_study_stays_one(study):
    found = made(study, reading(study))

    assert set(found) == {"findings", "marks", "report"}
    paths = [Path(one.filename) for one in found.values()]
    assert complaints_among([study.pa.source.path, *paths]) == []


def test_the_same_reading_gives_the_same_files(study, here):
    request = ObjectsRequest(MAKER, (study.pa,), reading(study).as_message())

    first, second = (write.made_objects(request, EQUIPMENT) for _ in range(2))

    assert [one.content for one in first] == [one.content for one in second]


# ── findings SR ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_box_reads_back_to_a_hundredth_of_a_pixel_and_says_that_it_bounds(study, here):
    (group,) = groups(made(study, reading(study))["findings"])

    corners = group.roi.value
    assert np.abs(corners.min(0) - AI_BOX[:2]).max() < 0.01
    assert np.abs(corners.max(0) - AI_BOX[2:]).max() < 0.01
    assert len(corners) == 5
    assert (corners[0] == corners[-1]).all()
    assert group.tracking_uid == "2.25.101"
    assert group.finding_type.value == "8186001"
    purpose = [item for item in group[0].ContentSequence if item.ValueType == "CODE"]
    assert any(item.ConceptCodeSequence[0].CodeValue == codes.SCT.BoundedBy.value for item in purpose)


def test_absent_and_unplaced_findings_are_told_of_their_film(study, here):
    dataset = made(study, reading(study))["findings"]
    told = highdicom.sr.srread(dataset.filename).content.get_image_measurement_groups()

    said = {group.tracking_uid: group for group in told}
    assert set(said) == {"2.25.102", "2.25.103", "2.25.104"}
    presence = {
        uid: group.get_qualitative_evaluations(codes.DCM.PresenceOfProperty)[0].value.meaning
        for uid, group in said.items()
    }
    assert presence == {"2.25.102": "Present", "2.25.103": "Absent", "2.25.104": "Undetermined"}
    assert said["2.25.103"].source_images[0].referenced_sop_instance_uid == study.pa.header.sop_instance_uid
    assert said["2.25.102"].finding_type is None
    assert said["2.25.102"].finding_sites[0].value.meaning == "Pleural structure"


def test_the_algorithm_stands_at_what_it_found(study, here):
    dataset = made(study, reading(study))["findings"]

    (group,) = groups(dataset)
    said = {name: [item.TextValue for item in items(group[0], f"Algorithm {name}")] for name in TID_4019}
    assert said == {
        "Name": ["Test pack"],
        "Version": ["0.9"],
        "Parameters": ["pack=test", "weights_sha256=ff"],
    }


def test_certainty_is_told_only_where_it_was_calibrated(study, here):
    without = made(study, reading(study))["findings"]
    assert items(without, "Certainty of Finding") == []

    sure = reading(study, seed="other", findings=(heart(study, certainty_percent=82.0),))
    (told,) = items(made(study, sure)["findings"], "Certainty of Finding")
    assert told.MeasuredValueSequence[0].NumericValue == 82


def test_a_moved_box_keeps_the_tracking_uid_and_the_ais_own_place(study, here):
    pa = study.pa.header.sop_instance_uid
    both = (Region(pa, AI_BOX, "ai", "2.25.101"), Region(pa, READER_BOX, "reader", "2.25.101"))
    told = reading(study, state="reviewed", findings=(heart(study, regions=both, verdict="edited"),))

    ai, reader = groups(made(study, told)["findings"])

    assert ai.tracking_uid == reader.tracking_uid == "2.25.101"
    assert np.allclose(ai.roi.value[0], AI_BOX[:2])
    assert np.allclose(reader.roi.value[0], READER_BOX[:2])
    assert len(items(ai[0], "Algorithm Name")) == 1
    assert items(reader[0], "Algorithm Name") == []


def test_a_change_is_told_with_the_prior_s_own_film(study, here):
    prior = study.prior.header.sop_instance_uid
    regions = (*heart(study).regions, Region(prior, READER_BOX, "prior", "2.25.101"))
    told = reading(study, findings=(heart(study, regions=regions, change="larger"),))

    dataset = made(study, told, (study.prior,))["findings"]

    (change,) = items(dataset, "Description of Change")
    assert change.ConceptCodeSequence[0].CodeMeaning == codes.SCT.IncreaseInSize.meaning
    assert [str(group.roi.value[0][0]) for group in groups(dataset)] == ["20.5", "22.0"]
    (other,) = [
        one
        for one in dataset.CurrentRequestedProcedureEvidenceSequence
        if one.StudyInstanceUID == study.prior.header.study_instance_uid
    ] or dataset.PertinentOtherEvidenceSequence
    assert other.StudyInstanceUID == study.prior.header.study_instance_uid


def test_an_urgent_finding_has_its_category_and_the_study_its_own_procedure(reader, tmp_path, here):
    views, code = concepts()["chest film two views"], Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = views.value, views.scheme, views.meaning
    path = write_film(tmp_path / "film.dcm", StudyID="7", ProcedureCodeSequence=[code])
    film = reader.open(Source(path))
    out = tmp_path / "out"
    out.mkdir()
    study = Study(film, film, out)

    told = reading(study, findings=(heart(study, urgency="1"),), kinds=("findings",))
    dataset = made(study, told)["findings"]

    (urgency,) = items(dataset, "Urgent Procedure") or items(dataset, codes.SCT.Urgency.meaning)
    assert urgency.ConceptCodeSequence[0].CodeValue == codes.cid7035.ACRCategory1ActionableFinding.value
    (procedure,) = items(dataset, "Procedure reported")
    assert procedure.ConceptCodeSequence[0].CodeMeaning == views.meaning


def test_words_without_a_code_go_into_a_comment(study, here):
    own = heart(study, label="Kerley lines", by="reader", verdict="added", comments=("Faint.",))
    dataset = made(study, reading(study, state="reviewed", findings=(own,)))["findings"]

    assert [item.TextValue for item in items(dataset, "Comment")] == ["Finding: Kerley lines", "Faint."]
    assert groups(dataset)[0].finding_type is None


def test_our_own_codes_name_their_scheme(study, here):
    dataset = made(study, reading(study))["findings"]

    (scheme,) = dataset.CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == "99SIDELIGHT"


# ── states and versions ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "flags"),
    [
        ("draft", ("PARTIAL", "UNVERIFIED", "PRELIMINARY")),
        ("reviewed", ("COMPLETE", "UNVERIFIED", "PRELIMINARY")),
        ("signed", ("COMPLETE", "VERIFIED", "FINAL")),
    ],
)
def test_the_flags_say_how_far_it_is_reviewed(study, here, state, flags):
    mark = "" if state == "signed" else MARK
    found = made(study, reading(study, state=state, mark=mark, reader_name="Lee", signed_at=AT))

    for kind in ("findings", "report"):
        one = found[kind]
        assert (one.CompletionFlag, one.VerificationFlag, one.PreliminaryFlag) == flags
        assert ("VerifyingObserverSequence" in one) == (state == "signed")
        assert one.SeriesDescription.startswith(MARK) == (state != "signed")
    assert found["marks"].ContentLabel == ("AI_DRAFT" if state == "draft" else "REVIEWED")


def test_a_signed_version_names_its_signer_and_what_it_follows(study, here):
    before = Predecessor("report", ENHANCED, "2.25.55", "2.25.56")
    told = reading(
        study, state="signed", mark="", reader_name="이^영희", signed_at=AT, predecessors=(before,)
    )

    report = made(study, told)["report"]

    assert str(report.VerifyingObserverSequence[0].VerifyingObserverName) == "이^영희"
    (followed,) = report.PredecessorDocumentsSequence
    uid = followed.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    assert uid == "2.25.55"


def test_a_draft_names_no_person_as_observer(study, here):
    draft = made(study, reading(study, reader_name="Lee"))["findings"]
    assert items(draft, "Person Observer Name") == []

    other = reading(study, seed="2", state="reviewed", reader_name="Lee")
    assert str(items(made(study, other)["findings"], "Person Observer Name")[0].PersonName) == "Lee^"


# ── report SR ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_report_has_one_item_a_sentence_and_its_films_as_evidence(study, here):
    found = made(study, reading(study))
    report = found["report"]

    assert [item.TextValue for item in items(report, "Finding")] == [
        "The heart is large.",
        "The lungs are clear.",
    ]
    assert [item.TextValue for item in items(report, "Impression")] == ["Cardiomegaly."]
    assert MARK in [item.TextValue for item in items(report, "Comment")]
    assert items(report, "Indications for Procedure") == []
    evidence = {
        one.ReferencedSOPInstanceUID
        for study_item in report.CurrentRequestedProcedureEvidenceSequence
        for series in study_item.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    assert evidence == {study.pa.header.sop_instance_uid, found["findings"].SOPInstanceUID}


def test_dcmtk_reads_the_trees_and_finds_the_same_places(study, here):
    found = made(study, reading(study))

    said = run("dsrdump", "+Pl", found["findings"].filename)
    assert '"Tracking Identifier")="AI finding 1"' in said
    assert "POLYLINE,20.5/30.25,90.125/30.25,90.125/110,20.5/110,20.5/30.25" in said.replace("\n", "")
    assert "The heart is large." in run("dsrdump", "+Pl", found["report"].filename)


# ── presentation state ──────────────────────────────────────────────────────────────────────────────────────────


def test_dcmtk_accepts_the_marks_and_the_banner_stands_in_them(study, here):
    marks = made(study, reading(study))["marks"]

    assert "Test passed" in run("dcmpschk", marks.filename)
    (annotation,) = marks.GraphicAnnotationSequence
    assert annotation.GraphicLayer == "AI_DRAFT"
    assert [text.UnformattedTextValue for text in annotation.TextObjectSequence] == ["cardiomegaly", MARK]
    (box,) = annotation.GraphicObjectSequence
    assert box.TrackingUID == "2.25.101"
    assert np.allclose(np.reshape(box.GraphicData, (5, 2)).min(0), AI_BOX[:2])


def test_objects_of_a_synthetic_film_say_so_in_the_header_and_over_the_film(reader, tmp_path, here):
    path = write_film(tmp_path / "film.dcm", StudyID="7", SyntheticData="YES")
    film = reader.open(Source(path))
    out = tmp_path / "out"
    out.mkdir()
    study = Study(film, film, out)

    found = made(study, reading(study))

    assert {one.SyntheticData for one in found.values()} == {"YES"}
    texts = found["marks"].GraphicAnnotationSequence[0].TextObjectSequence
    assert texts[-1].UnformattedTextValue == f"{MARK}   SYNTHETIC - NOT A PATIENT IMAGE"


def test_layers_tell_whose_a_box_is_and_what_was_rejected_is_not_drawn(study, here):
    pa = study.pa.header.sop_instance_uid
    moved = heart(
        study,
        verdict="edited",
        regions=(Region(pa, AI_BOX, "ai", "2.25.1"), Region(pa, READER_BOX, "reader", "2.25.1")),
    )
    accepted, rejected = heart(study, verdict="accepted"), heart(study, verdict="rejected")
    told = reading(study, state="reviewed", findings=(moved, accepted, rejected))

    marks = made(study, told)["marks"]

    drawn = {
        one.GraphicLayer: len(one.get("GraphicObjectSequence") or [])
        for one in marks.GraphicAnnotationSequence
    }
    assert drawn == {"AI_DRAFT": 1, "REVIEWED": 1, "HUMAN": 1}


def test_a_signed_state_draws_only_what_the_reader_stands_for(study, here):
    told = reading(study, state="signed", mark="", reader_name="Lee", signed_at=AT)

    assert "GraphicAnnotationSequence" not in made(study, told)["marks"]


CURVE = [round(4095 * (value / 4095) ** 0.5) for value in range(4096)]


@pytest.mark.parametrize(
    "wishes",
    [
        {"window": (2000, 1800)},
        {"window": (2000, 1800), "photometric": "MONOCHROME1"},
        {"voi_lut": CURVE, "voi_lut_bits": 12},
        {"rescale": (2.0, -1000.0), "window": (3000, 4000), "modality": "CR"},
        {},
    ],
    ids=["window", "inverse", "curve", "rescaled", "automatic"],
)
def test_dcmtk_draws_the_film_as_we_do(reader, tmp_path, here, wishes):
    path = write_film(tmp_path / "film.dcm", StudyID="7", **wishes)
    film = reader.open(Source(path))
    image = shown_image(film, reader.pixels)
    out = tmp_path / "out"
    out.mkdir()
    found = made(
        Study(film, film, out),
        ReadingObjects("s", AT, "draft", MARK, kinds=("presentation",), images=(image,)),
    )

    picture = tmp_path / "picture.pgm"
    run("dcmp2pgm", "-p", found["marks"].filename, path, picture)

    import PIL.Image

    theirs = np.asarray(PIL.Image.open(picture), dtype=int)
    ours = render(reader.pixels(film)).astype(int)
    assert theirs.shape == ours.shape
    # DCMTK draws the banner too: compare below it.
    below = slice(ours.shape[0] // 10, None)
    assert np.abs(theirs[below] - ours[below]).max() <= 1


def test_a_sigmoid_is_passed_on_by_its_name(reader, tmp_path, here):
    """DCMTK 3.6.7 draws it in a presentation state as if it were LINEAR, so its picture can't judge ours."""
    film = reader.open(
        Source(write_film(tmp_path / "f.dcm", window=(2000, 900), voi_function="SIGMOID", StudyID="7"))
    )
    out = tmp_path / "out"
    out.mkdir()
    image = shown_image(film, reader.pixels)
    told = ReadingObjects("s", AT, "draft", MARK, kinds=("presentation",), images=(image,))

    (window,) = made(Study(film, film, out), told)["marks"].SoftcopyVOILUTSequence

    assert (window.WindowCenter, window.WindowWidth, window.VOILUTFunction) == (2000, 900, "SIGMOID")


def test_a_film_in_colour_gets_no_grey_state(reader, tmp_path, here):
    stored = np.zeros((40, 30, 3), np.uint8)
    path = write_film(
        tmp_path / "film.dcm",
        stored=stored,
        photometric="RGB",
        bits=8,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        modality="OT",
    )
    film = reader.open(Source(path))
    image = ShownImage(film.header.sop_instance_uid)
    told = ReadingObjects("s", AT, "draft", MARK, kinds=("presentation", "report"), images=(image,))
    request = ObjectsRequest(MAKER, (film,), told.as_message())

    assert [one.sop_class_uid for one in write.made_objects(request, EQUIPMENT)] == [ENHANCED]


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("state", "flag"), [("draft", "UNVERIFIED"), ("signed", "VERIFIED")])
def test_the_pages_are_kept_as_they_are_and_say_whether_they_were_signed(study, here, state, flag):
    mark = "" if state == "signed" else MARK
    told = reading(study, state=state, mark=mark, reader_name="Lee", signed_at=AT, kinds=("pdf",))
    pdf = b"%PDF-1.4 odd!"
    request = ObjectsRequest(MAKER, (study.pa,), told.as_message(), attachments=(pdf,))

    (one,) = write.made_objects(request, EQUIPMENT)

    write.write_files_whole({study.folder / one.file_name: one.content})
    assert complaints(study.folder / one.file_name) == []
    kept = dcmread(study.folder / one.file_name)
    assert kept.EncapsulatedDocument[: kept.EncapsulatedDocumentLength] == pdf
    assert (kept.VerificationFlag, kept.DocumentTitle) == (flag, mark or "Report")
    assert kept.SourceInstanceSequence[0].ReferencedSOPInstanceUID == study.pa.header.sop_instance_uid


def test_pages_that_are_no_pdf_are_refused(study, here):
    told = reading(study, kinds=("pdf",))
    request = ObjectsRequest(MAKER, (study.pa,), told.as_message(), attachments=(b"<html>",))

    with pytest.raises(NotWritten, match="EncapsulatedDocument is no PDF"):
        write.made_objects(request, EQUIPMENT)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("xyxy", [(-1.0, 0.0, 5.0, 5.0), (5.0, 5.0, 5.0, 9.0), (0.0, 0.0, 5000.0, 9.0)])
def test_a_box_that_leaves_its_film_stops_everything(study, here, xyxy):
    pa = study.pa.header.sop_instance_uid
    wrong = heart(study, regions=(Region(pa, xyxy, "ai", "2.25.1"),))

    with pytest.raises(NotWritten, match="GraphicData"):
        made(study, reading(study, findings=(wrong,)))
    assert list(study.folder.iterdir()) == []


def test_a_film_that_is_not_there_is_named(study, here):
    with pytest.raises(NotWritten, match="ReferencedSOPInstanceUID"):
        made(study, reading(study, findings=(heart(study, sop_instance_uid="1.2.3", regions=()),)))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_tracking_uid_that_is_none_is_named(study, here):
    with pytest.raises(NotWritten, match="UID is no valid UID"):
        made(study, reading(study, findings=(heart(study, tracking_uid="box 1", regions=()),)))


def test_control_characters_in_the_report_are_refused(study, here):
    with pytest.raises(NotWritten, match="TextValue holds control characters"):
        made(study, reading(study, sections=(Section("findings", ("Heart\x1b[31m.",)),)))


@pytest.mark.parametrize("at", ["yesterday", "2026-11-22T09:00:00"])
def test_a_time_that_is_none_is_refused(study, here, at):
    with pytest.raises(NotWritten, match=r"ContentDate|TimezoneOffsetFromUTC"):
        made(study, reading(study, made_at=at))


def test_a_prior_of_somebody_else_is_refused(reader, study, tmp_path, here):
    path = write_film(tmp_path / "other.dcm", patient_id="OTHER", study_uid="1.2.3")

    with pytest.raises(NotWritten, match="PatientID"):
        made(study, reading(study), (reader.open(Source(path)),))
