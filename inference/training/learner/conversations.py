"""Samples as token ids, each encoded once while it is needed."""

from __future__ import annotations

from dataclasses import dataclass

from inference.engine.shelf import Shelf
from inference.text.tokenizer import IGNORED_LABEL, IMAGE, IMAGE_ID, M4cxrTokenizer
from inference.training.samples import Sample

KEPT = 4096


class PicturesDiffer(ValueError):
    """A conversation speaks of more or fewer pictures than it has films."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A sample's ids and labels, cut to the plan's length. `pictures`: how many of its films are still in it."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    pictures: int
    answer_tokens: int  # that count for the loss


class Conversations:
    """Encodes samples (m4cxr.md §3.2).

    Args:
        tokenizer: Of the model that learns.
        max_length: The plan's: a sample has at most one id more. A picture that does not fit whole ends it.
    """

    def __init__(self, tokenizer: M4cxrTokenizer, max_length: int) -> None:
        self._tokenizer, self._max_length = tokenizer, max_length
        self._kept: Shelf[Conversation] = Shelf(KEPT)

    def __call__(self, sample: Sample) -> Conversation:
        """Raises PicturesDiffer."""
        known = self._kept.get(sample.text)
        if known is None:
            known = self._encoded(sample)
            self._kept.put(sample.text, known)
        if known.pictures > len(sample.films) or sample.text.count(IMAGE) != len(sample.films):
            raise PicturesDiffer(
                f"Sample {sample.id} has {len(sample.films)} films and says {IMAGE} {sample.text.count(IMAGE)} times."
            )
        return known

    def _encoded(self, sample: Sample) -> Conversation:
        ids, labels = self._tokenizer.encode_sample(sample.text, max_length=self._max_length)
        return Conversation(
            tuple(ids),
            tuple(labels),
            ids.count(IMAGE_ID) // self._tokenizer.image_tokens,
            sum(label != IGNORED_LABEL for label in labels[1:]),
        )
