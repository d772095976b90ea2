"""The model as it is trained against the published code: LoRA on its base, losses, gradients."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from parity.fixture_files import LOSS_ATOL, ROOT, arrays, assert_close, folders_with, read
from parity.plain_greedy import plain_greedy
from parity.training.learner_kit import phase

from inference.models.m4cxr import load_m4cxr
from inference.models.names import module_name
from inference.training.learner.batch import Batch
from inference.training.learner.learner import Learner
from inference.training.learner.parts import own_parameters

ADAPTERS = folders_with("adapter_model.safetensors", "cases.json")
MODELS = folders_with("batches.json", "batches.npz", "model.safetensors")


@pytest.fixture(scope="module", params=ADAPTERS)
def adapted(request):
    """The published adapter's folder, its base's name, and the model that would go on learning from it."""
    folder = request.param
    base = (ROOT / folder / read(f"{folder}/cases.json")["base"]).resolve()
    if not base.is_dir():
        pytest.skip(f"this fixture set has no {base.name}, the base of {folder}")
    learner = Learner(load_m4cxr(base), phase("vision", "abstractor", "lora"), begin=ROOT / folder)
    return folder, base.name, learner


def _case(folder, base, case, pixel_values):
    ids = torch.from_numpy(arrays(f"{base}/inputs.npz")[f"{case}/input_ids"])[None].long()
    return ids, pixel_values(base)[read(f"{base}/cases.json")[case]["images"]]


def test_a_published_adapter_in_the_training_model_answers_as_published(adapted, pixel_values):
    folder, base, learner = adapted
    stored = arrays(f"{folder}/outputs.npz")
    for case in read(f"{folder}/cases.json")["cases"]:
        ids, pictures = _case(folder, base, case, pixel_values)
        expected = stored[f"unmerged/{case}/generated_ids"].tolist()
        with learner.judged():
            logits = learner.core.logits(ids, pictures)[0, -8:]
            said, _ = plain_greedy(learner.core, ids, pictures, len(expected), {learner.core.config.eos_id})
        for form in ("unmerged", "merged"):
            assert_close(logits, stored[f"{form}/{case}/logits_last8"])
        assert said == [expected]


def test_a_published_adapter_has_as_many_weights_as_published(adapted):
    folder, _, learner = adapted
    told = read(f"{folder}/cases.json").get("trainable_parameter_count")
    if told is None:
        pytest.skip("the set does not say how many")
    assert sum(one.numel() for one in own_parameters(learner.core).values()) == told


def test_without_its_adapter_the_training_model_is_its_base_to_the_bit(adapted, pixel_values):
    folder, base, learner = adapted
    plain, case = load_m4cxr(ROOT / base), read(f"{folder}/cases.json")["cases"][0]
    ids, pictures = _case(folder, base, case, pixel_values)
    learns = set(learner.learns)
    with learner.judged(), learner.without_adapter():
        logits = learner.core.logits(ids, pictures)

    assert torch.equal(logits, plain.logits(ids, pictures))
    assert set(learner.learns) == learns


@pytest.fixture(params=MODELS)
def published(request, pixel_values):
    """What is told about a training batch, and the batch."""
    folder = request.param
    told, stored = read(f"{folder}/batches.json").get("train"), arrays(f"{folder}/batches.npz")
    if told is None:
        pytest.skip(f"{folder}/batches.json has no train")
    order = [picture for sample in told["samples"] for picture in sample["images"]]
    batch = Batch(
        torch.from_numpy(stored["train/input_ids"]).long(),
        torch.from_numpy(stored["train/labels"]).long(),
        torch.ones(len(told["samples"])),
        pixel_values(folder)[order],
        "pixels",
    )
    return folder, told, batch


def test_training_losses_are_the_published_ones_batched_and_alone(published, pixel_values):
    folder, told, batch = published
    learner = Learner(load_m4cxr(ROOT / folder), phase("abstractor"))
    with learner.judged():
        assert_close(learner(batch) / batch.weight, told["loss_batch"], LOSS_ATOL)
        for row, sample in enumerate(told["samples"]):
            at = slice(row, row + 1)
            alone = replace(
                batch,
                ids=batch.ids[at],
                labels=batch.labels[at],
                weights=batch.weights[at],
                pictures=pixel_values(folder)[sample["images"]] if sample["images"] else None,
            )
            assert_close(learner(alone) / alone.weight, told["loss_single"][row], LOSS_ATOL)


@pytest.mark.parametrize("saves_memory", [False, True])
def test_gradients_are_the_published_ones(published, saves_memory):
    folder, told, batch = published
    settings = phase("vision", "abstractor", "language", gradient_checkpointing=saves_memory)
    learner = Learner(load_m4cxr(ROOT / folder), settings)
    (learner(batch) / batch.weight).backward()
    own = own_parameters(learner.core)

    for prefix, expected in told["grad_norm_by_module"].items():
        norms = [
            one.grad.norm() for name, one in own.items() if name.startswith(prefix) and one.grad is not None
        ]
        assert torch.stack(norms).norm().item() == pytest.approx(expected, rel=1e-4)
    for name, expected in told["grad_norm_by_parameter"].items():
        assert own[module_name(name)].grad.norm().item() == pytest.approx(expected, rel=1e-4)
    without = {name for name, one in own.items() if one.grad is None}
    assert without == {module_name(name) for name in told["parameters_without_gradient"]}
