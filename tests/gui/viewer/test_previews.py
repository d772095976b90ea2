"""While a large film is decoded, its small picture is on screen; nothing but the eye ever gets it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.factories_ui import description, film, ramp
from viewer.core.errors import DamagedFilm
from viewer.core.study import FilmPixels
from viewer.ui import films_area
from viewer.ui.film_loader import load_film


@pytest.fixture
def waiting(desk):
    """A film whose preview is there and whose pixels come when `let` is called."""
    one = film("a")
    desk.reader.previews[one.key] = FilmPixels(
        description(), np.tile(np.arange(50, dtype=np.uint16), (60, 1))
    )
    desk.reader.films[one.key] = ramp()
    let = desk.reader.hold(one)
    desk.show_only(one)
    viewport = desk.viewport(one)
    desk.wait(lambda: viewport.picture is not None)
    return one, viewport, let


def test_a_preview_is_on_screen_first_and_says_so(desk, waiting):
    one, viewport, let = waiting

    assert viewport.state.badges == ("PREVIEW – the whole film is being decoded",)
    assert viewport.state.message == ""
    assert viewport.state.is_stand_in  # never exported

    let()
    desk.wait(lambda: one.key in desk.window.films.loaded)

    assert (viewport.picture.pixels.stored == ramp().stored).all()
    assert "PREVIEW" not in " ".join(viewport.state.badges)
    assert not viewport.state.is_stand_in


def test_nothing_but_the_eye_gets_a_preview(desk, waiting):
    one, _, let = waiting

    assert one.key not in desk.window.films.loaded
    assert desk.window.films.active_loaded() is None
    desk.press(Qt.Key.Key_3)
    desk.drag(one, Qt.MouseButton.LeftButton, 40, 40)
    desk.wish("invert")
    assert desk.window.films.views.get(one.key) is None

    let()
    desk.wait(lambda: one.key in desk.window.films.loaded)
    assert (desk.window.pixel_store.read(one).stored == ramp().stored).all()
    assert desk.reader.asked == [one.key]


def test_a_film_that_fails_after_its_preview_says_why(desk, waiting):
    one, viewport, let = waiting
    desk.reader.films[one.key] = DamagedFilm("The lower half is missing.")

    let()
    desk.wait(lambda: one.key in desk.window.films.failures)

    assert "The lower half is missing." in viewport.state.message
    assert viewport.picture is None


def test_a_film_that_was_leafed_past_is_not_decoded(desk, monkeypatch):
    past, wanted = film("a"), film("b")
    may_go_on, has_begun = threading.Event(), threading.Event()

    def slow_preview(of):
        if of.key == past.key:
            has_begun.set()
            assert may_go_on.wait(10)

    def decode(of, *others):
        decoded.append(of.key)
        return load_film(of, *others)

    decoded: list[str] = []
    monkeypatch.setattr(desk.reader, "preview", slow_preview)
    monkeypatch.setattr(films_area, "load_film", decode)
    desk.window.light_box.add_known([past, wanted])
    desk.wait(lambda: desk.window.light_box.patients)
    desk.window.light_box.choose_film(past.key)
    desk.wait(has_begun.is_set)
    desk.show_only(wanted)
    may_go_on.set()
    desk.wait(lambda: not desk.window.films.is_loading)

    assert decoded == [wanted.key]
