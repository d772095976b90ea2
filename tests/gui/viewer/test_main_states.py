"""The window in its main states, held as screenshots that a person looked at (tests/golden/main_states)."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
from golden.main_states import assert_state
from gui.viewer.conftest import Desk
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, Qt

from tests.factories import chest_picture
from tests.factories_ui import description, film
from viewer.api import Mark
from viewer.core.study import FilmPixels
from viewer.ui.tools.controller import Tools

ROWS, COLUMNS = 480, 400
LOOK = {"imager_pixel_spacing_mm": (0.7, 0.7), "patient_orientation": ("L", "F")}


def chest(name: str, day: date, **header):
    return film(
        name, pixels=description(ROWS, COLUMNS, **LOOK), study_date=day, study_description="Chest", **header
    )


OLD = chest("old", date(2024, 3, 1))
NEW = chest("new", date(2024, 4, 2))
SIDE = chest("side", date(2024, 4, 2), study_instance_uid="1.new", view_position="LL")


@pytest.fixture
def films(desk: Desk) -> Desk:
    for seed, one in enumerate((OLD, NEW, SIDE)):
        seen = np.rint(chest_picture(ROWS, COLUMNS) * (3700 - 500 * seed)).astype(np.uint16)
        desk.reader.films[one.key] = FilmPixels(one.header.pixels, seen)
    return desk


def shot(desk: Desk) -> Image.Image:
    """The window as it is drawn once every film stands still."""
    shown = [view for view in desk.window.films.viewports if view.isVisible() and view.picture is not None]
    desk.wait(lambda: all(view.is_resting for view in shown))
    desk.window.setFocus()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    desk.window.grab().save(buffer, "PNG")
    return Image.open(io.BytesIO(bytes(buffer.data().data())))


def test_nothing_is_open(films):
    assert_state("nothing open", shot(films))


def test_current_and_prior(films):
    films.drop(OLD, NEW, SIDE)
    assert_state("current and prior", shot(films))


def test_three_viewports(films):
    films.drop(OLD, NEW, SIDE)
    films.wish("three_viewports")
    films.wait(lambda: all(films.is_shown(one) for one in films.on_screen()))
    assert_state("three viewports", shot(films))


def test_flipped_and_inverted(films):
    films.drop(NEW)
    films.wish("invert")
    films.wish("flip_left_right")
    assert_state("flipped and inverted", shot(films))


def test_a_panels_marks_and_banner(films):
    films.drop(NEW)
    box = Mark("b", NEW.key, (60, 250, 170, 400), "pleural effusion")
    films.window.set_marks("panel", (box,))
    films.window.films.banners.set_line("plugin panel", "AI DRAFT – NOT REVIEWED")
    assert_state("a panel's marks", shot(films))


def test_a_measured_length(films):
    films.drop(NEW)
    tools = next(part for part in films.window.features if isinstance(part, Tools))
    films.wait(lambda: tools.book.film(NEW.key))
    films.press(Qt.Key.Key_D)
    films.drag(NEW, Qt.MouseButton.LeftButton, 140, -60)
    assert tools.book.marks_of(NEW.key).annotations
    assert_state("a measured length", shot(films))


def test_the_keys(films):
    films.drop(NEW)
    films.wish("show_keys")
    assert_state("keys", shot(films))


def test_a_state_that_changed_is_noticed(films, monkeypatch):
    monkeypatch.delenv("SIDELIGHT_MAKE_GOLDEN", raising=False)
    films.drop(NEW)
    films.window.studies.hide()
    with pytest.raises(AssertionError, match="is not what it was"):
        assert_state("flipped and inverted", shot(films))
