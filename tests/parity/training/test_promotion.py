"""From a trained adapter to one that reads: evaluated, put to the gate, activated, taken back to the base's logits."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tiny_pack import make_tiny_pack

from inference.backend import (
    AskQuestion,
    CancelToken,
    ChatMessage,
    Classify,
    FilmInput,
    Finding,
    Finished,
    Flag,
    StudyFilm,
    StudyInput,
)
from inference.engine.engine import M4cxrBackend
from inference.engine.self_test import Reference
from inference.errors import PackRefused
from inference.evaluation.ask_site import named
from inference.evaluation.held_out import Asked
from inference.evaluation.through_engine import EveryFilm, grey_film
from inference.models.m4cxr import load_m4cxr
from inference.packs import find_pack, open_pack, write_manifest
from inference.packs.self_test import make_cases
from inference.packs.site_adapters import pack_to_read
from inference.plain import to_plain
from inference.server.command import Options, model_factory
from inference.training.plan import PhasePlan, SplitPlan, TrainingPlan
from inference.training.promotion.command import REFUSED, add_parsers, side_by_side
from inference.training.promotion.evaluation import NoRun, NothingTrained, evaluate
from inference.training.promotion.on_one_study import (
    Changed,
    FilmOfStudy,
    OneReading,
    PlacedFinding,
    SideBySide,
    compare_on_study,
)
from inference.training.promotion.promote import RefusedByGate, active, promote, rollback
from inference.training.rows import DataSet, KnownFilm, KnownStudy
from viewer.core.study import PixelDescription

QUICK = Asked(most_boxed_films=0, most_drafts=0)
LAYER = "base_model.model.language_model.model.layers.0.self_attn.q_proj"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The tiny pack with a self-test."""
    folder = make_tiny_pack(tmp_path_factory.mktemp("made") / "tiny")
    about = json.loads((folder / "manifest.json").read_text())
    cases = [case.model_dump(mode="json") for case in make_cases(Reference.of(folder), 3)]
    kept = {key: value for key, value in about.items() if key not in ("files", "schema_version")}
    write_manifest(folder, kept | {"self_test": cases})
    return folder


@pytest.fixture
def home(tiny, tmp_path, monkeypatch):
    """A user's folder with that pack in it."""
    live_in(tmp_path / "home", tiny, monkeypatch)


def live_in(home, tiny, patch):
    patch.delenv("SIDELIGHT_PACKS_DIR", raising=False)
    patch.setenv("SIDELIGHT_HOME", str(home))
    shutil.copytree(tiny, home / "packs" / "tiny")


def pixels(film: KnownFilm) -> FilmInput:
    grey = np.random.default_rng(int(film.key)).integers(0, 255, (70, 80), dtype=np.uint8)
    return FilmInput(f"{int(film.key):064x}", grey, PixelDescription(rows=70, columns=80))


def site(count: int = 60) -> DataSet:
    studies = [
        KnownStudy(
            f"s{number}",
            f"row {number}",
            f"p{number}",
            (KnownFilm(str(number), "PA"),),
            labels={"edema": "present" if number % 2 else "absent"},
            split=("train", "val", "test")[number % 3],
        )
        for number in range(count)
    ]
    return DataSet("site", tuple(studies), pixels)


def make_run(folder, strength: float):
    """A run's folder with an adapter whose factors are random; strength 0 changes nothing."""
    base = find_pack("tiny")
    phase = PhasePlan("instruction", ("lora",), {}, 1, 1, 1, 1e-4, 0.0, 0)
    plan = TrainingPlan("tiny", base.sha256, ("folder:somewhere",), (phase,), SplitPlan())
    (folder / "adapter").mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(to_plain(plan)))
    rows, columns = load_m4cxr(base.folder).language_model.model.layers[0].self_attn.q_proj.weight.shape
    generator = torch.Generator().manual_seed(1)
    factors = {
        f"{LAYER}.lora_A.weight": torch.randn(4, columns, generator=generator),
        f"{LAYER}.lora_B.weight": torch.randn(rows, 4, generator=generator) * strength,
    }
    save_file(factors, folder / "adapter" / "adapter_model.safetensors")
    told = {"r": 4, "lora_alpha": 4, "revision": base.sha256}
    (folder / "adapter" / "adapter_config.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(scope="module")
def evaluated(tiny, tmp_path_factory):
    """A run that was evaluated, once for all tests."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        live_in(folder / "home", tiny, patch)
        evaluate(make_run(folder / "run", 0.3), [site()], QUICK)
    return folder / "run"


@pytest.fixture
def run(home, evaluated, tmp_path):
    return Path(shutil.copytree(evaluated, tmp_path / "run"))


def open_adapter(run):
    return open_pack(run / "pack")


def accept(run):
    """What the gate would have written had it accepted: the rules have tests of their own."""
    told = json.loads((run / "evaluation.json").read_text())
    told["gate"] |= {"accepted": True, "words": "Accepted: better."}
    (run / "evaluation.json").write_text(json.dumps(told))


def probability(pack) -> float:
    backend = M4cxrBackend(pack, gate=EveryFilm())
    film = grey_film("f", pixels(KnownFilm("7")).stored)
    backend.put_film(film)
    backend.put_study(StudyInput("s", (StudyFilm("f"),)))
    events = list(backend.run(Classify("s", "edema"), CancelToken()))
    (finished,) = (one for one in events if isinstance(one, Finished))
    assert finished.fingerprint["pack_sha256"] == pack.sha256
    assert ("base_sha256" in finished.fingerprint) == (pack.base is not None)
    return next(one.confidence for one in events if isinstance(one, Finding))


def test_an_adapter_that_learnt_nothing_is_evaluated_and_refused(run):
    told = json.loads((run / "evaluation.json").read_text())
    assert told["adapter"] == open_adapter(run).manifest.id
    assert told["comparison"]["patients"] == 20
    assert told["before"]["model"]["version"] == "0.1"
    assert told["after"]["model"]["version"].startswith("0.1 + site adapter ")
    assert told["gate"]["accepted"] is False
    assert any("Macro AUROC went from" in reason for reason in told["gate"]["reasons"])
    assert "The gate **refuses this adapter**." in (run / "evaluation.md").read_text()

    with pytest.raises(RefusedByGate, match="Macro AUROC"):
        promote(run)
    assert pack_to_read("tiny").pack.manifest.id == "tiny"
    assert active("tiny").history[-1].what == "refused"


def test_an_accepted_adapter_reads_and_a_roll_back_gives_the_bases_numbers_exactly(run):
    alone = probability(pack_to_read("tiny").pack)
    accept(run)

    choice = promote(run, who="anna")

    chosen = pack_to_read("tiny").pack
    assert chosen.manifest.id == choice.adapter
    assert chosen.base.manifest.id == "tiny"
    assert "site adapter" in chosen.manifest.version
    assert "20 studies of 20 patients (site)" in chosen.manifest.training_data
    assert abs(probability(chosen) - alone) > 1e-4
    assert active("tiny").adapter.sha256 == chosen.sha256
    assert (active("tiny").history[-1].who, active("tiny").history[-1].why) == ("anna", "Accepted: better.")

    rollback("tiny", "readers complained")
    assert probability(pack_to_read("tiny").pack) == alone


def test_other_weights_in_the_run_are_evaluated_anew_before_they_read(run, tmp_path):
    accept(run)
    other = make_run(tmp_path / "other", 0.0)
    for name in ("adapter_model.safetensors", "adapter_config.json"):
        (run / "adapter" / name).write_bytes((other / "adapter" / name).read_bytes())

    with pytest.raises(RefusedByGate, match=r"\+0\.000"):
        promote(run, [site()])


def test_a_run_of_another_base_is_refused(run):
    told = json.loads((run / "plan.json").read_text())
    (run / "plan.json").write_text(json.dumps(told | {"pack_sha256": "5" * 64}))

    with pytest.raises(PackRefused, match="train again"):
        evaluate(run, [site()], QUICK)


def test_a_run_without_an_adapter_says_what_to_do(run):
    (run / "adapter").rename(run / "elsewhere")

    with pytest.raises(NothingTrained) as refused:
        evaluate(run, [site()], QUICK)
    assert "sidelight train resume" in refused.value.remedy


def test_a_folder_that_is_no_run_is_told_so(home, tmp_path):
    with pytest.raises(NoRun, match=r"no run's folder"):
        promote(tmp_path / "nowhere")


def test_two_models_are_compared_on_one_study(run):
    pack = open_adapter(run)
    film = grey_film("f", pixels(KnownFilm("7")).stored)

    seen = compare_on_study(pack, [FilmOfStudy(film, StudyFilm("f"))], gate=EveryFilm())

    assert (seen.before.model.id, seen.after.model.id) == ("tiny", pack.manifest.id)
    assert len(seen.before.findings) == len(seen.after.findings) == 13
    assert seen.changed
    first = seen.changed[0]
    assert (first.confidence_before, first.before) != (first.confidence_after, first.after)
    json.dumps(to_plain(seen))


def test_the_server_reads_with_the_active_adapter_and_says_so_where_it_can_not(run):
    accept(run)
    promote(run)
    make = model_factory(Options(0, "tiny", "cpu", False, False))

    assert "site adapter" in make().info().version

    weights = pack_to_read("tiny").pack.folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    backend = make()
    assert backend.info().version == "0.1"
    events = backend.run(AskQuestion(None, (ChatMessage("user", "Hello?"),), 1), CancelToken())
    (told,) = [event for event in events if isinstance(event, Flag)]
    assert told.kind == "adapter_left_out"
    assert "The base model reads alone" in told.why


def test_the_command_tells_what_reads_and_what_happened(run, capsys):
    commands = argparse.ArgumentParser().add_subparsers()
    add_parsers(commands)

    def carry_out(*words):
        arguments = commands.choices[words[0]].parse_args(words[1:])
        return arguments.carry_out(arguments), capsys.readouterr()

    code, told = carry_out("promote", str(run))
    assert code == REFUSED
    assert "Macro AUROC" in told.err
    accept(run)
    assert carry_out("promote", str(run))[0] == 0
    assert "site adapter" in carry_out("adapters", "tiny")[1].out.splitlines()[0]
    assert "“tiny” alone reads now. Nothing was deleted." in carry_out("rollback", "tiny")[1].out
    history = carry_out("adapters", "tiny")[1].out
    assert [line.split()[1] for line in history.splitlines()[1:]] == ["refused", "activated", "rolled"]


def test_side_by_side_is_a_draft_and_names_both_models(run):
    pack = open_adapter(run)
    placed = PlacedFinding("edema", "present", 0.7, True, "f")
    before = OneReading(named(pack.base), (placed,), "Edema.", "", 1.0, 1.0)
    after = OneReading(
        named(pack), (replace(placed, presence="absent", confidence=0.2),), "Clear.", "", 1.0, 1.0
    )
    changed = (Changed("f", "edema", "present", "absent", 0.7, 0.2),)

    told = "\n".join(side_by_side(SideBySide(before, after, changed)))

    assert told.startswith("AI DRAFT – NOT REVIEWED")
    assert "edema: present to absent (70% to 20%)" in told
    assert "Findings: no listed finding detected" in told
    assert "0.1 + site adapter" in told


def test_a_whole_model_has_nothing_to_be_compared_with(home):
    with pytest.raises(ValueError, match="whole model"):
        compare_on_study(replace(find_pack("tiny"), base=None), [])
