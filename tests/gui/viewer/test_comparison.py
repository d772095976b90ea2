"""Flicker and subtraction: the prior in the current film's place, and what it must never become."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.factories.chest_picture import chest_picture
from tests.factories_ui import description, film
from viewer.core.study import FilmPixels
from viewer.ui.captions import role_text

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new")
SIDE = film("side", study_instance_uid="1.new", view_position="LL")
CHEST = chest_picture(240, 200)


def pixels(picture):
    rows, columns = picture.shape
    return FilmPixels(description(rows, columns), np.rint(picture * 4095).astype(np.uint16))


@pytest.fixture
def pair(desk):
    desk.reader.films[NEW.key] = pixels(CHEST)
    desk.reader.films[OLD.key] = pixels(np.roll(CHEST, (6, 10), (0, 1)))
    desk.drop(OLD, NEW)
    return desk


@pytest.fixture
def part(desk):
    return next(part for part in desk.window.features if hasattr(part, "pair"))


def badges(desk):
    return desk.viewport(NEW).state.badges


def wait_until_registered(desk, part, is_still=True):
    """Until everything is ready; then, unless the flicker itself is looked at, the prior stays up."""
    desk.wait(lambda: part.pair is not None and part.pair.difference is not None)
    if is_still:
        part._swap.stop()
    if is_still and not part.is_prior_up:
        part.swap()


def shown_pixels(desk):
    return desk.viewport(NEW).picture.pixels


def test_the_prior_flickers_while_the_key_is_held(pair, part):
    viewport = pair.viewport(NEW)
    viewport.setFocus()
    pair.qtbot.keyPress(viewport, Qt.Key.Key_Q)
    wait_until_registered(pair, part)
    assert viewport.state.slot.role == "prior"
    assert role_text(viewport.state.slot) == "PRIOR · 60 days before"
    part.swap()
    assert viewport.state.slot.role == "current"
    assert not viewport.state.is_stand_in
    part.swap()
    pair.qtbot.keyRelease(viewport, Qt.Key.Key_Q)
    assert viewport.state.slot.role == "current"
    assert not part._swap.isActive()


def test_flicker_goes_on_by_itself_at_the_rate_that_was_set(pair, part):
    pair.wish("flicker")
    wait_until_registered(pair, part, is_still=False)
    for _ in range(9):
        pair.wish("flicker_faster")
    assert part._swap.interval() == round(1000 / 6)  # and never more than three flashes a second
    seen = set()
    pair.wait(lambda: seen.add(pair.viewport(NEW).state.slot.role) or len(seen) == 2)
    pair.press(Qt.Key.Key_Escape)
    assert part.mode == "off"
    assert not pair.window.actions_by_id["flicker"].isChecked()
    assert pair.window.settings.number("comparison.swaps_per_second") == 6


def test_the_registered_prior_lies_on_the_current_film_and_says_what_was_done_to_it(pair, part):
    pair.wish("flicker")
    wait_until_registered(pair, part)
    assert "REGISTERED – prior turned" in badges(pair)[0]
    inside = np.s_[40:-40, 40:-40]
    laid, current = shown_pixels(pair).stored[inside], pixels(CHEST).stored[inside]
    assert np.abs(laid.astype(float) - current).mean() < 60


def test_the_film_as_acquired_is_one_key_away(pair, part):
    pair.wish("flicker")
    wait_until_registered(pair, part)
    pair.press(Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert badges(pair) == ("NOT REGISTERED – as acquired",)
    assert shown_pixels(pair) is pair.reader.films[OLD.key]
    pair.press(Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert "REGISTERED – prior" in badges(pair)[0]


def test_the_current_films_zoom_and_the_priors_window_hold_for_the_stand_in(pair, part):
    pair.press(Qt.Key.Key_X)
    pair.wheel(NEW, 3, Qt.KeyboardModifier.ControlModifier)
    pair.drag(OLD, Qt.MouseButton.LeftButton, 40, 0)
    pair.drag(NEW, Qt.MouseButton.MiddleButton, 5, 5)
    pair.wish("flicker")
    wait_until_registered(pair, part)
    state = pair.viewport(NEW).state
    assert state.view.zoom == pair.view(NEW).zoom
    assert state.view.center == pair.view(NEW).center
    assert state.view.voi == pair.view(OLD).voi


def test_the_subtraction_says_that_it_is_no_film(pair, part):
    pair.wish("subtract_prior")
    wait_until_registered(pair, part)
    assert badges(pair)[0] == "SUBTRACTION – not a film"
    assert badges(pair)[1].startswith("REGISTERED")
    assert role_text(pair.viewport(NEW).state.slot) == "CURRENT − PRIOR · 60 days before"
    pair.wish("subtract_prior")
    assert badges(pair) == ()


def test_no_stand_in_ever_reaches_exports_or_plugins(pair, part):
    pair.wish("subtract_prior")
    wait_until_registered(pair, part)
    window = pair.window
    assert pair.viewport(NEW).state.is_stand_in
    assert window.films.loaded[NEW.key].pixels is pair.reader.films[NEW.key]
    assert window.pixel_store.read(NEW) is pair.reader.films[NEW.key]
    assert window.pixel_store.read(OLD) is pair.reader.films[OLD.key]
    hanging = window.light_box.hung.hanging
    assert (hanging.current_films, hanging.prior_films) == ((NEW,), (OLD,))


def test_marks_of_the_film_are_not_drawn_on_a_stand_in(pair, part):
    from viewer.api import Mark

    pair.window.set_marks("plugin", (Mark("m", NEW.key, (10, 10, 20, 20)), Mark("o", OLD.key, (1, 1, 9, 9))))
    pair.wish("flicker")
    wait_until_registered(pair, part)
    assert pair.viewport(NEW).state.marks == ()


def test_one_film_alone_is_compared_with_a_prior_that_does_not_hang(pair, part):
    pair.wish("one_viewport")
    pair.wish("flicker")
    wait_until_registered(pair, part)
    assert pair.on_screen() == [NEW]
    assert pair.viewport(NEW).state.slot.film == OLD
    assert pair.window.light_box.hung.hanging.prior is None  # plugins compare only what hangs


def test_another_film_in_the_place_ends_the_comparison(pair, part):
    pair.wish("flicker")
    wait_until_registered(pair, part)
    pair.window.light_box.choose_study("1.old")
    assert part.mode == "off"
    assert pair.window.films.stand_in is None


def test_without_a_prior_the_reader_is_told(desk, part):
    desk.drop(NEW)
    desk.wish("flicker")
    assert desk.window.status_line.text() == "No prior loaded: no comparison was made."
    assert part.mode == "off"
    assert not desk.window.actions_by_id["flicker"].isChecked()


def test_a_lateral_is_not_compared_with_a_frontal_film(desk, part):
    desk.drop(OLD, NEW, SIDE)
    desk.wish("three_viewports")
    desk.window.films.activate(1)
    desk.wish("flicker")
    assert desk.window.status_line.text() == "No prior loaded: no comparison was made."


def test_two_people_are_never_laid_on_each_other(desk, part):
    stranger = film("stranger", patient_id="P9", patient_name="Someone^Else", study_date=date(2023, 1, 1))
    desk.drop(NEW, stranger)
    desk.window.light_box.choose_study("1.new")
    desk.window.light_box.choose_prior("1.stranger")
    desk.wish("subtract_prior")
    assert "different patients" in desk.window.status_line.text()
    assert desk.window.films.stand_in is None


def test_films_that_do_not_lie_on_each_other_flicker_as_acquired_and_that_is_said(desk, part):
    noise = np.random.default_rng(3).random((240, 200))
    desk.reader.films[NEW.key], desk.reader.films[OLD.key] = pixels(CHEST), pixels(noise)
    desk.drop(OLD, NEW)
    desk.wish("subtract_prior")
    desk.wait(lambda: part.pair is not None and part.pair.problem)
    assert "differ too much" in desk.window.status_line.text()
    assert badges(desk) == ("NOT REGISTERED – as acquired",)


def test_a_prior_that_can_not_be_decoded_ends_the_comparison_with_a_reason(pair, part):
    from viewer.core.errors import FilmError

    pair.wish("one_viewport")
    pair.window.pixel_store._kept.clear()
    pair.reader.films[OLD.key] = FilmError("damaged")
    pair.wish("flicker")
    pair.wait(lambda: part.mode == "off")
    assert "could not be compared" in pair.window.status_line.text()


def test_a_film_that_comes_back_into_its_place_is_smooth_at_once(pair, part):
    pair.wish("flicker")
    wait_until_registered(pair, part)
    part._swap.stop()
    viewport = pair.viewport(NEW)
    for _ in range(2):
        pair.wait(lambda: viewport.is_resting)
        part.swap()
    viewport.repaint()
    assert viewport.is_resting
    assert replace(viewport.state.view) == viewport.picture.settled[0][0]
