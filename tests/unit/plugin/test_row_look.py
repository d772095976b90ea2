"""What the row of a finding says, and what can be done about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.plugin.review.test_fold_boxes import AI, DELETED, MOVED, THERE, with_box
from unit.plugin.review.test_fold_review import AT, EDEMA, EFFUSION, HEART, OWN, known

from inference.backend import Flag, Sentence
from inference.engine.sentences import impression_doubts, review
from plugin.first_look.state import StudySeen
from plugin.review.offers import offered, words_to_edit
from plugin.review.reviewed import box_to_restore, denied_boxes, finding_of_mark, reviewed_finding
from plugin.review.state import (
    BoxAdded,
    FindingAccepted,
    FindingAdded,
    FindingEdited,
    FindingRejected,
    FindingWords,
)
from plugin.row_look import in_short, look_of, look_of_other

SEEN = StudySeen("concurrent", AT)


def look(state, finding_id="f1"):
    return look_of(state, reviewed_finding(state, finding_id))


def offers(state, finding_id="f1"):
    return offered(reviewed_finding(state, finding_id), look(state, finding_id))


def test_an_untouched_finding_says_how_sure_the_model_is_and_what_weakens_it():
    made = look(known())

    assert (made.title, made.certainty) == ("Cardiomegaly", "likely · 82 %")
    assert made.notes == "not calibrated here · No location given by the model."
    assert (made.verdict, made.doubt, made.has_place) == ("", "", False)


def test_a_calibrated_finding_with_one_box_needs_no_note():
    calibrated = replace(HEART, calibrated=True)

    assert look(with_box(findings=(calibrated, AI))).notes == ""


def test_places_are_counted():
    second = replace(AI, id="b2", xyxy=(0.0, 0.0, 5.0, 5.0))

    assert look(with_box(findings=(HEART, AI, second))).notes == "not calibrated here · 2 places"
    assert look(with_box(MOVED, findings=(HEART, AI, second))).notes.endswith("2 places, 1 by you")


def test_before_the_boxes_are_known_no_place_is_no_news():
    state = replace(known(), is_complete=False)

    assert look(state).notes == "not calibrated here"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (FindingAccepted("f1", AT), "Accepted"),
        (FindingRejected("f1", AT, "wrong place"), "Rejected: it is in another place"),
        (FindingRejected("f1", AT, "other", "artefact"), "Rejected – artefact"),
        (FindingEdited("f1", FindingWords("cardiomegaly", note="mild"), AT), "Edited by you – mild"),
        (FindingEdited("f1", FindingWords("large heart"), AT), "Edited by you (AI: cardiomegaly)"),
    ],
)
def test_the_verdict_is_said_in_words(event, said):
    assert look(known(event)).verdict == said
    assert said in look(known(event)).spoken


def test_the_reader_s_certainty_stands_before_the_model_s():
    state = known(FindingEdited("f1", FindingWords("cardiomegaly", "left", "unlikely"), AT))

    assert look(state).certainty == "unlikely (AI: likely)"
    assert look(state).title == "Cardiomegaly, left"


def test_a_finding_of_the_reader_s_own_says_so_and_whether_it_has_a_box():
    state = known(FindingAdded("h1", "aa", OWN, AT))
    made = look(state, "h1")
    assert (made.certainty, made.notes, made.verdict) == ("likely", "no box drawn", "Added by you – seventh")

    drawn = known(FindingAdded("h1", "aa", OWN, AT), BoxAdded("x", "aa", THERE, "h1", AT, "2.25.1"))
    assert (look(drawn, "h1").notes, look(drawn, "h1").has_human_place) == ("box by you", True)


def test_a_denied_box_is_said():
    assert look(with_box(DELETED)).notes == "not calibrated here · no box here, as you said"
    assert look(with_box(MOVED)).notes == "not calibrated here · box by you"


def test_reasons_to_doubt_come_from_its_sentences_and_from_flags_that_name_it():
    state = known(
        findings=(
            HEART,
            EFFUSION,
            Sentence("s1", "The heart is large.", ("f1",)),
            Flag("unsupported_sentence", "the list says otherwise", "s1"),
            Flag("uncertain_finding", "cardiomegaly: the model says neither yes nor no", image="aa"),
            Flag("uncertain_finding", "cardiomegaly: on another film", image="bb"),
            Flag("cropped", "strips", image="aa"),
        )
    )

    assert look(state).doubts == (
        "the list says otherwise",
        "cardiomegaly: the model says neither yes nor no",
    )
    assert look(state).doubt == "the list says otherwise (and 1 more)"
    assert look(state, "f2").doubt == ""


def test_a_doubt_about_several_findings_stands_at_the_report_and_on_no_row():
    flag = Flag(
        "unsupported_sentence",
        "The impression finds nothing, but among the findings there is cardiomegaly, pleural effusion.",
    )

    state = known(findings=(HEART, EFFUSION, flag))
    assert [look(state, one).doubt for one in ("f1", "f2")] == ["", ""]


@pytest.mark.parametrize(
    ("why", "short"),
    [
        (
            "cardiomegaly is among the findings, but no sentence of the report states it.",
            "the report does not state it",
        ),
        ("Denies cardiomegaly, which is among the findings.", "the report denies it"),
        ("The impression: denies cardiomegaly, which is among the findings.", "the impression denies it"),
        ("cardiomegaly: the model says neither.", "cardiomegaly: the model says neither"),
    ],
)
def test_a_row_says_its_doubt_in_a_line_and_in_full_where_it_is_asked_for(why, short):
    made = look(known(findings=(HEART, EFFUSION, Flag("unsupported_sentence", why))))

    assert made.doubt == short
    assert made.spoken.endswith(why.rstrip("."))


def test_the_words_that_a_row_shortens_are_those_of_the_engine():
    present = {"cardiomegaly": "present"}
    flags = [
        *review("The lungs are clear.", {"cardiomegaly": ("f1",)}, present, has_prior=False).flags,
        *review("No cardiomegaly.", {"cardiomegaly": ("f1",)}, present, has_prior=False).flags,
        *impression_doubts("No cardiomegaly.", present, has_prior=False),
        *impression_doubts("Pleural effusion without cardiomegaly.", present, has_prior=False),
    ]
    assert {in_short(flag.why.rstrip("."), "cardiomegaly") for flag in flags} >= {
        "the report does not state it",
        "the report denies it",
        "the impression denies it",
        "the impression finds nothing",
    }


def test_what_was_rejected_or_reworded_needs_no_doubt_any_more():
    flag = Flag("dropped_finding", "cardiomegaly is among the findings, but no sentence states it.")
    findings = (HEART, EFFUSION, flag)

    assert look(known(findings=findings)).doubt != ""
    assert look(known(FindingRejected("f1", AT), findings=findings)).doubt == ""


def test_an_absent_finding_is_unlikely_and_can_be_added():
    made = look_of_other(known(), EDEMA)

    assert (made.title, made.certainty, made.is_present) == ("Edema", "unlikely · 10 %", False)
    assert offered(None, made) == {"add"}


def test_each_status_offers_what_makes_sense():
    assert offers(known()) == {"accept", "reject", "edit", "draw"}
    assert offers(known(FindingAccepted("f1", AT))) == {"take_back", "reject", "edit", "draw"}
    assert offers(known(FindingRejected("f1", AT))) == {"take_back"}
    assert offers(with_box(MOVED)) == {"accept", "reject", "edit", "draw", "restore"}
    assert offers(with_box(DELETED)) == {"accept", "reject", "edit", "draw", "restore"}
    assert offers(with_box(MOVED, FindingRejected("f1", AT))) == {"take_back"}
    assert offers(known(FindingAdded("h1", "aa", OWN, AT)), "h1") == {"remove", "edit", "draw"}


def test_a_form_begins_with_the_reader_s_words_or_the_model_s_label():
    assert words_to_edit(None) is None
    assert words_to_edit(reviewed_finding(known(), "f1")) == FindingWords("cardiomegaly")
    words = FindingWords("cardiomegaly", "left", "possible", "mild")
    assert words_to_edit(reviewed_finding(known(FindingEdited("f1", words, AT)), "f1")) == words


def test_a_mark_on_a_film_leads_to_its_finding():
    state = with_box(MOVED)
    assert finding_of_mark(state, "b1") == "f1"
    assert finding_of_mark(state, "h1") == "f1"
    assert finding_of_mark(state, "original h1") == "f1"
    assert finding_of_mark(state, "a measurement") is None

    own = with_box(FindingAdded("own", "aa", OWN, AT), BoxAdded("h5", "aa", THERE, "own", AT, "2.25.9"))
    assert finding_of_mark(own, "h5") == "own"


def test_what_can_be_restored_is_the_latest_version_of_an_ai_box():
    assert box_to_restore(with_box(MOVED), "f1") == "h1"
    assert box_to_restore(with_box(), "f1") is None
    assert box_to_restore(with_box(), "zz") is None
    own = with_box(FindingAdded("own", "aa", OWN, AT))
    assert denied_boxes(own, reviewed_finding(own, "own")) == ()
