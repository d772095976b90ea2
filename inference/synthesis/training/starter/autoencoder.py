"""Stage 2: films to latents and back. First both halves; then the decoder alone, for what blurs first: texture.

The encoder rests in the second part, so that latents need not be computed twice and the parts may run side by side.
What is still smooth then, `critic` sharpens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inference.synthesis.training.starter.architecture import DOWN, new_autoencoder, to_grid
from inference.synthesis.training.starter.learning import Course, Tell, in_sixteen_bits, learn
from inference.synthesis.training.starter.settings import Lesson, StarterSynthRecipe
from inference.synthesis.training.starter.squares import Squares
from inference.training.loop.schedule import seed_of

PARTS_UNTIL = 0.6
"""Share of the first lesson that learns from quarters of films: four times as many for the same time."""
SHAKEN = 0.03
"""Noise on latents before they are decoded: the U-Net's are never quite right."""
SPREAD = 1e-2
"""Weight of latents with mean 0 and variance 1 in each channel; more would cost detail."""
REAL_SHARE, REAL_SHARE_OF_TEXTURE = 0.6, 0.65
EDGES_OF_TEXTURE = 0.7


def train_autoencoder(squares: Squares, recipe: StarterSynthRecipe, state: Path, tell: Tell) -> Any:
    """Both lessons; returns the autoencoder at rest."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(recipe.seed, "autoencoder"))
        new = new_autoencoder(recipe.sizes).to(memory_format=torch.channels_last)
    whole = Course("autoencoder", new, _whole_loss(new, squares, recipe), recipe.autoencoder)
    vae: Any = learn(whole, recipe.seed, state / "autoencoder.pt", tell)
    vae.decoder.requires_grad_(True)
    texture = Course("decoder", vae.decoder, _texture_loss(vae, squares, recipe), recipe.decoder)
    vae.decoder = learn(texture, recipe.seed, state / "decoder.pt", tell)
    return vae


def _whole_loss(vae: Any, squares: Squares, recipe: StarterSynthRecipe) -> Callable[[int], Tensor]:
    lesson, side = recipe.autoencoder, recipe.sizes.side

    def loss(step: int) -> Tensor:
        is_part = step < PARTS_UNTIL * lesson.steps
        films = to_grid(
            _parts(
                squares,
                side // 2 if is_part else side,
                replace(lesson, batch=4 * lesson.batch) if is_part else lesson,
                np.random.default_rng(seed_of(recipe.seed, "squares", step)),
                REAL_SHARE,
            )
        )
        with in_sixteen_bits():
            latents = vae.encode(films).latents.float()
            back = _decoded(vae, latents)
        uneven = latents.mean((0, 2, 3)).square().mean() + (latents.var((0, 2, 3)) - 1).square().mean()
        error: Tensor = apart(back, films, 1.0) + SPREAD * uneven
        return error

    return loss


def _texture_loss(vae: Any, squares: Squares, recipe: StarterSynthRecipe) -> Callable[[int], Tensor]:
    def loss(step: int) -> Tensor:
        films, back = quarters_and_back(
            vae, squares, recipe, recipe.decoder, seed_of(recipe.seed, "texture", step)
        )
        return apart(back, films, EDGES_OF_TEXTURE) + functional.l1_loss(texture(back), texture(films))

    return loss


def quarters_and_back(
    vae: Any, squares: Squares, recipe: StarterSynthRecipe, lesson: Lesson, seed: int
) -> tuple[Tensor, Tensor]:
    """Quarters of films drawn by lot, and what the decoder makes of their latents; the encoder learns nothing."""
    lot = np.random.default_rng(seed)
    films = to_grid(_parts(squares, recipe.sizes.side // 2, lesson, lot, REAL_SHARE_OF_TEXTURE))
    with in_sixteen_bits():
        with torch.no_grad():
            latents = vae.encode(films).latents.float()
        return films, _decoded(vae, latents)


def _decoded(vae: Any, latents: Tensor) -> Tensor:
    """Films of latents with a little noise on them."""
    shaken = latents + SHAKEN * torch.randn_like(latents)
    back: Tensor = vae.decode(shaken).sample.float()
    return back


def apart(drawn: Tensor, film: Tensor, edges: float) -> Tensor:
    """Mean distance of grey levels and, `edges` times, of their differences from place to place: ribs are edges."""
    across = functional.l1_loss(drawn[..., 1:] - drawn[..., :-1], film[..., 1:] - film[..., :-1])
    down = functional.l1_loss(drawn[..., 1:, :] - drawn[..., :-1, :], film[..., 1:, :] - film[..., :-1, :])
    return functional.l1_loss(drawn, film) + edges * (across + down)


def texture(film: Tensor) -> Tensor:
    """How rough a film is around each fourth place: what a decoder that is only near in grey levels smooths away."""
    fine = film - functional.avg_pool2d(film, 5, 1, 2)
    return functional.avg_pool2d(fine.abs(), 9, 4)


def _parts(
    squares: Squares, crop: int, lesson: Lesson, lot: np.random.Generator, real_share: float
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(batch, crop, crop) of films drawn by lot, on the latent's grid."""
    places = (squares.real.shape[-1] - crop) // DOWN + 1
    found = []
    for _ in range(lesson.batch):
        is_real = len(squares.real) > 0 and (lot.random() < real_share or not len(squares.phantoms))
        some = squares.real if is_real else squares.phantoms
        film = some[int(lot.integers(len(some)))]
        top, left = (int(at) * DOWN for at in lot.integers(0, places, 2))
        found.append(film[top : top + crop, left : left + crop])
    return np.stack(found)
