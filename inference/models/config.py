"""The sizes of an M4CXR model, read from and written to the `config.json` of a checkpoint.

Sizes of the language model stand in `text_config`; `lm_config` holds names only. `image_mean`/`image_std` of
`vision_config` are CLIP's defaults, were never used on the pictures, and are not read here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from inference.errors import PackRefused
from inference.models.abstractor import AbstractorConfig
from inference.models.efficientnet import STRIDE, feature_width

EncoderType = Literal["dinov2", "openai.clip", "efficientnet_lite"]

# What must be stated, because a wrong guess would not show in the shapes, and what may be left out.
_VISION_NEEDED = ("hidden_size", "num_hidden_layers", "num_attention_heads", "image_size", "patch_size")
_DINOV2_OPTIONAL: dict[str, Any] = {
    "mlp_ratio": 4,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-6,
    "num_channels": 3,
    "qkv_bias": True,
    "layerscale_value": 1.0,
    "drop_path_rate": 0.0,
    "use_swiglu_ffn": False,
}
_CLIP_OPTIONAL: dict[str, Any] = {
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
    "num_channels": 3,
    "attention_dropout": 0.0,
    "initializer_range": 0.02,
    "initializer_factor": 1.0,
}
_LITE_NEEDED = ("hidden_size", "image_size", "patch_size", "width", "depth")
_LITE_OPTIONAL: dict[str, Any] = {"num_channels": 3}
_VISION: dict[EncoderType, tuple[tuple[str, ...], Mapping[str, Any]]] = {
    "dinov2": (_VISION_NEEDED, _DINOV2_OPTIONAL),
    "openai.clip": ((*_VISION_NEEDED, "intermediate_size"), _CLIP_OPTIONAL),
    "efficientnet_lite": (_LITE_NEEDED, _LITE_OPTIONAL),
}
_LANGUAGE_NEEDED = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "rms_norm_eps",
    "rope_theta",
)
_LANGUAGE_OPTIONAL: dict[str, Any] = {
    "head_dim": None,
    "hidden_act": "silu",
    "max_position_embeddings": 32768,
    "initializer_range": 0.02,
    "sliding_window": None,
    "attention_dropout": 0.0,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


@dataclass(frozen=True, slots=True)
class M4cxrConfig:
    """Everything that fixes the shapes and the arithmetic of one model.

    `vision` and `language` hold the arguments of transformers' Dinov2Config or CLIPVisionConfig and MistralConfig;
    for `efficientnet_lite`, `vision` holds what `inference.models.efficientnet` reads.
    """

    encoder_type: EncoderType
    vision: Mapping[str, Any]
    abstractor: AbstractorConfig
    language: Mapping[str, Any]

    @property
    def image_side(self) -> int:
        """Side of the square input picture in pixels."""
        return int(self.vision["image_size"])

    @property
    def grid_side(self) -> int:
        """Patches along one side."""
        return self.image_side // int(self.vision["patch_size"])

    @property
    def image_tokens(self) -> int:
        """Token positions that one picture takes in the prompt."""
        return self.abstractor.num_query_tokens

    @property
    def ties_embeddings(self) -> bool:
        return bool(self.language["tie_word_embeddings"])

    @property
    def bos_id(self) -> int:
        return int(self.language["bos_token_id"])

    @property
    def eos_id(self) -> int:
        return int(self.language["eos_token_id"])

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> M4cxrConfig:
        """Read a checkpoint's config in the layout of the published code or of the older one it descends from.

        Raises:
            PackRefused: A part or a needed size is missing, or a setting is one that this code does not compute.
        """
        vision = _part(config, "vision_config")
        projector = _part(config, "projector_config", "visual_projector_config")
        language = dict(_part(config, "text_config"))
        language.setdefault("rope_theta", (language.get("rope_parameters") or {}).get("rope_theta"))
        encoder_type = _encoder_type(vision)
        abstractor = _abstractor(projector, config)
        needed, optional = _VISION[encoder_type]
        read = cls(
            encoder_type,
            _pick("vision_config", vision, needed, optional),
            abstractor,
            _pick("text_config", language, _LANGUAGE_NEEDED, _LANGUAGE_OPTIONAL),
        )
        _check_widths(read)
        return read

    def to_json(self) -> dict[str, Any]:
        """The config in the published layout; `from_json` reads it back equal."""
        return {
            "architectures": ["MllmForConditionalGeneration"],
            "vision_config": {"encoder_type": self.encoder_type, **self.vision},
            "projector_config": {
                "projector_type": "c-abs",
                "feature_layer_index": -1,
                "prenorm": False,
                "num_eos_tokens": 0,
                **asdict(self.abstractor),
            },
            "text_config": {"model_type": "mistral", **self.language},
        }


def _part(config: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        if isinstance(config.get(name), Mapping):
            return config[name]  # type: ignore[no-any-return]  # checked in the line above
    raise PackRefused(
        f"config.json has no “{names[0]}”, which holds sizes this model can't be built without."
    )


def _pick(
    part: str, source: Mapping[str, Any], needed: tuple[str, ...], optional: Mapping[str, Any]
) -> dict[str, Any]:
    missing = [name for name in needed if source.get(name) is None]
    if missing:
        raise PackRefused(f"config.json does not say {', '.join(missing)} in “{part}”.")
    return {name: source[name] for name in needed} | {
        name: source.get(name, default) for name, default in optional.items()
    }


def _encoder_type(vision: Mapping[str, Any]) -> EncoderType:
    named = str(vision.get("encoder_type") or vision.get("model_type") or "")
    if named in _VISION:
        return named
    if named in ("clip_vision_model", "clip"):
        return "openai.clip"
    raise PackRefused(f"Vision encoder “{named}” is not known; known are {', '.join(_VISION)}.")


def _abstractor(projector: Mapping[str, Any], config: Mapping[str, Any]) -> AbstractorConfig:
    """The abstractor's sizes. Old configs put `num_query_tokens` at the top."""
    _refuse_unknown_settings(projector)
    sizes = {
        **projector,
        "num_query_tokens": projector.get("num_query_tokens", config.get("num_query_tokens")),
    }
    needed = ("encoder_hidden_size", "hidden_size", "output_hidden_size", "num_query_tokens")
    picked = _pick("projector_config", sizes, needed, {"depth": 3, "mlp_depth": 2, "pos_emb": True})
    try:
        return AbstractorConfig(**picked)
    except ValueError as error:
        raise PackRefused(f"config.json, “projector_config”: {error}.") from error


def _refuse_unknown_settings(projector: Mapping[str, Any]) -> None:
    computed: dict[str, tuple[Any, ...]] = {
        "projector_type": ("c-abs", None),
        "feature_layer_index": (-1, None),
        "prenorm": (False, None),
        "num_eos_tokens": (0, None),
    }
    for name, values in computed.items():
        if projector.get(name) not in values:
            raise PackRefused(
                f"config.json asks for {name} = {projector[name]!r}; this program computes {values[0]!r} only."
            )


def _check_widths(config: M4cxrConfig) -> None:
    if config.image_side % int(config.vision["patch_size"]):
        raise PackRefused("config.json: image_size is no multiple of patch_size.")
    if config.encoder_type == "efficientnet_lite":
        _check_lite(config)
    if config.abstractor.encoder_hidden_size != config.vision["hidden_size"]:
        raise PackRefused("config.json: the abstractor's input is not as wide as the vision encoder.")
    if config.abstractor.output_hidden_size != config.language["hidden_size"]:
        raise PackRefused("config.json: the abstractor's output is not as wide as the language model.")
    if math.isqrt(config.abstractor.num_query_tokens) > config.grid_side:
        raise PackRefused("config.json: more picture tokens than patches.")


def _check_lite(config: M4cxrConfig) -> None:
    vision = config.vision
    if vision["patch_size"] != STRIDE or config.image_side % (2 * STRIDE):
        raise PackRefused(
            f"config.json: this encoder's patch_size is {STRIDE}, and its image_size a multiple of {2 * STRIDE}."
        )
    if vision["hidden_size"] != feature_width(float(vision["width"]), float(vision["depth"])):
        raise PackRefused("config.json: hidden_size is not what width and depth make of this encoder.")
