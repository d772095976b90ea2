"""Sentence, finding and box, tied by id both ways; what has no place or no support says so."""

from dataclasses import replace

import pytest

from inference.backend import Box, Change, Finding, Flag, Sentence
from inference.text.places import DENIES, NAMES_NOTHING, NO_ANSWER, NOT_TAUGHT
from plugin.prior.state import PriorView
from plugin.sentences import sentence_marks, sentences_of_box, sentences_of_finding
from plugin.state import StudyReading
from plugin.wording import NO_LOCATION

HEART = Finding("f1", "cardiomegaly", "present", 0.8, False, "a")
NO_EDEMA = Finding("f2", "edema", "absent", 0.1, False, "a")
HEART_BOX = Box("b1", "a", (1, 2, 9, 9), finding_id="f1")
OWN_BOX = Box("b2", "a", (1, 2, 5, 5), sentence_id="s2")
LARGE = Sentence("s1", "The heart is large.", ("f1", "f2"), box_ids=("b1", "gone"))
HILUM = Sentence("s2", "The hilum is full.", box_ids=("b2",))
CLEAR = Sentence("s3", "No edema.", ("f2",), no_place=DENIES)
READING = StudyReading(
    findings=(HEART, NO_EDEMA), boxes=(HEART_BOX, OWN_BOX), sentences=(LARGE, HILUM, CLEAR)
)


def test_a_sentence_with_a_box_is_grounded_in_what_is_there():
    mark = sentence_marks(READING)[0]

    assert (mark.sentence_id, mark.text, mark.ground) == ("s1", "The heart is large.", "grounded")
    assert mark.box_ids == ("b1",)  # a box that nobody has can't be lit
    assert mark.finding_ids == ("f1",)  # what is absent is not what the sentence points at
    assert (mark.place_note, mark.doubts, mark.is_doubtful) == ("", (), False)


@pytest.mark.parametrize(
    ("no_place", "ground", "note"),
    [
        (DENIES, "nothing to show", DENIES),
        (NAMES_NOTHING, "nothing to show", NAMES_NOTHING),
        (NOT_TAUGHT, "ungrounded", f"{NO_LOCATION} {NOT_TAUGHT}"),
        (NO_ANSWER, "ungrounded", NO_LOCATION),
        ("", "ungrounded", NO_LOCATION),
    ],
)
def test_a_sentence_without_a_box_says_whether_one_is_missing(no_place, ground, note):
    reading = replace(READING, sentences=(replace(CLEAR, no_place=no_place),))

    (mark,) = sentence_marks(reading)

    assert (mark.ground, mark.place_note) == (ground, note)
    assert mark.is_doubtful is (ground == "ungrounded")


def test_a_sentence_that_the_findings_do_not_support_is_told_from_one_that_is_only_doubted():
    flags = (
        Flag("unsupported_sentence", "States edema, which is not among the findings.", "s1"),
        Flag("measurement", "“3 cm” was not measured.", "s2"),
        Flag("measurement", "“3 cm” was not measured.", "s2"),
        Flag("dropped_finding", "nobody's sentence"),
    )

    large, hilum, clear = sentence_marks(replace(READING, flags=flags))

    assert (large.is_unsupported, hilum.is_unsupported, clear.is_unsupported) == (True, False, False)
    assert large.doubts == ("States edema, which is not among the findings.",)
    assert hilum.doubts == ("“3 cm” was not measured.",)
    assert (large.is_doubtful, hilum.is_doubtful, clear.is_doubtful) == (True, True, False)


def test_a_sentence_that_the_comparison_with_the_prior_contradicts_is_doubted():
    change = Change("cardiomegaly", "smaller", "prior f1", "prior f14", "size of the boxes")
    grown = replace(LARGE, text="The cardiomegaly has increased.")
    reading = replace(READING, sentences=(grown,), prior_view=PriorView("done", changes=(change,)))

    (mark,) = sentence_marks(reading)

    assert mark.doubts == ("The comparison with the prior finds cardiomegaly smaller.",)
    assert not mark.is_unsupported


def test_from_a_finding_and_from_a_box_the_way_leads_back_to_the_sentence():
    assert sentences_of_finding(READING, "f1") == ("s1",)
    assert sentences_of_finding(READING, "f9") == ()
    assert sentences_of_box(READING, "b1") == ("s1",)
    assert sentences_of_box(READING, "b2") == ("s2",)
    assert sentences_of_box(READING, "b9") == ()


def test_a_box_that_no_sentence_names_leads_over_its_own_sentence_or_its_finding():
    unnamed = tuple(replace(line, box_ids=()) for line in READING.sentences)
    reading = replace(READING, sentences=unnamed)

    assert sentences_of_box(reading, "b1") == ("s1",)
    assert sentences_of_box(reading, "b2") == ("s2",)
