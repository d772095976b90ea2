"""The C-Abstractor: turns the encoder's patch grid into a fixed number of picture tokens. Plain torch.

RegNet bottlenecks, adaptive average pooling, RegNet bottlenecks, a two-layer read-out. The bottleneck's details are
where a re-implementation goes wrong: the 3x3 convolution is depthwise, the norm called `bn` is a layer norm over the
channels (eps 1e-5), and the squeeze-excite width follows the block's *input* channels. Member names are those of the
published checkpoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

NORM_EPS = 1e-5
SQUEEZE_RATIO = 0.25


@dataclass(frozen=True, slots=True)
class AbstractorConfig:
    """Sizes of the C-Abstractor, as `projector_config` of a checkpoint names them."""

    encoder_hidden_size: int
    hidden_size: int
    output_hidden_size: int
    num_query_tokens: int
    depth: int = 3
    mlp_depth: int = 2
    pos_emb: bool = True

    def __post_init__(self) -> None:
        if math.isqrt(self.num_query_tokens) ** 2 != self.num_query_tokens:
            raise ValueError(f"num_query_tokens must be a square number, got {self.num_query_tokens}")
        if self.depth < 1 or self.mlp_depth < 1:
            raise ValueError(f"depth and mlp_depth must be at least 1, got {self.depth} and {self.mlp_depth}")


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channel axis of (B, C, H, W), at each position by itself."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=NORM_EPS)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNorm(nn.Module):
    """Convolution without bias, then channel norm, then SiLU where wanted."""

    def __init__(
        self, channels_in: int, channels: int, kernel: int = 1, groups: int = 1, activate: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2, groups=groups, bias=False)
        self.bn = ChannelNorm(channels)
        self.activate = activate

    def forward(self, grid: Tensor) -> Tensor:
        grid = self.bn(self.conv(grid))
        return functional.silu(grid) if self.activate else grid


class SqueezeExcite(nn.Module):
    """Weighs each channel by a gate computed from the global mean of all of them."""

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, reduced, 1)
        self.fc2 = nn.Conv2d(reduced, channels, 1)

    def forward(self, grid: Tensor) -> Tensor:
        mean = grid.mean((2, 3), keepdim=True)
        return grid * torch.sigmoid(self.fc2(functional.silu(self.fc1(mean))))


class Bottleneck(nn.Module):
    """RegNet bottleneck with ratio 1, group size 1 and stride 1: (B, C_in, H, W) to (B, C, H, W)."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.conv1 = ConvNorm(channels_in, channels)
        self.conv2 = ConvNorm(channels, channels, kernel=3, groups=channels)
        self.se = SqueezeExcite(channels, round(SQUEEZE_RATIO * channels_in))
        self.conv3 = ConvNorm(channels, channels, activate=False)
        self.downsample = (
            ConvNorm(channels_in, channels, activate=False) if channels_in != channels else nn.Identity()
        )

    def forward(self, grid: Tensor) -> Tensor:
        branch = self.conv3(self.se(self.conv2(self.conv1(grid))))
        return functional.silu(branch + self.downsample(grid))


class CAbstractor(nn.Module):
    """Patch features (B, patches, encoder_hidden_size) to tokens (B, num_query_tokens, output_hidden_size).

    `patches` is fixed by the position embedding and must be a square number.
    """

    def __init__(self, config: AbstractorConfig, patches: int) -> None:
        super().__init__()
        if math.isqrt(patches) ** 2 != patches:
            raise ValueError(f"the patch grid must be square, got {patches} patches")
        self.config = config
        self.grid_side = math.isqrt(patches)
        if config.pos_emb:
            self.pos_emb = nn.Parameter(torch.zeros(1, patches, config.encoder_hidden_size))
        self.net = nn.ModuleList(
            (
                _stage(config.depth, config.encoder_hidden_size, config.hidden_size),
                nn.AdaptiveAvgPool2d(math.isqrt(config.num_query_tokens)),
                _stage(config.depth, config.hidden_size, config.hidden_size),
            )
        )
        self.readout = _readout(config.mlp_depth, config.hidden_size, config.output_hidden_size)

    def forward(self, features: Tensor) -> Tensor:
        if self.config.pos_emb:
            features = features + self.pos_emb  # not in place: the caller keeps its tensor
        grid = features.transpose(1, 2).reshape(len(features), -1, self.grid_side, self.grid_side)
        for stage in self.net:
            grid = stage(grid)
        tokens: Tensor = self.readout(grid.flatten(2).transpose(1, 2))
        return tokens


def _stage(depth: int, channels_in: int, channels: int) -> nn.Sequential:
    stage = nn.Sequential()
    for number in range(1, depth + 1):
        stage.add_module(f"b{number}", Bottleneck(channels_in if number == 1 else channels, channels))
    return stage


def _readout(depth: int, width_in: int, width: int) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(width_in, width)]
    for _ in range(depth - 1):
        layers += [nn.SiLU(), nn.Linear(width, width)]
    return nn.Sequential(*layers)
