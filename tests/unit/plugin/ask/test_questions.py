"""How questions and answers change, and what is sent for them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.backend import (
    AskQuestion,
    Box,
    Cancelled,
    ChatMessage,
    Classify,
    DescribeRegion,
    FilmDrawn,
    Finding,
    Finished,
    Flag,
    GroundPhrase,
    Preview,
    Progress,
    TextDelta,
)
from plugin.ask import words
from plugin.ask.fold import end_exchange, exchange_of, fold_answer
from plugin.ask.requests import request_of
from plugin.ask.state import Asked, Exchange, ExchangeDropped, QuestionAnswered, QuestionAsked
from plugin.events import FilmInReading, Problem, RunFailed, StopAsked
from plugin.first_look.state import AiHidden, AiShownAgain, FirstLookCommitted
from plugin.first_look.visible import visible
from plugin.fold import fold
from plugin.records.draft_format import from_json, to_json
from plugin.state import StudyReading

BOX = (1.0, 2.0, 5.0, 9.0)
REGION = Asked("What is this?", "region", "pa#1", "PA", BOX)
PLACE = Asked("Where is the cardiomegaly?", "place", "pa#1", "PA", phrase="cardiomegaly")
CHANGE = Asked("What has changed?", "difference")


def after(*events, start: StudyReading | None = None) -> StudyReading:
    state = start or StudyReading()
    for event in events:
        state = fold(state, event)
    return state


def asked(one: Asked) -> QuestionAsked:
    return QuestionAsked(one.question, one)


def answered(one: Asked, answer: str) -> tuple:
    return asked(one), Finished({"answer": answer})


def test_boxes_and_doubts_of_an_answer_are_its_own_and_no_finding_s():
    state = after(
        asked(PLACE),
        Progress("boxes", 0, 1),
        Flag("forced_answer", "It was hardly taught this task."),
        Flag("forced_answer", "It was hardly taught this task."),
        Box("b1", "aa", BOX),
        Finished({"answer": "[12,34,56,78]."}),
    )

    (exchange,) = state.exchanges
    assert exchange.places == (BOX,)
    assert exchange.doubts == ("It was hardly taught this task.",)
    assert exchange.answer == "Marked on PA."
    assert (state.boxes, state.flags, state.findings) == ((), (), ())


def test_several_places_are_counted_and_coordinates_are_never_shown():
    two = after(asked(PLACE), Box("b1", "a", BOX), Box("b2", "a", BOX), Finished({"answer": "[1,2,3,4]"}))
    untitled = after(asked(Asked("Where?", "place", "pa#1")), Box("b", "a", BOX), Finished({"answer": "[1]"}))

    assert two.exchanges[-1].answer == "2 places marked on PA."
    assert untitled.exchanges[-1].answer == "Marked."


def test_a_place_that_the_model_does_not_give_is_said_in_words():
    state = after(
        asked(PLACE),
        Flag("not_groundable", "The model doesn't see it."),
        Finished({"answer": "Not present."}),
    )

    assert state.exchanges[-1].answer == "The model doesn't see it."
    assert state.exchanges[-1].doubts == ()


def test_a_name_for_a_box_loses_its_full_stop_and_a_phrase_keeps_it():
    finding = Asked("Which finding?", "region", "pa#1", "PA", BOX, "finding")

    assert after(*answered(finding, "lung opacity.")).exchanges[-1].answer == "lung opacity"
    assert after(*answered(REGION, "Mild cardiomegaly.")).exchanges[-1].answer == "Mild cardiomegaly."


def test_an_answer_without_a_result_keeps_what_was_streamed():
    assert (
        after(asked(REGION), TextDelta("Opacity.", "answer"), Finished()).exchanges[-1].answer == "Opacity."
    )


def test_whether_a_finding_is_there_is_answered_film_by_film_with_its_probability():
    films = (FilmInReading("pa#1", "PA", image="aa"), FilmInReading("ap#1", "AP", image="bb"))
    presence = Asked("Is there edema?", "presence", phrase="edema")
    state = after(
        asked(presence),
        Finding("f1", "edema", "present", 0.82, True, "aa"),
        Finding("f2", "edema", "absent", 0.06, False, "bb"),
        Finished({"answer": "Yes."}),
        start=StudyReading(films=films),
    )

    assert state.exchanges[-1].answer == "PA: Likely · 82 %\nAP: Unlikely · 6 % (not calibrated here)"
    assert state.findings == ()
    assert request_of(presence, (), image_of)("s") == Classify("s", "edema")
    unread = after(asked(presence), Finding("f1", "edema", "not assessed", None, False, "aa"), Finished())
    assert unread.exchanges[-1].answer == "Not assessed"


def test_an_answer_of_a_full_stop_is_none():
    (shown,) = after(*answered(REGION, ".")).exchanges

    assert shown.answer == ""
    assert words.note(shown) == "The model gave no words for it."


def test_findings_told_during_a_question_change_nothing():
    told = Finding("f1", "edema", "present", 0.5, False, "aa")

    assert after(asked(PLACE), told, Box("b", "a", BOX), Cancelled()).findings == ()
    assert after(asked(REGION), Box("b", "a", BOX)).exchanges[-1].places == ()


def test_a_question_that_is_asked_again_takes_the_place_of_its_failed_try():
    failed = after(asked(CHANGE), RunFailed(Problem("Lost.")))
    assert failed.exchanges[0].may_be_asked_again

    again = after(QuestionAsked(CHANGE.question, CHANGE, instead_of="q1"), start=failed)

    assert [(one.id, one.is_running) for one in again.exchanges] == [("q2", True)]


def test_a_good_answer_and_what_the_program_knows_are_not_asked_again():
    state = after(*answered(CHANGE, "Nothing."), QuestionAnswered(Asked("What?"), "Fracture."))

    assert not any(one.may_be_asked_again for one in state.exchanges)
    assert [one.how.kind for one in state.exchanges] == ["difference", "known"]


def test_what_is_not_put_to_the_model_says_why_and_may_be_asked_again():
    (shown,) = after(QuestionAnswered(CHANGE, why_not="No prior.")).exchanges

    assert (shown.answer, shown.problem, shown.is_running) == ("", "No prior.", False)
    assert shown.may_be_asked_again


def test_a_dropped_exchange_is_gone_and_a_running_one_stays():
    state = after(*answered(CHANGE, "Nothing."), asked(REGION))

    state = after(ExchangeDropped("q1"), ExchangeDropped("q2"), start=state)

    assert [one.id for one in state.exchanges] == ["q2"]


def test_a_stopped_answer_keeps_its_words():
    state = after(asked(REGION), TextDelta("Opa", "answer"), StopAsked(), Cancelled())

    assert (state.exchanges[-1].answer, state.exchanges[-1].problem) == ("Opa", "Stopped.")


def test_answers_are_withheld_while_the_ai_is_hidden_and_come_back():
    state = after(
        FirstLookCommitted("2026-01-01T00:00:00.000Z"),
        *answered(CHANGE, "Larger."),
        asked(PLACE),
        Box("b", "a", BOX),
        Finished({"answer": "x"}),
        QuestionAnswered(Asked("What can it not judge?"), "Fracture."),
        AiHidden("2026-01-01T00:00:01.000Z"),
    )

    hidden = visible(state).exchanges
    assert [one.answer for one in hidden] == ["", "", "Fracture."]
    assert [one.is_withheld for one in hidden] == [True, True, False]
    assert not any(one.places or one.doubts for one in hidden)
    assert visible(after(AiShownAgain("z"), start=state)).exchanges == state.exchanges


def test_a_film_of_an_answer_is_hidden_with_the_answer():
    state = after(
        FirstLookCommitted("2026-01-01T00:00:00.000Z"),
        asked(CHANGE),
        TextDelta("Gladly. <Xray>Effusion.</Xray>", "answer"),
        FilmDrawn(0, "aa", "UE5H", 8, 8, "Effusion.", "PA", 7, part=1),
        Finished(),
    )
    assert state.exchanges[-1].film_at(1) is not None

    hidden = after(AiHidden("2026-01-01T00:00:01.000Z"), start=state)

    assert visible(hidden).exchanges[-1].films == ()


def test_a_film_without_a_place_stands_at_its_own_description():
    state = after(
        asked(CHANGE),
        TextDelta("<Xray>Effusion.</Xray> or <Xray>Edema.</Xray>", "answer"),
        Preview(1, 4, 20, "UE5H"),
    )

    assert state.exchanges[-1].film_at(2) == Preview(1, 4, 20, "UE5H", part=2)


def test_an_unanswered_question_withholds_nothing():
    state = after(asked(CHANGE), RunFailed(Problem("Lost.")))

    assert not visible(state).exchanges[0].is_withheld


def test_nothing_is_told_to_exchanges_that_are_not_there():
    assert fold_answer(StudyReading(), TextDelta("x", "answer")) == StudyReading()
    assert end_exchange((), "Stopped.") == ()
    assert exchange_of((), "q1") is None
    assert exchange_of((Exchange("?"),), "") is None


@given(st.lists(st.sampled_from([CHANGE, REGION, PLACE]), max_size=6), st.integers(0, 5))
def test_exchange_ids_are_never_used_twice(questions, dropped):
    state = after(
        *(event for one in questions for event in answered(one, "Yes.")), ExchangeDropped(f"q{dropped}")
    )
    state = after(asked(CHANGE), start=state)

    ids = [one.id for one in state.exchanges]
    assert len(set(ids)) == len(ids)


# ── what is sent ────────────────────────────────────────────────────────────────────────────────────────────────


def image_of(film_key: str) -> str:
    return f"sha of {film_key}"


def test_a_box_and_a_place_are_asked_about_on_their_film():
    region, place = request_of(REGION, (), image_of)("s"), request_of(PLACE, (), image_of)("s")

    assert region == DescribeRegion("s", "sha of pa#1", (BOX,), "phrase")
    assert place == GroundPhrase("s", "sha of pa#1", "cardiomegaly", "finding")


def test_earlier_answers_go_along_with_questions_of_their_own_kind():
    earlier = after(
        *answered(Asked("Effusion?"), "No."),
        *answered(CHANGE, "Larger."),
        *answered(PLACE, ""),
        asked(Asked("And?")),
        RunFailed(Problem("Lost.")),
    ).exchanges

    free = request_of(Asked("Heart?"), earlier, image_of)("s")
    change = request_of(Asked("Is it new?", "difference"), earlier, image_of)("s")

    assert free == AskQuestion(
        "s",
        (ChatMessage("user", "Effusion?"), ChatMessage("assistant", "No."), ChatMessage("user", "Heart?")),
        template="conversation",
    )
    assert isinstance(change, AskQuestion)
    assert change.template == "difference"
    assert [one.content for one in change.messages] == ["What has changed?", "Larger.", "Is it new?"]


def test_a_question_with_its_box_and_doubts_survives_being_kept():
    state = after(
        QuestionAsked(REGION.question, REGION, ("Part of the box lies outside.",)), Finished({"answer": "x."})
    )
    place = after(asked(PLACE), Box("b", "a", BOX), Finished({"answer": "y"}), start=state)

    assert from_json(to_json(place)).exchanges == place.exchanges


def test_a_question_without_more_is_a_free_one():
    assert QuestionAsked("Effusion?").how == Asked("Effusion?")
