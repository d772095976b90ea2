"""Every key and every mouse button can be given to something else, and stays so."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.factories_ui import film
from viewer.core.keymap import bundled_maps, conflicts
from viewer.core.settings import Settings
from viewer.ui.keys.bindings import KeyBindings, portable
from viewer.ui.tools.glass import Lens

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def read(desk):
    desk.drop(OLD, NEW)
    return desk


def test_a_rebound_key_works_and_its_old_key_does_not(read):
    read.window.bindings.set_keys({"invert": ("U",)})
    read.press(Qt.Key.Key_U)
    assert read.view(NEW).is_inverted
    read.press(Qt.Key.Key_I)
    assert read.view(NEW).is_inverted


def test_what_was_rebound_holds_after_a_restart(read):
    read.window.bindings.set_keys({"invert": ("U",)})
    read.window.bindings.set_mouse("left", "pan")
    again = KeyBindings(Settings(), read.window.entries, {})
    again.apply()
    assert again.keys_of("invert") == ("U",)
    assert again.mouse()["left"] == "pan"


def test_the_left_button_pans_where_the_reader_says_so(read):
    read.window.bindings.set_mouse("left", "pan")
    window_before = read.view(NEW).voi
    read.drag(NEW, Qt.MouseButton.LeftButton, 40, 30)
    assert read.view(NEW).voi == window_before
    assert read.view(NEW).center is not None


def test_the_left_button_scrolls_where_the_reader_says_so(desk):
    films = [film(f"film{number}", study_instance_uid="1.2") for number in range(3)]
    desk.drop(*films)
    shown = desk.on_screen()[-1]
    desk.window.bindings.set_mouse("left", "scroll")
    desk.drag(shown, Qt.MouseButton.LeftButton, 0, 30)
    assert desk.on_screen()[-1] != shown


def test_a_modifier_without_a_use_of_its_own_changes_nothing(read):
    pointer = read.window.bindings.pointer()
    shift = Qt.KeyboardModifier.ShiftModifier
    assert pointer.drag(Qt.MouseButton.MiddleButton, shift) == "pan"
    read.window.bindings.set_mouse("shift+middle", "zoom")
    assert read.window.bindings.pointer().drag(Qt.MouseButton.MiddleButton, shift) == "zoom"


def test_a_side_button_of_the_mouse_can_stand_for_an_action(read):
    read.window.bindings.set_mouse("back", "invert")
    read.qtbot.mouseClick(read.viewport(NEW), Qt.MouseButton.BackButton)
    assert read.view(NEW).is_inverted


def test_a_double_click_can_stand_for_another_action(read):
    read.window.bindings.set_mouse("double-click", "invert")
    read.qtbot.mouseDClick(read.viewport(NEW), Qt.MouseButton.LeftButton)
    assert read.view(NEW).is_inverted
    assert read.window.films.maximised is None


def test_in_the_ohif_map_space_resets_and_no_longer_hides(read):
    read.window.bindings.choose_map("ohif")
    read.press(Qt.Key.Key_I)
    read.press(Qt.Key.Key_Space)
    assert not read.view(NEW).is_inverted
    assert not read.viewport(NEW).state.are_marks_hidden


@pytest.mark.parametrize("key_map", bundled_maps(), ids=lambda one: one.id)
def test_no_key_stands_for_two_wishes_in_any_map(desk, key_map):
    desk.window.bindings.choose_map(key_map.id)
    assert conflicts(desk.window.bindings.keys()) == {}


@pytest.mark.parametrize("key_map", bundled_maps(), ids=lambda one: one.id)
def test_the_maps_name_keys_as_qt_does(key_map):
    keys = [key for own in key_map.keys.values() for key in own]
    assert [portable(key) for key in keys] == keys
    assert all(not QKeySequence(key).isEmpty() for key in keys)


def test_a_held_key_can_be_another_one(read):
    read.window.bindings.set_keys({"hide_marks": ("N",)})
    viewport = read.viewport(NEW)
    viewport.setFocus()
    read.qtbot.keyPress(viewport, Qt.Key.Key_N)
    assert viewport.state.are_marks_hidden
    read.qtbot.keyRelease(viewport, Qt.Key.Key_N)
    assert not viewport.state.are_marks_hidden


def test_a_held_key_is_let_go_when_another_window_comes_to_the_front(read):
    viewport = read.viewport(NEW)
    read.window.activateWindow()
    read.qtbot.keyPress(viewport, Qt.Key.Key_Space)
    assert viewport.state.are_marks_hidden
    read.window.isActiveWindow = lambda: False
    QApplication.sendEvent(read.window, QEvent(QEvent.Type.ActivationChange))
    assert not viewport.state.are_marks_hidden


def test_a_broken_key_setting_leaves_the_keys_of_the_map(desk):
    settings = Settings()
    settings.set("keys.own_keys", {"invert": "I"})
    settings.set("keys.own_mouse", ["left"])
    settings.set("keys.map", "no such map")
    bindings = KeyBindings(settings, desk.window.entries, {})
    bindings.apply()
    assert bindings.keys_of("invert") == ("I",)
    assert bindings.map.id == "sidelight"


def test_a_grave_action_of_a_panel_never_answers_to_a_lone_letter(desk):
    ran = []
    desk.window.add_menu_action("AI", "Sign", "S", lambda: ran.append(1), name="sign", is_grave=True)
    assert desk.window.bindings.keys_of("sign") == ()
    desk.window.bindings.set_keys({"sign": ("S",)})
    QTest.keyClick(desk.window, Qt.Key.Key_S)
    assert not ran
    desk.window.bindings.set_keys({"sign": ("Ctrl+Return",)})
    QTest.keyClick(desk.window, Qt.Key.Key_Return, CTRL)
    assert ran == [1]


def test_a_panels_action_is_rebound_like_any_other_and_leaves_with_it(desk):
    ran = []
    action = desk.window.add_menu_action("AI", "Next", "J", lambda: ran.append(1), name="reading.next")
    desk.window.bindings.set_keys({"reading.next": ("Ctrl+J",)})
    QTest.keyClick(desk.window, Qt.Key.Key_J, CTRL)
    assert ran == [1]
    desk.window.remove_menu_action(action)
    keys = desk.window.bindings.keys()
    assert "reading.next" not in keys


@pytest.mark.parametrize("key_map", bundled_maps(), ids=lambda one: one.id)
def test_the_maps_name_actions_that_there_are_and_leave_none_without_a_key(desk, key_map):
    bindings = desk.window.bindings
    with_key = {name for name, keys in bindings.keys().items() if keys}
    assert set(key_map.keys) <= set(desk.window.entries)
    bindings.choose_map(key_map.id)
    assert {name for name in with_key if not bindings.keys_of(name)} == set()


def test_a_button_can_hold_the_magnifier(read):
    read.window.bindings.set_mouse("right", "magnifier")
    viewport = read.viewport(NEW)
    zoom = read.view(NEW).zoom
    read.qtbot.mousePress(viewport, Qt.MouseButton.RightButton, pos=viewport.rect().center())
    read.qtbot.mouseMove(viewport, viewport.rect().center() + QPoint(30, 20))
    shown = [lens for lens in viewport.findChildren(Lens) if lens.isVisible()]
    assert len(shown) == 1
    assert read.view(NEW).zoom == zoom
    read.qtbot.mouseRelease(viewport, Qt.MouseButton.RightButton, pos=viewport.rect().center())
    assert not shown[0].isVisible()
