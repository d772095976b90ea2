"""The report editor in the real window: sentence and box light each other, and no key of it reaches the films."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from gui.plugin.test_hands_in_the_window import Hands
from gui.plugin.test_in_the_window import NEW
from gui.viewer.conftest import ScriptedScan
from PySide6.QtCore import QPoint, Qt

from viewer.app import make_application

HEART, FLUID = "The heart is large.", "There is a pleural effusion."


@pytest.fixture
def hands(qapp, qtbot, monkeypatch) -> Iterator[Hands]:
    """The window with a study that was read: a large heart and an effusion, each with its box and its sentence."""
    make_application()
    scan = ScriptedScan()
    monkeypatch.setattr("viewer.ui.light_box.scan", scan)
    made = Hands(qtbot, scan)
    made.drop(NEW)
    made.read()
    yield made
    scan.end()
    made.window.close()


def lit_marks(hands) -> set[str]:
    return {mark.id for mark in hands.viewport(NEW).state.marks if mark.is_highlighted}


def lit_sentences(hands) -> list[str]:
    editor = hands.panel.drafts.report
    text = editor.toPlainText()
    return [text[one.start : one.end] for one in editor.looks if one.is_lit]


def write_at(hands, words: str) -> None:
    """The cursor goes behind these words of the report."""
    editor = hands.panel.drafts.report
    hands.focus(editor)
    editor.put_cursor(editor.toPlainText().index(words) + len(words))


def test_the_cursor_in_a_sentence_lights_its_box_on_the_film(hands):
    write_at(hands, "There is a")
    hands.wait(lambda: any("b9" in mark for mark in lit_marks(hands)))
    assert not any("b1" in mark for mark in lit_marks(hands))

    write_at(hands, "The heart")

    hands.wait(lambda: any("b1" in mark for mark in lit_marks(hands)))
    assert lit_sentences(hands) == [HEART]


def test_the_pointer_over_a_box_on_the_film_marks_its_sentence(hands):
    hands.focus(hands.viewport(NEW))  # with the keyboard in the report, its cursor lights a sentence too
    steps = itertools.cycle((5.4, 5.6))

    def comes_to_the_line() -> None:  # the films may still be making room for the banner above them
        hands.qtbot.mouseMove(hands.viewport(NEW), QPoint(2, 2))
        hands.qtbot.mouseMove(hands.viewport(NEW), hands.at(next(steps), 3.0))
        assert lit_sentences(hands) == [HEART]

    hands.qtbot.waitUntil(comes_to_the_line)
    hands.qtbot.mouseMove(hands.viewport(NEW), QPoint(2, 2))

    hands.wait(lambda: lit_sentences(hands) == [])


def test_what_is_typed_into_the_report_never_reaches_the_films(hands):
    editor = hands.panel.drafts.report
    before = hands.viewport(NEW).state.view
    hands.wait(lambda: bool(editor.macros))
    write_at(hands, HEART)

    hands.qtbot.keyClicks(editor, " ijbeB0123/ .nl ")
    hands.strike(Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Escape)

    assert " ijbeB0123/ The lungs are clear.\n" in editor.toPlainText()
    assert hands.viewport(NEW).state.view == before
    assert "0 of 2 findings looked at" in hands.panel.shown_bar.text.text()


def test_escape_in_the_text_closes_the_choices_of_a_field_and_nothing_else(hands):
    editor = hands.panel.drafts.report
    hands.focus(editor)
    editor.selectAll()
    hands.qtbot.keyClicks(editor, "Side: [left / right]")
    editor.put_cursor(0)
    hands.strike(Qt.Key.Key_Tab)
    hands.wait(lambda: editor.picks is not None)

    hands.strike(Qt.Key.Key_Escape)
    assert editor.picks is None
    assert editor.hasFocus()
    hands.qtbot.keyClicks(editor, "middle")

    assert editor.toPlainText() == "Side: middle"
