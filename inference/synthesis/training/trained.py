"""A run's generator as it will draw: the base's folder with what has learnt in its place, in float16."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from inference.errors import RunNotReady
from inference.packs.manifest import MANIFEST
from inference.synthesis.adapter import ReportControl
from inference.synthesis.privacy.report import PRIVACY
from inference.synthesis.training.learner import ADAPTER_WEIGHTS, FilmLearner
from inference.training.run_folder import ADAPTER

LEFT_BEHIND = (MANIFEST, PRIVACY, "README.md", "LICENSE", "LICENSE.txt")
"""Of the base: they speak of the base."""


def trained_learner(learner: FilmLearner, run: Path) -> FilmLearner:
    """The learner with the run's averaged weights, ready to draw.

    Raises:
        RunNotReady: The run has not ended yet.
        PackRefused: The weights do not fit the plan.
    """
    file = run / ADAPTER / ADAPTER_WEIGHTS
    if not file.is_file():
        raise RunNotReady(f"{run} has not ended: it has no {ADAPTER}/{ADAPTER_WEIGHTS} yet.")
    learner.load_adapter(load_file(file))
    return learner


def write_folder(learner: FilmLearner, base: Path, folder: Path) -> None:
    """Write the generator in diffusers layout; factors are added into the U-Net's own weights.

    Args:
        learner: From `trained_learner`; its U-Net is changed where factors were learnt.
        base: The pack's folder; what has not learnt is copied from it as it lies there.
        folder: Is made; must not exist.
    """
    parts = set(learner.phase.parts)
    networks = learner.networks
    learnt = {"control"} & parts | {"unet" for one in ("unet", "lora") if one in parts}
    learnt |= {"text_encoder"} & parts
    shutil.copytree(base, folder, ignore=lambda place, names: _left_out(Path(place), base, names, learnt))
    if "control" in learnt:
        assert isinstance(networks.control, ReportControl)
        networks.control.save(folder / "control", torch.float16)
    if "lora" in parts:
        unet: Any = networks.unet
        unet.fuse_lora()
        unet.unload_lora()
    if "unet" in learnt:
        _save(networks.unet, base / "unet", folder / "unet", "diffusion_pytorch_model.safetensors")
    if "text_encoder" in learnt:
        _save(networks.text_encoder, base / "text_encoder", folder / "text_encoder", "model.safetensors")


def _left_out(place: Path, base: Path, names: list[str], learnt: set[str]) -> set[str]:
    return {name for name in names if place == base and (name in LEFT_BEHIND or name in learnt)}


def _save(module: torch.nn.Module, base: Path, folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    shutil.copyfile(base / "config.json", folder / "config.json")
    save_file(halved(module.state_dict()), folder / name, metadata={"format": "pt"})


def halved(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in float16, on the CPU, each with its own memory: as safetensors wants them."""
    return {
        name: (one.half() if one.is_floating_point() else one).detach().cpu().contiguous().clone()
        for name, one in weights.items()
    }
