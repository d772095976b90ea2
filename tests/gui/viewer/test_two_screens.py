"""The prior on a second screen, and windows that come back where they were."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent

from tests.factories_ui import film
from tests.gui.viewer.conftest import Desk
from viewer.ui.screens import places
from viewer.ui.screens.places import ScreenPlace

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new")


@pytest.fixture
def screens(monkeypatch):
    """Two screens side by side, as the system would tell; a test may take one away."""
    there = [ScreenPlace("A", (0, 0, 1600, 1200)), ScreenPlace("B", (1600, 0, 1600, 1200))]
    monkeypatch.setattr(places, "screens_now", lambda: tuple(there))
    return there


@pytest.fixture
def part(desk):
    return next(part for part in desk.window.features if hasattr(part, "follow_hanging"))


@pytest.fixture
def spread(screens, desk):
    desk.drop(OLD, NEW)
    desk.wish("second_films_window")
    return desk


def test_the_prior_hangs_in_the_second_window(spread, part):
    assert spread.on_screen() == [OLD, NEW]
    assert part.second.isVisible()
    assert spread.viewport(OLD).window() is part.second
    assert spread.viewport(NEW).window() is spread.window
    assert part.second.geometry().x() >= 1600 or part.second.geometry().width() > 0


def test_films_in_both_windows_zoom_and_window_together(spread, part):
    spread.drag(OLD, Qt.MouseButton.LeftButton, 50, 0)
    assert spread.view(OLD).voi == spread.view(NEW).voi
    spread.wheel(NEW, 2, Qt.KeyboardModifier.ControlModifier)
    assert spread.view(OLD).zoom is not None


def test_esc_gives_up_in_the_second_window_what_was_begun_there(spread, part):
    spread.wish("tool_length")
    viewport = spread.viewport(OLD)
    spread.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=viewport.rect().center())
    spread.qtbot.mouseMove(viewport, viewport.rect().center() * 1.2)
    assert viewport.state.human.marks
    spread.qtbot.keyClick(part.second, Qt.Key.Key_Escape)
    assert not viewport.state.human.marks


def test_keys_work_in_the_second_window(spread, part):
    spread.qtbot.keyClick(part.second, Qt.Key.Key_Space)
    actions = set(part.second.actions())
    assert spread.window.actions_by_id["invert"] in actions
    spread.qtbot.keyPress(part.second, Qt.Key.Key_Space)
    assert spread.viewport(OLD).state.are_marks_hidden
    spread.qtbot.keyRelease(part.second, Qt.Key.Key_Space)
    assert not spread.viewport(OLD).state.are_marks_hidden


def test_p_takes_the_second_window_away_with_the_prior(spread, part):
    spread.wish("toggle_prior")
    assert not part.second.isVisible()
    spread.wish("toggle_prior")
    assert part.second.isVisible()
    assert spread.viewport(OLD).window() is part.second


def test_with_one_screen_all_films_hang_in_the_main_window(desk, part):
    desk.drop(OLD, NEW)
    desk.wish("second_films_window")
    assert part.second is None
    assert desk.viewport(OLD).window() is desk.window
    assert "one screen only" in desk.window.status_line.text()


def test_a_screen_that_goes_away_gives_its_films_back(spread, part, screens):
    del screens[1]
    part.follow_hanging()
    assert not part.second.isVisible()
    assert spread.viewport(OLD).window() is spread.window
    assert spread.viewport(OLD).isVisible()


def test_a_second_window_closed_by_hand_stays_closed_until_it_is_asked_for(spread, part):
    part.second.closed_by_hand.emit()
    part.second.closeEvent(QCloseEvent())
    part.second.hide()
    assert spread.viewport(OLD).window() is spread.window
    part.follow_hanging()
    assert not part.second.isVisible()
    spread.wish("second_films_window")
    assert part.second.isVisible()


def test_windows_come_back_where_they_were_with_these_screens(screens, spread, part, qtbot, reader, scan):
    spread.window.setGeometry(40, 50, 1210, 720)
    spread.window.middle.setSizes([330, 880])
    part.second.setGeometry(1650, 30, 900, 800)
    wide = spread.window.middle.sizes()[0]
    spread.window.close()

    window = Desk(qtbot, reader, scan).window
    again = next(one for one in window.features if hasattr(one, "follow_hanging"))
    assert again._known.main == (40, 50, 1210, 720)
    assert again._known.list_width == wide
    assert again._known.second == (1650, 30, 900, 800)
    window.close()


def test_with_other_screens_windows_come_as_they_come(screens, spread, qtbot, reader, scan):
    spread.window.setGeometry(40, 50, 1210, 720)
    spread.window.close()
    del screens[1]
    window = Desk(qtbot, reader, scan).window
    again = next(one for one in window.features if hasattr(one, "follow_hanging"))
    assert again._known.main is None
    window.close()
