"""Pictures for the gate's training: real films, phantoms, and pictures that are no chest at all.

Every picture is grey, uint8, `CANVAS` x `CANVAS`, with the whole film inside (`inference.gate.fit`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.gate import fit
from inference.phantom import project, sample_case
from inference.phantom.rays import View
from inference.training.gate.scenes import SCENES, draw_scene

FRONTAL, LATERAL, OTHER = 0, 1, 2
CANVAS = 144


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """`grey` (n, CANVAS, CANVAS) uint8; `target` (n,) class; `group` (n,) what kind of picture, for the report."""

    grey: NDArray[np.uint8]
    target: NDArray[np.int64]
    group: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.target)

    def pick(self, keep: NDArray[Any]) -> Pictures:
        return Pictures(self.grey[keep], self.target[keep], self.group[keep])

    @staticmethod
    def join(*parts: Pictures) -> Pictures:
        return Pictures(
            np.concatenate([p.grey for p in parts]),
            np.concatenate([p.target for p in parts]),
            np.concatenate([p.group for p in parts]),
        )


def films(data: Path, *, tiers: str, split: str) -> Pictures:
    """Real films whose view is known.

    Args:
        data: The data folder (with `cxr/manifest.csv`).
        tiers: Licence tiers to take, for instance "A" or "BC".
        split: "train", "val" (by patient, as the manifest suggests) or "all".
    """
    grey, target, group = [], [], []
    with (data / "cxr" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            view = row["view"].lower()
            if row["licence_tier"] not in tiers or split not in ("all", row["suggested_split"]) or not view:
                continue
            is_lateral = view.startswith("lat")
            with Image.open(data / "cxr" / row["file"]) as picture:
                grey.append(fit(np.asarray(picture.convert("L")), CANVAS))
            target.append(LATERAL if is_lateral else FRONTAL)
            group.append("real lateral" if is_lateral else f"real {row['source']}")
    return Pictures(np.stack(grey), np.array(target, np.int64), np.array(group, np.str_))


def phantoms(count: int, seed: int, views: tuple[View, ...]) -> Pictures:
    """Computed films, the views in turn, of always new persons with and without findings."""
    grey, target, group = [], [], []
    for i in range(count):
        view = views[i % len(views)]
        film = project(sample_case(seed + i), view, (CANVAS, CANVAS))
        grey.append((film.picture * 255).astype(np.uint8))
        target.append(LATERAL if view == "LL" else FRONTAL)
        group.append("phantom lateral" if view == "LL" else "phantom frontal")
    return Pictures(np.stack(grey), np.array(target, np.int64), np.array(group, np.str_))


def cached_phantoms(cache: Path | None, count: int, seed: int, views: tuple[View, ...]) -> Pictures:
    """`phantoms`, kept as a file in `cache` between runs: they take the longest."""
    if cache is None:
        return phantoms(count, seed, views)
    path = cache / f"{'-'.join(views)}-{seed}-{count}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, phantoms(count, seed, views).grey)
    is_lateral = np.array([views[i % len(views)] == "LL" for i in range(count)])
    group = np.where(is_lateral, "phantom lateral", "phantom frontal")
    return Pictures(np.load(path), np.where(is_lateral, LATERAL, FRONTAL).astype(np.int64), group)


def scenes(count: int, seed: int) -> Pictures:
    """Drawn pictures that are no chest: other body parts, slices, photographs, pages, noise; kinds in turn."""
    names = tuple(SCENES)
    grey = [draw_scene(names[i % len(names)], seed + i, CANVAS) for i in range(count)]
    group = np.array([f"scene {names[i % len(names)]}" for i in range(count)], np.str_)
    return Pictures(np.stack(grey), np.full(count, OTHER, np.int64), group)


def pieces(frontal: Pictures, count: int, seed: int) -> Pictures:
    """Small parts of frontal films that no longer show a chest: a corner, one quarter of a lung, an abdomen."""
    rng = np.random.default_rng(seed)
    grey = []
    for _ in range(count):
        film = frontal.grey[int(rng.integers(len(frontal)))]
        side = int(CANVAS * rng.uniform(0.22, 0.42))
        row, column = rng.integers(0, CANVAS - side, 2)
        grey.append(fit(film[row : row + side, column : column + side], CANVAS))
    return Pictures(np.stack(grey), np.full(count, OTHER, np.int64), np.full(count, "piece of a film"))


def natural(count: int, seed: int) -> Pictures:
    """Random crops of the photographs that ship with scikit-learn."""
    from sklearn.datasets import load_sample_images

    photographs = [np.asarray(Image.fromarray(image).convert("L")) for image in load_sample_images().images]
    rng = np.random.default_rng(seed)
    grey = []
    for _ in range(count):
        photograph = photographs[int(rng.integers(len(photographs)))]
        side = int(rng.uniform(0.15, 1.0) * min(photograph.shape))
        row = int(rng.integers(0, photograph.shape[0] - side + 1))
        column = int(rng.integers(0, photograph.shape[1] - side + 1))
        grey.append(fit(photograph[row : row + side, column : column + side], CANVAS))
    return Pictures(np.stack(grey), np.full(count, OTHER, np.int64), np.full(count, "photograph"))
