"""One thread, one queue, one last event, whatever the backend does."""

from __future__ import annotations

import json
import logging
import threading

import pytest

from inference.backend import (
    AskQuestion,
    Cancelled,
    ChatMessage,
    Error,
    Finding,
    Finished,
    GroundPhrase,
    Progress,
    ReadStudy,
    StudyFilm,
    StudyInput,
    WriteImpression,
)
from inference.errors import (
    ModelNotInstalled,
    OutOfMemory,
    Refused,
    UnknownFilm,
    UnknownJob,
    UnknownStudy,
)
from inference.server import scheduler as scheduler_module
from inference.server.jobs import Job
from inference.server.scheduler import Scheduler
from inference.server.shelf import Shelf
from tests.fake_backend import INFO, FakeBackend
from tests.fake_server import fake_film, wait_until

WISH = WriteImpression("Heart normal.")


@pytest.fixture
def schedule():
    """Start a scheduler around a backend (or a factory of one); all are ended after the test."""
    started = []

    def start(backend, shelf=None):
        factory = backend if callable(backend) else lambda: backend
        scheduler = Scheduler(factory, shelf or Shelf())
        started.append(scheduler)
        scheduler.start()
        return scheduler

    yield start
    assert all(scheduler.close(5.0) for scheduler in started)


def ended(job: Job) -> Job:
    assert wait_until(lambda: job.ended_at is not None)
    return job


def names(job: Job) -> list[str]:
    return [entry.name for entry in job.log.since(0)]


class Gated(FakeBackend):
    def __init__(self, **more):
        super().__init__(**more)
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def run(self, request, cancel):
        self.begun.set()
        self.go_on.wait(5)
        yield from super().run(request, cancel)


def test_a_job_ends_with_its_result(schedule):
    job = ended(schedule(FakeBackend()).submit(WISH))

    assert job.state == "finished"
    assert isinstance(job.log.last, Finished)
    assert names(job) == ["queued", "progress", *["text_delta"] * 6, "finished"] or names(job) == [
        "queued",
        *["text_delta"] * 6,
        "finished",
    ]  # `progress` says that the model was still loading


def test_every_call_of_the_backend_comes_from_one_thread(schedule):
    backend, shelf = FakeBackend(), Shelf()
    film = fake_film()
    shelf.put_film(film)
    shelf.put_study(StudyInput("s", (StudyFilm(film.image_sha256),)))
    scheduler = schedule(backend, shelf)

    ended(scheduler.submit(ReadStudy("s")))
    scheduler.forget_study("s")
    ended(scheduler.submit(WISH))

    assert wait_until(lambda: not backend.studies)
    assert len(backend.threads) == 1
    assert backend.threads != {threading.get_ident()}


def test_interactive_work_overtakes_what_waits_and_each_class_keeps_its_order(schedule):
    backend = Gated()
    scheduler = schedule(backend)
    first = scheduler.submit(WISH, priority=3)
    assert backend.begun.wait(5)
    wishes = [("batch 1", 3), ("study", 1), ("batch 2", 3), ("now 1", 0), ("worklist", 2), ("now 2", 0)]
    jobs = [scheduler.submit(WriteImpression(words), priority=rank) for words, rank in wishes]
    backend.go_on.set()
    for job in [first, *jobs]:
        ended(job)

    done = [request.findings for request in backend.runs[1:]]
    assert done == ["now 1", "now 2", "study", "worklist", "batch 1", "batch 2"]


def test_who_waits_is_told_the_place_in_the_queue_whenever_it_changes(schedule):
    backend = Gated()
    scheduler = schedule(backend)
    scheduler.submit(WISH)
    assert backend.begun.wait(5)
    batch = scheduler.submit(WISH, priority=3)
    scheduler.submit(WISH)
    backend.go_on.set()
    ended(batch)

    places = [json.loads(entry.data)["position"] for entry in batch.log.since(0) if entry.name == "queued"]
    assert places[:2] == [0, 1]
    assert places[-1] == 0


def test_a_running_job_stops_within_one_token(schedule):
    backend = FakeBackend(words=("w",) * 2000, token_s=0.005)
    job = (scheduler := schedule(backend)).submit(WISH)
    assert wait_until(lambda: backend.tokens >= 10)

    scheduler.cancel(job)
    at_cancel = backend.tokens
    ended(job)

    assert backend.tokens <= at_cancel + 1
    assert job.log.last == Cancelled()
    assert job.state == "cancelled"


def test_a_backend_that_does_not_look_at_the_token_is_stopped_all_the_same(schedule):
    class Deaf(FakeBackend):
        def run(self, request, cancel):
            for token in range(2000):
                self.tokens += 1
                yield Progress("report", token, 2000)
                threading.Event().wait(0.002)

    backend = Deaf()
    job = (scheduler := schedule(backend)).submit(WISH)
    assert wait_until(lambda: backend.tokens >= 5)
    scheduler.cancel(job)
    at_cancel = backend.tokens
    ended(job)

    assert backend.tokens <= at_cancel + 2
    assert job.log.last == Cancelled()


def test_a_waiting_job_that_is_cancelled_never_runs(schedule):
    backend = Gated()
    scheduler = schedule(backend)
    scheduler.submit(WISH)
    assert backend.begun.wait(5)
    waiting, next_one = scheduler.submit(WriteImpression("never")), scheduler.submit(WISH)

    scheduler.cancel(waiting)

    assert waiting.log.last == Cancelled()
    backend.go_on.set()
    ended(next_one)
    assert "never" not in [request.findings for request in backend.runs]


def test_cancelling_twice_or_too_late_changes_nothing(schedule):
    scheduler = schedule(FakeBackend())
    job = ended(scheduler.submit(WISH))
    scheduler.cancel(job)
    scheduler.cancel(job)
    assert isinstance(job.log.last, Finished)
    assert sum(name in ("finished", "cancelled", "error") for name in names(job)) == 1


class Panic(BaseException):
    """As Rust code under Python raises it: no Exception."""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OutOfMemory("Full."), Error("OutOfMemory", "Full.", OutOfMemory.remedy)),
        (MemoryError(), "OutOfMemory"),
        (RuntimeError("Mrs Doe has a fracture"), "BackendFault"),
        (Panic("index out of range"), "BackendFault"),
        (SystemExit(3), "BackendFault"),
    ],
)
def test_whatever_a_run_raises_is_told_and_the_next_job_runs(schedule, caplog, error, told):
    backend = FakeBackend(error=error, error_at=2)
    scheduler = schedule(backend)

    with caplog.at_level(logging.ERROR):
        job = ended(scheduler.submit(WISH))
    assert job.log.last == told or job.log.last.type == told
    assert job.state == "error"
    assert "Doe" not in caplog.text + job.log.last.message

    backend.error = None
    assert isinstance(ended(scheduler.submit(WISH)).log.last, Finished)


def test_an_event_that_json_has_no_word_for_is_a_fault_not_a_broken_stream(schedule):
    class Odd(FakeBackend):
        def run(self, request, cancel):
            yield Finding("f0", "edema", "present", float("nan"), False, "a")

    job = ended(schedule(Odd()).submit(WISH))
    assert job.log.last.type == "BackendFault"


def test_a_run_without_a_last_event_is_a_fault(schedule):
    class Silent(FakeBackend):
        def run(self, request, cancel):
            yield Progress("report", 0, 1)

    assert ended(schedule(Silent()).submit(WISH)).log.last.type == "BackendFault"


def test_nothing_is_published_after_the_last_event(schedule):
    class Chatty(FakeBackend):
        def run(self, request, cancel):
            yield Finished({"impression": "a"})
            yield Finished({"impression": "b"})
            yield Progress("report", 0, 1)

    job = ended(schedule(Chatty()).submit(WISH))
    assert job.log.last == Finished({"impression": "a"})
    assert names(job)[-1] == "finished"
    assert names(job).count("finished") == 1


# ── loading ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_jobs_wait_for_the_model_and_say_so(schedule):
    go_on = threading.Event()

    def slow():
        go_on.wait(5)
        return FakeBackend()

    scheduler = schedule(slow)
    job = scheduler.submit(WISH)
    assert scheduler.readiness == "loading"
    assert names(job) == ["queued", "progress"]
    go_on.set()
    ended(job)
    assert (scheduler.readiness, scheduler.info) == ("ready", INFO)


def test_a_model_that_is_not_there_is_told_to_every_job_until_it_is(schedule, tmp_path):
    found = []

    def factory():
        if not found:
            raise ModelNotInstalled("starter", tmp_path)
        return FakeBackend()

    scheduler = schedule(factory)
    last = ended(scheduler.submit(WISH)).log.last
    assert (last.type, last.message) == (
        "ModelNotInstalled",
        "The model “starter” is not on this computer.",
    )
    assert str(tmp_path) in last.remedy
    assert scheduler.readiness == "failed"

    found.append(True)
    assert isinstance(ended(scheduler.submit(WISH)).log.last, Finished)
    assert scheduler.readiness == "ready"


# ── films and studies ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shelf():
    shelf = Shelf()
    film = fake_film()
    shelf.put_film(film)
    shelf.put_study(StudyInput("s", (StudyFilm(film.image_sha256),)))
    return shelf


def test_a_film_reaches_the_backend_once_for_many_questions(schedule, shelf):
    backend = FakeBackend()
    scheduler = schedule(backend, shelf)
    for _ in range(3):
        ended(scheduler.submit(AskQuestion("s", (ChatMessage("user", "?"),))))
    assert backend.puts == 1


def test_a_study_that_the_backend_had_to_let_go_is_given_again(schedule, shelf):
    backend = FakeBackend()
    scheduler = schedule(backend, shelf)
    ended(scheduler.submit(ReadStudy("s")))
    backend.studies.clear()

    assert isinstance(ended(scheduler.submit(ReadStudy("s"))).log.last, Finished)


def test_a_backend_that_never_knows_the_study_is_asked_twice_not_for_ever(schedule, shelf):
    class Forgetful(FakeBackend):
        def put_study(self, study):
            self.puts += 1

    backend = Forgetful()
    assert ended(schedule(backend, shelf).submit(ReadStudy("s"))).log.last.type == "UnknownStudy"
    assert backend.puts == 3  # one film, and the study twice


def test_what_the_shelf_does_not_hold_is_refused_before_a_job_is_made(schedule, shelf):
    scheduler = schedule(FakeBackend(), shelf)
    with pytest.raises(UnknownStudy):
        scheduler.submit(ReadStudy("other"))
    with pytest.raises(UnknownFilm):
        scheduler.submit(GroundPhrase("s", "0" * 64, "heart"))


def test_a_job_keeps_its_films_though_the_study_is_forgotten_while_it_waits(schedule, shelf):
    backend = Gated()
    scheduler = schedule(backend, shelf)
    scheduler.submit(WISH)
    assert backend.begun.wait(5)
    job = scheduler.submit(ReadStudy("s"))
    shelf.forget_study("s")
    backend.go_on.set()

    assert isinstance(ended(job).log.last, Finished)
    assert job.films == ()


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_full_queue_refuses_more(schedule):
    backend = Gated()
    scheduler = schedule(backend)
    scheduler.submit(WISH)
    assert backend.begun.wait(5)
    for _ in range(scheduler_module.MAX_WAITING):
        scheduler.submit(WISH, priority=3)
    with pytest.raises(Refused):
        scheduler.submit(WISH)
    backend.go_on.set()


def test_old_jobs_are_forgotten_and_new_ones_kept(schedule, monkeypatch):
    monkeypatch.setattr(scheduler_module, "KEEP_ENDED", 3)
    scheduler = schedule(FakeBackend())
    jobs = [ended(scheduler.submit(WISH)) for _ in range(6)]

    with pytest.raises(UnknownJob):
        scheduler.job(jobs[0].id)
    assert scheduler.job(jobs[-1].id) is jobs[-1]


def test_closing_cancels_what_runs_and_what_waits(schedule):
    backend = FakeBackend(words=("w",) * 2000, token_s=0.005)
    scheduler = schedule(backend)
    running, waiting = scheduler.submit(WISH), scheduler.submit(WISH)
    assert wait_until(lambda: backend.tokens > 2)

    assert scheduler.close(5.0)
    assert running.log.last == waiting.log.last == Cancelled()
