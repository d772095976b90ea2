"""Routes about the model: plan, load, unload, verify."""

from __future__ import annotations

import shutil

import pytest

from inference.server.model_desk import ModelDesk
from tests.fake_backend import FakeBackend
from tests.fake_server import served, wait_until


@pytest.fixture(scope="module")
def server():
    with served(FakeBackend) as running:
        running.client.info()
        yield running


def test_the_starters_plan_is_told_by_part(server):
    plan = server.http.get("/v1/plan", params={"pack": "starter"}).json()

    assert (plan["precision"], plan["fits"], plan["very_slow"]) == ("float32", True, False)
    assert plan["expected_peak_bytes"] == sum(part["bytes"] for part in plan["parts"])
    assert plan["expected_peak_bytes"] <= plan["usable_bytes"]
    assert plan["measured"] is None  # another pack reads here


@pytest.mark.parametrize("name", ["nobody", "..", "../starter", "/etc"])
def test_a_pack_that_is_not_installed_has_no_plan(server, name):
    answer = server.http.get("/v1/plan", params={"pack": name})
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "UnknownModel"


def test_unloading_and_loading(server):
    assert server.http.post("/v1/models/fake/unload").json() == {"id": "fake", "state": "unloaded"}
    assert server.client.health() == "unloaded"
    assert server.client.models()[0].id == "fake"
    assert server.http.post("/v1/models/fake/load").status_code == 200
    assert wait_until(lambda: server.client.health() == "ready")


def test_another_model_is_neither_loaded_nor_unloaded(server):
    for verb in ("load", "unload"):
        assert server.http.post(f"/v1/models/other/{verb}").status_code == 404


def test_every_byte_of_a_pack_is_verified_on_demand(server, tmp_path, monkeypatch):
    from inference.packs.store import BUNDLED

    told = server.http.post("/v1/models/starter/verify").json()
    assert told["id"] == "starter"
    assert told["files"] >= 4

    shutil.copytree(BUNDLED / "starter", tmp_path / "copy")
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path))
    tokenizer = tmp_path / "copy" / "tokenizer.json"
    tokenizer.write_bytes(tokenizer.read_bytes() + b" ")
    answer = server.http.post("/v1/models/copy/verify")
    assert answer.status_code == 503
    assert "tokenizer.json" in answer.json()["error"]["message"]


def test_patience_is_a_word_that_is_given_once():
    desk = ModelDesk("cpu")
    assert not desk.accepts_slow
    desk.accept_slow()
    assert desk.accepts_slow
