"""The trainer of film generators: what learns, what does not, what a run leaves behind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from generator_kit import DrawnCourse, drawn_data, tiny_base, tiny_plan
from safetensors.torch import load_file

from inference.errors import PackRefused
from inference.packs import open_pack, write_manifest
from inference.synthesis.networks import load_networks
from inference.synthesis.training.course import SynthesisCourse
from inference.synthesis.training.learner import FilmLearner
from inference.synthesis.training.noise import NoiseLevels
from inference.synthesis.training.trained import trained_learner, write_folder
from inference.training.loop import DONE
from inference.training.loop.legs import run_legs
from inference.training.plan import TrainingPlan
from inference.training.planning.plan_file import read_plan, write_plan


@pytest.fixture(autouse=True)
def _own_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.training.loop.legs.be_humble", lambda: None)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_base(tmp_path_factory.mktemp("base") / "pack")


def learner_of(plan: TrainingPlan, folder: Path) -> FilmLearner:
    return DrawnCourse(plan, folder).learner(0, None, "cpu")


def one_step(plan: TrainingPlan, folder: Path) -> FilmLearner:
    """A learner after one optimizer step on one batch."""
    course = DrawnCourse(plan, folder)
    learner = course.learner(0, None, "cpu")
    material = course.material(0, learner)
    optimizer = torch.optim.AdamW(learner.parameter_groups())
    learner(material.collate(material.order.step(0).micro_batches[0])).backward()
    optimizer.step()
    return learner


def everything(learner: FilmLearner) -> dict[str, torch.Tensor]:
    networks = learner.networks
    modules = {"unet": networks.unet, "text": networks.text_encoder, "vae": networks.vae}
    if networks.control is not None:
        modules["control"] = networks.control
    return {
        f"{part}.{name}": tensor.detach().clone()
        for part, module in modules.items()
        for name, tensor in module.state_dict().items()
    }


@pytest.mark.parametrize(("way", "part"), [("adapter", "control."), ("full", "unet."), ("lora", "unet.")])
def test_after_one_step_only_the_planned_part_has_changed(base, tmp_path, way, part):
    plan = tiny_plan(base, way)
    before, after = everything(learner_of(plan, tmp_path)), everything(one_step(plan, tmp_path))

    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed
    assert all(name.startswith(part) for name in changed)
    if way == "lora":
        assert all("lora_" in name for name in changed)


@pytest.mark.parametrize("way", ["adapter", "lora"])
def test_at_step_0_the_generator_is_its_base_to_the_bit(base, tmp_path, way):
    learner = learner_of(tiny_plan(base, way), tmp_path).eval()
    plain = load_networks(open_pack(base), with_control=False)
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    levels = torch.tensor([10, 900])
    with torch.no_grad():
        words = ["PA view of the chest was obtained. Small effusion.", ""]
        ours = learner.networks.predict(latents, levels, learner.networks.encode_text(words))
        theirs = plain.predict(latents, levels, plain.encode_text(words))

    assert torch.equal(ours, theirs)


def test_the_loss_is_the_mean_squared_error_of_the_noise_as_published(base, tmp_path):
    plan = tiny_plan(base)
    course = DrawnCourse(plan, tmp_path)
    learner = course.learner(0, None, "cpu").eval()
    material = course.material(0, learner)
    batch = material.collate(material.order.step(0).micro_batches[0])
    with torch.no_grad():
        alphas = learner.levels._scheduler.alphas_cumprod[batch.levels][:, None, None, None]
        noisy = alphas.sqrt() * batch.latents + (1 - alphas).sqrt() * batch.noise
        said = learner.networks.predict(noisy, batch.levels, learner.networks.encode_text(batch.prompts))
        expected = (said - batch.noise).square().mean(dim=(1, 2, 3)).sum()
        torch.testing.assert_close(learner(batch), expected)
    assert batch.weight == len(batch.prompts)


def test_a_generator_that_predicts_velocity_is_taught_velocity():
    config = {"prediction_type": "v_prediction", "beta_schedule": "scaled_linear"}
    levels = NoiseLevels(config)
    latents, noise, at = torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.5), torch.tensor([400])
    alpha = levels._scheduler.alphas_cumprod[400]

    expected = alpha.sqrt() * noise - (1 - alpha).sqrt() * latents
    torch.testing.assert_close(levels.target(latents, noise, at), expected)


def test_what_a_step_learns_from_depends_on_its_number_alone(base, tmp_path):
    plan = tiny_plan(base)
    course = DrawnCourse(plan, tmp_path)
    learner = course.learner(0, None, "cpu")
    material = course.material(0, learner)
    again = DrawnCourse(plan, tmp_path / "again").material(0, learner)

    late = material.order.step(7).micro_batches[1]
    first_time = material.collate(late)
    again.order.step(2)
    company = [*again.order.step(7).micro_batches[0], *again.order.step(7).micro_batches[1]]
    together = again.collate(company)
    assert [one.text for one in late] == [one.text for one in company[2:]]
    assert torch.equal(first_time.noise, together.noise[2:])
    assert torch.equal(first_time.levels, together.levels[2:])
    assert torch.equal(first_time.latents, together.latents[2:])


def test_a_tenth_of_the_films_has_no_words_and_all_others_begin_with_their_view(base, tmp_path):
    plan = tiny_plan(base)
    course = DrawnCourse(plan, tmp_path)
    order = course.material(0, course.learner(0, None, "cpu")).order

    words = [order.draw(at).text for at in range(600)]
    assert 30 <= words.count("") <= 90
    assert all(one.partition(" view of the chest was obtained.")[1] for one in words if one)


def test_each_film_is_encoded_once(base, tmp_path):
    course = DrawnCourse(tiny_plan(base), tmp_path)
    latents = course.latents(course.networks("cpu"), tmp_path / "features")
    films = course.films(latents.picture).films["train"]
    first = [latents.latent(one.source, one.film) for one in films]
    kept = course.latents(course.networks("cpu"), tmp_path / "features")
    again = [kept.latent(one.source, one.film) for one in films]

    assert latents.encoder_calls == len(films)
    assert kept.encoder_calls == 0, "what lies on the disk is not used"
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))


@pytest.fixture(scope="module")
def run(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the adapter that has ended."""
    folder = tmp_path_factory.mktemp("run")
    write_plan(folder / "plan.json", tiny_plan(base, evaluate_every=0, steps=6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inference.training.loop.legs.be_humble", lambda: None)
        assert run_legs(folder, DrawnCourse) == DONE
    return folder


def test_a_run_keeps_the_moving_average_and_wipes_its_latents(run, base):
    learner = learner_of(read_plan(run / "plan.json"), run)
    kept = load_file(run / "adapter" / "adapter_model.safetensors")
    newest = max((run / "checkpoints").iterdir())
    checkpoint = load_file(newest / "weights.safetensors")

    assert kept.keys() == learner.learns.keys()
    assert all(torch.equal(kept[name], checkpoint[f"average.{name}"]) for name in kept)
    assert any(not torch.equal(kept[name], checkpoint[f"weight.{name}"]) for name in kept)
    assert not (run / "features").exists()


def test_no_log_line_has_a_word_of_a_report(run):
    text = (run / "log.jsonl").read_text() + (run / "state.json").read_text()

    assert "effusion" not in text.lower() and "lobe" not in text.lower()


@pytest.mark.parametrize("way", ["adapter", "full", "lora"])
def test_the_written_folder_draws_as_the_learner_did(base, tmp_path, way):
    """LoRA's factors are in the U-Net's own weights then; float16 rounds."""
    learner = one_step(tiny_plan(base, way), tmp_path).eval()
    (tmp_path / "adapter").mkdir()
    for _ in range(3):
        learner.after_step()
    learner.save_adapter(tmp_path / "adapter")
    fresh = trained_learner(learner_of(tiny_plan(base, way), tmp_path), tmp_path)
    latents, levels = torch.ones(1, 4, 8, 8), torch.tensor([500])
    with torch.no_grad():
        expected = fresh.networks.predict(latents, levels, fresh.networks.encode_text(["Small effusion."]))
    write_folder(fresh, base, tmp_path / "folder")
    about = json.loads((base / "manifest.json").read_text())
    del about["files"], about["schema_version"]
    write_manifest(tmp_path / "folder", about)
    written = load_networks(open_pack(tmp_path / "folder"))
    with torch.no_grad():
        said = written.predict(latents, levels, written.encode_text(["Small effusion."]))

    assert (written.control is not None) == (way == "adapter")
    torch.testing.assert_close(said, expected, atol=5e-3, rtol=5e-3)


def test_an_edited_plan_that_can_not_be_run_is_refused_by_the_fields_name(base, tmp_path):
    plan = tiny_plan(base)
    for broken, words in (
        (replace(plan, phases=(replace(plan.phases[0], parts=("control", "unet")),)), "parts"),
        (replace(plan, synthesis=replace(plan.synthesis, ema=1.5)), "synthesis.ema"),
        (replace(plan, synthesis=None), "phases"),
    ):
        write_plan(tmp_path / "plan.json", broken)
        with pytest.raises(Exception, match=words):
            read_plan(tmp_path / "plan.json")


def test_a_lora_on_a_pack_with_an_adapter_is_refused(tmp_path):
    pack = tiny_base(tmp_path / "pack", control="trained")
    with pytest.raises(PackRefused, match="adapter"):
        SynthesisCourse(tiny_plan(pack, "lora"), tmp_path).learner(0, None, "cpu")


def test_held_out_patients_are_never_drawn(base, tmp_path):
    course = DrawnCourse(tiny_plan(base), tmp_path, lambda: drawn_data(5, 4))
    order = course.material(0, course.learner(0, None, "cpu")).order

    assert {order.draw(at).patient for at in range(80)} == {f"patient of s{at}" for at in range(5)}
