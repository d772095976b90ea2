"""The manifest of a folder of labelled films (`cxr/manifest.csv`): one row per film, as plain data.

A label is 1 (present), 0 (absent) or -1 (not known). "Not known" is never treated as absent: labels come from
different readers who were asked different questions.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference.backend import FINDINGS

NO_FINDING = "no finding"
LABELS: tuple[str, ...] = (*FINDINGS, NO_FINDING)
"""The 14 columns, in the order of the prompt, "no finding" last."""

Split = Literal["train", "val", "test"]
XYXY = tuple[float, float, float, float]

VAL_PERCENT, TEST_PERCENT = 10, 7
"""Share of the manifest's training patients that is kept back, on top of its own suggested split."""
MANY_FILMS = 8
"""A patient with more films than this stays in training: one face would fill the held-out set."""


@dataclass(frozen=True, slots=True)
class FilmBox:
    """A place on a film: `label` is one of LABELS or an anatomical structure, lower case."""

    label: str
    xyxy: XYXY  # pixels of the stored picture


@dataclass(frozen=True, slots=True)
class LabelledFilm:
    """One picture of the manifest and what is known about it."""

    path: Path
    source: str
    patient_id: str  # prefixed by the source: two sources may use the same number
    view: str  # "PA", "AP", "Lateral" or ""
    labels: tuple[int, ...]  # parallel to LABELS: 1, 0 or -1
    boxes: tuple[FilmBox, ...]
    anatomy_boxes: tuple[FilmBox, ...]
    split: Split
    width: int
    height: int

    def label(self, name: str) -> int:
        """1, 0 or -1 (not known) for one of LABELS."""
        return self.labels[LABELS.index(name)]


def data_folder(given: Path | None) -> Path:
    """The folder of the training data: `--data`, or the environment's SIDELIGHT_DATA_DIR.

    Raises:
        FileNotFoundError: Neither is set, or there is no cxr/manifest.csv in it.
    """
    folder = given or Path(os.environ.get("SIDELIGHT_DATA_DIR", ""))
    if not (folder / "cxr" / "manifest.csv").is_file():
        raise FileNotFoundError(
            f"There is no cxr/manifest.csv in “{folder}”. Name the data folder with --data or SIDELIGHT_DATA_DIR."
        )
    return folder


def read_films(folder: Path, tiers: Sequence[str] = ("A",)) -> tuple[LabelledFilm, ...]:
    """All films of the manifest whose licence tier is wanted, in the manifest's order.

    Tier A may be redistributed with attribution; see the data's README before asking for more.
    """
    with (folder / "cxr" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return tuple(
            film_of(folder / "cxr", row) for row in csv.DictReader(file) if row["licence_tier"] in tiers
        )


def film_of(folder: Path, row: dict[str, str]) -> LabelledFilm:
    """A row of the manifest.

    Raises:
        ValueError, KeyError: A cell is not what its column is for.
    """
    columns = {name.lower(): value for name, value in row.items()}
    # nih and nih_64px are one collection with one set of patient numbers.
    patient = f"{row['source'].removesuffix('_64px')}:{row['patient_id']}"
    return LabelledFilm(
        path=folder / row["file"],
        source=row["source"],
        patient_id=patient,
        view=row["view"],
        labels=tuple(int(columns[name]) if columns[name] else -1 for name in LABELS),
        boxes=_boxes(row["boxes"]),
        anatomy_boxes=_boxes(row["anatomy_boxes"]),
        split=split_of(patient, row["suggested_split"], int(row["images_of_patient"] or 1)),
        width=int(row["width"]),
        height=int(row["height"]),
    )


def _boxes(text: str) -> tuple[FilmBox, ...]:
    entries = json.loads(text) if text else []
    return tuple(
        FilmBox(str(label).lower(), (float(x1), float(y1), float(x2), float(y2)))
        for x1, y1, x2, y2, label, *_ in entries
    )


def split_of(patient_id: str, suggested: str, films_of_patient: int = 1) -> Split:
    """Patients of the suggested validation split are test patients; some of the others are kept back by a hash.

    All that is looked at belongs to the patient, so a patient can't be on two sides of the split.
    """
    if suggested == "val":
        return "test"
    if films_of_patient > MANY_FILMS:
        return "train"
    bucket = int.from_bytes(hashlib.sha256(patient_id.encode()).digest()[:4]) % 100
    if bucket < TEST_PERCENT:
        return "test"
    return "val" if bucket < TEST_PERCENT + VAL_PERCENT else "train"
