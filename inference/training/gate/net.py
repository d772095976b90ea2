"""The gate's network: small enough for a CPU in a few milliseconds. Three classes, and a distance for the unknown."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE = 96
FEATURES = 96


class GateNet(nn.Module):
    """(n, 1, SIDE, SIDE) in -1..1 to logits (n, 3) over `inference.gate.CLASSES` and features (n, FEATURES)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (1, 16, 32, 64, FEATURES)
        for before, after in pairwise(widths):
            layers += [
                nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        layers += [
            nn.Conv2d(FEATURES, FEATURES, 3, padding=1, bias=False),
            nn.BatchNorm2d(FEATURES),
            nn.ReLU(inplace=True),
        ]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(FEATURES, 3)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(picture).mean((2, 3))
        return self.head(features), features


class GateWithDistance(nn.Module):
    """What is exported: probabilities, and the Mahalanobis distance from the frontal films' features."""

    def __init__(self, net: GateNet, frontal_features: Tensor) -> None:
        super().__init__()
        self.net = net
        centre = frontal_features.mean(0)
        spread = torch.cov(frontal_features.T)
        spread = spread + torch.eye(FEATURES) * spread.diagonal().mean() * 0.05  # few films, many features
        self.register_buffer("centre", centre)
        self.register_buffer("whiten", torch.linalg.cholesky(torch.linalg.inv(spread)))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        logits, features = self.net(picture)
        away = (features - self.centre) @ self.whiten
        return torch.softmax(logits, 1), (away * away).sum(1).sqrt()


def vary(grey: Tensor, generator: torch.Generator, *, strength: float = 1.0) -> Tensor:
    """Turn, mirror, crop, pad, invert, re-tone, blur and litter pictures, then normalise them as the gate does.

    Args:
        grey: (n, s, s) uint8.
        strength: 0 only shrinks and normalises.

    Returns:
        (n, 1, SIDE, SIDE) in -1..1.
    """
    n = len(grey)

    def chance(share: float) -> Tensor:
        return torch.rand(n, generator=generator) < share * strength

    def spread(size: float) -> Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * size * strength

    quarter = torch.randint(0, 4, (n,), generator=generator) * chance(0.35)
    angle = quarter * (torch.pi / 2) + spread(0.22)
    scale = torch.exp(spread(0.22))
    stretch = torch.exp(spread(0.12))
    mirror = 1 - 2 * chance(0.5).float()
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    place = torch.stack([spread(0.10), spread(0.10)], 1)[:, :, None]
    across = torch.stack([cos * stretch * mirror, -sin], 1)
    down = torch.stack([sin * mirror, cos / stretch], 1)
    turn = torch.stack([across, down], 1)
    grid = functional.affine_grid(torch.cat([turn, place], 2), [n, 1, SIDE, SIDE], align_corners=False)
    padding = "border" if torch.rand(1, generator=generator) < 0.5 else "zeros"
    picture = functional.grid_sample(
        grey[:, None].float() / 255, grid, mode="bilinear", padding_mode=padding, align_corners=False
    )
    picture = torch.where(chance(0.4)[:, None, None, None], 1 - picture, picture)
    picture = picture.clamp(1e-3, 1) ** torch.exp(spread(0.6))[:, None, None, None]
    soft = functional.interpolate(functional.avg_pool2d(picture, 2), scale_factor=2.0, mode="bilinear")
    picture = torch.where(chance(0.2)[:, None, None, None], soft, picture)
    noise = torch.randn(picture.shape, generator=generator) * spread(0.06).abs()[:, None, None, None]
    return normalised(_littered(picture + noise, chance(0.4), generator))


def _littered(picture: Tensor, which: Tensor, generator: torch.Generator) -> Tensor:
    """Black or white rectangles, as markers, shutters and burned-in words leave them."""
    for i in torch.nonzero(which).flatten().tolist():
        for _ in range(int(torch.randint(1, 4, (1,), generator=generator))):
            row, column = torch.randint(0, SIDE - 8, (2,), generator=generator).tolist()
            high, wide = torch.randint(2, 16, (2,), generator=generator).tolist()
            value = float(torch.rand(1, generator=generator).round())
            picture[i, 0, row : row + high, column : column + wide] = value
    return picture


def normalised(picture: Tensor) -> Tensor:
    """As `inference.gate.network_input`: the 1st to 99th percentile to -1..1."""
    flat = picture.flatten(1)
    low, high = torch.quantile(flat, torch.tensor([0.01, 0.99]), dim=1)[:, :, None, None, None]
    levels: Tensor = (picture - low) / (high - low).clamp_min(1 / 255) * 2 - 1
    return levels.clamp(-1, 1)
