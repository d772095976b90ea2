"""A pack that training writes brings its own self-test, and passes it."""

from __future__ import annotations

import json

import pytest
from tiny_pack import FIXTURES

from inference.engine.engine import M4cxrBackend
from inference.models.m4cxr import M4cxrConfig, new_m4cxr
from inference.packs import trust
from inference.training.starter.write_pack import write_starter


@pytest.fixture
def model():
    config = M4cxrConfig.from_json(json.loads((FIXTURES / "small" / "config.json").read_text()))
    model = new_m4cxr(config, seed=3)
    model.language_model.lm_head.weight.data.mul_(60)  # clear first choices, without any learning
    return model


def test_a_trained_pack_is_asked_at_its_first_use_what_it_answered_when_it_was_written(model, tmp_path):
    tokenizer = (FIXTURES / "tokenizer" / "tokenizer.json").read_bytes()
    pack = write_starter(tmp_path / "pack", model, tokenizer, "9.9", {}, {}, (), "A card.")
    assert pack.manifest.self_test
    assert pack.manifest.precision == "float16"
    assert not trust.has_ever_passed(pack.sha256)
    assert M4cxrBackend(pack).info().version == "9.9"
    assert trust.has_ever_passed(pack.sha256)
