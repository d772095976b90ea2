"""Two engines with different packs, and two servers, in one process: each answers as it does alone."""

from dataclasses import replace

import pytest
from contract.test_backend_contract import CHEST, QUESTION, SECOND, HeaderGate, short_answers
from contract.test_interrupted_runs import told

from inference.backend import CancelToken, GroundPhrase, ReadStudy, StudyFilm, StudyInput
from inference.engine.engine import M4cxrBackend
from inference.packs import open_pack
from tests.fake_server import fake_film, served
from tests.tiny_pack import make_tiny_pack

__all__ = ["short_answers"]

SENT = fake_film()
ASKED = (
    ReadStudy("study"),
    replace(QUESTION, study_id="study"),
    GroundPhrase("study", CHEST.image_sha256, "heart"),
)


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    return tuple(
        open_pack(make_tiny_pack(folder / name, seed, id=name)) for seed, name in enumerate(("one", "other"))
    )


def made(pack) -> M4cxrBackend:
    """Both engines know the same films under the same names; only the weights differ."""
    backend = M4cxrBackend(pack, gate=HeaderGate())
    for film in (CHEST, SECOND):
        backend.put_film(film)
    backend.put_study(StudyInput("study", (StudyFilm(CHEST.image_sha256),)))
    return backend


def answers(backend) -> list:
    return [list(backend.run(request, CancelToken())) for request in ASKED]


def said(events: list) -> list:
    if "report" in events[-1].result:
        return told(events)
    return [*events[:-1], events[-1].result]


def test_two_engines_that_take_turns_event_by_event_answer_as_each_does_alone(packs):
    apart = [[said(events) for events in answers(made(pack))] for pack in packs]
    assert apart[0] != apart[1]

    together = [made(pack) for pack in packs]
    for number, request in enumerate(ASKED):
        runs = [backend.run(request, CancelToken()) for backend in together]
        events: list[list] = [[], []]
        left = [0, 1]
        while left:
            for side in tuple(left):
                event = next(runs[side], None)
                if event is None:
                    left.remove(side)
                else:
                    events[side].append(event)
        assert [said(one) for one in events] == [apart[0][number], apart[1][number]]


def test_one_engine_may_work_between_two_tokens_of_the_other(packs):
    apart = [[said(events) for events in answers(made(pack))] for pack in packs]
    one, other = (made(pack) for pack in packs)
    seen, nested = 0, []

    def let_other() -> None:
        nonlocal seen
        seen += 1
        if seen in (3, 30):
            nested.append([said(events) for events in answers(other)])

    events = list(one.run(ASKED[0], CancelToken(let_other)))

    assert said(events) == apart[0][0]
    assert nested[0] == apart[1]


def test_two_servers_in_one_process_know_nothing_of_each_other(packs):
    with served(lambda: made(packs[0])) as one, served(lambda: made(packs[1])) as other:
        assert [one.client.info().id, other.client.info().id] == ["one", "other"]
        one.client.put_film(SENT)
        study = one.client.put_study(StudyInput("", (StudyFilm(SENT.image_sha256),)))
        job = one.http.post(f"/v1/studies/{study}/prefetch").json()["id"]
        list(one.client.events(job))

        assert other.http.get(f"/v1/jobs/{job}").status_code == 404
        assert other.http.head(f"/v1/images/{SENT.image_sha256}").status_code == 404
        assert other.http.post(f"/v1/studies/{study}/report").status_code == 404
        assert one.http.post("/v1/models/one/unload").json()["state"] == "unloaded"
        assert other.client.health() == "ready"
