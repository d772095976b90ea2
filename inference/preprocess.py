"""Picture to model input: one version for inference and for training.

Short edge to `side` with Pillow's bicubic on uint8 (anti-aliased), central square, then the same mean and deviation
for the three equal channels. Bit-exact against the published processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.errors import InvalidFilm, PackRefused

PREPROCESSING_VERSION = "rad-dino-1"
RAD_DINO_MEAN = 0.5307
RAD_DINO_STD = 0.2583
MAX_ASPECT = 16
"""Longer pictures are refused: resizing their short edge would need memory without bound."""


@dataclass(frozen=True)
class PictureProcessor:
    """Turns 8-bit grey pictures into pixel values of `side` x `side`."""

    side: int
    mean: float = RAD_DINO_MEAN
    std: float = RAD_DINO_STD

    @classmethod
    def from_preprocessor_config(cls, config: Mapping[str, Any]) -> PictureProcessor:
        """Read a `preprocessor_config.json`.

        Raises:
            PackRefused: It asks for steps that this processor does not do.
        """
        side = (config.get("size") or {}).get("shortest_edge")
        crop = config.get("crop_size") or {}
        crop = crop if isinstance(crop, Mapping) else {"height": crop, "width": crop}
        means, stds = config.get("image_mean") or [], config.get("image_std") or []
        steps = ("do_resize", "do_center_crop", "do_rescale", "do_normalize")
        if (
            not isinstance(side, int)
            or (crop.get("height"), crop.get("width")) != (side, side)
            or not all(config.get(step, True) for step in steps)
            or config.get("resample", 3) != 3
            or abs(config.get("rescale_factor", 1 / 255) - 1 / 255) > 1e-12
            or len(set(means)) != 1
            or len(set(stds)) != 1
        ):
            raise PackRefused(
                "preprocessor_config.json asks for other steps than bicubic resize of the short edge, square central "
                "crop, 1/255 and one mean and deviation for all channels."
            )
        return cls(side, float(means[0]), float(stds[0]))

    def to_preprocessor_config(self) -> dict[str, Any]:
        """The `preprocessor_config.json` that `from_preprocessor_config` reads back equal."""
        return {
            "image_processor_type": "BitImageProcessor",
            "do_convert_rgb": True,
            "do_resize": True,
            "size": {"shortest_edge": self.side},
            "resample": 3,
            "do_center_crop": True,
            "crop_size": {"height": self.side, "width": self.side},
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "image_mean": [self.mean] * 3,
            "image_std": [self.std] * 3,
        }

    @cached_property
    def table(self) -> NDArray[np.float32]:
        """Pixel value of each of the 256 grey levels."""
        grey = np.arange(256, dtype=np.float64) * (1 / 255)
        return (grey.astype(np.float32) - np.float32(self.mean)) / np.float32(self.std)

    def crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The square that the model sees.

        Args:
            picture: (rows, columns) uint8, upright, square pixels, as a reader would see it.

        Returns:
            (side, side) uint8.

        Raises:
            InvalidFilm: The picture is empty or more than 16 times as long as wide.
        """
        if picture.dtype != np.uint8 or picture.ndim != 2:
            raise ValueError(f"expected a grey uint8 picture, got {picture.dtype} of shape {picture.shape}")
        height, width = picture.shape
        short, long = min(height, width), max(height, width)
        if short < 1 or long > MAX_ASPECT * short:
            raise InvalidFilm(f"A picture of {height} rows and {width} columns can't be made square.")
        scaled = int(self.side * long / short)
        size = (self.side, scaled) if width <= height else (scaled, self.side)
        resized = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
        left, top = (size[0] - self.side) // 2, (size[1] - self.side) // 2
        return np.asarray(resized.crop((left, top, left + self.side, top + self.side)), dtype=np.uint8)

    def pixel_values(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the vision encoder takes: float32 (3, side, side), three equal channels. See `crop`."""
        return np.repeat(self.table[self.crop(picture)][np.newaxis], 3, axis=0)
