"""The dialog for keys, the palette, the tool bar and the `?` page: all from the one table."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from tests.factories_ui import film
from viewer.core.keymap import KeyMap, parse, written
from viewer.ui.actions import ACTIONS
from viewer.ui.keys.controller import Keys
from viewer.ui.keys.icons import SHAPES
from viewer.ui.keys.palette import REASON
from viewer.ui.keys_page import in_columns

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
CTRL = Qt.KeyboardModifier.ControlModifier


def keys_of(desk) -> Keys:
    return next(feature for feature in desk.window.features if isinstance(feature, Keys))


@pytest.fixture
def dialog(desk):
    desk.wish("edit_keys")
    return keys_of(desk)._dialog


def rebind(desk, dialog, action: str, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """As a reader does it: choose the row, press the button, press the key."""
    dialog.select(action)
    dialog.buttons["change"].click()
    desk.qtbot.keyClick(dialog.capture, key, modifier)


def column(dialog, number: int) -> list[str]:
    return [dialog.table.item(row, number).text() for row in range(dialog.table.rowCount())]


# ── the dialog ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pressed_key_is_the_actions_key_at_once(desk, dialog):
    rebind(desk, dialog, "invert", Qt.Key.Key_F19)
    assert desk.window.bindings.keys_of("invert") == ("F19",)
    dialog.close()
    desk.window.activateWindow()
    desk.drop(NEW)
    desk.press(Qt.Key.Key_F19)
    assert desk.view(NEW).is_inverted


def test_a_taken_key_is_named_at_once_and_nothing_changes_until_the_reader_says_so(desk, dialog):
    rebind(desk, dialog, "invert", Qt.Key.Key_F)
    assert "Fit film to window" in dialog.capture.text()
    assert desk.window.bindings.keys_of("invert") == ("I",)
    dialog.leave_button.click()
    assert desk.window.bindings.keys_of("fit") == ("F",)
    assert dialog.swap_button.isHidden()


def test_two_keys_change_places_where_the_reader_swaps_them(desk, dialog):
    rebind(desk, dialog, "invert", Qt.Key.Key_F)
    dialog.swap_button.click()
    assert desk.window.bindings.keys_of("invert") == ("F",)
    assert desk.window.bindings.keys_of("fit") == ("I",)


def test_esc_leaves_the_key_as_it_was_and_the_dialog_open(desk, dialog):
    rebind(desk, dialog, "invert", Qt.Key.Key_Escape)
    assert desk.window.bindings.keys_of("invert") == ("I",)
    assert dialog.isVisible()


def test_a_question_mark_is_not_shift_and_a_question_mark(desk, dialog):
    desk.window.bindings.set_keys({"show_keys": ()})
    rebind(desk, dialog, "show_keys", Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert desk.window.bindings.keys_of("show_keys") == ("?",)


def test_a_second_key_can_be_added_and_all_taken_away(desk, dialog):
    dialog.select("invert")
    dialog.buttons["add"].click()
    desk.qtbot.keyClick(dialog.capture, Qt.Key.Key_F19)
    assert desk.window.bindings.keys_of("invert") == ("I", "F19")
    dialog.select("invert")
    dialog.buttons["clear"].click()
    assert desk.window.bindings.keys_of("invert") == ()


def test_one_is_reset_and_then_all(desk, dialog):
    rebind(desk, dialog, "invert", Qt.Key.Key_F19)
    rebind(desk, dialog, "fit", Qt.Key.Key_F20)
    dialog.select("invert")
    dialog.buttons["reset"].click()
    assert desk.window.bindings.keys_of("invert") == ("I",)
    assert desk.window.bindings.keys_of("fit") == ("F20",)
    dialog.buttons["reset_all"].click()
    assert desk.window.bindings.keys_of("fit") == ("F",)
    dialog.bring_back.click()
    assert desk.window.bindings.keys_of("fit") == ("F20",)


def test_an_action_is_found_by_its_name_and_by_its_key(desk, dialog):
    dialog.search.setText("invert")
    assert column(dialog, 0)[0] == "Invert"
    dialog.search.setText("f11")
    assert column(dialog, 0) == ["Full screen"]


def test_a_panels_action_stands_in_the_same_table(desk, dialog):
    action = desk.window.add_menu_action("AI", "Next finding", "J", lambda: None, name="reading.next")
    assert "Next finding" in column(dialog, 0)
    desk.window.remove_menu_action(action)
    assert "Next finding" not in column(dialog, 0)


def test_a_grave_action_refuses_a_lone_letter_and_says_why(desk, dialog):
    desk.window.add_menu_action("AI", "Sign", "", lambda: None, name="sign", is_grave=True)
    rebind(desk, dialog, "sign", Qt.Key.Key_S)
    assert "Ctrl or Alt" in dialog.capture.text()
    assert desk.window.bindings.keys_of("sign") == ()


def test_every_mouse_gesture_can_be_given_another_use(desk, dialog):
    box = dialog.mouse.choices["shift+left"]
    box.setCurrentIndex(box.findData("pan"))
    box.activated.emit(box.currentIndex())
    assert desk.window.bindings.mouse()["shift+left"] == "pan"


def test_the_unverified_map_says_so_in_the_dialog(desk, dialog):
    dialog._choose_map("radiant")
    assert "Unverified" in dialog.note.text()


def test_a_key_map_is_exported_and_imported_again(desk, dialog, tmp_path):
    rebind(desk, dialog, "invert", Qt.Key.Key_F19)
    desk.window.bindings.set_mouse("left", "pan")
    file = tmp_path / "mine.json"
    file.write_text(written(desk.window.bindings.whole()))
    dialog.buttons["reset_all"].click()
    dialog.import_from(file)
    assert desk.window.bindings.keys_of("invert") == ("F19",)
    assert desk.window.bindings.mouse()["left"] == "pan"
    assert isinstance(parse(file.read_text()), KeyMap)


@pytest.mark.parametrize("content", ["nonsense", '{"format": 1, "mouse": {"left": "explode"}}', "\udcff"])
def test_a_bad_key_map_file_changes_nothing_and_says_so(desk, dialog, tmp_path, content):
    file = tmp_path / "bad.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    dialog.import_from(file)
    assert "bad.json was not imported" in dialog.capture.text()
    assert desk.window.bindings.own_keys == {}


@pytest.mark.parametrize("suffix", ["pdf", "html", "txt"])
def test_the_keys_are_saved_as_a_page(desk, dialog, tmp_path, suffix):
    file = tmp_path / f"keys.{suffix}"
    dialog.write_page(file)
    content = file.read_bytes()
    assert content.startswith(b"%PDF") if suffix == "pdf" else b"Next older prior" in content


def test_a_page_that_cannot_be_written_is_said(desk, dialog, tmp_path):
    dialog._write(tmp_path / "no" / "such" / "keys.pdf", dialog.write_page)
    assert "could not be written" in dialog.capture.text()


def test_the_offer_of_other_keys_is_never_cut_in_mid_word_without_saying_so(desk):
    offer = keys_of(desk).offer
    whole, needed = offer.text(), offer.sizeHint().width()
    for width in (0, 30, needed // 3, needed // 2, needed - 30):
        offer.resize(width, offer.height())
        assert offer.shown_text == "" or offer.shown_text.endswith("…")
        assert offer.fontMetrics().horizontalAdvance(offer.shown_text) <= width
    offer.resize(needed, offer.height())
    assert offer.shown_text == whole


def test_the_first_start_offers_other_viewers_keys_in_a_quiet_line_and_once(desk):
    keys = keys_of(desk)
    assert keys.offer.isVisible()
    keys.offer.click()
    assert not keys.offer.isVisible()
    assert desk.window.settings.flag("keys.was_offered")


# ── the palette ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_palette_finds_and_runs_and_remembers(desk):
    desk.drop(NEW)
    palette = keys_of(desk).palette
    desk.press(Qt.Key.Key_K, CTRL)
    desk.qtbot.keyClicks(palette.line, "inve")
    assert palette.shown()[0] == "invert"
    desk.qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert desk.view(NEW).is_inverted
    assert not palette.isVisible()
    desk.wish("command_palette")
    assert palette.shown()[0] == "invert"  # used last, and nothing is typed
    desk.qtbot.keyClick(palette.line, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_what_cannot_be_done_now_is_grey_with_its_reason_and_does_not_run(desk):
    stop = desk.window.actions_by_id["stop_scan"]
    stop.setProperty(REASON, "nothing is being looked for")
    ran = []
    stop.triggered.connect(lambda: ran.append(1))
    palette = keys_of(desk).palette
    desk.wish("command_palette")
    palette.line.setText("stop looking")
    row = palette.shown().index("stop_scan")
    assert "nothing is being looked for" in palette.list.item(row).text()
    palette.list.itemClicked.emit(palette.list.item(row))
    assert not ran
    assert palette.isVisible()


def test_a_panels_action_is_found_in_the_palette(desk):
    ran = []
    desk.window.add_menu_action("AI", "Read this study", "Ctrl+R", lambda: ran.append(1), name="read")
    palette = keys_of(desk).palette
    desk.wish("command_palette")
    desk.qtbot.keyClicks(palette.line, "read this")
    desk.qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert ran == [1]


# ── the tool bar and the page ───────────────────────────────────────────────────────────────────────────────────


def test_the_tool_bar_shows_the_tables_own_actions_with_their_keys(desk):
    toolbar = keys_of(desk).toolbar
    wanted = [desk.window.actions_by_id[entry.id] for entry in ACTIONS if entry.icon]
    assert [action for action in toolbar.actions() if not action.isSeparator()] == wanted
    assert all(entry.icon in SHAPES for entry in ACTIONS if entry.icon)
    assert desk.window.actions_by_id["invert"].toolTip() == "Invert  (I)"
    desk.window.bindings.set_keys({"invert": ("F19",)})
    assert desk.window.actions_by_id["invert"].toolTip() == "Invert  (F19)"


def test_the_tool_bar_stays_hidden_after_a_restart(desk):
    desk.wish("toggle_toolbar")
    assert not keys_of(desk).toolbar.isVisible()
    assert not desk.window.settings.flag("window.toolbar", True)


def words_on(page) -> str:
    return " ".join(label.text() for label in page.findChildren(QLabel))


def test_the_page_shows_the_keys_that_hold_now(desk):
    desk.window.bindings.choose_map("ohif")
    desk.window.add_menu_action("AI", "Next finding", "J", lambda: None)
    desk.wish("show_keys")
    said = words_on(desk.window.keys_page)
    assert "OHIF" in said
    assert "Next finding" in said
    desk.window.bindings.set_keys({"invert": ("Ctrl+U",)})
    assert "Ctrl+U" in words_on(desk.window.keys_page)


@pytest.mark.parametrize("map_id", ["sidelight", "weasis"])
def test_the_whole_page_fits_a_small_screen(desk, map_id):
    desk.window.resize(1280, 720)
    desk.window.bindings.choose_map(map_id)
    for number in range(12):
        desk.window.add_menu_action(
            "AI", f"Action of a panel {number}", f"Ctrl+Alt+F{number + 1}", lambda: None
        )
    desk.wish("show_keys")
    page = desk.window.keys_page
    assert desk.window.rect().contains(page.geometry())
    assert page.width() >= page.sizeHint().width()


def test_columns_hold_every_row_once_and_none_is_too_long():
    groups = [
        (f"group {number}", [(str(row), "what") for row in range(number * 3)]) for number in range(1, 7)
    ]
    columns = in_columns(groups, 15)
    assert [row for column in columns for _, rows in column for row in rows] == [
        row for _, rows in groups for row in rows
    ]
    assert all(sum(len(rows) + 2 for _, rows in column) <= 15 for column in columns)
