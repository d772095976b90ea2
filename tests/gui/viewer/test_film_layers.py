"""Shutter and overlays of a film: drawn, told, and taken away by a key without touching a pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.factories_ui import film, ramp
from viewer.core.study import OverlayPlane, Shutter
from viewer.ui.captions import badges

SHUTTER = Shutter(rectangle=(11, 40, 11, 50), presentation_value=0xFFFF)


@pytest.fixture
def layered(desk):
    """A film whose outer pixels are covered in white and whose middle row is a line."""
    told = {"shutter": SHUTTER, "overlays": (OverlayPlane(0x6000, 60, 50),)}
    bits = np.zeros((60, 50), np.uint8)
    bits[30] = 1
    pixels = ramp(**told)
    one = film("a", pixels=pixels.description)
    desk.reader.films[one.key] = replace(pixels, overlays=np.packbits(bits, axis=1)[None])
    desk.drop(one)
    return one


def seen(desk, one, x, y):
    """The colour on screen at the middle of a stored pixel."""
    viewport = desk.viewport(one)
    u, v = viewport.placement().to_screen(x + 0.5, y + 0.5)
    ratio = viewport.devicePixelRatioF()
    color = viewport.grab().toImage().pixelColor(round(u / ratio), round(v / ratio))
    return color.red(), color.green(), color.blue()


def test_the_shutter_covers_and_opens_again(desk, layered):
    assert seen(desk, layered, 45, 25) == (255, 255, 255)
    assert "SHUTTER – part of the film is covered" in badges(layered.header, desk.view(layered))

    desk.wish("toggle_shutter")

    assert seen(desk, layered, 45, 25) != (255, 255, 255)
    assert "SHUTTER OPEN" in badges(layered.header, desk.view(layered))
    desk.wish("toggle_shutter")
    assert seen(desk, layered, 45, 25) == (255, 255, 255)


def test_the_overlay_is_drawn_and_hides(desk, layered):
    red, green, blue = seen(desk, layered, 20, 30)
    assert blue > red + 50

    desk.wish("toggle_overlays")

    red, green, blue = seen(desk, layered, 20, 30)
    assert red == green == blue
    assert "OVERLAY OFF" in badges(layered.header, desk.view(layered))


def test_the_menu_ticks_what_is_drawn(desk, layered):
    window = desk.window
    window.menus["View"].aboutToShow.emit()
    assert window.actions_by_id["toggle_shutter"].isChecked()
    assert window.actions_by_id["toggle_overlays"].isChecked()
    desk.wish("toggle_shutter")
    assert not window.actions_by_id["toggle_shutter"].isChecked()


def test_a_film_without_layers_ticks_nothing_and_the_keys_change_nothing(desk):
    one = film("a")
    desk.drop(one)
    before = desk.viewport(one).grab().toImage()

    desk.wish("toggle_shutter")
    desk.wish("toggle_overlays")

    assert not desk.window.actions_by_id["toggle_shutter"].isChecked()
    assert desk.viewport(one).grab().toImage() == before


def test_reset_brings_shutter_and_overlay_back(desk, layered):
    desk.wish("toggle_shutter")
    desk.wish("toggle_overlays")
    desk.wish("reset_view")
    assert not desk.view(layered).is_shutter_open
    assert not desk.view(layered).are_overlays_hidden


def test_burned_in_text_is_told(desk):
    one = film("a", burned_in_annotation="YES")
    desk.drop(one)
    assert "BURNED-IN TEXT" in badges(one.header, desk.view(one))
