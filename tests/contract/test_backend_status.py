"""What a backend tells about itself: loading, what it runs on, which packs there are."""

from __future__ import annotations

import threading

import pytest

from inference.devices import choose_device
from inference.engine.engine import M4cxrBackend
from inference.errors import ModelNotInstalled
from inference.packs import PACKS_DIR_VARIABLE, find_pack, open_pack
from inference.packs.trust import quarantine
from inference.status import Loading, RunsOn, tell_weights, weights_told_to
from tests.fake_backend import FakeBackend
from tests.fake_server import served
from tests.tiny_pack import make_tiny_pack


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


def test_the_weights_are_told_as_they_are_read(tiny):
    told: list[Loading] = []

    with weights_told_to(told.append):
        M4cxrBackend(open_pack(tiny), device="cpu")

    done = [one.done_bytes for one in told]
    assert done == sorted(done)
    assert len(set(done)) > 3, "it moves"
    assert 0.9 < told[-1].done_bytes / told[-1].total_bytes <= 1


def test_outside_of_a_load_nobody_is_told():
    told: list[Loading] = []
    tell_weights(1, 2)  # before anybody listens

    with weights_told_to(told.append):
        tell_weights(2, 4)
    tell_weights(3, 4)

    assert told == [Loading(2, 4)]


def test_a_loading_backend_tells_how_far_it_is_and_a_ready_one_what_it_runs_on():
    goes_on, has_begun = threading.Event(), threading.Event()

    class Placed(FakeBackend):
        device, precision = "CPU, 8 cores", "float32"

    def slow() -> FakeBackend:
        tell_weights(300, 1000)
        has_begun.set()
        goes_on.wait(20)
        return Placed()

    with served(slow) as server:
        assert has_begun.wait(20)
        status = server.client.status()
        goes_on.set()
        server.client.info()
        ready = server.client.status()

    assert (status.state, status.loading, status.runs_on) == ("loading", Loading(300, 1000), None)
    assert (ready.state, ready.loading, ready.runs_on) == ("ready", None, RunsOn("CPU, 8 cores", "float32"))
    assert ready.packs[0].id == "fake"


def test_packs_are_listed_also_where_none_can_be_loaded(tmp_path, monkeypatch, tiny):
    monkeypatch.setenv(PACKS_DIR_VARIABLE, str(tiny.parent))
    (tmp_path / "broken").mkdir()

    def fails() -> FakeBackend:
        raise ModelNotInstalled("gone", tmp_path)

    with served(fails) as server:
        packs = {pack.id: pack for pack in server.client.packs()}

    assert "starter" in packs
    assert packs["starter"].scores["real_films_held_out"]["nih"]["films"] == 195
    assert "report" in packs["starter"].tasks
    assert packs["starter"].sha256 == find_pack("starter").sha256
    assert set(packs) == {"starter", "starter-synth", "tiny"}


def test_a_quarantined_pack_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))
    quarantine(find_pack("starter").sha256, "it said yes", {"device": "x"})

    with served(FakeBackend) as server:
        starter = next(pack for pack in server.client.packs() if pack.id == "starter")

    assert starter.quarantine == "it said yes"


def test_the_engine_says_what_it_runs_on(tiny):
    backend = M4cxrBackend(open_pack(tiny), device="cpu")

    assert (backend.device, backend.precision) == (choose_device("cpu").title, "float32")
