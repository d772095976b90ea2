"""What a generator is taught of a report: nothing of whose it is, nothing that its film can't show; and which view."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from training_data import data_set, film, study

from inference.synthesis.training.captions import report_words
from inference.synthesis.training.rows import worded_films
from inference.synthesis.training.views import said_view, seen_view
from inference.synthesis.training.wording import Fact, worded
from inference.text.labels import label_report


@pytest.mark.parametrize(
    "said",
    [
        "Dr. Smith was told at once.",
        "MRN 12345678 was checked.",
        "Film of 12/03/2019.",
        "Seen by ___ as well.",
        "The XXXX is in place.",
        "Unchanged since the prior film.",
        "Now stable.",
        "Recommend CT of the chest.",
    ],
)
def test_a_sentence_that_may_not_be_learnt_goes_and_the_others_stay(said):
    words = report_words(study("a", findings=f"Small left pleural effusion. {said} No pneumothorax."))

    assert words == "Small left pleural effusion. No pneumothorax."


def test_a_report_whose_finding_stands_in_such_a_sentence_alone_gives_nothing():
    """Else its film would be drawn for words that do not name what it shows."""
    assert report_words(study("a", findings="Unchanged left pleural effusion. Heart size is normal.")) == ""


def test_numbers_with_a_point_keep_it():
    words = report_words(study("a", findings="A nodule of 1.2 cm in the left upper lobe."))

    assert "1.2 cm" in words


def test_the_impression_stands_in_where_there_are_no_findings():
    assert report_words(study("a", impression="Cardiomegaly.")) == "Cardiomegaly."


@pytest.mark.parametrize("label", ["pleural effusion", "pneumothorax", "consolidation", "cardiomegaly"])
def test_varied_words_state_the_finding_that_they_are_of(label):
    """Our own labeller reads them back."""
    fact = Fact(label, "left", "lower", "severe")
    texts = {worded((fact,), (), Random(seed)) for seed in range(60)}

    assert len(texts) > 10
    read = [label_report(text).get(label) for text in texts]
    assert read.count(1) >= 0.9 * len(read)
    assert not any("right" in text.lower() for text in texts)


def test_the_header_says_the_view_before_anybody_looks():
    assert said_view(film("a", view="PA")).view == "PA"
    assert said_view(film("a", view="AP")).view == "AP"
    assert said_view(film("a", view="LL", role="lateral")).view == "lateral"
    assert said_view(film("a")).why == "missing"
    assert said_view(film("a", view="PA", role="lateral")).why == "contradictory"


def test_the_classifier_is_asked_only_where_the_header_is_missing_or_contradicts_itself():
    films = (film("known", view="AP"), film("bare"), film("torn", view="PA", role="lateral"), film("hand"))
    rows = [study(one.key, films=(one,), findings="Clear lungs.") for one in films]
    asked: list[str] = []

    def picture(_source, known):
        asked.append(known.key)
        return np.zeros((2, 2), np.uint8)

    answers = iter(["lateral", "AP", "no chest"])
    data = data_set("films:here", *rows)
    found = worded_films(
        [data], {row.patient: "train" for row in rows}, look=lambda _: next(answers), picture=picture
    )

    assert asked == ["bare", "torn", "hand"]
    assert {one.film.key: one.view for one in found.films["train"]} == {
        "known": "AP",
        "bare": "lateral",
        "torn": "AP",
    }
    assert found.asked == 3
    assert any("view is missing" in note for note in found.notes())


def test_what_is_no_upright_chest_has_no_view():
    assert seen_view(np.zeros((2, 2), np.uint8), lambda _: "no chest") is None


def test_priors_synthetic_films_and_reference_sets_are_not_learnt_from():
    prior = film("prior", view="PA", role="prior")
    made = film("made", view="PA", is_synthetic=True)
    own = film("own", view="PA")
    row = study("a", films=(own, prior, made), findings="Clear lungs.")
    sides = {row.patient: "train"}

    found = worded_films([data_set("films:here", row)], sides)
    assert [one.film.key for one in found.films["train"]] == ["own"]
    assert not worded_films([data_set("films:here", row, is_reference=True)], sides).films["train"]


def test_a_film_with_labels_alone_is_worded_anew_for_each_draw():
    row = study("a", labels={"pleural effusion": "present", "pneumothorax": "absent"})
    (one,) = worded_films([data_set("films:here", row)], {row.patient: "train"}).films["train"]

    prompts = {one.prompt(Random(seed)) for seed in range(20)}
    assert len(prompts) > 5
    assert all(prompt.startswith("PA view of the chest was obtained.") for prompt in prompts)
