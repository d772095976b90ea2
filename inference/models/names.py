"""Tensor names of checkpoints, whatever wrote them, to the names of our modules and back. Pure.

In memory, the vision model carries transformers 5's names (`attention.q_proj`, CLIP without a second
`vision_model.`); files are written with the names of the published checkpoints.
"""

from __future__ import annotations

import re

from inference.models.config import EncoderType

_PARTS = {
    "vision_model": "vision_model",
    "vision_tower": "vision_model",
    "visual_encoder": "vision_model",
    "abstractor": "abstractor",
    "projector": "abstractor",
    "visual_projector": "abstractor",
    "language_model": "language_model",
}
_WRAPPERS = ("base_model.model.", "module.", "model.")
_INNER_VISION_LEVELS = ("model.", "dinov2.", "vision_model.")
_NEVER_NEEDED = re.compile(r"(^|\.)(rotary_emb\.inv_freq|position_ids|original_module\..*)$")
_OLD_DINOV2 = {
    "attention.attention.query": "attention.q_proj",
    "attention.attention.key": "attention.k_proj",
    "attention.attention.value": "attention.v_proj",
    "attention.output.dense": "attention.o_proj",
}


def module_name(file_name: str) -> str | None:
    """Our module's name for a tensor's name in a file.

    Returns:
        The name; LoRA factors keep `.lora_A.weight` and `.lora_B.weight` behind the layer's name. None for
        tensors that are never needed (rope tables, position ids, the untrained copies of an adapter). A name that
        belongs to no known part comes back as it is, so that it shows up among the surplus ones.
    """
    if _NEVER_NEEDED.search(file_name):
        return None
    name = _unwrapped(file_name.replace("modules_to_save.default.", "").replace("base_layer.", ""))
    name = re.sub(r"\.(lora_[AB])\.default\.", r".\1.", name)
    if name.startswith("lm_head."):
        return f"language_model.{name}"
    head, _, rest = name.partition(".")
    match _PARTS.get(head):
        case "vision_model":
            return f"vision_model.{_vision_name(rest)}"
        case "language_model":
            return f"language_model.{_language_name(rest)}"
        case "abstractor":
            return f"abstractor.{rest}"
        case _:
            return file_name


def published_name(name: str, encoder_type: EncoderType) -> str:
    """The name of one of our tensors in a file with the published checkpoints' layout."""
    if not name.startswith("vision_model."):
        return name
    if encoder_type == "openai.clip":
        return f"vision_model.{name}"
    for old, new in _OLD_DINOV2.items():
        name = name.replace(f".{new}.", f".{old}.")
    return name


def _unwrapped(name: str) -> str:
    """Strip wrappers, but `model.` and the like only where a known part follows in the end."""
    stripped = name
    while not _starts_known(stripped):
        wrapper = next((w for w in _WRAPPERS if stripped.startswith(w)), None)
        if wrapper is None:
            return name
        stripped = stripped.removeprefix(wrapper)
    return stripped


def _starts_known(name: str) -> bool:
    return name.partition(".")[0] in {*_PARTS, "lm_head"}


def _vision_name(name: str) -> str:
    for level in _INNER_VISION_LEVELS:
        name = name.removeprefix(level)
    for old, new in _OLD_DINOV2.items():
        name = name.replace(f".{old}.", f".{new}.")
    return name


def _language_name(name: str) -> str:
    if name.startswith(("model.", "lm_head.")):
        return name
    return f"model.{name}"
