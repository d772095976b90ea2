"""Stage 4: the text encoder first learns to tell what its captions state, long before it is asked to draw it.

Learnt by drawing alone, it never held the findings: they change a film too little to teach words. What a head asks of
its states here, where the text ends, at the last place and between, is what the U-Net will find there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.synthesis.prompt_tokenizer import PromptTokenizer
from inference.synthesis.training.starter.architecture import Words, new_text_encoder
from inference.synthesis.training.starter.learning import Course, Tell, learn
from inference.synthesis.training.starter.settings import StarterSynthRecipe
from inference.synthesis.training.starter.told_facts import COUNT, drawn_caption
from inference.training.loop.schedule import seed_of

POSITIVE = 6.0
"""Weight of what is stated: nearly everything that is asked is not."""


def train_text_encoder(
    tokenizer: PromptTokenizer, recipe: StarterSynthRecipe, state: Path, tell: Tell
) -> Any:
    """A text encoder whose states hold the facts of a caption; the head that asked for them is thrown away."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(recipe.seed, "text"))
        text = new_text_encoder(recipe.sizes, tokenizer.size)
        head = nn.Linear(recipe.sizes.text_width, COUNT)
    learns = nn.ModuleDict({"text": text, "head": head})
    course = Course("text", learns, _loss(text, head, tokenizer, recipe), recipe.text)
    learnt: Any = learn(course, recipe.seed, state / "text.pt", tell)
    return learnt["text"]


def _loss(
    text: nn.Module, head: nn.Module, tokenizer: PromptTokenizer, recipe: StarterSynthRecipe
) -> Callable[[int], Tensor]:
    words, weight = Words(tokenizer, text), torch.full((COUNT,), POSITIVE)

    def loss(step: int) -> Tensor:
        lot = Random(seed_of(recipe.seed, "captions", step))  # noqa: S311  # not cryptography
        rows = [drawn_caption(lot) for _ in range(recipe.text.batch)]
        truth = torch.tensor([stated for _, stated in rows])
        states = words([told for told, _ in rows])
        between = states.tokens[:, 3 * states.tokens.shape[1] // 4]
        asked = (states.pooled, states.tokens[:, -1], between)
        return torch.stack(
            [
                functional.binary_cross_entropy_with_logits(head(one), truth, pos_weight=weight)
                for one in asked
            ]
        ).sum()

    return loss
