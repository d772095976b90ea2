"""Dialogues that ask for films: every one holds what its report says, and what is said can be read again."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.synthesis.dialogues.answer import (
    ALSO,
    LARGER,
    NO_FILM,
    SMALLER,
    WITHOUT,
    Change,
    Description,
    as_before,
    film_answer,
    resolved,
    understood,
)
from inference.synthesis.dialogues.check import complaints
from inference.synthesis.dialogues.compose import KINDS, dialogues_of
from inference.synthesis.dialogues.facts import (
    NOTHING,
    Asked,
    Fact,
    asked_in,
    described,
    facts_of,
    labels_of,
    said,
    told,
)
from inference.synthesis.dialogues.things import LOBES, THINGS, ZONES
from inference.synthesis.dialogues.wishes import film_wish
from inference.synthesis.wish import VIEW_SENTENCES

REPORT = (
    "The heart is mildly enlarged. There is a small left pleural effusion. No pneumothorax. "
    "There is a right upper lobe nodule. A pacemaker is seen."
)
REPORTS = (REPORT, "The lungs are clear. No effusion.", "Large right pneumothorax. Bibasilar atelectasis.")
PLACES = {"lobe": ("", *LOBES), "zone": ("", *ZONES), "": ("",)}
FACTS = [
    Fact(thing.name, side, grade, place)
    for thing in THINGS
    for side, grade, place in product(
        ("", "left", "right", "both") if thing.is_sided else ("",),
        ("", "small", "moderate", "large") if thing.grades else ("",),
        PLACES[thing.places],
    )
]


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_a_findings_sentence_states_just_that_and_is_read_again_as_it_was_meant(thing):
    for fact in (one for one in FACTS if one.name == thing.name):
        sentence = said(fact)
        assert labels_of(sentence) - {"lung opacity"} == {fact.label} - {"lung opacity"}, sentence
        assert fact.label in labels_of(sentence), sentence
        assert described(sentence) == (fact,)
        assert asked_in(sentence.lower()).wanted == (fact,)


@given(st.lists(st.sampled_from(FACTS), min_size=1, max_size=2), st.integers(0, 10_000))
def test_a_wish_names_what_it_was_made_of(facts, seed):
    facts = list({fact.name: fact for fact in facts}.values())
    wish = film_wish(facts, None, Random(seed))

    named = {fact.name for fact in asked_in(wish).wanted}
    assert {fact.name for fact in facts} <= named | {"support device"}, wish


@pytest.mark.parametrize(
    ("words", "wanted", "unwanted"),
    [
        ("a lateral view with a right pleural effusion?", (Fact("pleural effusion", "right"),), ()),
        ("a large effusion on the left and a big heart", (Fact("pleural effusion", "left", "large"),
            Fact("cardiomegaly")), ()),
        ("a pneumothorax on the left without the chest tube", (Fact("pneumothorax", "left"),), ("chest tube",)),
        ("effusion, on the right", (Fact("pleural effusion", "right"),), ()),
        ("fluid on both sides", (Fact("pleural effusion", "both"),), ()),
        ("no pacemaker and no tubes", (), ("pacemaker", "support device")),
        ("make the effusion larger", (Fact("pleural effusion"),), ()),
        ("consolidation of the right lower lobe", (Fact("consolidation", "right", "", "lower lobe"),), ()),
        ("how would this look from the side?", (), ()),
    ],
)  # fmt: skip
def test_the_words_of_a_wish_say_finding_side_size_and_place(words, wanted, unwanted):
    assert asked_in(words) == Asked(wanted, unwanted)


def test_a_report_gives_what_it_states_and_nothing_that_it_denies():
    assert facts_of(REPORT) == (
        Fact("cardiomegaly", "", "small"),
        Fact("pleural effusion", "left", "small"),
        Fact("lung nodule", "right", "", "upper lobe"),
        Fact("pacemaker"),
    )
    assert facts_of("No effusion. There may be a nodule. Effusion on the right, mass on the left.") == ()


@settings(max_examples=60)
@given(st.sampled_from(REPORTS), st.integers(0, 100_000))
def test_every_dialogue_holds_what_its_report_says_in_the_view_that_was_wished_for(report, seed):
    made = dialogues_of("r1", report, seed)

    assert tuple(one.kind for one in made) == KINDS
    assert [complaints(one, report) for one in made] == [(), (), ()]
    assert made == dialogues_of("r1", report, seed)
    assert all(turn.answer == NO_FILM for turn in made[2].turns)


def _first_film(seed=0):
    for number in range(seed, seed + 200):
        made = dialogues_of("r1", REPORT, number)[1]
        turn = made.turns[0]
        if turn.view == "lateral" and not turn.imagined and "effusion" in turn.description:
            return made
    raise AssertionError("no such dialogue")


def _with(made, **changed):
    return replace(made, turns=(replace(made.turns[0], **changed),))


def test_a_dialogue_that_promises_more_than_its_report_is_complained_of():
    made = _first_film()
    turn = made.turns[0]

    assert complaints(_with(made), REPORT) == ()
    assert complaints(made, REPORT.replace("small left", "large left"))[0].startswith("the report no longer")
    assert "pneumothorax" in complaints(
        _with(made, description=f"{turn.description} There is a left pneumothorax."), REPORT
    )[0]  # fmt: skip
    assert "view" in complaints(_with(made, description=turn.description.replace("Lateral", "PA")), REPORT)[0]
    assert (
        "not so" in complaints(_with(made, description=turn.description.replace("left", "right")), REPORT)[0]
    )
    assert complaints(_with(made, answer="Here."), REPORT) == ("the film's description can't be read again",)


@pytest.mark.parametrize("view", [*VIEW_SENTENCES, None])
@pytest.mark.parametrize("fact", FACTS[::7], ids=said)
def test_what_the_assistant_says_is_understood(view, fact):
    assert understood(film_answer(view, told([fact]))) == Description(view, text=told([fact]))
    for how in (LARGER, SMALLER, WITHOUT, ALSO):
        meant = understood(film_answer(view, as_before([Change(how, fact)])))
        assert meant is not None
        assert meant.is_as_before
        assert meant.view == view
        assert [(one.how, one.fact.label) for one in meant.changes] == [(how, fact.label)]


@pytest.mark.parametrize(
    "answer", [NO_FILM, "", "Here. <Xray> Lateral view", "<Xray>PA. Findings as before, oddly.</Xray>x"]
)
def test_an_answer_without_a_whole_film_asks_for_none_or_says_its_own_words(answer):
    meant = understood(answer)
    assert meant is None or not meant.is_as_before


@pytest.mark.parametrize(
    ("change", "has", "has_not"),
    [
        (Change(WITHOUT, Fact("pleural effusion")), "There is no pleural effusion.", "small left"),
        (Change(LARGER, Fact("pleural effusion")), "There is a moderate left pleural effusion.", "small left"),
        (Change(SMALLER, Fact("pleural effusion")), "There is a small left pleural effusion.", "moderate"),
        (Change(ALSO, Fact("pneumothorax", "right", "large")), "There is a large right pneumothorax.",
            "No pneumothorax"),
        (Change(WITHOUT, Fact("support device")), "There is no support device.", "A pacemaker"),
        (Change(WITHOUT, Fact("chest tube")), "A pacemaker is seen.", "no pacemaker"),
        (Change(WITHOUT, Fact("cardiomegaly")), "The heart is not enlarged.", "mildly"),
    ],
)  # fmt: skip
def test_what_was_told_before_is_changed_as_it_was_wished(change, has, has_not):
    text = resolved(
        Description("lateral", is_as_before=True, changes=(change,)), f"{VIEW_SENTENCES['PA']} {REPORT}"
    )

    assert has in text
    assert has_not not in text
    assert "nodule" in text
    assert "view of the chest" not in text


def test_a_film_of_nothing_describes_that_nothing_was_found():
    assert told([]) == NOTHING
    assert labels_of(NOTHING) == frozenset()
