"""How events change what the panel knows about a study."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.backend import (
    FINDINGS,
    Box,
    Cancelled,
    Error,
    Finding,
    Finished,
    Flag,
    NotRead,
    Progress,
    Queued,
    Sentence,
    TextDelta,
)
from plugin.ask.state import Exchange, QuestionAsked
from plugin.events import (
    BackendAnswered,
    FilmFailed,
    FilmInReading,
    FilmPrepared,
    FindingSelected,
    ImpressionEdited,
    NewDraftTaken,
    PanelEvent,
    PriorUsed,
    Problem,
    ReadingStarted,
    ReportEdited,
    RunFailed,
    SentenceSelected,
    StopAsked,
    StudyPut,
)
from plugin.fold import fold
from plugin.state import (
    Stage,
    StudyReading,
    boxes_of_finding,
    finding_of_box,
    is_editable,
    present_findings,
    sentence_at,
)

PA = FilmInReading("pa#1", "PA")
LATERAL = FilmInReading("lat#1", "Lateral", "lateral")
BEGUN = (ReadingStarted((PA, LATERAL)), FilmPrepared("pa#1", "aa"), FilmPrepared("lat#1", "bb"))
EFFUSION = Finding("f1", "pleural effusion", "present", 0.82, True, "aa")
HEART = Finding("f2", "cardiomegaly", "present", 0.4, False, "aa")
ABSENT = Finding("f3", "pneumothorax", "absent", 0.05, False, "aa")


def after(*events: PanelEvent, start: StudyReading | None = None) -> StudyReading:
    """Fold the events, one second apart."""
    state = start or StudyReading()
    for second, event in enumerate(events):
        state = fold(state, event, float(second))
    return state


def test_a_reading_begins_with_its_films_and_prior():
    prior = PriorUsed(date(2024, 3, 1), 30)

    state = after(ReadingStarted((PA,), prior))

    assert state.is_reading
    assert state.has_been_read
    assert not state.is_complete
    assert (state.films, state.prior) == ((PA,), prior)


def test_a_prepared_film_gets_the_name_that_events_use():
    assert [film.image for film in after(*BEGUN).films] == ["aa", "bb"]


def test_a_film_that_can_not_be_decoded_says_why_and_the_others_stay():
    state = after(ReadingStarted((PA, LATERAL)), FilmFailed("lat#1", "it is cut short"))

    assert [film.not_read for film in state.films] == ["", "it is cut short"]


def test_a_refused_film_says_why_and_no_other_film_does():
    state = after(*BEGUN, NotRead("bb", "lateral only"))

    assert [film.not_read for film in state.films] == ["", "lateral only"]


def test_each_stage_keeps_its_own_time():
    state = after(
        ReadingStarted((PA,)), Progress("gate", 0, 1), Progress("gate", 1, 1), Progress("report", 0, 1)
    )

    assert state.stages == (Stage("gate", 1.0, 1, 1, 3.0), Stage("report", 3.0, 0, 1))


def test_the_end_of_a_run_ends_its_last_stage():
    state = after(ReadingStarted((PA,)), Progress("report", 0, 1), Finished())

    assert state.stages == (Stage("report", 1.0, 0, 1, 2.0),)
    assert state.phase == "done"


def test_a_place_in_the_queue_is_shown_until_work_begins():
    waiting = after(ReadingStarted((PA,)), Queued(2))
    working = fold(waiting, Progress("gate", 0, 1))

    assert (waiting.queue_position, working.queue_position) == (2, None)


def test_findings_and_boxes_arrive_one_by_one():
    state = after(*BEGUN, EFFUSION, HEART, Box("b1", "aa", (1, 2, 3, 4), "f1"))

    assert state.findings == (EFFUSION, HEART)
    assert boxes_of_finding(state, EFFUSION) == (Box("b1", "aa", (1, 2, 3, 4), "f1"),)
    assert boxes_of_finding(state, HEART) == ()


def test_a_finding_told_twice_is_listed_once_as_told_last():
    surer = Finding("f1", "pleural effusion", "present", 0.9, True, "aa")

    assert after(*BEGUN, EFFUSION, surer).findings == (surer,)


def test_a_box_of_another_film_is_never_a_finding_s_box():
    state = after(*BEGUN, EFFUSION, Box("b1", "bb", (1, 2, 3, 4), "f1"))

    assert boxes_of_finding(state, EFFUSION) == ()


def test_a_box_that_grounds_a_sentence_belongs_to_the_sentence_s_finding():
    state = after(
        *BEGUN, EFFUSION, Sentence("s1", "Effusion.", ("f1",)), Box("b1", "aa", (1, 2, 3, 4), None, "s1")
    )

    assert finding_of_box(state, "b1") == "f1"


@pytest.mark.parametrize("box_id", ["b1", "nothing"])
def test_a_box_without_finding_or_an_unknown_one_belongs_to_none(box_id):
    state = after(*BEGUN, EFFUSION, Box("b1", "aa", (1, 2, 3, 4)))

    assert finding_of_box(state, box_id) is None


def test_the_report_streams_and_the_raw_list_does_not_enter_it():
    state = after(
        *BEGUN, TextDelta("cardiomegaly", "findings"), TextDelta("The heart "), TextDelta("is large.")
    )

    assert state.report.shown == "The heart is large."


def test_the_impression_streams_into_its_own_field():
    state = after(*BEGUN, TextDelta("Large heart.", "impression"))

    assert (state.report.shown, state.impression.shown) == ("", "Large heart.")


def test_the_cleaned_texts_of_the_end_replace_the_streamed_ones():
    state = after(*BEGUN, TextDelta("the  heart"), Finished({"report": "The heart.", "impression": "Heart."}))

    assert (state.report.shown, state.impression.shown) == ("The heart.", "Heart.")
    assert state.is_complete


def test_an_end_without_texts_keeps_the_streamed_ones():
    assert after(*BEGUN, TextDelta("The heart."), Finished()).report.shown == "The heart."


def test_an_edited_text_survives_every_later_event_of_the_model():
    read = after(*BEGUN, TextDelta("Heart large."), Finished(), ReportEdited("Heart normal."))

    state = after(*BEGUN, TextDelta("Heart huge."), Finished({"report": "Heart huge."}), start=read)

    assert state.report.shown == "Heart normal."
    assert state.report.has_newer_draft


def test_the_same_draft_again_is_not_offered_as_a_new_one():
    read = after(*BEGUN, TextDelta("Heart large."), Finished(), ReportEdited("Heart normal."))

    assert not after(*BEGUN, TextDelta("Heart large."), Finished(), start=read).report.has_newer_draft


def test_taking_the_new_draft_gives_up_the_edited_text():
    read = after(*BEGUN, TextDelta("Large."), Finished(), ReportEdited("Normal."))
    state = after(*BEGUN, TextDelta("Huge."), Finished(), NewDraftTaken(), start=read)

    assert state.report.shown == "Huge."
    assert state.report.edited is None


def test_taking_a_new_draft_never_leaves_the_reader_with_nothing():
    state = after(ReportEdited("Mine."), ImpressionEdited("Mine too."), NewDraftTaken())

    assert (state.report.shown, state.impression.shown) == ("Mine.", "Mine too.")


def test_typing_back_to_the_draft_makes_it_the_model_s_text_again():
    state = after(*BEGUN, TextDelta("Large."), Finished(), ReportEdited("Large"), ReportEdited("Large."))

    assert state.report.edited is None


def test_a_text_written_before_any_reading_is_kept_by_it():
    state = after(ReportEdited("I see nothing."), *BEGUN, TextDelta("Large."), Finished())

    assert state.report.shown == "I see nothing."
    assert state.report.has_newer_draft


def test_a_text_that_is_being_drafted_can_not_be_edited_unless_it_is_the_reader_s_own():
    drafting = after(*BEGUN, TextDelta("Lar"))
    own = after(ReportEdited("Mine."), *BEGUN)

    assert not is_editable(drafting, drafting.report)
    assert is_editable(own, own.report)
    assert is_editable(fold(drafting, Cancelled()), drafting.report)


def test_the_time_of_the_first_stop_is_known_until_the_next_run():
    state = after(*BEGUN, StopAsked(), StopAsked())
    assert state.stop_asked_s == float(len(BEGUN))

    assert after(*BEGUN, StopAsked(), Cancelled(), ReadingStarted(())).stop_asked_s is None


def test_before_the_model_s_first_word_the_reader_may_begin_and_the_draft_is_offered():
    assert is_editable(after(*BEGUN), after(*BEGUN).report)

    state = after(
        *BEGUN, ReportEdited("I see"), TextDelta("Large."), ReportEdited("I see nothing."), Finished()
    )

    assert state.report.shown == "I see nothing."
    assert state.report.has_newer_draft


def test_stop_is_shown_at_once_and_what_was_found_stays():
    stopping = after(*BEGUN, EFFUSION, TextDelta("Eff"), StopAsked())
    stopped = fold(stopping, Cancelled())

    assert (stopping.phase, stopped.phase) == ("stopping", "stopped")
    assert (stopped.findings, stopped.report.shown) == ((EFFUSION,), "Eff")
    assert not stopped.is_complete


def test_stop_without_a_run_changes_nothing():
    assert after(StopAsked()) == StudyReading()


def test_an_error_of_the_stream_is_told_with_its_remedy():
    state = after(*BEGUN, Error("OutOfMemory", "Too little memory.", "Read fewer films."))

    assert state.phase == "failed"
    assert state.problem == Problem("Too little memory.", "Read fewer films.", kind="OutOfMemory")


def test_a_lost_backend_leaves_text_and_findings():
    state = after(*BEGUN, EFFUSION, TextDelta("Effu"), RunFailed(Problem("The AI stopped.", "", True)))

    assert (state.phase, state.report.shown, state.findings) == ("failed", "Effu", (EFFUSION,))


@pytest.mark.parametrize(
    "late",
    [
        *(
            TextDelta("x"),
            EFFUSION,
            Box("b", "aa", (0, 0, 1, 1)),
            Sentence("s", "x"),
            Flag("k", "w"),
            Queued(1),
        ),
        *(
            Progress("gate", 0, 1),
            NotRead("aa", "r"),
            Finished({"report": "x"}),
            Cancelled(),
            Error("t", "m"),
        ),
        *(FilmPrepared("pa#1", "zz"), FilmFailed("pa#1", "r"), RunFailed(Problem("p")), StopAsked()),
    ],
)
def test_nothing_of_a_run_counts_after_its_end(late):
    ended = after(*BEGUN, TextDelta("Large."), Cancelled())

    assert fold(ended, late, 99.0) == ended


def test_a_second_reading_clears_what_the_first_one_found():
    first = after(
        *BEGUN, EFFUSION, Box("b1", "aa", (1, 2, 3, 4), "f1"), Flag("k", "w"), Sentence("s", "x"), Finished()
    )

    second = after(ReadingStarted((PA,)), start=first)

    assert (second.findings, second.boxes, second.flags, second.sentences) == ((), (), (), ())


def test_a_second_reading_forgets_the_first_one_s_problem():
    assert after(ReadingStarted((PA,)), RunFailed(Problem("p")), ReadingStarted((PA,))).problem is None


def test_an_answer_streams_under_its_question():
    state = after(QuestionAsked("Effusion?"), TextDelta("Yes, ", "answer"), TextDelta("small.", "answer"))

    assert state.exchanges == (Exchange("Effusion?", "Yes, small.", id="q1"),)


def test_a_finished_answer_is_the_cleaned_one_and_completes_no_reading():
    state = after(QuestionAsked("Effusion?"), TextDelta("yes", "answer"), Finished({"answer": "Yes."}))

    assert state.exchanges == (Exchange("Effusion?", "Yes.", is_running=False, id="q1"),)
    assert not state.is_complete


def test_a_stopped_answer_says_so_and_keeps_its_words():
    state = after(QuestionAsked("Effusion?"), TextDelta("Perh", "answer"), StopAsked(), Cancelled())

    assert state.exchanges == (Exchange("Effusion?", "Perh", "Stopped.", False, id="q1"),)


def test_a_question_keeps_the_reading_it_asks_about():
    read = after(*BEGUN, EFFUSION, TextDelta("Effusion."), Finished())

    asked = after(QuestionAsked("Where?"), TextDelta("Left.", "answer"), Finished(), start=read)

    assert (asked.findings, asked.report, asked.is_complete) == (read.findings, read.report, True)


def test_an_answer_without_question_is_dropped():
    assert after(*BEGUN, TextDelta("Yes.", "answer")).exchanges == ()


def test_a_second_run_does_not_begin_before_the_first_has_ended():
    reading = after(*BEGUN)

    assert after(QuestionAsked("Effusion?"), ReadingStarted((LATERAL,)), start=reading) == reading


def test_a_flag_told_twice_is_shown_once():
    assert len(after(*BEGUN, Flag("k", "w"), Flag("k", "w")).flags) == 1


def test_only_a_known_finding_can_be_selected():
    state = after(*BEGUN, EFFUSION)

    assert fold(state, FindingSelected("f1")).selected == "f1"
    assert fold(state, FindingSelected("zz")).selected is None
    assert after(FindingSelected("f1"), FindingSelected(None), start=state).selected is None


def test_the_cursor_in_a_sentence_selects_its_finding():
    sentences = (Sentence("s1", "Heart large.", ("f2",)), Sentence("s2", "Effusion on the left.", ("f1",)))
    state = after(
        *BEGUN, EFFUSION, HEART, *sentences, TextDelta("Heart large. Effusion on the left."), Finished()
    )

    assert sentence_at(state, 20) == "s2"
    assert fold(state, SentenceSelected("s2")).selected == "f1"
    assert fold(state, SentenceSelected("unknown")).selected is None


def test_a_sentence_about_findings_that_were_not_told_selects_none():
    state = after(*BEGUN, Sentence("s1", "Heart large.", ("f9",)))

    assert fold(state, SentenceSelected("s1")).selected is None


def test_a_sentence_that_denies_a_finding_selects_nothing():
    state = after(*BEGUN, ABSENT, Sentence("s1", "No pneumothorax.", ("f3",)))

    assert fold(state, SentenceSelected("s1")).selected is None


def test_the_backend_s_name_of_the_study_is_kept_for_questions():
    assert after(*BEGUN, StudyPut("id7")).backend_study == "id7"


def test_a_lost_backend_is_no_longer_told_once_it_answers_again():
    lost = after(*BEGUN, RunFailed(Problem("The AI stopped.", "", True)))
    other = after(*BEGUN, RunFailed(Problem("Too little memory.")))

    assert fold(lost, BackendAnswered()).problem is None
    assert fold(other, BackendAnswered()).problem == other.problem


def test_a_sentence_that_was_edited_away_is_at_no_position():
    state = after(
        *BEGUN, Sentence("s1", "Heart large."), TextDelta("Heart large."), Finished(), ReportEdited("Fine.")
    )

    assert sentence_at(state, 1) is None


def test_absent_findings_are_not_among_the_present():
    assert present_findings(after(*BEGUN, ABSENT, EFFUSION)) == (EFFUSION,)


IMAGES = st.sampled_from(["aa", "bb", "cc"])
ANY_EVENT = st.one_of(
    st.builds(Queued, st.integers(0, 9)),
    st.builds(Progress, st.sampled_from(["gate", "report"]), st.integers(0, 3), st.integers(0, 3)),
    st.builds(
        TextDelta, st.text(max_size=5), st.sampled_from(["findings", "report", "impression", "answer"])
    ),
    st.builds(NotRead, IMAGES, st.text(max_size=5)),
    st.builds(
        Finding,
        st.sampled_from(["f1", "f2"]),
        st.sampled_from(FINDINGS),
        st.sampled_from(["present", "absent", "not assessed"]),
        st.none() | st.floats(0, 1),
        st.booleans(),
        IMAGES,
    ),
    st.builds(
        Box,
        st.sampled_from(["b1", "b2"]),
        IMAGES,
        st.just((0.0, 0.0, 1.0, 1.0)),
        st.sampled_from(["f1", None]),
    ),
    st.builds(Sentence, st.sampled_from(["s1", "s2"]), st.text(max_size=5)),
    st.builds(Flag, st.just("cropped"), st.text(max_size=5)),
    st.sampled_from([Finished(), Cancelled(), StopAsked(), Error("t", "m"), RunFailed(Problem("p"))]),
    st.builds(QuestionAsked, st.text(max_size=5)),
    st.sampled_from([ReadingStarted((PA,)), FilmPrepared("pa#1", "aa"), FilmFailed("pa#1", "r")]),
    st.builds(FindingSelected, st.sampled_from(["f1", "f9", None])),
    st.builds(SentenceSelected, st.sampled_from(["s1", "s9"])),
)


@settings(deadline=None)  # the machine may be busy
@given(before=st.lists(ANY_EVENT, max_size=6), later=st.lists(ANY_EVENT, max_size=12))
def test_no_order_of_events_changes_what_the_reader_wrote(before, later):
    written = after(*before, ReportEdited("MY OWN WORDS"), ImpressionEdited("MINE"))

    state = after(*later, start=written)

    assert (state.report.shown, state.impression.shown) == ("MY OWN WORDS", "MINE")


@settings(deadline=None)  # the machine may be busy
@given(st.lists(ANY_EVENT, max_size=15))
def test_any_order_of_events_ends_every_run_once(events):
    state = after(*events, Cancelled())

    assert not state.is_running
    assert all(stage.ended_s is not None for stage in state.stages)
    assert not any(exchange.is_running for exchange in state.exchanges)
