"""What the reader sees, held as pictures: the chest presets, and a film with a shutter and overlays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from golden.pictures import assert_golden
from PySide6.QtGui import QImage, QPainter

from tests.factories import chest_film_dataset, chest_picture, write_dataset
from tests.factories.layers import add_overlay, add_shutter
from tests.factories_ui import description
from viewer.core.chest_presets import chest_presets, preset_voi
from viewer.core.exposure import exposed_sample
from viewer.core.presentation import is_inverse, render
from viewer.core.reader import FilmReader
from viewer.core.study import FilmPixels, Source
from viewer.core.voi import initial_voi
from viewer.ui.film_loader import load_film
from viewer.ui.film_picture import FilmPicture
from viewer.ui.placement import Posture

ROWS, COLUMNS = 240, 200


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("preset", chest_presets(), ids=lambda preset: preset.name)
def test_a_chest_preset_looks_as_it_did(preset, photometric):
    seen = np.rint(chest_picture(ROWS, COLUMNS) * 4095).astype(np.uint16)
    stored = 4095 - seen if photometric == "MONOCHROME1" else seen
    pixels = FilmPixels(description(ROWS, COLUMNS, photometric_interpretation=photometric), stored)
    voi = preset_voi(exposed_sample(pixels), initial_voi(pixels), is_inverse(pixels.description), preset)

    assert_golden(f"preset {preset.name}", render(pixels, voi))


def film_with_layers():
    made = chest_film_dataset(rows=ROWS, columns=COLUMNS, patient_orientation=("L", "F"))
    lines, region = np.zeros((ROWS, COLUMNS), bool), np.zeros((60, 50), bool)
    lines[60, 40:160] = lines[40:200, 100] = True
    region[10:50, 10:40] = True
    add_overlay(made, lines)
    add_overlay(made, region, group=0x6002, origin=(120, 30), kind="R")
    add_shutter(
        made,
        rectangle=(11, 190, 9, 230),
        circle=(120, 100, 118),
        polygon=((1, 60), (1, 200), (240, 200), (240, 1), (120, 1)),
        value=0x3000,
    )
    return made


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("shutter and overlay", {}),
        ("shutter and overlay, turned and enlarged", {"posture": Posture(1, True), "zoom": 2.0}),
        ("shutter open", {"is_shutter_open": True}),
        ("overlay hidden", {"are_overlays_hidden": True}),
    ],
)
def test_shutter_and_overlays_lie_over_the_film_as_they_did(tmp_path, qapp, name, look):
    with FilmReader() as films:
        film = films.open(Source(write_dataset(tmp_path / "film.dcm", film_with_layers())))
        loaded = load_film(film, films.pixels)
    size = (260, 300)
    picture = FilmPicture(loaded.pixels, loaded.layers)

    drawable = picture.fine(replace(loaded.first_view, **look), size)

    screen = QImage(*size, QImage.Format.Format_RGB888)
    screen.fill(0)
    painter = QPainter(screen)
    drawable.draw(painter)
    painter.end()
    drawn = np.frombuffer(screen.constBits(), np.uint8).reshape(size[1], -1)[:, : 3 * size[0]]
    assert_golden(name, drawn.reshape(size[1], size[0], 3))
