"""Processed looks: seen on the screen and said there, in exports and on paper, and never in the pixels themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from tests.factories import chest_picture
from tests.factories_ui import description, film
from viewer.core.measure.spacing import spacing_of
from viewer.core.study import FilmPixels
from viewer.core.voi import WindowVoi
from viewer.ui.captions import badges, corners
from viewer.ui.comparison.stand_in import difference_view
from viewer.ui.film_picture import FilmPicture
from viewer.ui.film_view import FilmView
from viewer.ui.output.export import capture_request
from viewer.ui.output.page import page_of
from viewer.ui.output.view_picture import PictureWish, copy_of, paint_view, rgb_of
from viewer.ui.placement import Posture
from viewer.ui.raster import postured

ROWS, COLUMNS = 480, 400
LOOKS = pytest.mark.parametrize(("wish", "look"), [("look_edges", "edges"), ("look_clahe", "clahe")])


def chest(name, photometric="MONOCHROME2", **header):
    return film(name, pixels=description(ROWS, COLUMNS, photometric_interpretation=photometric), **header)


NEW, OLD = chest("new"), chest("old", study_date=date(2024, 1, 1))
OTHER_WAY = chest("other", photometric="MONOCHROME1")


def pixels_of(one) -> FilmPixels:
    seen = np.rint(chest_picture(ROWS, COLUMNS) * 4095).astype(np.uint16)
    is_inverse = one.header.pixels.photometric_interpretation == "MONOCHROME1"
    return FilmPixels(one.header.pixels, 4095 - seen if is_inverse else seen)


@pytest.fixture
def films(desk):
    for one in (NEW, OLD):
        desk.reader.films[one.key] = pixels_of(one)
    return desk


def drawn(desk, one):
    """The film's grey on screen once it rests, without words on it."""
    viewport = desk.viewport(one)
    desk.window.films.hide_marks(True)
    viewport.repaint()
    desk.wait(lambda: viewport.is_resting)
    grey = rgb_of(viewport.grab().toImage().convertToFormat(QImage.Format.Format_RGB32))
    return grey[..., 0].astype(int)


@LOOKS
def test_a_look_is_seen_and_said_and_the_same_wish_takes_it_away(films, wish, look):
    films.drop(NEW)
    plain = drawn(films, NEW)

    films.wish(wish)

    assert films.view(NEW).look == look
    assert films.window.actions_by_id[wish].isChecked()
    assert np.abs(drawn(films, NEW) - plain).max() > 5
    said = corners(films.viewport(NEW).state.slot, films.view(NEW), 1.0).badges
    assert [badge for badge in said if badge.startswith("PROCESSED")]

    films.wish(wish)

    assert not films.window.actions_by_id[wish].isChecked()
    assert not badges(NEW.header, films.view(NEW))
    assert (drawn(films, NEW) == plain).all()


def test_there_is_one_look_at_a_time(films):
    films.drop(NEW)
    films.wish("look_edges")
    films.wish("look_clahe")
    assert not films.window.actions_by_id["look_edges"].isChecked()
    assert films.window.actions_by_id["look_clahe"].isChecked()


def test_undo_redo_and_reset_bring_the_look_and_its_tick_with_them(films):
    films.drop(NEW)
    ticked = films.window.actions_by_id["look_clahe"].isChecked
    films.wish("look_clahe")
    films.wish("undo")
    assert (films.view(NEW).look, ticked()) == ("", False)
    films.wish("redo")
    assert (films.view(NEW).look, ticked()) == ("clahe", True)
    films.wish("reset_view")
    assert (films.view(NEW).look, ticked()) == ("", False)


def test_the_prior_in_sync_has_the_look_too_so_that_processing_is_no_change(films):
    films.drop(OLD, NEW)
    films.wish("look_edges")
    assert films.view(OLD).look == films.view(NEW).look == "edges"
    films.wish("toggle_sync")
    films.wish("look_edges")
    assert {films.view(OLD).look, films.view(NEW).look} == {"edges", ""}


@LOOKS
def test_panels_and_measurements_have_the_pixels_as_they_are(films, wish, look):
    films.drop(NEW)
    before = pixels_of(NEW).stored
    films.wish(wish)
    drawn(films, NEW)
    for given in (
        films.window.films.loaded[NEW.key].pixels.stored,
        films.viewport(NEW).picture.pixels.stored,
        films.reader.pixels(NEW).stored,
    ):
        assert (given == before).all()


@LOOKS
def test_exports_and_paper_show_the_look_and_say_so(films, wish, look):
    films.drop(NEW)
    films.window.films.hide_marks(True)
    viewport = films.viewport(NEW)
    bare = PictureWish(has_text_and_marks=False)
    plain = rgb_of(paint_view(copy_of(viewport), bare)).astype(int)
    middle = slice(plain.shape[0] // 2, plain.shape[0] * 3 // 4)  # where no badge stands

    films.wish(wish)

    made = copy_of(viewport)
    assert np.abs(rgb_of(paint_view(made, bare)) - plain)[middle].max() > 5
    assert "PROCESSED" in capture_request(made, PictureWish()).derivation
    assert "PROCESSED" in page_of(made, spacing_of(NEW.header.pixels), "Sidelight").badges


@LOOKS
def test_a_monochrome1_film_has_the_same_look(wish, look):
    view = FilmView(voi=WindowVoi(2048, 4096), zoom=1.0, look=look)
    one, other = (FilmPicture(pixels_of(film)).fine(view, (COLUMNS, ROWS)) for film in (NEW, OTHER_WAY))
    plain = FilmPicture(pixels_of(NEW)).fine(replace(view, look=""), (COLUMNS, ROWS))
    assert (one.levels == other.levels).all()
    assert (one.levels != plain.levels).any()


def test_the_magnifier_shows_the_greys_of_the_film_beside_it():
    picture = FilmPicture(pixels_of(NEW))
    view = FilmView(voi=WindowVoi(2048, 4096), zoom=1.0, look="clahe")
    whole = picture.fine(view, (COLUMNS, ROWS)).levels
    assert (whole != picture.fine(replace(view, look=""), (COLUMNS, ROWS)).levels).any()
    lens = picture.fine(replace(view, center=(100.0, 200.0)), (80, 80)).levels
    assert (lens == whole[160:240, 60:140]).all()


@pytest.mark.parametrize("posture", [Posture(1), Posture(0, True), Posture(3, True)])
@LOOKS
def test_a_turned_film_has_the_turned_look(wish, look, posture):
    picture = FilmPicture(pixels_of(NEW))
    view = FilmView(voi=WindowVoi(2048, 4096), zoom=1.0, look=look)
    upright = picture.fine(view, (900, 900)).levels
    turned = picture.fine(replace(view, posture=posture), (900, 900)).levels
    assert (turned == postured(upright, posture)).all()


def test_while_the_hand_drags_the_look_holds_nothing_up(films, monkeypatch):
    films.drop(NEW)
    films.wish("look_clahe")
    drawn(films, NEW)
    viewport = films.viewport(NEW)
    processed = []
    looks = viewport.picture._looks
    real = type(looks).finish
    monkeypatch.setattr(type(looks), "finish", lambda self, view: (processed.append(1), real(self, view))[1])

    films.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton)
    for step in range(1, 6):
        films.qtbot.mouseMove(viewport, viewport.rect().center() + type(viewport.pos())(6 * step, 0))
        viewport.repaint()
    assert processed == []
    films.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton)
    films.wait(lambda: viewport.is_resting)
    assert processed == [1]
    assert not viewport.picture.is_fine_cheap(
        films.view(NEW), viewport.device_size
    )  # never in the GUI thread


def test_a_computed_difference_is_never_processed(films):
    films.drop(NEW)
    films.wish("look_edges")
    own = films.view(NEW), NEW.header.pixels, (400, 400)
    assert difference_view(own) == replace(difference_view(own), look="")


def test_without_a_film_nothing_is_ticked(films):
    films.wish("look_edges")
    assert not films.window.actions_by_id["look_edges"].isChecked()
