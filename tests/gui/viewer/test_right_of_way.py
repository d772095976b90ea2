"""The window goes first; what works in the background rests meanwhile, and never for good."""

from __future__ import annotations

import threading

import pytest

from tests.factories_ui import film
from viewer.ui import right_of_way
from viewer.ui.right_of_way import RightOfWay


@pytest.fixture
def way(qtbot, monkeypatch):
    monkeypatch.setattr(right_of_way, "MOST_REST_S", 60)
    return RightOfWay()


@pytest.fixture
def passed(way):
    """Tells whether a work has come past the window; started by calling it."""
    through = threading.Event()
    works = []

    def start():
        works.append(threading.Thread(target=lambda: (way.give_way(), through.set())))
        works[0].start()
        return through

    yield start
    way.release()
    for work in works:
        work.join(10)


def test_a_work_rests_until_the_window_is_idle_again(qtbot, way, passed):
    way.take()
    through = passed()
    assert not through.wait(0.05)
    qtbot.waitUntil(through.is_set, timeout=30_000)


def test_a_work_goes_on_where_the_window_waits_for_it(way, passed):
    way.take()
    way.release()
    assert passed().wait(30)


def test_a_work_goes_on_where_the_window_is_busy_without_end(way, passed, monkeypatch):
    monkeypatch.setattr(right_of_way, "MOST_REST_S", 0.01)
    way.take()
    assert passed().wait(30)


def test_a_scan_rests_while_what_it_found_is_listed(desk):
    way = desk.window.background.right_of_way
    was_free = []
    desk.window.light_box.films_found.connect(lambda _found: was_free.append(way._is_free.is_set()))
    desk.drop(film("a"))
    assert was_free == [False]
    desk.wait(way._is_free.is_set)
