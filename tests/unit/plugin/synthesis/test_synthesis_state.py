"""What the Synthetic views page knows, event by event."""

from __future__ import annotations

from dataclasses import replace

from inference.backend import Cancelled, Error, FilmDrawn, Finished, Flag, Preview, Progress, Queued
from plugin.synthesis import view
from plugin.synthesis.fold import fold
from plugin.synthesis.state import (
    KEPT,
    Ended,
    FilmTaken,
    Form,
    FromPatient,
    SynthesisState,
    Told,
    Trouble,
    Wish,
    WishBegun,
    WishShown,
)

EFFUSION = Form("Right pleural effusion.", "lateral", seed=7, count=2)
ANNA = FromPatient("pa", "PA", "Without pleural effusion", "the draft", 0.5)


def drawn(film: int = 0, image: str = "aa", **more: object) -> FilmDrawn:
    return FilmDrawn(film, image, "UE5H", 8, 8, EFFUSION.text, "lateral", 7 + film, **more)


def after(*events, state: SynthesisState | None = None) -> SynthesisState:
    state = state or SynthesisState()
    for event in events:
        state = fold(state, event if not isinstance(event, tuple) else Told(*event))
    return state


def the_wish(state: SynthesisState) -> Wish:
    return state.wishes[0]


def test_a_preview_makes_way_for_its_film_and_other_seeds_stay():
    state = after(WishBegun(EFFUSION), (1, Preview(0, 4, 20, "UE5H")), (1, drawn(1, "bb")), (1, drawn(0)))

    assert the_wish(state).film_at(0) == drawn(0)
    assert the_wish(state).film_at(1) == drawn(1, "bb")


def test_one_wish_at_a_time_and_the_newest_is_shown():
    busy = after(WishBegun(EFFUSION), WishBegun(Form("Another.")))
    assert len(busy.wishes) == 1

    state = after((1, Finished()), WishBegun(Form("Another.")), state=busy)
    assert [one.form.text for one in state.wishes] == ["Another.", EFFUSION.text]
    assert state.shown == the_wish(state).id


def test_a_stopped_wish_keeps_whole_films_and_no_preview():
    state = after(WishBegun(EFFUSION), (1, drawn(0)), (1, Preview(1, 4, 20, "UE5H")), (1, Cancelled()))

    wish = the_wish(state)
    assert (wish.films, wish.is_stopped, wish.is_running) == ((drawn(0),), True, False)
    assert view.status(wish) == "Stopped: 1 of 2 films drawn."


def test_what_comes_after_the_end_changes_nothing():
    ended = after(WishBegun(EFFUSION), (1, Finished()))

    assert after((1, drawn(0)), Ended(1, Trouble("late")), state=ended) == ended


def test_an_error_says_what_happened_and_what_to_do():
    state = after(WishBegun(EFFUSION), (1, Error("OutOfMemory", "Too little memory.", "Draw fewer films.")))

    trouble = the_wish(state).trouble
    assert trouble is not None
    assert view.trouble_text(trouble) == "Too little memory. Draw fewer films."


def test_a_seed_that_gave_no_film_is_told_once():
    flag = Flag("no_film", "Seed 7 gave no film that may be shown: there is only one lung field.")

    state = after(WishBegun(EFFUSION), (1, flag), (1, flag), (1, drawn(1)), (1, Finished()))

    assert the_wish(state).notes == (flag.why,)
    assert view.status(the_wish(state)) == "1 of 2 films drawn."


def test_a_missing_pack_is_told_with_where_it_comes_from():
    text = view.trouble_text(Trouble("It is not on this computer.", "Install it.", "ModelNotInstalled"))

    assert text == "It is not on this computer. Install it."


def test_a_wish_tells_where_it_is():
    begun = after(WishBegun(EFFUSION))
    told = {
        "Waiting, 2 before this one": Queued(2),
        "Loading the model…": Progress("loading", 1, 3),
        "Drawing, step 24 of 40 · about 14 s left": Progress("drawing", 24, 40, 14.2),
        "Waiting for something more urgent…": Progress("waiting", 0, 1),
    }
    for text, event in told.items():
        assert view.status(the_wish(after((1, event), state=begun))) == text


def test_films_from_a_patient_are_not_seen_while_another_study_hangs():
    state = after(WishBegun(EFFUSION), (1, Finished()), WishBegun(EFFUSION, "anna", ANNA), (2, Finished()))

    assert [one.id for one in state.seen("anna")] == [2, 1]
    assert [one.id for one in state.seen("bert")] == [1]
    assert state.on_screen("anna").id == 2
    assert state.on_screen("bert").id == 1


def test_a_film_of_an_answer_is_taken_once():
    film = drawn(1, part=1)

    state = after(FilmTaken(film, "anna"), FilmTaken(film, "anna"))

    (wish,) = state.wishes
    assert wish.films == (replace(film, film=0, part=None),)
    assert (wish.form.seed, wish.form.count, wish.is_running) == (8, 1, False)
    assert state.seen("bert") == (), "it came from a conversation about somebody"


def test_only_the_last_wishes_of_the_session_are_kept():
    state = SynthesisState()
    for number in range(1, KEPT + 4):
        state = after(WishBegun(Form(seed=number)), (number, Finished()), state=state)

    assert [one.form.seed for one in state.wishes] == list(range(KEPT + 3, 3, -1))
    assert fold(state, WishShown(1)).shown == state.shown  # it is gone
    assert fold(state, WishShown(5)).shown == 5


def test_all_that_decides_how_films_look_is_told():
    text = view.made_how(Wish(1, EFFUSION, "anna", replace(ANNA, notes=("A sentence was left out.",))))

    assert text.splitlines() == [
        "Asked: Lateral view of the chest was obtained. Right pleural effusion. (from the draft)",
        "Seeds 7 and 8, 20 steps, guidance 4, from the PA film, 50 % drawn anew.",
        "A sentence was left out.",
    ]
