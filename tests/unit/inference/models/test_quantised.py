"""Quantised weights on disk and in bitsandbytes' modules: what is written is what is computed with."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_pack import make_tiny_pack
from torch import nn

from inference.errors import PackRefused
from inference.models.checkpoint import CONFIG, WEIGHTS
from inference.models.m4cxr import load_m4cxr
from inference.models.names import module_name
from inference.models.quantised import (
    SCHEMES,
    check_parts,
    config_note,
    dequantised,
    is_part,
    is_projection,
    quantise_tensor,
    scheme_of,
)
from inference.models.quiet_bitsandbytes import nn as bnb

NAME = "language_model.model.layers.0.mlp.gate_proj.weight"
ALLOWED_ERROR = {"int8": 0.012, "nf4": 0.11, "int4": 0.11}  # of the weights' deviation, for normal weights


def normal_weight(rows=64, columns=128, seed=0):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)) * 0.02


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


def quantise_files(folder, target, scheme):
    """What a converter does: one tensor after the other."""
    target.mkdir()
    tensors = {}
    for file_name, tensor in load_file(folder / WEIGHTS).items():
        name = module_name(file_name)
        tensors |= quantise_tensor(name, tensor, scheme) if is_projection(name) else {file_name: tensor}
    save_file(tensors, target / WEIGHTS)
    config = json.loads((folder / CONFIG).read_text())
    (target / CONFIG).write_text(json.dumps({**config, **config_note(scheme)}))
    return target


def projections_of(model):
    return {n: m for n, m in model.named_modules() if is_projection(f"{n}.weight")}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_quantised_weight_stays_near_its_original(scheme):
    weight = normal_weight()

    parts = quantise_tensor(NAME, weight, scheme)

    check_parts(NAME, parts, (64, 128))
    restored = dequantised(NAME, parts, (64, 128))
    assert (restored - weight).square().mean().sqrt() < ALLOWED_ERROR[scheme] * weight.std()


@pytest.mark.parametrize("scheme", ["int8", "int4"])
def test_weights_that_lie_on_the_grid_come_back_exactly(scheme):
    top = 127 if scheme == "int8" else 8
    steps = torch.randint(-top, top, (64, 128), generator=torch.Generator().manual_seed(1)).float()
    steps[:, ::16] = -top
    weight = steps * 2.0**-9

    assert torch.equal(dequantised(NAME, quantise_tensor(NAME, weight, scheme), (64, 128)), weight)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_row_of_zeros_stays_zero(scheme):
    weight = normal_weight()
    weight[3] = 0

    restored = dequantised(NAME, quantise_tensor(NAME, weight, scheme), (64, 128))

    assert (restored[3] == 0).all()
    assert torch.isfinite(restored).all()


def test_nf4_is_bit_for_bit_what_bitsandbytes_makes_itself():
    weight = normal_weight(96, 128)
    theirs = bnb.Linear4bit(128, 96, bias=False, quant_type="nf4", compress_statistics=True)
    theirs.weight = bnb.Params4bit(weight.clone(), requires_grad=False, quant_type="nf4")
    state = theirs.to("cpu").state_dict(prefix=f"{NAME.removesuffix('weight')}")

    ours = quantise_tensor(NAME, weight, "nf4")

    assert ours.keys() == state.keys()
    assert all(torch.equal(ours[name], state[name]) for name in ours)


def test_int8_is_what_bitsandbytes_makes_itself():
    weight = normal_weight().half().float()  # bitsandbytes goes through float16
    theirs = bnb.Linear8bitLt(128, 64, bias=False, has_fp16_weights=False)
    theirs.weight = bnb.Int8Params(weight.clone(), requires_grad=False, has_fp16_weights=False)
    theirs = theirs.to("cpu")

    ours = quantise_tensor(NAME, weight, "int8")

    torch.testing.assert_close(ours[f"{NAME.removesuffix('weight')}scale"] * 127, theirs.weight.SCB)
    steps = ours[NAME].int() - 128
    assert (steps - theirs.weight.data.int()).abs().max() <= 1  # its product is rounded to float16 first


def test_only_the_seven_projections_of_each_layer_are_quantised(pack):
    names = [module_name(name) for name in load_file(pack / WEIGHTS)]

    chosen = [name for name in names if is_projection(name)]

    assert len(chosen) == 7 * 2
    assert all(".layers." in name and name.startswith("language_model.") for name in chosen)
    for untouched in ("language_model.lm_head.weight", "abstractor.readout.0.weight"):
        assert quantise_tensor(untouched, torch.ones(2, 2), "nf4").keys() == {untouched}


@pytest.mark.parametrize("scheme", ["int8", "nf4"])
def test_quantised_files_load_without_ever_making_full_size_weights(pack, tmp_path, monkeypatch, scheme):
    folder = quantise_files(pack, tmp_path / scheme, scheme)
    on_disk = load_file(folder / WEIGHTS)
    monkeypatch.setattr("inference.models.quantised.dequantised", None)
    monkeypatch.setattr(nn.Linear, "reset_parameters", refuse_real_weights)

    model = load_m4cxr(folder)

    for name, module in projections_of(model).items():
        assert isinstance(module, bnb.Linear8bitLt if scheme == "int8" else bnb.Linear4bit)
        weight = module.weight.data
        written = weight.view(torch.uint8) ^ 128 if scheme == "int8" else weight
        assert torch.equal(written, on_disk[f"{name}.weight"])
    assert not any(parameter.is_meta for parameter in model.parameters())


def refuse_real_weights(module):
    assert module.weight.is_meta


@pytest.mark.parametrize("scheme", ["int8", "nf4"])
def test_files_quantised_before_and_weights_quantised_at_load_give_the_same_answers(pack, tmp_path, scheme):
    rows = torch.randn(1, 9, 64, generator=torch.Generator().manual_seed(2))
    stored = load_m4cxr(quantise_files(pack, tmp_path / scheme, scheme))
    made = load_m4cxr(pack, scheme=scheme)
    full = load_m4cxr(pack)

    assert torch.equal(stored.hidden(rows), made.hidden(rows))
    likeness = torch.cosine_similarity(stored.hidden(rows), full.hidden(rows), dim=-1)
    assert likeness.min() > (0.99 if scheme == "int8" else 0.8)


@pytest.mark.parametrize("part", ["weight.absmax", "weight.quant_map", "weight.nested_absmax"])
def test_scales_of_another_size_are_refused_before_any_kernel_reads_them(pack, tmp_path, part):
    folder = quantise_files(pack, tmp_path / "nf4", "nf4")
    tensors = load_file(folder / WEIGHTS)
    name = f"language_model.model.layers.1.mlp.up_proj.{part}"
    save_file({**tensors, name: tensors[name][:-1].contiguous()}, folder / WEIGHTS)

    with pytest.raises(PackRefused, match=r"layers\.1\.mlp\.up_proj"):
        load_m4cxr(folder)


def test_an_nf4_description_of_another_matrix_is_refused():
    parts = quantise_tensor(NAME, normal_weight(64, 128), "nf4")
    with pytest.raises(PackRefused, match="64 x 256"):
        check_parts(NAME, parts, (64, 256))


@pytest.mark.parametrize("told", [None, {"scheme": "nf4"}, {"scheme": "gptq"}])
def test_a_config_that_names_another_quantisation_than_the_weights_is_refused(pack, tmp_path, told):
    folder = quantise_files(pack, tmp_path / "int8", "int8")
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, "quantization": told}))

    with pytest.raises(PackRefused, match="quantization"):
        load_m4cxr(folder)


def test_weights_that_are_not_finite_are_never_quantised():
    weight = normal_weight()
    weight[0, 0] = float("nan")
    with pytest.raises(PackRefused, match="finite"):
        quantise_tensor(NAME, weight, "int8")


def test_scales_are_told_apart_from_weights():
    assert not is_part(NAME)
    for scheme in SCHEMES:
        parts = quantise_tensor(NAME, normal_weight(), scheme)
        assert all(is_part(name) or name == NAME for name in parts)
        assert scheme_of(parts) == scheme
