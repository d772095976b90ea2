"""What one forward pass takes: conversations padded to one length, with their pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

Stage = Literal["pixels", "features", "rows"]
"""How far the pictures have been computed: pixel values (n, 3, side, side), the encoder's patch features
(n, patches, d), or the abstractor's rows (n, image_tokens, width)."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """`ids` and `labels` (samples, length), padded on the right with 0 and -100; labels are -100 but on answers.

    `pictures` come in their order of appearance through the batch; None where there are none. `weights` (samples,)
    are of the samples' losses. `names` are the samples' ids.
    """

    ids: Tensor
    labels: Tensor
    weights: Tensor
    pictures: Tensor | None
    stage: Stage
    names: tuple[str, ...] = ()

    @property
    def weight(self) -> float:
        """What the loss of this batch is divided by, if it is a step by itself: the answers' tokens, weighted.

        The first token of a sample is nobody's next one and does not count.
        """
        return float(((self.labels[:, 1:] >= 0).sum(1) * self.weights).sum())

    def to(self, device: str | torch.device) -> Batch:
        pictures = None if self.pictures is None else self.pictures.to(device)
        return replace(
            self,
            ids=self.ids.to(device),
            labels=self.labels.to(device),
            weights=self.weights.to(device),
            pictures=pictures,
        )


def weight_of_step(batches: Iterable[Batch]) -> float:
    """The sum that a step's loss is divided by, at least a tiny one: a step may have no answer left after cutting."""
    return max(sum(batch.weight for batch in batches), 1e-6)
