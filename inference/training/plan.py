"""The plan of a training run: plain data in `plan.json`, shown and editable before it runs. No torch.

`inference.training.planning` proposes one from the data and the machine; `inference.training.loop` carries it out.
Numbers of the published recipe: M4CXR's code, m4cxr.md §8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Part = Literal["abstractor", "vision", "lora", "language", "control", "unet", "text_encoder"]
"""What may learn: whole parts, or low-rank factors on the language model's projections. Of a film generator: the
trainable copy with its zero convolutions (`control`), the U-Net itself, its text encoder, or factors on its attention.
"""
Precision = Literal["float32", "bfloat16"]
Storage = Literal["full", "nf4"]


@dataclass(frozen=True, slots=True)
class LoraPlan:
    rank: int = 8
    alpha: float = 32.0
    dropout: float = 0.05
    projections: tuple[str, ...] = ("q_proj", "v_proj")


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """One phase. `batch` samples make a step, `micro_batch` at a time on each device.

    `tasks` are sampling weights by task name (`inference.training.mix`); a study is drawn uniformly within its task.
    """

    name: Literal["abstractor", "instruction", "drawing"]
    parts: tuple[Part, ...]
    tasks: Mapping[str, float]
    steps: int
    batch: int
    micro_batch: int
    learning_rate: float
    weight_decay: float
    warm_up: int
    lora: LoraPlan | None = None
    max_length: int = 4095  # tokens of a sample, pictures included
    clip: float = 1.0  # of the gradient's norm
    evaluate_every: int = 0  # steps; 0: only at the end
    save_every: int = 50
    patience: int = 0  # evaluations without improvement until it stops; 0: never
    metric: Literal["loss", "macro_auroc"] = "loss"
    gradient_checkpointing: bool = False
    augment: bool = False  # pictures are varied: their features can't be kept
    encoder_rate: float = 1.0  # the vision encoder learns at this share of the rate


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Shares of the patients whose source has no split of its own; by a hash of the patient."""

    val: float = 0.1
    test: float = 0.15


@dataclass(frozen=True, slots=True)
class SynthesisPlan:
    """What only the training of a film generator needs (`inference.synthesis.training`)."""

    empty_captions: float = 0.1  # share of films without words: classifier-free guidance needs it
    ema: float = 0.9995  # of the weights' moving average, which is what is kept
    snr_gamma: float = 0.0  # min-SNR weighting of the loss; 0: each noise level counts alike, as published
    variants: int = 1  # of each film: as it is, and so many less one a little closer and re-toned
    asks_classifier: bool = True  # for the view of films whose header has none, or contradicts itself
    privacy_films: int = 64  # drawn when it is done, to look for films that were learnt by heart


@dataclass(frozen=True, slots=True)
class Expected:
    """What the planner works out beforehand; the run says afterwards what it was."""

    seconds: float
    peak_bytes: int
    studies: Mapping[str, int] = field(default_factory=dict)  # by split
    reasons: tuple[str, ...] = ()  # why the plan is as it is, a line each, for a person


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Everything that decides a run; the same plan on the same data gives the same model."""

    pack: str  # id of the base pack, or a folder
    pack_sha256: str  # of its manifest: the adapter is bound to it
    data: tuple[str, ...]  # sources as `sidelight train` takes them: KIND:PATH
    phases: tuple[PhasePlan, ...]
    split: SplitPlan = SplitPlan()
    precision: Precision = "float32"
    storage: Storage = "full"  # of the base's projections
    device: str = "cpu"
    seed: int = 0
    takes_synthetic: bool = False
    guarded: tuple[str, ...] = ()  # findings that must not get worse; empty: all with enough cases
    expected: Expected | None = None
    synthesis: SynthesisPlan | None = None  # given where a film generator is trained
    format: int = 1
