"""A published adapter on its base: merged weights, pictures, logits and generated ids."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from parity.fixture_files import ROOT, arrays, assert_close, folders_with, read
from parity.own_runtime import read_and_say

from inference.models.checkpoint import read_checkpoint
from inference.models.m4cxr import load_m4cxr

FOLDERS = folders_with("adapter_model.safetensors", "cases.json")
FORMS = ("unmerged", "merged")  # how the published code ran it; ours always merges


def _base(folder):
    base = (ROOT / folder / read(f"{folder}/cases.json")["base"]).resolve()
    if not base.is_dir():
        pytest.skip(f"this fixture set has no {base.name}, the base of {folder}")
    return base


@cache
def _model(folder):
    return load_m4cxr(ROOT / folder, base=_base(folder))


def _cases():
    return [
        pytest.param(folder, case, form, id=f"{folder}-{case}-{form}")
        for folder in FOLDERS
        for case in read(f"{folder}/cases.json")["cases"]
        for form in FORMS
    ]


@pytest.mark.parametrize(("folder", "case", "form"), _cases())
def test_an_adapter_answers_as_the_published_code(folder, case, form, pixel_values):
    stored, base, model = arrays(f"{folder}/outputs.npz"), _base(folder).name, _model(folder)
    if f"{form}/{case}/logits_last8" not in stored:
        pytest.skip(f"the set has no {form} outputs of {case}")
    ids = torch.from_numpy(arrays(f"{base}/inputs.npz")[f"{case}/input_ids"])[None].long()
    pictures = pixel_values(base)[read(f"{base}/cases.json")[case]["images"]]
    expected = stored[f"{form}/{case}/generated_ids"].tolist()
    with torch.inference_mode():
        assert_close(model.logits(ids, pictures)[0, -8:], stored[f"{form}/{case}/logits_last8"])
    said, _, _ = read_and_say(
        model, ids, pictures if len(pictures) else None, len(expected), {model.config.eos_id}
    )
    assert said == expected


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_adapter_replaces_vision_model_and_abstractor(folder, pixel_values):
    stored, pictures = arrays(f"{folder}/outputs.npz"), pixel_values(_base(folder).name)
    if "merged/visual_features" not in stored:
        pytest.skip("the set stores no picture features of this adapter")
    with torch.inference_mode():
        assert_close(_model(folder).visual_features(pictures), stored["merged/visual_features"])
        assert_close(_model(folder).picture_tokens(pictures), stored["merged/abstractor_out"])


@pytest.mark.parametrize("folder", FOLDERS)
def test_low_rank_factors_are_merged_as_published(folder):
    tensors = read_checkpoint(ROOT / folder, dtype=torch.float32, base=_base(folder)).tensors
    merged = {
        name.removeprefix("merged_weight/"): values
        for name, values in arrays(f"{folder}/outputs.npz").items()
        if name.startswith("merged_weight/")
    }
    for name, values in merged.items():
        assert_close(tensors[name], values, 1e-6)
