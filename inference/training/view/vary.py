"""Hang films wrongly on purpose, and vary how they look; the network learns to see the first through the second."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inference.film_view import SIDE
from inference.training.gate.net import normalised


@dataclass(frozen=True, slots=True, eq=False)
class Hung:
    """What was done to each picture of a batch: (n,) each."""

    quarter_turns: Tensor  # int64, 0..3, clockwise
    is_inverted: Tensor  # bool
    is_mirrored: Tensor  # bool


def hang_by_lot(count: int, generator: torch.Generator) -> Hung:
    """Half of the films hang upright, the others turned; each third is inverted, each second mirrored."""

    def lot(share: float) -> Tensor:
        return torch.rand(count, generator=generator) < share

    turns = torch.randint(0, 4, (count,), generator=generator) * lot(0.67)
    return Hung(turns, lot(0.35), lot(0.5))


def hang(grey: Tensor, hung: Hung) -> Tensor:
    """Mirror, then turn, then invert.

    Args:
        grey: (n, s, s) in 0..1.
    """
    turned = torch.where(hung.is_mirrored[:, None, None], grey.flip(2), grey)
    for turns in (1, 2, 3):
        which = hung.quarter_turns == turns
        turned[which] = torch.rot90(turned[which], -turns, (1, 2))  # rot90 is counter-clockwise
    return torch.where(hung.is_inverted[:, None, None], 1 - turned, turned)


def vary(grey: Tensor, generator: torch.Generator, *, strength: float = 1.0) -> Tensor:
    """Tilt, crop, pad, re-tone, blur, letter and litter pictures, then normalise them as `look_at_view` does.

    Args:
        grey: (n, s, s) in 0..1.
        strength: 0 only shrinks and normalises.

    Returns:
        (n, 1, SIDE, SIDE) in -1..1.
    """
    n = len(grey)

    def chance(share: float) -> Tensor:
        return (torch.rand(n, generator=generator) < share * strength)[:, None, None, None]

    def spread(size: float) -> Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * size * strength

    angle, scale, stretch = spread(0.2), torch.exp(spread(0.2)), torch.exp(spread(0.12))
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    turn = torch.stack([torch.stack([cos * stretch, -sin], 1), torch.stack([sin, cos / stretch], 1)], 1)
    place = torch.stack([spread(0.1), spread(0.1)], 1)[:, :, None]
    grid = functional.affine_grid(torch.cat([turn, place], 2), [n, 1, SIDE, SIDE], align_corners=False)
    padding = "border" if torch.rand(1, generator=generator) < 0.5 else "zeros"
    picture = functional.grid_sample(
        grey[:, None], grid, mode="bilinear", padding_mode=padding, align_corners=False
    )
    picture = picture.clamp(1e-3, 1) ** torch.exp(spread(0.6))[:, None, None, None]
    for factor in (2, 4):  # a poor copy, or a generator's soft picture
        soft = functional.interpolate(
            functional.avg_pool2d(picture, factor), scale_factor=float(factor), mode="bilinear"
        )
        picture = torch.where(chance(0.2), soft, picture)
    noise = torch.randn(picture.shape, generator=generator) * spread(0.06).abs()[:, None, None, None]
    return normalised(_littered(picture + noise, chance(0.4).flatten(), generator))


def _littered(picture: Tensor, which: Tensor, generator: torch.Generator) -> Tensor:
    """Black or white bars, as markers, shutters and burned-in words leave them."""
    for i in torch.nonzero(which).flatten().tolist():
        for _ in range(int(torch.randint(1, 5, (1,), generator=generator))):
            row, column = torch.randint(0, SIDE - 8, (2,), generator=generator).tolist()
            high, wide = torch.randint(2, 18, (2,), generator=generator).tolist()
            value = float(torch.rand(1, generator=generator).round())
            picture[i, 0, row : row + high, column : column + wide] = value
    return picture
