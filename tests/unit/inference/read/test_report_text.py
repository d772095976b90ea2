"""report.txt can't be mistaken for a signed report."""

from dataclasses import replace

from inference.backend import DRAFT_MARK, RESEARCH_USE, Flag
from inference.read.findings_file import Skip
from inference.read.order import OTHER_PATIENT, Order
from inference.read.report_text import NO_LOCATION, NO_PRIOR, report_text
from tests.factories.read_drafts import PACK, draft, film, findings


def text(*drafts, skipped=()) -> str:
    return report_text(drafts, skipped, PACK)


def test_the_draft_mark_is_the_first_and_the_last_line():
    lines = text(draft(film("a.dcm"))).splitlines()

    assert lines[0] == lines[-1] == DRAFT_MARK
    assert RESEARCH_USE in lines


def test_the_model_its_hash_and_its_licence_are_named():
    told = text(draft(film("a.dcm")))

    assert "Starter 0.1 (starter, manifest SHA-256 " + "a" * 64 in told
    assert "CC BY-NC 4.0 (research only)" in told
    assert "Expect errors" in told
    assert "Not assessed by this model: fracture." in told


def test_findings_impression_and_doubts_stand_below_each_other():
    told = text(draft(film("a.dcm")))

    assert (
        told.index("FINDINGS:\nSmall effusion.") < told.index("IMPRESSION:\nEffusion.") < told.index("CHECK:")
    )
    assert "“3 cm” was not measured. In: “Small effusion.”" in told


def test_a_present_finding_has_its_probability_and_its_place():
    told = text(draft(film("a.dcm")))

    assert (
        "  - pleural effusion, model's probability 0.91, not calibrated here. boxes in pixels: [10, 20, 50, 80]"
        in told
    )


def test_a_finding_without_a_box_is_said_to_have_no_place():
    assert NO_LOCATION in text(draft(film("a.dcm"), boxes=()))


def test_no_finding_is_no_clean_bill_of_health():
    one = film("a.dcm")
    told = text(draft(one, findings=findings("hash a.dcm"), boxes=()))

    assert "No listed finding detected (12 of 13 assessed)." in told
    assert "does not rule out disease" in told


def test_without_a_prior_it_says_that_nothing_was_compared():
    one, prior = film("a.dcm"), film("old.dcm")

    assert NO_PRIOR in text(draft(one))
    assert "Compared with: old.dcm (31 days earlier)." in text(draft(one, order=Order((one,), (prior,), 31)))
    assert "(days apart not known)" in text(draft(one, order=Order((one,), (prior,), None)))


def test_a_prior_of_somebody_else_is_warned_of_above_the_findings():
    one = film("a.dcm")
    told = text(draft(one, order=Order((one,), (film("b.dcm"),), 3, warnings=(OTHER_PATIENT,))))

    assert told.index(f"WARNING: {OTHER_PATIENT}") < told.index("FINDINGS:")


def test_what_was_not_read_stands_with_its_reason():
    told = text(draft(film("a.dcm")), skipped=[Skip(film("ct.dcm").source, "not read: CT")])

    assert "NOT READ:\n  - ct.dcm: not read: CT" in told


def test_a_flag_about_the_whole_report_quotes_no_sentence():
    flagged = replace(draft(film("a.dcm")), flags=(Flag("dropped_finding", "edema is dropped."),))

    assert "  - edema is dropped.\n" in text(flagged)


def test_nobodys_name_is_in_it():
    assert "Name of" not in text(draft(film("a.dcm", patient="DOE^JOHN")))
