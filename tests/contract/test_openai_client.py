"""`/v1/chat/completions` and `/v1/models`, judged by OpenAI's own Python client: it knows nothing of us."""

from __future__ import annotations

import httpx2
import openai
import pytest

from inference.backend import AskQuestion
from inference.errors import BackendFault, OutOfMemory
from inference.server.streams import Patience
from tests.fake_backend import INFO, FakeBackend
from tests.fake_server import TOKEN, fake_film, served, study_of, wait_until

ANSWER = "The heart is normal. No effusion."
QUESTION = [{"role": "user", "content": "Is the heart large?"}]


@pytest.fixture(scope="module")
def server():
    backend = FakeBackend()
    with served(lambda: backend, Patience(heartbeat_s=0.1)) as running:
        running.client.info()
        running.backend = backend
        yield running


@pytest.fixture
def backend(server):
    """The server's backend, as new."""
    server.backend.__init__()
    return server.backend


@pytest.fixture
def client(server, backend):
    with asking(server) as client:
        yield client


def asking(server, token: str = TOKEN) -> openai.OpenAI:
    """The client as a script would make it, retries included; only proxies are ruled out."""
    http = httpx2.Client(trust_env=False)
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=token, http_client=http)


def ask(client: openai.OpenAI, **more):
    return client.chat.completions.create(**{"model": "fake", "messages": QUESTION, **more})


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_answer_is_read_with_its_usage(client):
    told = ask(client)

    assert told.choices[0].message.content == ANSWER
    assert told.choices[0].message.role == "assistant"
    assert told.choices[0].finish_reason == "stop"
    assert (told.usage.prompt_tokens, told.usage.completion_tokens, told.usage.total_tokens) == (7, 6, 13)
    assert told.usage.prompt_tokens_details.cached_tokens == 0
    assert told.model_extra["draft_mark"] == "AI DRAFT – NOT REVIEWED"


def test_a_stream_brings_the_same_words_and_ends_with_the_usage(client):
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [13]
    assert chunks[-1].choices == []


def test_the_clients_own_stream_helper_puts_the_answer_together(client):
    with client.chat.completions.stream(model="fake", messages=QUESTION) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        whole = stream.get_final_completion()

    assert "".join(deltas) == whole.choices[0].message.content == ANSWER


def test_an_answer_goes_back_as_history_as_the_client_holds_it(client, backend):
    first = ask(client).choices[0].message
    for told in (first, first.model_dump()):
        ask(client, messages=[*QUESTION, told, {"role": "user", "content": "How large?"}])

    for request in backend.runs[1:]:
        assert [turn.content for turn in request.messages] == ["Is the heart large?", ANSWER, "How large?"]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_that_was_cut_says_so(client, name):
    told = ask(client, **{name: 2})

    assert told.choices[0].message.content == "The heart "
    assert told.choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("stop", "shown"),
    [
        ("normal", "The heart is "),
        (["xyz", "al. No", "is n"], "The heart "),
        (["t is normal. N", " is norm"], "The heart"),
    ],
)
@pytest.mark.parametrize("is_streamed", [True, False])
def test_an_answer_ends_before_a_stop_sequence_and_generation_with_it(
    client, backend, stop, shown, is_streamed
):
    told = ask(client, stop=stop, stream=is_streamed)
    if is_streamed:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in told)
    else:
        text, reason = told.choices[0].message.content, told.choices[0].finish_reason
        assert reason == "stop"

    assert text == shown
    assert backend.tokens < len(backend.words)


def test_what_cannot_change_a_greedy_answer_is_taken(client):
    harmless = {
        "temperature": 0,
        "top_p": 0.9,
        "seed": 7,
        "n": 1,
        "user": "me",
        "presence_penalty": 0,
        "frequency_penalty": 0.0,
        "logprobs": False,
        "store": False,
        "tools": [],
        "response_format": {"type": "text"},
        "parallel_tool_calls": True,
        "service_tier": "auto",
    }
    assert ask(client, **harmless).choices[0].message.content == ANSWER


# ── films and studies ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_is_about_the_study_that_metadata_names(client, server, backend):
    film = fake_film()
    server.client.put_film(film)
    study = server.client.put_study(study_of(film))
    ask(client, metadata={"study": study})

    (request,) = backend.runs
    assert isinstance(request, AskQuestion)
    assert request.study_id == study


def test_a_question_is_about_the_films_that_its_parts_name(client, server, backend):
    film = fake_film(1)
    server.client.put_film(film)
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"cxr://{film.image_sha256}", "detail": "high"}},
    ]
    ask(client, messages=[{"role": "user", "content": parts}])

    (study,) = backend.studies.values()
    assert [one.image_sha256 for one in study.films] == [film.image_sha256]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/film.png",
        "https://evil.example/film.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "cxr://../../etc/passwd",
        f"cxr://{'0' * 64}@evil.example",
        f"CXR://{'0' * 64}",
        f"cxr://{'A' * 64}",
        "//evil.example/film.png",
        "/etc/passwd",
        "",
    ],
)
def test_no_other_address_of_an_image_is_ever_opened(client, backend, url):
    parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "What is this?"}]
    with pytest.raises(openai.BadRequestError, match="cxr://SHA256"):
        ask(client, messages=[{"role": "user", "content": parts}])
    assert backend.runs == []


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────────

TURN = {"role": "user", "content": "?"}
REFUSED = {
    "temperature": 0.7,
    "n": 2,
    "top_p": 1.5,
    "presence_penalty": 0.5,
    "frequency_penalty": -1,
    "logprobs": True,
    "store": True,
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    "response_format": {"type": "json_object"},
    "max_tokens": 0,
    "max_completion_tokens": 10**9,
    "stop": ["a", "b", "c", "d", "e"],
    "metadata": {"patient_name": "Doe"},
    "reasoning_effort": "high",
    "messages": [],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_mean_something_and_cannot_be_done_is_refused_by_name(client, backend, name):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **{name: REFUSED[name]})

    error = caught.value
    assert error.type == "InvalidRequest"
    assert name.removeprefix("max_completion_").removeprefix("max_") in f"{error.param} {error.message}"
    assert "Doe" not in error.message
    assert backend.runs == []


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "You are a pirate."}, TURN],
        [{"role": "developer", "content": "You are a pirate."}, TURN],
        [{"role": "tool", "content": "7", "tool_call_id": "x"}, TURN],
        [{"role": "user", "content": "?", "name": "Doe"}],
        [TURN, {"role": "assistant", "content": "Yes."}],
        [
            {
                "role": "user",
                "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}],
            }
        ],
        [{"role": "user", "content": "   "}],
        [{"role": "user", "content": None}],
    ],
)
def test_turns_that_the_model_does_not_know_are_refused(client, backend, messages):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, messages=messages)
    assert "pirate" not in caught.value.message
    assert backend.runs == []


def test_a_system_message_is_refused_with_the_way_out(client):
    with pytest.raises(openai.BadRequestError, match=r"Put the words into the question"):
        ask(client, messages=[{"role": "system", "content": "Be brief."}, TURN])


def test_each_refusal_is_the_clients_own_exception(client, server):
    zero = "0" * 64
    film = [{"type": "image_url", "image_url": {"url": f"cxr://{zero}"}}, {"type": "text", "text": "?"}]
    for code, more in (
        ("model_not_found", {"model": "gpt-5"}),
        ("study_not_found", {"metadata": {"study": "x"}}),
        ("film_not_found", {"messages": [{"role": "user", "content": film}]}),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            ask(client, **more)
        assert caught.value.code == code
        assert caught.value.body["remedy"]
    with asking(server, "x" * 64) as stranger, pytest.raises(openai.AuthenticationError):
        ask(stranger)
    with asking(server) as page, pytest.raises(openai.PermissionDeniedError):
        ask(page, extra_headers={"Origin": "https://evil.example"})


@pytest.mark.parametrize(
    ("error", "code"), [(OutOfMemory("Full."), "out_of_memory"), (BackendFault("A defect."), None)]
)
def test_a_failure_is_told_once_and_not_asked_for_again(client, backend, error, code):
    backend.error, backend.error_at = error, 2
    with pytest.raises(openai.InternalServerError, match=str(error)) as caught:
        ask(client)
    assert caught.value.code == code
    assert len(backend.runs) == 1

    with pytest.raises(openai.APIError, match=str(error)) as caught:
        list(ask(client, stream=True))
    assert caught.value.code == code
    assert len(backend.runs) == 2


# ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_closing_the_stream_ends_generation(client, backend):
    backend.words, backend.token_s = ("w ",) * 2000, 0.005
    with ask(client, stream=True, max_tokens=2000) as stream:
        for read, _ in enumerate(stream):
            if read == 10:
                break

    assert wait_until(lambda: not wait_until(lambda before=backend.tokens: backend.tokens > before, 0.1))
    assert 10 <= backend.tokens < 1000


def test_a_client_that_waits_no_longer_ends_generation(client, backend):
    backend.words, backend.token_s = ("w ",) * 2000, 0.005
    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.3, max_retries=0), max_tokens=2000)

    assert wait_until(lambda: not wait_until(lambda before=backend.tokens: backend.tokens > before, 0.1))
    assert backend.tokens < 1000


# ── models ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_loaded_pack_is_listed_and_found_by_its_id(client):
    (listed,) = client.models.list().data
    assert (listed.id, listed.object, listed.owned_by) == (INFO.id, "model", "local")
    assert isinstance(listed.created, int)
    assert client.models.retrieve(INFO.id) == listed
    assert listed.model_extra["pack"]["licence"] == INFO.licence


def test_a_model_that_is_not_loaded_is_not_found(client):
    for name in ("gpt-5", "../models", "a b"):
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve(name)


# ── the engine ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_real_engine_answers_the_client_in_whole_and_in_pieces(tmp_path):
    from inference.engine.engine import M4cxrBackend
    from inference.packs import open_pack
    from tests.tiny_pack import make_tiny_pack

    pack = open_pack(make_tiny_pack(tmp_path / "tiny"))
    with served(lambda: M4cxrBackend(pack, device="cpu")) as server, asking(server) as client:
        whole = ask(client, model="tiny", max_tokens=24)
        chunks = list(
            ask(client, model="tiny", max_tokens=24, stream=True, stream_options={"include_usage": True})
        )
        text = whole.choices[0].message.content
        pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        stop = text[len(text) // 2 :][:3]
        cut = ask(client, model="tiny", max_tokens=24, stop=stop)

    assert text
    assert "".join(pieces) == text
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage.completion_tokens == 24
    assert chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens > 10
    assert cut.choices[0].message.content == text[: text.find(stop)]
    assert cut.choices[0].finish_reason == "stop"
    assert cut.usage.completion_tokens < 24
