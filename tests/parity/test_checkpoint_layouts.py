"""One model in all the layouts a checkpoint may have; whatever does not fit is refused by name."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import torch
from parity.fixture_files import ROOT, arrays, folders_with, read
from safetensors.torch import load_file, save_file

from inference.errors import PackRefused
from inference.models.checkpoint import ADAPTER_CONFIG, ADAPTER_WEIGHTS, INDEX, WEIGHTS
from inference.models.m4cxr import M4cxr, M4cxrConfig, load_m4cxr, new_m4cxr, save_m4cxr
from inference.models.names import module_name, published_name

FULL = folders_with("cases.json", "model.safetensors", "config.json", "inputs.npz")
pytestmark = pytest.mark.skipif(not FULL, reason="this fixture set has no full model")
FOLDER = FULL[-1] if FULL else ""


@pytest.fixture(scope="module")
def original():
    return load_file(ROOT / FOLDER / WEIGHTS)


@pytest.fixture
def written(tmp_path):
    """Write tensors (and a config) as a checkpoint folder."""

    def write(tensors, config=None):
        shutil.copyfile(ROOT / FOLDER / "config.json", tmp_path / "config.json")
        if config is not None:
            (tmp_path / "config.json").write_text(json.dumps(config))
        save_file({name: tensor.clone() for name, tensor in tensors.items()}, tmp_path / WEIGHTS)
        return tmp_path

    return write


def _assert_same_model(model: M4cxr) -> None:
    expected = load_m4cxr(ROOT / FOLDER).state_dict()
    actual = model.state_dict()
    assert set(actual) == set(expected)
    for name, tensor in expected.items():
        assert torch.equal(actual[name], tensor), name


RENAMINGS = {
    "wrapped by data-parallel training": lambda n: f"module.{n}",
    "wrapped once more": lambda n: f"module.model.{n}",
    "as an adapter's base": lambda n: f"base_model.model.{n}",
    "old projector name": lambda n: n.replace("abstractor.", "visual_projector.", 1),
    "another projector name": lambda n: n.replace("abstractor.", "projector.", 1),
    "vision tower": lambda n: re.sub(r"^vision_model\.", "vision_tower.", n),
    "one more vision level": lambda n: re.sub(r"^vision_model\.", "vision_model.dinov2.", n),
    "another vision level": lambda n: re.sub(r"^vision_model\.", "visual_encoder.model.", n),
    "names of transformers 5": module_name,
    "language model without its inner level": lambda n: n.replace("language_model.model.", "language_model."),
    "head beside the language model": lambda n: n.replace("language_model.lm_head", "lm_head"),
    "replaced modules of a live adapter": lambda n: n.replace(
        "abstractor.", "abstractor.modules_to_save.default."
    ),
}


@pytest.mark.parametrize("renaming", RENAMINGS)
def test_a_renamed_checkpoint_is_the_same_model(renaming, original, written):
    rename = RENAMINGS[renaming]
    _assert_same_model(load_m4cxr(written({rename(name): tensor for name, tensor in original.items()})))


def test_shards_are_the_same_model(original, tmp_path):
    shutil.copyfile(ROOT / FOLDER / "config.json", tmp_path / "config.json")
    weight_map = {name: f"model-{i % 3 + 1:05}-of-00003.safetensors" for i, name in enumerate(original)}
    for shard in set(weight_map.values()):
        save_file({n: original[n].clone() for n, s in weight_map.items() if s == shard}, tmp_path / shard)
    (tmp_path / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    _assert_same_model(load_m4cxr(tmp_path))


def test_needless_tensors_may_be_there_or_not(original, written):
    needless = [n for n in original if n.endswith("mask_token") or n.startswith("vision_model.layernorm.")]
    tensors = {name: tensor for name, tensor in original.items() if name not in needless}
    tensors["language_model.model.rotary_emb.inv_freq"] = torch.ones(8)
    tensors["vision_model.embeddings.position_ids"] = torch.ones(1, 5)
    model = load_m4cxr(written(tensors))
    ids = torch.tensor([[1, 5, 9]])
    assert torch.equal(model.logits(ids), load_m4cxr(ROOT / FOLDER).logits(ids))


def test_half_precision_on_disk_is_float32_in_memory(original, written):
    model = load_m4cxr(written({name: tensor.half() for name, tensor in original.items()}))
    name = "language_model.lm_head.weight"
    assert model.dtype == torch.float32
    assert torch.equal(model.state_dict()[name], original[name].half().float())


def test_what_is_saved_loads_bit_equal_under_the_published_names(original, tmp_path):
    save_m4cxr(load_m4cxr(ROOT / FOLDER), tmp_path)
    assert set(load_file(tmp_path / WEIGHTS)) == set(original)
    _assert_same_model(load_m4cxr(tmp_path))


@pytest.mark.parametrize("encoder", ["dinov2", "openai.clip"])
def test_names_go_there_and_back(encoder):
    for folder in folders_with("model.safetensors", "config.json"):
        config = read(f"{folder}/config.json")
        if config["vision_config"]["encoder_type"] == encoder:
            for name in load_file(ROOT / folder / WEIGHTS):
                assert published_name(module_name(name), encoder) == name


def test_a_missing_a_surplus_and_a_misshapen_tensor_are_all_named(original, written):
    tensors = dict(original)
    del tensors["abstractor.readout.0.weight"]
    tensors["abstractor.surprise"] = torch.ones(1)
    tensors["language_model.lm_head.weight"] = torch.ones(3, 3)
    with pytest.raises(PackRefused) as caught:
        load_m4cxr(written(tensors))
    assert "1 missing: abstractor.readout.0.weight." in str(caught.value)
    assert "1 surplus: abstractor.surprise." in str(caught.value)
    assert "language_model.lm_head.weight is (3, 3) and should be" in str(caught.value)


def test_a_tensor_under_two_names_is_refused(original, written):
    name = "abstractor.readout.0.weight"
    with pytest.raises(PackRefused, match="a second time"):
        load_m4cxr(written({**original, f"module.{name}": original[name]}))


def test_a_pickle_checkpoint_is_not_even_looked_at(tmp_path):
    shutil.copyfile(ROOT / FOLDER / "config.json", tmp_path / "config.json")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(PackRefused, match=r"neither model\.safetensors nor"):
        load_m4cxr(tmp_path)


@pytest.mark.parametrize("shard", ["../model.safetensors", "/etc/model.safetensors", "model.bin"])
def test_an_index_that_points_elsewhere_is_refused(shard, tmp_path):
    shutil.copyfile(ROOT / FOLDER / "config.json", tmp_path / "config.json")
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"x": shard}}))
    with pytest.raises(PackRefused, match="no safetensors file beside it"):
        load_m4cxr(tmp_path)


def test_a_damaged_file_is_refused_by_name(written, original):
    folder = written(original)
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:5000])
    with pytest.raises(PackRefused, match=r"model\.safetensors can't be read"):
        load_m4cxr(folder)


@pytest.mark.parametrize(
    ("part", "change", "told"),
    [
        ("projector_config", {"prenorm": True}, "prenorm"),
        ("projector_config", {"num_eos_tokens": 2}, "num_eos_tokens"),
        ("projector_config", {"num_query_tokens": 8}, "square"),
        ("vision_config", {"encoder_type": "siglip"}, "siglip"),
        ("vision_config", {"num_attention_heads": None}, "num_attention_heads"),
        ("text_config", {"rope_theta": None}, "rope_theta"),
        ("text_config", {"hidden_size": 32}, "as wide as"),
    ],
)
def test_a_config_that_would_be_computed_wrongly_is_refused(part, change, told):
    config = read(f"{FOLDER}/config.json")
    config[part] = {**config[part], **change}
    with pytest.raises(PackRefused, match=told):
        M4cxrConfig.from_json(config)


def test_the_older_config_layout_is_understood():
    config = read(f"{FOLDER}/config.json")
    expected = M4cxrConfig.from_json(config)
    projector = dict(config.pop("projector_config"))
    config["num_query_tokens"] = projector.pop("num_query_tokens")
    assert M4cxrConfig.from_json({**config, "visual_projector_config": projector}) == expected


def test_a_tied_head_is_neither_needed_nor_written(tmp_path):
    config = read(f"{FOLDER}/config.json")
    config["text_config"] = {**config["text_config"], "tie_word_embeddings": True}
    model = new_m4cxr(M4cxrConfig.from_json(config), seed=1)
    save_m4cxr(model, tmp_path)
    assert "language_model.lm_head.weight" not in load_file(tmp_path / WEIGHTS)
    loaded = load_m4cxr(tmp_path)
    ids = torch.tensor([[1, 5, 9]])
    assert torch.equal(loaded.logits(ids), model.eval().logits(ids))


def test_the_same_seed_gives_the_same_new_model():
    config = M4cxrConfig.from_json(read(f"{FOLDER}/config.json"))
    first, second, other = (new_m4cxr(config, seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["abstractor.readout.0.weight"], other["abstractor.readout.0.weight"])


def test_the_number_of_pictures_must_fit_the_prompt(load):
    model = load(FOLDER)
    ids = torch.from_numpy(
        arrays(f"{FOLDER}/inputs.npz")[f"{next(iter(read(f'{FOLDER}/cases.json')))}/input_ids"]
    )
    with pytest.raises(ValueError, match="picture positions"):
        model.embed(ids[None].long(), None)


# ── adapters ────────────────────────────────────────────────────────────────────────────────────────────────────

ADAPTERS = folders_with(ADAPTER_WEIGHTS, ADAPTER_CONFIG, "cases.json")
needs_an_adapter = pytest.mark.skipif(
    not ADAPTERS or not folders_with("model.safetensors"), reason="this fixture set has no adapter"
)


def _adapter():
    folder = ROOT / ADAPTERS[0]
    base = (folder / read(f"{ADAPTERS[0]}/cases.json")["base"]).resolve()
    if not base.is_dir():
        pytest.skip("this fixture set has no base for its adapter")
    return folder, base


@needs_an_adapter
def test_base_and_adapter_in_one_folder(tmp_path):
    folder, base = _adapter()
    for source, name in (
        (base, "config.json"),
        (base, WEIGHTS),
        (folder, ADAPTER_WEIGHTS),
        (folder, ADAPTER_CONFIG),
    ):
        shutil.copyfile(source / name, tmp_path / name)
    together, apart = load_m4cxr(tmp_path).state_dict(), load_m4cxr(folder, base=base).state_dict()
    assert all(torch.equal(together[name], apart[name]) for name in apart)


@needs_an_adapter
def test_an_adapter_still_in_its_live_form_in_one_file(tmp_path):
    """Base layers, factors and both copies of the replaced modules, as a live state dict names them."""
    folder, base = _adapter()
    adapter, tensors = load_file(folder / ADAPTER_WEIGHTS), {}
    factored = {
        name.split(".lora_")[0].removeprefix("base_model.model.") for name in adapter if ".lora_" in name
    }
    for name, tensor in load_file(base / WEIGHTS).items():
        layer, _, last = name.rpartition(".")
        if layer in factored:
            tensors[f"base_model.model.{layer}.base_layer.{last}"] = tensor
        elif name.startswith("language_model."):
            tensors[f"base_model.model.{name}"] = tensor
        else:
            part, _, rest = name.partition(".")
            tensors[f"base_model.model.{part}.original_module.{rest}"] = tensor
    for name, tensor in adapter.items():
        live = re.sub(r"\.(lora_[AB])\.", r".\1.default.", name)
        live = re.sub(r"\.(vision_model|abstractor)\.", r".\1.modules_to_save.default.", live, count=1)
        tensors[live] = tensor
    shutil.copyfile(base / "config.json", tmp_path / "config.json")
    shutil.copyfile(folder / ADAPTER_CONFIG, tmp_path / ADAPTER_CONFIG)
    save_file(tensors, tmp_path / WEIGHTS)

    live, apart = load_m4cxr(tmp_path).state_dict(), load_m4cxr(folder, base=base).state_dict()
    assert all(torch.equal(live[name], apart[name]) for name in apart)


@needs_an_adapter
def test_an_adapter_without_its_base_says_so():
    with pytest.raises(PackRefused, match="base model"):
        load_m4cxr(_adapter()[0])


@needs_an_adapter
@pytest.mark.parametrize(
    "change", [{"use_dora": True}, {"r": 16}, {"lora_alpha": None}, {"alpha_pattern": {"q": 3}}]
)
def test_an_adapter_that_would_be_merged_wrongly_is_refused(change, tmp_path):
    folder, base = _adapter()
    shutil.copyfile(folder / ADAPTER_WEIGHTS, tmp_path / ADAPTER_WEIGHTS)
    settings = json.loads((folder / ADAPTER_CONFIG).read_text())
    (tmp_path / ADAPTER_CONFIG).write_text(json.dumps({**settings, **change}))
    with pytest.raises(PackRefused, match=r"adapter_config\.json"):
        load_m4cxr(tmp_path, base=base)
