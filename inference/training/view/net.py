"""The view network: four small heads on one body that a CPU runs in a few milliseconds."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from inference.film_view import SEEN_VIEWS

WIDTHS = (1, 16, 32, 64, 128)
PLACES = 20  # channels that keep their place on the 7 x 7 map: up and down are places, not averages


class ViewNet(nn.Module):
    """(n, 1, SIDE, SIDE) in -1..1 to logits: view (n, 4), turns (n, 4), inverted (n,), mirrored (n,)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise(WIDTHS):
            layers += _layer(before, after, 2)
        self.body = nn.Sequential(*layers, *_layer(WIDTHS[-1], WIDTHS[-1], 1))
        self.places = nn.Sequential(*_layer(WIDTHS[-1], PLACES, 1))
        self.thin = nn.Dropout(0.2)
        self.heads = nn.Linear(WIDTHS[-1] + PLACES * 49, len(SEEN_VIEWS) + 4 + 2)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        features = self.body(picture)
        both = torch.cat([features.mean((2, 3)), self.places(features).flatten(1)], 1)
        logits = self.heads(self.thin(both))
        return logits[:, :4], logits[:, 4:8], logits[:, 8], logits[:, 9]


def _layer(before: int, after: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True)]


class ViewProbabilities(nn.Module):
    """What is exported: the heads' probabilities."""

    def __init__(self, net: ViewNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        view, turns, inverted, mirrored = self.net(picture)
        return view.softmax(1), turns.softmax(1), inverted.sigmoid(), mirrored.sigmoid()
