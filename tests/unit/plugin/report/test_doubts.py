"""What there is to doubt about the report as it stands, and what the reader has settled."""

from __future__ import annotations

from dataclasses import replace

from unit.plugin.review.test_fold_review import AT, EFFUSION, HEART, known
from unit.plugin.signing.studies import signed, written

from inference.backend import Flag, Sentence
from plugin.events import ImpressionEdited, ReportEdited
from plugin.fold import fold
from plugin.report.doubts import doubts
from plugin.review.state import FindingRejected
from plugin.state import DraftText

DROPPED = Flag(
    "dropped_finding", "cardiomegaly is among the findings, but no sentence of the report states it."
)
DENIED = Flag("unsupported_sentence", "Denies pleural effusion, which is among the findings.", "s1")
NOTHING = Flag(
    "unsupported_sentence",
    "The impression finds nothing, but among the findings there is cardiomegaly, pleural effusion.",
)
CROPPED = Flag("cropped", "strips", image="aa")


def read(*events, flags=(DROPPED, DENIED, NOTHING)):
    told = (HEART, EFFUSION, Sentence("s1", "No effusion.", ("f2",)), *flags)
    texts = {"report": DraftText("No effusion."), "impression": DraftText("Nothing acute.")}
    reading = replace(known(findings=told), **texts)
    for event in events:
        reading = fold(reading, event, 0.0)
    return reading


def test_findings_that_the_report_leaves_out_are_named_in_one_line():
    assert doubts(read()) == [
        "“No effusion.” Denies pleural effusion, which is among the findings.",
        NOTHING.why,
        "Among the findings, but not in the report: cardiomegaly.",
    ]


def test_what_was_rejected_need_not_be_in_the_report():
    told = doubts(read(FindingRejected("f1", AT), flags=(DROPPED, NOTHING)))

    assert told == [NOTHING.why]  # the effusion still stands


def test_an_impression_that_finds_nothing_is_right_once_all_was_rejected():
    assert doubts(read(FindingRejected("f1", AT), FindingRejected("f2", AT), flags=(DROPPED, NOTHING))) == []


def test_the_reader_s_own_impression_is_not_doubted_for_the_model_s():
    assert doubts(read(ImpressionEdited("Large heart, effusion."), flags=(NOTHING,))) == []


def test_a_sentence_that_was_rewritten_is_not_doubted_any_more():
    assert doubts(read(ReportEdited("Right effusion."), flags=(DENIED,))) == []


def test_a_signed_report_carries_no_doubts():
    reading = signed(written())
    reading = replace(reading, flags=(NOTHING, CROPPED))

    assert reading.signing.is_signed
    assert doubts(reading) == []


def test_a_doubt_begins_with_a_capital_letter():
    assert doubts(read(flags=(CROPPED,)))[0][0].isupper()
