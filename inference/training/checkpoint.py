"""Checkpoints of a training stage: written in one rename, so that a kill at any time leaves the last one whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def save_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator, step: int
) -> None:
    """Everything that the stage needs to go on exactly where it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "generator": generator.get_state(),
        "torch": torch.get_rng_state(),
        "step": step,
    }
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    os.replace(partial, path)  # noqa: PTH105  # atomic on every platform


def resume(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, generator: torch.Generator) -> int:
    """Load the checkpoint if there is one; returns the number of steps already taken."""
    if not path.is_file():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    generator.set_state(state["generator"])
    torch.set_rng_state(state["torch"])
    return int(state["step"])


class DeadGradient(RuntimeError):
    """A parameter that should learn gets no gradient: the run would look alive and teach nothing."""


def check_gradients(model: nn.Module, unused: tuple[str, ...] = ()) -> None:
    """Raise `DeadGradient` unless every trainable parameter has a finite gradient that is not all zero.

    Args:
        model: After the first backward pass.
        unused: Parts of names that may stay without one (the encoder's mask token and final norm are not used).
    """
    bad = [
        name
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
        and not any(part in name for part in unused)
        and not _is_alive(parameter.grad)
    ]
    if bad:
        raise DeadGradient(f"No gradient after the first step in {len(bad)} parameters: {', '.join(bad[:8])}")


def _is_alive(gradient: Tensor | None) -> bool:
    return gradient is not None and bool(torch.isfinite(gradient).all()) and bool((gradient != 0).any())
