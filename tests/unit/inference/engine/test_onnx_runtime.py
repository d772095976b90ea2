"""ONNX Runtime computes what torch computes: every way of reading on, in floats and in 8 bit."""

from __future__ import annotations

import pytest
import torch
from tiny_pack import make_tiny_pack

from inference.engine.onnx_runtime import OnnxLanguageModel
from inference.engine.torch_runtime import TorchLanguageModel
from inference.errors import PackRefused
from inference.models.checkpoint import read_checkpoint
from inference.models.m4cxr import load_m4cxr
from inference.models.mistral_onnx import build_session
from inference.models.onnx_graph import Sizes
from inference.models.quantised import dequantised, is_projection, quantise_tensor

WIDTH = 64


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture(scope="module")
def model(pack):
    return load_m4cxr(pack)


@pytest.fixture(scope="module")
def torch_runtime(model):
    return TorchLanguageModel(model.language_model)


def onnx_runtime(pack, scheme=None, accuracy_level=4):
    checkpoint = read_checkpoint(pack, dtype=torch.float32)
    tensors = language_tensors(checkpoint.tensors, scheme)
    embedding = tensors.pop("language_model.model.embed_tokens.weight")
    session = build_session(checkpoint.config, tensors, threads=1, accuracy_level=accuracy_level)
    assert not tensors, "every weight is used, and none is kept twice"
    return OnnxLanguageModel(session, Sizes.of(checkpoint.config), embedding, scheme or "float32")


def language_tensors(tensors, scheme):
    language = {}
    for name, tensor in tensors.items():
        if name.startswith("language_model."):
            language |= quantise_tensor(name, tensor, scheme) if scheme else {name: tensor}
    return language


@pytest.fixture(scope="module")
def in_floats(pack):
    return onnx_runtime(pack)


def rows(seed, *shape):
    return torch.randn(*shape, WIDTH, generator=torch.Generator().manual_seed(seed))


def one_row(runtime):
    """A prompt, more of it, two ways on from there, and a way back."""
    memory = runtime.new_memory()
    yield runtime.read(rows(0, 1, 20), memory)
    yield runtime.read(rows(1, 1, 3), memory)
    fork = memory.fork()
    yield runtime.read(rows(2, 1, 1), fork)
    yield runtime.read(rows(3, 1, 2), memory)
    yield runtime.read(rows(4, 1, 1), fork)
    memory.cut(7)
    yield runtime.read(rows(5, 1, 4), memory)


def side_by_side(runtime):
    """Rows of different lengths behind one beginning; some end, one goes on alone and back."""
    trunk = runtime.new_memory()
    yield runtime.read(rows(0, 1, 12), trunk)
    batch = trunk.repeated(3)
    yield runtime.read(rows(1, 3, 4), batch, [2, 4, 1])
    yield runtime.read(rows(2, 3, 2), batch, [1, 2, 1])
    yield runtime.read(rows(3, 3, 1), batch)
    left = batch.kept([2, 0])
    yield runtime.read(rows(4, 2, 1), left)
    last = left.kept([1])
    last.cut(14)
    yield runtime.read(rows(5, 1, 3), last)
    yield runtime.read(rows(6, 2, 2), last.repeated(2))
    yield runtime.read(rows(7, 1, 1), trunk)


def beginning_together(runtime):
    """Rows that have nothing in common."""
    batch = runtime.new_memory().repeated(2)
    yield runtime.read(rows(0, 2, 5), batch, [5, 3])
    yield runtime.read(rows(1, 2, 1), batch)


WAYS = (one_row, side_by_side, beginning_together)


@pytest.mark.parametrize("way", WAYS)
def test_onnx_runtime_answers_as_torch_does(torch_runtime, in_floats, way):
    for ours, theirs in zip(way(in_floats), way(torch_runtime), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)


def with_restored_weights(pack, scheme):
    """The model in torch with the weights that quantisation leaves."""
    model = load_m4cxr(pack)
    for name, module in model.named_modules():
        weight = f"{name}.weight"
        if is_projection(weight):
            parts = quantise_tensor(weight, module.weight, scheme)
            module.weight.data = dequantised(weight, parts, tuple(module.weight.shape))
    return TorchLanguageModel(model.language_model)


@pytest.fixture(scope="module", params=["int8", "int4"])
def scheme_and_torch(request, pack):
    return request.param, with_restored_weights(pack, request.param)


@pytest.mark.parametrize("way", WAYS)
def test_quantised_weights_are_computed_with_as_they_are_written(pack, scheme_and_torch, way):
    """Activations in float32 (accuracy level 1): what is left is the weights, which torch gets restored."""
    scheme, theirs = scheme_and_torch
    for ours, plain in zip(way(onnx_runtime(pack, scheme, 1)), way(theirs), strict=True):
        torch.testing.assert_close(ours, plain, rtol=0, atol=1e-3)


def test_greedy_tokens_are_those_of_torch_with_the_same_weights(pack, scheme_and_torch):
    scheme, theirs = scheme_and_torch
    assert said(onnx_runtime(pack, scheme, 1)) == said(theirs)


@pytest.mark.parametrize("way", WAYS)
def test_activations_in_8_bit_cost_little(pack, scheme_and_torch, way):
    scheme, theirs = scheme_and_torch
    for ours, plain in zip(way(onnx_runtime(pack, scheme)), way(theirs), strict=True):
        assert torch.cosine_similarity(ours, plain, dim=-1).min() > 0.99


def said(runtime, steps=12):
    memory, ids = runtime.new_memory(), []
    next_rows = rows(0, 1, 10)
    for _ in range(steps):
        ids.append(int(runtime.read(next_rows, memory)[0].argmax()))
        next_rows = runtime.embed(torch.tensor([[ids[-1]]]))
    return ids


def test_a_missing_projection_is_named(pack):
    checkpoint = read_checkpoint(pack, dtype=torch.float32)
    tensors = language_tensors(checkpoint.tensors, None)
    del tensors["language_model.model.layers.1.mlp.up_proj.weight"]
    with pytest.raises(PackRefused, match=r"layers\.1\.mlp\.up_proj"):
        build_session(checkpoint.config, tensors, threads=1)


def test_a_projection_of_another_size_is_refused_before_it_is_computed_with(pack):
    checkpoint = read_checkpoint(pack, dtype=torch.float32)
    tensors = language_tensors(checkpoint.tensors, "int8")
    name = "language_model.model.layers.0.mlp.up_proj.scale"
    tensors[name] = tensors[name][:-1]
    with pytest.raises(PackRefused, match=r"layers\.0\.mlp\.up_proj"):
        build_session(checkpoint.config, tensors, threads=1)
