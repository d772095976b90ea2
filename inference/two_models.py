"""Where the reading model and the image generator stay on one device, worked out before anything is loaded. Pure.

On a graphics card both stay where the smallest plan of the reader leaves room for the generator; otherwise they take
turns, and whoever is not at work waits in main memory, which must have room for it. In main memory itself there is
nowhere to go: there both fit, or only the reader is loaded. Numbers: backend.md §4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from inference.plan import CUDA_CONTEXT, GIB, Companion, Machine, Plan, make_plan
from inference.precision import Precision

if TYPE_CHECKING:
    from inference.models.sizes import PartSizes

GENERATOR = "image generator"
MAPS_AT_ONCE = 8
"""Of full size with the first block's channels, while a latent is decoded: what the generator's peak is made of."""

Way = Literal["both stay", "take turns", "reader alone"]


@dataclass(frozen=True, slots=True)
class GeneratorSize:
    """What a generator takes, by its files."""

    name: str  # of the pack
    weights: int  # how many numbers
    halved: int  # of them, those that are held in 16 bit on a graphics card: U-Net and adapter
    rows: int  # of a film
    columns: int
    channels: int  # of the decoder's last block

    def bytes_on(self, kind: str) -> int:
        """Weights and working memory of one drawing; a request without and one with condition run side by side."""
        held = 4 * self.weights - (2 * self.halved if kind == "cuda" else 0)
        return held + MAPS_AT_ONCE * self.rows * self.columns * self.channels * 4


@dataclass(frozen=True, slots=True)
class Sharing:
    """The plan for both."""

    reader: Plan
    way: Way
    generator_bytes: int
    why: str = ""  # the generator is refused, in words
    remedy: str = ""
    can_take_turns: bool = False  # also where both stay: main memory has room for whoever waits

    @property
    def both_stay(self) -> bool:
        return self.way == "both stay"


def share(
    sizes: PartSizes,
    device: Machine,
    main: Machine,
    generator: GeneratorSize,
    precisions: Sequence[Precision] | None = None,
) -> Sharing:
    """How two models share a device.

    Args:
        sizes: Of the reading model.
        device: Where both compute.
        main: Main memory, where one of them waits for its turn; the same as `device` without a graphics card.
        precisions: Of the reading model, best first; None = those that the device computes well.
    """
    needed = generator.bytes_on(device.kind)
    plan = make_plan(sizes, device, companions=[Companion(GENERATOR, needed)], precisions=precisions)
    return shared(plan, device, main, generator)


def shared(plan: Plan, device: Machine, main: Machine, generator: GeneratorSize) -> Sharing:
    """The same for a reader whose plan was made with the generator as its companion."""
    needed = generator.bytes_on(device.kind)
    waiting = max(needed, sum(part.bytes for part in plan.parts[:2]))  # the weights of whoever is not at work
    has_room = device.kind == "cuda" and waiting <= main.budget_bytes
    if GENERATOR in plan.beside:
        return Sharing(plan, "both stay", needed, can_take_turns=has_room)
    if device.kind == "cpu":
        return _refused(plan, needed, generator, device, plan.peak_bytes + needed)
    kept = sum(part.bytes for part in plan.parts if part.name.startswith("context"))
    alone = needed + kept + CUDA_CONTEXT  # an interrupted reading leaves what it has read on the card
    if not plan.fits or alone > device.budget_bytes:
        return _refused(plan, needed, generator, device, max(alone, plan.peak_bytes))
    if not has_room:
        return _refused(plan, needed, generator, main, waiting)
    return Sharing(plan, "take turns", needed, can_take_turns=True)


def _refused(plan: Plan, needed: int, generator: GeneratorSize, where: Machine, wanted: int) -> Sharing:
    why = (
        f"There is no room for “{generator.name}” beside the reading model: {wanted / GIB:.1f} GiB would be needed "
        f"of {where.title}, {where.budget_bytes / GIB:.1f} GiB are usable."
    )
    remedy = (
        "Close other programs that use this memory, read with a smaller model or precision "
        "(`sidelight serve --precision nf4`), or install a smaller synthesis pack."
    )
    return Sharing(plan, "reader alone", needed, why, remedy)


def sharing_in_words(sharing: Sharing, name: str) -> str:
    """For a terminal, below the plan of the reader."""
    size = f"{sharing.generator_bytes / GIB:.2f} GiB"
    match sharing.way:
        case "both stay":
            return f"  Synthetic films: “{name}” ({size}) stays loaded beside it."
        case "take turns":
            return f"  Synthetic films: “{name}” ({size}) takes turns with it; whoever waits lies in main memory."
        case _:
            return f"  Synthetic films: not here. {sharing.why} {sharing.remedy}"
