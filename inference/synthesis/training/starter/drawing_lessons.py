"""Stages 5 and 6: the base learns to draw what its words say; then the adapter learns beside it, while it rests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn

from inference.synthesis.adapter import ReportControl
from inference.synthesis.prompt_tokenizer import PromptTokenizer
from inference.synthesis.training.noise import NoiseLevels
from inference.synthesis.training.starter.architecture import SCHEDULE, Words, new_unet
from inference.synthesis.training.starter.draws import Draws
from inference.synthesis.training.starter.latent_bank import LatentBank
from inference.synthesis.training.starter.learning import Course, Tell, in_sixteen_bits, learn
from inference.synthesis.training.starter.settings import StarterSynthRecipe
from inference.synthesis.training.starter.taught import TaughtFilm
from inference.training.loop.schedule import seed_of

Says = Callable[[Tensor, Tensor, tuple[str, ...]], Tensor]
"""Noisy latents, their levels and prompts to what the networks predict."""


def train_base(
    text: Any,
    tokenizer: PromptTokenizer,
    films: tuple[TaughtFilm, ...],
    bank: LatentBank,
    recipe: StarterSynthRecipe,
    state: Path,
    tell: Tell,
) -> tuple[Any, Any]:
    """U-Net and text encoder learn together; returns both, averaged and at rest."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(recipe.seed, "base"))
        unet = _quick(new_unet(recipe.sizes))
    words = Words(tokenizer, text.requires_grad_(True))

    def says(noisy: Tensor, levels: Tensor, prompts: tuple[str, ...]) -> Tensor:
        tokens = words(prompts).tokens
        said: Tensor = unet(noisy, levels, encoder_hidden_states=tokens).sample
        return said

    course = Course(
        "base",
        nn.ModuleDict({"unet": unet, "text": text}),
        _loss(says, Draws("base", recipe.base, films, bank, recipe, _levels().count)),
        recipe.base,
        {"text": recipe.text_share},
    )
    learnt: Any = learn(course, recipe.seed, state / "base.pt", tell)
    return learnt["unet"], learnt["text"]


def train_adapter(
    unet: Any,
    text: Any,
    tokenizer: PromptTokenizer,
    films: tuple[TaughtFilm, ...],
    bank: LatentBank,
    recipe: StarterSynthRecipe,
    state: Path,
    tell: Tell,
) -> ReportControl:
    """CXR-SD's adapter on the frozen base; returns it averaged and at rest."""
    control = ReportControl.from_unet(unet)
    control.requires_grad_(True)
    _quick(control.network)
    words = Words(tokenizer, text)

    def says(noisy: Tensor, levels: Tensor, prompts: tuple[str, ...]) -> Tensor:
        with torch.no_grad():
            prompt = words(prompts)
        added = control(noisy, levels, prompt.tokens, prompt.pooled)
        said: Tensor = unet(
            noisy,
            levels,
            encoder_hidden_states=prompt.tokens,
            down_block_additional_residuals=added.skips,
            mid_block_additional_residual=added.middle,
        ).sample
        return said

    course = Course(
        "adapter",
        control,
        _loss(says, Draws("adapter", recipe.adapter, films, bank, recipe, _levels().count)),
        recipe.adapter,
    )
    learnt = learn(course, recipe.seed, state / "adapter.pt", tell)
    assert isinstance(learnt, ReportControl)
    return learnt


def _levels() -> NoiseLevels:
    return NoiseLevels(SCHEDULE)


def _loss(says: Says, draws: Draws) -> Callable[[int], Tensor]:
    levels = _levels()

    def loss(step: int) -> Tensor:
        drawn = draws.step(step)
        batch = drawn.batch
        noisy = levels.noisy(batch.latents, batch.noise, batch.levels)
        with in_sixteen_bits():
            said = says(noisy.contiguous(memory_format=torch.channels_last), batch.levels, batch.prompts)
        error = (said.float() - levels.target(batch.latents, batch.noise, batch.levels)).square()
        return (error * drawn.stress).mean()

    return loss


def _quick(network: Any) -> Any:
    """Attention by the plain formula: on a CPU the fused kernel is slower for so few places, above all backwards."""
    network.set_attn_processor(AttnProcessor())
    return network.to(memory_format=torch.channels_last)
