"""Hanging by protocols that are data, as the reader meets it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from PySide6.QtCore import Qt

from tests.factories_ui import description, film, ramp
from viewer.core.hanging_protocol.files import parse_protocol, site_folder
from viewer.core.settings import Settings

OLD = film("old", study_date=date(2024, 1, 1))
OLD_SIDE = film("oldside", study_date=date(2024, 1, 1), study_instance_uid="1.old", view_position="LL")
NEW = film("new")
SIDE = film("side", study_instance_uid="1.new", view_position="LL")
OWN = {
    "format": "sidelight.hanging/1",
    "id": "own",
    "title": "Lateral & frontal",
    "viewports": [{"show": "current", "view": "lateral"}, {"show": "current", "preset_key": 0}],
    "is_automatic": False,
}


@pytest.fixture
def part(desk):
    return next(part for part in desk.window.features if hasattr(part, "use_protocol"))


def titles(part):
    part.menu.aboutToShow.emit()
    return {entry.text(): entry for entry in part.menu.actions() if entry.text()}


def test_four_viewports_hang_in_two_rows(desk):
    desk.drop(OLD, OLD_SIDE, NEW, SIDE)
    desk.wish("four_viewports")
    desk.wait(lambda: desk.on_screen() == [OLD, NEW, OLD_SIDE, SIDE])
    desk.wait(lambda: desk.viewport(SIDE).y() > 0)
    places = [desk.viewport(shown).geometry().center() for shown in (OLD, NEW, OLD_SIDE)]
    assert places[0].y() == places[1].y() < places[2].y()
    assert places[0].x() == places[2].x() < places[1].x()


def test_a_maximised_film_gets_the_room_of_all_four(desk):
    desk.drop(OLD, OLD_SIDE, NEW, SIDE)
    desk.wish("four_viewports")
    desk.wish("maximise")
    desk.wait(lambda: desk.viewport(NEW).width() == desk.window.films.width())


def test_the_protocol_is_remembered_for_the_next_window(desk, part):
    desk.drop(OLD, NEW, SIDE)
    desk.wish("three_viewports")
    assert desk.on_screen() == [OLD, SIDE, NEW]
    assert titles(part)["Prior, lateral and current"].isChecked()
    assert Settings().text("hanging.protocol") == "chest-3"


def test_a_remembered_protocol_hangs_the_first_film(qtbot, reader, scan):
    from tests.gui.viewer.conftest import Desk

    Settings().set("hanging.protocol", "chest-3")
    desk = Desk(qtbot, reader, scan)
    desk.drop(OLD, NEW, SIDE)
    assert desk.on_screen() == [OLD, SIDE, NEW]
    desk.window.close()


def test_the_side_of_the_current_film_is_a_setting(desk):
    desk.drop(OLD, NEW)
    desk.wish("current_at_left")
    assert desk.on_screen() == [NEW, OLD]
    assert desk.window.films.active == 0
    desk.wish("current_at_left")
    assert desk.on_screen() == [OLD, NEW]


def test_a_sites_protocol_is_offered_and_hangs_with_its_preset(desk, part):
    desk.drop(NEW, SIDE)
    site_folder().mkdir(parents=True)
    (site_folder() / "own.json").write_text(json.dumps(OWN))
    titles(part)["Lateral && frontal"].trigger()
    desk.wait(lambda: desk.on_screen() == [SIDE, NEW])
    desk.wait(lambda: desk.is_shown(SIDE))
    assert not titles(part)["Automatic: the first that fits"].isChecked()


def test_a_wrong_file_is_named_in_the_menu_and_changes_nothing(desk, part):
    desk.drop(OLD, NEW)
    site_folder().mkdir(parents=True)
    (site_folder() / "bad.json").write_text(json.dumps(OWN | {"viewports": [{"show": "future"}]}))
    (line,) = [entry for text, entry in titles(part).items() if "bad.json" in text]
    assert "viewports.0.show" in line.text()
    assert not line.isEnabled()
    assert desk.on_screen() == [OLD, NEW]


def test_a_file_is_imported_and_a_wrong_one_is_refused_with_the_reason(desk, part, tmp_path):
    desk.drop(NEW, SIDE)
    (tmp_path / "own.json").write_text(json.dumps(OWN))
    part.import_file(tmp_path / "own.json")
    assert desk.on_screen() == [SIDE, NEW]
    (tmp_path / "bad.json").write_text("[")
    part.import_file(tmp_path / "bad.json")
    assert "Nothing was imported. bad.json" in desk.window.status_line.text()


def test_what_hangs_can_be_exported_for_another_site(desk, part, tmp_path):
    desk.drop(OLD, NEW)
    part.export_file(desk.window.light_box.hung.protocol, tmp_path / "ours.json")
    assert parse_protocol((tmp_path / "ours.json").read_bytes(), "ours").id == "chest-2"
    part.export_file(desk.window.light_box.hung.protocol, tmp_path / "no folder" / "x.json")
    assert "could not be written" in desk.window.status_line.text()


def test_a_protocol_that_does_not_fit_is_said_and_another_hangs(desk, part, tmp_path):
    desk.drop(NEW)
    (tmp_path / "own.json").write_text(json.dumps(OWN | {"fits": {"views": ["lateral"]}}))
    part.import_file(tmp_path / "own.json")
    part.use_protocol("own")
    assert "not meant for this study" in desk.window.status_line.text()
    assert desk.on_screen() == [NEW]


def test_p_brings_the_prior_beside_a_film_that_hangs_alone(desk):
    desk.drop(OLD, NEW)
    desk.wish("one_viewport")
    assert desk.on_screen() == [NEW]
    desk.wish("toggle_prior")
    assert desk.on_screen() == [OLD, NEW]


def test_the_preset_of_a_viewport_holds_for_a_film_that_was_not_seen_before(desk, part, tmp_path):
    (tmp_path / "own.json").write_text(json.dumps(OWN))
    part.import_file(tmp_path / "own.json")
    desk.drop(NEW, SIDE)
    assert desk.view(NEW).voi_name == "auto"
    assert desk.view(SIDE).voi_name == desk.window.films.loaded[SIDE.key].first_view.voi_name


def test_a_lateral_does_not_follow_the_frontal_films(desk):
    desk.drop(OLD, NEW, SIDE)
    desk.wish("three_viewports")
    desk.wait(lambda: desk.is_shown(SIDE))
    before = desk.view(SIDE)
    desk.drag(NEW, Qt.MouseButton.LeftButton, 60, 0)
    assert desk.view(SIDE) == before
    assert desk.view(OLD).voi == desk.view(NEW).voi


def test_films_of_another_size_hang_side_by_side_at_one_scale(desk):
    large = film("large", pixels=description(600, 500, imager_pixel_spacing_mm=(0.2, 0.2)))
    small = film("small", study_date=date(2023, 1, 1))
    desk.reader.films[large.key] = ramp(600, 500, imager_pixel_spacing_mm=(0.2, 0.2))
    desk.reader.films[small.key] = ramp(300, 250, imager_pixel_spacing_mm=(0.2, 0.2))
    desk.drop(large, small)
    steps = [desk.viewport(shown).placement().step_x for shown in (large, small)]
    assert steps[0] == pytest.approx(steps[1])
    desk.press(Qt.Key.Key_X)
    steps = [desk.viewport(shown).placement().step_x for shown in (large, small)]
    assert steps[1] == pytest.approx(2 * steps[0], rel=0.01)  # each fills its own viewport again


def test_zooming_from_the_common_scale_does_not_jump(desk):
    large = film("large", study_date=date(2023, 1, 1))
    small = film("small")
    desk.reader.films[large.key] = ramp(600, 500, imager_pixel_spacing_mm=(0.2, 0.2))
    desk.reader.films[small.key] = ramp(300, 250, imager_pixel_spacing_mm=(0.2, 0.2))
    desk.drop(large, small)
    before = desk.viewport(small).placement().step_x
    desk.wheel(small, 1, Qt.KeyboardModifier.ControlModifier)
    assert desk.viewport(small).placement().step_x == pytest.approx(before * 1.2)
    assert desk.viewport(large).placement().step_x == pytest.approx(before * 1.2)
