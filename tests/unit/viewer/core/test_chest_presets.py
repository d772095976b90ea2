"""The chest presets do the same to every scale: bands of what is displayed, not of what is stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import chest_picture
from tests.factories_ui import description
from viewer.core.chest_presets import (
    NAMES,
    chest_presets,
    preset_voi,
    relative_window,
    window_from_relative,
)
from viewer.core.exposure import exposed_sample
from viewer.core.presentation import is_inverse, render
from viewer.core.study import FilmPixels, LookupTable, Window
from viewer.core.voi import LINEAR, LutVoi, WindowVoi, auto_voi, initial_voi, window_problem

SIDE = 160
SEEN = np.rint(chest_picture(SIDE, SIDE) * 4095).astype(np.int64)


def film(stored=SEEN, **changes) -> FilmPixels:
    return FilmPixels(
        description(SIDE, SIDE, bits_stored=16, high_bit=15, **changes), stored.astype(np.uint16)
    )


def drawn(pixels: FilmPixels, key: int) -> np.ndarray:
    preset = next(preset for preset in chest_presets() if preset.key == key)
    inverse = is_inverse(pixels.description)
    return render(pixels, preset_voi(exposed_sample(pixels), initial_voi(pixels), inverse, preset))


def curved() -> FilmPixels:
    """The same picture, stored on a logarithmic scale and brought back by its VOI LUT."""
    stored = np.rint(1000 * np.log1p(SEEN)).astype(np.int64)  # 0 to 8318
    back = np.rint(np.expm1(np.arange(8400) / 1000) / 4095 * 65535).clip(0, 65535).astype(int)
    return film(stored, voi_luts=(LookupTable(0, 16, tuple(back.tolist()), "LOG"),))


WAYS = {
    "MONOCHROME1": film(4095 - SEEN, photometric_interpretation="MONOCHROME1"),
    "another vendor's scale": film(3 * SEEN + 7000),
    "rescaled downwards": film(4095 - SEEN, rescale_slope=-0.5, rescale_intercept=-1024.0),
    "with a narrow stored window": film(windows=(Window(2000, 900),)),
    "through a VOI LUT": curved(),
}


@pytest.mark.parametrize("key", [3, 4, 5, 6])
@pytest.mark.parametrize("way", WAYS)
def test_a_preset_shows_one_film_alike_however_it_is_stored(way, key):
    difference = np.abs(drawn(WAYS[way], key).astype(int) - drawn(film(), key).astype(int))

    assert np.percentile(difference, 99) <= 3
    assert np.ptp(drawn(film(), key)) == 255


def test_the_presets_are_the_keys_3_to_6_and_no_two_are_alike():
    assert [preset.key for preset in chest_presets()] == [3, 4, 5, 6]
    assert tuple(preset.name for preset in chest_presets()) == NAMES
    pictures = [drawn(film(), preset.key) for preset in chest_presets()]
    for number, picture in enumerate(pictures):
        for other in pictures[number + 1 :]:
            assert np.abs(picture.astype(int) - other).mean() > 4


def test_the_lung_preset_opens_the_dark_half_and_the_bone_preset_the_bright_one():
    dark, bright = np.percentile(SEEN, 25), np.percentile(SEEN, 90)
    lung, bone = drawn(film(), 3), drawn(film(), 5)
    assert (lung[bright < SEEN] == 255).all()
    assert (bone[dark > SEEN] == 0).all()


@pytest.mark.parametrize("as_acquired", [WindowVoi(0, 1), LutVoi(LookupTable(0, 8, (9, 9)))])
def test_a_flat_film_still_gets_something_that_can_be_drawn(as_acquired):
    voi = preset_voi(np.full(100, 7), as_acquired, False, chest_presets()[0])
    assert isinstance(voi, WindowVoi)
    assert window_problem(Window(voi.center, voi.width), voi.function) == ""


@given(st.floats(-3000, 3000), st.floats(1, 5000), st.booleans())
def test_a_kept_window_comes_back_on_its_own_film(center, width, inverse):
    automatic = auto_voi(film())
    kept = relative_window(WindowVoi(center, width, "LINEAR_EXACT"), automatic, inverse)
    back = window_from_relative(kept, automatic, inverse)
    assert (back.center, back.width) == (pytest.approx(center, abs=1e-6), pytest.approx(width, abs=1e-6))


def test_a_kept_window_means_the_same_on_monochrome1():
    plain, inverse = film(), WAYS["MONOCHROME1"]
    kept = relative_window(WindowVoi(1500, 700, "LINEAR_EXACT"), auto_voi(plain), False)
    there = window_from_relative(kept, auto_voi(inverse), True)
    wanted = render(plain, WindowVoi(1500, 700, "LINEAR_EXACT")).astype(int)
    assert np.abs(render(inverse, there).astype(int) - wanted).max() <= 1


def test_a_linear_window_is_kept_by_its_ends():
    kept = relative_window(WindowVoi(128, 256, LINEAR), WindowVoi(127.5, 255, "LINEAR_EXACT"), False)
    assert (kept.black, kept.white) == (pytest.approx(0), pytest.approx(1))


def test_a_stretched_lut_keeps_its_name():
    pixels = WAYS["through a VOI LUT"]
    voi = preset_voi(exposed_sample(pixels), initial_voi(pixels), False, chest_presets()[0])
    assert isinstance(voi, LutVoi)
    assert voi.table.explanation == "LOG"
    assert voi == preset_voi(exposed_sample(replace(pixels)), initial_voi(pixels), False, chest_presets()[0])
