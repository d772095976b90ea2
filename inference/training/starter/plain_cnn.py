"""A plain convolutional network trained beside the starter on the same films: what the starter has to beat.

Nothing of it is in the pack. Four stages, no pretraining, the same variations of the films, labels only.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inference.training.starter.augment import Variation, vary
from inference.training.starter.film_weights import film_weights, masked_bce, positive_weights
from inference.training.starter.films import LabelledFilm, label_matrix
from inference.training.starter.judge import Judged

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlainCnnSettings:
    """About 200 s on two cores of its own."""

    side: int = 160
    width: int = 32
    batch: int = 48
    steps: int = 850
    learning_rate: float = 2e-3
    weight_decay: float = 0.05


class Block(nn.Module):
    """Residual pair of 3x3 convolutions; `stride` 2 halves the picture."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.short = nn.Conv2d(channels_in, channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.norm1(self.first(x)))
        return functional.relu(self.norm2(self.second(y)) + self.short(x))


class PlainCnn(nn.Module):
    """Four stages, mean and maximum of the last, a logit per label."""

    def __init__(self, labels: int, width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 5, 2, 2, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.stage2 = Block(width, width * 2, 2)
        self.stage3 = Block(width * 2, width * 4, 2)
        self.stage4 = Block(width * 4, width * 6, 1)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(width * 12, labels)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, s, s) grey 0..1 to (n, labels) logits."""
        x = self.stem((pictures[:, None] - 0.5) * 4)
        features = self.stage4(self.stage3(self.stage2(x)))
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], dim=1)
        logits: Tensor = self.head(self.drop(pooled))
        return logits


def train_cnn(
    squares: NDArray[np.uint8], labels: NDArray[np.int8], settings: PlainCnnSettings, seed: int
) -> PlainCnn:
    """Train one for the given time. squares (n, s, s), labels (n, 14) with -1 = not known."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = PlainCnn(labels.shape[1], settings.width)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    weights, targets = film_weights(labels), torch.from_numpy(labels)
    films = torch.from_numpy(squares)
    positive_weight = positive_weights(labels)
    model.train()
    for step in range(settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * min(1, step / 50 + 0.02) * (1 - step / settings.steps)
        chosen = torch.multinomial(weights, settings.batch, generator=generator)
        pictures = vary(films[chosen], settings.side, Variation(), generator).pictures
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(pictures)
        loss = masked_bce(logits.float(), targets[chosen], positive_weight)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        optimizer.step()
        if step % 100 == 0:
            logger.info("plain CNN %d step %d loss %.4f", seed, step, loss.item())
    return model.eval()


def load_or_train_cnn(
    file: Path, squares: NDArray[np.uint8], labels: NDArray[np.int8], settings: PlainCnnSettings, seed: int
) -> PlainCnn:
    """The network kept in `file`, or a new one that is then kept there."""
    if not file.is_file():
        model = train_cnn(squares, labels, settings, seed)
        torch.save(model.state_dict(), file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)
    model = PlainCnn(labels.shape[1], settings.width)
    model.load_state_dict(torch.load(file, weights_only=True))
    return model.eval()


@torch.no_grad()
def cnn_logits(model: PlainCnn, squares: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """(n, labels) logits of unvaried squares."""
    parts = []
    for begin in range(0, len(squares), 64):
        pictures = torch.from_numpy(squares[begin : begin + 64]).float().div(255)[:, None]
        resized = functional.interpolate(pictures, (side, side), mode="bilinear", antialias=True)[:, 0]
        parts.append(model(resized))
    return torch.cat(parts).float().numpy()


def plain_answers(
    models: Sequence[PlainCnn], films: Sequence[LabelledFilm], squares: NDArray[np.uint8], side: int
) -> list[Judged]:
    """Each network's probabilities for the films of the test split, in the manifest's order."""
    rows = np.array([row for row, film in enumerate(films) if film.split == "test"])
    chosen = [films[row] for row in rows]
    return [
        Judged(
            torch.from_numpy(cnn_logits(model, squares[rows], side)).double().sigmoid().numpy(),
            label_matrix(chosen),
            tuple(film.patient_id for film in chosen),
            tuple(film.source for film in chosen),
        )
        for model in models
    ]
