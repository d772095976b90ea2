"""The bundled generator's recipe from end to end, tiny, on phantoms: a pack that draws; a kill changes nothing."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inference.packs.files import sha256_of
from inference.synthesis.generator import Generator
from inference.synthesis.networks import load_networks
from inference.synthesis.privacy.gate import check_release
from inference.synthesis.training.finish import CANDIDATE, PACK, Finished
from inference.synthesis.training.starter.recipe import OtherRecipe, begin, train_starter_synth
from inference.synthesis.training.starter.settings import LESSONS, Lesson, Sizes, StarterSynthRecipe
from inference.synthesis.training.starter.squares import (
    films_of,
    held_out_squares,
    learnt_squares,
    patients_of,
)
from inference.synthesis.wish import FilmWish


def lesson(batch: int, average: float = 0.9) -> Lesson:
    return Lesson(4, batch, 1e-3, seconds=1, warm_up=1, average=average, save_every=2)


TINY = StarterSynthRecipe(
    phantoms=4,
    test_phantoms=7,
    sizes=Sizes(
        side=64,
        latent_channels=4,
        autoencoder_width=8,
        encoder_blocks=(1, 1, 1, 1),
        decoder_blocks=(1, 1, 1, 1),
        unet_widths=(8, 16),
        norm_groups=4,
        text_width=16,
        text_layers=1,
        text_inner=32,
        text_heads=2,
        words=24,
    ),
    autoencoder=replace(lesson(2, 0.0), steps=30),  # or all films come back alike
    decoder=lesson(2),
    sharpness=lesson(2),
    text=lesson(4, 0.0),
    base=lesson(2),
    adapter=lesson(2),
    steps=2,
    privacy_films=4,
)


class Killed(BaseException):
    """As a power cut: nobody catches it."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    out = tmp_path_factory.mktemp("whole")
    return out, train_starter_synth(None, out, TINY)


def weights(pack: Path) -> dict[str, str]:
    files = [*pack.rglob("*.safetensors"), pack / "synthesis.json"]
    return {file.relative_to(pack).as_posix(): sha256_of(file) for file in files}


def test_the_pack_draws_both_views_and_the_same_seed_gives_the_same_bytes(whole):
    _, finished = whole
    assert finished.pack is not None, finished.report.reasons
    assert check_release(finished.pack.folder, finished.pack.manifest) == ""
    generator = Generator(load_networks(finished.pack))

    def drawn(**changes: Any) -> bytes:
        picture = generator.draw(FilmWish("large left pleural effusion", steps=2, **changes))
        assert picture.shape == (64, 64)
        return picture.tobytes()

    assert generator.networks.control is not None
    assert drawn(view="PA", seed=1) == drawn(view="PA", seed=1)
    assert len({drawn(view="PA", seed=1), drawn(view="lateral", seed=1), drawn(view="PA", seed=2)}) == 3


def test_a_run_that_is_killed_in_every_stage_ends_with_the_same_weights_and_without_a_pack_that_nobody_looked_at(
    whole, tmp_path
):
    out, finished = whole
    assert finished.pack is not None
    shutil.copytree(out / "phantoms", tmp_path / "phantoms")
    survived: list[str] = []

    def kill_once(name: str, step: int, _: int) -> None:
        killed_at = (
            3 if len(survived) % 2 else 1
        )  # behind a checkpoint, which is due at 2; or before there is one
        in_lesson = name in LESSONS and step == killed_at
        if name not in survived and (in_lesson or name == "drawn"):
            survived.append(name)
            raise Killed

    for _ in (*LESSONS, "drawn"):
        with pytest.raises(Killed):
            train_starter_synth(None, tmp_path, TINY, tell=kill_once)

    assert survived == [*LESSONS, "drawn"], "the search for copies draws films once all has been learnt"
    assert weights(tmp_path / CANDIDATE) == weights(finished.pack.folder)
    assert not (tmp_path / PACK).exists()


def test_a_folder_of_another_recipe_is_not_gone_on_with(whole):
    out, _ = whole
    with pytest.raises(OtherRecipe, match="other settings"):
        begin(out, replace(TINY, seed=7))


def test_films_of_held_out_patients_are_never_even_opened_for_learning(tmp_path):
    data = write_films(tmp_path / "data", 30)
    sides = patients_of(data)
    recipe = replace(TINY, phantoms=0)
    held_out = films_of(data, recipe, ("val", "test"))
    learnt = films_of(data, recipe, ("train",))
    assert {film.patient_id for film in learnt} == {name for name, side in sides.items() if side == "train"}
    assert len(held_out) + len(learnt) == 30 and len(held_out) >= 5
    for film in held_out:
        film.path.unlink()

    assert len(learnt_squares(data, tmp_path / "out", recipe).real) == len(learnt)
    with pytest.raises(FileNotFoundError):
        held_out_squares(data, tmp_path / "out", recipe)


def write_films(folder: Path, count: int) -> Path:
    """A data folder of films that code makes; every sixth patient is of its suggested validation split."""
    (folder / "cxr").mkdir(parents=True)
    rows = []
    for number in range(count):
        grey = np.random.default_rng(number).integers(0, 255, (64, 64), np.uint8)
        Image.fromarray(grey).save(folder / "cxr" / f"{number}.png")
        rows.append({"file": f"{number}.png", "patient_id": f"p{number}"})
        rows[-1]["suggested_split"] = "val" if number % 6 == 0 else "train"
    plain = {"source": "nih", "licence_tier": "A", "images_of_patient": "1", "study_order": "0", "view": "PA"}
    blank = dict.fromkeys(
        ("sex", "age", "label_source", "text_type", "findings", "impression", "extra", "offset_days"), ""
    )
    with (folder / "cxr" / "manifest.csv").open("w", newline="") as file:
        known = (
            plain | blank | dict.fromkeys(("boxes", "anatomy_boxes"), "") | {"width": "64", "height": "64"}
        )
        labels = dict.fromkeys(LABEL_COLUMNS, "")
        writer = csv.DictWriter(file, [*rows[0], *known, *labels])
        writer.writeheader()
        writer.writerows(row | known | labels for row in rows)
    return folder


LABEL_COLUMNS = (
    "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia",
    "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices", "No Finding",
)  # fmt: skip
