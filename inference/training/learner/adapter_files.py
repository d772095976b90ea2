"""An adapter on disk, in the layout that peft wrote for the published model (m4cxr.md §6).

adapter_config.json holds the published fields and no others, so that the peft of the published code reads it too;
`base_model_name_or_path` is the base pack's id, `revision` the SHA-256 of its manifest. adapter_model.safetensors has
factors under `base_model.model.…lora_A.weight` and complete copies of the parts that learnt as a whole, under the
names of the published checkpoints.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from inference.errors import PackRefused
from inference.models.checkpoint import ADAPTER_WEIGHTS, read_json
from inference.models.checkpoint_files import ADAPTER_CONFIG
from inference.models.config import EncoderType
from inference.models.names import module_name, published_name
from inference.training.learner.parts import MODULES, NO_FACTORS, part_of, target_pattern
from inference.training.plan import LoraPlan, Part

PREFIX = "base_model.model."
BASE_ID, BASE_SHA256 = "base_model_name_or_path", "revision"


def write_adapter(
    folder: Path,
    tensors: Mapping[str, Tensor],
    lora: LoraPlan | None,
    encoder_type: EncoderType,
    base: tuple[str, str],
) -> None:
    """Write both files, each in one rename; weights in float32.

    Args:
        folder: Made if needed.
        tensors: By our modules' names (`parts.own_parameters`).
        lora: The factors' settings; None without factors.
        encoder_type: Decides the vision encoder's published names.
        base: Id of the pack that it works on, and the SHA-256 of its manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named = {
        PREFIX + published_name(name, encoder_type): tensor.detach().to("cpu").float().contiguous()
        for name, tensor in tensors.items()
    }
    config = json.dumps(_config(set(map(part_of, tensors)), lora, base), indent=2) + "\n"
    about = {"format": "pt", "base": base[0], "base_sha256": base[1]}
    parts = (folder / f"{ADAPTER_WEIGHTS}.part", folder / f"{ADAPTER_CONFIG}.part")
    save_file(named, parts[0], metadata=about)
    parts[1].write_text(config, encoding="utf-8")
    os.replace(parts[0], folder / ADAPTER_WEIGHTS)  # noqa: PTH105  # atomic on every platform
    os.replace(parts[1], folder / ADAPTER_CONFIG)  # noqa: PTH105


def read_adapter(folder: Path, base_sha256: str | None = None) -> tuple[dict[str, Tensor], LoraPlan | None]:
    """Tensors by our modules' names, and the factors' settings.

    Args:
        folder: Holds both files, written here or by the published code.
        base_sha256: Of the base it is to be put on; not held against an adapter that names none.

    Raises:
        PackRefused: A file is missing or damaged, or it was made for another base.
    """
    told = read_json(folder / ADAPTER_CONFIG)
    if base_sha256 and told.get(BASE_SHA256) not in (None, base_sha256):
        raise PackRefused(
            f"The adapter in {folder} was made for a base with the SHA-256 {str(told[BASE_SHA256])[:12]}…; "
            f"this is {base_sha256[:12]}…."
        )
    try:
        read = load_file(folder / ADAPTER_WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise PackRefused(f"{folder / ADAPTER_WEIGHTS} can't be read: {error}.") from error
    tensors = {name: tensor for file_name, tensor in read.items() if (name := module_name(file_name))}
    has_factors = any(".lora_" in name for name in tensors)
    return tensors, _lora(told, folder) if has_factors else None


def _lora(told: Mapping[str, Any], folder: Path) -> LoraPlan:
    targets = told.get("target_modules")
    names = targets.rpartition("(")[2].rstrip(")").split("|") if isinstance(targets, str) else targets or ()
    plan = LoraPlan(
        int(told["r"]), float(told["lora_alpha"]), float(told.get("lora_dropout", 0)), tuple(names)
    )
    if isinstance(targets, str) and target_pattern(plan) != targets:
        raise PackRefused(f"{folder / ADAPTER_CONFIG}: the targets {targets!r} are not understood.")
    return plan


def _config(parts: set[Part], lora: LoraPlan | None, base: tuple[str, str]) -> dict[str, Any]:
    settings = lora or LoraPlan()
    return {
        "alpha_pattern": {},
        "auto_mapping": None,
        BASE_ID: base[0],
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "layers_pattern": None,
        "layers_to_transform": None,
        "lora_alpha": settings.alpha,
        "lora_dropout": settings.dropout,
        "modules_to_save": [MODULES[part] for part in sorted(parts) if part in MODULES] or None,
        "peft_type": "LORA",
        "r": settings.rank,
        "rank_pattern": {},
        BASE_SHA256: base[1],
        "target_modules": NO_FACTORS if lora is None else target_pattern(lora),
        "task_type": None,
        "use_dora": False,
        "use_rslora": False,
    }
