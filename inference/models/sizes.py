"""How many weights each part of a model has, from its config alone: nothing is built and nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from inference.models.abstractor import SQUEEZE_RATIO, AbstractorConfig
from inference.models.config import M4cxrConfig
from inference.models.efficientnet import weight_count
from inference.precision import ModelSize


@dataclass(frozen=True, slots=True)
class PartSizes:
    """Weights by part (m4cxr.md §1.5), and the widths that working memory is computed from."""

    vision: int
    abstractor: int
    projections: int  # of the language model's layers: what can be quantised
    language_rest: int  # embeddings, norms, head
    layers: int
    width: int
    mlp_width: int
    vocabulary: int
    kv_width: int  # keys of one position in one layer
    context_tokens: int
    patches: int
    vision_width: int
    vision_mlp_width: int
    abstractor_width: int

    @property
    def language(self) -> int:
        return self.projections + self.language_rest

    @property
    def total(self) -> int:
        return self.vision + self.abstractor + self.language

    @property
    def as_model_size(self) -> ModelSize:
        return ModelSize(self.projections, self.total - self.projections)


def part_sizes(config: M4cxrConfig) -> PartSizes:
    """Count the weights of a model with this config."""
    language, vision = config.language, config.vision
    width, mlp = int(language["hidden_size"]), int(language["intermediate_size"])
    layers, heads = int(language["num_hidden_layers"]), int(language["num_attention_heads"])
    head = int(language["head_dim"] or width // heads)
    kv = int(language["num_key_value_heads"]) * head
    vocabulary = int(language["vocab_size"])
    embeddings = vocabulary * width * (1 if config.ties_embeddings else 2)
    return PartSizes(
        vision=_vision(config),
        abstractor=_abstractor(config.abstractor, config.grid_side**2),
        projections=layers * (width * (2 * heads * head + 2 * kv) + 3 * width * mlp),
        language_rest=embeddings + (2 * layers + 1) * width,
        layers=layers,
        width=width,
        mlp_width=mlp,
        vocabulary=vocabulary,
        kv_width=kv,
        context_tokens=int(language["max_position_embeddings"]),
        patches=config.grid_side**2 + 1,
        vision_width=int(vision["hidden_size"]),
        vision_mlp_width=_vision_mlp(config),
        abstractor_width=config.abstractor.hidden_size,
    )


def _vision(config: M4cxrConfig) -> int:
    match config.encoder_type:
        case "openai.clip":
            return _clip(config)
        case "efficientnet_lite":
            return weight_count(config.vision)
        case _:
            return _dinov2(config)


def _vision_mlp(config: M4cxrConfig) -> int:
    if (
        config.encoder_type == "efficientnet_lite"
    ):  # its widest grids have 36 times the places, and 96 channels
        return 36 * int(config.vision["hidden_size"])
    if config.encoder_type == "openai.clip":
        return int(config.vision["intermediate_size"])
    wide = int(config.vision["hidden_size"] * config.vision["mlp_ratio"])
    if config.vision["use_swiglu_ffn"]:
        return (int(wide * 2 / 3) + 7) // 8 * 8
    return wide


def _dinov2(config: M4cxrConfig) -> int:
    vision = config.vision
    width, mlp = int(vision["hidden_size"]), _vision_mlp(config)
    patch = int(vision["num_channels"]) * int(vision["patch_size"]) ** 2
    embeddings = (
        (patch + 1) * width + 2 * width + (config.grid_side**2 + 1) * width
    )  # patches, CLS, mask, places
    attention = 4 * width * width + width + (3 * width if vision["qkv_bias"] else 0)
    gated = 2 if vision["use_swiglu_ffn"] else 1
    block = 4 * width + attention + 2 * width + (gated + 1) * width * mlp + gated * mlp + width
    return int(embeddings + int(vision["num_hidden_layers"]) * block + 2 * width)


def _clip(config: M4cxrConfig) -> int:
    vision = config.vision
    width, mlp = int(vision["hidden_size"]), _vision_mlp(config)
    patch = int(vision["num_channels"]) * int(vision["patch_size"]) ** 2
    embeddings = (patch + 1) * width + (config.grid_side**2 + 1) * width  # patches without bias, CLS, places
    block = 4 * (width * width + width) + 2 * width * mlp + mlp + width + 4 * width
    return int(embeddings + int(vision["num_hidden_layers"]) * block + 4 * width)


def _abstractor(config: AbstractorConfig, patches: int) -> int:
    wide_in, wide, out = config.encoder_hidden_size, config.hidden_size, config.output_hidden_size
    places = patches * wide_in if config.pos_emb else 0
    first = _bottleneck(wide_in, wide) + (config.depth - 1) * _bottleneck(wide, wide)
    readout = wide * out + out + (config.mlp_depth - 1) * (out * out + out)
    return places + first + config.depth * _bottleneck(wide, wide) + readout


def _bottleneck(wide_in: int, wide: int) -> int:
    reduced = round(SQUEEZE_RATIO * wide_in)
    convolutions = wide_in * wide + 9 * wide + wide * wide + 3 * 2 * wide
    squeeze = wide * reduced + reduced + reduced * wide + wide
    shortcut = wide_in * wide + 2 * wide if wide_in != wide else 0
    return convolutions + squeeze + shortcut
