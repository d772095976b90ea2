"""A generator that was taught one film by heart is caught by its privacy report; the base that it began as is not."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from generator_kit import DrawnCourse, drawn_data, tiny_base, tiny_plan

from inference.packs import open_pack
from inference.synthesis.privacy.gate import ReleaseRefused, check_release
from inference.synthesis.privacy.report import PrivacyReport
from inference.synthesis.training.finish import Finished, finish
from inference.training.loop import DONE
from inference.training.loop.legs import run_legs
from inference.training.planning.plan_file import write_plan
from inference.training.rows import DataSet

TAUGHT = 120  # steps until the film is there; the fresh one takes a single one


def one_film_again_and_again() -> DataSet:
    """Twelve films, of which film-0 is drawn a thousand times as often as the others."""
    data = drawn_data(12, 10)
    first, *others = data.studies
    return replace(data, studies=(replace(first, weight=1000.0), *others))


def course_of(plan, folder):
    return DrawnCourse(plan, folder, one_film_again_and_again)


def trained(folder: Path, steps: int, rate: float) -> Finished:
    base = tiny_base(folder / "base", prediction="v_prediction")
    changes = {"steps": steps, "learning_rate": rate, "evaluate_every": 0, "save_every": steps, "warm_up": 0}
    plan = tiny_plan(base, "full", **changes, batch=8, micro_batch=8)
    plan = replace(plan, synthesis=replace(plan.synthesis, ema=0.8))
    write_plan(folder / "run" / "plan.json", plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inference.training.loop.legs.be_humble", lambda: None)
        torch.set_num_threads(1)
        assert run_legs(folder / "run", course_of) == DONE
    return finish(
        folder / "run", "tiny-site", course=course_of(plan, folder / "run"), features=in_quarters, films=8
    )


def in_quarters(pictures):
    """A stand-in for an encoder: mean grey of 256 places."""
    return np.stack([one.reshape(16, 4, 16, 4).mean((1, 3)).ravel() for one in pictures]).astype(np.float32)


@pytest.fixture(scope="module")
def by_heart(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    folder = tmp_path_factory.mktemp("heart")
    return folder / "run", trained(folder, TAUGHT, 1e-2)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    folder = tmp_path_factory.mktemp("fresh")
    return folder / "run", trained(folder, 1, 1e-5)


def test_a_generator_taught_one_film_by_heart_is_caught_and_the_film_is_named(by_heart):
    run, finished = by_heart

    assert finished.report.verdict == "refused"
    copies = {pair.film for pair in finished.report.pairs if pair.is_copy}
    assert copies == {"films:here/film-0"}
    assert "films:here/film-0" in finished.report.reasons[0]
    assert finished.pack is None and not (run / "pack").exists(), "a pack was written all the same"
    assert not (run / ".candidate").exists(), "the weights were left behind"
    assert "**copy** films:here/film-0" in (run / "privacy.md").read_text()
    assert (run / "privacy.png").read_bytes().startswith(b"\x89PNG")


def test_a_fresh_generator_passes_and_its_pack_bears_the_report(fresh):
    run, finished = fresh

    assert finished.report.is_clean, finished.report.reasons
    assert finished.pack is not None
    assert check_release(run / "pack", finished.pack.manifest) == ""
    assert finished.pack.manifest.origins[0].role == "base"
    told = (run / "pack" / "privacy.json").read_text() + (run / "pack" / "manifest.json").read_text()
    assert "film-" not in told and "effusion" not in told, "a site's films or words leave it with the pack"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps other people's files out by other means")
def test_the_sites_own_report_is_for_its_own_eyes_only(by_heart):
    run, _ = by_heart

    for name in ("privacy.json", "privacy.md", "privacy.png"):
        assert (run / name).stat().st_mode & 0o077 == 0


def test_a_generator_of_ours_without_a_report_with_anothers_or_with_a_bad_one_is_refused(fresh):
    run, finished = fresh
    pack = run / "pack"
    assert finished.pack is not None
    manifest, told = finished.pack.manifest, json.loads((pack / "privacy.json").read_text())
    kept = (pack / "privacy.json").read_bytes()

    for changes, words in (
        ({"verdict": "refused", "reasons": ["It copies."]}, "says no: It copies"),
        ({"weights_sha256": "0" * 64}, "other weights"),
    ):
        (pack / "privacy.json").write_text(json.dumps({**told, **changes}))
        with pytest.raises(ReleaseRefused, match=words):
            check_release(pack, manifest)
    (pack / "privacy.json").unlink()
    with pytest.raises(ReleaseRefused, match="without a privacy report"):
        check_release(pack, manifest)
    assert "nobody here knows" in check_release(pack, manifest.model_copy(update={"converter": "Sidelight"}))
    (pack / "privacy.json").write_bytes(kept)
    assert open_pack(pack).manifest == manifest
    assert isinstance(finished.report, PrivacyReport)
