"""Reading the manifest: unknown is not absent, and a patient is on one side of the split."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.training.starter.films import (
    LABELS,
    cached_squares,
    data_folder,
    label_matrix,
    read_films,
    split_of,
    to_square,
)

COLUMNS = [
    "file", "source", "licence_tier", "patient_id", "images_of_patient", "view", *(n.title() for n in LABELS),
    "boxes", "anatomy_boxes", "width", "height", "suggested_split",
]  # fmt: skip


def write_manifest(folder: Path, rows: list[dict[str, str]]) -> Path:
    (folder / "cxr").mkdir()
    with (folder / "cxr" / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number, row in enumerate(rows):
            name = f"{number}.png"
            Image.fromarray(np.full((40, 60), (10 * number + 5) % 256, np.uint8)).save(folder / "cxr" / name)
            writer.writerow(
                {"file": name, "source": "nih", "licence_tier": "A", "patient_id": str(number), "view": "PA",
                 "images_of_patient": "1", "width": "60", "height": "40", "suggested_split": "train"} | row
            )  # fmt: skip
    return folder


def test_an_empty_label_is_not_known_and_never_absent(tmp_path: Path) -> None:
    films = read_films(write_manifest(tmp_path, [{"Edema": "1", "Pneumonia": "0"}]))

    assert films[0].label("edema") == 1
    assert films[0].label("pneumonia") == 0
    assert films[0].label("fracture") == -1
    assert label_matrix(films).shape == (1, 14)


def test_only_the_wanted_licence_tiers_are_read(tmp_path: Path) -> None:
    folder = write_manifest(tmp_path, [{}, {"licence_tier": "C"}, {"licence_tier": "B"}])

    assert len(read_films(folder)) == 1
    assert len(read_films(folder, ("A", "B"))) == 2


def test_a_patient_is_on_one_side_of_the_split_in_both_resolutions(tmp_path: Path) -> None:
    rows = [{"patient_id": str(p), "source": s} for p in range(200) for s in ("nih", "nih_64px")]
    films = read_films(write_manifest(tmp_path, rows))

    sides: dict[str, set[str]] = {}
    for film in films:
        sides.setdefault(film.patient_id, set()).add(film.split)
    assert len(sides) == 200
    assert all(len(splits) == 1 for splits in sides.values())
    assert {film.split for film in films} == {"train", "val", "test"}


def test_the_suggested_validation_patients_are_test_patients() -> None:
    assert all(split_of(f"nih:{number}", "val") == "test" for number in range(50))


def test_boxes_are_fractions_of_the_central_square() -> None:
    assert to_square((100, 0, 300, 200), width=400, height=200) == (0.0, 0.0, 1.0, 1.0)
    assert to_square((0, 100, 200, 300), width=200, height=400) == (0.0, 0.0, 1.0, 1.0)


def test_squares_are_made_once_and_kept(tmp_path: Path) -> None:
    films = read_films(write_manifest(tmp_path, [{}, {}]))
    first = cached_squares(films, 16, tmp_path / "cache")
    for film in films:
        film.path.unlink()

    assert first.shape == (2, 16, 16)
    assert (cached_squares(films, 16, tmp_path / "cache") == first).all()


def test_a_missing_data_folder_says_how_to_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIDELIGHT_DATA_DIR", raising=False)

    with pytest.raises(FileNotFoundError, match="--data or SIDELIGHT_DATA_DIR"):
        data_folder(tmp_path)
