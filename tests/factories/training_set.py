"""A small clean training set: phantom films with reports, labels and boxes that agree. Nothing in it is anybody's."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.backend import FilmInput
from inference.phantom import project, sample_case
from inference.phantom.rays import View
from inference.training.rows import DataSet, KnownBox, KnownFilm, KnownStudy, UnreadableFilm
from viewer.core.study import PixelDescription

SIDE = 128
LATERAL = 1000  # films with this number and above are lateral
STUDIES = 28
EVERY = 3  # every third study has an effusion
_HEARTS = ("The heart is normal in size.", "Normal heart size.", "The cardiac silhouette is not enlarged.")
_BONES = ("Bony structures are intact.", "The visualized ribs are intact.", "Normal spine alignment.", "")
_AIR = ("There is no pneumothorax.", "No pneumothorax is seen.")
_FLUID = {
    "right": (
        "There is a small right pleural effusion.",
        "A right pleural effusion is seen.",
        "Blunting of the right costophrenic angle by a pleural effusion.",
    ),
    "left": (
        "There is a small left pleural effusion.",
        "A left pleural effusion is seen.",
        "Moderate pleural effusion on the left.",
    ),
    "": ("No pleural effusion.", "There is no pleural effusion.", "The costophrenic angles are sharp."),
}


@cache
def _person(seed: int, view: View) -> NDArray[np.uint8]:
    picture = project(sample_case(seed, findings=frozenset()), view, (SIDE, SIDE)).picture
    return (np.clip(picture, 0, 1) * 255).astype(np.uint8)


@cache
def film_of(number: int) -> NDArray[np.uint8]:
    """A film (SIDE, SIDE) uint8; each number another one: other bones, other breath, other place."""
    random = np.random.default_rng(number)
    turn, stretch = random.uniform(-0.05, 0.05), random.uniform(0.9, 1.1, 2)
    shift = random.uniform(-6, 6, 2)
    cosine, sine = np.cos(turn), np.sin(turn)
    middle = SIDE / 2
    a, b, d, e = cosine * stretch[0], -sine, sine, cosine * stretch[1]
    matrix = (a, b, middle * (1 - a - b) + shift[0], d, e, middle * (1 - d - e) + shift[1])
    person = _person(5, "LL") if number >= LATERAL else _person(3 + number % 4, "PA")
    moved = Image.fromarray(person).transform(
        (SIDE, SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=6
    )
    grain = random.normal(0, 3, (SIDE, SIDE))
    return np.clip(np.asarray(moved) + grain, 0, 255).astype(np.uint8)


def study_of(number: int) -> KnownStudy:
    """Study `number` of the clean set."""
    side = ("", "right", "left")[number // EVERY % 3] if number % EVERY == 0 else ""
    fluid = _FLUID[side][number % 3]
    words = (
        _HEARTS[number % 3],
        fluid,
        _AIR[number % 2],
        _BONES[number % 4],
        f"{8 + number % 3} ribs are seen.",
    )
    left, right = (SIDE * 0.1, SIDE * 0.4) if side == "right" else (SIDE * 0.6, SIDE * 0.9)
    boxes = (KnownBox("pleural effusion", (left, SIDE * 0.6, right, SIDE * 0.8)),) if side else ()
    return KnownStudy(
        id=f"s{number}",
        row=f"reports.csv:{number + 2}",
        patient=f"p{number}",
        films=(KnownFilm(f"f{number}", view="PA", boxes=boxes),),
        findings=" ".join(word for word in words if word),
        impression=fluid if side else "",
        labels={
            "pleural effusion": "present" if side else "absent",
            "no finding": "absent" if side else "present",
        },
        label_source="radiologist",
    )


class Films:
    """Opens the films of a set; single ones can be given other pixels."""

    def __init__(self) -> None:
        self.pixels: dict[str, NDArray[np.uint8]] = {}
        self.broken: set[str] = set()
        self.synthetic: set[str] = set()

    def open(self, film: KnownFilm) -> FilmInput:
        if film.key in self.broken:
            raise UnreadableFilm("the file ends too early")
        pixels = self.pixels.get(film.key)
        if pixels is None:
            pixels = film_of(int(film.key.removeprefix("f")))
        description = PixelDescription(*pixels.shape)
        return FilmInput("", pixels, description, "DX", "CHEST", film.view, film.key in self.synthetic)


def clean_set(count: int = STUDIES) -> tuple[DataSet, Films]:
    """The set, and what opens its films."""
    films = Films()
    return DataSet("clean", tuple(study_of(number) for number in range(count)), films.open), films


def with_study(data: DataSet, number: int, study: KnownStudy) -> DataSet:
    """The set with one study replaced."""
    return replace(data, studies=(*data.studies[:number], study, *data.studies[number + 1 :]))
