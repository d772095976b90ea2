"""What the writing child is told."""

from __future__ import annotations

from dataclasses import replace

from gui.plugin.fake_host import FakeHost
from unit.plugin.output.written import AI_BOX, DRAFT, HEART, PA, READER_BOX

from plugin.output.dicom_objects import reading_objects, shown_images
from plugin.output.document import FindingShown, Section

AT = "2026-11-22T09:00:00+00:00"


def told(document):
    return reading_objects(document, (), "seed", AT)


def test_a_draft_is_marked_in_ascii_and_nothing_of_it_is_verified():
    objects = told(DRAFT)

    assert (objects.state, objects.mark) == ("draft", "AI DRAFT - NOT REVIEWED")
    assert objects.kinds == ("findings", "presentation", "report", "pdf")
    assert objects.algorithm.parameters == ("pack=test-pack", f"weights_sha256={'f' * 64}")
    assert objects.findings[0].comments == ("Not reviewed.",)
    assert all("–" not in line for section in objects.sections for line in section.sentences)


def test_without_findings_only_the_report_is_made():
    objects = told(replace(DRAFT, findings=(), model=None))

    assert objects.kinds == ("report", "pdf")
    assert objects.algorithm is None


def test_the_states_follow_the_status():
    states = [told(replace(DRAFT, status=status)).state for status in ("preliminary", "signed", "amended")]

    assert states == ["reviewed", "signed", "signed"]


def test_a_signed_version_leaves_out_what_the_reader_does_not_stand_for():
    left, taken = HEART, replace(HEART, id="f2", verdict="accepted")
    rejected = replace(HEART, id="f3", verdict="rejected", reason="known")
    reviewed = replace(DRAFT, status="preliminary", findings=(left, taken, rejected))

    assert len(told(reviewed).findings) == 3
    assert "Rejected by the reader: known." in told(reviewed).findings[2].comments
    (signed,) = told(replace(reviewed, status="signed")).findings
    assert signed.verdict == "accepted"
    assert told(replace(reviewed, status="signed")).mark == ""


def test_a_change_is_told_only_where_there_is_a_prior():
    by_size = replace(HEART, change="larger", is_change_of_size=True)
    by_certainty, new = replace(HEART, change="larger"), replace(HEART, change="new")
    larger = replace(DRAFT, findings=(by_size, by_certainty, new))

    assert [finding.change for finding in told(larger).findings] == ["", "", ""]
    compared = told(replace(larger, prior_days=30)).findings
    assert [finding.change for finding in compared] == [
        "larger",
        "",
        "",
    ]  # a size was compared, or no code is right
    assert "Larger since the prior by the size of the boxes." in compared[0].comments
    assert "Larger since the prior." in compared[1].comments
    assert "New since the prior." in compared[2].comments


def test_a_told_urgency_is_passed_on():
    urgent = replace(DRAFT, status="preliminary", findings=(replace(HEART, urgency="1"),))

    assert told(urgent).findings[0].urgency == "1"


def test_both_places_of_a_box_and_the_reader_s_own_finding_are_told():
    own = FindingShown(
        "h1",
        "Kerley lines",
        "present",
        "reader",
        PA.key,
        "1.2.3.1",
        "2.25.9",
        verdict="added",
        note="Faint.",
        boxes=(READER_BOX,),
    )
    moved = replace(HEART, verdict="edited", boxes=(AI_BOX, READER_BOX))
    first, second = told(replace(DRAFT, status="preliminary", findings=(moved, own))).findings

    assert [region.by for region in first.regions] == ["ai", "reader"]
    assert second.name == "Reader's finding 2"
    assert second.comments == ("Added by the reader.", "Faint.")


def test_what_was_not_assessed_is_undetermined():
    unknown = replace(HEART, presence="not assessed", boxes=())

    (finding,) = told(replace(DRAFT, findings=(unknown,))).findings

    assert finding.presence == "undetermined"
    assert "Not assessed by this model." in finding.comments


def test_a_report_is_split_into_sentences_and_an_impression_into_its_numbers():
    parts = (
        Section("findings", ("Heart large. Lungs clear.", "", "At 3.5 cm above.")),
        Section("impression", ("A.", "B.")),
    )
    findings, impression, _ = told(replace(DRAFT, sections=parts)).sections

    assert findings.sentences == ("Heart large.", "Lungs clear.", "At 3.5 cm above.")
    assert impression.sentences == ("1. A.", "2. B.")


def test_films_are_shown_as_the_reader_saw_them_first_and_a_damaged_one_without_a_window():
    host = FakeHost()

    (image,) = shown_images(DRAFT, (PA,), host.read_pixels)
    assert image.sop_instance_uid == PA.header.sop_instance_uid
    assert image.window is not None
    assert image.rescale == (1.0, 0.0)

    host.damaged.add(PA.key)
    assert shown_images(DRAFT, (PA,), host.read_pixels)[0].window is None
    host.background.close()
