"""Drawing with a tiny random pack: seeds, previews, stopping, sources."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_synth_pack import SIDE, write_tiny_synth_pack

from inference.backend import CancelToken
from inference.errors import InferenceCancelled, InvalidRequest, PackRefused
from inference.packs import open_pack
from inference.synthesis.generator import Generator, NoFilm, fit
from inference.synthesis.networks import Networks, load_networks
from inference.synthesis.sampler import Sampler
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


def test_a_drawing_stops_before_its_next_network_call(generator, monkeypatch):
    calls = []
    predict = generator.networks.predict
    monkeypatch.setattr(generator.networks, "predict", lambda *given: calls.append(1) or predict(*given))
    cancel = CancelToken()

    def stop_at_two(step, steps, look):
        if step == 2:
            cancel.cancel()

    with pytest.raises(InferenceCancelled):
        generator.draw(replace(WISH, steps=50), on_step=stop_at_two, cancel=cancel)
    assert len(calls) == 2


def test_more_urgent_work_goes_first_between_steps_and_can_compute_gradients(generator):
    seen = []
    token = CancelToken(let_others=lambda: seen.append(torch.is_inference_mode_enabled()))
    film = generator.draw(WISH, cancel=token)
    assert seen == [False] * (WISH.steps + 1)  # each step, and the decoding
    assert film.tobytes() == generator.draw(WISH).tobytes()


def test_each_step_is_told_and_the_last_preview_is_the_film(generator):
    told, seen = [], []

    def on_step(step, steps, look):
        told.append((step, steps))
        seen.append(look())

    film = generator.draw(WISH, on_step=on_step)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert np.array_equal(seen[-1], film)
    assert not np.array_equal(seen[0], film)


def test_no_preview_is_decoded_unless_it_is_asked_for(generator, monkeypatch):
    decoded = []
    decode = generator.networks.decode
    monkeypatch.setattr(generator.networks, "decode", lambda latents: decoded.append(1) or decode(latents))
    generator.draw(WISH, on_step=lambda *_: None)
    assert len(decoded) == 1


def test_strength_0_leaves_the_source_1_takes_nothing_of_it_and_between_it_is_seen(generator):
    source = np.tile(np.linspace(0, 255, 100).astype(np.uint8), (80, 1))
    assert np.array_equal(generator.draw(replace(WISH, strength=0.0), source), fit(source, SIDE, SIDE))
    film = generator.draw(WISH)
    assert np.array_equal(generator.draw(replace(WISH, strength=1.0), source), film)
    half = generator.draw(replace(WISH, strength=0.5), source)
    assert not np.array_equal(half, film)
    assert not np.array_equal(half, generator.draw(replace(WISH, strength=0.5), source[:, ::-1]))


def test_strength_decides_how_many_steps_are_done(generator):
    steps = []
    generator.draw(
        replace(WISH, steps=10, strength=0.3),
        np.zeros((64, 64), np.uint8),
        lambda *told: steps.append(told[:2]),
    )
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"strength": 1.5}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"guidance": -1.0}, "guidance"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(generator, wrong, words):
    with pytest.raises(InvalidRequest, match=words):
        generator.draw(replace(WISH, **wrong))


def test_numbers_that_overflow_make_no_film(generator, monkeypatch):
    nothing = torch.full((1, SIDE, SIDE), float("nan"))
    monkeypatch.setattr(generator.networks, "decode", lambda latents: nothing)
    with pytest.raises(NoFilm, match="float32"):
        generator.draw(WISH)


@torch.no_grad()
def test_latents_are_scaled_channel_by_channel_and_back(tmp_path):
    folder = write_tiny_synth_pack(tmp_path / "scaled")
    plain = load_networks(open_pack(folder))
    facts = plain.facts.model_copy(
        update={"latent_mean": (0.5, 0.0, -1.0, 2.0), "latent_std": (2.0, 1.0, 0.5, 4.0)}
    )
    scaled = Networks(folder, facts)
    picture = torch.rand(1, SIDE, SIDE) * 2 - 1
    raw, seen = plain.encode(picture), scaled.encode(picture)
    assert torch.allclose(seen[0, 3], (raw[0, 3] - 2) / 4) and torch.allclose(
        seen[0, 0], (raw[0, 0] - 0.5) / 2
    )
    assert torch.allclose(scaled.decode(seen), plain.decode(raw), atol=1e-5)


def test_a_generator_of_velocities_draws_too_and_other_predictions_are_refused(tmp_path):
    pack = open_pack(write_tiny_synth_pack(tmp_path / "v", prediction="v_prediction"))
    film = Generator(load_networks(pack)).draw(WISH)
    noise = Generator(load_networks(open_pack(write_tiny_synth_pack(tmp_path / "e")))).draw(WISH)
    assert film.shape == (SIDE, SIDE) and film.tobytes() != noise.tobytes()
    with pytest.raises(PackRefused, match="predicts “sample”"):
        Sampler({"prediction_type": "sample"}, 4)


def test_two_drawings_that_take_turns_give_what_each_gives_alone(generator):
    other = replace(WISH, seed=9, view="AP", guidance=1.0)
    first, second = generator.steps(WISH), generator.steps(other)
    films = {}
    while len(films) < 2:
        for name, stream in (("first", first), ("second", second)):
            try:
                next(stream)
            except StopIteration as end:
                films.setdefault(name, end.value)
            assert not torch.is_inference_mode_enabled()
    assert np.array_equal(films["first"], generator.draw(WISH))
    assert np.array_equal(films["second"], generator.draw(other))
