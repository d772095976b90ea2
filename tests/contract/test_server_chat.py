"""OpenAI's chat shape, asked as a stranger's client would."""

from __future__ import annotations

import json

import pytest

from inference.backend import AskQuestion
from inference.errors import OutOfMemory
from inference.server.streams import Patience
from tests.fake_backend import FakeBackend
from tests.fake_server import fake_film, served, study_of, wait_until

ANSWER = "The heart is normal. No effusion."
QUESTION = {"model": "fake", "messages": [{"role": "user", "content": "Is the heart large?"}]}


@pytest.fixture
def server():
    backend = FakeBackend()
    with served(lambda: backend, Patience(heartbeat_s=0.1)) as running:
        running.client.info()
        running.backend = backend
        yield running


def stream(server, **more) -> list[str]:
    with server.http.stream(
        "POST", "/v1/chat/completions", json={**QUESTION, "stream": True, **more}
    ) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.read().decode().split("\n\n")
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


def test_a_whole_answer_has_openais_shape(server):
    told = server.http.post("/v1/chat/completions", json=QUESTION).json()
    assert told["object"] == "chat.completion"
    assert told["id"].startswith("chatcmpl-")
    assert isinstance(told["created"], int)
    assert told["model"] == "fake"
    assert told["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
    ]
    assert told["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 6,
        "total_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    assert told["draft_mark"] == "AI DRAFT – NOT REVIEWED"


def test_a_streamed_answer_has_openais_shape(server):
    *chunks, done = stream(server)
    told = [json.loads(chunk) for chunk in chunks]
    assert done == "[DONE]"
    assert {chunk["object"] for chunk in told} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in told}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in told]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content", "") for delta in deltas) == ANSWER
    assert [chunk["choices"][0]["finish_reason"] for chunk in told] == [None] * (len(told) - 1) + ["stop"]


def test_usage_comes_last_where_it_is_asked_for(server):
    *_, usage, done = stream(server, stream_options={"include_usage": True})
    assert done == "[DONE]"
    assert json.loads(usage)["choices"] == []
    assert json.loads(usage)["usage"]["total_tokens"] == 13


def test_an_answer_that_was_cut_says_so(server):
    told = server.http.post("/v1/chat/completions", json={**QUESTION, "max_tokens": 2}).json()
    assert told["choices"][0]["finish_reason"] == "length"
    assert told["choices"][0]["message"]["content"] == "The heart "


def test_the_study_and_the_history_reach_the_backend(server):
    film = fake_film()
    server.client.put_film(film)
    study = server.client.put_study(study_of(film))
    turns = [("user", "Heart?"), ("assistant", "Large."), ("user", "How large?")]
    messages = [{"role": role, "content": content} for role, content in turns]
    server.http.post("/v1/chat/completions", json={"messages": messages, "metadata": {"study": study}})

    (request,) = server.backend.runs
    assert isinstance(request, AskQuestion)
    assert request.study_id == study
    assert [(message.role, message.content) for message in request.messages] == turns


def test_a_film_named_in_the_message_is_looked_at(server):
    film = fake_film()
    server.client.put_film(film)
    parts = [
        {"type": "image_url", "image_url": {"url": f"cxr://{film.image_sha256}"}},
        {"type": "text", "text": "This?"},
    ]
    answer = server.http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": parts}]})
    assert answer.status_code == 200
    (request,) = server.backend.runs
    assert [f.image_sha256 for f in server.backend.studies[request.study_id].films] == [film.image_sha256]


def test_unknown_films_studies_and_models_are_refused(server):
    url = {"type": "image_url", "image_url": {"url": "cxr://" + "0" * 64}}
    for change, status, kind in (
        ({"metadata": {"study": "x"}}, 404, "UnknownStudy"),
        ({"model": "gpt-4"}, 404, "UnknownModel"),
        (
            {"messages": [{"role": "user", "content": [url, {"type": "text", "text": "?"}]}]},
            404,
            "UnknownFilm",
        ),
    ):
        answer = server.http.post("/v1/chat/completions", json={**QUESTION, **change})
        assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)


def test_an_error_on_the_way_is_told_in_both_forms(server):
    server.backend.error, server.backend.error_at = OutOfMemory("Full."), 2
    whole = server.http.post("/v1/chat/completions", json=QUESTION)
    assert whole.status_code == 503
    expected = {
        "type": "OutOfMemory",
        "message": "Full.",
        "remedy": OutOfMemory.remedy,
        "param": None,
        "code": "out_of_memory",
    }
    assert whole.json()["error"] == expected

    *_, last = stream(server)
    assert json.loads(last) == {"error": expected}


@pytest.mark.parametrize("is_streamed", [True, False])
def test_hanging_up_stops_generation_at_once(server, is_streamed):
    backend = server.backend
    backend.words, backend.token_s = ("w ",) * 2000, 0.005
    body = {**QUESTION, "stream": is_streamed, "max_tokens": 2000}
    if is_streamed:
        read = b""
        with server.http.stream("POST", "/v1/chat/completions", json=body) as response:
            for chunk in response.iter_raw():
                read += chunk
                if read.count(b'"content":"w ') >= 10:
                    break
    else:
        import socket

        from tests.fake_server import TOKEN

        text = json.dumps(body).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(text)}\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(head + text)
            assert wait_until(lambda: backend.tokens >= 10)

    assert wait_until(lambda: not wait_until(lambda before=backend.tokens: backend.tokens > before, 0.05))
    assert 10 <= backend.tokens < 100
