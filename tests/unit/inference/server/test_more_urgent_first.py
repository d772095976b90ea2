"""A more urgent job starts between two tokens of a running one, which then goes on where it was."""

from __future__ import annotations

import threading

import pytest

from inference.backend import Cancelled, Finished, TextDelta, WriteImpression
from inference.errors import InferenceCancelled, OutOfMemory
from inference.server.scheduler import Scheduler
from inference.server.shelf import Shelf
from tests.fake_backend import FakeBackend
from tests.fake_server import wait_until

BATCH, WORKLIST, STUDY, NOW = 3, 2, 1, 0
WORDS = ("w ",) * 40


class Told(FakeBackend):
    """Notes (whose, which token) in the order in which they are made, and calls `at[whose, token]` at that token."""

    def __init__(self, **more):
        super().__init__(words=WORDS, **more)
        self.said: list[tuple[str, int]] = []
        self.at: dict[tuple[str, int], object] = {}

    def run(self, request, cancel):
        self._note_thread()
        self.runs.append(request)
        for token in range(len(self.words)):
            cancel.rest()
            if cancel.is_cancelled:
                raise InferenceCancelled("Stopped.")
            self.said.append((request.findings, token))
            call = self.at.get((request.findings, token))
            if call is not None:
                call()
            yield TextDelta("w ", "impression")
        yield Finished({"impression": "w " * len(self.words)}, {"new_tokens": len(self.words)})

    def order(self) -> list[str]:
        """Whose tokens followed whose."""
        names = [name for name, _ in self.said]
        return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


@pytest.fixture
def backend():
    return Told()


@pytest.fixture
def scheduler(backend):
    scheduler = Scheduler(lambda: backend, Shelf())
    scheduler.start()
    yield scheduler
    assert scheduler.close(5.0)


def submit(scheduler, name: str, priority: int):
    return scheduler.submit(WriteImpression(name), priority=priority)


def when(backend, name: str, token: int, call) -> None:
    """Call once, in the inference thread, while the named job makes that token."""
    backend.at[name, token] = call


def ended(*jobs) -> None:
    for job in jobs:
        assert wait_until(lambda job=job: job.ended_at is not None, 20)


def events(job) -> list[str]:
    return [entry.name for entry in job.log.since(0)]


def test_a_question_starts_within_one_token_of_a_running_batch(scheduler, backend):
    jobs = []
    when(backend, "batch", 10, lambda: jobs.append(submit(scheduler, "question", NOW)))
    batch = submit(scheduler, "batch", BATCH)
    ended(batch)

    after = backend.said[backend.said.index(("batch", 10)) + 1 :]
    assert after[: len(WORDS)] == [("question", token) for token in range(len(WORDS))]
    assert after[len(WORDS) :] == [("batch", token) for token in range(11, len(WORDS))]
    assert batch.state == jobs[0].state == "finished"


def test_four_classes_lie_on_top_of_each_other_and_end_from_the_top(scheduler, backend):
    when(backend, "batch", 3, lambda: submit(scheduler, "worklist", WORKLIST))
    when(backend, "worklist", 3, lambda: submit(scheduler, "study", STUDY))
    when(backend, "study", 3, lambda: submit(scheduler, "now", NOW))
    ended(submit(scheduler, "batch", BATCH))

    assert backend.order() == ["batch", "worklist", "study", "now", "study", "worklist", "batch"]
    assert len(backend.threads) == 1


def test_all_that_is_more_urgent_goes_first_in_its_own_order(scheduler, backend):
    def more() -> None:
        submit(scheduler, "study", STUDY)
        submit(scheduler, "now 1", NOW)
        submit(scheduler, "other batch", BATCH)
        submit(scheduler, "now 2", NOW)

    when(backend, "batch", 5, more)
    ended(submit(scheduler, "batch", BATCH))

    assert backend.order()[:5] == ["batch", "now 1", "now 2", "study", "batch"]


def test_work_of_the_same_class_waits_for_its_turn(scheduler, backend):
    jobs = []
    when(backend, "first", 5, lambda: jobs.append(submit(scheduler, "second", NOW)))
    ended(submit(scheduler, "first", NOW))
    ended(*jobs)

    assert backend.order() == ["first", "second"]


def test_who_is_interrupted_is_told_so_and_has_one_last_event(scheduler, backend):
    when(backend, "batch", 5, lambda: submit(scheduler, "now", NOW))
    batch = submit(scheduler, "batch", BATCH)
    ended(batch)

    stages = [entry.data for entry in batch.log.since(0) if entry.name == "progress"]
    assert sum('"waiting"' in one for one in stages) == 1
    assert events(batch).count("finished") == 1
    assert events(batch).count("text_delta") == len(WORDS)


def test_an_interrupted_job_that_is_stopped_ends_at_once_and_makes_no_further_token(scheduler, backend):
    batch, jobs, seen = [], [], []

    def stop() -> None:
        scheduler.cancel(batch[0])
        seen.append(batch[0].log.last)

    when(backend, "batch", 5, lambda: jobs.append(submit(scheduler, "now", NOW)))
    when(backend, "now", 7, stop)
    with scheduler._changed:  # the batch must not run before its name is known here
        batch.append(submit(scheduler, "batch", BATCH))
    ended(batch[0])
    ended(*jobs)

    assert seen == [Cancelled()]
    assert backend.said[-1] == ("now", len(WORDS) - 1)
    assert wait_until(lambda: not scheduler._running)
    assert [token for name, token in backend.said if name == "batch"][-1] == 5


def test_a_fault_in_what_interrupts_is_its_own(scheduler, backend):
    def fail() -> None:
        raise OutOfMemory("Full.")

    jobs = []
    when(backend, "batch", 5, lambda: jobs.append(submit(scheduler, "now", NOW)))
    when(backend, "now", 2, fail)
    batch = submit(scheduler, "batch", BATCH)
    ended(batch)

    assert jobs[0].log.last.type == "OutOfMemory"
    assert batch.state == "finished"
    assert [token for name, token in backend.said if name == "batch"] == list(range(len(WORDS)))


def test_closing_ends_the_interrupted_and_what_interrupts(scheduler, backend):
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(10)

    jobs = []
    when(backend, "batch", 5, lambda: jobs.append(submit(scheduler, "now", NOW)))
    when(backend, "now", 2, hold)
    batch = submit(scheduler, "batch", BATCH)
    assert reached.wait(10)
    closing = threading.Thread(target=scheduler.close, args=(10.0,))
    closing.start()
    assert wait_until(lambda: batch.cancel.is_cancelled and jobs[0].cancel.is_cancelled)
    go_on.set()
    closing.join()

    assert batch.log.last == jobs[0].log.last == Cancelled()
    assert backend.said[-1] == ("now", 2)
