"""Vision encoder and C-Abstractor against the published classes' outputs."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from parity.fixture_files import ROOT, arrays, assert_close, folders_with
from safetensors.torch import load_file, save_file

from inference.models.checkpoint import read_json
from inference.models.m4cxr import M4cxr, M4cxrConfig, load_m4cxr, new_m4cxr

FULL = folders_with("vision.npz", "inputs.npz", "model.safetensors")
VISION_ONLY = [name for name in folders_with("vision.npz", "model.safetensors") if name not in FULL]


@pytest.mark.parametrize("folder", FULL)
def test_a_full_models_pictures_become_the_published_tokens(folder, load, pixel_values):
    _check_vision(load(folder), pixel_values(folder), arrays(f"{folder}/vision.npz"))


@pytest.mark.parametrize("folder", VISION_ONLY)
def test_a_vision_part_alone_computes_the_published_tokens(folder, tmp_path):
    """These files hold no language model: a new one is put beside them, so that the usual loader is tested."""
    config = M4cxrConfig.from_json(read_json(ROOT / folder / "config.json"))
    language = {
        name: tensor.contiguous()
        for name, tensor in new_m4cxr(config, seed=0).state_dict().items()
        if name.startswith("language_model.")
    }
    save_file({**load_file(ROOT / folder / "model.safetensors"), **language}, tmp_path / "model.safetensors")
    shutil.copyfile(ROOT / folder / "config.json", tmp_path / "config.json")

    expected = arrays(f"{folder}/vision.npz")
    _check_vision(load_m4cxr(tmp_path), torch.from_numpy(expected["pixel_values"]), expected)


@pytest.mark.parametrize(
    "folder", [folder for folder in FULL if "pixel_values" in arrays(f"{folder}/inputs.npz")]
)
def test_stored_pixel_values_are_the_table_at_the_crop(folder, pixel_values):
    stored = arrays(f"{folder}/inputs.npz")["pixel_values"]
    assert torch.equal(pixel_values(folder), torch.from_numpy(stored))


@pytest.mark.parametrize("folder", FULL)
def test_the_position_embedding_is_not_added_in_place(folder, load, pixel_values):
    model = load(folder)
    with torch.inference_mode():
        features = model.visual_features(pixel_values(folder)[:1])
        before = features.clone()
        model.abstractor(features)
    assert torch.equal(features, before)


def test_config_files_come_back_as_they_were_written():
    for folder in folders_with("config.json"):
        config = M4cxrConfig.from_json(json.loads((ROOT / folder / "config.json").read_text()))
        assert M4cxrConfig.from_json(config.to_json()) == config


def _check_vision(model: M4cxr, pixels: torch.Tensor, expected: dict) -> None:
    with torch.inference_mode():
        output = model.vision_model(pixel_values=pixels, output_hidden_states=True)
        features = model.visual_features(pixels)
        stages = _stages(model, features)
    if "hidden_states" in expected:
        for actual, wanted in zip(output.hidden_states, expected["hidden_states"], strict=True):
            assert_close(actual, wanted)
    if "last_hidden_state_post_layernorm" in expected:
        assert_close(output.last_hidden_state, expected["last_hidden_state_post_layernorm"])
        normed = torch.from_numpy(expected["last_hidden_state_post_layernorm"])[:, 1:]
        assert (features - normed).abs().max() > 0.1, "the features must not pass the final layer norm"
    if "pooler_output" in expected:
        assert_close(output.pooler_output, expected["pooler_output"])
    assert_close(features, expected["visual_features"])
    for name, actual in stages.items():
        if f"abstractor_{name}" in expected:
            assert_close(actual, expected[f"abstractor_{name}"])
    with torch.inference_mode():
        assert_close(model.picture_tokens(pixels), expected["abstractor_out"])


def _stages(model: M4cxr, features: torch.Tensor) -> dict[str, torch.Tensor]:
    """The abstractor's grids after each of its three stages."""
    seen: dict[str, torch.Tensor] = {}
    hooks = [
        stage.register_forward_hook(lambda _, __, grid, name=f"net{i}": seen.__setitem__(name, grid))
        for i, stage in enumerate(model.abstractor.net)
    ]
    model.abstractor(features)
    for hook in hooks:
        hook.remove()
    return seen
