"""A model that nobody uses gives its memory back, and comes back by itself."""

from __future__ import annotations

import threading

import pytest

from inference.backend import Finished, WriteImpression
from inference.errors import ModelAtWork
from inference.plan import Limits, MemoryUse, Plan
from inference.server.scheduler import Scheduler
from inference.server.shelf import Shelf
from tests.fake_backend import FakeBackend
from tests.fake_server import wait_until

WISH = WriteImpression("Heart normal.")
USE = MemoryUse("cuda", Plan("card", "nf4", 4096, Limits(), (), 0), 5, 6)


class Heavy(FakeBackend):
    is_closed = False

    def memory(self) -> MemoryUse:
        return USE

    def close(self) -> None:
        self._note_thread()
        self.is_closed = True


@pytest.fixture
def made():
    return []


@pytest.fixture
def schedule(made):
    started = []

    def start(**more) -> Scheduler:
        def factory():
            made.append(Heavy())
            return made[-1]

        started.append(Scheduler(factory, Shelf(), **more))
        started[-1].start()
        return started[-1]

    yield start
    assert all(scheduler.close(5.0) for scheduler in started)


def is_ready(scheduler) -> bool:
    return wait_until(lambda: scheduler.readiness == "ready")


def ended(job):
    assert wait_until(lambda: job.ended_at is not None)
    return job


def test_a_model_without_work_is_unloaded_and_the_next_request_loads_it(schedule, made):
    asked = []

    def limit(use):
        asked.append(use)
        return 0.05 if len(made) == 1 else None

    scheduler = schedule(idle_limit=limit)
    assert wait_until(lambda: scheduler.readiness == "unloaded" and made[0].is_closed)
    assert asked[0] == USE
    assert scheduler.memory is None
    assert scheduler.info is not None  # what reads is known, though it is not loaded

    job = ended(scheduler.submit(WISH))
    assert isinstance(job.log.last, Finished)
    assert '"loading"' in job.log.since(0)[1].data
    assert (len(made), scheduler.readiness, scheduler.memory) == (2, "ready", USE)


def test_on_demand_it_is_unloaded_and_loaded_from_the_one_thread(schedule, made):
    scheduler = schedule()
    assert is_ready(scheduler)
    scheduler.unload()
    assert wait_until(lambda: made[0].is_closed)
    assert scheduler.readiness == "unloaded"
    scheduler.unload()  # twice is harmless
    scheduler.load()
    assert is_ready(scheduler)
    scheduler.load()

    assert len(made) == 2
    assert made[0].threads == made[1].threads
    assert len(made[0].threads) == 1


def test_a_model_at_work_is_not_taken_away(schedule, made):
    begun, go_on = threading.Event(), threading.Event()

    def say(self, words, channel, cancel):
        begun.set()
        go_on.wait(10)
        yield from FakeBackend._say(self, words, channel, cancel)

    scheduler = schedule()
    assert is_ready(scheduler)
    made[0]._say = say.__get__(made[0])
    job = scheduler.submit(WISH)
    assert begun.wait(5)
    with pytest.raises(ModelAtWork):
        scheduler.unload()
    go_on.set()
    ended(job)
    assert not made[0].is_closed


def test_a_request_that_comes_with_the_unloading_is_answered(schedule, made):
    scheduler = schedule()
    assert is_ready(scheduler)
    with scheduler._changed:  # the thread sees both at once
        scheduler.unload()
        job = scheduler.submit(WISH)

    assert isinstance(ended(job).log.last, Finished)
    assert len(made) == 2
