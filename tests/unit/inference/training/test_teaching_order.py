"""Which studies come first in the teaching list: what is undecided, then what is new, a patient at a time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.training.teaching_order import STRATEGIES, Candidate, rank, uncertainty

SEEN = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def order(candidates, *about, **how):
    return [one.study for one in rank(candidates, *about, **how)]


def test_an_undecided_study_comes_before_a_decided_one():
    sure = Candidate("sure", "a", {"edema": 0.02, "pneumonia": 0.99})
    torn = Candidate("torn", "b", {"edema": 0.5, "pneumonia": 0.45})

    first, second = rank([sure, torn])

    assert first.study == "torn"
    assert first.reason == "two findings undecided (edema, pneumonia)"
    assert second.reason == "no finding undecided; much like films seen so far"


def test_what_the_reader_changed_counts_like_an_undecided_finding():
    agreed = Candidate(
        "agreed", "a", {"edema": 0.9}, drafted={"edema": "present"}, signed={"edema": "present"}
    )
    changed = Candidate(
        "changed", "b", {"edema": 0.9}, drafted={"edema": "present"}, signed={"edema": "absent"}
    )

    assert order([agreed, changed]) == ["changed", "agreed"]
    assert uncertainty(changed) - uncertainty(agreed) == pytest.approx(1)
    assert "the reader changed one finding of the draft (edema)" in rank([agreed, changed])[0].reason


def test_of_equally_undecided_studies_the_one_unlike_the_known_films_comes_first():
    chances = {"edema": 0.5}
    usual = Candidate("usual", "a", chances, (0.5, 0.4))
    strange = Candidate("strange", "b", chances, (5.0, 5.0))

    first, second = rank([usual, strange], SEEN)

    assert (first.study, second.study) == ("strange", "usual")
    assert first.reason == "one finding undecided (edema); unlike the films seen so far"


def test_two_like_films_do_not_stand_together_at_the_top():
    chances = {"edema": 0.5}
    twins = [Candidate(f"twin{at}", f"t{at}", chances, (5.0, 5.0 + at / 100)) for at in range(2)]
    other = Candidate("other", "o", chances, (-4.0, -3.0))

    assert order([*twins, other], SEEN) == ["twin1", "other", "twin0"]


def test_every_patient_comes_once_before_one_comes_again():
    torn, sure = {"edema": 0.5}, {"edema": 0.1}
    of_one = [Candidate(f"a{at}", "a", torn) for at in range(3)]
    others = [Candidate("b0", "b", sure), Candidate("c0", "c", sure)]

    assert [study[0] for study in order([*of_one, *others])] == ["a", "b", "c", "a", "a"]


def test_studies_without_a_known_patient_are_people_of_their_own():
    torn, sure = {"edema": 0.5}, {"edema": 0.1}

    assert order([Candidate("x", "", torn), Candidate("y", "", torn), Candidate("z", "", sure)])[2] == "z"


def test_a_study_that_no_model_has_seen_takes_part():
    seen = Candidate("seen", "a", {"edema": 0.5}, (0.2, 0.2))
    unseen = Candidate("unseen", "b")

    first, second = rank([unseen, seen], SEEN)

    assert (first.study, second.study) == ("seen", "unseen")
    assert second.novelty is None
    assert second.reason == "not read by the model yet"


@given(st.permutations(range(6)), st.sampled_from(STRATEGIES))
def test_the_order_does_not_depend_on_how_the_studies_are_handed_over(places, strategy):
    lot = random.Random(7)
    studies = [
        Candidate(f"s{at}", f"p{at // 2}", {"edema": lot.random()}, (lot.random(), lot.random()))
        for at in range(6)
    ]

    assert order([studies[at] for at in places], SEEN, strategy) == order(studies, SEEN, strategy)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_more_are_listed_than_wanted_and_none_twice(strategy):
    studies = [Candidate(f"s{at}", f"p{at % 3}", {"edema": at / 10}) for at in range(10)]

    listed = order(studies, (), strategy, wanted=7)

    assert len(listed) == len(set(listed)) == 7


def test_features_of_another_length_are_refused():
    with pytest.raises(ValueError, match="2 and of 3 numbers"):
        rank([Candidate("s", "p", {}, (1.0, 2.0, 3.0))], SEEN)


def test_a_strategy_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="uncertainty_then_novelty"):
        rank([], (), "best")


def test_nothing_to_list_is_an_empty_list():
    assert rank([], SEEN) == ()


def test_before_anything_was_trained_on_the_first_films_are_unlike_each_other():
    chances = {"edema": 0.5}
    twins = [Candidate(f"twin{at}", f"t{at}", chances, (5.0, 5.0 + at / 100)) for at in range(3)]
    others = [Candidate(f"other{at}", f"o{at}", chances, (-4.0, -3.0 - at / 100)) for at in range(3)]

    for strategy in ("novelty", "uncertainty_then_novelty"):
        first, second = rank([*twins, *others], (), strategy)[:2]

        assert {first.study[:4], second.study[:4]} == {"twin", "othe"}
        assert first.novelty is None
