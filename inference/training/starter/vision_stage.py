"""Stage 1: encoder and abstractor learn to see, before there is a language model.

Three teachers at once, all thrown away afterwards: the films' labels, a small CNN's opinion of every variation of
a film (logits, and its feature map for the patches), and boxes as heat maps on the picture tokens.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from inference.models.m4cxr import M4cxr
from inference.training.checkpoint import check_gradients, resume, save_checkpoint
from inference.training.starter.augment import Variation, VariedFilms, move_boxes, vary
from inference.training.starter.film_set import PLACES, FilmSet, heat_known, heat_map
from inference.training.starter.film_weights import film_weights, positive_weights
from inference.training.starter.teacher import Teacher, masked_bce

logger = logging.getLogger(__name__)

MEAN, STD = 0.5307, 0.2583
"""Of the pictures' grey 0..1, as in the published preprocessing (m4cxr.md §2)."""
UNUSED = ("mask_token", "vision_model.layernorm")


@dataclass(frozen=True, slots=True)
class VisionSettings:
    steps: int = 1850
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warm_up: int = 100
    phantom_share: float = 0.2
    checkpoint_every: int = 200


class VisionHeads(nn.Module):
    """The three scaffolds around encoder and abstractor."""

    def __init__(self, patch_width: int, token_width: int, labels: int, teacher_channels: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(labels, token_width) * 0.05)
        self.norm = nn.LayerNorm(token_width)
        self.attention = nn.MultiheadAttention(token_width, 4, batch_first=True)
        self.out = nn.Parameter(torch.randn(labels, token_width) * 0.05)
        self.bias = nn.Parameter(torch.zeros(labels))
        self.patches = nn.Linear(patch_width, teacher_channels)
        self.heat = nn.Linear(token_width, len(PLACES) * 4)

    def logits(self, tokens: Tensor) -> Tensor:
        """(n, q, d) picture tokens to (n, labels): one learned question per label looks at the tokens."""
        tokens = self.norm(tokens)
        asked = self.queries.expand(len(tokens), -1, -1)
        seen, _ = self.attention(asked, tokens, tokens, need_weights=False)
        answers: Tensor = (seen * self.out).sum(-1) + self.bias
        return answers

    def heat_logits(self, tokens: Tensor) -> Tensor:
        """(n, q, d) to (n, 16, 2 sqrt(q), 2 sqrt(q)): each token answers for its four quarters."""
        side = math.isqrt(tokens.shape[1])
        grid = self.heat(self.norm(tokens)).transpose(1, 2).reshape(len(tokens), -1, side, side)
        quarters: Tensor = functional.pixel_shuffle(grid, 2)
        return quarters


def pixel_values(pictures: Tensor) -> Tensor:
    """(n, s, s) grey 0..1 to (n, 3, s, s) as the encoder wants it."""
    return ((pictures - MEAN) / STD)[:, None].expand(-1, 3, -1, -1)


class _Seeing(nn.Module):
    """What is trained in this stage, in one module: checkpoints and the optimizer see all of it."""

    def __init__(self, model: M4cxr, heads: VisionHeads) -> None:
        super().__init__()
        self.vision_model, self.abstractor, self.heads = model.vision_model, model.abstractor, heads


def train_vision(
    model: M4cxr,
    heads: VisionHeads,
    films: FilmSet,
    teachers: Sequence[Teacher],
    settings: VisionSettings,
    seed: int,
    checkpoint: Path,
) -> None:
    """Train `model`'s encoder and abstractor, and the scaffolds `heads`, in place."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    seeing = _Seeing(model, heads)
    optimizer = _optimizer(seeing, settings)
    first = resume(checkpoint, seeing, optimizer, generator)
    weights = film_weights(films.labels, films.is_phantom, settings.phantom_share)
    balance = positive_weights(films.labels)
    start = time.monotonic()
    seeing.train()
    for step in range(first, settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _schedule(step, settings)
        chosen = torch.multinomial(weights, settings.batch, generator=generator)
        parts = _losses(model, heads, films, chosen, teachers, balance, step, generator)
        loss = torch.stack(list(parts.values())).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        if step == 0 and teachers:
            check_gradients(seeing, UNUSED)
        nn.utils.clip_grad_norm_(seeing.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            shown = " ".join(f"{name} {value.item():.3f}" for name, value in parts.items())
            logger.info("vision step %d/%d %s %.0f s", step, settings.steps, shown, time.monotonic() - start)
        if (step + 1) % settings.checkpoint_every == 0 or step + 1 == settings.steps:
            save_checkpoint(checkpoint, seeing, optimizer, generator, step + 1)
    seeing.eval()


def _losses(
    model: M4cxr,
    heads: VisionHeads,
    films: FilmSet,
    chosen: Tensor,
    teachers: Sequence[Teacher],
    balance: Tensor,
    step: int,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    varied = vary(
        torch.from_numpy(films.squares[chosen.numpy()]), model.config.image_side, Variation(), generator
    )
    with torch.autocast("cpu", torch.bfloat16):
        features = model.visual_features(pixel_values(varied.pictures))
        tokens = model.abstractor(features)
    taught = (
        ask_teacher(teachers[step % len(teachers)], varied.pictures, model.config.grid_side)
        if teachers
        else None
    )
    return scaffold_losses(heads, films, chosen, varied, features, tokens, taught, balance)


def scaffold_losses(
    heads: VisionHeads,
    films: FilmSet,
    chosen: Tensor,
    varied: VariedFilms,
    features: Tensor,
    tokens: Tensor,
    taught: tuple[Tensor, Tensor] | None,
    balance: Tensor,
) -> dict[str, Tensor]:
    """The stage's losses by name, for `chosen` films seen as `varied`; `taught` is `ask_teacher`'s answer."""
    labels = torch.from_numpy(films.labels[chosen.numpy()])
    with torch.autocast("cpu", torch.bfloat16):
        logits = heads.logits(tokens).float()
        heat = heads.heat_logits(tokens).float()
        patches = heads.patches(features).float()
    parts = {"label": masked_bce(logits, labels, balance)}
    parts["heat"] = 4 * _heat_loss(heat, films, chosen, varied.to_sampled, labels)
    if taught:
        is_real = torch.from_numpy(~films.is_phantom[chosen.numpy()])
        apart = functional.binary_cross_entropy_with_logits(logits, taught[0].sigmoid(), reduction="none")
        parts["distil"] = (apart.mean(1) * is_real).sum() / is_real.sum().clamp(min=1)
        parts["patch"] = functional.mse_loss(patches, taught[1])
    return parts


@torch.no_grad()
def ask_teacher(teacher: Teacher, pictures: Tensor, grid: int) -> tuple[Tensor, Tensor]:
    """The teacher's logits and its feature map on the patch grid, each channel standardised: (n, patches, c)."""
    with torch.autocast("cpu", torch.bfloat16):
        logits, features = teacher(pictures)
    pooled = functional.adaptive_avg_pool2d(features.float(), grid)
    scaled = (pooled - pooled.mean((0, 2, 3), keepdim=True)) / (pooled.std((0, 2, 3), keepdim=True) + 1e-3)
    return logits.float(), scaled.flatten(2).transpose(1, 2)


def _heat_loss(heat: Tensor, films: FilmSet, chosen: Tensor, to_sampled: Tensor, labels: Tensor) -> Tensor:
    targets, known = torch.zeros_like(heat), torch.zeros(heat.shape[:2], dtype=torch.bool)
    for row, film in enumerate(chosen.tolist()):
        places = [place for place, _ in films.boxes[film]]
        known[row] = heat_known(labels[row], places)
        if places:
            boxes = torch.tensor([xyxy for _, xyxy in films.boxes[film]])
            targets[row] = heat_map(move_boxes(boxes, to_sampled[row]), places, heat.shape[-1])
    loss = functional.binary_cross_entropy_with_logits(heat, targets, reduction="none").mean((2, 3))
    return (loss * known).sum() / known.sum().clamp(min=1)


def _optimizer(module: nn.Module, settings: VisionSettings) -> torch.optim.AdamW:
    """Weight decay on matrices only."""
    decayed = [p for p in module.parameters() if p.ndim > 1]
    plain = [p for p in module.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))


def _schedule(step: int, settings: VisionSettings) -> float:
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    done = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done))


@torch.no_grad()
def seen_logits(model: M4cxr, heads: VisionHeads, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 14) logits of the label head for unvaried squares: how well encoder and abstractor see."""
    side, parts = model.config.image_side, []
    for begin in range(0, len(squares), 64):
        pictures = torch.from_numpy(squares[begin : begin + 64]).float().div(255)[:, None]
        resized = functional.interpolate(pictures, (side, side), mode="bicubic", antialias=True)[:, 0].clamp(
            0, 1
        )
        parts.append(heads.logits(model.picture_tokens(pixel_values(resized))))
    return torch.cat(parts).numpy()
