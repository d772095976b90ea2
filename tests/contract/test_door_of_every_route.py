"""The door holds on every route of openapi.json: a new route is asked by itself, without being named here."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.server import door
from inference.server.openapi import files, operations
from tests.fake_backend import FakeBackend
from tests.fake_server import TOKEN, fake_film, served, study_of

ROUTES = [(path, method.upper()) for path, method, _ in operations(json.loads(files()["openapi.json"]))]
PATHS = sorted({path for path, _ in ROUTES} | {"/openapi.json", "/nothing", "/"})
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
GOOD = f"Bearer {TOKEN}"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server():
    backend = FakeBackend()
    with served(lambda: backend) as running:
        film = fake_film()
        running.client.put_film(film)
        study = running.client.put_study(study_of(film))
        job = running.http.post(f"/v1/studies/{study}/report").json()["id"]
        list(running.client.events(job))
        running.there = {
            "{study_id}": study,
            "{job_id}": job,
            "{image_sha256}": film.image_sha256,
            "{model_id}": "fake",
        }
        running.backend, running.runs = backend, len(backend.runs)
        yield running


def knock(server, method: str, target: str, headers: list[tuple[str, str]], body: bytes = b"") -> Answer:
    """One request, byte for byte as said, and its answer."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        connection.settimeout(10)
        told = b""
        while b"\r\n\r\n" not in told and (more := connection.recv(65536)):
            told += more
        head, _, rest = told.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
        wanted = 0 if method == "HEAD" else int(named.get("content-length", 0))
        while len(rest) < wanted and (more := connection.recv(65536)):
            rest += more
    return Answer(int(status.split()[1]), named, rest)


def address(server, path: str) -> str:
    for name, value in server.there.items():
        path = path.replace(name, value)
    return path


def own_headers(server) -> list[tuple[str, str]]:
    return [("Host", f"127.0.0.1:{server.port}"), ("Authorization", GOOD)]


def is_kept_out(server, answer: Answer, method: str) -> None:
    """Refused at the door: nothing was done, nothing told, and no web page may read even that."""
    assert answer.status in (400, 401, 403, 413), answer
    assert not [name for name in answer.headers if name.startswith("access-control")]
    if answer.status != 400 and method != "HEAD":  # 400: no HTTP at all, refused by the parser
        assert set(json.loads(answer.body)["error"]) == {"type", "message", "remedy"}
    assert TOKEN.encode() not in answer.body
    assert len(server.backend.runs) == server.runs


# ── what the outsider does ──────────────────────────────────────────────────────────────────────────────────────

NO_TOKEN = [
    (),
    (("Authorization", ""),),
    (("Authorization", "Bearer"),),
    (("Authorization", f"Bearer {TOKEN}x"),),
    (("Authorization", f"Bearer {TOKEN[:-1]}"),),
    (("Authorization", f"bearer {TOKEN}"),),
    (("Authorization", f"Bearer  {TOKEN}"),),
    (("Authorization", f"Basic {TOKEN}"),),
    (("Authorization", GOOD), ("Authorization", GOOD)),
    (("Authorization", GOOD), ("Authorization", "Bearer x")),
    (("Proxy-Authorization", GOOD),),
    (("X-Api-Key", TOKEN),),
    (("Cookie", f"token={TOKEN}; Authorization={GOOD}"),),
]
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "127.0.0.1:{port}.evil.example",
    "127.0.0.1:{port}@evil.example",
    "evil.example@127.0.0.1:{port}",
    "localhost.evil.example:{port}",
    "localhost.:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:0{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "0.0.0.0:{port}",
    "[::1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "::1",
    "",
]
FOREIGN_ORIGINS = [
    "null",
    "https://evil.example",
    "http://127.0.0.1",
    "http://localhost:1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://evil.example:{port}",
    "file://",
    "chrome-extension://abc",
    "",
]
SINS = [
    *(("token", one) for one in NO_TOKEN),
    *(("host", one) for one in FOREIGN_HOSTS),
    *(("origin", one) for one in FOREIGN_ORIGINS),
]
DISGUISES = [
    "{path}",
    "{path}/",
    "/{path}",
    "{path}?token={token}",
    "{path}?access_token={token}",
    "{path}#x",
]
DISGUISES += ["{path}%00", "{path};x", "/x/..{path}", "/.{path}", "http://127.0.0.1:{port}{path}", "{PATH}"]


def sinful(server, sin: tuple[str, object]) -> list[tuple[str, str]]:
    """Headers that are right but for one thing."""
    kind, what = sin
    headers = own_headers(server)
    if kind == "token":
        return [headers[0], *what]
    told = str(what).replace("{port}", str(server.port))
    return [("Host", told), headers[1]] if kind == "host" else [*headers, ("Origin", told)]


@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(METHODS),
    sin=st.sampled_from(SINS),
    disguise=st.sampled_from(DISGUISES),
)
@settings(max_examples=600, deadline=None, derandomize=True, database=None)
def test_nobody_gets_in_without_the_token_or_from_another_place(server, path, method, sin, disguise):
    target = disguise.format(path=path, PATH=path.upper(), token=TOKEN, port=server.port)
    target = address(server, target)
    if target.partition("?")[0].partition("#")[0] == "/health" and sin[0] == "token":
        return  # health is for everybody on this computer
    is_kept_out(server, knock(server, method, target, sinful(server, sin)), method)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_each_route_refuses_each_kind_of_outsider(server, path, method):
    """The cross product of the table above, undisguised, without luck."""
    for sin in SINS if path != "/health" else SINS[len(NO_TOKEN) :]:
        is_kept_out(server, knock(server, method, address(server, path), sinful(server, sin)), method)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_each_route_takes_its_own_name_only_once(server, path, method):
    for extra in (("Host", f"127.0.0.1:{server.port}"), ("Host", "evil.example"), ("HOST", "")):
        answer = knock(server, method, address(server, path), [*own_headers(server), extra])
        assert answer.status in (400, 403)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_each_route_refuses_a_body_over_its_limit_announced_or_not(server, path, method, monkeypatch):
    monkeypatch.setattr(door, "MAX_JSON_BYTES", 2000)
    monkeypatch.setattr(door, "MAX_FILM_BYTES", 3000)
    monkeypatch.setattr(door, "SWALLOW_TIMEOUT_S", 0.01)  # the body that is announced is never sent
    limit = 3000 if method == "PUT" else 2000
    announced = [
        *own_headers(server),
        ("Content-Length", str(limit + 1)),
        ("Content-Type", "application/json"),
    ]
    answer = knock(server, method, address(server, path), announced)
    assert answer.status == 413, (path, method)

    pieces = b"".join(b"3e8\r\n" + b" " * 1000 + b"\r\n" for _ in range(limit // 1000 + 1))
    kind = "multipart/form-data; boundary=x" if method == "PUT" else "application/json"
    chunked = [*own_headers(server), ("Transfer-Encoding", "chunked"), ("Content-Type", kind)]
    answer = knock(server, method, address(server, path), chunked, pieces)  # and more would come
    assert answer.status == 413, (path, method)


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "99999999999999999999999", "7, 8", "", "+5"])
def test_a_length_that_is_none_is_refused(server, length):
    headers = [*own_headers(server), ("Content-Length", length)]
    answer = knock(server, "POST", "/v1/studies", headers)
    assert answer.status in (400, 413)


def test_two_lengths_or_a_length_and_chunks_smuggle_nothing(server):
    """What the parser takes for one request must not be two (RFC 9112, 6.3)."""
    inner = f"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    for extra in (
        [("Content-Length", "0"), ("Content-Length", str(len(inner)))],
        [("Content-Length", str(len(inner))), ("Transfer-Encoding", "gzip, chunked")],
        [("Transfer-Encoding", "xchunked")],
    ):
        answer = knock(server, "POST", "/v1/studies", [*own_headers(server), *extra], inner)
        assert answer.status >= 400


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_who_has_the_token_and_comes_from_here_gets_in(server, path, method):
    """Otherwise the tests above would hold for a door that is nailed shut."""
    for host in ("127.0.0.1", "localhost", "LocalHost"):
        for origin in ([], [("Origin", f"http://localhost:{server.port}")]):
            there = address(server, path).replace(server.there["{study_id}"], "nobody")
            headers = [("Host", f"{host}:{server.port}"), ("Authorization", GOOD), *origin]
            answer = knock(server, method, there, [*headers, ("Content-Length", "0")])
            assert answer.status not in (401, 403, 413), (path, method)


def test_a_path_that_only_looks_like_health_needs_the_token(server):
    host = [("Host", f"127.0.0.1:{server.port}")]
    for target in ("//health", "/health/", "/health/x", "/Health", "/x/../health", "/health;x", "/health%2f"):
        assert knock(server, "GET", target, host).status == 401, target
    assert knock(server, "GET", f"http://127.0.0.1:{server.port}/health", host).status == 403
    assert knock(server, "OPTIONS", "*", [*host, ("Authorization", GOOD)]).status in (400, 403)


# ── who comes and says nothing ──────────────────────────────────────────────────────────────────────────────────


def test_a_head_that_never_ends_is_given_up_also_drop_by_drop(monkeypatch):
    monkeypatch.setattr("inference.server.hasty.HEAD_TIMEOUT_S", 0.3)
    with served(FakeBackend) as server:
        for first in (b"", b"GET /v1/mod"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(first)
                assert is_closed(connection, b"x" if first else b"")
        assert server.http.get("/v1/models").status_code == 200


def is_closed(connection: socket.socket, drop: bytes) -> bool:
    """True once the other side has closed; meanwhile `drop` after `drop` is sent. The test's own time is the end."""
    connection.settimeout(0.05)
    while True:
        try:
            if drop:
                connection.sendall(drop)
            if connection.recv(100) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True


def test_a_body_that_never_ends_is_given_up_with_a_word(monkeypatch):
    monkeypatch.setattr(door, "BODY_SILENCE_S", 0.3)
    with served(FakeBackend) as server:
        headers = [*own_headers(server), ("Content-Length", "100"), ("Content-Type", "application/json")]
        answer = knock(server, "POST", "/v1/studies", headers, b"{")
        assert answer.status == 408
        assert json.loads(answer.body)["error"]["type"] == "Refused"
        film = f"/v1/images/{'0' * 64}"
        kind = ("Content-Type", "multipart/form-data; boundary=x")
        answer = knock(server, "PUT", film, [*headers[:3], kind], b"--x\r\n")
        assert answer.status == 408


def test_an_open_stream_is_no_body_that_never_ends(monkeypatch):
    """The limit on silence ends with the body: an answer may take as long as it takes."""
    monkeypatch.setattr(door, "BODY_SILENCE_S", 0.2)
    backend = FakeBackend(words=("w ",) * 20, token_s=0.03)
    with served(lambda: backend) as server:
        told = server.http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "?"}]})
    assert told.json()["choices"][0]["message"]["content"] == "w " * 20


def test_many_who_hold_the_line_keep_nobody_out(server):
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(150)]
    try:
        for connection in silent:
            connection.sendall(b"POST /v1/studies HTTP/1.1\r\n")
        assert server.http.get("/v1/models").status_code == 200
    finally:
        for connection in silent:
            connection.close()
