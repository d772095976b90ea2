"""A tiny pack, a few grey films and conversations about them, for tests of the learner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from inference.backend import FilmInput
from inference.training.plan import LoraPlan, PhasePlan, TrainingPlan
from inference.training.rows import DataSet, KnownFilm
from inference.training.samples import Sample
from viewer.core.study import PixelDescription

ALL = {"tasks": {}, "batch": 4, "micro_batch": 2, "learning_rate": 5e-3, "weight_decay": 0.0, "warm_up": 0}


def phase(*parts: str, **changes: object) -> PhasePlan:
    lora = LoraPlan(dropout=0.0) if "lora" in parts else None
    return PhasePlan(**{"name": "instruction", "parts": parts, "steps": 20, "lora": lora} | ALL | changes)


def plan(pack: Path, **changes: object) -> TrainingPlan:
    return TrainingPlan(**{"pack": str(pack), "pack_sha256": "", "data": (), "phases": ()} | changes)


def films(count: int = 4, *, is_synthetic: bool = False) -> DataSet:
    """Films of 96 x 80 noise; `opened` counts how often one was opened."""
    lot = np.random.default_rng(0)
    stored = {f"film {at}": lot.integers(0, 255, (96, 80), dtype=np.uint8) for at in range(count)}

    def open_film(film: KnownFilm) -> FilmInput:
        opened.append(film.key)
        return FilmInput(
            f"hash of {film.key}", stored[film.key], PixelDescription(96, 80), is_synthetic=is_synthetic
        )

    opened: list[str] = []
    open_film.opened = opened  # type: ignore[attr-defined]  # for the test to look at
    return DataSet("noise", (), open_film)


def sample(at: int, answer: str = "Yes.", films: int = 1, weight: float = 1.0) -> Sample:
    """A question about `films` films, the first of them number `at`."""
    shown = " ".join(["<image>"] * films)
    text = f"<s>[INST] radiology image: {shown} Is edema present? [/INST]{answer}</s>"
    keys = tuple(KnownFilm(f"film {at + n}") for n in range(films))
    return Sample(f"{at} {answer} {films}", "noise", str(at), str(at), "questions", text, keys, weight)


def step(learner: torch.nn.Module, optimizer: torch.optim.Optimizer, batch: object) -> float:
    """One step; the loss before it."""
    optimizer.zero_grad()
    loss = learner(batch) / batch.weight
    loss.backward()
    optimizer.step()
    return loss.item()
