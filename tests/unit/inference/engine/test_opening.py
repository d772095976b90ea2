"""A pack is opened in a precision that its findings survive, or not in that precision at all."""

from __future__ import annotations

import json
import logging

import pytest
import torch
from tiny_pack import make_tiny_pack

from inference.backend import CancelToken, Classify, Finding, Finished, Flag, StudyFilm, StudyInput
from inference.engine import engine, loading, opening, precision_check
from inference.engine.opening import open_backend
from inference.engine.precision_check import check_films, compared
from inference.errors import InvalidRequest, OutOfMemory, PrecisionRefused
from inference.evaluation.through_engine import EveryFilm
from inference.packs import open_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """Two films instead of eight, each drawn once; what is found is remembered in a folder of this test's own."""
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(opening, "check_films", lambda: FILMS)


FILMS = tuple(check_films(2))


def finding(label, presence="present", confidence=0.9, image="film"):
    return Finding("f1", label, presence, confidence, False, image)


def broken(monkeypatch, *precisions):
    """Scales that are zero: the model sees nothing and says the same to everything."""
    true = loading.quantise_tensor

    def quantise(name, tensor, scheme):
        parts = true(name, tensor, scheme)
        is_hit = scheme in precisions
        return {
            one: t * 0 if is_hit and one.endswith((".scale", ".scales")) else t for one, t in parts.items()
        }

    monkeypatch.setattr(loading, "quantise_tensor", quantise)


def told_precision(backend):
    film = FILMS[0]
    backend.put_film(film)
    backend.put_study(StudyInput("study", (StudyFilm(film.image_sha256),)))
    events = list(backend.run(Classify("study", "edema", film.image_sha256), CancelToken()))
    return next(event.fingerprint for event in events if isinstance(event, Finished))


def test_a_small_model_stays_in_float32_and_is_compared_with_nothing(pack, monkeypatch):
    monkeypatch.setattr(opening, "findings_of", None)
    assert open_backend(pack, device="cpu", gate=EveryFilm()).precision == "float32"


def test_the_fingerprint_names_precision_and_library(pack, monkeypatch):
    monkeypatch.setattr(precision_check, "LEAST_AGREEMENT", 0.0)  # a random model's mind changes easily
    told = told_precision(open_backend(pack, device="cpu", precision="int8", gate=EveryFilm()))
    assert told["precision"] == "int8"
    assert told["onnxruntime"]


def test_broken_weights_are_refused_and_the_next_larger_precision_is_used(pack, monkeypatch, caplog):
    broken(monkeypatch, "int8")
    with caplog.at_level(logging.WARNING):
        backend = open_backend(pack, device="cpu", precision="int8", gate=EveryFilm())

    assert backend.precision in ("bfloat16", "float32")
    assert "can't be used in int8" in caplog.text
    assert "findings on phantom films" in caplog.text or "no numbers" in caplog.text


def test_where_nothing_larger_can_be_had_the_refusal_is_the_answer(pack, monkeypatch):
    broken(monkeypatch, "int4")
    monkeypatch.setattr(opening, "tried_after", lambda *_: ())
    with pytest.raises(PrecisionRefused, match="int4") as refused:
        open_backend(pack, device="cpu", precision="int4", gate=EveryFilm())
    assert refused.value.remedy


def test_the_comparison_is_made_once_for_a_pack_a_precision_and_the_versions(pack, monkeypatch):
    monkeypatch.setattr(precision_check, "LEAST_AGREEMENT", 0.0)
    asked = []
    true = opening.findings_of
    monkeypatch.setattr(opening, "findings_of", lambda *given: asked.append(1) or true(*given))

    open_backend(pack, device="cpu", precision="int8", gate=EveryFilm())
    assert len(asked) == 2, "the rounded model and float32"
    open_backend(pack, device="cpu", precision="int8", gate=EveryFilm())
    assert len(asked) == 2, "remembered"
    monkeypatch.setattr(precision_check, "CHECK_VERSION", "2")
    open_backend(pack, device="cpu", precision="int8", gate=EveryFilm())
    assert len(asked) == 4, "another version of the check asks again"


def test_a_refusal_is_remembered_too(pack, monkeypatch):
    broken(monkeypatch, "int8")
    monkeypatch.setattr(opening, "tried_after", lambda *_: ())
    with pytest.raises(PrecisionRefused):
        open_backend(pack, device="cpu", precision="int8", gate=EveryFilm())
    monkeypatch.setattr(opening, "findings_of", None)
    with pytest.raises(PrecisionRefused):
        open_backend(pack, device="cpu", precision="int8", gate=EveryFilm())


def test_the_users_gate_decides_once_the_check_is_over(pack, monkeypatch):
    monkeypatch.setattr(precision_check, "LEAST_AGREEMENT", 0.0)
    seen = []

    class Refuses(EveryFilm):
        def check(self, film, picture, /):
            seen.append(film.image_sha256)
            return super().check(film, picture)

    backend = open_backend(pack, device="cpu", precision="int8", gate=Refuses())
    assert not seen
    told_precision(backend)
    assert seen == [FILMS[0].image_sha256]


def test_a_precision_that_the_device_does_not_compute_is_refused_with_those_it_does(pack):
    with pytest.raises(InvalidRequest, match="float32, bfloat16, int8, nf4, int4"):
        open_backend(pack, device="cpu", precision="float16")


def test_the_check_films_are_the_same_every_time():
    (again, *_) = check_films(1)
    assert again.image_sha256 == FILMS[0].image_sha256


@pytest.mark.parametrize(("differing", "is_good"), [(0, True), (2, True), (3, False)])
def test_two_of_a_hundred_findings_may_differ(differing, is_good):
    exact = [finding(f"finding {number}") for number in range(104)]
    rounded = [finding(one.label, "absent" if n < differing else "present") for n, one in enumerate(exact)]

    outcome = compared(rounded, exact)

    assert outcome.is_good_enough == is_good
    assert outcome.differing == differing


@pytest.mark.parametrize("confidence", [float("nan"), None])
def test_a_probability_that_is_no_number_refuses_the_precision(confidence):
    exact = [finding(f"finding {number}") for number in range(104)]
    rounded = [finding("finding 0", confidence=confidence), *exact[1:]]
    assert not compared(rounded, exact).is_good_enough


def test_findings_that_are_missing_count_as_different():
    assert not compared([], [finding("edema")]).is_good_enough


def test_a_note_that_cannot_be_read_asks_again(tmp_path):
    under = precision_check.conditions("int8", "CPU", {})
    outcome = compared([finding("edema")], [finding("edema")])
    precision_check.remember("a" * 64, under, outcome)
    assert precision_check.known("a" * 64, under) == outcome
    (file,) = (tmp_path / "home" / "precision-checks").iterdir()
    file.write_text(json.dumps([{"conditions": under, "outcome": {"asked": 1}}]), encoding="utf-8")
    assert precision_check.known("a" * 64, under) is None


def test_bitsandbytes_is_the_other_way_on_a_cpu(pack, monkeypatch):
    monkeypatch.setattr(precision_check, "LEAST_AGREEMENT", 0.0)
    backend = open_backend(pack, device="cpu", precision="nf4", gate=EveryFilm())
    assert told_precision(backend)["bitsandbytes"]
    assert torch.get_num_threads() >= 1


def out_of_memory_in(monkeypatch, *precisions):
    """Loading runs out of memory in these precisions, the first time that each is tried."""
    true, left = engine.load, list(precisions)

    def load(pack, device, precision):
        if precision in left:
            left.remove(precision)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 112.00 MiB.")
        return true(pack, device, precision)

    monkeypatch.setattr(engine, "load", load)
    monkeypatch.setattr(opening, "precisions_for", lambda *_, **__: ("float32", "int8"))


def test_what_does_not_fit_into_memory_is_loaded_smaller_and_the_reader_told(pack, monkeypatch):
    monkeypatch.setattr(precision_check, "LEAST_AGREEMENT", 0.0)
    out_of_memory_in(monkeypatch, "float32")
    backend = open_backend(pack, device="cpu", gate=EveryFilm())
    assert backend.precision == "int8"

    film = FILMS[0]
    backend.put_film(film)
    backend.put_study(StudyInput("study", (StudyFilm(film.image_sha256),)))
    events = list(backend.run(Classify("study", "edema", film.image_sha256), CancelToken()))
    notes = [event.why for event in events if isinstance(event, Flag)]
    assert notes == ["The model did not fit into memory in float32; it was loaded in int8 instead."]


def test_where_no_precision_fits_it_is_said(pack, monkeypatch):
    out_of_memory_in(monkeypatch, "float32", "int8")
    with pytest.raises(OutOfMemory, match=r"does not fit into the memory of .* in float32"):
        open_backend(pack, device="cpu", gate=EveryFilm())


def test_a_precision_that_was_asked_for_is_not_replaced_by_a_smaller_one(pack, monkeypatch):
    out_of_memory_in(monkeypatch, "float32")
    with pytest.raises(OutOfMemory):
        open_backend(pack, device="cpu", precision="float32", gate=EveryFilm())
