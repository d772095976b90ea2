"""What holds for every test: no screen unless wanted, no network, no thread and no Qt timer left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator

import hypothesis
import pytest

from viewer import loopback

if not os.environ.get("SIDELIGHT_TEST_ON_SCREEN"):  # set it to watch the windows
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("OMP_NUM_THREADS", "1")
loopback.go_offline()


hypothesis.settings.register_profile("any machine", deadline=None)  # a busy one is no fault of the code
hypothesis.settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """From here on garbage is collected in the main thread only, as in the window (see viewer.ui.collector)."""
    gc.disable()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """The windows of a test end in the main thread, before the next test's worker threads begin."""
    yield
    gc.collect(2 if "gui" in item.path.parts else 1)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or changes the study list, the settings or the drafts of the person who runs it."""
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path_factory.mktemp("home")))


GRACE_S = 20.0
"""How long a test's threads may take to end after its last line, on a machine that is busy."""


def _is_ours(thread: threading.Thread) -> bool:
    """False for threads that libraries keep for the whole process (tqdm's monitor, for one)."""
    return not type(thread).__module__.startswith("tqdm") and not isinstance(thread, threading._DummyThread)


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    """Fails a test whose threads still run long after it."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + GRACE_S
    while True:
        left = [thread for thread in threading.enumerate() if thread not in before and _is_ours(thread)]
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    assert not left, f"threads left behind: {[thread.name for thread in left]}"


@pytest.fixture(autouse=True)
def no_qt_timer_is_left_behind() -> Iterator[None]:
    """Fails a test that leaves a window with a running timer."""
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return
    from PySide6.QtCore import QTimer

    ticking = [
        timer.objectName() or repr(timer.parent())
        for window in widgets.QApplication.topLevelWidgets()
        for timer in window.findChildren(QTimer)
        if timer.isActive()
    ]
    assert not ticking, f"timers left running: {ticking}"
