"""Memory runs out at each step of a reading in turn: it goes on smaller, or says so; the engine stays fit."""

from dataclasses import replace

import pytest
import torch
from contract.test_backend_contract import (
    CHEST,
    QUESTION,
    SECOND,
    HeaderGate,
    pack,
    run,
    short_answers,
)

from inference.backend import (
    CancelToken,
    Finding,
    Finished,
    Flag,
    GroundPhrase,
    ReadStudy,
    StudyFilm,
    StudyInput,
)
from inference.engine.engine import M4cxrBackend
from inference.errors import OutOfMemory
from inference.plan import Limits

__all__ = ["pack", "short_answers"]

SMALL = replace(QUESTION, max_new_tokens=4)


class Faults:
    """Stands before a backend's model calls and lets those with the given numbers run out of memory."""

    def __init__(self, backend: M4cxrBackend) -> None:
        self.calls: list[str] = []  # what was called, in order
        self.fails = lambda number: False
        inside = backend._language._inside
        read, encode = inside.read, backend._eyes.encode
        inside.read = lambda rows, memory, lengths=None: self._call(
            self._kind(rows, memory), lambda: read(rows, memory, lengths)
        )
        backend._eyes.encode = lambda grey: self._call("encode", lambda: encode(grey))

    def _kind(self, rows, memory) -> str:
        if len(rows) > 1:
            return "rows"
        return "token" if rows.shape[1] == 1 else "prompt"

    def _call(self, kind, call):
        self.calls.append(kind)
        if self.fails(len(self.calls) - 1):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return call()


def made(pack) -> tuple[M4cxrBackend, Faults]:
    backend = M4cxrBackend(pack, gate=HeaderGate())
    for film in (CHEST, SECOND):
        backend.put_film(film)
    backend.put_study(
        StudyInput("chest", (StudyFilm(CHEST.image_sha256), StudyFilm(SECOND.image_sha256, "prior", 9)))
    )
    return backend, Faults(backend)


@pytest.fixture
def fresh(pack):
    """One engine for the module's many runs: `fresh()` takes it back to how it was when it was loaded."""
    backend, faults = made(pack)

    def again() -> tuple[M4cxrBackend, Faults]:
        study = backend._sessions.get("chest").study
        backend._room.limits = Limits()
        backend._eyes.clear()
        backend.forget_study("chest")
        for film in (CHEST, SECOND):
            backend.put_film(film)
        backend.put_study(study)
        faults.calls.clear()
        faults.fails = lambda number: False
        return backend, faults

    return again


def told(events: list) -> list:
    """Without the flag about memory. Confidences to five places: batches and parts move the eighth."""
    return [
        replace(one, confidence=round(one.confidence, 5)) if isinstance(one, Finding) else one
        for one in events[:-1]
        if not (isinstance(one, Flag) and one.kind == "smaller_plan")
    ]


def smaller_plans(events: list) -> list[str]:
    return [one.why for one in events if isinstance(one, Flag) and one.kind == "smaller_plan"]


def steps(kinds: list[str]) -> list[int]:
    """Of each kind of call the first two, one in the middle and the last."""
    chosen: set[int] = set()
    for kind in set(kinds):
        places = [at for at, one in enumerate(kinds) if one == kind]
        chosen |= {*places[:2], places[len(places) // 2], places[-1]}
    return sorted(chosen)


def test_a_reading_that_runs_out_of_memory_once_goes_on_smaller_and_says_the_same(fresh):
    backend, faults = fresh()
    alone = told(run(backend, ReadStudy("chest")))
    kinds = list(faults.calls)
    assert set(kinds) == {"encode", "prompt", "rows", "token"}

    for step in steps(kinds):
        backend, faults = fresh()
        faults.fails = lambda number, step=step: number == step
        events = run(backend, ReadStudy("chest"))

        assert told(events) == alone, (step, kinds[step])
        assert len(smaller_plans(events)) == 1, (step, kinds[step])


def test_where_even_the_smaller_plan_does_not_fit_it_is_said_and_the_next_request_is_answered(fresh):
    backend, faults = fresh()
    answer = run(backend, SMALL)[-1].result
    backend, faults = fresh()
    run(backend, ReadStudy("chest"))
    kinds = list(faults.calls)

    for step in steps(kinds)[::3]:
        backend, faults = fresh()
        faults.fails = lambda number, step=step: number >= step
        with pytest.raises(OutOfMemory, match=r"ran out of memory .* also with a smaller plan") as caught:
            run(backend, ReadStudy("chest"))
        assert caught.value.remedy
        assert caught.value.__context__ is None  # no frame of the failed run is kept alive

        faults.fails = lambda number: False
        backend.put_study(backend._sessions.get("chest").study)
        assert run(backend, SMALL)[-1].result == answer


def test_too_many_questions_at_once_are_asked_one_by_one(fresh):
    backend, faults = fresh()
    alone = told(run(backend, ReadStudy("chest")))
    backend, faults = fresh()
    faults.fails = lambda number: faults.calls[number] == "rows"
    events = run(backend, ReadStudy("chest"))

    assert told(events) == alone
    assert faults.calls.count("rows") == 1
    assert backend._room.limits == Limits(1, 1, 128)


def test_a_fault_that_is_not_about_memory_is_not_taken_for_one(fresh):
    backend, faults = fresh()

    def fails(number: int) -> bool:
        raise RuntimeError("a shape does not fit")

    faults.fails = fails
    with pytest.raises(RuntimeError, match="shape"):
        run(backend, ReadStudy("chest"))
    assert backend._room.limits == Limits()


def test_what_is_interrupted_outlives_that_memory_ran_out_in_what_interrupts(fresh):
    backend, faults = fresh()
    alone = told(run(backend, ReadStudy("chest")))
    backend, faults = fresh()
    interrupted = []

    def let_others() -> None:
        if len(faults.calls) < 30 or interrupted:
            return
        interrupted.append(True)
        faults.fails = lambda number: True
        with pytest.raises(OutOfMemory):
            run(backend, GroundPhrase("chest", CHEST.image_sha256, "effusion"))
        faults.fails = lambda number: False

    events = list(backend.run(ReadStudy("chest"), CancelToken(let_others)))
    assert interrupted
    assert isinstance(events[-1], Finished)
    assert told(events) == alone
