"""A robot that waits as long as a busy machine takes: what never happens still fails its test, only later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui.surroundings import clear_the_way, let_go, who_has_what
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QProgressBar
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

LONG_MS = 60_000


class PatientBot(QtBot):
    """pytest-qt's robot, with a minute where it has five seconds."""

    def waitUntil(self, callback, *, timeout=LONG_MS):
        try:
            return super().waitUntil(callback, timeout=max(timeout, LONG_MS))
        except TimeoutError as error:
            error.add_note(who_has_what())
            raise

    def waitSignal(self, signal, *, timeout=LONG_MS, **more):
        return super().waitSignal(signal, timeout=max(timeout, LONG_MS), **more)


@pytest.fixture
def qtbot(qapp, request):
    return PatientBot(request)


@pytest.fixture(autouse=True)
def a_free_hand(qapp: QApplication) -> None:
    """The mouse is as no test has touched it: Qt's test hand holds the button after a double click, for one."""
    let_go()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Fails a test that leaves a window open: it would take the mouse from the windows of the tests after it."""
    try:
        yield
    finally:
        forgotten = clear_the_way()
    assert not forgotten, f"left behind: {'; '.join(forgotten)}"


class StrayWindows(QObject):
    """Notes labels, buttons and fields that are shown before they lie in anything: each is a window of its own then,
    flashes on the screen, and takes the keyboard from the films.
    """

    CONTROLS = (QLabel, QAbstractButton, QLineEdit, QProgressBar)

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, self.CONTROLS) and watched.isWindow():
            name = watched.metaObject().className()
            if name != "QTipLabel":
                self.seen.append(f"{name} {getattr(watched, 'text', str)()!r}")
        return False


@pytest.fixture(autouse=True)
def no_stray_windows(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that wants to show a control alone says so with qtbot.addWidget's window: no test has needed it."""
    watch = StrayWindows()
    qapp.installEventFilter(watch)
    yield
    qapp.removeEventFilter(watch)
    assert not watch.seen, f"shown as a window of its own: {watch.seen}"
