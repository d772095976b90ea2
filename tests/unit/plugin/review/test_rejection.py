"""What a rejected finding means for the report's words."""

from __future__ import annotations

from dataclasses import replace

from unit.plugin.review.test_fold_review import AT, EFFUSION, HEART, known

from inference.backend import Finished, Sentence, TextDelta
from plugin.events import FilmInReading, FilmPrepared, ReadingStarted, ReportEdited
from plugin.first_look.state import StudySeen
from plugin.fold import fold
from plugin.review.rejection import (
    doubts_of_rejected,
    rejected_ids,
    text_with_again,
    text_without_rejected,
)
from plugin.review.state import FindingRejected
from plugin.state import DraftText, StudyReading

TEXT = "The heart is large. Large heart with effusion. No fracture."
SENTENCES = (
    Sentence("s1", "The heart is large.", ("f1",)),
    Sentence("s2", "Large heart with effusion.", ("f1", "f2")),
    Sentence("s3", "No fracture.", ()),
)


def told(*events) -> StudyReading:
    state = StudyReading()
    begin = (StudySeen("concurrent", AT), ReadingStarted((FilmInReading("pa#1", "PA"),)))
    read = (FilmPrepared("pa#1", "aa"), HEART, EFFUSION, TextDelta(TEXT), *SENTENCES)
    for event in (*begin, *read, Finished({"report": TEXT}), *events):
        state = fold(state, event)
    return state


def test_without_a_rejection_every_word_stays():
    assert text_without_rejected(told()) == TEXT
    assert doubts_of_rejected(told()) == ()
    assert rejected_ids(told()) == frozenset()


def test_a_sentence_of_nothing_but_the_rejected_finding_goes_and_one_of_others_stays():
    state = told(FindingRejected("f1", AT))

    assert text_without_rejected(state) == "Large heart with effusion. No fracture."


def test_what_stays_and_still_states_it_is_a_doubt():
    state = told(FindingRejected("f1", AT))
    state = fold(state, ReportEdited(text_without_rejected(state)))

    assert doubts_of_rejected(state) == (
        "“Large heart with effusion.” states what you rejected: cardiomegaly.",
    )


def test_when_all_that_a_sentence_states_is_rejected_it_goes_as_well():
    state = told(FindingRejected("f1", AT), FindingRejected("f2", AT))

    assert text_without_rejected(state) == "No fracture."


def test_words_that_the_reader_changed_are_never_taken_out():
    state = told(ReportEdited(TEXT.replace("is large", "is quite large")), FindingRejected("f1", AT))

    assert "quite large" in text_without_rejected(state)
    assert doubts_of_rejected(state)[0].startswith("“The heart is quite large.” states what you rejected")


def test_words_of_the_reader_s_own_are_no_doubt():
    state = told(ReportEdited("Nothing of note."), FindingRejected("f1", AT))

    assert (text_without_rejected(state), doubts_of_rejected(state)) == ("Nothing of note.", ())


def test_nothing_is_taken_out_of_a_text_that_is_still_being_written():
    state = StudyReading()
    begin = (StudySeen("concurrent", AT), ReadingStarted((FilmInReading("pa#1", "PA"),)))
    for event in (*begin, FilmPrepared("pa#1", "aa"), HEART, TextDelta(TEXT), *SENTENCES):
        state = fold(state, event)
    state = fold(state, FindingRejected("f1", AT))

    assert text_without_rejected(state) == TEXT
    assert doubts_of_rejected(fold(state, Finished({"report": TEXT}))) != ()


def test_a_sentence_of_an_earlier_draft_is_nobody_s_finding():
    state = known(FindingRejected("f1", AT))
    state = fold(state, ReportEdited("The heart is large."))

    assert doubts_of_rejected(state) == ()


def test_a_sentence_that_denies_what_was_rejected_stays_and_is_no_doubt():
    """The model links it to the finding as well: it names it."""
    denying = (Sentence("s1", "There is no evidence of pleural effusion.", ("f2",)),)
    reading = known(FindingRejected("f2", AT), findings=(HEART, EFFUSION, *denying))
    reading = replace(reading, report=DraftText("There is no evidence of pleural effusion."))

    assert text_without_rejected(reading) == "There is no evidence of pleural effusion."
    assert doubts_of_rejected(reading) == ()


def rejected(*finding_ids):
    """With the sentences out of the text, as the desk does it."""
    state = told()
    for finding_id in finding_ids:
        state = fold(state, FindingRejected(finding_id, AT))
        state = fold(state, ReportEdited(text_without_rejected(state)))
    return state


def test_a_verdict_remembers_what_it_took_out():
    state = rejected("f1", "f2")

    assert [verdict.took_out for verdict in state.review.verdicts] == [
        ("The heart is large.",),
        ("Large heart with effusion.",),
    ]


def test_what_was_taken_out_comes_back_behind_the_sentence_it_followed():
    state = rejected("f1", "f2")
    assert state.report.shown == "No fracture."

    first = text_with_again(state, ("The heart is large.",))
    assert first == "The heart is large. No fracture."
    assert text_with_again(fold(state, ReportEdited(first)), ("Large heart with effusion.",)) == TEXT


def test_what_stands_already_is_not_said_twice():
    assert text_with_again(told(), ("The heart is large.",)) == TEXT
    assert text_with_again(told(), ()) == TEXT


def test_a_sentence_of_no_known_draft_comes_last_and_an_empty_text_takes_it():
    assert text_with_again(told(), ("Old words.",)) == f"{TEXT} Old words."
    assert text_with_again(fold(told(), ReportEdited("")), ("The heart is large.",)) == "The heart is large."
