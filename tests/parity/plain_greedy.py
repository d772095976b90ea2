"""Greedy decoding that computes everything again at every step: slow, and nothing in it can remember wrongly."""

from __future__ import annotations

from collections.abc import Collection

import torch

from inference.models.m4cxr import M4cxr


@torch.inference_mode()
def plain_greedy(
    model: M4cxr,
    ids: torch.Tensor,
    pixel_values: torch.Tensor | None,
    steps: int,
    stops: Collection[int],
    mask: torch.Tensor | None = None,
) -> tuple[list[list[int]], torch.Tensor]:
    """Generated ids of each row, up to and with its stop token, and the logits (rows, steps, vocabulary)."""
    rows: list[list[int]] = [[] for _ in ids]
    seen: list[torch.Tensor] = []
    for _ in range(steps):
        seen.append(model.logits(ids, pixel_values, mask)[:, -1])
        chosen = seen[-1].argmax(-1)
        for row, token in zip(rows, chosen.tolist(), strict=True):
            if not (row and row[-1] in stops):
                row.append(token)
        ids = torch.cat([ids, chosen[:, None]], 1)
        mask = None if mask is None else torch.cat([mask, torch.ones_like(mask[:, :1])], 1)
        if all(row[-1] in stops for row in rows):
            break
    return rows, torch.stack(seen, 1)
