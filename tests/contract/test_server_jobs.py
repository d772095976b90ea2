"""Jobs and their event streams: numbered, resumable, stopped when asked or when nobody listens."""

from __future__ import annotations

import json

import pytest

from inference.backend import GroundPhrase, ReadStudy, WriteImpression
from inference.server.streams import Patience
from inference.sse import ServerSentEvent, SseParser
from tests.fake_backend import FakeBackend
from tests.fake_server import fake_film, served, study_of, wait_until

QUICK = Patience(heartbeat_s=0.1, grace_s=0.3, first_look_s=0.5)
LONG = ("word ",) * 2000


def events(server, job: str, after: int | None = None, at_most: int = 10**6) -> list[ServerSentEvent]:
    """Events of a job, read until the stream ends or, hanging up, until there are `at_most`."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    parser, got = SseParser(), []
    with server.http.stream("GET", f"/v1/jobs/{job}/events", headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        for chunk in response.iter_raw():
            got += parser.feed(chunk)
            if len(got) >= at_most:
                break
    return got[:at_most]


def start(server, **options) -> str:
    answer = server.http.post("/v1/impression", json={"findings": "Heart normal."}, params=options)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


@pytest.fixture
def slow():
    """A server whose backend takes 5 ms per word, 2,000 words."""
    backend = FakeBackend(words=LONG, token_s=0.005)
    with served(lambda: backend, QUICK) as running:
        running.client.info()
        running.backend = backend
        yield running


@pytest.fixture(scope="module")
def server():
    with served(FakeBackend, QUICK) as running:
        running.client.info()
        yield running


def test_the_stream_is_numbered_from_one_and_names_each_event(server):
    film = fake_film()
    server.client.put_film(film)
    study = server.client.put_study(study_of(film))
    job = server.http.post(f"/v1/studies/{study}/report").json()["id"]

    got = events(server, job)

    assert [int(event.id) for event in got] == list(range(1, len(got) + 1))
    assert [event.event for event in got] == [json.loads(event.data)["type"] for event in got]
    kinds = [event.event for event in got]
    assert kinds[0] == "queued"
    assert kinds[-1] == "finished"
    assert kinds.count("finding") == 13
    assert kinds.index("finding") < kinds.index("text_delta")
    assert {json.loads(event.data)["image"] for event in got if event.event == "finding"} == {
        film.image_sha256
    }


def test_a_stream_taken_up_again_misses_and_repeats_nothing(server):
    job = start(server)
    whole = events(server, job)
    for after in range(len(whole)):
        assert events(server, job, after) == whole[after:]
    assert events(server, job, len(whole)) == []


def test_a_stream_that_broke_is_taken_up_while_the_job_runs(slow):
    job = start(slow)
    first = events(slow, job, at_most=5)
    second = events(slow, job, after=int(first[-1].id), at_most=20)
    assert [int(event.id) for event in first + second] == list(range(1, 26))
    slow.http.delete(f"/v1/jobs/{job}")


@pytest.mark.parametrize("last", ["abc", "-1", "99999"])
def test_a_number_that_was_never_sent_is_refused(server, last):
    job = start(server)
    events(server, job)
    answer = server.http.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.json()["error"]["type"]) == (422, "InvalidRequest")


def test_a_silent_stream_shows_that_it_lives(slow):
    slow.backend.token_s = 1.0
    job = start(slow)
    with slow.http.stream("GET", f"/v1/jobs/{job}/events") as response:
        said = b""
        for chunk in response.iter_raw():
            said += chunk
            if said.count(b": still here\n\n") >= 2:
                break
    slow.backend.token_s = 0.0
    slow.http.delete(f"/v1/jobs/{job}")


def test_stopping_a_job_ends_generation_within_one_token_and_the_stream_at_once(slow):
    run = slow.client.run(WriteImpression("x"))
    read = 0
    for event in run:
        if type(event).__name__ == "TextDelta":
            read += 1
        if read == 10:
            break
    slow.http.delete(f"/v1/jobs/{run.job}")
    stopped_at = slow.backend.tokens

    rest = [type(event).__name__ for event in run]

    assert rest[-1] == "Cancelled"
    assert slow.backend.tokens <= stopped_at + 1
    assert slow.backend.tokens < 40
    assert slow.http.get(f"/v1/jobs/{run.job}").json()["state"] == "cancelled"


def test_hanging_up_stops_the_job_after_the_grace(slow):
    job = start(slow)
    events(slow, job, at_most=5)
    assert slow.http.get(f"/v1/jobs/{job}").json()["state"] == "running"

    assert wait_until(lambda: slow.http.get(f"/v1/jobs/{job}").json()["state"] == "cancelled", 3)
    generated = slow.backend.tokens
    assert generated < len(LONG) / 2
    assert not wait_until(lambda: slow.backend.tokens > generated, 0.1)


def test_coming_back_within_the_grace_keeps_the_job(slow):
    job = start(slow)
    events(slow, job, at_most=5)
    with slow.http.stream("GET", f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "5"}) as response:
        chunks = response.iter_raw()
        assert not wait_until(lambda: not next(chunks), 3 * QUICK.grace_s)
        assert slow.http.get(f"/v1/jobs/{job}").json()["state"] == "running"
    slow.http.delete(f"/v1/jobs/{job}")


def test_one_reader_of_two_hanging_up_changes_nothing(slow):
    job = start(slow)
    with slow.http.stream("GET", f"/v1/jobs/{job}/events") as response:
        chunks = response.iter_raw()  # held: httpx closes the connection with its iterator
        next(chunks)
        events(slow, job, at_most=3)
        assert not wait_until(
            lambda: slow.http.get(f"/v1/jobs/{job}").json()["state"] != "running", 3 * QUICK.grace_s
        )
    slow.http.delete(f"/v1/jobs/{job}")


def test_a_job_that_nobody_ever_looks_at_is_stopped(slow):
    job = start(slow)
    assert wait_until(lambda: slow.http.get(f"/v1/jobs/{job}").json()["state"] == "cancelled", 3)


def test_a_job_that_is_to_go_on_alone_does(slow):
    slow.backend.words = LONG[:200]
    job = start(slow, cancel_on_disconnect="false", priority=3)
    events(slow, job, at_most=2)
    assert wait_until(lambda: slow.http.get(f"/v1/jobs/{job}").json()["state"] == "finished", 5)
    assert slow.backend.tokens == 200


def test_the_state_of_a_job_tells_how_it_ended(server):
    job = start(server)
    events(server, job)
    told = server.http.get(f"/v1/jobs/{job}").json()
    assert (told["id"], told["state"], told["last"]["type"]) == (job, "finished", "finished")
    assert told["last"]["result"]["impression"].startswith("The heart")


@pytest.mark.parametrize("options", [{"priority": 4}, {"priority": -1}, {"cancel_on_disconnect": "maybe"}])
def test_options_that_do_not_exist_are_refused(server, options):
    answer = server.http.post("/v1/impression", json={"findings": "x"}, params=options)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/impression", {"findings": " "}),
        ("/v1/impression", {}),
        ("/v1/impression", {"findings": "x", "patient": "Doe"}),
        ("/v1/chat", {"messages": []}),
        ("/v1/chat", {"messages": [{"role": "system", "content": "x"}]}),
        ("/v1/chat", {"messages": [{"role": "user", "content": "x"}], "max_new_tokens": 0}),
        ("/v1/studies/{study}/ground", {"image_sha256": "{image}", "phrase": ""}),
        ("/v1/studies/{study}/report", {"speed": "high"}),
    ],
)
def test_requests_that_ask_for_nothing_sensible_are_refused(server, path, body):
    film = fake_film()
    server.client.put_film(film)
    study = server.client.put_study(study_of(film))
    text = json.dumps(body).replace("{image}", film.image_sha256)
    answer = server.http.post(path.replace("{study}", study), content=text)
    assert (answer.status_code, answer.json()["error"]["type"]) == (422, "InvalidRequest")


def test_boxes_for_a_phrase_are_on_the_film_that_was_asked_about(server):
    film = fake_film()
    server.client.put_film(film)
    study = server.client.put_study(study_of(film))
    got = list(server.client.run(GroundPhrase(study, film.image_sha256, "left base")))
    (box,) = [event for event in got if type(event).__name__ == "Box"]
    assert box.image == film.image_sha256


def test_a_refused_film_is_told_and_the_rest_is_read(server):
    chest, ct = fake_film(1), fake_film(2, modality="CT")
    for film in (chest, ct):
        server.client.put_film(film)
    got = list(server.client.run(ReadStudy(server.client.put_study(study_of(chest, ct)))))
    assert [event.image for event in got if type(event).__name__ == "NotRead"] == [ct.image_sha256]
    assert type(got[-1]).__name__ == "Finished"

    only = list(server.client.run(ReadStudy(server.client.put_study(study_of(ct)))))
    assert (only[-1].type, type(only[-1]).__name__) == ("NothingToRead", "Error")
