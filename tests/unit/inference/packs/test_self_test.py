"""A model that answers otherwise than it did where it was made is never read with."""

from __future__ import annotations

import hashlib
import json
import math

import pytest
from safetensors.torch import load_file, save_file
from tiny_pack import ABOUT, make_tiny_pack

from inference import doctor
from inference.engine.engine import M4cxrBackend
from inference.engine.self_test import Reference
from inference.errors import PackQuarantined, PackRefused
from inference.pack_notes import note_file
from inference.packs import BUNDLED, find_pack, open_pack, trust, write_manifest
from inference.packs.command import main
from inference.packs.manifest import SelfTestCase
from inference.packs.self_test import LARGEST_TOLERANCE, Step, blindness, failure, make_cases
from inference.packs.self_test_film import RECIPES, self_test_film

DRAWN = {
    "thorax-1": "2e8a9001cc1e07433037b745a217bc8398ec23d0e64761422867ee5733db08ec",
    "thorax-2": "c44b38a78252ad68023a730eb364437e31e2c980436e120eae4767d6f32a91f4",
    "thorax-3": "252c6e96e4fec9dbf62890d3b3d9d3c2275a9f99718082bdd2e05662923c85be",
    "thorax-4": "b923df0578680ea9f6df0b8dbbbd9e4fbdaa9b74b1d0104883db1dccef8f91d0",
    "blank-1": "6c9b7fcf875d48a0ef17ac32c5c3793e8dea7fe199e7d3370032a00b21f7c94c",
}


class Remembers:
    """A model of four ids that always thinks the same."""

    eos_id = 2

    def __init__(self, *steps: Step) -> None:
        self._steps = steps

    def steps(self, picture, prompt, ids):
        return self._steps[: len(ids)]


def case(*probabilities: float) -> SelfTestCase:
    ids = tuple(range(10, 10 + len(probabilities)))
    return SelfTestCase(
        picture="thorax-1", prompt="?", expected_ids=ids, expected_probabilities=probabilities
    )


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_draws_the_same_bytes_for_all_time(recipe):
    assert hashlib.sha256(self_test_film(recipe).tobytes()).hexdigest() == DRAWN[recipe]


def test_an_unknown_picture_is_refused_by_name():
    with pytest.raises(PackRefused, match="thorax-99"):
        self_test_film("thorax-99")


def test_in_float32_every_id_must_be_the_models_own_choice():
    right, wrong = Step(10, 0.5, 0.9), Step(99, 0.5, 0.9)
    assert failure([case(0.9)], Remembers(right), "float32") is None
    assert "question 2 of 2" in str(failure([case(0.9), case(0.9, 0.9)], Remembers(right, wrong), "float32"))
    assert failure([case(0.9)], Remembers(wrong), "nf4") is None


@pytest.mark.parametrize(
    ("precision", "off"), [("float32", 0.03), ("bfloat16", 0.2), ("nf4", 0.3), ("what", 0.01)]
)
def test_probabilities_that_are_off_fail_in_every_precision(precision, off):
    assert "off by" in str(failure([case(0.9)], Remembers(Step(10, 0.5, 0.9 - off)), precision))


def test_no_number_is_no_probability():
    assert failure([case(0.9)], Remembers(Step(10, 0.5, math.nan)), "nf4") is not None


def test_a_manifest_can_ask_for_more_than_the_program_but_not_let_everything_through():
    slightly = Remembers(Step(10, 0.5, 0.8))
    assert failure([case(0.9)], slightly, "nf4") is None
    assert failure([case(0.9)], slightly, "nf4", {"nf4": 0.05}) is not None
    assert failure([case(0.9)], Remembers(Step(10, 0.5, 0.9 - LARGEST_TOLERANCE - 0.05)), "nf4", {"nf4": 1.0})


def test_a_question_that_the_model_wavers_about_is_no_case():
    assert make_cases(Remembers(*[Step(5, 0.01, 0.4)] * 9)) == ()
    assert [len(one.expected_ids) for one in make_cases(Remembers(*[Step(5, 0.6, 0.8)] * 9))] == [8] * 4


# ── the packs ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def starter():
    return find_pack(str(BUNDLED / "starter")), Reference.of(BUNDLED / "starter")


def test_the_bundled_starter_passes_its_own_self_test(starter):
    pack, model = starter
    assert len(pack.manifest.self_test) == 4
    assert failure(pack.manifest.self_test, model, "float32") is None


def test_a_starter_that_does_not_see_the_film_would_fail_in_every_precision(starter):
    pack, model = starter
    assert blindness(pack.manifest.self_test, model) > LARGEST_TOLERANCE


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where packs are looked for, with one sound pack “tiny” 0.1 that has a self-test."""
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path / "packs"))
    folder = make_tiny_pack(tmp_path / "packs" / "tiny")
    cases = [one.model_dump() for one in make_cases(Reference.of(folder))]
    assert cases
    write_manifest(folder, {**ABOUT, "self_test": cases})
    return folder


def damaged(folder, version: str):
    """The same pack with other weights under the old self-test, every hash in order."""
    tensors = load_file(folder / "model.safetensors")
    name = "language_model.lm_head.weight"
    save_file({**tensors, name: tensors[name].flip(0).contiguous()}, folder / "model.safetensors")
    about = json.loads((folder / "manifest.json").read_text())
    del about["files"], about["schema_version"]
    write_manifest(folder, {**about, "version": version})


def test_a_sound_pack_passes_once_and_is_not_asked_again(home, monkeypatch):
    M4cxrBackend(find_pack("tiny"))
    monkeypatch.setattr("inference.engine.self_test.failure", lambda *_: pytest.fail("asked again"))
    M4cxrBackend(find_pack("tiny"))


def test_another_library_version_asks_again(home, monkeypatch):
    M4cxrBackend(find_pack("tiny"))
    asked = []
    monkeypatch.setattr("inference.engine.self_test.failure", lambda *told: asked.append(told))
    monkeypatch.setattr("inference.engine.self_test.version", lambda _: "99.0")
    M4cxrBackend(find_pack("tiny"))
    assert len(asked) == 1


def test_a_pack_that_answers_otherwise_goes_into_quarantine_and_stays_there(home, capsys):
    damaged(home, "0.2")
    with pytest.raises(PackQuarantined, match="another answer") as caught:
        M4cxrBackend(find_pack("tiny"))
    assert "sidelight packs verify tiny" in caught.value.remedy
    with pytest.raises(PackQuarantined, match="another answer"):
        find_pack("tiny")
    assert main(["list"]) == 1
    assert "QUARANTINE" in capsys.readouterr().out


def test_the_last_working_version_is_used_instead(home, caplog):
    home.rename(home.parent / ".previous-tiny")
    damaged(make_copy(home.parent / ".previous-tiny", home), "0.2")
    assert find_pack("tiny").manifest.version == "0.2"
    with pytest.raises(PackQuarantined):
        M4cxrBackend(find_pack("tiny"))
    assert find_pack("tiny").manifest.version == "0.1"
    assert "Version 0.1" in caplog.text


def test_verify_lifts_a_quarantine_only_if_the_test_is_passed_now(home, capsys):
    pack = open_pack(home)
    trust.quarantine(pack.sha256, "the GPU was broken", {})
    assert main(["verify", "tiny"]) == 0
    assert "passed" in capsys.readouterr().out
    assert find_pack("tiny").sha256 == pack.sha256

    damaged(home, "0.2")
    trust.quarantine(open_pack(home).sha256, "another answer", {})
    assert main(["verify", "tiny"]) == 1
    assert "quarantine" in capsys.readouterr().err


def test_a_broken_note_about_a_pack_is_as_good_as_none(home, tmp_path, monkeypatch):
    pack = find_pack("tiny")
    trust.note_passed(pack.sha256, {"precision": "float32"})
    assert trust.has_passed(pack.sha256, {"precision": "float32"})
    file = note_file("pack-trust", pack.sha256)
    for content in ("", "[]", '{"passed": 3}', "{"):
        file.write_text(content)
        assert not trust.has_passed(pack.sha256, {"precision": "float32"})
        assert trust.quarantine_of(pack.sha256) is None


def make_copy(source, target):
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


def test_the_list_and_the_doctor_say_what_became_of_the_self_test(home, capsys, monkeypatch):
    main(["list"])
    assert "self-test not run here yet" in capsys.readouterr().out
    M4cxrBackend(find_pack("tiny"))
    assert main(["list"]) == 0
    assert "self-test passed here" in capsys.readouterr().out

    trust.quarantine(open_pack(home).sha256, "another answer", {})
    faults = [check for check in doctor._pack() if check.state == "fault"]
    assert len(faults) == 1
    assert "another answer" in faults[0].said
    assert "sidelight packs verify tiny" in faults[0].remedy
