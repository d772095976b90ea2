"""How sure the model is of each finding, from its own yes and no."""

from __future__ import annotations

from collections.abc import Mapping, Set

import torch

from inference.backend import FINDINGS
from inference.engine.dialogue import Dialogue
from inference.engine.session import Job
from inference.text import prompts

BATCH = 13
"""Questions read at once: each costs the memory of the picture's cache (75 MiB at full size in 16 bit)."""


def confidences(dialogue: Dialogue, job: Job, image: str, left_out: Set[str]) -> Mapping[str, float]:
    """P(Yes) / (P(Yes) + P(No)) of `Is … present in the radiology image?` for each finding but those `left_out`.

    All questions share the picture's prefix, which is read once, and need no decoding: the share comes from the
    logits at the place where the two answers part.
    """
    asked = [label for label in FINDINGS if label not in left_out]
    if not asked:
        return {}
    questions = [
        dialogue.prompt([("user", prompts.on_image(prompts.is_present(label)))], [image])
        + list(job.yes_no.shared)
        for label in asked
    ]
    shares = {}
    for label, logits in zip(asked, dialogue.first_tokens(questions, job.cancel, BATCH), strict=True):
        pair = logits[[job.yes_no.yes, job.yes_no.no]]
        shares[label] = float(torch.softmax(pair.double(), dim=0)[0])
    return shares
