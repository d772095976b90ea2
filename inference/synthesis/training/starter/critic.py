"""The decoder's last lesson: a critic learns to tell decoded films from films, and the decoder not to be told.

A decoder that is near in grey levels alone draws smooth films. Edema is lines a pixel wide: after such a round trip a
classifier of real films sees it in a third of the films in which it saw it before (docs/synthesis-training.md). The
critic looks at patches, never at whole films, so it teaches what a film is made of and not what it shows.
Patch critics with feature matching: Isola et al. 2017, Wang et al. 2018; the balance of both losses: Esser et al. 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.synthesis.training.starter.autoencoder import apart, quarters_and_back, texture
from inference.synthesis.training.starter.learning import Course, Tell, in_sixteen_bits, learn
from inference.synthesis.training.starter.settings import StarterSynthRecipe
from inference.synthesis.training.starter.squares import Squares
from inference.training.loop.schedule import seed_of

PRESSURE, PRESSURE_GROWS = 0.7, 300
"""The critic's share of the decoder's gradient, beside 1 for the film itself; steps until it is whole."""
EDGES = 0.3
FINE = 6.0
"""How much larger the critic sees what is finer than five pixels."""
CRITIC_SHARE = 0.67  # of the decoder's rate


class Critic(nn.Module):
    """(n, 1, rows, columns) to a judgement for each patch, above 0 for a film, and the features on the way."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        widths = (2, width, 2 * width, 4 * width, 4 * width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, 4 if number < 3 else 3, 2 if number < 3 else 1, 1),
                nn.GroupNorm(8, after),
                nn.LeakyReLU(0.2),
            )
            for number, (before, after) in enumerate(pairwise(widths))
        )
        self.judge = nn.Conv2d(widths[-1], 1, 3, 1, 1)

    def forward(self, films: Tensor) -> tuple[Tensor, list[Tensor]]:
        seen = torch.cat([films, FINE * (films - functional.avg_pool2d(films, 5, 1, 2))], 1)
        features = []
        for block in self.blocks:
            seen = block(seen)
            features.append(seen)
        judged: Tensor = self.judge(seen)
        return judged, features


def sharpen(vae: Any, squares: Squares, recipe: StarterSynthRecipe, state: Path, tell: Tell) -> Any:
    """Teach the decoder; the encoder rests. Returns the autoencoder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(recipe.seed, "critic"))
        critic = Critic()
    vae.decoder.requires_grad_(True)
    both = nn.ModuleDict({"decoder": vae.decoder, "critic": critic})
    course = Course(
        "sharpness", both, _loss(vae, critic, squares, recipe), recipe.sharpness, {"critic": CRITIC_SHARE}
    )
    learnt: Any = learn(course, recipe.seed, state / "sharpness.pt", tell)
    vae.decoder = learnt["decoder"]
    return vae


def _loss(vae: Any, critic: Critic, squares: Squares, recipe: StarterSynthRecipe) -> Callable[[int], Tensor]:
    def loss(step: int) -> Tensor:
        seed = seed_of(recipe.seed, "sharpness", step)
        films, drawn = quarters_and_back(vae, squares, recipe, recipe.sharpness, seed)
        pressure = PRESSURE * min(1.0, step / PRESSURE_GROWS)
        return _of_critic(critic, films, drawn.detach()) + _of_decoder(critic, films, drawn, pressure)

    return loss


def _of_critic(critic: Critic, films: Tensor, drawn: Tensor) -> Tensor:
    """Hinge: films above 1, drawn ones below -1."""
    with in_sixteen_bits():
        real, made = critic(films)[0].float(), critic(drawn)[0].float()
    return functional.relu(1 - real).mean() + functional.relu(1 + made).mean()


def _of_decoder(critic: Critic, films: Tensor, drawn: Tensor, pressure: float) -> Tensor:
    """Its value is the distance from the films; its gradient has the critic's as well, `pressure` times as long."""
    own = drawn.detach().requires_grad_(True)
    resting = {name: one.detach() for name, one in critic.named_parameters()}
    with in_sixteen_bits():
        judged, made = torch.func.functional_call(critic, resting, (own,))
        with torch.no_grad():
            _, real = critic(films)
    unlike = torch.stack(
        [functional.l1_loss(a.float(), b.float()) for a, b in zip(made, real, strict=True)]
    ).mean()
    distance = apart(own, films, EDGES) + functional.l1_loss(texture(own), texture(films))
    (near,) = torch.autograd.grad(distance, own)
    (convincing,) = torch.autograd.grad(unlike - judged.float().mean(), own)
    wanted = near + pressure * near.norm() / (convincing.norm() + 1e-9) * convincing
    through = (drawn * wanted).sum()
    value: Tensor = distance.detach() + through - through.detach()
    return value
