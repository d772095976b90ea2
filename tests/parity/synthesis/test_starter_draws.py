"""What a step of the bundled generator's recipe draws: pairs that differ in their finding alone, and words that fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.synthesis.training.starter.draws import Draws
from inference.synthesis.training.starter.latent_bank import VARIANTS, LatentBank
from inference.synthesis.training.starter.settings import Lesson, StarterSynthRecipe
from inference.synthesis.training.starter.taught import ADULT, CHILD, PHANTOM, TAGS, TaughtFilm, painted_film
from inference.synthesis.training.wording import Fact
from inference.text.labels import label_report

LEVELS = 1000
CHANGED = (slice(None), slice(2, 5), slice(1, 4))
"""Where the paint is, of (channels, rows, columns)."""
EDEMA = TaughtFilm(
    "real", 0, "PA", (Fact("edema"), Fact("atelectasis")), (), False, ADULT, ("adults", "edema")
)
CLEAR = TaughtFilm("real", 1, "AP", (), ("pneumothorax",), True, ADULT, ("adults", "clear adults"))
LATERAL = TaughtFilm("phantom", 0, "lateral", (), (), True, "", ("laterals",))
PAINTED = painted_film(CLEAR, Fact("pneumothorax", "left", "", "severe"), 0)
FILMS = (EDEMA, CLEAR, LATERAL, PAINTED)


@pytest.fixture(scope="module")
def bank():
    lot = np.random.default_rng(0)
    real = lot.normal(size=(VARIANTS, 2, 4, 8, 8)).astype(np.float16)
    unpainted = lot.normal(size=(1, 4, 8, 8)).astype(np.float16)
    painted = unpainted.copy()
    painted[(0, *CHANGED)] += 3
    phantoms = lot.normal(size=(1, 4, 8, 8)).astype(np.float16)
    return LatentBank(real, phantoms, painted, unpainted, np.zeros(4, np.float32), np.ones(4, np.float32))


def draws(bank, films=FILMS, **changes):
    recipe = StarterSynthRecipe(**changes)
    return Draws("base", Lesson(10, 16, 1e-3, seconds=1), films, bank, recipe, LEVELS)


def test_a_pair_differs_in_its_finding_and_in_nothing_else(bank):
    drawn = draws(bank)
    for step in range(10):
        batch = drawn.step(step).batch
        for on, off in ((10, 11), (12, 13), (14, 15)):
            assert torch.equal(batch.noise[on], batch.noise[off])
            assert batch.levels[on] == batch.levels[off] >= 0.2 * LEVELS
            apart = (batch.latents[on] - batch.latents[off]).abs()
            assert apart[CHANGED].min() > 2.9
            assert apart.sum() == pytest.approx(float(apart[CHANGED].sum()))
            assert label_report(batch.prompts[on]).get("pneumothorax") == 1
            assert "right" not in batch.prompts[on].lower()
            assert label_report(batch.prompts[off]).get("pneumothorax") != 1


def test_errors_count_more_where_the_paint_is_and_alike_everywhere_else(bank):
    stress = draws(bank).step(0).stress

    assert torch.equal(stress[:10], torch.ones_like(stress[:10]))
    assert stress[10, 0, 3, 2] == pytest.approx(4.0) and stress[11, 0, 3, 2] == pytest.approx(2.5)
    assert stress[10, 0, 7, 7] == 1


def test_without_painted_films_there_are_no_pairs(bank):
    drawn = draws(bank, (EDEMA, CLEAR, LATERAL)).step(0)

    assert len(drawn.batch.prompts) == 16
    assert torch.equal(drawn.stress, torch.ones_like(drawn.stress))


def test_a_film_drawn_for_its_finding_mostly_names_it_alone_and_some_captions_name_the_view_alone(bank):
    drawn = draws(bank, pairs=0)
    words = [one for step in range(60) for one in drawn.step(step).batch.prompts]
    edema = [one for one in words if "edema" in one.lower()]
    alone = [one for one in edema if "atelectasis" not in one and "volume loss" not in one]

    assert 0.2 < len(alone) / len(edema) < 0.8
    assert 0.04 < words.count("") / len(words) < 0.13
    assert words.count("AP view of the chest was obtained.") > 5
    assert 0.2 < np.mean([ADULT in one for one in edema]) < 0.5


def test_children_phantoms_and_films_without_labels_are_never_what_no_words_stand_for(bank):
    nameless = TaughtFilm("real", 0, "AP", (), (), False, ADULT, ("adults",))
    child = TaughtFilm("real", 1, "AP", (), (), True, CHILD, ("children",))
    phantom = TaughtFilm("phantom", 0, "PA", (), (), True, PHANTOM, ("phantoms",))
    drawn = draws(bank, (nameless, child, phantom))
    words = [one for step in range(30) for one in drawn.step(step).batch.prompts]

    assert all(any(tag in one for tag in TAGS) for one in words)
    assert all(any(tag in one for one in words) for tag in TAGS)


def test_levels_at_which_the_shape_is_decided_are_drawn_more_often(bank):
    levels = torch.cat([draws(bank, pairs=0).step(step).batch.levels for step in range(60)]).float() / LEVELS

    assert 0.6 < float(((levels > 0.5) & (levels < 0.92)).float().mean()) < 0.9
    assert float((levels < 0.3).float().mean()) > 0.08
    assert levels.min() >= 0 and levels.max() < 1


def test_the_same_step_draws_the_same_films(bank):
    first, again, other = (draws(bank).step(step).batch for step in (3, 3, 4))

    assert torch.equal(first.latents, again.latents) and first.prompts == again.prompts
    assert not torch.equal(first.latents, other.latents)
