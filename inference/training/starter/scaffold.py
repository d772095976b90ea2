"""Scaffolds around the abstractor while the whole model learns: labels and places asked of the picture tokens.

They teach the tokens what the encoder saw more directly than a few words per film can, and are thrown away afterwards.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.preprocess import RAD_DINO_MEAN, RAD_DINO_STD
from inference.training.starter.augment import VariedFilms, move_boxes
from inference.training.starter.film_set import PLACES, FilmSet, heat_known, heat_map
from inference.training.starter.film_weights import masked_bce


class VisionHeads(nn.Module):
    """The two scaffolds on the picture tokens."""

    def __init__(self, token_width: int, labels: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(labels, token_width) * 0.05)
        self.norm = nn.LayerNorm(token_width)
        self.attention = nn.MultiheadAttention(token_width, 4, batch_first=True)
        self.out = nn.Parameter(torch.randn(labels, token_width) * 0.05)
        self.bias = nn.Parameter(torch.zeros(labels))
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
    """(n, s, s) grey 0..1 to (n, 3, s, s) as the encoder wants it (m4cxr.md §2)."""
    return ((pictures - RAD_DINO_MEAN) / RAD_DINO_STD)[:, None].expand(-1, 3, -1, -1)


def scaffold_losses(
    heads: VisionHeads,
    films: FilmSet,
    chosen: Tensor,
    varied: VariedFilms,
    tokens: Tensor,
    opinion: Tensor | None,
    balance: Tensor,
) -> dict[str, Tensor]:
    """Losses by name, for `chosen` films seen as `varied`; `opinion` (n, 14) logits are the encoder's own."""
    labels = torch.from_numpy(films.labels[chosen.numpy()])
    with torch.autocast("cpu", torch.bfloat16):
        logits = heads.logits(tokens).float()
        heat = heads.heat_logits(tokens).float()
    parts = {"label": masked_bce(logits, labels, balance)}
    parts["heat"] = 4 * heat_loss(heat, films, chosen, varied.to_sampled, labels)
    if opinion is not None:
        is_real = torch.from_numpy(~films.is_phantom[chosen.numpy()])
        apart = functional.binary_cross_entropy_with_logits(logits, opinion.sigmoid(), reduction="none")
        parts["distil"] = (apart.mean(1) * is_real).sum() / is_real.sum().clamp(min=1)
    return parts


def heat_loss(heat: Tensor, films: FilmSet, chosen: Tensor, to_sampled: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of heat logits (n, 16, g, g) with the boxes as they were moved, where a film's are known."""
    targets, known = torch.zeros_like(heat), torch.zeros(heat.shape[:2], dtype=torch.bool)
    for row, film in enumerate(chosen.tolist()):
        places = [place for place, _ in films.boxes[film]]
        known[row] = heat_known(labels[row], places)
        if places:
            boxes = torch.tensor([xyxy for _, xyxy in films.boxes[film]])
            targets[row] = heat_map(move_boxes(boxes, to_sampled[row]), places, heat.shape[-1])
    loss = functional.binary_cross_entropy_with_logits(heat, targets, reduction="none").mean((2, 3))
    return (loss * known).sum() / known.sum().clamp(min=1)
