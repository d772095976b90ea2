"""Series and frames that scroll in one viewport."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.factories_ui import description, film, ramp
from viewer.core.errors import DamagedFilm
from viewer.core.scan import FilmFound
from viewer.core.study import FilmPixels, SlicePlane
from viewer.ui.captions import corners

CTRL = Qt.KeyboardModifier.ControlModifier
ROWS, COLUMNS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def ct_series(count, name="ct", step_mm=2.0, **header):
    """Slices whose names say nothing about their order."""
    told = {
        "modality": "CT",
        "view_position": "",
        "series_instance_uid": f"1.2.{name}",
        "study_instance_uid": "1.study",
        "frame_of_reference_uid": "1.9",
        "pixels": description(rescale_intercept=-1024.0),
    }
    return [
        film(
            f"{name}{number * 37 % 101:03}",
            instance_number=number,
            plane=SlicePlane((0.0, 0.0, -step_mm * number), ROWS, COLUMNS),
            **(told | header),
        )
        for number in range(1, count + 1)
    ]


def numbered(number):
    """Pixels that say which slice they are."""
    stored = np.full((60, 50), 1000, np.uint16)
    stored[0, 0] = number
    stored[20:40, 10:30] = 1200
    return FilmPixels(description(rescale_intercept=-1024.0), stored)


def shown(desk, index=0):
    """The number in the caption and the number in the pixels on screen."""
    viewport = desk.window.films.viewports[index]
    text = corners(viewport.state.slot, viewport.state.view, 1.0, viewport.state.notices)
    number = text.bottom_right[-3].split()[1]
    return int(number), int(viewport.picture.pixels.stored[0, 0])


def bar(desk, index=0):
    return desk.window.wish("next_series").__self__.bars[index]


@pytest.fixture
def slices(desk):
    found = ct_series(20)
    for one in found:
        desk.reader.films[one.key] = numbered(one.header.instance_number)
    return found


@pytest.fixture
def stack(desk, slices):
    desk.drop(*slices[::-1])
    assert desk.on_screen() == [slices[0]]
    return desk


def all_read(desk, slices):
    desk.wait(lambda: all(desk.window.pixel_store.holds(one) for one in slices))


def wheel(desk, notches, modifier=Qt.KeyboardModifier.NoModifier):
    desk.wheel(desk.on_screen()[0], notches, modifier)


def test_a_dropped_series_is_one_stack_in_one_viewport(stack, slices):
    assert len(stack.on_screen()) == 1
    assert shown(stack) == (1, 1)
    assert stack.window.studies.model.rows[-1].title.endswith("20 slices")
    assert len(stack.window.studies.model.rows) == 3


def test_the_wheel_scrolls_slices_and_stops_at_the_ends(stack, slices):
    all_read(stack, slices)
    wheel(stack, -3)
    assert shown(stack) == (4, 4)
    wheel(stack, 10)
    assert shown(stack) == (1, 1)
    wheel(stack, -100)
    assert shown(stack) == (20, 20)


def test_keys_scroll_slices_too(stack, slices):
    all_read(stack, slices)
    viewport = stack.window.films.viewports[0]
    stack.press(Qt.Key.Key_PageDown)
    assert shown(stack) == (2, 2)
    stack.press(Qt.Key.Key_End)
    assert shown(stack) == (20, 20)
    stack.press(Qt.Key.Key_PageUp)
    assert shown(stack) == (19, 19)
    stack.press(Qt.Key.Key_Home)
    assert shown(stack) == (1, 1)
    stack.qtbot.keyClick(viewport, Qt.Key.Key_Down)
    stack.qtbot.keyClick(viewport, Qt.Key.Key_Right)
    assert shown(stack) == (3, 3)
    stack.qtbot.keyClick(viewport, Qt.Key.Key_Up)
    assert shown(stack) == (2, 2)


def test_ctrl_wheel_zooms_and_leaves_the_slice(stack, slices):
    wheel(stack, 2, CTRL)
    assert stack.view(slices[0]).zoom is not None
    assert shown(stack) == (1, 1)


def test_window_zoom_and_posture_stay_for_the_whole_stack(stack, slices):
    all_read(stack, slices)
    stack.drag(slices[0], Qt.MouseButton.LeftButton, 60, 0)
    stack.press(Qt.Key.Key_H)
    wheel(stack, 2, CTRL)
    view = stack.view(slices[0])
    wheel(stack, -7)
    assert stack.view(slices[7]) == view
    assert stack.window.films.viewports[0].state.view == view


def test_the_corner_says_which_slice_and_where_it_lies(stack, slices):
    all_read(stack, slices)
    wheel(stack, -4)
    state = stack.window.films.viewports[0].state
    lines = corners(state.slot, state.view, 1.0).bottom_right
    assert "Slice 5 of 20 · F 10.0 mm" in lines


def test_a_late_slice_never_shows_under_another_number(desk, slices):
    release = [desk.reader.hold(one) for one in slices[1:10]]
    desk.drop(*slices)
    wheel(desk, -1)
    wheel(desk, -3)
    assert shown(desk) == (1, 1)  # the last one stays, under its own number
    assert bar(desk).state.is_late
    assert bar(desk).label.text == "Loading slice 5…"
    numbers = []
    desk.window.films.refreshed.connect(lambda: numbers.append(shown(desk)))
    for let_go in release[::-1]:  # whatever the order in which they arrive
        let_go()
    desk.wait(lambda: shown(desk) == (5, 5))
    assert all(number == pixels for number, pixels in numbers)
    assert not bar(desk).state.is_late
    assert not bar(desk).label.isVisible()


def test_a_slice_that_nobody_waits_for_any_more_is_not_shown(desk, slices):
    release = desk.reader.hold(slices[5])
    desk.drop(*slices)
    all_read(desk, slices[:3])
    wheel(desk, -5)
    wheel(desk, 4)  # back to the second, which is there
    assert shown(desk) == (2, 2)
    release()
    desk.wait(lambda: desk.window.pixel_store.holds(slices[5]))
    desk.qtbot.wait(50)
    assert shown(desk) == (2, 2)


def test_scrolling_never_decodes_in_the_gui_thread(stack, slices, monkeypatch):
    decoding = []
    real = stack.reader.pixels
    monkeypatch.setattr(
        stack.reader,
        "pixels",
        lambda asked, frame=0: (decoding.append(threading.current_thread()), real(asked))[1],
    )
    for _ in range(19):
        wheel(stack, -1)
    stack.wait(lambda: shown(stack) == (20, 20))
    assert threading.main_thread() not in decoding


def test_slices_ahead_are_read_before_they_are_asked_for(stack, slices):
    all_read(stack, slices)
    asked = len(stack.reader.asked)
    wheel(stack, -1)
    wheel(stack, -1)
    assert shown(stack) == (3, 3)
    assert len(stack.reader.asked) == asked


def test_a_damaged_slice_is_told_under_its_own_number_and_the_others_still_show(desk, slices):
    desk.reader.films[slices[2].key] = DamagedFilm("It is cut off.")
    desk.drop(*slices)
    all_read(desk, [one for one in slices if one is not slices[2]])
    wheel(desk, -2)
    desk.wait(lambda: desk.on_screen() == [slices[2]])
    assert "It is cut off." in desk.window.films.viewports[0].state.message
    wheel(desk, -1)
    assert shown(desk) == (4, 4)


def test_the_bar_at_the_edge_can_be_dragged(stack, slices):
    all_read(stack, slices)
    handle = bar(stack)
    assert handle.isVisible()
    stack.qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(6, handle.height() // 2))
    middle, _ = shown(stack)
    assert 9 <= middle <= 12
    stack.qtbot.mouseMove(handle, QPoint(6, handle.height() - 2))
    stack.qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert shown(stack) == (20, 20)


def test_plain_films_have_no_bar_and_the_wheel_still_goes_through_the_study(desk):
    first = film("a", study_instance_uid="1.s", instance_number=1)
    second = film("b", study_instance_uid="1.s", instance_number=2, view_position="LATERAL")
    desk.drop(first, second)
    assert not bar(desk).isVisible()
    wheel(desk, -1)
    desk.wait(lambda: desk.on_screen() == [second])


def test_series_keys_go_on_to_the_next_series_and_back_to_the_slice_that_was_left(desk, slices):
    other = ct_series(5, "second", series_number=2)
    desk.drop(*(replace(one, header=replace(one.header, series_number=1)) for one in slices), *other)
    all_read(desk, slices)
    wheel(desk, -3)
    assert shown(desk) == (4, 4)
    desk.wish("next_series")
    desk.wait(lambda: desk.on_screen() == [other[0]] and desk.is_shown(other[0]))
    desk.wish("next_series")
    assert desk.on_screen() == [other[0]]  # the last one
    desk.wish("previous_series")
    desk.wait(lambda: desk.is_shown(desk.on_screen()[0]))
    assert shown(desk) == (4, 4)


def test_frames_of_an_instance_scroll(desk):
    many = film("us", modality="US", view_position="", pixels=description(frames=6))
    for number in range(6):
        desk.reader.films[replace(many, frame=number).key] = numbered(number + 1)
    desk.drop(many)
    all_read(desk, [replace(many, frame=number) for number in range(6)])
    wheel(desk, -4)
    assert shown(desk) == (5, 5)
    desk.press(Qt.Key.Key_Home)
    assert shown(desk) == (1, 1)


def test_plugins_are_told_of_the_slice_on_screen_once_the_stack_stands_still(stack, slices):
    told = []
    stack.window.light_box.hanging_changed.connect(told.append)
    all_read(stack, slices)
    wheel(stack, -1)
    wheel(stack, -1)
    wheel(stack, -1)
    assert stack.window.light_box.hung.hanging.current_films == (slices[3],)
    stack.wait(lambda: told)
    assert [hanging.current_films for hanging in told] == [(slices[3],)]
    assert set(told[0].current.films) == set(slices)


def test_a_growing_scan_keeps_the_slice_that_the_reader_looks_at(desk, slices):
    desk.window.open([Path("/films")])
    desk.scan.send(*(FilmFound(one) for one in slices[5:12]))
    desk.wait(lambda: desk.on_screen() and desk.on_screen()[0] == slices[5] and desk.is_shown(slices[5]))
    all_read(desk, slices[5:12])
    wheel(desk, -2)
    assert shown(desk) == (3, 8)
    desk.scan.send(*(FilmFound(one) for one in slices[:5]))
    desk.scan.end()
    desk.wait(lambda: not desk.window.light_box.session.is_scanning)
    assert shown(desk) == (8, 8)


def test_a_ct_has_windows_in_its_own_numbers_and_an_mr_has_none(stack, slices):
    stack.press(Qt.Key.Key_3)
    assert (stack.view(slices[0]).voi.center, stack.view(slices[0]).voi.width) == (-600, 1500)
    stack.press(Qt.Key.Key_7)
    assert stack.view(slices[0]).voi_name == "abdomen"


def test_an_mr_opens_with_the_window_of_its_middle_slice(desk):
    series = ct_series(9, "mr", modality="MR")
    for one in series:
        desk.reader.films[one.key] = ramp() if one is series[4] else numbered(0)
    desk.drop(*series)
    desk.wait(lambda: desk.view(series[0]).voi.width > 3000)  # the first slice alone would give 200
    before = desk.view(series[0]).voi
    desk.press(Qt.Key.Key_3)
    assert desk.view(series[0]).voi == before


def test_two_stacks_of_one_frame_of_reference_scroll_together(desk):
    thin, thick = ct_series(20), ct_series(5, "thick", step_mm=8.0, series_number=2)
    for one in (*thin, *thick):
        desk.reader.films[one.key] = numbered(one.header.instance_number)
    desk.drop(*thin, *thick)
    desk.wish("three_viewports")
    desk.wait(lambda: len(desk.on_screen()) == 2)
    all_read(desk, [*thin, *thick])
    of_thin = next(at for at, one in enumerate(desk.on_screen()) if one in thin)
    desk.wheel(desk.on_screen()[of_thin], -11)  # slice 12 at 24 mm
    assert {one.header.instance_number for one in desk.on_screen()} == {12, 3}
    desk.wish("toggle_sync")
    desk.wheel(desk.on_screen()[of_thin], -4)
    assert {one.header.instance_number for one in desk.on_screen()} == {16, 3}


@pytest.fixture
def cine(stack, slices):
    """The player, whose clock the test turns."""
    all_read(stack, slices)
    player = stack.window.wish("toggle_cine").__self__.cine
    player.now = 0.0
    player._clock = lambda: player.now
    return player


def test_a_running_stack_shows_what_is_due_and_leaves_out_what_is_late(stack, cine):
    stack.press(Qt.Key.Key_Period)
    assert bar(stack).label.text == "▶ 15 per second"
    cine.now = 1.0
    stack.wait(lambda: shown(stack) == (16, 16))
    cine.now = 1.5
    stack.wait(lambda: shown(stack) == (3, 3))  # round and round
    stack.press(Qt.Key.Key_Period)
    cine.now = 9.0
    stack.qtbot.wait(80)
    assert shown(stack) == (3, 3)
    assert bar(stack).label.text == ""


def test_plus_and_minus_change_the_speed_while_it_runs(stack, cine):
    stack.press(Qt.Key.Key_Period)
    stack.press(Qt.Key.Key_Plus)
    assert bar(stack).label.text == "▶ 20 per second"
    stack.press(Qt.Key.Key_Minus)
    stack.press(Qt.Key.Key_Minus)
    assert cine.rate == 12


def test_back_and_forth(stack, cine):
    stack.wish("cine_ping_pong")
    stack.press(Qt.Key.Key_Period)
    cine.now = 25 / 15
    stack.wait(lambda: shown(stack) == (14, 14))


def test_the_hand_stops_a_running_stack(stack, cine):
    stack.press(Qt.Key.Key_Period)
    wheel(stack, -2)
    assert not cine.is_playing
    assert shown(stack) == (3, 3)


def test_a_stack_runs_at_the_speed_of_its_header(desk):
    many = film("xa", modality="XA", pixels=description(frames=5), frames_per_second=7.5)
    desk.drop(many)
    desk.wish("toggle_cine")
    assert bar(desk).label.text == "▶ 7.5 per second"


def test_closing_the_window_stops_the_running_stack(stack, cine):
    stack.press(Qt.Key.Key_Period)
    stack.window.close()
    assert not cine.is_playing


def test_a_plain_film_says_that_there_is_nothing_to_play(desk):
    desk.drop(film("a"))
    desk.wish("toggle_cine")
    assert "single film" in desk.window.status_line.text()
