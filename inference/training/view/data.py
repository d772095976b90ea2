"""Pictures for the view network: real films with the view that their source states, phantoms, and no chest at all.

The pictures that are no chest come from the gate's recipe (`inference.training.gate`). All pictures are upright and air
is dark in them; `inference.training.view.vary` turns and inverts them while it trains.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.film_view import SEEN_VIEWS
from inference.gate import fit
from inference.training.gate import data as gate_data
from inference.training.gate.data import CANVAS
from inference.training.starter.phantoms import TEST_SEEDS, PhantomStudy, cached_studies
from inference.training.view.scrambled import scrambled_films

PA, AP, LATERAL, NO_CHEST = range(len(SEEN_VIEWS))
FRONTAL = -1
"""A frontal film of which nobody says whether it is PA or AP in a way that pixels could show: phantoms."""
PHANTOM_SIDE = 240


@dataclass(frozen=True, slots=True, eq=False)
class ViewPictures:
    """`grey` (n, CANVAS, CANVAS) uint8; `view` (n,) index into SEEN_VIEWS or FRONTAL; `group` (n,) what it is."""

    grey: NDArray[np.uint8]
    view: NDArray[np.int64]
    group: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.view)

    def pick(self, keep: NDArray[Any]) -> ViewPictures:
        return ViewPictures(self.grey[keep], self.view[keep], self.group[keep])

    @property
    def is_chest(self) -> NDArray[np.bool_]:
        return np.asarray(self.view != NO_CHEST)

    @staticmethod
    def join(*parts: ViewPictures) -> ViewPictures:
        return ViewPictures(
            np.concatenate([part.grey for part in parts]),
            np.concatenate([part.view for part in parts]),
            np.concatenate([part.group for part in parts]),
        )


def real_films(data: Path, *, tiers: str, split: str = "all") -> ViewPictures:
    """Real films whose view is stated.

    Args:
        data: The data folder (with `cxr/manifest.csv`).
        tiers: Licence tiers to take, for instance "A" or "BC".
        split: "train" or "val" (by patient, as the manifest suggests) or "all".
    """
    index = {"pa": PA, "ap": AP, "lateral": LATERAL}
    grey, view, group = [], [], []
    with (data / "cxr" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            told = row["view"].lower()
            if row["licence_tier"] not in tiers or split not in ("all", row["suggested_split"]) or not told:
                continue
            with Image.open(data / "cxr" / row["file"]) as picture:
                grey.append(fit(np.asarray(picture.convert("L")), CANVAS))
            view.append(index[told])
            group.append("real lateral" if told == "lateral" else f"real {row['source']}")
    return ViewPictures(np.stack(grey), np.array(view, np.int64), np.array(group, np.str_))


def phantoms(cache: Path, count: int, *, is_test: bool) -> ViewPictures:
    """Computed films of `count` persons, kept in `cache`; nearly a third have a lateral too."""
    first = TEST_SEEDS if is_test else 0
    grey, view, group = [], [], []
    for study in cached_studies(cache, first, count, PHANTOM_SIDE):
        for square, is_lateral in _squares(study):
            grey.append(fit(square, CANVAS))
            view.append(LATERAL if is_lateral else FRONTAL)
            group.append("phantom lateral" if is_lateral else "phantom frontal")
    return ViewPictures(np.stack(grey), np.array(view, np.int64), np.array(group, np.str_))


def _squares(study: PhantomStudy) -> list[tuple[NDArray[np.uint8], bool]]:
    lateral = [] if study.lateral is None else [(study.lateral.square, True)]
    return [(study.frontal.square, False), *lateral]


def no_chest(frontal: ViewPictures, counts: tuple[int, int, int, int], seed: int) -> ViewPictures:
    """Drawn scenes, pieces of films, crops of photographs, scrambled films: as many of each as `counts` says."""
    scenes, pieces, photographs, scrambled = counts
    films = gate_data.Pictures(frontal.grey, np.zeros(len(frontal), np.int64), frontal.group)
    parts = [gate_data.scenes(scenes, seed), gate_data.pieces(films, pieces, seed + 1)]
    if photographs:
        parts.append(gate_data.natural(photographs, seed + 2))
    joined = gate_data.Pictures.join(*parts)
    mixed = scrambled_films(frontal.grey, scrambled, seed + 3)
    return ViewPictures(
        np.concatenate([joined.grey, mixed]),
        np.full(len(joined) + scrambled, NO_CHEST, np.int64),
        np.concatenate([joined.group, np.full(scrambled, "scrambled film")]),
    )
