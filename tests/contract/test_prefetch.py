"""What is done before anybody asks leaves the reading less to do, and changes nothing of what it says."""

import pytest
from contract.test_backend_contract import CHEST, SECOND, HeaderGate, pack, run, short_answers
from contract.test_interrupted_runs import told

from inference.backend import Finished, Prefetch, Progress, ReadStudy, StudyFilm, StudyInput
from inference.engine.engine import M4cxrBackend
from tests.fake_backend import FakeBackend
from tests.fake_server import fake_film, served, study_of

__all__ = ["pack", "short_answers"]

ALONE = (StudyFilm(CHEST.image_sha256),)
FOLLOW_UP = (*ALONE, StudyFilm(SECOND.image_sha256, "prior", 30))


def made(pack, films, prior_report="") -> M4cxrBackend:
    backend = M4cxrBackend(pack, gate=HeaderGate())
    for film in (CHEST, SECOND):
        backend.put_film(film)
    backend.put_study(StudyInput("study", films, prior_report))
    return backend


@pytest.mark.parametrize(("films", "report"), [(ALONE, ""), (FOLLOW_UP, "Small effusion.")])
def test_a_prefetched_reading_begins_with_its_first_word_and_says_the_same(pack, films, report):
    alone = run(made(pack, films, report), ReadStudy("study"))
    backend = made(pack, films, report)
    before = run(backend, Prefetch("study"))
    events = run(backend, ReadStudy("study"))

    assert told(events) == told(alone)
    assert before[-1].usage["encoder_calls"] == len(films)
    assert events[-1].usage["encoder_calls"] == 0
    assert events[-1].usage["stages"]["findings"]["prefill_tokens"] == 1


def test_nothing_is_drafted_that_nobody_asked_for(pack):
    for films in (
        ALONE,
        FOLLOW_UP,
    ):  # of a prior without a report a draft is needed: that waits for the reader
        events = run(made(pack, films), Prefetch("study"))
        assert all(isinstance(one, Progress) for one in events[:-1])
        assert isinstance(events[-1], Finished)
        assert events[-1].result == {}
        assert events[-1].usage["new_tokens"] == 0


def test_a_prefetch_is_never_interactive():
    with served(FakeBackend) as server:
        film = fake_film()
        server.client.put_film(film)
        study = server.client.put_study(study_of(film))
        asked = [
            server.http.post(f"/v1/studies/{study}/prefetch", params=more).json()["priority"]
            for more in ({}, {"priority": 0}, {"priority": 2})
        ]
        list(server.client.run(Prefetch(study), priority=2))

    assert asked == [1, 1, 2]


def test_a_study_that_is_sent_again_under_another_id_goes_on_from_what_was_read(pack):
    """The panel makes a study for each of its runs: the prefetch's is not the reading's."""
    alone = run(made(pack, ALONE), ReadStudy("study"))
    backend = made(pack, ALONE)
    run(backend, Prefetch("study"))
    backend.put_study(StudyInput("again", ALONE))
    backend.put_study(StudyInput("with age", ALONE, age="70"))
    backend.forget_study("study")
    events = run(backend, ReadStudy("again"))

    assert told(events) == told(alone)
    assert events[-1].usage["stages"]["findings"]["prefill_tokens"] == 1
    assert run(backend, ReadStudy("with age"))[-1].usage["stages"]["findings"]["prefill_tokens"] > 1
