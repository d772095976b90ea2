"""A tiny generator, films that code draws, and plans that train it in a second. For tests only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy.ndimage import gaussian_filter
from tiny_synth_pack import VAE, write_tiny_synth_pack
from torch import nn
from training_data import data_set, film, study

from inference.backend import FilmInput
from inference.packs import MANIFEST, open_pack, write_manifest
from inference.synthesis.training.course import SynthesisCourse
from inference.synthesis.training.plan_file import draft_plan
from inference.training.plan import SynthesisPlan, TrainingPlan
from inference.training.rows import DataSet, KnownFilm, KnownStudy, Split
from viewer.core.study import PixelDescription

REPORTS = ("Small left pleural effusion.", "The lungs are clear.", "Right lower lobe consolidation.")
SIDE = 64


def drawn_film(number: int) -> NDArray[np.uint8]:
    """A picture that no other number gives: soft blobs on a slope."""
    lot = np.random.default_rng(number)
    small = gaussian_filter(lot.normal(size=(SIDE, SIDE)), 7) * 20
    slope = np.linspace(-1, 1, SIDE)[:, None]
    return np.asarray((128 + 45 * small + 30 * slope).clip(0, 255), dtype=np.uint8)


def open_drawn(known: KnownFilm) -> FilmInput:
    pixels = drawn_film(int(known.key.partition("-")[2]))
    return FilmInput(known.key, pixels, PixelDescription(*pixels.shape), view_position=known.view)


def drawn_data(training: int, held_out: int, name: str = "films:here") -> DataSet:
    """Studies of one film each, film-0 first."""

    def made(number: int, split: Split) -> KnownStudy:
        view = ("PA", "AP", "LL")[number % 3]
        role: Any = "lateral" if view == "LL" else "current"
        known = film(f"film-{number}", view=view, role=role)
        report = REPORTS[number % len(REPORTS)]
        return study(f"s{number}", films=(known,), findings=report, split=split)

    rows = [made(at, "train") for at in range(training)]
    rows += [made(1000 + at, "val" if at % 2 else "test") for at in range(held_out)]
    return data_set(name, *rows, open_film=open_drawn)


class DrawnCourse(SynthesisCourse):
    """A course over films that code draws."""

    def __init__(
        self, plan: TrainingPlan, folder: Path, data: Callable[[], DataSet] = lambda: drawn_data(12, 4)
    ) -> None:
        super().__init__(plan, folder)
        self.__dict__["datasets"] = (data(),)  # a cached property of the real one


def tiny_plan(pack: Path, way: Any = "adapter", **changes: Any) -> TrainingPlan:
    """A dozen steps of four films; `changes` are fields of the phase."""
    plan = draft_plan(
        way, str(pack), open_pack(pack).sha256, ("films:here",), steps=12, batch=4, device="cpu", seed=3
    )
    phase = replace(
        plan.phases[0],
        **{"micro_batch": 2, "save_every": 3, "evaluate_every": 6, "warm_up": 1, "learning_rate": 2e-3}
        | changes,
    )
    return replace(plan, phases=(phase,), synthesis=replace(SynthesisPlan(), asks_classifier=False))


def tiny_base(folder: Path, control: str = "", prediction: str = "epsilon") -> Path:
    """A generator with random weights whose autoencoder gives back what it was given, in coarse cells of 8 pixels."""
    write_tiny_synth_pack(folder, control=control, prediction=prediction)
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    vae = AutoencoderTiny(**VAE)
    _make_it_average(vae)
    save_file(vae.state_dict(), file, metadata={"format": "pt"})
    about = json.loads((folder / MANIFEST).read_text())
    write_manifest(folder, {name: about[name] for name in about if name not in ("files", "schema_version")})
    return folder


@torch.no_grad()
def _make_it_average(vae: Any) -> None:
    """Set all weights so that a latent is its cell's mean grey, four times over with changing sign."""
    for parameter in vae.parameters():
        parameter.zero_()
    for half in (vae.encoder, vae.decoder):
        for layer in half.layers:
            if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2):
                layer.weight[0, 0] = 1 / 9
            elif isinstance(layer, nn.Conv2d):
                layer.weight[0, 0, 1, 1] = 1
    last, first = vae.encoder.layers[-1], vae.decoder.layers[0]
    for channel, sign in enumerate((1.0, -1.0, 1.0, -1.0)):
        last.weight[channel, 0, 1, 1], last.bias[channel] = 4 * sign, -2 * sign
        first.weight[0, channel, 1, 1] = sign / 16
    first.bias[0] = 0.5
