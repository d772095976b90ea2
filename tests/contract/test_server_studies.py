"""Films and studies: verified, kept once, and without any identity."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from inference.npy import npy_bytes
from inference.wire import attributes_json, film_digest
from tests.fake_backend import FakeBackend
from tests.fake_server import fake_film, served

FILM = fake_film()


@pytest.fixture(scope="module")
def server():
    with served(FakeBackend) as running:
        yield running


def put(server, digest: str, attributes: str, pixels: bytes):
    files = {"attributes": (None, attributes), "pixels": ("pixels.npy", pixels)}
    return server.http.put(f"/v1/images/{digest}", files=files)


def error(response) -> dict:
    return response.json()["error"]


def test_a_film_is_made_once_and_then_known(server):
    film = fake_film(5)
    path = f"/v1/images/{film.image_sha256}"
    assert server.http.head(path).status_code == 404
    assert put(server, film.image_sha256, attributes_json(film), npy_bytes(film.stored)).status_code == 201
    assert put(server, film.image_sha256, attributes_json(film), npy_bytes(film.stored)).status_code == 200
    assert server.http.head(path).status_code == 200
    assert server.http.get(path).json() == {"image": film.image_sha256}


@pytest.mark.parametrize("change", ["digest", "pixels", "attributes", "cut", "pickle", "name", "no json"])
def test_a_film_that_is_not_what_it_says_is_refused(server, change):
    digest, attributes, pixels = FILM.image_sha256, attributes_json(FILM), npy_bytes(FILM.stored)
    if change == "digest":
        digest = "0" * 64
    elif change == "pixels":
        pixels = npy_bytes(FILM.stored + 1)
    elif change == "attributes":
        attributes = attributes.replace('"PA"', '"AP"')
    elif change == "cut":
        pixels = pixels[:-1]
    elif change == "pickle":
        pixels = b"\x80\x04\x95" + pixels
    elif change == "name":
        attributes = json.dumps({**json.loads(attributes), "patient_name": "Doe^Jane"})
    else:
        attributes = "{"
    answer = put(server, digest, attributes, pixels)
    assert answer.status_code == 422
    assert error(answer)["type"] == "InvalidFilm"
    assert "Doe" not in answer.text
    assert server.http.head(f"/v1/images/{digest}").status_code == 404


def test_an_upload_of_another_form_is_refused(server):
    path = f"/v1/images/{FILM.image_sha256}"
    pixels = ("pixels.npy", npy_bytes(FILM.stored))
    for answer in (
        server.http.put(path, json={}),
        server.http.put(path, content=b""),
        server.http.put(path, content=b"x", headers={"content-type": "multipart/form-data"}),
        server.http.put(path, content=b"x", headers={"content-type": "multipart/form-data; boundary=a"}),
        server.http.put(path, files={"pixels": pixels}),
        server.http.put(path, files={"attributes": pixels}),
        server.http.put(path, files=[("pixels", pixels), ("pixels", pixels)]),
    ):
        assert (answer.status_code, error(answer)["type"]) == (422, "InvalidFilm")


def test_a_large_film_stays_in_memory(monkeypatch):
    def no_file(*_, **__):
        raise AssertionError("a film was written to disk")

    monkeypatch.setattr("tempfile.TemporaryFile", no_file)
    stored = np.zeros((1500, 1500), np.uint16)
    film = dataclasses.replace(
        FILM, stored=stored, description=dataclasses.replace(FILM.description, rows=1500, columns=1500)
    )
    digest = film_digest(stored, attributes_json(film))
    with served(FakeBackend) as server:
        assert put(server, digest, attributes_json(film), npy_bytes(stored)).status_code == 201


def test_a_study_gets_a_random_id_and_can_be_forgotten(server):
    server.client.put_film(FILM)
    body = {"films": [{"image_sha256": FILM.image_sha256, "role": "current"}], "indication": "cough"}
    one, other = (server.http.post("/v1/studies", json=body) for _ in range(2))
    assert one.status_code == 201
    assert one.json()["study_id"] != other.json()["study_id"]

    path = f"/v1/studies/{one.json()['study_id']}"
    assert server.http.delete(path).status_code == 204
    assert server.http.delete(path).status_code == 204
    answer = server.http.post(f"{path}/report")
    assert (answer.status_code, error(answer)["type"]) == (404, "UnknownStudy")
    assert server.http.post(f"/v1/studies/{other.json()['study_id']}/report").status_code == 202


@pytest.mark.parametrize(
    "field", ["study_id", "patient_name", "patient_id", "accession_number", "study_instance_uid", "name"]
)
def test_there_is_no_place_for_a_name_or_an_identifier(server, field):
    answer = server.http.post("/v1/studies", json={"films": [], field: "Doe^Jane"})
    assert answer.status_code == 422
    assert field in error(answer)["message"]
    assert "Doe" not in answer.text


def test_a_study_of_unknown_films_is_refused(server):
    answer = server.http.post("/v1/studies", json={"films": [{"image_sha256": "ab" * 32}]})
    assert (answer.status_code, error(answer)["type"]) == (404, "UnknownFilm")
    assert error(answer)["remedy"]


def test_a_study_without_films_is_refused(server):
    answer = server.http.post("/v1/studies", json={"films": []})
    assert (answer.status_code, error(answer)["type"]) == (422, "InvalidRequest")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 90_000, b"\xff", b'"films"', b"null"])
def test_a_body_that_is_no_study_is_refused(server, body):
    answer = server.http.post("/v1/studies", content=body)
    assert (answer.status_code, error(answer)["type"]) == (422, "InvalidRequest")
