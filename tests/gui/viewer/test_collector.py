"""Qt objects die in the GUI thread, whichever thread allocates."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject

from viewer.app import make_application
from viewer.ui.collector import MANY, GuiThreadCollector


class Ring(QObject):
    """Garbage that only the cycle collector can find."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


def allocate() -> None:
    for _ in range(20):
        kept = [[number] for number in range(20_000)]  # far over every threshold of the collector
        del kept


def died_in(make_garbage) -> list[str]:
    """Names of the threads in which the garbage died."""
    threads: list[str] = []
    weakref.finalize(make_garbage(), lambda: threads.append(threading.current_thread().name))
    worker = threading.Thread(target=allocate, name="worker")
    worker.start()
    worker.join()
    return threads


def test_a_worker_never_destroys_a_qt_object(qapp):
    application = make_application()
    collectors = application.findChildren(GuiThreadCollector) or [GuiThreadCollector(application)]
    assert not gc.isenabled()
    assert died_in(Ring) == []

    threads: list[str] = []
    weakref.finalize(Ring(), lambda: threads.append(threading.current_thread().name))
    for collector in collectors:
        for _ in range(3):
            collector.collect()
    assert threads == [threading.main_thread().name]


def test_left_alone_the_collector_would_run_in_the_worker(qapp):
    gc.enable()
    try:
        assert died_in(Ring) == ["worker"]
    finally:
        gc.disable()


@pytest.fixture
def collector(qapp):
    made = GuiThreadCollector(make_application())
    yield made
    made.deleteLater()


def test_a_great_many_new_objects_are_set_aside_instead_of_looked_at(collector):
    kept = [[number] for number in range(2 * MANY)]
    before = gc.get_freeze_count()
    collector.collect()
    assert gc.get_freeze_count() >= before + len(kept)


def test_garbage_that_came_little_by_little_is_collected_before_the_rest_is_set_aside(collector):
    collector.collect()
    gone: list[bool] = []
    kept = []
    weakref.finalize(Ring(), gone.append, True)
    for _ in range(4):
        kept += [[number] for number in range(MANY // 3)]
        collector.collect()
    assert gone == [True]
    assert gc.get_freeze_count() >= MANY
