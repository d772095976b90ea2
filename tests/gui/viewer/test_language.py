"""The window speaks another language at once, and the same one after a restart."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog, QLabel

from tests.factories_ui import film
from viewer.core.language import choose_language, language
from viewer.core.settings import Settings
from viewer.ui import languages, wording
from viewer.ui.captions import corners
from viewer.ui.keys.palette import CommandPalette
from viewer.ui.languages import speak_at_start

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))


@pytest.fixture(autouse=True)
def english_again(monkeypatch):
    monkeypatch.setattr(languages, "is_legible", lambda _code: True)  # a bare machine has no Korean font
    choose_language("en")
    yield
    choose_language("en")


def texts(window) -> str:
    return " | ".join(label.text() for label in window.findChildren(QLabel))


def test_menus_speak_korean_at_once_and_english_again(desk):
    desk.wish("language_korean")
    assert desk.window.menus["File"].title() == "파일"
    assert desk.window.menus["View/Window"].title() == "윈도우"
    assert desk.window.actions_by_id["invert"].text() == "흑백 반전"
    assert desk.window.actions_by_id["invert"].toolTip() == "흑백 반전  (I)"
    desk.wish("language_english")
    assert desk.window.menus["File"].title() == "File"
    assert desk.window.menus["Films"].title() == "Films"  # 영상, as “Film” is
    assert desk.window.actions_by_id["invert"].text() == "Invert"


def test_what_is_always_visible_follows(desk):
    desk.drop(OLD, NEW)
    desk.wish("language_korean")
    said = texts(desk.window)
    assert "연구용. 의료기기가 아닙니다." in said
    assert wording.RESEARCH_USE not in said
    assert "영상 2장" in desk.window.status_line.text()
    shown = desk.window.films.slots
    roles = [corners(slot, desk.view(slot.film), 1.0).top_right[0] for slot in shown]
    assert roles == ["이전 검사 · 60일 전", "현재 검사"]


def test_an_open_dialog_follows(desk):
    desk.wish("edit_keys")
    desk.wish("language_korean")
    titles = [widget.windowTitle() for widget in desk.window.findChildren(QDialog)]
    assert "키와 마우스" in titles
    assert "Keys and mouse" not in titles


def test_a_patients_name_is_never_translated(desk):
    desk.drop(film("files", patient_name="Films"))
    desk.wish("language_korean")
    slot = desk.window.films.slots[0]
    assert corners(slot, desk.view(slot.film), 1.0).top_left[0] == "Films"


def test_the_language_holds_after_a_restart(desk):
    desk.wish("language_korean")
    choose_language("en")
    speak_at_start(Settings())
    assert language() == "ko"


def test_the_first_start_follows_the_system(monkeypatch):
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("ko_KR"))
    speak_at_start(Settings())
    assert language() == "ko"
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("de_DE"))
    speak_at_start(Settings())
    assert language() == "en"


def test_without_a_font_for_it_a_language_is_not_spoken_and_that_is_said(desk, monkeypatch):
    """Else the window shows empty boxes, also where it says "Research use only"."""
    monkeypatch.setattr(languages, "is_legible", lambda code: code != "ko")
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("ko_KR"))
    speak_at_start(Settings())
    assert language() == "en"

    desk.wish("language_korean")

    assert language() == "en"
    assert "No font" in desk.window.status_line.text()
    assert not desk.window.actions_by_id["language_korean"].isChecked()


def test_a_font_is_asked_for_only_where_a_language_needs_one(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(QFontDatabase, "families", lambda _letters: [])
    assert languages.is_legible("en")
    assert not languages.is_legible("ko")
    monkeypatch.setattr(QFontDatabase, "families", lambda _letters: ["Nanum Gothic"])
    assert languages.is_legible("ko")


def test_the_choice_is_marked_in_the_menu(desk):
    def marked() -> list[str]:
        names = ("language_system", "language_english", "language_korean")
        return [name for name in names if desk.window.actions_by_id[name].isChecked()]

    assert marked() == ["language_system"]
    desk.wish("language_korean")
    assert marked() == ["language_korean"]


def test_a_panels_own_words_stay_as_they_are(desk):
    desk.window.add_menu_action("AI", "Read this study", "Ctrl+R", lambda: None, name="read")
    desk.wish("language_korean")
    assert desk.window.actions_by_id["read"].text() == "Read this study"


def test_the_palette_finds_by_both_languages(desk):
    desk.wish("language_korean")
    desk.wish("command_palette")
    palette = desk.window.findChild(CommandPalette, "palette")
    palette.line.setText("invert")
    assert palette.shown()[0] == "invert"
    palette.line.setText("흑백")
    assert palette.shown()[0] == "invert"
