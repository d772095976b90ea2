"""The gate: what opens it, what closes it, and that nothing shines through."""

from __future__ import annotations

from dataclasses import fields

import pytest

from inference.backend import Box, Finding, Finished, Flag, NotRead, Progress, Sentence, TextDelta
from plugin.events import (
    FilmInReading,
    FilmPrepared,
    FindingSelected,
    ImpressionEdited,
    ReadingStarted,
    ReportEdited,
    StopAsked,
)
from plugin.first_look import words
from plugin.first_look.fold import fold_first_look, hide_or_show, is_due, reveal
from plugin.first_look.state import (
    AiHidden,
    AiRevealed,
    AiShownAgain,
    FirstImpressionTyped,
    FirstLook,
    FirstLookCommitted,
    OwnReportBegun,
    StudySeen,
)
from plugin.first_look.visible import visible
from plugin.fold import fold
from plugin.review.state import FindingAccepted
from plugin.state import StudyReading

AT, LATER = "2026-11-22T09:00:00.000Z", "2026-11-22T09:01:00.000Z"
SEEN = StudySeen("second reader", AT)
READ = (
    ReadingStarted((FilmInReading("pa#1", "PA"),)),
    FilmPrepared("pa#1", "aa"),
    Progress("boxes", 2, 5),
    Finding("f1", "cardiomegaly", "present", 0.8, True, "aa"),
    Box("b1", "aa", (1.0, 1.0, 2.0, 2.0), "f1"),
    TextDelta("The heart is large."),
    TextDelta("Large heart.", "impression"),
    Sentence("s1", "The heart is large.", ("f1",)),
    Flag("cropped", "strips", image="aa"),
    NotRead("aa", "not a chest"),
    Finished(),
)


def after(*events, start: StudyReading | None = None) -> StudyReading:
    state = start or StudyReading()
    for event in events:
        state = fold(state, event)
    return state


def look_after(*events) -> FirstLook:
    look = FirstLook()
    for event in events:
        look = fold_first_look(look, event)
    return look


# ── opening and closing ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_reader_sees_nothing_before_the_own_first_look():
    assert not look_after(SEEN).shows_ai
    assert look_after(SEEN, FirstLookCommitted(LATER)).shows_ai


def test_a_concurrent_reader_sees_it_as_it_comes():
    look = look_after(StudySeen("concurrent", AT))

    assert (look.shows_ai, look.is_committed, look.withholds) == (True, False, False)


def test_a_study_keeps_the_mode_and_the_time_of_its_first_sight():
    look = look_after(SEEN, StudySeen("concurrent", LATER))

    assert (look.mode, look.first_seen_at) == ("second reader", AT)


def test_a_commit_counts_once_and_says_when_and_why():
    look = look_after(SEEN, FirstLookCommitted(LATER), FirstLookCommitted("never"))

    assert (look.committed_at, look.revealed_at, look.revealed_by) == (LATER, LATER, "committed")


def test_a_reveal_by_the_clock_is_no_commit_and_a_later_word_of_the_reader_is():
    look = look_after(SEEN, AiRevealed("time", AT))
    assert (look.shows_ai, look.is_committed, look.revealed_by) == (True, False, "time")

    told = fold_first_look(look, FirstLookCommitted(LATER))
    assert (told.committed_at, told.revealed_at, told.revealed_by) == (LATER, AT, "time")


def test_what_was_shown_can_be_hidden_and_shown_again():
    hidden = look_after(SEEN, FirstLookCommitted(AT), AiHidden(LATER))
    assert (hidden.shows_ai, hidden.withholds) == (False, True)

    assert fold_first_look(hidden, AiShownAgain(LATER)).shows_ai


def test_before_the_gate_is_open_there_is_nothing_to_hide():
    assert not look_after(SEEN, AiHidden(AT)).is_hidden


def test_first_words_are_kept_until_the_gate_opens_and_never_changed_afterwards():
    look = look_after(SEEN, FirstImpressionTyped("Large heart?"), FirstLookCommitted(LATER))

    assert fold_first_look(look, FirstImpressionTyped("As the AI says.")).impression == "Large heart?"


def test_a_study_that_nobody_has_seen_withholds_nothing_from_a_writer_and_shows_nothing():
    assert (FirstLook().withholds, FirstLook().shows_ai) == (False, False)


# ── what the keys mean ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_reader_s_word_commits_a_second_reader_and_asks_in_triage():
    assert reveal(look_after(SEEN), LATER) == FirstLookCommitted(LATER)
    assert reveal(look_after(StudySeen("triage", AT)), LATER) == AiRevealed("asked", LATER)
    assert reveal(look_after(StudySeen("concurrent", AT)), LATER) is None


def test_hiding_never_opens_a_closed_gate():
    assert hide_or_show(look_after(SEEN), AT) is None
    assert hide_or_show(look_after(SEEN, FirstLookCommitted(AT)), LATER) == AiHidden(LATER)
    assert hide_or_show(look_after(SEEN, FirstLookCommitted(AT), AiHidden(AT)), LATER) == AiShownAgain(LATER)


@pytest.mark.parametrize(
    ("events", "seen_s", "after_s", "due"),
    [
        ((SEEN,), 30.0, 30, True),
        ((SEEN,), 29.9, 30, False),
        ((SEEN,), 9999.0, 0, False),
        ((SEEN, FirstLookCommitted(AT)), 31.0, 30, False),
        ((StudySeen("triage", AT),), 31.0, 30, False),
        ((StudySeen("concurrent", AT),), 31.0, 30, False),
    ],
)
def test_the_site_s_time_opens_a_second_reader_s_gate_only(events, seen_s, after_s, due):
    assert is_due(look_after(*events), seen_s, after_s) is due


# ── nothing shines through ──────────────────────────────────────────────────────────────────────────────────────


def test_what_may_be_seen_is_the_same_whatever_the_ai_found():
    told = visible(after(SEEN, *READ))
    nothing = visible(after(SEEN, *READ[:2], Finished()))

    assert told == nothing


@pytest.mark.parametrize("name", [field.name for field in fields(StudyReading)])
def test_every_part_of_a_reading_is_the_reader_s_own_or_out_of_sight(name):
    """A new field of StudyReading is out of sight until `visible` names it; one that must be seen is named here too."""
    seen = {
        *("kind", "subject", "phase", "stop_asked_s", "problem", "films", "prior", "backend_study"),
        *("has_been_read", "is_complete", "report", "impression", "first_look", "writing"),
    }
    told, empty = visible(after(SEEN, *READ)), StudyReading()

    assert name in seen or getattr(told, name) == getattr(empty, name)


def test_while_it_runs_no_stage_tells_a_count():
    assert visible(after(SEEN, *READ[:3])).stages == ()
    assert visible(after(SEEN, *READ[:3], StopAsked())).phase == "stopping"


def test_after_the_commit_everything_is_there():
    state = after(SEEN, *READ, FirstLookCommitted(LATER))

    assert visible(state) == state


def test_what_was_selected_before_the_curtain_moved_was_not_reached():
    state = after(SEEN, FirstLookCommitted(AT), *READ, FindingSelected("f1"))
    assert state.review.reached == "f1"

    again = after(AiHidden(AT), AiShownAgain(AT), start=state)

    assert (again.selected, again.review.reached) == (None, None)
    assert after(FirstImpressionTyped("x"), start=state).selected == "f1"


def test_verdicts_are_out_of_sight_with_the_findings():
    state = after(SEEN, FirstLookCommitted(AT), *READ, FindingAccepted("f1", AT), AiHidden(AT))

    assert visible(state).review.verdicts == ()
    assert visible(after(AiShownAgain(AT), start=state)).review.verdicts != ()


# ── the reader's own words ──────────────────────────────────────────────────────────────────────────────────────


def test_own_words_stay_and_the_draft_is_offered_beside_them_after_the_reveal():
    state = after(SEEN, *READ, ReportEdited("My own."), ImpressionEdited("Mine."))
    assert (visible(state).report.shown, visible(state).impression.shown) == ("My own.", "Mine.")
    assert not visible(state).report.has_newer_draft

    told = visible(after(FirstLookCommitted(LATER), start=state))
    assert told.report.shown == "My own."
    assert told.report.has_newer_draft


def test_own_words_that_were_deleted_again_leave_the_draft_to_be_shown():
    state = after(SEEN, *READ, ReportEdited("My"), ReportEdited(""), FirstLookCommitted(LATER))

    assert (state.report.edited, state.report.shown) == (None, "The heart is large.")


def test_the_first_impression_is_offered_after_the_reveal_until_it_stands_in_the_report():
    state = after(SEEN, FirstImpressionTyped(" Small effusion? "), *READ)
    assert words.offered_impression(state) == ""

    told = after(FirstLookCommitted(LATER), start=state)
    assert words.offered_impression(told) == "Small effusion?"
    assert words.with_first_impression(told) == "The heart is large.\nSmall effusion?"
    assert not words.is_in_report(told)
    assert words.is_in_report(after(ReportEdited(words.with_first_impression(told)), start=told))


def test_a_report_is_shown_once_there_is_one_to_see():
    assert not words.shows_report(after(SEEN, *READ))
    assert words.shows_report(after(SEEN, OwnReportBegun()))
    assert words.shows_report(after(SEEN, ReportEdited("Mine.")))
    assert words.shows_report(after(SEEN, FirstLookCommitted(AT)))


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), "The AI has not looked at this study."),
        (READ[:3], "The AI is looking at this study."),
        (READ, "AI ready: it has read this study."),
    ],
)
def test_the_gate_says_how_far_the_ai_is_and_nothing_else(events, said):
    assert words.gate_text(visible(after(SEEN, *events))) == f"{said} {words.NOTHING_SHOWN}"


def test_a_reading_that_was_stopped_is_not_called_ready():
    from inference.backend import Cancelled

    assert words.gate_text(after(SEEN, *READ[:3], Cancelled())).startswith("The AI has not finished")


def test_in_triage_the_words_say_that_one_may_ask():
    state = after(StudySeen("triage", AT))

    assert words.gate_text(state).endswith(words.IN_TRIAGE)
    assert words.reveal_title(state) == "Show what the AI found"
    assert words.reveal_title(after(SEEN)) == "I have read it"


def test_the_time_is_named_where_there_is_one():
    assert words.time_text(0) == ""
    assert words.time_text(30) == "It is shown by itself after 30 s on screen."
