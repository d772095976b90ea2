"""Reads the networks of a diffusers folder: each from `config.json` and safetensors, held against each other strictly.

`from_pretrained` is not used: it falls back to pickles, asks the hub for what is missing and lets weights that no file
has be random.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from inference.errors import PackRefused
from inference.models.checkpoint import check_fit, read_json

DIFFUSERS_WEIGHTS, TRANSFORMERS_WEIGHTS = "diffusion_pytorch_model", "model"
VARIANTS = ("", ".fp16", ".bf16")
AUTOENCODERS = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}
_TEXT_SHAPES = (
    "attention_dropout",
    "hidden_act",
    "hidden_size",
    "intermediate_size",
    "layer_norm_eps",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "projection_dim",
    "vocab_size",
)
_TEXT_ENDS = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
"""Not looked at: the tokenizer says where a text ends. transformers warns of its own defaults in small vocabularies."""
_OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
_OLD_NAME = re.compile(r"(attentions\.\d+\.)(query|key|value|proj_attn)\.")


def weight_file(folder: Path) -> Path:
    """The safetensors file of one network's folder; full precision where there are several.

    Raises:
        PackRefused: There is none.
    """
    stem = TRANSFORMERS_WEIGHTS if folder.name == "text_encoder" else DIFFUSERS_WEIGHTS
    for variant in VARIANTS:
        path = folder / f"{stem}{variant}.safetensors"
        if path.is_file():
            return path
    raise PackRefused(f"{folder} has no {stem}.safetensors.")


def read_unet(folder: Path) -> UNet2DConditionModel:
    """In float32, on the CPU. Raises PackRefused if config and weights do not fit."""
    config = _config(folder, "UNet2DConditionModel")
    model = UNet2DConditionModel.from_config(config)
    _fill(model, _tensors(folder), folder)
    return model


def read_vae(folder: Path) -> nn.Module:
    """An AutoencoderKL or AutoencoderTiny, in float32, on the CPU. Raises PackRefused if it is none or does not fit."""
    config = _config(folder, *AUTOENCODERS)
    if config["_class_name"] == "AutoencoderTiny":
        config.pop("block_out_channels", None)  # written by it, and not understood by it
    model: nn.Module = AUTOENCODERS[config["_class_name"]].from_config(config)
    tensors = {_OLD_NAME.sub(_new_name, name): tensor for name, tensor in _tensors(folder).items()}
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    for name, tensor in tensors.items():  # old attention was a 1x1 convolution in some files
        if tensor.dim() == 4 and len(shapes.get(name, ())) == 2:
            tensors[name] = tensor[:, :, 0, 0]
    _fill(model, tensors, folder)
    return model


def read_text_encoder(folder: Path) -> nn.Module:
    """CLIP's text encoder, in float32, on the CPU. Raises PackRefused if config and weights do not fit."""
    told = read_json(folder / "config.json")
    shapes = {name: value for name, value in told.items() if name in _TEXT_SHAPES}
    config = CLIPTextConfig(**shapes, **_TEXT_ENDS)
    tensors = {
        name.removeprefix("text_model."): tensor
        for name, tensor in _tensors(folder).items()
        if not name.endswith("position_ids")  # 0, 1, 2, …: older files hold them
    }
    model: nn.Module = CLIPTextModel(config)
    _fill(model, tensors, folder)
    return model


def _config(folder: Path, *classes: str) -> dict[str, Any]:
    config = read_json(folder / "config.json")
    if config.get("_class_name") not in classes:
        raise PackRefused(
            f"{folder / 'config.json'} is of {config.get('_class_name')}; known are: {', '.join(classes)}."
        )
    return config


def _tensors(folder: Path) -> dict[str, Tensor]:
    path = weight_file(folder)
    try:
        return {name: tensor.to(torch.float32) for name, tensor in load_file(path).items()}
    except Exception as error:  # safetensors has an error class of its own
        raise PackRefused(f"{path} can't be read: {error}.") from error


def _fill(model: nn.Module, tensors: dict[str, Tensor], folder: Path) -> None:
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    try:
        check_fit({name: tuple(tensor.shape) for name, tensor in tensors.items()}, expected)
    except PackRefused as error:
        raise PackRefused(f"{folder}: {error}") from error
    model.load_state_dict(tensors, assign=True)


def _new_name(match: re.Match[str]) -> str:
    return f"{match[1]}{_OLD_ATTENTION[match[2]]}."
