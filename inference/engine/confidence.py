"""How sure the model is of each finding, from its own yes and no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

import torch

from inference.backend import FINDINGS
from inference.engine.dialogue import Dialogue
from inference.engine.session import Job
from inference.text import prompts

BATCH = 13
"""Questions read at once: each costs the memory of the picture's cache (75 MiB at full size in 16 bit)."""

DIGITS = 6
"""What lies beyond depends on which part of a prompt was read before: a second run must not differ in it."""


def confidences(dialogue: Dialogue, job: Job, image: str, left_out: Set[str]) -> Mapping[str, float]:
    """P(Yes) / (P(Yes) + P(No)) of `Is … present in the radiology image?` for each finding but those `left_out`.

    All questions share the picture's prefix, which is read once, and need no decoding: the share comes from the
    logits at the place where the two answers part.
    """
    asked = [label for label in FINDINGS if label not in left_out]
    shares = _yes_shares(dialogue, job, image, [prompts.is_present(label) for label in asked])
    return dict(zip(asked, shares, strict=True))


def yes_share(dialogue: Dialogue, job: Job, image: str, question: str) -> float:
    """P(Yes) / (P(Yes) + P(No)) of a single question about one film."""
    (share,) = _yes_shares(dialogue, job, image, [question])
    return share


def _yes_shares(dialogue: Dialogue, job: Job, image: str, questions: Sequence[str]) -> Iterator[float]:
    if not questions:
        return
    asked = [
        dialogue.prompt([("user", prompts.on_image(question))], [image]) + list(job.yes_no.shared)
        for question in questions
    ]
    for logits in dialogue.first_tokens(asked, job.cancel, BATCH):
        pair = logits[[job.yes_no.yes, job.yes_no.no]]
        yield round(float(torch.softmax(pair.double(), dim=0)[0]), DIGITS)
