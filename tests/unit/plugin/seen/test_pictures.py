"""The thumbnail is the model's own input, not something like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.client import film_input
from inference.film_picture import model_picture
from inference.preprocess import PictureProcessor
from plugin.seen.pictures import seen_picture
from viewer.core.study import Film, FilmHeader, FilmPixels, PixelDescription, Source

SIDE = 28


@pytest.mark.parametrize(("rows", "columns", "left_out"), [(60, 40, 1 / 3), (40, 40, 0.0), (40, 50, 0.2)])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_what_is_shown_is_what_the_encoder_gets(rows, columns, left_out, photometric):
    description = PixelDescription(
        rows, columns, bits_allocated=16, bits_stored=12, high_bit=11, photometric_interpretation=photometric
    )
    film = Film(Source(Path("a.dcm")), FilmHeader(description, "1.2.3", modality="DX"), "0" * 64)
    stored = np.random.default_rng(rows).integers(0, 4096, (rows, columns)).astype(np.uint16)
    pixels = FilmPixels(description, stored)
    processor = PictureProcessor(SIDE)

    seen = seen_picture(film, pixels, SIDE)

    told = film_input(film, pixels)
    values = processor.pixel_values(model_picture(told).grey)
    np.testing.assert_array_equal(processor.table[seen.grey], values[0])
    assert seen.image == told.image_sha256
    assert seen.left_out == pytest.approx(left_out)
