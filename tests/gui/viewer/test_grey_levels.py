"""Presets, stored windows by name and the reader's own windows, as the keys and the Window menu give them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.factories_ui import film, ramp
from viewer.core.study import LookupTable, Window
from viewer.core.voi import LutVoi
from viewer.ui.captions import badges
from viewer.ui.windowing import described

CURVE = LookupTable(0, 12, tuple(range(4096)), "THORAX")
HARD = LookupTable(0, 12, tuple(range(4095, -1, -1)), "HARD & SHARP")


def stored_entries(desk):
    menu = desk.window.menus["View/Window"]
    menu.aboutToShow.emit()
    entries = menu.actions()
    last_rule = max(i for i, action in enumerate(entries) if action.isSeparator())
    return entries[last_rule + 1 :]


@pytest.mark.parametrize(
    ("key", "name"), [(3, "lung"), (4, "mediastinum"), (5, "bone"), (6, "lines and tubes")]
)
def test_the_keys_3_to_6_show_the_chest_presets_and_name_them(desk, key, name):
    one = film("a")
    desk.reader.films[one.key] = ramp()
    desk.drop(one)

    desk.press(Qt.Key(Qt.Key.Key_0 + key))

    assert name in described(desk.view(one))
    desk.press(Qt.Key.Key_1)
    assert name not in described(desk.view(one))


def test_a_preset_keeps_the_curve_of_a_film_with_a_lut(desk):
    one = film("a")
    desk.reader.films[one.key] = ramp(voi_luts=(CURVE,))
    desk.drop(one)

    desk.press(Qt.Key.Key_3)

    assert described(desk.view(one)) == "LUT THORAX · lung"
    assert "LUT OFF" not in badges(one.header, desk.view(one))


def test_the_automatic_window_of_a_film_with_a_lut_says_that_the_lut_is_off(desk):
    one = film("a")
    desk.reader.films[one.key] = ramp(voi_luts=(CURVE,))
    desk.drop(one)

    desk.press(Qt.Key.Key_0)
    assert "LUT OFF" in badges(one.header, desk.view(one))
    desk.press(Qt.Key.Key_1)
    assert "LUT OFF" not in badges(one.header, desk.view(one))


def test_a_stored_lut_is_chosen_by_its_name(desk):
    one = film("a")
    desk.reader.films[one.key] = ramp(voi_luts=(CURVE, HARD), windows=(Window(2000, 500, "SOFT"),))
    desk.drop(one)

    entries = stored_entries(desk)
    assert [entry.text() for entry in entries] == ["THORAX", "HARD && SHARP", "SOFT"]
    assert [entry.isChecked() for entry in entries] == [True, False, False]
    entries[1].trigger()

    assert desk.view(one).voi == LutVoi(HARD)
    assert [entry.isChecked() for entry in stored_entries(desk)] == [False, True, False]


def test_a_window_that_is_kept_comes_back_on_another_film_and_after_a_restart(desk):
    one = film("a")
    desk.reader.films[one.key] = ramp()
    desk.drop(one)
    desk.drag(one, Qt.MouseButton.LeftButton, right=-120, down=60)
    kept = desk.view(one).voi
    desk.wish("keep_window_8")
    desk.press(Qt.Key.Key_1)

    desk.press(Qt.Key.Key_8)

    assert desk.view(one).voi.center == pytest.approx(kept.center)
    assert desk.view(one).voi.width == pytest.approx(kept.width)
    assert desk.window.settings.value("windows.8")


def test_a_key_without_a_kept_window_says_how_to_keep_one(desk):
    one = film("a")
    desk.drop(one)
    before = desk.view(one)

    desk.press(Qt.Key.Key_9)

    assert desk.view(one) == before
    assert "Keep this window" in desk.window.status_line.text()


@pytest.mark.parametrize(
    "nonsense",
    [7, {"black": 1, "white": 0}, {"black": "0", "white": 1}, {"black": 0, "white": 1, "function": "CUBIC"}],
)
def test_nonsense_in_the_settings_is_no_window(desk, nonsense):
    one = film("a")
    desk.drop(one)
    desk.window.settings.set("windows.7", nonsense)
    before = desk.view(one)

    desk.press(Qt.Key.Key_7)

    assert desk.view(one) == before
