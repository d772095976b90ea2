"""The generator that comes with the program: small, looked at for copies, and it draws the view that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.film_view import look_at_view
from inference.packs import GENERATOR, find_pack
from inference.synthesis.generator import Generator
from inference.synthesis.networks import load_networks
from inference.synthesis.packs import synthesis_pack
from inference.synthesis.privacy.gate import check_release
from inference.synthesis.wish import FilmWish

STEPS = 6
"""Fewer than the pack's own: enough to see a view and what fills a lung."""


@pytest.fixture(scope="module")
def pack():
    return find_pack("starter-synth", GENERATOR)


@pytest.fixture(scope="module")
def drawn(pack):
    """Films by view and words, all of one seed."""
    torch.set_num_threads(1)
    generator = Generator(load_networks(pack))
    made = {}

    def draw(view, text):
        if (view, text) not in made:
            wish = FilmWish(text, view, seed=7, steps=STEPS, guidance=3.0)
            made[view, text] = generator.draw(wish).astype(np.float32)
        return made[view, text]

    return draw


def test_it_is_what_draws_where_nothing_else_is_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))

    assert synthesis_pack().manifest.id == "starter-synth"


def test_it_is_small_and_says_what_it_is(pack):
    assert sum(file.size for file in pack.manifest.files) < 40e6
    assert pack.manifest.licence.research_only
    assert "mall demonstration model" in pack.manifest.card
    scores = pack.manifest.scores["drawn_films"]
    assert scores["view"]["frontal_or_lateral"]["value"] > 0.95
    assert scores["label_agreement"]["difference"]["low"] > 0


def test_films_that_it_learnt_by_heart_were_looked_for_and_none_was_found(pack):
    assert check_release(pack.folder, pack.manifest) == ""


@pytest.mark.parametrize("view", ["PA", "AP", "lateral"])
def test_the_film_has_the_asked_view(drawn, view):
    seen = look_at_view(drawn(view, "No finding.").astype(np.uint8))

    assert seen.is_frontal if view != "lateral" else seen.view == "lateral"


def test_fluid_is_drawn_on_the_named_side(drawn):
    change = drawn("PA", "Large right pleural effusion.") - drawn("PA", "No finding.")
    lower = change[110:180]

    assert lower[:, 50:110].mean() > 15
    assert lower[:, 50:110].mean() > lower[:, 150:205].mean() + 20


RIGHT, LEFT = slice(50, 110), slice(145, 205)
"""Columns of the lungs. The patient's right is on the left of the film."""


@pytest.mark.parametrize("view", ["PA", "AP"])
@pytest.mark.parametrize(("side", "here", "there"), [("right", RIGHT, LEFT), ("left", LEFT, RIGHT)])
def test_air_makes_the_named_side_darker(drawn, view, side, here, there):
    change = drawn(view, f"Large {side} pneumothorax.") - drawn(view, "No finding.")

    assert change[50:110, here].mean() < -20
    assert change[50:110, here].mean() < change[50:110, there].mean() - 20


@pytest.mark.parametrize("view", ["PA", "AP"])
@pytest.mark.parametrize(
    ("words", "here", "there"),
    [("Right upper lobe consolidation.", RIGHT, LEFT), ("Consolidation in the left lung.", LEFT, RIGHT)],
)
def test_consolidation_makes_the_named_side_whiter(drawn, view, words, here, there):
    change = drawn(view, words) - drawn(view, "No finding.")

    assert change[50:110, here].mean() > 12
    assert change[50:110, here].mean() > change[50:110, there].mean() + 10


def test_a_large_heart_is_drawn_larger(drawn):
    change = drawn("PA", "Severe cardiomegaly.") - drawn("PA", "No finding.")

    assert change[110:170, 140:200].mean() > 4


def test_fluid_is_drawn_in_the_lateral_view_too(drawn):
    change = drawn("lateral", "Large right pleural effusion.") - drawn("lateral", "No finding.")

    assert change[140:200, 70:180].mean() > 25
