"""Samples to a batch: ids and labels padded on the right, pictures in their order of appearance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from inference.text.tokenizer import IGNORED_LABEL, PAD_ID
from inference.training.learner.batch import Batch
from inference.training.learner.conversations import Conversation, Conversations
from inference.training.learner.learner import Learner
from inference.training.learner.order import by_length
from inference.training.learner.pictures import Pictures
from inference.training.rows import DataSet
from inference.training.samples import Sample
from inference.training.starter.augment import Variation, vary

GREY_ONLY = Variation(zoom=0, shift=0, degrees=0, stretch=0)
"""Pictures are re-toned, never moved: the words hold boxes and sides."""


class Collator:
    """Makes batches for one learner.

    Args:
        learner: The batches go through it, and onto its device.
        datasets: Sources of the samples' films.
        folder: For kept features on disk (`RUN/features`); None keeps them in memory only.
        takes_synthetic: The plan's.
    """

    def __init__(
        self,
        learner: Learner,
        datasets: Sequence[DataSet],
        folder: Path | None = None,
        *,
        takes_synthetic: bool = False,
    ) -> None:
        self._learner = learner
        self.conversations = Conversations(learner.tokenizer(), learner.phase.max_length)
        self.pictures = Pictures(learner, datasets, folder, takes_synthetic=takes_synthetic)

    def __call__(self, samples: Sequence[Sample], *, varied: bool = True) -> Batch:
        """One batch.

        Args:
            samples: At least one.
            varied: Where the plan varies pictures (`augment`), vary them; False for validation. How a picture is
                varied follows from its sample's id.

        Raises:
            PicturesDiffer: A sample's text and films do not fit each other.
            UnreadableFilm, InvalidFilm: A film can't be had.
        """
        talks = [self.conversations(sample) for sample in samples]
        stage = self._learner.stage
        shown = [
            self._shown(sample, talk, varied)
            for sample, talk in zip(samples, talks, strict=True)
            if talk.pictures
        ]
        return Batch(
            ids=_padded([talk.ids for talk in talks], PAD_ID),
            labels=_padded([talk.labels for talk in talks], IGNORED_LABEL),
            weights=torch.tensor([sample.weight for sample in samples], dtype=torch.float32),
            pictures=torch.cat(shown) if shown else None,
            stage=stage,
            names=tuple(sample.id for sample in samples),
        ).to(self._learner.device)

    def validation(self, samples: Sequence[Sample], size: int) -> Iterator[Batch]:
        """Batches of a fixed set, at most `size` samples each, alike in length, pictures as they are."""
        for group in by_length(samples, size, self.conversations):
            yield self(group, varied=False)

    def wipe(self) -> None:
        """Take kept features away from the disk, when the run is done."""
        self.pictures.wipe()

    def _shown(self, sample: Sample, talk: Conversation, varied: bool) -> Tensor:
        films = sample.films[: talk.pictures]  # cutting may have taken the last ones
        if self._learner.stage != "pixels":
            return torch.stack([self.pictures.kept(sample.source, film) for film in films])
        if not (varied and self._learner.phase.augment):
            return torch.stack([self.pictures.pixel_values(sample.source, film) for film in films])
        crops = torch.stack([torch.tensor(self.pictures.crop(sample.source, film)) for film in films])
        lot = torch.Generator().manual_seed(int.from_bytes(hashlib.sha256(sample.id.encode()).digest()[:7]))
        grey = vary(crops, crops.shape[-1], GREY_ONLY, lot).pictures
        processor = self._learner.processor()
        return ((grey - processor.mean) / processor.std)[:, None].expand(-1, 3, -1, -1)


def _padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    batch = torch.full((len(rows), max(map(len, rows))), value, dtype=torch.long)
    for target, row in zip(batch, rows, strict=True):
        target[: len(row)] = torch.tensor(row, dtype=torch.long)
    return batch
