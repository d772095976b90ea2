"""LoRA on a 4-bit base. Nothing is assumed of the machine: what is held to account are gradients and losses.

On a CPU with AVX512-BF16, bitsandbytes repacks a weight at the first forward pass without gradients, for a kernel that
has no backward. From then on its LoRA gradients are None, without any error.
"""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from parity.training.learner_kit import films, phase, plan, sample, step
from safetensors.torch import load_file, save_file
from tiny_pack import ABOUT, make_tiny_pack

pytest.importorskip("bitsandbytes", reason="there is none for this platform")

from bitsandbytes.functional import has_avx512bf16

from inference.errors import PackRefused
from inference.models.m4cxr import load_m4cxr
from inference.models.quantised import config_note, quantise_tensor
from inference.packs import open_pack, write_manifest
from inference.training.checkpoint import DeadGradient
from inference.training.learner import Collator, Weights, check_gradients, load_learner
from inference.training.learner.base import four_bit_layers, has_served
from inference.training.learner.learner import Learner

TALKS = [sample(0), sample(1, "No."), sample(2), sample(3, "No.")]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


def serve(model, batch) -> None:
    """One answer, as a backend gives it."""
    with torch.inference_mode():
        model.eval().hidden(model.embed(batch.ids.clamp(min=0)))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_it_learns_with_live_gradients_after_another_object_has_served(pack, precision):
    learner = load_learner(plan(pack, storage="nf4", precision=precision), phase("abstractor", "lora"))
    batch = Collator(learner, [films()])(TALKS)
    serve(load_m4cxr(pack, scheme="nf4"), batch)
    optimizer, weights = torch.optim.AdamW(learner.parameter_groups()), Weights(learner)
    assert list(four_bit_layers(learner))

    losses = [step(learner, optimizer, batch)]
    for number in range(1, 15):
        losses.append(step(learner, optimizer, batch))
        assert check_gradients(learner, number + 1)
        with learner.judged():  # validation in between is a forward pass without gradients
            learner(batch)

    assert losses[-1] < 0.2 * losses[0]
    weights.check_moved()


@pytest.mark.filterwarnings(
    "ignore:bitsandbytes..gemv_4bit"
)  # torch's word for the same trouble, on the first such pass
def test_the_alarm_rings_where_an_object_is_trained_that_served(pack):
    learner = load_learner(plan(pack, storage="nf4"), phase("lora"))
    batch = Collator(learner, [films()])(TALKS)
    for layer in four_bit_layers(learner):
        if layer.in_features % 64 == 0:  # its kernel takes no other
            layer.support_avx512bf16_for_cpu = has_avx512bf16()  # as the package has it
    serve(learner.core, batch)
    learner.train()
    losses = learner(batch)
    is_dead = not losses.requires_grad
    if not is_dead:
        losses.backward()
        is_dead = any(one.grad is None for one in learner.learns.values())

    assert is_dead == has_served(learner)  # only some processors have what it takes
    if is_dead:
        with pytest.raises(DeadGradient, match="used before"):
            check_gradients(learner, 1)
    else:
        check_gradients(learner, 1)


def test_an_object_that_served_is_not_taken_for_training(pack):
    served = load_m4cxr(pack, scheme="nf4")
    serve(served, Collator(load_learner(plan(pack), phase("lora")), [films()])(TALKS))
    if not has_served(served):
        state = next(four_bit_layers(served)).weight.quant_state
        state.packing_format_for_cpu = True  # what the package notes on a processor that has what it takes
    with pytest.raises(PackRefused, match="has served"):
        Learner(served, phase("lora"), pack=open_pack(pack))


def test_the_base_is_quantised_twice_over_and_its_head_is_not(pack):
    learner = load_learner(plan(pack, storage="nf4"), phase("lora"))
    layers = list(four_bit_layers(learner))
    assert len(layers) == 7 * learner.core.config.language["num_hidden_layers"]
    assert all(layer.weight.quant_state.nested for layer in layers)
    assert learner.core.language_model.lm_head.weight.dtype == torch.float32


def test_lora_on_a_pack_that_lies_rounded_on_the_disk_is_refused_before_the_first_step(pack, tmp_path):
    """Its adapter could not be merged afterwards. The abstractor alone may learn on it."""
    rounded = tmp_path / "rounded"
    shutil.copytree(pack, rounded)
    tensors: dict[str, torch.Tensor] = {}
    for name, tensor in load_file(pack / "model.safetensors").items():
        tensors |= quantise_tensor(name, tensor, "nf4")
    save_file(tensors, rounded / "model.safetensors")
    config = json.loads((pack / "config.json").read_text())
    (rounded / "config.json").write_text(json.dumps(config | config_note("nf4")))
    write_manifest(rounded, ABOUT | {"quantisation": {"scheme": "nf4", "settings": {}}})

    with pytest.raises(PackRefused, match="rounded on the disk"):
        load_learner(plan(rounded), phase("abstractor", "lora"))
    assert load_learner(plan(rounded), phase("abstractor")).learns
