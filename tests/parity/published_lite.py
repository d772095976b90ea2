"""Random weights in the layout of the published EfficientNet-Lite0."""

from __future__ import annotations

import torch
from torch import Tensor

from inference.models.efficientnet import block_sizes
from inference.training.starter.pretrained import LITE0


def published_lite(seed: int = 0) -> dict[str, Tensor]:
    """Tensors by the published names, with norms that have seen something."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}

    def add(convolution: str, norm: str, channels: int, channels_in: int, kernel: int) -> None:
        spread = (channels_in * kernel**2) ** -0.5
        tensors[f"{convolution}.weight"] = (
            torch.randn(channels, channels_in, kernel, kernel, generator=generator) * spread
        )
        for name in ("weight", "bias", "running_mean", "running_var"):
            drawn = torch.rand(channels, generator=generator)
            tensors[f"{norm}.{name}"] = drawn + 0.5 if name in ("weight", "running_var") else drawn - 0.3

    add("_conv_stem", "_bn0", 32, 3, 3)
    for number, sizes in enumerate(block_sizes(**LITE0)):
        name = f"_blocks.{number}."
        if sizes.expansion > 1:
            add(f"{name}_expand_conv", f"{name}_bn0", sizes.wide, sizes.channels_in, 1)
        add(f"{name}_depthwise_conv", f"{name}_bn1", sizes.wide, 1, sizes.kernel)
        add(f"{name}_project_conv", f"{name}_bn2", sizes.channels, sizes.wide, 1)
    add("_conv_head", "_bn1", 1280, 320, 1)
    return tensors
