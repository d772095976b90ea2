"""What a training run needs at its peak, worked out beforehand: an explicit ledger (backend.md §4). Pure: no torch.

Follows what `inference.training.learner` keeps: projections in the planned storage, everything else in float32; a part
that learns wholly is a copy beside the original, with a gradient and two moments; the head computes answers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.plan import CPU_PROGRAM, CUDA_CONTEXT, Part
from inference.precision import BYTES_PER_WEIGHT
from inference.training.plan import PhasePlan, Precision, Storage

if TYPE_CHECKING:
    from inference.models.sizes import PartSizes

LEARNING_BYTES = 16
"""Of a weight that learns: itself, its gradient, AdamW's two moments, in float32."""
ANSWER_SHARE = 0.4
"""Of a sample's words that are answers, at most: only those go through the head."""
FRAGMENTATION = 0.04
TRAINING_PROGRAM = 100 << 20
"""What peft, accelerate and the data take beside the program itself (measured: 1.15 GB with the starter)."""
PATCH_PIXELS = 196
MOST_KEPT = (1 << 30) + (512 << 20)
"""Features and squares of films that stay in main memory, as `inference.training.learner.pictures` limits them."""


@dataclass(frozen=True, slots=True)
class StepSize:
    """What goes through the model at once: one micro-batch."""

    samples: int
    length: int  # tokens of the longest
    films: int  # of all its samples


def training_ledger(
    sizes: PartSizes,
    kind: str,
    storage: Storage,
    precision: Precision,
    phase: PhasePlan,
    step: StepSize,
    films: int = 0,
) -> tuple[Part, ...]:
    """What each part takes at the peak of a step. `films` are all that the run looks at."""
    element = 2 if precision == "bfloat16" else 4
    learns = learning_weights(sizes, phase)
    tokens = step.samples * step.length
    fixed = _weights(sizes, storage, precision, learns_language="language" in phase.parts)
    working = _language_activations(sizes, phase, tokens, element) + _picture_activations(
        sizes, phase, step.films, element
    )
    working += round(ANSWER_SHARE * tokens) * sizes.vocabulary * (element + 8)  # logits, and their gradient
    if storage == "nf4":
        working += 2 * sizes.width * sizes.mlp_width * element  # one projection is unpacked at a time
    if kind == "cuda":
        spare = CUDA_CONTEXT + round(FRAGMENTATION * (fixed + working))
    else:
        spare = CPU_PROGRAM + TRAINING_PROGRAM + _kept(sizes, phase, films, element)
    return (
        Part("the model itself", fixed),
        Part("what learns, with its gradients and moments", learns * LEARNING_BYTES),
        Part(f"a step of {step.samples} x {step.length} tokens", working),
        Part(
            "driver and allocator" if kind == "cuda" else "the program itself, and films that it keeps", spare
        ),
    )


def _kept(sizes: PartSizes, phase: PhasePlan, films: int, element: int) -> int:
    features = 0 if "vision" in phase.parts or phase.augment else sizes.vision_width * element
    return min(MOST_KEPT, films * sizes.patches * (PATCH_PIXELS + features))


def learning_weights(sizes: PartSizes, phase: PhasePlan) -> int:
    """How many weights learn in a phase."""
    whole = {"abstractor": sizes.abstractor, "vision": sizes.vision, "language": sizes.language}
    count = sum(whole[part] for part in phase.parts if part != "lora")
    if phase.lora is not None:
        count += sizes.layers * sum(phase.lora.rank * _sides(sizes, name) for name in phase.lora.projections)
    return count


def _sides(sizes: PartSizes, projection: str) -> int:
    """Width in plus width out of a projection."""
    if projection in ("k_proj", "v_proj"):
        return sizes.width + sizes.kv_width
    if projection in ("q_proj", "o_proj"):
        return 2 * sizes.width
    return sizes.width + sizes.mlp_width


def _weights(sizes: PartSizes, storage: Storage, precision: Precision, *, learns_language: bool) -> int:
    """Frozen weights, originals of what learns among them."""
    halved = precision == "bfloat16" and not learns_language
    head = sizes.vocabulary * sizes.width
    each = BYTES_PER_WEIGHT["nf4"] if storage == "nf4" else 2.0 if halved else 4.0
    rest = 4 * (sizes.vision + sizes.abstractor + sizes.language_rest - head)
    return round(sizes.projections * each + rest + head * (2 if halved else 4))


def _language_activations(sizes: PartSizes, phase: PhasePlan, tokens: int, element: int) -> int:
    """The stream between the layers is float32; inside a layer products are kept for the way back."""
    stream = 4 * sizes.width
    inputs = 16 * sizes.width if phase.lora is not None else 0  # the factors' inputs, float32, with dropout
    inside = 12 * sizes.width + 6 * sizes.width * element + inputs + 4 * sizes.mlp_width * element
    layers = sizes.layers
    return tokens * (layers * stream + inside if phase.gradient_checkpointing else layers * inside)


def _picture_activations(sizes: PartSizes, phase: PhasePlan, films: int, element: int) -> int:
    encoder_layers = 12
    inside = 30 * sizes.vision_width * element + 4 * sizes.vision_mlp_width * element
    if "vision" not in phase.parts:
        encoder = sizes.patches * inside  # one film at a time, nothing kept
    elif phase.gradient_checkpointing:
        encoder = (
            films * sizes.patches * (encoder_layers * 4 * sizes.vision_width) + sizes.patches * inside * films
        )
    else:
        encoder = films * sizes.patches * encoder_layers * inside
    if "abstractor" not in phase.parts and "vision" not in phase.parts:
        return encoder
    return encoder + films * sizes.patches * 36 * sizes.abstractor_width * element
