"""Geometric and grey-level variation of square films, on batches. Boxes move with the picture.

Films differ by collimation, positioning, exposure and display far more than the few thousand here show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Variation:
    """How far a film is moved and re-toned. Zero everywhere leaves it as it is."""

    zoom: float = 0.12  # side of the sampled square: 1 ± zoom
    shift: float = 0.06  # of the side
    degrees: float = 8.0
    stretch: float = 0.08  # one axis against the other
    gamma: float = 0.35  # exponent is exp(± gamma)
    contrast: float = 0.25
    brightness: float = 0.12
    noise: float = 0.02
    inverted: float = 0.0  # share of films shown as negatives


@dataclass(frozen=True, slots=True)
class VariedFilms:
    """Varied pictures and where a point of the original went."""

    pictures: Tensor  # (n, side, side) float 0..1
    to_sampled: Tensor  # (n, 2, 3): original (x, y, 1) in -1..1 to the varied picture's -1..1


def vary(pictures: Tensor, side: int, variation: Variation, generator: torch.Generator) -> VariedFilms:
    """Sample varied (n, side, side) films from (n, s, s) uint8 squares, grey 0..1 out.

    The picture outside of the square is continued by its rim.
    """
    count = len(pictures)

    def spread(scale: float, *shape: int) -> Tensor:
        return (torch.rand(count, *shape, generator=generator) * 2 - 1) * scale

    angle = torch.deg2rad(spread(variation.degrees))
    zoom = 1 + spread(variation.zoom)
    stretch = torch.exp(spread(variation.stretch))
    matrix = torch.zeros(count, 2, 3)  # from the varied picture to the original, as affine_grid wants it
    matrix[:, 0, 0] = torch.cos(angle) * zoom * stretch
    matrix[:, 0, 1] = -torch.sin(angle) * zoom
    matrix[:, 1, 0] = torch.sin(angle) * zoom
    matrix[:, 1, 1] = torch.cos(angle) * zoom / stretch
    matrix[:, :, 2] = spread(2 * variation.shift, 2)
    grid = functional.affine_grid(matrix, [count, 1, side, side], align_corners=False)
    source = pictures.float().div(255)[:, None]
    sampled = functional.grid_sample(source, grid, padding_mode="border", align_corners=False)[:, 0]
    return VariedFilms(_retone(sampled, variation, generator, spread), _inverse(matrix))


def _retone(
    pictures: Tensor, variation: Variation, generator: torch.Generator, spread: Callable[..., Tensor]
) -> Tensor:
    gamma = torch.exp(spread(variation.gamma, 1, 1))
    toned = pictures.clamp(1e-4, 1).pow(gamma)
    contrast = 1 + spread(variation.contrast, 1, 1)
    toned = (toned - 0.5) * contrast + 0.5 + spread(variation.brightness, 1, 1)
    if variation.noise:
        level = torch.rand(len(pictures), 1, 1, generator=generator) * variation.noise
        toned = toned + torch.randn(toned.shape, generator=generator) * level
    toned = toned.clamp(0, 1)
    if variation.inverted:
        negative = torch.rand(len(pictures), 1, 1, generator=generator) < variation.inverted
        toned = torch.where(negative, 1 - toned, toned)
    return toned


def _inverse(matrix: Tensor) -> Tensor:
    linear = torch.linalg.inv(matrix[:, :, :2])
    return torch.cat([linear, -linear @ matrix[:, :, 2:]], dim=2)


def move_boxes(boxes: Tensor, to_sampled: Tensor) -> Tensor:
    """(k, 4) boxes of one film, fractions 0..1 of the square, to hulls in the varied film (2, 3 matrix)."""
    x1, y1, x2, y2 = boxes.unbind(-1)
    corners = torch.stack(
        [
            torch.stack([x1, y1], -1),
            torch.stack([x2, y1], -1),
            torch.stack([x1, y2], -1),
            torch.stack([x2, y2], -1),
        ],
        dim=1,
    )
    points = (corners * 2 - 1) @ to_sampled[:, :2].T + to_sampled[:, 2]
    points = (points + 1) / 2
    return torch.cat([points.amin(1), points.amax(1)], dim=-1)
