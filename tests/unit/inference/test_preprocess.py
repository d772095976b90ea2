"""Pictures to pixel values; what can't be done is refused."""

from __future__ import annotations

import numpy as np
import pytest

from inference.errors import InvalidFilm, PackRefused
from inference.preprocess import PictureProcessor

PROCESSOR = PictureProcessor(70)


def test_the_crop_is_the_central_square():
    picture = np.zeros((70, 210), dtype=np.uint8)
    picture[:, 70:140] = 200
    assert (PROCESSOR.crop(picture) == 200).all()


def test_pixel_values_have_three_equal_channels_and_the_radiology_mean():
    values = PROCESSOR.pixel_values(np.full((90, 80), 255, dtype=np.uint8))
    assert values.shape == (3, 70, 70)
    assert values.dtype == np.float32
    assert values == pytest.approx((1 - 0.5307) / 0.2583, abs=1e-6)


@pytest.mark.parametrize("shape", [(10, 1000), (0, 10)])
def test_a_picture_that_can_not_be_made_square_is_refused(shape):
    with pytest.raises(InvalidFilm, match="square"):
        PROCESSOR.crop(np.zeros(shape, dtype=np.uint8))


def test_sixteen_bit_pictures_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="uint8"):
        PROCESSOR.crop(np.zeros((80, 80), dtype=np.uint16))


@pytest.mark.parametrize(
    "change",
    [
        {"resample": 2},
        {"image_mean": [0.48, 0.46, 0.41]},
        {"crop_size": {"height": 70, "width": 60}},
        {"do_normalize": False},
        {"rescale_factor": 1 / 127.5},
        {"size": {}},
    ],
)
def test_other_steps_are_refused(change):
    with pytest.raises(PackRefused, match="other steps"):
        PictureProcessor.from_preprocessor_config({**PROCESSOR.to_preprocessor_config(), **change})
