"""openapi.json: as committed, complete, and true about every answer. schemathesis makes the requests."""

from __future__ import annotations

import json
import os
import re
import zlib
from collections import deque
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode, checks

from inference.server.api_examples import PLAN
from inference.server.openapi import COMMAND, REFUSALS, files, operations
from inference.server.training_desk import TrainingDesk
from tests.fake_backend import FakeBackend
from tests.fake_server import TOKEN, NoProcess, fake_film, served, study_of

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads(files()["openapi.json"])


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["openapi.json", "routes.md"])
def test_the_committed_description_is_that_of_the_code(name):
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == files()[name], f"docs/{name} is not up to date. Run: {COMMAND}"


def test_every_route_is_described_with_words_answers_and_refusals():
    for path, method, operation in operations(SCHEMA):
        where = f"{method} {path}"
        assert operation["description"].strip().endswith("."), where
        assert operation["tags"][0] in {tag["name"] for tag in SCHEMA["tags"]}, where
        statuses = {int(status) for status in operation["responses"]}
        assert statuses & {200, 201, 202, 204}, where
        assert statuses - {200, 201, 202, 204} <= set(REFUSALS), where
        assert path == "/health" or {401, 403} <= statuses, where
        if "requestBody" in operation and method == "post":
            body = operation["requestBody"]["content"]["application/json"]
            assert "example" in body, f"{where}: give it an example in inference/server/api_examples.py"
            assert body["schema"]["additionalProperties"] is False, where


def test_every_reference_in_it_leads_somewhere():
    for name in re.findall(r'"#/components/(\w+/\w+)"', json.dumps(SCHEMA)):
        kind, _, word = name.partition("/")
        assert word in SCHEMA["components"][kind], name


# ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────


LONG_RUN = int(os.environ.get("SIDELIGHT_FUZZ_EXAMPLES", "0"))
"""More examples per route, at random, and with the real engine: docs/api.md has the command."""


def tiny_engines(folder: Path):
    """Makes the real engine with tiny random weights, a new one each time the model is loaded."""
    from inference.engine.engine import M4cxrBackend
    from inference.packs import open_pack
    from tests.tiny_pack import make_tiny_pack

    pack = open_pack(make_tiny_pack(folder / "fake", id="fake"))
    return lambda: M4cxrBackend(pack, device="cpu")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that holds one study and one job that has ended."""
    folder = tmp_path_factory.mktemp("pack")
    runs = folder / "runs"
    desk = TrainingDesk(runs, lambda run: NoProcess(run, code=0))
    with served(tiny_engines(folder) if LONG_RUN else FakeBackend, training=desk) as running:
        film = fake_film()
        running.started = deque()
        running.client.put_film(film)
        running.film = film.image_sha256
        running.study_of = lambda: running.client.put_study(study_of(film))
        running.study = running.study_of()
        running.run = running.http.post("/v1/train", json={"plan": PLAN}).json()["id"]
        for file in ("adapter/adapter_config.json", "pack/manifest.json"):  # its adapter was judged
            (runs / running.run / file).parent.mkdir()
            (runs / running.run / file).write_text("{}")
        running.job = running.http.post(f"/v1/studies/{running.study}/report").json()["id"]
        list(running.client.events(running.job))
        yield running


def test_the_server_tells_the_same_description(server):
    assert server.http.get("/openapi.json").json() == SCHEMA


def test_every_example_is_accepted_as_it_stands(server):
    for path, method, operation in operations(SCHEMA):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        told = json.dumps(body["example"]).replace("3f5c" * 16, server.film).replace('"starter"', '"fake"')
        told = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", server.study, told)
        address = path.replace("{study_id}", server.study).replace("{model_id}", "fake")
        address = address.replace("{strategy}", "uncertainty").replace("{run_id}", server.run)
        answer = server.http.request(
            method, address, content=told, headers={"Content-Type": "application/json"}
        )
        assert answer.is_success, f"{method} {path}: {answer.text}"


def test_what_is_sent_on_a_stream_is_as_described(server):
    from jsonschema import Draft202012Validator

    components = {"components": SCHEMA["components"]}
    event = Draft202012Validator({"$ref": "#/components/schemas/Event", **components})
    chunk = Draft202012Validator({"$ref": "#/components/schemas/Chunk", **components})
    lines = server.http.get(f"/v1/jobs/{server.job}/events").text.splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert {one["type"] for one in events} >= {"queued", "finding", "box", "text_delta", "finished"}
    for one in events:
        event.validate(one)

    asked = {"messages": [{"role": "user", "content": "?"}], "stream": True}
    answer = server.http.post("/v1/chat/completions", json=asked)
    chunks = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    assert len(chunks) > 3
    for one in chunks:
        chunk.validate(json.loads(one.removeprefix("data: ")))


def test_a_method_that_is_not_there_is_told_those_that_are(server):
    answer = server.http.patch(f"/v1/jobs/{server.job}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET"


# ── schemathesis ────────────────────────────────────────────────────────────────────────────────────────────────

api = schemathesis.openapi.from_dict(SCHEMA)  # also registers the checks below
api.config.generation.update(with_security_parameters=False)  # the door has tests of its own
HELD = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
        "allow_header_conformance",
        "ignored_auth",
    ]
)


@api.parametrize()
@settings(
    max_examples=LONG_RUN or 5,
    derandomize=not LONG_RUN,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_asked_the_answer_is_one_of_those_described(server, case):
    _aim(case, server)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = case.call_and_validate(base_url=server.url, headers=headers, timeout=60, checks=HELD)
    if answer.status_code == 202:
        server.started.append(answer.json()["id"])
    _no_defect_of_ours(server)


def _no_defect_of_ours(server) -> None:
    """However a job ended, it was not by an error that nobody expected."""
    for _ in range(len(server.started)):
        job = server.http.get(f"/v1/jobs/{server.started.popleft()}").json()
        if job.get("state") in ("queued", "running"):
            server.started.append(job["id"])
        assert (job.get("last") or {}).get("error_type") != "BackendFault", job


def _aim(case, server) -> None:
    """Let most well-formed requests be about what is there, so that they get further than 404."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    is_hit = zlib.crc32(repr((case.path_parameters, case.body)).encode()) % 4 > 0
    there = {"job_id": server.job, "image_sha256": server.film, "model_id": "fake", "strategy": "novelty"}
    there["run_id"] = server.run
    for name in case.path_parameters or () if is_hit else ():
        case.path_parameters[name] = server.study_of() if name == "study_id" else there.get(name, "x")
    if is_hit and isinstance(case.body, dict) and case.operation.label == "POST /v1/studies":
        for film in case.body["films"]:
            film["image_sha256"] = server.film
