"""The watermark is found in what is left of a synthetic film, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from factories.synthetic_films import (
    bare_film,
    bent,
    cropped,
    jpeg,
    letterboxed,
    noisy,
    resized,
    windowed,
)

from viewer.core.synthetic_mark import look, mark
from viewer.core.synthetic_mark.finding import THRESHOLD, strongest

MARKED = mark(bare_film())
WAYS = {
    "as it was": lambda film: film,
    "JPEG of quality 50": jpeg(50),
    "half the size": lambda film: resized(film, 128, 128),
    "half the size, then JPEG of quality 75": lambda film: jpeg(75)(resized(film, 128, 128)),
    "double the size": lambda film: resized(film, 512, 512),
    "an odd size": lambda film: resized(film, 333, 331),
    "three times the size, then JPEG of quality 50": lambda film: jpeg(50)(resized(film, 768, 768)),
    "half of its area": cropped,
    "half of its area, then JPEG of quality 50": lambda film: jpeg(50)(cropped(film)),
    "its left half": lambda film: film[:, :128],
    "its lower half": lambda film: film[128:],
    "a narrow window": windowed,
    "gamma 0.5": lambda film: bent(film, 0.5),
    "gamma 2.2": lambda film: bent(film, 2.2),
    "inverted": lambda film: 255 - film,
    "a quarter turn": np.rot90,
    "mirrored": np.fliplr,
    "12 bits": lambda film: film.astype(np.uint16) * 16 + 7,
    "16 bits, signed, inverted": lambda film: 30000 - film.astype(np.int16) * 200,
    "noise": noisy,
    "a screenshot": letterboxed,
    "a colour picture": lambda film: np.stack([film, film, film // 2], axis=-1),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_watermark_is_found_after(way):
    found = look(WAYS[way](MARKED))

    assert found is not None
    assert found.strength > THRESHOLD


def test_how_much_of_the_film_is_left_is_told():
    assert look(cropped(MARKED, 0.6)).scale == pytest.approx(0.6, abs=0.02)
    assert look(resized(MARKED, 400, 400)).scale == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_no_mark_is_seen_in_a_film_that_has_none(seed):
    film = bare_film(seed=seed)

    assert look(film) is None
    assert look(jpeg(50)(resized(film, 384, 384))) is None
    assert strongest(film)[0] < THRESHOLD - 1.5


@pytest.mark.parametrize(
    "film",
    [
        np.zeros((300, 300), np.uint8),
        np.full((300, 300), 4095, np.uint16),
        np.tile(np.arange(256, dtype=np.uint8), (256, 1)),
        np.kron(np.indices((32, 32)).sum(0) % 2, np.ones((8, 8))).astype(np.uint8) * 255,  # a test pattern
        np.random.default_rng(1).integers(0, 65535, (500, 400), dtype=np.uint16),
        np.full((64, 64), np.nan, np.float32),
        np.zeros((1, 5), np.uint8),
        np.zeros((0, 0), np.uint8),
    ],
    ids=["black", "white", "ramp", "checks", "noise", "NaN", "a line", "nothing"],
)
def test_no_mark_is_seen_in_what_is_no_film(film):
    assert look(film) is None


def test_the_same_film_is_marked_with_the_same_pixels():
    film = bare_film(seed=3)
    before = film.copy()

    assert np.array_equal(mark(film), mark(film))
    assert np.array_equal(film, before)


def test_the_waves_alone_are_not_seen_in_the_film():
    from viewer.core.synthetic_mark.waves import with_waves

    film = bare_film().astype(float)
    change = with_waves(film.astype(np.uint8)) - film

    assert np.sqrt(np.mean((change - change.mean()) ** 2)) < 4.5  # of 255 grey levels


@pytest.mark.parametrize("side", [128, 512])
def test_the_word_stays_and_the_watermark_is_found_at_every_size_of_film(side):
    assert look(mark(bare_film(side))) is not None


def test_most_of_the_film_stays_free_of_letters():
    from viewer.core.synthetic_mark.word import with_word

    film = bare_film()

    assert 0.04 < np.mean(with_word(film) != film) < 0.3


def test_each_half_of_a_film_holds_whole_words_light_and_dark():
    """Half a film, wherever it was cut: the letters that are lighter and those that are darker are both there."""
    from viewer.core.synthetic_mark.word import with_word

    grey = np.full((256, 256), 128, np.uint8)
    change = with_word(grey).astype(int) - 128
    for part in (change[:, :128], change[:, 128:], change[:128], change[128:], cropped(change)):
        assert (part > 20).sum() > 150
        assert (part < -20).sum() > 150


def test_a_film_too_small_to_be_marked_is_refused():
    with pytest.raises(ValueError, match="too small"):
        mark(np.zeros((64, 64), np.uint8))
    with pytest.raises(ValueError, match="8-bit"):
        mark(np.zeros((256, 256), np.uint16))
