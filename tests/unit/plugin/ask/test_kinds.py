"""How a typed question is put to the model."""

from __future__ import annotations

import pytest

from plugin.ask.kinds import (
    OnFilm,
    asked_of,
    doubts_of,
    grounding_of,
    names_a_box,
    region_kind_of,
)

PA = OnFilm("pa#1", "PA")
BOXED = OnFilm("pa#1", "PA", (1.0, 2.0, 5.0, 9.0))


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("Where is the pleural effusion?", "pleural effusion"),
        ("where's the heart", "heart"),
        ("Where are the lungs?", "lungs"),
        ("Show me any lung opacity.", "lung opacity"),
        ("Point to the carina", "carina"),
    ],
)
def test_where_is_asks_for_a_place_on_the_film(question, phrase):
    asked = asked_of(question, PA)

    assert (asked.kind, asked.phrase, asked.film_key, asked.film_title) == ("place", phrase, "pa#1", "PA")


def test_without_a_film_a_place_is_a_free_question():
    assert asked_of("Where is the heart?", None).kind == "conversation"


@pytest.mark.parametrize(
    "question",
    [
        "What has changed?",
        "Is the effusion larger?",
        "Any change?",
        "Did the heart change?",
        "Changes since 2023?",
    ],
)
def test_a_question_about_change_needs_both_films(question):
    assert asked_of(question, PA).kind == "difference"


@pytest.mark.parametrize(
    "question", ["Are there degenerative changes of the spine?", "Is the heart large?", "Where?"]
)
def test_any_other_question_is_a_conversation(question):
    assert asked_of(question, PA).kind == "conversation"


@pytest.mark.parametrize(
    ("question", "finding"),
    [
        ("Is there a pleural effusion?", "pleural effusion"),
        ("Are there any support devices", "support devices"),
        ("is there cardiomegaly?", "cardiomegaly"),
        ("Is pneumonia present?", "pneumonia"),
    ],
)
def test_whether_a_finding_of_the_list_is_there_is_asked_for_its_probability(question, finding):
    asked = asked_of(question, PA)

    assert (asked.kind, asked.phrase) == ("presence", finding)
    assert doubts_of(asked, (finding,)) == (), "the answer itself says so"


@pytest.mark.parametrize(
    "question", ["Is there a coin lesion?", "Is the line present?", "Is there anything else?"]
)
def test_what_is_not_in_the_list_stays_a_free_question(question):
    assert asked_of(question, PA).kind == "conversation"


def test_with_a_box_every_question_is_about_the_box():
    asked = asked_of("Is it a nodule?", BOXED)

    assert (asked.kind, asked.region, asked.region_kind) == ("region", BOXED.region, "phrase")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What is this?", "phrase"),
        ("Which finding is it?", "finding"),
        ("Is anything abnormal here?", "finding"),
        ("Which part of the chest is this?", "anatomy"),
    ],
)
def test_a_question_about_a_box_becomes_the_nearest_that_the_model_knows(question, kind):
    assert region_kind_of(question) == kind


def test_a_free_question_about_a_box_says_what_was_really_asked():
    (doubt,) = doubts_of(asked_of("Is it malignant?", BOXED), ())

    assert "no free question about a marked box" in doubt
    assert "report phrase" in doubt
    assert doubts_of(asked_of("What is this?", BOXED), ()) == ()


def test_a_question_about_what_the_model_was_never_measured_for_is_doubted():
    doubts = doubts_of(asked_of("Could it be a Pneumothorax?", PA), ("fracture", "pneumothorax"))

    assert doubts == ("This model was never measured for pneumothorax: don't rely on its answer.",)
    assert doubts_of(asked_of("Is there an effusion?", PA), ("fracture",)) == ()


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Cardiomegaly", ("cardiomegaly", "finding")),
        ("pleural effusions", ("pleural effusion", "finding")),
        ("support devices", ("support devices", "finding")),
        ("carina", ("carina", "anatomy")),
        ("Lungs", ("lung", "organ")),
        ("the small dense nodule", ("the small dense nodule", "phrase")),
    ],
)
def test_known_names_are_asked_for_as_the_model_learnt_them(said, known):
    assert grounding_of(said) == known


def test_a_box_that_is_spoken_of_is_noticed():
    assert names_a_box("What is in the marked region?")
    assert names_a_box("Is my box a nodule?")
    assert not names_a_box("What is the marked cardiomegaly?")
