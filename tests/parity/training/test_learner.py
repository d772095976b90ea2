"""The learner: just the planned parts learn, what is saved is what was learnt, and a dead gradient is noticed."""

from __future__ import annotations

import json

import pytest
import torch
from parity.training.learner_kit import films, phase, plan, sample, step
from safetensors import safe_open
from tiny_pack import make_tiny_pack

from inference.errors import PackRefused
from inference.models.config import M4cxrConfig
from inference.models.m4cxr import load_m4cxr, new_m4cxr
from inference.packs import open_pack
from inference.training.checkpoint import DeadGradient
from inference.training.learner import (
    Batch,
    Collator,
    Learner,
    OtherParameters,
    StillWeights,
    Weights,
    check_gradients,
    check_planned,
    load_learner,
)
from inference.training.learner.adapter_files import write_adapter
from inference.training.learner.base import attention, set_attention
from inference.training.learner.parts import WrongTargets, check_targets, part_of
from inference.training.plan import LoraPlan

PARTS = [
    ("abstractor",),
    ("lora",),
    ("abstractor", "lora"),
    ("vision", "abstractor", "lora"),
    ("vision", "abstractor", "language"),
]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


def learner_of(pack, *parts, **changes):
    return load_learner(plan(pack), phase(*parts, **changes))


def optimizer_of(learner):
    return torch.optim.AdamW(learner.parameter_groups())


def trained(pack, *parts, steps=2, **changes):
    """A learner after a few steps, and a batch."""
    learner = learner_of(pack, *parts, **changes)
    batch = Collator(learner, [films()])([sample(0), sample(1, "No.")])
    optimizer = optimizer_of(learner)
    for _ in range(steps):
        step(learner, optimizer, batch)
    return learner, batch


@pytest.mark.parametrize("parts", PARTS)
def test_just_the_planned_parts_learn_and_all_of_each(pack, parts):
    learner = learner_of(pack, *parts)
    weights, optimizer = Weights(learner), optimizer_of(learner)
    batch = Collator(learner, [films()])([sample(0), sample(1, "No.")])

    assert {part_of(name) for name in check_planned(learner)} == set(parts)
    alive = []
    for number in range(3):
        optimizer.zero_grad()
        (learner(batch) / batch.weight).backward()
        alive.append(check_gradients(learner, number + 1))
        optimizer.step()
    assert alive == ["lora" not in parts, True, True]  # LoRA's A can only be judged once B has left zero
    weights.check_moved(3)


def test_the_same_plan_starts_from_the_same_weights(pack):
    first, second = learner_of(pack, "lora").state(), learner_of(pack, "lora").state()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any("lora_A" in name and tensor.any() for name, tensor in first.items())


@pytest.mark.parametrize("targets", [["q_proj", "v_proj"], r".*\.(q_proj|v_proj)"])
def test_targets_that_hit_the_vision_encoder_are_refused(pack, targets):
    names = [name for name, _ in load_m4cxr(pack).named_modules()]
    with pytest.raises(WrongTargets, match="vision_model"):
        check_targets(names, targets)
    check_targets(names, r".*language_model.*\.(q_proj|v_proj)")


@pytest.mark.parametrize("projections", [(), ("query",), ("lm_head",)])
def test_projections_that_the_language_model_lacks_are_refused(pack, projections):
    with pytest.raises(WrongTargets):
        learner_of(pack, "lora", lora=LoraPlan(projections=projections))


@pytest.mark.parametrize(
    ("parts", "changes", "storage"),
    [
        ((), {}, "full"),
        (("lora",), {"lora": None}, "full"),
        (("abstractor",), {"lora": LoraPlan()}, "full"),
        (("lora", "language"), {}, "full"),
        (("language",), {}, "nf4"),
    ],
)
def test_parts_that_can_not_learn_together_are_refused(pack, parts, changes, storage):
    with pytest.raises(ValueError, match="Phase"):
        load_learner(plan(pack, storage=storage), phase(*parts, **changes))


def test_a_pack_that_changed_since_the_plan_is_refused(pack):
    with pytest.raises(PackRefused, match="not the one"):
        load_learner(plan(pack, pack_sha256="0" * 64), phase("lora"))


def test_a_part_that_was_frozen_by_accident_stops_the_run(pack):
    learner, batch = trained(pack, "abstractor", "lora", steps=0)
    learner.core.abstractor.requires_grad_(False)
    with pytest.raises(OtherParameters, match="abstractor"):
        check_planned(learner)

    learner, batch = trained(pack, "abstractor", "lora", steps=0)
    learner.core.language_model.lm_head.weight.requires_grad_(True)
    with pytest.raises(OtherParameters, match="does not name"):
        check_planned(learner)
    learner(batch).backward()
    with pytest.raises(DeadGradient, match="should not learn"):
        check_gradients(learner, 1)


@pytest.mark.parametrize("spoil", [None, float("nan"), 0.0])
def test_a_gradient_that_is_missing_or_nought_or_no_number_stops_the_run(pack, spoil):
    learner, batch = trained(pack, "abstractor", "lora")
    learner.zero_grad()
    learner(batch).backward()
    name = next(name for name in learner.learns if name.endswith("lora_A.weight"))
    if spoil is None:
        learner.learns[name].grad = None
    else:
        learner.learns[name].grad.mul_(spoil)
    with pytest.raises(DeadGradient, match=name):
        check_gradients(learner, 3)


def test_a_step_without_pictures_proves_nothing_about_the_eyes(pack):
    learner = learner_of(pack, "vision", "abstractor", "language")
    collator = Collator(learner, [films()])
    learner(collator([sample(0, films=0)])).backward()
    assert all(one.grad is not None for one in learner.learns.values())  # another process would wait for it
    assert not check_gradients(learner, 1)

    learner.zero_grad()
    learner(collator([sample(0)])).backward()
    assert check_gradients(learner, 2)


def test_an_optimizer_of_other_weights_is_noticed(pack):
    learner, _ = trained(pack, "abstractor", "lora", steps=0)
    weights, other = Weights(learner), learner_of(pack, "abstractor", "lora")
    optimizer = optimizer_of(other)
    batch = Collator(learner, [films()])([sample(0)])
    for _ in range(2):
        step(learner, optimizer, batch)
    with pytest.raises(StillWeights, match="are what they were"):
        weights.check_moved()


@pytest.mark.parametrize(
    "parts", [("abstractor",), ("vision", "abstractor", "lora"), ("abstractor", "language")]
)
def test_a_saved_adapter_answers_merged_as_it_did_while_learning(pack, parts, tmp_path):
    learner, batch = trained(pack, *parts)
    learner.save_adapter(tmp_path)
    pixels = Collator(learner_of(pack, "vision"), [films()])([sample(0), sample(1, "No.")])
    with learner.judged():
        logits = learner.logits(batch)

    merged = load_m4cxr(tmp_path, base=pack)
    torch.testing.assert_close(merged.logits(batch.ids, pixels.pictures), logits, atol=1e-4, rtol=0)
    with learner.judged(), learner.without_adapter():
        base = learner.logits(pixels)
    assert torch.equal(base, load_m4cxr(pack).logits(batch.ids, pixels.pictures))
    assert not torch.allclose(base, logits, atol=1e-2)


def test_peft_itself_reads_a_saved_adapter(pack, tmp_path):
    from peft import PeftModel

    learner, batch = trained(pack, "abstractor", "lora")
    learner.save_adapter(tmp_path)
    with learner.judged():
        expected = learner.logits(batch)

    read = PeftModel.from_pretrained(load_m4cxr(pack), tmp_path).eval()
    core = read.get_base_model()
    with torch.no_grad():
        rows = core.abstractor(batch.pictures)
        logits = core.language_model.lm_head(core.hidden(core.embed(batch.ids, rows)))
    assert torch.equal(logits, expected)


def test_an_adapter_has_the_published_layout_and_names_its_base(pack, tmp_path):
    learner, _ = trained(pack, "vision", "abstractor", "lora")
    learner.save_adapter(tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    with safe_open(tmp_path / "adapter_model.safetensors", "pt") as file:
        names, about = set(file.keys()), file.metadata()

    sha256 = open_pack(pack).sha256
    assert (config["base_model_name_or_path"], config["revision"]) == ("tiny", sha256)
    assert about["base_sha256"] == sha256
    assert config["target_modules"] == r".*language_model.*\.(q_proj|v_proj)"
    assert config["modules_to_save"] == ["abstractor", "vision_model"]
    assert "base_model.model.language_model.model.layers.0.self_attn.q_proj.lora_A.weight" in names
    assert "base_model.model.vision_model.encoder.layer.0.attention.attention.query.weight" in names
    assert "base_model.model.vision_model.embeddings.mask_token" in names


def test_an_adapter_for_another_base_is_refused(pack, tmp_path):
    learner, _ = trained(pack, "lora", steps=1)
    learner.save_adapter(tmp_path / "adapter")
    other = make_tiny_pack(tmp_path / "other", seed=1)
    with pytest.raises(PackRefused, match="made for a base"):
        load_learner(plan(other), phase("lora"), begin=tmp_path / "adapter")


def test_the_second_phase_carries_on_what_the_first_one_learnt(pack, tmp_path):
    first, batch = trained(pack, "abstractor")
    first.save_adapter(tmp_path / "first")
    second = load_learner(plan(pack), phase("lora"), begin=tmp_path / "first")
    pixels = Collator(learner_of(pack, "vision"), [films()])([sample(0), sample(1, "No.")])

    with first.judged(), second.judged():
        assert torch.equal(first(batch), second(pixels))
    assert {part_of(name) for name in check_planned(second)} == {"lora"}
    second.save_adapter(tmp_path / "second")
    with safe_open(tmp_path / "second" / "adapter_model.safetensors", "pt") as file:
        assert any(".abstractor." in name for name in file.keys())  # noqa: SIM118  # no mapping


def test_a_state_is_taken_over_whole_or_refused(pack):
    learner, batch = trained(pack, "abstractor", "lora")
    state, other = learner.state(), learner_of(pack, "abstractor", "lora")
    other.load_state(state)
    with learner.judged(), other.judged():
        assert torch.equal(learner(batch), other(batch))
    state.popitem()
    with pytest.raises(PackRefused, match="do not fit"):
        other.load_state(state)


def test_weights_that_learn_are_float32_under_autocast(pack):
    learner = load_learner(plan(pack, precision="bfloat16"), phase("abstractor", "lora"))
    batch = Collator(learner, [films()])([sample(0)])
    learner(batch).backward()
    assert {one.dtype for one in learner.learns.values()} == {torch.float32}
    assert {one.grad.dtype for one in learner.learns.values()} == {torch.float32}
    assert batch.pictures.dtype == torch.bfloat16


def test_what_the_language_model_computes_in_half_precision_is_what_autocast_would(pack):
    """Frozen projections are kept in bfloat16: the numbers must not differ from float32 weights under autocast."""
    learner = load_learner(plan(pack, precision="bfloat16"), phase("lora"))
    whole = load_learner(plan(pack), phase("lora"))
    whole.precision = "bfloat16"
    set_attention(whole.core, attention("cpu", "bfloat16"))
    batch = Collator(learner, [films()])([sample(0)])
    with learner.judged(), whole.judged():
        assert torch.equal(learner(batch), whole(batch))
    language = learner.core.language_model
    assert language.lm_head.weight.dtype == torch.bfloat16
    assert language.get_input_embeddings().weight.dtype == torch.float32


def test_a_convolutional_encoder_learns_and_is_saved_as_any_other(tmp_path):
    config = M4cxrConfig.from_json(
        {
            "vision_config": {"encoder_type": "efficientnet_lite", "hidden_size": 432, "image_size": 64,
                              "patch_size": 16, "width": 1.0, "depth": 1.0},
            "projector_config": {"encoder_hidden_size": 432, "hidden_size": 16, "output_hidden_size": 32,
                                 "num_query_tokens": 4, "depth": 1},
            "text_config": {"vocab_size": 100, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1,
                            "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5,
                            "rope_theta": 10000.0},
        }
    )  # fmt: skip
    all_parts = phase("vision", "abstractor", "lora", gradient_checkpointing=True)
    ids = torch.tensor([[1, 5, -1, -1, -1, -1, 7, 9, 2]])
    labels = torch.where(torch.arange(9) > 6, ids, -100)
    pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    batch = Batch(ids, labels, torch.ones(1), pixels, "pixels")
    learner = Learner(new_m4cxr(config, 0), all_parts)
    optimizer = optimizer_of(learner)
    for number in range(3):
        optimizer.zero_grad()
        learner(batch).backward()
        is_alive = check_gradients(learner, number + 1)
        optimizer.step()
    assert is_alive

    write_adapter(tmp_path, learner.state(), learner.lora, config.encoder_type, ("base", "0"))
    again = Learner(new_m4cxr(config, 0), all_parts, begin=tmp_path)
    with learner.judged(), again.judged():
        assert torch.equal(again(batch), learner(batch))
