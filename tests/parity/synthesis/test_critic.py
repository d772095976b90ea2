"""The decoder's last lesson: the critic learns to tell, the decoder not to be told; neither from the other's loss."""

from __future__ import annotations

import pytest
import torch

from inference.synthesis.training.starter.critic import Critic, _of_critic, _of_decoder


@pytest.fixture
def films():
    return torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture
def smooth(films):
    return torch.nn.functional.avg_pool2d(films, 5, 1, 2).requires_grad_(True)


def new_critic():
    torch.manual_seed(1)
    return Critic(8)


def test_each_learns_from_its_own_part_of_the_loss(films, smooth):
    critic = new_critic()
    _of_decoder(critic, films, smooth, 0.7).backward()
    assert smooth.grad is not None and smooth.grad.abs().sum() > 0
    assert all(one.grad is None for one in critic.parameters())

    smooth.grad = None
    _of_critic(critic, films, smooth.detach()).backward()
    assert smooth.grad is None
    assert all(one.grad is not None for one in critic.parameters())


def test_the_critics_pull_is_as_strong_beside_the_films_as_it_is_set(films, smooth):
    critic = new_critic()

    def gradient(pressure):
        (found,) = torch.autograd.grad(_of_decoder(critic, films, smooth, pressure), smooth)
        return found

    near = gradient(0.0)
    assert (gradient(0.7) - near).norm() == pytest.approx(0.7 * float(near.norm()), rel=1e-3)


def test_its_value_is_the_distance_from_the_films_alone(films, smooth):
    critic = new_critic()

    assert _of_decoder(critic, films, smooth, 0.0).item() == pytest.approx(
        _of_decoder(critic, films, smooth, 5.0).item(), rel=1e-4
    )
    assert _of_decoder(critic, films, films.clone().requires_grad_(True), 0.0).item() == pytest.approx(
        0, abs=1e-6
    )


def test_the_critic_learns_to_tell_and_what_follows_it_is_judged_more_like_a_film(films, smooth):
    critic = new_critic()
    learns = torch.optim.AdamW(critic.parameters(), 2e-3)
    for _ in range(60):
        learns.zero_grad()
        _of_critic(critic, films, smooth.detach()).backward()
        learns.step()

    def judged(some):
        with torch.no_grad():
            return float(critic(some)[0].mean())

    assert judged(films) > 0 > judged(smooth)
    near, both = (
        torch.autograd.grad(_of_decoder(critic, films, smooth, pressure), smooth)[0]
        for pressure in (0.0, 0.7)
    )
    pull = both - near
    moved = smooth.detach() - 0.5 * pull / pull.norm()
    assert judged(moved) > judged(smooth)
