"""Who may come in. Every refusal is asked of a real server over a real socket."""

from __future__ import annotations

import socket

import pytest

from inference.server import door
from tests.fake_backend import FakeBackend
from tests.fake_server import TOKEN, fake_film, served, study_of


@pytest.fixture(scope="module")
def server():
    with served(FakeBackend) as running:
        yield running


def refused(response, status: int) -> None:
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"type", "message", "remedy"}
    assert error["type"] == "Refused"
    assert TOKEN not in response.text


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"bearer {TOKEN}",
        f"Basic {TOKEN}",
        TOKEN,
    ],
)
def test_without_the_token_nothing_is_answered(server, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    del server.http.headers["Authorization"]
    try:
        for path in ("/v1/models", "/openapi.json", "/v1/jobs/x", "/nothing", "/"):
            refused(server.http.get(path, headers=headers), 401)
        refused(server.http.post("/v1/studies", headers=headers, json={}), 401)
    finally:
        server.http.headers["Authorization"] = f"Bearer {TOKEN}"


def test_the_token_is_also_wanted_twice_never(server):
    twice = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")]
    request = server.http.build_request("GET", "/v1/models")
    request.headers = type(request.headers)([("Host", f"127.0.0.1:{server.port}"), *twice])
    refused(server.http.send(request), 401)


def test_health_needs_no_token_and_says_nothing_more(server):
    server.client.info()
    answer = server.http.get("/health", headers={"Authorization": ""})
    assert answer.json() == {"status": "ok", "state": "ready"}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost",
        "127.0.0.1.evil.example:{port}",
        "0.0.0.0:{port}",
        "",
    ],
)
def test_another_host_name_is_refused_even_with_the_token(server, host):
    told = host.format(port=server.port)
    for path in ("/v1/models", "/health"):
        refused(server.http.get(path, headers={"Host": told}), 403)


def test_both_names_of_this_computer_are_welcome(server):
    for host in ("127.0.0.1", "localhost", "LOCALHOST"):
        answer = server.http.get("/health", headers={"Host": f"{host}:{server.port}"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1", "file://"]
)
def test_a_web_page_is_refused_even_with_the_token(server, origin):
    refused(server.http.get("/v1/models", headers={"Origin": origin}), 403)
    answer = server.http.options(
        "/v1/models", headers={"Origin": origin, "Access-Control-Request-Method": "GET"}
    )
    refused(answer, 403)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_our_own_origin_is_welcome(server):
    answer = server.http.get("/v1/models", headers={"Origin": f"http://127.0.0.1:{server.port}"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(server):
    head = (
        f"POST /v1/studies HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Length: {door.MAX_JSON_BYTES + 1}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_grows_too_large_without_announcing_it_is_refused(server):
    piece = b" " * 65536
    chunks = (piece for _ in range(door.MAX_JSON_BYTES // len(piece) + 8))
    refused(
        server.http.post("/v1/studies", content=chunks), 413
    )  # the answer outlives what is still on its way


def test_a_film_may_be_larger_than_other_bodies(server, monkeypatch):
    monkeypatch.setattr(door, "MAX_JSON_BYTES", 100)
    server.client.put_film(fake_film(77))
    refused(server.http.post("/v1/studies", json={"films": [], "indication": "x" * 100}), 413)


def test_errors_of_every_kind_have_one_shape(server):
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("PATCH", "/v1/models", 405),
        ("GET", "/v1/images/xyz", 422),
        ("GET", "/v1/jobs/unknown", 404),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
    ):
        answer = server.http.request(method, path)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"type", "message", "remedy"}


def test_the_description_of_the_routes_names_them_all(server):
    described = server.http.get("/openapi.json").json()
    assert {
        "/health",
        "/v1/models",
        "/v1/models/{model_id}",
        "/v1/images/{image_sha256}",
        "/v1/studies",
        "/v1/studies/{study_id}",
        "/v1/studies/{study_id}/report",
        "/v1/studies/{study_id}/ground",
        "/v1/studies/{study_id}/chat",
        "/v1/chat",
        "/v1/chat/completions",
        "/v1/impression",
        "/v1/jobs/{job_id}",
        "/v1/jobs/{job_id}/events",
    } <= set(described["paths"])
    body = described["paths"]["/v1/studies"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["additionalProperties"] is False
    assert "patient" not in str(body).lower()


def test_two_servers_in_one_process_share_nothing():
    with served(FakeBackend) as one, served(FakeBackend) as other:
        film = fake_film()
        one.client.put_film(film)
        study = one.client.put_study(study_of(film))

        assert other.http.head(f"/v1/images/{film.image_sha256}").status_code == 404
        job = one.http.post(f"/v1/studies/{study}/report").json()["id"]
        assert other.http.get(f"/v1/jobs/{job}").status_code == 404
        assert other.http.post(f"/v1/studies/{study}/report").status_code == 404
