"""Which training a pack allows whose weights lie rounded (NF4, INT8, INT4) on the disk. Without torch."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from inference.errors import PackRefused

if TYPE_CHECKING:
    from inference.packs import Pack
    from inference.training.plan import Part

REMEDY = (
    "Install the pack in bfloat16 (`sidelight packs convert --precision bfloat16`) and plan on that one: where memory "
    "is short, the plan's storage nf4 rounds it while it is loaded, and the adapter fits the whole weights. Or let "
    "only other parts learn (`--parts abstractor`)."
)


def check_rounding(pack: Pack, parts: Collection[Part]) -> None:
    """See that these parts can learn on the weights as they are stored.

    Raises:
        PackRefused: The language model's projections lie rounded, and LoRA or the language model itself is to learn.
    """
    stored = pack.manifest.quantisation
    if stored is None or not {"lora", "language"} & set(parts):
        return
    why = (
        "what LoRA learnt on them could not be merged and read with afterwards"
        if "lora" in parts
        else "the language model can't learn on them"
    )
    refused = PackRefused(
        f"The weights of “{pack.manifest.id}” lie rounded on the disk ({stored.scheme}): {why}."
    )
    refused.remedy = REMEDY
    raise refused
