"""The findings as they leave: both sides' words and places, under one tracking UID."""

from __future__ import annotations

from unit.plugin.output.written import ANNA, BEGUN, FOUND, PACK, after

from inference.backend import Finished
from plugin.events import ImpressionEdited, ReportEdited
from plugin.output.composing import document_of
from plugin.output.findings import DENIED
from plugin.review.state import (
    BoxAdded,
    BoxDeleted,
    BoxMoved,
    FindingAccepted,
    FindingAdded,
    FindingEdited,
    FindingRejected,
    FindingWords,
)

AT = "2026-11-22T09:00:00.000Z"
READ = (*BEGUN, *FOUND, Finished())


def document(*events: object):
    return document_of(after(*READ, *events), ANNA, PACK)


def finding(*events: object):
    return document(*events).findings[0]


def test_an_accepted_finding_is_told_so_and_all_looked_at_is_preliminary():
    assert document().status == "draft"
    accepted = document(FindingAccepted("f1", AT))

    assert accepted.findings[0].verdict == "accepted"
    assert accepted.status == "preliminary"
    assert accepted.mark == "AI DRAFT – NOT REVIEWED"


def test_a_rejected_finding_keeps_its_reason_and_its_words():
    told = finding(FindingRejected("f1", AT, "known", "Since 2019."))

    assert (told.verdict, told.reason, told.note) == ("rejected", "known", "Since 2019.")


def test_an_edited_finding_is_told_in_the_reader_s_words_beside_the_ais():
    words = FindingWords("enlarged cardiomediastinum", "left", "possible", "Rotated.")
    told = finding(FindingEdited("f1", words, AT))

    assert (told.verdict, told.label) == ("edited", "enlarged cardiomediastinum")
    assert told.note == (
        "Side: left. Possible, in the reader's words. The AI called it cardiomegaly. Rotated."
    )
    assert told.tracking_uid == finding().tracking_uid


def test_a_moved_box_is_told_at_both_places_under_one_uid():
    told = finding(BoxMoved("b1", (1.0, 1.0, 5.0, 5.0), AT, "h1", "2.25.77"))

    ai, reader = told.boxes
    assert (ai.by, ai.xyxy, ai.tracking_uid) == ("ai", (2.0, 3.0, 9.0, 11.0), "2.25.77")
    assert (reader.by, reader.xyxy, reader.tracking_uid) == ("reader", (1.0, 1.0, 5.0, 5.0), "2.25.77")


def test_a_denied_place_is_told_in_words():
    told = finding(BoxDeleted("b1", AT, "h1", "2.25.77"))

    assert told.boxes == ()
    assert told.note == DENIED


def test_a_finding_of_the_reader_s_own_has_their_box_and_no_algorithm():
    events = (
        FindingAdded("r1", "aa", FindingWords("rib fracture", "right"), AT),
        BoxAdded("h2", "aa", (3.0, 3.0, 4.0, 4.0), "r1", AT, "2.25.78"),
    )
    own = next(one for one in document(*events).findings if one.by == "reader")

    assert (own.label, own.verdict, own.note) == ("rib fracture", "added", "Side: right.")
    assert [(box.by, box.tracking_uid) for box in own.boxes] == [("reader", "2.25.78")]
    assert own.certainty_percent is None


def test_parts_of_a_report_are_told_only_where_they_exist():
    text = "Technique: PA, erect.\nIndication:\nCough.\nFever.\n\nLungs: Clear.\n\nHeart: Large."
    told = document(ReportEdited(text), ImpressionEdited("1. Large heart.\n\n2. No effusion."))

    assert [section.kind for section in told.sections] == [
        "indication",
        "technique",
        "findings",
        "impression",
    ]
    assert told.section("indication").lines == ("Cough.", "Fever.")
    assert told.section("technique").lines == ("PA, erect.",)
    assert told.section("findings").lines == ("Lungs: Clear.", "", "Heart: Large.")
    assert told.section("impression").lines == ("1. Large heart.", "2. No effusion.")


def test_the_origin_of_the_sentences_is_counted():
    told = document(ReportEdited("The heart is large. Two clips lie in the neck."))

    assert (told.provenance.ai, told.provenance.human, told.provenance.dropped) == (1, 1, 0)
    assert document(ReportEdited("Clear.")).provenance.dropped == 1
