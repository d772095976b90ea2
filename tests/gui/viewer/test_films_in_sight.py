"""A finding now and on the prior, side by side: the pair is brought into sight with as little change as will do."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt

from tests.factories_ui import description, film, ramp
from viewer.ui.host import PluginHost

OLDEST = film("oldest", study_date=date(2023, 1, 1), pixels=description(600, 500))
OLD = film("old", study_date=date(2024, 1, 1), pixels=description(600, 500))
NEW = film("new", study_date=date(2024, 3, 1), pixels=description(600, 500))
LATERAL = film(
    "side",
    study_instance_uid="1.new",
    study_date=date(2024, 3, 1),
    view_position="LL",
    pixels=description(600, 500),
)
REGION, OLD_REGION = (50.0, 60.0, 150.0, 160.0), (60.0, 400.0, 160.0, 500.0)


@pytest.fixture
def host(desk):
    for one in (OLDEST, OLD, NEW, LATERAL):
        desk.reader.films[one.key] = ramp(600, 500)
    return PluginHost(desk.window, "Pairs")


def is_in_sight(desk, one, region):
    viewport = desk.viewport(one)
    left, top, right, bottom = viewport.placement().box_to_screen(region)
    width, height = viewport.device_size
    return left >= 0 and top >= 0 and right <= width and bottom <= height


def test_a_pair_on_screen_is_left_as_it_is_and_the_first_film_is_active(desk, host):
    desk.drop(OLD, NEW)
    views = {one.key: desk.view(one) for one in (OLD, NEW)}
    host.show_films((OLD.key, NEW.key), (OLD_REGION, REGION))
    assert desk.viewport(OLD).state.is_active
    assert {one.key: desk.view(one) for one in (OLD, NEW)} == views
    assert not desk.window.actions_by_id["undo"].isEnabled()


def test_a_hidden_prior_comes_back(desk, host):
    desk.drop(OLD, NEW)
    desk.wish("toggle_prior")
    assert OLD not in desk.on_screen()
    host.show_films((NEW.key, OLD.key))
    assert {one.key for one in desk.on_screen()} == {OLD.key, NEW.key}
    assert desk.window.actions_by_id["toggle_prior"].isChecked()
    assert desk.viewport(NEW).state.is_active


def test_where_one_film_is_hung_the_prior_comes_beside_it(desk, host):
    desk.drop(OLD, NEW)
    desk.wish("one_viewport")
    assert desk.on_screen() == [NEW]
    host.show_films((NEW.key, OLD.key))
    assert {one.key for one in desk.on_screen()} == {OLD.key, NEW.key}


def test_one_film_alone_in_the_area_makes_way_for_the_pair(desk, host):
    desk.drop(OLD, NEW)
    desk.wish("maximise")
    assert desk.window.films.maximised is not None
    host.show_films((NEW.key, OLD.key))
    assert desk.viewport(OLD).isVisible()
    assert desk.viewport(NEW).isVisible()


def test_another_prior_is_hung_for_its_film(desk, host):
    desk.drop(OLDEST, OLD, NEW)
    desk.wish("two_viewports")
    assert OLDEST not in desk.on_screen()
    host.show_films((NEW.key, OLDEST.key))
    assert {one.key for one in desk.on_screen()} == {OLDEST.key, NEW.key}


def test_another_film_of_the_study_is_hung(desk, host):
    desk.drop(NEW, LATERAL)
    desk.wish("one_viewport")
    (shown,) = desk.on_screen()
    other = LATERAL if shown == NEW else NEW
    host.show_films((other.key,))
    assert desk.on_screen() == [other]


def test_films_of_other_people_and_unknown_ones_are_left_out(desk, host):
    stranger = film("b", patient_id="P2", patient_name="Other^One")
    desk.drop(OLD, NEW, stranger)
    before = desk.on_screen()
    host.show_films((stranger.key, "nobody", OLD.key))
    assert desk.on_screen() == before
    assert desk.viewport(OLD).state.is_active


def test_regions_out_of_sight_are_brought_into_it_at_the_same_zoom(desk, host):
    desk.drop(OLD, NEW)
    desk.wheel(NEW, 8, Qt.KeyboardModifier.ControlModifier)
    zoom = desk.view(NEW).zoom
    assert not is_in_sight(desk, NEW, REGION)
    assert not is_in_sight(desk, OLD, OLD_REGION)
    host.show_films((NEW.key, OLD.key), (REGION, OLD_REGION))
    assert is_in_sight(desk, NEW, REGION)
    assert is_in_sight(desk, OLD, OLD_REGION)
    assert desk.view(NEW).zoom == zoom


def test_bringing_regions_into_sight_is_one_step_to_undo(desk, host):
    desk.drop(OLD, NEW)
    desk.wheel(NEW, 8, Qt.KeyboardModifier.ControlModifier)
    views = [desk.view(OLD), desk.view(NEW)]
    host.show_films((NEW.key, OLD.key), (REGION, OLD_REGION))
    assert [desk.view(OLD), desk.view(NEW)] != views
    desk.wish("undo")
    assert [desk.view(OLD), desk.view(NEW)] == views


def test_a_region_waits_for_its_film(desk, host):
    desk.drop(OLD, NEW)
    desk.wheel(NEW, 8, Qt.KeyboardModifier.ControlModifier)
    desk.wish("toggle_prior")
    host.show_films((NEW.key, OLD.key), (REGION, OLD_REGION))
    assert OLD.key not in desk.window.films.loaded
    desk.wait(lambda: OLD.key in desk.window.films.loaded)
    assert is_in_sight(desk, OLD, OLD_REGION)


def test_each_film_needs_its_region(desk, host):
    desk.drop(OLD, NEW)
    with pytest.raises(ValueError, match="1 regions of 2 films"):
        host.show_films((NEW.key, OLD.key), (REGION,))
