"""Synthetic films over HTTP: as jobs, and in OpenAI's shape with its own Python client as the judge."""

from __future__ import annotations

import base64
import http.client
import json
import threading

import openai
import pytest
from contract.test_openai_client import asking

from inference.backend import DrawFilm, FilmDrawn, Finished, Preview, Progress
from inference.errors import InvalidRequest, OutOfMemory, UnknownFilm
from inference.server.streams import Patience
from tests.fake_backend import PNG, FakeBackend
from tests.fake_server import TOKEN, fake_film, served, study_of, wait_until

WISH = DrawFilm("Small left pleural effusion.", "lateral", 7, 2, 3)
PROMPT = "Lateral view of the chest was obtained. Small left pleural effusion."


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


# ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wish_reaches_the_backend_as_it_was_made_and_its_films_come_back(server, backend):
    events = list(server.client.run(WISH))

    assert backend.runs == [WISH]
    assert [event.seed for event in events if isinstance(event, FilmDrawn)] == [7, 8]
    assert {type(event) for event in events} >= {Progress, Preview, FilmDrawn, Finished}


def test_a_film_of_the_study_may_be_drawn_from_and_no_other(server, backend):
    film, stranger = fake_film(1), fake_film(2)
    for one in (film, stranger):
        server.client.put_film(one)
    study = server.client.put_study(study_of(film))

    list(server.client.run(DrawFilm("No effusion.", study_id=study, source_image=film.image_sha256)))
    (request,) = backend.runs
    assert (request.study_id, request.source_image) == (study, film.image_sha256)
    with pytest.raises(UnknownFilm):
        server.client.run(DrawFilm("No effusion.", study_id=study, source_image=stranger.image_sha256))


def test_films_are_never_drawn_before_somebody_reads(server, backend):
    told = server.http.post("/v1/draw", json={"count": 1, "steps": 1}).json()
    assert told["priority"] == 1
    list(server.client.events(told["id"]))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"count": 0}, "count"),
        ({"count": 17}, "count"),
        ({"steps": 0}, "steps"),
        ({"steps": 201}, "steps"),
        ({"guidance": 0.5}, "guidance"),
        ({"strength": 1.5}, "strength"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32 - 1, "count": 2}, "seed"),
        ({"text": "x" * 4001}, "text"),
        ({"view": "oblique"}, "view"),
        ({"source_image": "0" * 64}, "source_image"),
        ({"patient": "Doe"}, "patient"),
    ],
)
def test_what_can_not_be_drawn_is_refused_by_name_before_it_waits(server, backend, body, field):
    answer = server.http.post("/v1/draw", json=body)

    assert answer.status_code == 422
    assert field in answer.json()["error"]["message"]
    assert "Doe" not in answer.text
    assert backend.runs == []


def test_no_word_of_a_wish_stands_in_any_log_or_error(server, backend, caplog):
    backend.error = ValueError("Secretoma of the left lung")
    caplog.set_level(0)
    last = list(server.client.run(DrawFilm("Secretoma of the left lung")))[-1]

    assert last.type == "BackendFault"
    assert "Secretoma" not in f"{last} {caplog.text}"


def test_the_generator_is_told_of_beside_the_model_that_reads(server):
    told = server.client.status().synthesis
    assert (told.pack.id, told.state, told.rows, told.columns) == ("fake-synth", "ready", 8, 8)


# ── OpenAI's client ─────────────────────────────────────────────────────────────────────────────────────────────


def test_pictures_are_read_by_openais_client_with_what_is_known_of_them(client, backend):
    told = client.images.generate(
        prompt=PROMPT, n=2, size="8x8", response_format="b64_json", extra_body={"seed": 7, "steps": 3}
    )

    assert [base64.b64decode(one.b64_json)[1:4] for one in told.data] == [b"PNG", b"PNG"]
    assert [one.model_extra["seed"] for one in told.data] == [7, 8]
    assert told.data[0].model_extra["view"] == "lateral"  # from the sentence at its front
    assert told.model_extra["synthetic"] == "SYNTHETIC (AI) – NOT A PATIENT IMAGE"
    (request,) = backend.runs
    assert (request.text, request.count, request.steps, request.guidance) == (PROMPT, 2, 3, 4.0)


def test_the_view_may_be_named_apart_from_the_prompt(client, backend):
    client.images.generate(prompt="Cardiomegaly.", model="fake-synth", extra_body={"view": "AP"})
    client.images.generate(prompt="Cardiomegaly, seen from the side.")
    assert [request.view for request in backend.runs] == ["AP", "lateral"]


def test_a_film_that_was_sent_may_be_the_condition(client, server, backend):
    film = fake_film(3)
    server.client.put_film(film)
    name = f"cxr://{film.image_sha256}"
    client.images.generate(prompt="No effusion.", extra_body={"condition_image": name, "strength": 0.3})

    (request,) = backend.runs
    assert (request.source_image, request.strength) == (film.image_sha256, 0.3)
    with pytest.raises(openai.NotFoundError):
        client.images.generate(prompt="x", extra_body={"condition_image": f"cxr://{'0' * 64}"})


@pytest.mark.parametrize(
    "more",
    [
        {"size": "1024x1024"},
        {"response_format": "url"},
        {"n": 11},
        {"quality": "hd"},
        {"output_format": "jpeg"},
        {"background": "transparent"},
        {"style": "vivid"},
        {"extra_body": {"view": "oblique"}},
        {"extra_body": {"steps": 500}},
        {"extra_body": {"condition_image": "https://evil.example/film.png"}},
        {"prompt": " "},
    ],
)
def test_what_can_not_be_obeyed_is_refused_by_name(client, backend, more):
    named = next(iter(more.get("extra_body", more)))
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(**{"prompt": PROMPT, **more})

    assert named in caught.value.message
    assert "effusion" not in caught.value.message
    assert backend.runs == []


def test_another_generator_than_the_one_that_is_here_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match="fake-synth"):
        client.images.generate(prompt=PROMPT, model="dall-e-3")


def test_a_failure_is_told_once_and_not_asked_for_again(client, backend):
    backend.error = OutOfMemory("Full.")
    with pytest.raises(openai.InternalServerError, match=r"Full\."):
        client.images.generate(prompt=PROMPT)
    assert len(backend.runs) == 1


class NoGenerator(FakeBackend):
    """Reads only."""

    synthesis = None


def test_without_a_pack_that_draws_it_is_said_which_one_to_install():
    with served(NoGenerator) as server, asking(server) as client:
        with pytest.raises(openai.InternalServerError, match="starter-synth") as caught:
            client.images.generate(prompt=PROMPT)
        assert caught.value.body["remedy"]
        assert server.client.status().synthesis is None


# ── films in an answer ──────────────────────────────────────────────────────────────────────────────────────────


class Describes(FakeBackend):
    """Answers with a film, as the reader with a generator beside it does."""

    def _answer(self, request, cancel):
        *events, last = super()._answer(request, cancel)
        yield from events
        film = self.film_of(DrawFilm("Effusion.", "lateral"))
        yield FilmDrawn(**{name: getattr(film, name) for name in film.__slots__ if name != "part"}, part=1)
        yield last


def test_a_film_comes_with_the_answer_and_the_answer_goes_back_as_history():
    backend = Describes(words=("Here. ", "<Xray> Effusion. ", "</Xray>"))
    question = [{"role": "user", "content": "Show me."}]
    with served(lambda: backend) as server, asking(server) as client:
        whole = client.chat.completions.create(model="fake", messages=question)
        chunks = list(client.chat.completions.create(model="fake", messages=question, stream=True))
        with client.chat.completions.stream(model="fake", messages=question) as stream:
            put_together = stream.get_final_completion()
        message = whole.choices[0].message
        client.chat.completions.create(model="fake", messages=[*question, message, question[0]])

    (image,) = message.model_extra["images"]
    assert image["image_url"]["url"] == f"data:image/png;base64,{PNG}"
    assert (image["film"]["view"], image["film"]["part"]) == ("lateral", 1)
    assert message.content == "Here. <Xray> Effusion. </Xray>"
    streamed = [chunk.choices[0].delta.model_extra.get("images") for chunk in chunks]
    assert [one for one in streamed if one] == [[image]]
    assert put_together.choices[0].message.model_extra["images"] == [image]
    assert backend.runs[-1].messages[1].content == message.content


def test_a_client_that_hangs_up_ends_the_drawing():
    begun, stopped = threading.Event(), threading.Event()

    class Slow(FakeBackend):
        def _draw(self, request, cancel):
            begun.set()
            if wait_until(lambda: cancel.is_cancelled):
                stopped.set()
            yield from super()._draw(request, cancel)

    with served(Slow) as server:
        asked = http.client.HTTPConnection("127.0.0.1", server.port)
        head = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        asked.request("POST", "/v1/images/generations", json.dumps({"prompt": PROMPT}), head)
        assert begun.wait(60)
        asked.close()
        assert stopped.wait(60)


def test_a_wish_out_of_its_bounds_is_refused_by_the_backend_too():
    from inference.synthesis.asked import checked

    with pytest.raises(InvalidRequest, match="strength"):
        checked(DrawFilm("", strength=float("nan")))


def test_the_route_for_pictures_is_not_taken_for_a_films_name(server):
    answer = server.http.put("/v1/images/generations", json={"prompt": PROMPT})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
