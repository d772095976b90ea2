"""A laptop's window, or letters of 200 %: the films keep the larger part of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from tests.factories_ui import film

FILM = film("a")


def dock_with_panel(desk):
    dock = desk.window.add_dock("panel", "Panel", QLabel("…"))
    desk.wait(lambda: dock.width() > 100)
    return dock


def test_a_narrow_window_gives_its_films_the_room_and_takes_it_back(desk):
    desk.drop(FILM)
    dock = dock_with_panel(desk)
    desk.window.resize(1400, 700)
    desk.wait(lambda: desk.window.width() == 1400)
    desk.window.resizeDocks([dock], [390], Qt.Orientation.Horizontal)
    desk.wait(lambda: dock.width() == 390)
    wide = (desk.window.studies.width(), 390)

    desk.window.resize(1024, 700)
    desk.wait(lambda: desk.window.films.width() > 440)
    assert desk.window.studies.width() < wide[0]
    assert dock.width() < wide[1]

    desk.window.resize(1400, 700)
    desk.wait(lambda: (desk.window.studies.width(), dock.width()) == wide)


def test_a_panel_that_comes_into_a_narrow_window_is_narrow(desk):
    desk.drop(FILM)
    desk.window.resize(1024, 700)
    desk.wait(lambda: desk.window.width() == 1024)

    dock = dock_with_panel(desk)

    assert desk.window.panel_width == 320
    desk.wait(lambda: dock.width() <= 320)


def test_within_a_narrow_window_widths_are_the_reader_s(desk):
    desk.drop(FILM)
    desk.window.resize(1100, 700)
    desk.wait(lambda: desk.window.width() == 1100)
    desk.window.middle.setSizes([300, 700])
    chosen = desk.window.studies.width()

    desk.window.resize(1080, 700)
    desk.wait(lambda: desk.window.width() == 1080)

    assert abs(desk.window.studies.width() - chosen) <= 20
