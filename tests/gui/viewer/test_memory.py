"""Many films under a small cap of memory."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QLabel

from tests.factories_ui import description, film
from viewer.core.study import FilmPixels

SIDE = 64
FILMS = 120
CAP_FILMS = 12


def numbered(number):
    """Bright pixels, with the film's number in the first two."""
    stored = np.full((SIDE, SIDE), 2000, np.uint16)
    stored[SIDE // 4 : -SIDE // 4] = 3500
    stored[0, :2] = divmod(number, 256)
    return FilmPixels(description(SIDE, SIDE), stored)


def number_on_screen(desk):
    picture = desk.window.films.viewports[0].picture
    return (
        None if picture is None else int(picture.pixels.stored[0, 0]) * 256 + int(picture.pixels.stored[0, 1])
    )


def is_black(desk):
    image = desk.window.films.viewports[0].grab().toImage()
    at = image.rect().center()
    return image.pixelColor(at).value() < 30


def test_many_films_in_sequence_and_back_again_show_no_black_image_under_a_small_cap(desk):
    films = [
        film(f"f{number:03}", study_instance_uid="1.many", instance_number=number, series_instance_uid="1.s")
        for number in range(FILMS)
    ]
    for number, one in enumerate(films):
        desk.reader.films[one.key] = numbered(number)
    store = desk.window.pixel_store
    store.cap_bytes = CAP_FILMS * numbered(0).stored.nbytes
    desk.drop(*films)
    desk.wait(lambda: len(desk.window.light_box.patients[0].studies[0].films) == FILMS)
    desk.window.films.step(-FILMS)
    desk.wait(lambda: number_on_screen(desk) == 0)
    most = 0
    for number in [*range(1, FILMS), *range(FILMS - 2, -1, -1)]:
        with desk.qtbot.waitSignal(desk.window.films.film_shown, timeout=5000):
            desk.window.films.step(1 if desk.on_screen()[0].header.instance_number < number else -1)
        assert number_on_screen(desk) == number
        most = max(most, store.held_bytes)
        if number % 25 == 0:
            assert not is_black(desk)
    assert most <= store.cap_bytes
    assert len(desk.window.films.loaded) == 1
    assert store.let_go >= FILMS - CAP_FILMS


def test_films_that_had_to_make_room_are_told_in_the_status_bar(desk):
    first, second = (film(name, study_instance_uid="1.s", instance_number=at) for at, name in enumerate("ab"))
    desk.window.pixel_store.cap_bytes = 60 * 50 * 2  # one film
    desk.drop(first, second)
    label = desk.window.findChild(QLabel, "memory_note")
    assert not label.isVisible()
    desk.window.films.step(1)
    desk.wait(lambda: desk.on_screen() == [second] and desk.is_shown(second))
    assert label.isVisible()
    assert "1 films" in label.toolTip()
