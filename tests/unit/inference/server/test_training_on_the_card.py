"""A reading that waits for training to leave the graphics card says so, and training hears of it until its end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from inference.backend import WriteImpression
from inference.plan import Limits, MemoryUse, Plan
from inference.server.jobs import Job
from inference.server.scheduler import Scheduler
from inference.server.shelf import Shelf
from inference.training.loop import yielding
from plugin.wording import STAGES
from tests.fake_backend import FakeBackend
from tests.fake_server import wait_until

WISH = WriteImpression("Heart normal.")
CARD = MemoryUse("cuda", Plan("card", "nf4", 4096, Limits(), (), 0), 5, 6)


class OnTheCard(FakeBackend):
    """Notes at each request whether training would see that somebody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.announced: list[int] = []

    def memory(self) -> MemoryUse:
        return CARD

    def close(self) -> None: ...

    def run(self, request, cancel):
        self.announced.append(len(list(yielding.at_work_folder().glob("reading-*.json"))))
        return super().run(request, cancel)


class Training:
    """A training run that holds the card until it is told to leave."""

    def __init__(self) -> None:
        self.holds = threading.Event()
        self.left = threading.Event()
        self.left.set()

    def take_card(self) -> None:
        self.holds.set()
        self.left.clear()

    def leave(self) -> None:
        self.holds.clear()
        self.left.set()


@pytest.fixture
def training(monkeypatch) -> Training:
    made = Training()
    monkeypatch.setattr(
        yielding,
        "is_at_work",
        lambda work, device: work == "training" and device == "cuda" and made.holds.is_set(),
    )
    monkeypatch.setattr(yielding, "wait_for_device", lambda device: made.left.wait(10))
    return made


@pytest.fixture
def backend() -> OnTheCard:
    return OnTheCard()


@pytest.fixture
def scheduler(training, backend) -> Iterator[Scheduler]:
    made = Scheduler(lambda: backend, Shelf())
    made.start()
    assert wait_until(lambda: made.readiness == "ready")
    yield made
    training.leave()
    assert made.close(5.0)


def stages(job: Job) -> list[str]:
    return [json.loads(entry.data)["stage"] for entry in job.log.since(0) if entry.name == "progress"]


def ended(job: Job) -> Job:
    assert wait_until(lambda: job.ended_at is not None)
    return job


def test_a_job_that_waits_for_training_to_leave_the_card_says_so(scheduler, training):
    training.take_card()
    job = scheduler.submit(WISH)
    assert wait_until(lambda: "training" in stages(job))
    assert job.ended_at is None
    assert STAGES["training"] == "Waiting for the training to leave the graphics card"

    training.leave()
    assert stages(ended(job)).count("training") == 1


def test_where_the_card_is_free_nothing_is_said_of_training(scheduler):
    assert "training" not in stages(ended(scheduler.submit(WISH)))


def test_a_model_that_loads_after_the_wait_says_that_it_loads(scheduler, training):
    scheduler.unload()
    assert wait_until(lambda: scheduler.memory is None)
    training.take_card()
    job = scheduler.submit(WISH)
    assert wait_until(lambda: "training" in stages(job))
    training.leave()

    told = stages(ended(job))
    assert told[told.index("training") + 1] == "loading"


def test_training_is_told_of_a_reading_also_after_its_model_was_loaded_for_it(scheduler, backend):
    """Else it came back to the card while the answer is still being written."""
    scheduler.unload()
    assert wait_until(lambda: scheduler.memory is None)
    ended(scheduler.submit(WISH))
    assert backend.announced == [1]
