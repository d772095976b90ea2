"""The bundled generator's recipe, as far as nothing learns: captions state what they say, and films their places."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest

from inference.backend import FINDINGS
from inference.synthesis.training.starter.places import effusion_side, place_of
from inference.synthesis.training.starter.settings import SHARES, StarterSynthRecipe, share_of_rate, shortened
from inference.synthesis.training.starter.taught import DRAWN_FOR, Pool, caption, phantom_film, real_film
from inference.synthesis.training.starter.told_facts import ASKED, COUNT, drawn_caption, stated
from inference.synthesis.training.wording import Fact, sayings, worded
from inference.synthesis.wish import view_of
from inference.text.labels import label_report
from inference.training.command import main
from inference.training.sources.manifest import LABELS, FilmBox, LabelledFilm

SIDES = {"left": r"\bleft\b", "right": r"\bright\b", "both": r"\bbilateral\b"}
ZONES = {"upper": r"\bupper\b", "middle": r"\bmid(dle)?\b", "lower": r"\blower\b"}
GRADES = {
    "mild": r"\b(mild|mildly|small|slight|slightly|minimal)\b",
    "moderate": r"\b(moderate|moderately)\b",
    "severe": r"\b(severe|severely|large|massive|massively|marked|markedly)\b",
}


def film(
    *present: str, boxes: tuple[FilmBox, ...] = (), source: str = "nih", absent: tuple[str, ...] = ()
) -> Any:
    labels = tuple(1 if name in present else 0 if name in absent else -1 for name in LABELS)
    return LabelledFilm(Path("a.png"), source, "nih:1", "PA", labels, boxes, (), "train", 512, 512)


def read_back(words: str, patterns: dict[str, str]) -> set[str]:
    return {name for name, pattern in patterns.items() if re.search(pattern, words.lower())}


@pytest.mark.parametrize("label", FINDINGS)
def test_every_fact_that_a_caption_states_can_be_read_back_from_its_words(label):
    """By rules that are not the ones it was worded by: what the text encoder is asked for is there to be heard."""
    lot = Random(3)
    heard = 0
    for _ in range(80):
        fact = Fact(
            label, lot.choice(("left", "right", "both")), lot.choice(tuple(ZONES)), lot.choice(tuple(GRADES))
        )
        for one in sayings([fact], (), lot):
            assert one.fact is not None and one.fact.label == label
            assert read_back(one.words, SIDES) == ({one.fact.side} - {""}), one
            assert read_back(one.words, ZONES) == ({one.fact.zone} - {""}), one
            assert read_back(one.words, GRADES) == ({one.fact.grade} - {""}), one
            heard += label_report(one.words).get(label) == 1
    if label in ("pleural effusion", "pneumothorax", "cardiomegaly", "consolidation", "edema", "atelectasis"):
        assert heard >= 40


def test_what_is_denied_is_never_asked_for_as_present():
    said = [one for seed in range(40) for one in sayings([], ["pneumothorax"], Random(seed))]

    assert said and all("No" in one.words and one.fact is None for one in said)
    assert sum(stated("PA", "", said)[: len(ASKED)]) == 0


def test_sentences_and_facts_come_from_the_same_lots_as_the_caption():
    facts = (Fact("edema", grade="mild"), Fact("pneumothorax", "left", grade="severe"))
    for seed in range(20):
        said = sayings(facts, ["cardiomegaly"], Random(seed))
        assert " ".join(one.words for one in said) == worded(facts, ["cardiomegaly"], Random(seed))


def test_a_drawn_captions_answers_name_its_view_its_tag_and_what_it_says():
    for seed in range(60):
        words, answers = drawn_caption(Random(seed))
        views, tags = answers[len(ASKED) : len(ASKED) + 3], answers[len(ASKED) + 3 :]
        asked = {one for one, answer in zip(ASKED, answers, strict=False) if answer}

        assert len(answers) == COUNT
        assert views == [float(view_of(words) == one) for one in ("PA", "AP", "lateral")]
        assert tags == [float(tag in words) for tag in ("Adult.", "Child.", "Phantom.")]
        assert {side for _, side in asked} & set(SIDES) == read_back(words, SIDES)


def test_a_box_gives_a_finding_its_side_and_zone_and_the_patients_right_is_left_on_the_film():
    box = FilmBox("lung opacity", (60.0, 330.0, 180.0, 460.0))

    assert place_of("pneumonia", film("pneumonia", boxes=(box,))) == ("right", "lower")
    assert place_of("pneumonia", film("pneumonia")) == ("", "")
    assert place_of("edema", film("edema", boxes=(box,))) == ("", "")


def test_an_effusions_side_is_the_brighter_lower_field():
    plain = np.full((64, 64), 60, np.uint8)
    plain[:20] = 120
    right, left = plain.copy(), plain.copy()
    right[36:53, 6:29] = 200
    left[36:53, 36:59] = 200

    assert [effusion_side(one) for one in (right, left, plain)] == ["right", "left", "both"]


def test_what_is_not_known_of_a_real_film_is_neither_said_nor_denied():
    unlabelled = real_film(film(source="hannover"), np.zeros((64, 64), np.uint8), 0)
    clear = real_film(film("no finding", absent=("edema",)), np.zeros((64, 64), np.uint8), 1)

    assert unlabelled.facts == () and not unlabelled.is_clear
    assert caption("PA", unlabelled.tag, unlabelled.sayings(Random(0))).endswith("Adult.")
    assert clear.is_clear and clear.absent == ("edema",)
    assert all(clear.sayings(Random(seed)) for seed in range(10))


def test_films_are_drawn_from_the_pools_of_their_findings_and_laterals_bear_no_tag():
    grey = np.zeros((64, 64), np.uint8)
    assert real_film(film("pneumothorax", "fracture"), grey, 0).pools == ("adults", "pneumothorax")
    assert real_film(film("no finding"), grey, 0).pools == ("adults", "clear adults")
    assert real_film(film("edema", source="hannover"), grey, 0).pools == ("adults",)
    assert real_film(film("pneumonia", source="kermany_paediatric"), grey, 0).pools == ("children",)
    fact = SimpleNamespace(label="pleural effusion", side="left", zone="lower", grade="severe")
    lateral: Any = SimpleNamespace(view="LL", facts=(fact,))
    frontal: Any = SimpleNamespace(view="AP", facts=())

    assert phantom_film(lateral, 0).tag == "" and phantom_film(lateral, 0).pools == ("laterals",)
    assert phantom_film(frontal, 1).tag == "Phantom." and phantom_film(frontal, 1).is_clear
    assert phantom_film(lateral, 0).weight > phantom_film(frontal, 1).weight
    assert set(SHARES) == set(get_args(Pool)) and set(DRAWN_FOR) < set(SHARES)


def test_minutes_are_shared_among_the_lessons_in_their_proportions():
    whole = StarterSynthRecipe()
    short = shortened(whole, 30)

    seconds = sum(one.steps * one.seconds for one in short.lessons.values())
    assert seconds == pytest.approx(1800, rel=0.02)
    assert short.base.steps / short.text.steps == pytest.approx(whole.base.steps / whole.text.steps, rel=0.05)
    assert all(one.steps >= 1 for one in shortened(whole, 0.001).lessons.values())
    with pytest.raises(ValueError, match="more than 0"):
        shortened(whole, 0)


def test_the_rate_rises_to_its_height_and_falls_to_its_floor():
    lesson = StarterSynthRecipe().base
    rates = [share_of_rate(lesson, step) for step in range(lesson.steps)]

    assert rates[0] < 0.02 and max(rates) > 0.99
    assert rates[-1] == pytest.approx(lesson.floor, abs=1e-3)


def test_missing_data_are_said_with_their_remedy_before_anything_is_made(tmp_path, capsys):
    assert main(["starter-synth", str(tmp_path / "out"), "--data", str(tmp_path)]) == 2

    assert "--data or SIDELIGHT_DATA_DIR" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
