"""Repositories that look like the published one, with random weights of a tiny model, in any layout. For tests only."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tiny_pack import FIXTURES
from torch import Tensor

from inference.models.m4cxr import M4cxrConfig, new_m4cxr, save_m4cxr
from inference.models.names import module_name

Rename = Callable[[str], str]
Layout = Callable[[Path, Mapping[str, Tensor]], Path | None]
"""Writes tensors with the published names into a folder; returns the base's folder where the folder is an adapter."""

ATTENTION = re.compile(r"language_model\.model\.layers\.\d+\.self_attn\.(q|v)_proj\.weight")
RANK, ALPHA = 4, 16


def tiny_tensors(folder: Path, seed: int = 0, **sizes: object) -> dict[str, Tensor]:
    """Published names and random weights; `folder` gets `config.json`, `tokenizer.json` and what a repository has."""
    told = json.loads((FIXTURES / "small" / "config.json").read_text())
    told["text_config"] |= sizes
    model = new_m4cxr(M4cxrConfig.from_json(told), seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
        model.language_model.get_input_embeddings().weight.mul_(4)  # a tied head too has clear first choices
        model.language_model.lm_head.weight.mul_(8)
    folder.mkdir(parents=True, exist_ok=True)
    save_m4cxr(model, folder)
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    (folder / "config.json").write_text(
        json.dumps(told)
    )  # with all that the published one has beside the sizes
    shutil.copyfile(FIXTURES / "tokenizer" / "tokenizer.json", folder / "tokenizer.json")
    (folder / "generation_config.json").write_text('{"do_sample": true}')
    (folder / "modeling_m4cxr.py").write_text("raise SystemExit('code of a repository was run')")
    return tensors


def single(rename: Rename = str) -> Layout:
    """One file."""

    def write(folder: Path, tensors: Mapping[str, Tensor]) -> None:
        save_file(
            {rename(name): tensor.clone() for name, tensor in tensors.items()}, folder / "model.safetensors"
        )

    return write


def sharded(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Three files and their index."""
    shard_of = {name: f"model-{i % 3 + 1:05}-of-00003.safetensors" for i, name in enumerate(tensors)}
    for shard in sorted(set(shard_of.values())):
        save_file({n: tensors[n].clone() for n, s in shard_of.items() if s == shard}, folder / shard)
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": 1}, "weight_map": shard_of})
    )


def adapter(folder: Path, tensors: Mapping[str, Tensor]) -> Path:
    """LoRA on q and v, whole copies of vision and abstractor, as PEFT writes them; the base lies in another folder."""
    base = folder.parent / "base"
    base.mkdir()
    shutil.copyfile(folder / "config.json", base / "config.json")
    (folder / "config.json").unlink()
    before = {n: t + 1 if _is_replaced(n) else t for n, t in tensors.items()}
    single()(base, before)
    changed = _factors(tensors) | {n: t for n, t in tensors.items() if _is_replaced(n)}
    save_file(
        {f"base_model.model.{n}": t.clone() for n, t in changed.items()}, folder / "adapter_model.safetensors"
    )
    _write_settings(folder)
    return base


def live_adapter(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """The state dict of a PEFT model at work, in one file."""
    live: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        layer, _, last = name.rpartition(".")
        part, _, rest = name.partition(".")
        if ATTENTION.fullmatch(name):
            live[f"{layer}.base_layer.{last}"] = tensor
        elif _is_replaced(name):
            live[f"{part}.original_module.{rest}"] = tensor + 1
            live[f"{part}.modules_to_save.default.{rest}"] = tensor
        else:
            live[name] = tensor
    for name, factor in _factors(tensors).items():
        live[re.sub(r"\.(lora_[AB])\.", r".\1.default.", name)] = factor
    save_file({f"base_model.model.{n}": t.clone() for n, t in live.items()}, folder / "model.safetensors")
    _write_settings(folder)


def without_needless(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Without what no computation reads."""
    single()(
        folder,
        {n: t for n, t in tensors.items() if "mask_token" not in n and "vision_model.layernorm" not in n},
    )


def with_needless(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """With tables that are computed, not learnt."""
    tables = {
        "language_model.model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4),
        "vision_model.embeddings.position_ids": torch.arange(4),
    }
    single()(folder, {**tensors, **tables})


def old_config(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """The config of the code that the published one descends from."""
    told = json.loads((folder / "config.json").read_text())
    projector = told.pop("projector_config")
    told["num_query_tokens"] = projector.pop("num_query_tokens")
    (folder / "config.json").write_text(json.dumps({**told, "visual_projector_config": projector}))
    single()(folder, tensors)


def in_bfloat16(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """As a stand-alone evaluation of the published code casts it."""
    single()(folder, {name: tensor.bfloat16() for name, tensor in tensors.items()})


LAYOUTS: Mapping[str, Layout] = {
    "one file": single(),
    "shards": sharded,
    "base and adapter": adapter,
    "live adapter": live_adapter,
    "wrapped": single(lambda name: f"module.model.{name}"),
    "other names of the parts": single(
        lambda n: n.replace("abstractor.", "visual_projector.", 1).replace(
            "vision_model.", "vision_tower.dinov2.", 1
        )
    ),
    "names of transformers 5": single(lambda name: str(module_name(name))),
    "language model without its inner level": single(
        lambda n: n.replace("language_model.model.", "language_model.")
    ),
    "without needless tensors": without_needless,
    "with needless tensors": with_needless,
    "old config": old_config,
    "bfloat16": in_bfloat16,
}


ADAPTER_LAYOUTS = ("base and adapter", "live adapter")


def _is_replaced(name: str) -> bool:
    return name.startswith(("vision_model.", "abstractor."))


def _factors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(5)
    factors = {}
    for name in filter(ATTENTION.fullmatch, tensors):
        rows, columns = tensors[name].shape
        layer = name.removesuffix(".weight")
        factors[f"{layer}.lora_A.weight"] = torch.randn(RANK, columns, generator=generator)
        factors[f"{layer}.lora_B.weight"] = torch.randn(rows, RANK, generator=generator) * 0.1
    return factors


def _write_settings(folder: Path) -> None:
    settings = {"r": RANK, "lora_alpha": ALPHA, "peft_type": "LORA", "base_model_name_or_path": ""}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
