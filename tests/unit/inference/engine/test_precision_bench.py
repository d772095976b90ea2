"""The benchmark's own arithmetic, on a tiny model: float32 beside int8 and NF4, each in what computes it."""

from __future__ import annotations

import pytest

from inference.bench.precision_child import WAYS, measured
from inference.precision import PRECISIONS


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """float32's logits, as the first measurement leaves them."""
    path = tmp_path_factory.mktemp("bench") / "logits.safetensors"
    exact = measured("torch float32", "tiny", path)
    assert "kl" not in exact
    return path


@pytest.mark.parametrize("way", ["torch float32", "ONNX Runtime int8", "bitsandbytes nf4"])
def test_every_way_is_measured_beside_the_same_float32(reference, way):
    told = measured(way, "tiny", reference)
    assert told["precision"] == WAYS[way]
    assert told["decode_per_s"] > 0
    assert told["share_of_bandwidth"] >= 0
    assert told["kl"] < (1e-9 if way == "torch float32" else 1e-3)


def test_every_precision_but_half_floats_of_a_gpu_has_a_way():
    assert set(PRECISIONS) - set(WAYS.values()) == {"float16"}
