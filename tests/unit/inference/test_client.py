"""The client: typed events and errors, films sent once, streams that survive a broken connection."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from datetime import date
from pathlib import Path

import httpx
import numpy as np
import pytest

from inference import errors, wire
from inference.backend import (
    AskQuestion,
    Box,
    Cancelled,
    ChatMessage,
    Classify,
    DescribeRegion,
    Error,
    Finding,
    Finished,
    GroundPhrase,
    NotRead,
    Queued,
    ReadStudy,
    Sentence,
    Summarise,
    TextDelta,
    WriteImpression,
    WriteSentence,
)
from inference.client import BackendClient, film_input
from inference.server.streams import Patience
from tests.fake_backend import INFO, FakeBackend
from tests.fake_server import TOKEN, fake_film, served, study_of, wait_until
from viewer.core.study import (
    Film,
    FilmHeader,
    FilmPixels,
    LookupTable,
    OverlayPlane,
    PixelDescription,
    Shutter,
    Source,
    Window,
)


@pytest.fixture
def backend():
    return FakeBackend()


@pytest.fixture
def server(backend):
    with served(lambda: backend, Patience(heartbeat_s=0.1, grace_s=0.3)) as running:
        yield running


@pytest.fixture
def client(server):
    return server.client


# ── where it connects ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org:80",
        "https://127.0.0.1:1",
        "http://127.0.0.1",
        "http://127.0.0.1.example.org:1",
        "http://user@10.0.0.1:1",
        "http://127.0.0.1@example.org:1",
        "http://0.0.0.0:1",
        "file:///tmp",
        "",
    ],
)
def test_only_this_computer_is_talked_to(url):
    with pytest.raises(ValueError, match="loopback"):
        BackendClient(url, TOKEN)


def test_a_proxy_of_the_environment_is_never_used(server, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        client = BackendClient(server.url, TOKEN)
        assert client.info() == INFO
        client.close()
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_a_wrong_token_is_a_refusal_with_a_remedy(server):
    stranger = BackendClient(server.url, "x" * 64)
    with pytest.raises(errors.Refused, match="token") as caught:
        stranger.models()
    assert caught.value.remedy
    stranger.close()


def test_a_backend_that_is_not_there_is_lost():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = BackendClient(f"http://127.0.0.1:{port}", TOKEN)
    for call in (
        client.health,
        client.info,
        lambda: client.run(WriteImpression("x")),
        lambda: client.cancel("j"),
    ):
        with pytest.raises(errors.BackendLost, match="its process is gone"):
            call()
    client.close()


def test_a_client_that_was_closed_meanwhile_is_lost_too(client, backend):
    backend.words, backend.token_s = ("w ",) * 2000, 0.005
    run = client.run(WriteImpression("x"))
    next(run)
    client.close()
    with pytest.raises(errors.BackendLost):
        list(run)
    for call in (client.health, run.cancel, lambda: list(client.events("j"))):
        with pytest.raises(errors.BackendLost):
            call()


# ── films ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_travels_of_a_film_names_nobody():
    table = LookupTable(0, 8, (1, 2), "Made by Dr Doe")
    description = PixelDescription(
        2,
        3,
        windows=(Window(1, 2, "Doe's window"),),
        modality_lut=table,
        voi_luts=(table,),
        presentation_lut=table,
        overlays=(OverlayPlane(0x6000, 2, 3, label="Drawn by Doe"),),
        shutter=Shutter(circle=(1, 1, 2)),
    )
    header = FilmHeader(
        description,
        "1.2.840.99.1",
        series_instance_uid="1.2.840.99.2",
        study_instance_uid="1.2.840.99.3",
        patient_id="PID-4711",
        patient_name="Doe^Jane",
        patient_birth_date=date(1950, 1, 2),
        accession_number="ACC-1",
        study_description="Doe's chest",
        modality="DX",
        body_part="CHEST",
        view_position="PA",
        notices=("of Jane Doe",),
    )
    film = Film(Source(Path("/home/doe/film.dcm")), header, "f" * 64)

    sent = film_input(film, FilmPixels(description, np.zeros((2, 3), np.uint8)))

    text = wire.attributes_json(sent)
    for word in ("Doe", "doe", "99", "4711", "ACC", "1950", "f" * 64):
        assert word not in text
    assert sent.description.modality_lut.values == sent.description.presentation_lut.values == (1, 2)
    assert sent.description.shutter == description.shutter  # what it covers does not choose the window
    assert (sent.modality, sent.body_part, sent.view_position) == ("DX", "CHEST", "PA")
    assert sent.image_sha256 == wire.film_digest(sent.stored, text)


def test_a_film_is_sent_once(client, server):
    film = fake_film()
    requests = []
    client._http.event_hooks["request"].append(lambda request: requests.append(request.method))
    client.put_film(film)
    client.put_film(film)
    assert requests == ["HEAD", "PUT", "HEAD"]


def test_films_that_the_backend_let_go_are_sent_again(client):
    film, other = fake_film(1), fake_film(2)
    for one in (film, other):
        client.put_film(one)
    client.forget_study(client.put_study(study_of(film, other)))  # takes both films with it

    study = client.put_study(study_of(film, other))

    assert isinstance(list(client.run(ReadStudy(study)))[-1], Finished)


def test_films_that_we_do_not_hold_either_are_told(client):
    with pytest.raises(errors.UnknownFilm):
        client.put_study(study_of(fake_film()))


def test_a_film_that_is_not_what_it_says_is_refused(client):
    film = fake_film()
    with pytest.raises(errors.InvalidFilm):
        client.put_film(dataclasses.replace(film, view_position="AP"))


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reading_comes_as_typed_events(client, backend):
    film = fake_film()
    client.put_film(film)
    got = list(client.run(ReadStudy(client.put_study(study_of(film)))))

    assert isinstance(got[0], Queued)
    findings = [event for event in got if isinstance(event, Finding)]
    assert len(findings) == 13
    assert {finding.image for finding in findings} == {film.image_sha256}
    assert "".join(event.text for event in got if isinstance(event, TextDelta)) == "".join(backend.words)
    assert [event for event in got if isinstance(event, Sentence)]
    assert isinstance(got[-1], Finished)
    assert got[-1].usage["new_tokens"] == len(backend.words)


def test_every_kind_of_request_reaches_the_backend_as_it_was_made(client, backend):
    film = fake_film()
    client.put_film(film)
    study = client.put_study(study_of(film))
    wishes = [
        ReadStudy(study),
        ReadStudy(study, "single_turn"),
        GroundPhrase(study, film.image_sha256, "left base", "finding"),
        GroundPhrase(study, film.image_sha256, kind="abnormality"),
        DescribeRegion(study, film.image_sha256, ((1.0, 2.0, 3.5, 4.0),), "anatomy"),
        Classify(study),
        Summarise(study, "plain"),
        Summarise(None, "points", "Heart normal."),
        Classify(study, "edema", film.image_sha256),
        AskQuestion(
            study, (ChatMessage("user", "a"), ChatMessage("assistant", "b"), ChatMessage("user", "c")), 3
        ),
        AskQuestion(None, (ChatMessage("user", "?"),)),
        AskQuestion(study, (ChatMessage("user", "?"),), template="question"),
        WriteImpression("Heart normal. ü"),
        WriteSentence(study, film.image_sha256, ("edema", "pleural effusion")),
    ]
    for wish in wishes:
        assert isinstance(list(client.run(wish))[-1], Finished)
    assert backend.runs == wishes


def test_a_box_arrives_with_its_numbers(client):
    film = fake_film()
    client.put_film(film)
    got = list(client.run(ReadStudy(client.put_study(study_of(film)))))
    assert [event.xyxy for event in got if isinstance(event, Box)] == [(1.0, 2.0, 5.0, 6.0)]


def test_an_error_before_the_start_is_raised_one_after_it_is_an_event(client, backend):
    with pytest.raises(errors.UnknownStudy) as caught:
        client.run(ReadStudy("other"))
    assert caught.value.remedy == errors.UnknownStudy.remedy

    backend.error, backend.error_at = errors.OutOfMemory("Full."), 1
    assert list(client.run(WriteImpression("x")))[-1] == Error(
        "OutOfMemory", "Full.", errors.OutOfMemory.remedy
    )


def test_a_film_that_was_not_read_is_told(client):
    film = fake_film(modality="CT")
    client.put_film(film)
    got = list(client.run(ReadStudy(client.put_study(study_of(film)))))
    assert [event.image for event in got if isinstance(event, NotRead)] == [film.image_sha256]
    assert got[-1].type == "NothingToRead"


def test_a_run_is_cancelled_from_another_thread(client, backend):
    backend.words, backend.token_s = ("w ",) * 2000, 0.005
    run = client.run(WriteImpression("x"))
    stopper = threading.Thread(target=lambda: wait_until(lambda: backend.tokens >= 5) and run.cancel())
    stopper.start()
    got = list(run)
    stopper.join()

    assert got[-1] == Cancelled()
    assert backend.tokens < 100


def test_closing_a_run_ends_the_job(client, backend, server):
    backend.words, backend.token_s = ("w ",) * 2000, 0.005
    run = client.run(WriteImpression("x"))
    next(run)
    run.close()
    state = lambda: server.http.get(f"/v1/jobs/{run.job}").json()["state"]  # noqa: E731
    assert wait_until(lambda: state() == "cancelled", 3)


def test_a_job_that_is_unknown_is_told(client):
    with pytest.raises(errors.UnknownJob):
        list(client.events("nothing"))
    with pytest.raises(errors.UnknownJob):
        client.cancel("nothing")


def test_the_pack_is_named_once_it_is_loaded(tmp_path):
    go_on = threading.Event()

    def slow():
        go_on.wait(5)
        return FakeBackend()

    with served(slow) as server:
        assert server.client.health() == "loading"
        assert server.client.models() == ()
        with pytest.raises(errors.InferenceError, match="not loaded"):
            server.client.info(timeout_s=0.0)
        go_on.set()
        assert server.client.info() == INFO
        assert server.client.health() == "ready"


def test_a_pack_that_is_missing_is_told_as_such(tmp_path):
    def missing():
        raise errors.ModelNotInstalled("starter", tmp_path)

    with served(missing) as server:
        with pytest.raises(errors.ModelNotInstalled, match="starter") as caught:
            server.client.info()
        assert str(tmp_path) in caught.value.remedy
        assert server.client.health() == "failed"


# ── broken connections ──────────────────────────────────────────────────────────────────────────────────────────


class BreakingProxy:
    """Passes bytes to the server and cuts every event stream after `cut_after` bytes, `cuts` times."""

    def __init__(self, port: int, cut_after: int, cuts: int) -> None:
        self._port, self._cut_after, self.cuts_left = port, cut_after, cuts
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            upstream = socket.create_connection(("127.0.0.1", self._port))
            for work in (self._up, self._down):
                thread = threading.Thread(target=work, args=(client, upstream))
                self._threads.append(thread)
                thread.start()

    def _up(self, client: socket.socket, upstream: socket.socket) -> None:
        try:
            while data := client.recv(65536):
                # the server would refuse the proxy's own address
                upstream.sendall(data.replace(b":%d" % self.port, b":%d" % self._port))
            upstream.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _down(self, client: socket.socket, upstream: socket.socket) -> None:
        passed = 0
        try:
            while data := upstream.recv(256):
                is_cut = passed + len(data) > self._cut_after and self.cuts_left > 0
                if not is_cut or self._cut_after >= 0:  # below 0 nothing passes, not even what has just come
                    client.sendall(data)
                    passed += len(data)
                if is_cut:
                    self.cuts_left -= 1
                    break
        except OSError:
            pass
        for end in (client, upstream):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def through_proxy(server):
    opened = []

    def make(cut_after: int, cuts: int) -> tuple[BackendClient, BreakingProxy]:
        proxy = BreakingProxy(server.port, cut_after, cuts)
        client = BackendClient(f"http://127.0.0.1:{proxy.port}", TOKEN)
        opened.append((client, proxy))
        return client, proxy

    yield make
    for client, proxy in opened:
        client.close()
        proxy.close()


def test_a_stream_that_breaks_is_taken_up_again_without_a_gap(through_proxy, backend):
    backend.words, backend.token_s = tuple(f"word{number} " for number in range(300)), 0.001
    client, proxy = through_proxy(cut_after=3000, cuts=3)

    got = list(client.run(WriteImpression("x")))

    assert proxy.cuts_left == 0
    assert [event.text for event in got if isinstance(event, TextDelta)] == list(backend.words)
    assert isinstance(got[-1], Finished)


def test_a_stream_that_always_breaks_is_given_up(through_proxy, backend):
    backend.words, backend.token_s = ("w ",) * 2000, 0.01
    client, proxy = through_proxy(cut_after=10**9, cuts=0)
    run = client.run(WriteImpression("x"))
    next(run)
    proxy._cut_after, proxy.cuts_left = -1, 10**6  # not even the headers get through from here on
    started = time.monotonic()
    with pytest.raises(errors.BackendLost):
        for _ in run:
            pass
    assert time.monotonic() - started < 60  # it ends: how soon depends on the machine


@pytest.mark.parametrize(
    "said",
    [
        b'id: 2\nevent: cancelled\ndata: {"type":"cancelled"}\n\n',
        b'id: 1\nevent: x\ndata: {"type":"x"}\n\n',
        b"id: 1\nevent: cancelled\ndata: nonsense\n\n",
        b'id: one\nevent: cancelled\ndata: {"type":"cancelled"}\n\n',
    ],
)
def test_a_stream_that_is_not_ours_is_a_fault(said):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=iter([said])))
    client = BackendClient("http://127.0.0.1:1", TOKEN)
    client._http.close()
    client._http = httpx.Client(transport=transport, base_url="http://127.0.0.1:1")
    with pytest.raises(errors.BackendFault):
        list(client.events("job"))
    client.close()
