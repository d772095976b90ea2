"""Stage 1: the pretrained encoder learns what films show, from labels and boxes, before there is a language model.

Two scaffolds stand on it: the labels' probabilities, and a heat map for every place. The first stays as the later
stage's second opinion on every variation of a film; both are thrown away in the end.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inference.models.efficientnet import EfficientNetLite, block_sizes, feature_width, joined
from inference.training.checkpoint import check_gradients, resume, save_checkpoint
from inference.training.starter.augment import Variation, vary
from inference.training.starter.film_set import PLACES, FilmSet
from inference.training.starter.film_weights import film_weights, masked_bce, positive_weights
from inference.training.starter.films import LABELS
from inference.training.starter.pretrained import LITE0, Backbone
from inference.training.starter.scaffold import heat_loss, pixel_values

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """The early blocks keep what they learnt from ImageNet: their pictures are the largest and cost the most."""

    side: int = 192
    steps: int = 1000
    batch: int = 32
    learning_rate: float = 5e-4
    scaffold_rate: float = 4.0  # of the learning rate
    weight_decay: float = 0.02
    warm_up: int = 60
    frozen_blocks: int = 3
    phantom_share: float = 0.3
    heat: float = 3.0
    checkpoint_every: int = 50


class Seeing(nn.Module):
    """The encoder and its scaffolds: (n, s, s) grey 0..1 to logits (n, 14) and heat logits (n, 16, s/16, s/16)."""

    def __init__(self, backbone: Backbone | None = None, frozen_blocks: int = 0) -> None:
        super().__init__()
        self.encoder = EfficientNetLite({**LITE0, "num_channels": 3})
        coarse = block_sizes(**LITE0)[-1].channels
        fine = feature_width(**LITE0) - coarse
        self.head = nn.Conv2d(coarse, 1280, 1)
        self.drop = nn.Dropout(0.3)
        self.label = nn.Linear(1280 + fine, len(LABELS))
        self.heat = nn.Conv2d(feature_width(**LITE0), len(PLACES), 1)
        if backbone:
            self.encoder.load_state_dict(backbone.encoder)
            self.head.load_state_dict(backbone.head)
        self._frozen = frozen_blocks
        self.encoder.stem.requires_grad_(frozen_blocks == 0)
        self.encoder.blocks[:frozen_blocks].requires_grad_(False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        fine, coarse = self.maps(pictures)
        heat: Tensor = self.heat(joined(fine, coarse))
        return self.logits(fine, coarse), heat

    def maps(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's two feature maps; its frozen blocks keep nothing for a backward pass."""
        grid = pixel_values(pictures).contiguous(memory_format=torch.channels_last)
        with torch.set_grad_enabled(self._frozen == 0 and torch.is_grad_enabled()):
            grid = functional.relu6(self.encoder.stem(grid))
            for block in self.encoder.blocks[: self._frozen]:
                grid = block(grid)
        return self.encoder.maps_from(grid, self.encoder.blocks[self._frozen :])

    def logits(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """(n, 14) of the label scaffold."""
        whole = functional.relu6(self.head(coarse)).mean((2, 3))
        told: Tensor = self.label(self.drop(torch.cat((whole, fine.amax((2, 3)) / 4), dim=1)))
        return told


def train_encoder(
    films: FilmSet, backbone: Backbone | None, settings: EncoderSettings, seed: int, checkpoint: Path
) -> Seeing:
    """Train an encoder on `films`, or go on from `checkpoint`; returns it with its scaffolds, at rest."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    seeing = Seeing(backbone, settings.frozen_blocks)
    seeing.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stub
    optimizer = _optimizer(seeing, settings)
    first = resume(checkpoint, seeing, optimizer, generator)
    weights = film_weights(films.labels, films.is_phantom, settings.phantom_share)
    balance = positive_weights(films.labels)
    start = time.monotonic()
    seeing.train()
    for step in range(first, settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * group["share"] * _schedule(step, settings)
        chosen = torch.multinomial(weights, settings.batch, generator=generator)
        squares = torch.from_numpy(films.squares[chosen.numpy()])
        varied = vary(squares, settings.side, Variation(), generator)
        logits, heat = seeing(varied.pictures)
        labels = torch.from_numpy(films.labels[chosen.numpy()])
        told = masked_bce(logits, labels, balance)
        placed = heat_loss(heat, films, chosen, varied.to_sampled, labels)
        optimizer.zero_grad()
        (told + settings.heat * placed).backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        if step == 0:
            check_gradients(seeing)
        nn.utils.clip_grad_norm_(seeing.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            passed = time.monotonic() - start
            losses = told.item(), placed.item()
            logger.info(
                "encoder step %d/%d label %.3f heat %.4f %.0f s", step, settings.steps, *losses, passed
            )
        if (step + 1) % settings.checkpoint_every == 0 or step + 1 == settings.steps:
            save_checkpoint(checkpoint, seeing, optimizer, generator, step + 1)
    seeing.eval()
    return seeing


def _optimizer(seeing: Seeing, settings: EncoderSettings) -> torch.optim.AdamW:
    published = [*seeing.encoder.parameters(), *seeing.head.parameters()]
    scaffold = [*seeing.label.parameters(), *seeing.heat.parameters()]
    groups = [
        {"params": [one for one in published if one.requires_grad], "share": 1.0},
        {"params": scaffold, "share": settings.scaffold_rate},
    ]
    return torch.optim.AdamW(
        groups, lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
    )


def _schedule(step: int, settings: EncoderSettings) -> float:
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    done = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done))


@torch.no_grad()
def seen_logits(seeing: Seeing, squares: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """(n, 14) logits of the label scaffold for squares as they are."""
    parts = []
    for begin in range(0, len(squares), 64):
        pictures = torch.from_numpy(squares[begin : begin + 64]).float().div(255)[:, None]
        resized = functional.interpolate(pictures, (side, side), mode="bicubic", antialias=True)[:, 0]
        parts.append(seeing(resized.clamp(0, 1))[0])
    return torch.cat(parts).numpy()
