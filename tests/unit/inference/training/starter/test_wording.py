"""Composed reports say what is known about the film, and nothing else."""

from __future__ import annotations

import random

import pytest

from inference.backend import FINDINGS
from inference.text.labels import label_report
from inference.training.starter.corpus import Report, side_of, usable_text
from inference.training.starter.wording import Wording

SENTENCES = (
    "The heart is normal in size",
    "The heart is enlarged",
    "The lungs are clear",
    "There is a left lower lobe opacity",
    "There is a right upper lobe opacity",
    "No pleural effusion or pneumothorax",
    "No pneumothorax",
    "There is a small left pleural effusion",
    "There is a moderate right pneumothorax",
    "There is pulmonary edema",
)


@pytest.fixture
def wording() -> Wording:
    return Wording([Report(str(i), s + ".", "", label_report(s), 0) for i, s in enumerate(SENTENCES)])


@pytest.mark.parametrize("seed", range(20))
def test_a_composed_report_states_what_is_present_and_never_states_what_is_absent(
    wording: Wording, seed: int
) -> None:
    rng = random.Random(seed)
    present = set(
        rng.sample(["cardiomegaly", "lung opacity", "edema", "pleural effusion", "pneumothorax"], 2)
    )
    facts = {name: int(name in present) for name in FINDINGS}

    labels = label_report(wording.composed(facts, {}, rng))

    stated = {name for name, value in labels.items() if value == 1} - {"no finding"}
    assert stated <= present
    assert present - {"lung opacity"} <= stated


@pytest.mark.parametrize("seed", range(10))
def test_a_sentence_with_a_side_is_only_used_where_the_side_is_true(wording: Wording, seed: int) -> None:
    text = wording.composed({"pleural effusion": 1}, {"pleural effusion": "right"}, random.Random(seed))

    assert "left" not in text


def test_nothing_is_said_about_what_is_not_known(wording: Wording) -> None:
    text = wording.composed({"cardiomegaly": 1}, {}, random.Random(0))

    assert set(label_report(text)) <= {"cardiomegaly", "no finding"}


def test_removed_words_comparisons_and_measurements_are_not_learnt() -> None:
    text = "There is XXXX effusion. Stable cardiomegaly. A 12 mm nodule. The lungs are clear."

    assert usable_text(text) == "The lungs are clear."


def test_a_side_is_found_only_if_there_is_one() -> None:
    assert side_of("Left lower lobe opacity") == "left"
    assert side_of("Bilateral opacities, left greater than right") == ""
    assert side_of("Cardiomegaly") == ""
