"""What a model will need on a device, worked out before anything is loaded: an explicit ledger. Pure: no torch.

The largest precision wins that fits beside what else shall stay resident, with as much context as a reading can use;
what is then left goes to questions read side by side and to studies whose caches are kept. Numbers: backend.md §4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from inference.precision import BYTES_PER_WEIGHT, QUANTISED, Precision, precisions_for

if TYPE_CHECKING:
    from inference.models.sizes import PartSizes

GIB = 1 << 30
USABLE_SHARE = 0.92
"""Of all of a graphics card's memory; the screen, other programs and fragmentation take the rest."""
CUDA_CONTEXT = GIB // 2
CPU_PROGRAM = 700 << 20
"""Python, torch and ONNX Runtime themselves (measured: 0.6 to 0.7 GiB resident)."""
ALLOCATOR_SHARE = 0.01
CONTEXTS = (4096, 3072, 2048)
"""Tokens that are planned for, largest first: ten films fill the first, one study with its prior needs the last."""
ROWS = 13
ROW_TOKENS = 128  # of one question beside the prefix that all share
STUDIES_KEPT = 3
KEPT_TOKENS = 2048  # of a study that is kept
PREFILL_TOKENS, SMALL_PREFILL_TOKENS = 512, 128
VERY_SLOW_S = 120.0
"""A reading on a CPU that takes longer is only begun once somebody has said that they will wait."""

# Measured on two CPU cores with a 7 B model (environment.md): tokens per second read and written, seconds per film.
_READ_PER_S, _WRITTEN_PER_S, _MEASURED_WEIGHTS = 9.0, 3.7, 7.24e9
_FILM_S, _FILM_WEIGHTS = 1.72, 86.6e6
READING_TOKENS = (
    1300,
    450,
)  # read and written in a reading with a prior: prompt, list, report, boxes, impression


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a model shall run."""

    kind: Literal["cpu", "cuda"]
    title: str
    memory_bytes: int
    free_bytes: int  # now, with what our own model takes counted as free
    has_bfloat16: bool = True

    @property
    def budget_bytes(self) -> int:
        share = USABLE_SHARE * self.memory_bytes
        return int(min(share, self.free_bytes))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use besides the weights."""

    rows: int = ROWS  # questions read side by side
    studies: int = STUDIES_KEPT  # whose caches are kept
    prefill_tokens: int = PREFILL_TOKENS  # read at once

    def smaller(self) -> Limits | None:
        """What is tried once after running out of memory; None where nothing smaller is left."""
        smallest = Limits(1, 1, min(self.prefill_tokens, SMALL_PREFILL_TOKENS))
        return None if self == smallest else smallest


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the ledger."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be loaded and what it is expected to take at its peak."""

    device: str
    precision: Precision
    context_tokens: int
    limits: Limits
    parts: tuple[Part, ...]
    budget_bytes: int
    beside: tuple[str, ...] = ()  # other models that stay resident
    swapped: tuple[str, ...] = ()  # other models that have to go before this one is used
    reading_s: float | None = None  # expected, on a CPU

    @property
    def peak_bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    @property
    def fits(self) -> bool:
        return self.peak_bytes <= self.budget_bytes

    @property
    def is_very_slow(self) -> bool:
        """Nobody should wait so long without having been asked."""
        return self.reading_s is not None and self.reading_s > VERY_SLOW_S


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """What a loaded model takes, beside what was planned for it."""

    kind: Literal["cpu", "cuda"]
    plan: Plan
    used_bytes: (
        int  # of the whole process on a CPU, of our own allocations and the driver's on a graphics card
    )
    peak_bytes: int  # the most since it was loaded


@dataclass(frozen=True, slots=True)
class Companion:
    """Another model that is wanted beside this one, the image generator for instance."""

    name: str
    bytes: int


def make_plan(
    sizes: PartSizes,
    machine: Machine,
    *,
    companions: Sequence[Companion] = (),
    precisions: Sequence[Precision] | None = None,
) -> Plan:
    """The best plan that fits; where none does, the smallest one, whose `fits` says no.

    Args:
        companions: Stay resident where that leaves room for this model, else they are swapped.
        precisions: Which may be used, best first; None = those that the device computes well.

    Raises:
        ValueError: `precisions` is empty.
    """
    wanted = tuple(precisions or precisions_for(sizes.total, machine.kind, has_bfloat16=machine.has_bfloat16))
    smallest: Plan | None = None
    for beside in (tuple(companions), ()) if companions else ((),):
        for context in CONTEXTS:
            for precision in wanted:
                tried = _plan(sizes, machine, precision, context, beside, companions)
                if tried.fits:
                    return _filled(sizes, machine, tried)
                smallest = tried
    if smallest is None:
        raise ValueError("at least one precision must be allowed")
    return smallest


def _plan(
    sizes: PartSizes,
    machine: Machine,
    precision: Precision,
    context: int,
    beside: Sequence[Companion],
    companions: Sequence[Companion],
) -> Plan:
    limits = Limits(1, 1, PREFILL_TOKENS)
    context = min(context, sizes.context_tokens)
    parts = (
        *ledger(sizes, machine.kind, precision, context, limits),
        *(Part(one.name, one.bytes) for one in beside),
    )
    kept = tuple(one.name for one in beside)
    return Plan(
        machine.title,
        precision,
        context,
        limits,
        parts,
        machine.budget_bytes,
        kept,
        tuple(one.name for one in companions if one.name not in kept),
        reading_seconds(sizes) if machine.kind == "cpu" else None,
    )


def _filled(sizes: PartSizes, machine: Machine, plan: Plan) -> Plan:
    """Use what is left: first for questions side by side, then for studies that are kept."""
    best = plan
    beside = plan.parts[len(plan.parts) - len(plan.beside) :] if plan.beside else ()
    wishes = [Limits(rows, 1) for rows in (4, ROWS)]
    wishes += [Limits(ROWS, studies) for studies in range(2, STUDIES_KEPT + 1)]
    for limits in wishes:
        parts = (*ledger(sizes, machine.kind, plan.precision, plan.context_tokens, limits), *beside)
        larger = replace(plan, limits=limits, parts=parts)
        if not larger.fits:
            break
        best = larger
    return best


def ledger(
    sizes: PartSizes, kind: str, precision: Precision, context: int, limits: Limits
) -> tuple[Part, ...]:
    """What each part takes at the peak."""
    rest = (2.0 if kind == "cuda" else 4.0) if precision in QUANTISED else BYTES_PER_WEIGHT[precision]
    element = 2 if kind == "cuda" and precision != "float32" else 4
    language = round(sizes.projections * BYTES_PER_WEIGHT[precision] + sizes.language_rest * rest)
    vision = round((sizes.vision + sizes.abstractor) * rest)
    token = 2 * sizes.layers * sizes.kv_width * element
    spare = CUDA_CONTEXT + round(ALLOCATOR_SHARE * (language + vision)) if kind == "cuda" else CPU_PROGRAM
    return (
        Part("language model", language),
        Part("vision encoder and abstractor", vision),
        Part(f"context of {context} tokens", context * token),
        Part(f"{limits.rows} questions side by side", (limits.rows - 1) * ROW_TOKENS * token),
        Part(
            f"caches of {limits.studies - 1} more studies",
            (limits.studies - 1) * min(KEPT_TOKENS, context) * token,
        ),
        Part("working memory", _working(sizes, precision, element, limits)),
        Part("driver and allocator" if kind == "cuda" else "the program itself", spare),
    )


def _working(sizes: PartSizes, precision: Precision, element: int, limits: Limits) -> int:
    """The larger of reading a part of a prompt and looking at a film; they never happen at once."""
    reading = limits.prefill_tokens * (6 * sizes.width + 3 * sizes.mlp_width) * element
    if precision in QUANTISED:  # one projection at a time is unpacked
        reading += sizes.width * sizes.mlp_width * element
    hidden_states = 14 * sizes.vision_width + 3 * sizes.vision_mlp_width
    looking = sizes.patches * (hidden_states + 6 * sizes.abstractor_width) * element
    return max(reading, looking) + limits.rows * sizes.vocabulary * 4


def reading_seconds(sizes: PartSizes, films: int = 2) -> float:
    """About how long a reading takes on two CPU cores, from what a 7 B model took; more cores read prompts faster."""
    read, written = READING_TOKENS
    share = sizes.language / _MEASURED_WEIGHTS
    seconds = share * (read / _READ_PER_S + written / _WRITTEN_PER_S)
    return seconds + films * _FILM_S * sizes.vision / _FILM_WEIGHTS


def plan_in_words(plan: Plan) -> str:
    """For a terminal: one line for each part, and what follows from them."""
    width = max(len(part.name) for part in plan.parts)
    lines = [f"{plan.device}: {plan.precision}"]
    lines += [f"  {part.name:<{width}}  {part.bytes / GIB:6.2f} GiB" for part in plan.parts if part.bytes]
    lines.append(
        f"  {'expected peak':<{width}}  {plan.peak_bytes / GIB:6.2f} GiB of {plan.budget_bytes / GIB:.2f} GiB usable"
    )
    lines += [f"  {name} has to make room while this model is used." for name in plan.swapped]
    if not plan.fits:
        lines.append("  This does not fit.")
    if plan.reading_s is not None and plan.is_very_slow:
        lines.append(f"  Very slow: about {plan.reading_s / 60:.0f} minutes for one study on this processor.")
    return "\n".join(lines)
