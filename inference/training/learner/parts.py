"""Which parameters learn: the plan's parts, as peft sees them.

Whole parts (vision, abstractor, language) are peft's `modules_to_save`: a copy learns, the original stays, so the base
is one switch away. The language model's projections get low-rank factors.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

from inference.errors import PackRefused
from inference.models.m4cxr import HEAD, M4cxr, may_be_missing
from inference.models.names import module_name
from inference.training.plan import LoraPlan, Part, PhasePlan, Storage

MODULES: Mapping[Part, str] = {
    "vision": "vision_model",
    "abstractor": "abstractor",
    "language": "language_model",
}
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
NO_FACTORS = "dummy-target-modules"
"""peft's word for an adapter of whole modules only."""


class WrongTargets(ValueError):
    """Low-rank factors would land outside the language model, or nowhere."""


def check_parts(phase: PhasePlan, storage: Storage) -> None:
    """Raise ValueError where the plan's parts can't learn together."""
    if not phase.parts:
        raise ValueError(f"Phase “{phase.name}” names no part that learns.")
    if ("lora" in phase.parts) != (phase.lora is not None):
        raise ValueError(f"Phase “{phase.name}”: the part “lora” and the settings `lora` belong together.")
    if "lora" in phase.parts and "language" in phase.parts:
        raise ValueError(f"Phase “{phase.name}”: the language model learns as a whole or by LoRA, not both.")
    if "language" in phase.parts and storage == "nf4":
        raise ValueError(f"Phase “{phase.name}”: 4-bit weights can't learn; use LoRA, or storage “full”.")


def target_pattern(lora: LoraPlan) -> str:
    """The published pattern of the modules that get factors: `.*language_model.*\\.(q_proj|v_proj)`.

    Raises:
        WrongTargets: A projection that the language model does not have.
    """
    unknown = [name for name in lora.projections if name not in PROJECTIONS]
    if unknown or not lora.projections:
        raise WrongTargets(
            f"LoRA on {', '.join(unknown) or 'nothing'}: known projections are {', '.join(PROJECTIONS)}."
        )
    return rf".*language_model.*\.({'|'.join(lora.projections)})"


def check_targets(names: Iterable[str], pattern: str | Iterable[str]) -> None:
    """Look beforehand where peft would put factors.

    The vision encoder of transformers 5 has `q_proj` and `v_proj` too: a bare list of those names would train it by
    accident, and the run would look alive.

    Args:
        names: Of all modules of the model, without wrappers.
        pattern: peft's `target_modules`: a pattern for the whole name, or ends of names.

    Raises:
        WrongTargets: A module outside the language model would be hit, or none at all.
    """
    hit = [name for name in names if _is_target(name, pattern)]
    stray = [name for name in hit if not name.startswith("language_model.")]
    if stray:
        raise WrongTargets(
            f"These targets hit {len(stray)} modules outside the language model, {stray[0]} for instance; "
            f"start the pattern with “.*language_model.*”."
        )
    if not hit:
        raise WrongTargets("These targets hit no module of the model.")


def _is_target(name: str, pattern: str | Iterable[str]) -> bool:
    if isinstance(pattern, str):
        return re.fullmatch(pattern, name) is not None
    return any(name == end or name.endswith(f".{end}") for end in pattern)


def put_adapter(model: M4cxr, parts: Iterable[Part], lora: LoraPlan | None) -> Any:
    """peft's wrapper around the base. Draws the factors from torch's generator.

    Raises:
        WrongTargets: See `check_targets`.
    """
    with contextlib.suppress(PackRefused):  # peft imports bitsandbytes where it is: not without its filter
        import inference.models.quiet_bitsandbytes  # noqa: F401
    from peft import LoraConfig, get_peft_model  # takes seconds

    pattern = NO_FACTORS if lora is None else target_pattern(lora)
    if lora is not None:
        check_targets((name for name, _ in model.named_modules()), pattern)
    lora = lora or LoraPlan()
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=pattern,
        modules_to_save=[MODULES[part] for part in sorted(set(parts)) if part in MODULES] or None,
    )
    wrapped = get_peft_model(model, config)
    _check_landing(model)
    return wrapped


def _check_landing(model: nn.Module) -> None:
    """The same as `check_targets`, held against what peft did."""
    stray = [
        name for name, _ in model.named_parameters() if ".lora_" in name and "language_model" not in name
    ]
    if stray:
        raise WrongTargets(f"peft put factors outside the language model: {stray[0]}.")


def own_parameters(model: M4cxr) -> dict[str, nn.Parameter]:
    """All that may differ from the base, by our modules' names; factors end in `.lora_A.weight`, `.lora_B.weight`."""
    own: dict[str, nn.Parameter] = {}
    for live, parameter in model.named_parameters():
        name = module_name(live)
        if name is not None and ("modules_to_save." in live or ".lora_" in live):
            own[name] = parameter
    return own


def never_read(model: M4cxr) -> frozenset[str]:
    """Parameters in every checkpoint that no computation reads, so no gradient ever comes: mask token, final norm."""
    return may_be_missing(model.config) - {HEAD}


def part_of(name: str) -> Part:
    """The part that a parameter of `own_parameters` belongs to."""
    if ".lora_" in name:
        return "lora"
    module = name.partition(".")[0]
    return next(part for part, one in MODULES.items() if one == module)
