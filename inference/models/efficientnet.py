"""EfficientNet-Lite as a vision encoder, plain torch: a small convolutional network that exists pretrained.

The classification network of Tan & Le (2019) in its Lite form (no squeeze-excite, ReLU6) without its head. Batch norms
are not here: they are folded into the convolutions when a published network is read (`inference.training.starter.
pretrained`), so serving is quicker, and teaching a few films at a time can't disturb any running statistics.

The features of a place are those of the last stage at stride 16 beside those of the last stage (stride 32, scaled up):
small things stand in the first, what a region is in the second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 16
"""Pixels between two places of the feature grid: `patch_size` of the config."""
STEM = 32
_STAGES = (  # blocks, kernel, stride, expansion, channels; the first and the last stage are not repeated more often
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_FINE_STAGE = 4  # the last at stride 16


@dataclass(frozen=True, slots=True)
class BlockSizes:
    """One inverted bottleneck: widen, look around in each channel by itself, narrow."""

    channels_in: int
    channels: int
    kernel: int
    stride: int
    expansion: int
    is_fine: bool  # the last block of its grid: its output is a part of the features

    @property
    def wide(self) -> int:
        return self.channels_in * self.expansion


def block_sizes(width: float, depth: float) -> tuple[BlockSizes, ...]:
    """The blocks of a variant, in order. Lite0 is (1.0, 1.0), Lite1 (1.0, 1.1), Lite2 (1.1, 1.2)."""
    blocks = []
    channels_in = STEM
    for stage, (count, kernel, stride, expansion, channels) in enumerate(_STAGES):
        repeats = count if stage in (0, len(_STAGES) - 1) else math.ceil(depth * count)
        wide = _rounded(channels * width)
        for number in range(repeats):
            is_fine = stage == _FINE_STAGE and number == repeats - 1
            blocks.append(BlockSizes(channels_in, wide, kernel, 1 if number else stride, expansion, is_fine))
            channels_in = wide
    return tuple(blocks)


def feature_width(width: float, depth: float) -> int:
    """Channels of the features: those at stride 16 and those at stride 32."""
    blocks = block_sizes(width, depth)
    return blocks[-1].channels + sum(block.channels for block in blocks if block.is_fine)


def weight_count(vision: Mapping[str, Any]) -> int:
    """Weights and biases of an encoder with this `vision_config`."""
    total = int(vision["num_channels"]) * 9 * STEM + STEM
    for block in block_sizes(float(vision["width"]), float(vision["depth"])):
        if block.expansion > 1:
            total += block.channels_in * block.wide + block.wide
        total += block.kernel**2 * block.wide + block.wide + block.wide * block.channels + block.channels
    return total


class EfficientNetLite(nn.Module):
    """Pixel values (B, 3, side, side) to features (B, (side / 16)², width).

    Args:
        vision: `vision_config`: `width`, `depth`, `num_channels`.
    """

    def __init__(self, vision: Mapping[str, Any]) -> None:
        super().__init__()
        sizes = block_sizes(float(vision["width"]), float(vision["depth"]))
        self.stem = SamePadded(int(vision["num_channels"]), STEM, 3, 2)
        self.blocks = nn.ModuleList(InvertedBottleneck(one) for one in sizes)

    def forward(self, pixel_values: Tensor) -> Tensor:
        return joined(*self.maps(pixel_values)).flatten(2).transpose(1, 2)

    def maps(self, pixel_values: Tensor) -> tuple[Tensor, Tensor]:
        """The feature maps at stride 16 and 32, (B, channels, rows, columns) each.

        Channels last in memory: convolutions by channel take a third of the time that way on a CPU.
        """
        pixel_values = pixel_values.contiguous(memory_format=torch.channels_last)
        return self.maps_from(functional.relu6(self.stem(pixel_values)), self.blocks)

    def set_attn_implementation(self, implementation: str) -> None:
        """Nothing here attends; the transformers beside it do."""

    def activation_checkpointing_enable(self, kind: Mapping[str, Any]) -> None:
        """Its maps are kept for the backward pass: about 100 MB a film, and a third of the time saved."""

    @staticmethod
    def maps_from(grid: Tensor, blocks: nn.ModuleList) -> tuple[Tensor, Tensor]:
        """Run `blocks`, the last of the network, on the output of those before them."""
        fine = grid
        for block in _bottlenecks(blocks):
            grid = block(grid)
            if block.sizes.is_fine:
                fine = grid
        return fine, grid


def joined(fine: Tensor, coarse: Tensor) -> Tensor:
    """Both maps on the finer grid, (B, channels, rows, columns)."""
    coarse = functional.interpolate(coarse, fine.shape[2:], mode="bilinear", align_corners=False)
    return torch.cat((fine, coarse), dim=1)


def _bottlenecks(blocks: nn.ModuleList) -> Iterator[InvertedBottleneck]:
    for block in blocks:
        assert isinstance(block, InvertedBottleneck)
        yield block


class SamePadded(nn.Conv2d):
    """A convolution that pads as TensorFlow's SAME does: the odd row and column go to the right and below."""

    def __init__(
        self, channels_in: int, channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        even = 0 if stride > 1 else kernel // 2
        super().__init__(channels_in, channels, kernel, stride, even, groups=groups)
        self._pad = max(kernel - stride, 0) if stride > 1 else 0  # of sides that the stride divides

    def forward(self, input: Tensor) -> Tensor:
        if self._pad:
            before, after = self._pad // 2, self._pad - self._pad // 2
            input = functional.pad(input, (before, after, before, after))
        return super().forward(input)


class InvertedBottleneck(nn.Module):
    """1x1 to `wide` channels, k x k in each, 1x1 back; added to its input where the shapes allow it."""

    def __init__(self, sizes: BlockSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.expand = nn.Conv2d(sizes.channels_in, sizes.wide, 1) if sizes.expansion > 1 else None
        self.depthwise = SamePadded(sizes.wide, sizes.wide, sizes.kernel, sizes.stride, groups=sizes.wide)
        self.project = nn.Conv2d(sizes.wide, sizes.channels, 1)

    def forward(self, grid: Tensor) -> Tensor:
        wide = grid if self.expand is None else functional.relu6(self.expand(grid))
        narrow: Tensor = self.project(functional.relu6(self.depthwise(wide)))
        same = self.sizes.stride == 1 and self.sizes.channels_in == self.sizes.channels
        return narrow + grid if same else narrow


def _rounded(channels: float) -> int:
    """To a multiple of 8, and never more than a tenth down."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
