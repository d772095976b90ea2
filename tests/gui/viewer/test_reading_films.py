"""What the hand does to films on screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from tests.factories_ui import film, ramp
from viewer.api import Mark
from viewer.core.presentation import render
from viewer.ui import raster
from viewer.ui.captions import corners, edge_letters
from viewer.ui.placement import Posture

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
LATERAL = film(
    "lat", study_date=date(2024, 3, 1), study_instance_uid="1.new", view_position="LATERAL", instance_number=2
)
BOX = Mark("m1", NEW.key, (10, 20, 30, 40), "opacity 62 %")


@pytest.fixture
def pair(desk):
    desk.drop(OLD, NEW)
    assert desk.on_screen() == [OLD, NEW]
    return desk


def words(desk, shown):
    viewport = desk.viewport(shown)
    text = corners(viewport.state.slot, viewport.state.view, 1.0, viewport.state.notices)
    return "\n".join((*text.top_left, *text.top_right, *text.bottom_left, *text.bottom_right, *text.badges))


def test_the_prior_hangs_beside_the_current_film_with_its_age(pair):
    assert "PRIOR · 60 days before" in words(pair, OLD)
    assert "CURRENT" in words(pair, NEW)
    assert pair.window.films.active == 1


def test_dragging_changes_the_window(pair):
    before = pair.view(NEW).voi
    pair.drag(NEW, Qt.MouseButton.LeftButton, 80, 40)
    after = pair.view(NEW).voi
    assert after.width > before.width
    assert after.center > before.center


def test_a_window_drag_looks_only_at_what_is_on_screen(desk, monkeypatch):
    large = ramp(2400, 2000)
    desk.reader.films[NEW.key] = large
    desk.drop(NEW)
    viewport = desk.viewport(NEW)
    desk.wait(lambda: viewport.is_resting)
    looked_up, full = [], []
    real_render, real_fine = raster.render, raster.fine_patch
    monkeypatch.setattr(
        raster, "render", lambda p, *a, **k: (looked_up.append(p.stored.size), real_render(p, *a, **k))[1]
    )
    monkeypatch.setattr("viewer.ui.film_picture.fine_patch", lambda *a: (full.append(1), real_fine(*a))[1])
    sampled = viewport.picture._sampled

    desk.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton)
    for step in range(1, 9):
        desk.qtbot.mouseMove(viewport, viewport.rect().center() + type(viewport.pos())(6 * step, 0))
        viewport.repaint()
    desk.qtbot.wait(150)  # the hand holds still with the button down: still no full film
    assert len(looked_up) >= 4
    assert max(looked_up) <= viewport.device_size[0] * viewport.device_size[1]
    assert full == []
    assert sampled is None or viewport.picture._sampled[2] is not None

    desk.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton)
    desk.wait(lambda: viewport.is_resting)
    assert full == [1]  # smooth once, at rest


def test_only_the_first_step_of_a_drag_samples_the_film(desk, monkeypatch):
    desk.drop(NEW)
    viewport = desk.viewport(NEW)
    desk.drag(NEW, Qt.MouseButton.LeftButton, 8, 0)
    samples = []
    real = raster.quick_patch
    monkeypatch.setattr("viewer.ui.film_picture.quick_patch", lambda *a: (samples.append(1), real(*a))[1])
    desk.drag(NEW, Qt.MouseButton.LeftButton, 60, 20, steps=10)
    viewport.repaint()
    assert samples == []


def test_the_pixels_on_screen_are_the_pipelines(desk):
    desk.drop(NEW)
    desk.wish("one_to_one")
    viewport = desk.viewport(NEW)
    desk.window.films.hide_marks(True)
    desk.come_to_rest(NEW)
    shown = viewport.grab().toImage()
    placement, expected = viewport.placement(), render(ramp(), desk.view(NEW).voi)
    ratio = viewport.devicePixelRatioF()
    assert ratio == 1
    seen = np.array(
        [
            [
                shown.pixelColor(*(int(c) for c in placement.to_screen(x + 0.5, y + 0.5))).red()
                for x in range(5, 45)
            ]
            for y in range(5, 55)
        ]
    )
    assert (seen == expected[5:55, 5:45]).all()


def test_current_and_prior_are_windowed_together_and_apart_after_x(pair):
    pair.drag(NEW, Qt.MouseButton.LeftButton, 50, 0)
    assert pair.view(OLD).voi == pair.view(NEW).voi
    pair.press(Qt.Key.Key_X)
    before = pair.view(OLD).voi
    pair.drag(NEW, Qt.MouseButton.LeftButton, 50, 0)
    assert pair.view(OLD).voi == before
    assert pair.view(NEW).voi != before


def test_invert_touches_the_active_film_only_and_is_named(pair):
    pair.press(Qt.Key.Key_I)
    assert pair.view(NEW).is_inverted
    assert not pair.view(OLD).is_inverted
    assert "INVERTED" in words(pair, NEW)
    pair.press(Qt.Key.Key_I)
    assert not pair.view(NEW).is_inverted


def test_keys_0_and_1_choose_the_automatic_and_the_stored_window(pair):
    pair.drag(NEW, Qt.MouseButton.LeftButton, 50, 0)
    pair.press(Qt.Key.Key_0)
    assert pair.view(NEW).voi == pair.window.films.loaded[NEW.key].grey.automatic
    pair.press(Qt.Key.Key_1)
    assert pair.view(NEW).voi == pair.window.films.loaded[NEW.key].grey.as_acquired


def test_flips_and_turns_are_named_and_the_letters_follow(desk):
    told = replace(ramp().description, patient_orientation=("L", "F"))
    desk.reader.films[NEW.key] = replace(ramp(), description=told)
    desk.drop(NEW)
    desk.press(Qt.Key.Key_H)
    assert "FLIPPED" in words(desk, NEW)
    letters = edge_letters(("L", "F"), desk.view(NEW).posture)
    assert (letters.left, letters.right) == ("L", "R")
    desk.press(Qt.Key.Key_R)
    assert "ROTATED 90°" in words(desk, NEW)
    desk.press(Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert desk.view(NEW).posture == Posture()


def test_ctrl_wheel_zooms_and_the_prior_follows(pair):
    pair.wheel(NEW, 2, Qt.KeyboardModifier.ControlModifier)
    assert pair.view(NEW).zoom is not None
    assert pair.view(OLD).zoom == pytest.approx(pair.view(NEW).zoom, rel=0.01)  # one pixel of width apart


def test_a_right_drag_upwards_zooms_in(pair):
    fitted = pair.viewport(NEW).placement().step_x
    pair.drag(NEW, Qt.MouseButton.RightButton, 0, -80)
    assert pair.viewport(NEW).placement().step_x > fitted * 1.2


def test_a_middle_drag_pans_without_touching_the_window(pair):
    before = pair.view(NEW)
    pair.wheel(NEW, 5, Qt.KeyboardModifier.ControlModifier)
    centre = pair.view(NEW).center
    pair.drag(NEW, Qt.MouseButton.MiddleButton, -60, 0)
    assert pair.view(NEW).center[0] > centre[0]
    assert pair.view(NEW).voi == before.voi
    assert pair.view(OLD).center == pytest.approx(pair.view(NEW).center)


def test_the_wheel_goes_through_the_films_of_the_study(desk):
    desk.drop(NEW, LATERAL)
    assert desk.on_screen() == [NEW]
    desk.wheel(NEW, -1)
    desk.wait(lambda: desk.on_screen() == [LATERAL] and desk.is_shown(LATERAL))
    desk.wheel(LATERAL, -1)
    assert desk.on_screen() == [LATERAL]  # the last one
    desk.wheel(LATERAL, 1)
    desk.wait(lambda: desk.on_screen() == [NEW])


def test_a_film_keeps_its_window_when_it_comes_back(desk):
    desk.drop(NEW, LATERAL)
    desk.drag(NEW, Qt.MouseButton.LeftButton, 70, 0)
    own = desk.view(NEW)
    desk.wheel(NEW, -1)
    desk.wait(lambda: desk.on_screen() == [LATERAL] and desk.is_shown(LATERAL))
    desk.wheel(LATERAL, 1)
    desk.wait(lambda: desk.on_screen() == [NEW] and desk.is_shown(NEW))
    assert desk.view(NEW) == own


def test_three_viewports_show_prior_lateral_and_current(desk):
    desk.drop(OLD, NEW, LATERAL)
    desk.wish("three_viewports")
    desk.wait(lambda: desk.on_screen() == [OLD, LATERAL, NEW])
    desk.wait(lambda: all(desk.is_shown(shown) for shown in desk.on_screen()))
    desk.wish("one_viewport")
    assert desk.on_screen() == [NEW]


def test_p_takes_the_prior_away_and_brings_it_back(pair):
    pair.press(Qt.Key.Key_P)
    assert pair.on_screen() == [NEW]
    assert not pair.window.actions_by_id["toggle_prior"].isChecked()
    pair.press(Qt.Key.Key_P)
    assert pair.on_screen() == [OLD, NEW]


def test_shift_p_goes_to_the_next_older_prior(desk):
    oldest = film("oldest", study_date=date(2020, 5, 5))
    desk.drop(oldest, OLD, NEW)
    desk.press(Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    desk.wait(lambda: desk.on_screen() == [oldest, NEW])
    desk.press(Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    desk.wait(lambda: desk.on_screen() == [OLD, NEW])


def test_double_click_gives_one_film_the_whole_area_and_esc_takes_it_back(pair):
    pair.qtbot.mouseDClick(pair.viewport(OLD), Qt.MouseButton.LeftButton)
    assert pair.viewport(OLD).isVisible()
    assert not pair.viewport(NEW).isVisible()
    pair.press(Qt.Key.Key_Escape)
    assert pair.viewport(NEW).isVisible()


def test_space_hides_all_marks_while_it_is_held(pair):
    viewport = pair.viewport(NEW)
    viewport.setFocus()
    pair.qtbot.keyPress(viewport, Qt.Key.Key_Space)
    assert viewport.state.are_marks_hidden
    pair.qtbot.keyRelease(viewport, Qt.Key.Key_Space)
    assert not viewport.state.are_marks_hidden


def test_marks_follow_zoom_and_lie_on_the_same_pixels(pair):
    pair.window.set_marks("plugin", (BOX,))
    viewport = pair.viewport(NEW)
    pair.wheel(NEW, 1, Qt.KeyboardModifier.ControlModifier)
    left, top, _right, bottom = viewport.placement().box_to_screen(BOX.xyxy)
    shown = viewport.grab().toImage()
    near = [
        shown.pixelColor(round(left) + across, round((top + bottom) / 2) + down)
        for across in (-1, 0, 1)
        for down in range(-9, 10)
    ]
    assert any(seen.red() > 180 and 90 < seen.green() < 200 and seen.blue() < 80 for seen in near)  # amber
    assert pair.viewport(OLD).state.marks == ()


def test_a_click_on_a_mark_is_told_and_a_drag_over_it_is_not(pair):
    told = []
    pair.window.films.mark_clicked.connect(told.append)
    pair.window.set_marks("plugin", (BOX,))
    pair.drag(NEW, Qt.MouseButton.LeftButton, 40, 10)
    assert told == []
    pair.click(NEW, 20, 30)
    assert told == ["m1"]
    pair.click(NEW, 45, 5)
    assert told == ["m1"]


def test_the_smaller_of_two_marks_over_each_other_is_clicked(pair):
    told = []
    pair.window.films.mark_clicked.connect(told.append)
    pair.window.set_marks("plugin", (replace(BOX, id="large", xyxy=(2, 2, 48, 58)), BOX))
    pair.click(NEW, 20, 30)
    assert told == ["m1"]


def test_two_patients_side_by_side_are_warned_of_and_never_compared(desk):
    stranger = film("stranger", patient_id="P9", patient_name="Someone^Else", study_date=date(2023, 1, 1))
    desk.drop(NEW, stranger)
    desk.window.light_box.choose_study("1.new")
    desk.window.light_box.choose_prior("1.stranger")
    desk.wait(lambda: desk.on_screen() == [stranger, NEW])
    (line,) = desk.window.films.banners.texts()
    assert line == "Current and prior belong to different patients: Phantom Paula [P1] / Someone Else [P9]."
    assert desk.window.light_box.hung.hanging.prior is None
    assert desk.window.light_box.hung.hanging.prior_films == ()
    desk.wish("toggle_prior")
    assert desk.window.films.banners.texts() == ()


def test_the_list_shows_what_is_on_screen_and_opens_what_is_clicked(desk):
    desk.drop(OLD, NEW, LATERAL)
    model = desk.window.studies.model
    assert model.on_screen == {OLD.key: "prior", NEW.key: "current"}
    row = next(i for i, row in enumerate(model.rows) if row.key == LATERAL.key)
    desk.window.studies.view.clicked.emit(model.index(row))
    desk.wait(lambda: LATERAL in desk.on_screen())
    assert NEW.key in model.thumbnails


def test_question_mark_shows_every_key_and_esc_closes_it(desk):
    desk.press(Qt.Key.Key_Question)
    page = desk.window.keys_page
    assert page.isVisible()
    from PySide6.QtWidgets import QLabel

    text = " ".join(label.text() for label in page.findChildren(QLabel))
    for expected in ("Invert", "Left drag", "Next older prior", "Show prior"):
        assert expected in text
    desk.press(Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_letters_typed_into_a_field_are_text_and_no_shortcut(pair):
    field = QLineEdit()
    pair.window.add_dock("notes", "Notes", field)
    field.setFocus()
    pair.qtbot.waitUntil(field.hasFocus)
    pair.qtbot.keyClicks(field, "chip 01")
    assert field.text() == "chip 01"
    assert not pair.view(NEW).is_inverted


def test_a_name_with_markup_is_shown_as_text(desk):
    odd = film("odd", patient_name="<b>Bold</b>^\u202eEvil\n")
    desk.drop(odd)
    assert "<b>Bold</b> Evil" in words(desk, odd)
    assert desk.window.studies.model.rows[0].title == "<b>Bold</b> Evil"


def test_a_synthetic_and_an_unverified_film_say_so(desk):
    made = film("made", is_synthetic=True, is_verified=False)
    desk.drop(made)
    assert "SYNTHETIC – NOT A PATIENT IMAGE" in words(desk, made)
    assert "UNVERIFIED" in words(desk, made)


def test_every_film_paints_with_all_its_words(desk):
    odd = film("odd", notices=("214 of 352 rows are there",), lossy_compression="ISO_10918_1 10:1")
    desk.drop(odd)
    desk.window.films.banners.set_line("test", "A line that stays")
    picture = desk.window.grab()
    assert not picture.isNull()
    assert "214 of 352" in words(desk, odd)
