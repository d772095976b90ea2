"""A more urgent request may run to its end between two tokens of another: neither notices.

Held against the real engine with random weights. The interruption comes where the scheduler's comes: from
`CancelToken.rest`, in the inference thread, inside the other run's stack.
"""

from dataclasses import replace

import pytest
from contract.test_backend_contract import (
    CHEST,
    CT,
    PRIOR,
    REQUESTS,
    SECOND,
    HeaderGate,
    pack,
    run,
    short_answers,
)

from inference.backend import CancelToken, Finding, Finished, ReadStudy, StudyFilm, StudyInput
from inference.engine.engine import M4cxrBackend
from inference.errors import InferenceCancelled

__all__ = ["pack", "short_answers"]

PAUSES = (0, 1, 2, 7, 40)


@pytest.fixture
def backend(pack):
    return made(pack)


def made(pack) -> M4cxrBackend:
    backend = M4cxrBackend(pack, gate=HeaderGate())
    for one in (CHEST, SECOND, PRIOR, CT):
        backend.put_film(one)
    films = (StudyFilm(CHEST.image_sha256), StudyFilm(SECOND.image_sha256))
    prior = StudyFilm(PRIOR.image_sha256, "prior", 30)
    backend.put_study(StudyInput("chest", (*films, prior), "Small effusion."))
    backend.put_study(StudyInput("several", (films[1], prior), "Small effusion."))
    return backend


def interrupted(backend, request, pauses, interrupt) -> list:
    """The events of `request`; at the given numbers of pauses, `interrupt` is called in between."""
    seen = -1

    def let_others() -> None:
        nonlocal seen
        seen += 1
        if seen in pauses:
            interrupt()

    events = list(backend.run(request, CancelToken(let_others)))
    assert seen >= min(pauses)
    return events


def told(events: list) -> list:
    """What the reader is told. Confidences to five places: how a prompt is split into parts moves the eighth."""
    return [
        replace(one, confidence=round(one.confidence, 5)) if isinstance(one, Finding) else one
        for one in events[:-1]
    ] + [events[-1].result["report"], events[-1].result["impression"]]


@pytest.mark.parametrize("urgent", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_reading_that_others_interrupt_says_what_it_says_alone(pack, urgent):
    alone = run(made(pack), ReadStudy("chest"))
    backend, answers = made(pack), []
    events = interrupted(
        backend, ReadStudy("chest"), PAUSES, lambda: answers.append(run(backend, urgent)[-1])
    )

    assert told(events) == told(alone)
    assert len(answers) == len(PAUSES)


@pytest.mark.parametrize("name", ["ground", "ask without films", "impression"])
def test_what_interrupts_a_reading_says_what_it_says_alone(pack, name):
    alone = run(made(pack), REQUESTS[name])
    backend, answers = made(pack), []
    interrupted(backend, ReadStudy("chest"), PAUSES, lambda: answers.append(run(backend, REQUESTS[name])))

    assert [one[-1].result for one in answers] == [alone[-1].result] * len(PAUSES)


def test_each_request_counts_its_own_tokens_only(pack):
    reading, question = ReadStudy("chest"), REQUESTS["ask"]
    alone = run(made(pack), reading)[-1].usage["new_tokens"]
    backend, answers = made(pack), []
    events = interrupted(backend, reading, PAUSES, lambda: answers.append(run(backend, question)[-1]))

    assert events[-1].usage["new_tokens"] == alone
    assert {one.usage["new_tokens"] for one in answers} == {12}
    assert sum(one.usage["encoder_calls"] for one in (*answers, events[-1])) == 3  # each film once, by either


def test_a_study_that_is_forgotten_while_it_is_read_is_read_to_its_end(pack):
    alone = run(made(pack), ReadStudy("chest"))
    backend = made(pack)

    events = interrupted(backend, ReadStudy("chest"), PAUSES, lambda: backend.forget_study("chest"))

    assert told(events) == told(alone)
    assert not backend.has_film(CHEST.image_sha256)


def test_a_stop_during_the_interruption_ends_the_interrupted_run(backend):
    cancel, other = CancelToken(), []

    def let_others() -> None:
        if not other:
            other.append(run(backend, REQUESTS["impression"])[-1])
            cancel.cancel()

    cancel._let_others = let_others
    with pytest.raises(InferenceCancelled):
        list(backend.run(ReadStudy("chest"), cancel))
    assert isinstance(other[0], Finished)
