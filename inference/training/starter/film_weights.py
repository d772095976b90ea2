"""How often a film is drawn, and how much a positive counts, so that rare findings are learnt too."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional


def film_weights(
    labels: NDArray[np.int8], is_phantom: NDArray[np.bool_] | None = None, phantom_share: float = 0.3
) -> Tensor:
    """(n,) sampling weights: films with rare positives more often, films without any known label seldom.

    Args:
        labels: (n, labels) of 1, 0 and -1 (not known).
        is_phantom: (n,) where phantoms are mixed in.
        phantom_share: Share of the draws that are phantoms.
    """
    positive = labels == 1
    share = positive.sum(0) / np.maximum((labels >= 0).sum(0), 1)
    rarity = np.where(share > 0, 1 / np.sqrt(np.maximum(share, 0.01)), 0)
    weights: NDArray[np.float64] = (positive * rarity).max(1).clip(1.0, 6.0)
    weights[(labels < 0).all(1)] = 0.05
    if is_phantom is not None and is_phantom.any() and not is_phantom.all():
        real = weights[~is_phantom].sum()
        weights[is_phantom] *= phantom_share / (1 - phantom_share) * real / weights[is_phantom].sum()
    return torch.from_numpy(weights)


def positive_weights(labels: NDArray[np.int8]) -> Tensor:
    """(labels,) weights of the positives in the loss: the root of the imbalance, 1 to 4."""
    positives, negatives = (labels == 1).sum(0), (labels == 0).sum(0)
    return torch.from_numpy(np.sqrt(negatives / np.maximum(positives, 1)).clip(1, 4)).float()


def masked_bce(logits: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean binary cross entropy over the known labels (-1 is not known); `weight` (labels,) for the positives."""
    known = labels >= 0
    loss = functional.binary_cross_entropy_with_logits(
        logits, labels.clamp(min=0).to(logits.dtype), reduction="none", pos_weight=weight
    )
    return (loss * known).sum() / known.sum().clamp(min=1)
