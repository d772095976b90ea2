"""Drawing with a tiny random pack: seeds, previews, stopping, sources."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_synth_pack import SIDE, write_tiny_synth_pack

from inference.packs import open_pack
from inference.synthesis.generator import Generator
from inference.synthesis.networks import load_networks
from inference.synthesis.wish import FilmWish

WISH = FilmWish("right pleural effusion", steps=4, guidance=3.0)


@pytest.fixture(scope="module")
def generator(tmp_path_factory) -> Generator:
    return Generator(load_networks(open_pack(write_tiny_synth_pack(tmp_path_factory.mktemp("tiny")))))


def test_a_film_has_the_packs_size_and_is_not_empty(generator):
    film = generator.draw(WISH)
    assert film.shape == (SIDE, SIDE) and film.dtype == np.uint8
    assert len(np.unique(film)) > 8


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(generator):
    film = generator.draw(WISH)
    torch.rand(7)  # whatever else draws random numbers in this process
    assert generator.draw(WISH).tobytes() == film.tobytes()
    assert generator.draw(replace(WISH, seed=1)).tobytes() != film.tobytes()


def test_words_view_and_guidance_each_change_the_film(generator):
    film = generator.draw(WISH).tobytes()
    for other in ({"text": "no finding"}, {"view": "lateral"}, {"guidance": 1.0}):
        assert generator.draw(replace(WISH, **other)).tobytes() != film
