"""Work in threads: what it leaves behind is taken down where Qt wants it."""

from __future__ import annotations

import threading
import time
import weakref

import pytest

from viewer.ui.background import Background, Task


def test_a_task_is_destroyed_in_the_gui_thread_even_if_its_thread_ends_after_it(qtbot, monkeypatch):
    destroyed_in: list[threading.Thread] = []
    ring = Task._ring

    def lingering(task: Task) -> None:
        ring(task)
        time.sleep(0.02)  # the window takes the end meanwhile

    monkeypatch.setattr(Task, "_ring", lingering)
    background = Background(pytest.fail)

    def run_one() -> None:
        ended: list[object] = []
        task = background.start(lambda is_stopped: iter(()), lambda item: None, ended.append)
        weakref.finalize(task, lambda: destroyed_in.append(threading.current_thread()))
        thread = task._thread
        del task
        qtbot.waitUntil(lambda: bool(ended))
        thread.join()

    for _ in range(5):
        run_one()

    assert len(destroyed_in) >= 4
    assert set(destroyed_in) == {threading.main_thread()}
