"""Teaches a language model the `<Xray>` skill by LoRA: the task `film_dialogue` alone, on words alone.

What comes out is a folder in the layout of every adapter (`learner.adapter_files`), in float16, bound to its base by
the SHA-256 of the base's manifest. It lies in a synthesis pack as `dialogue/BASE/` and is put on for the question
whether a film is asked for, never for a reading (`inference.engine.film_wishes`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inference.engine.film_skill import SKILL
from inference.models.checkpoint import ADAPTER_WEIGHTS
from inference.models.config import EncoderType
from inference.packs import TOKENIZER, Pack
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.learner.adapter_files import write_adapter
from inference.training.learner.base import load_base
from inference.training.learner.learner import Learner
from inference.training.loop.schedule import share_of_rate
from inference.training.mix import TaskMix
from inference.training.plan import LoraPlan, PhasePlan, Precision, Storage
from inference.training.rows import DataSet
from inference.training.splits import split_patients

logger = logging.getLogger(__name__)

TASK = "film_dialogue"
BATCHES_SORTED = 8
Encoded = tuple[list[int], list[int]]
EVERY = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LORA = LoraPlan(rank=32, alpha=64.0, dropout=0.0, projections=EVERY)
"""What a small model needs to learn new words; of a large one the published rank 8 on two projections will do."""


@dataclass(frozen=True, slots=True)
class SkillPlan:
    """How the skill is taught. The defaults are those of the bundled starter's."""

    steps: int = 400
    batch: int = 8
    learning_rate: float = 3e-3
    warm_up: int = 20
    lora: LoraPlan = LORA
    max_length: int = 400
    seed: int = 0
    precision: Precision = "bfloat16"
    storage: Storage = "full"
    device: str = "cpu"

    @property
    def phase(self) -> PhasePlan:
        return PhasePlan(
            name="instruction",
            parts=("lora",),
            tasks={TASK: 1.0},
            steps=self.steps,
            batch=self.batch,
            micro_batch=self.batch,
            learning_rate=self.learning_rate,
            weight_decay=0.0,
            warm_up=self.warm_up,
            lora=self.lora,
            max_length=self.max_length,
        )


def teach(pack: Pack, data: Sequence[DataSet], out: Path, plan: SkillPlan | None = None) -> Path:
    """Train the skill and write its folder; held-out patients are never drawn from.

    Args:
        pack: The language model's pack, whole weights.
        data: Sources with reports (`inference.training.sources`).
        out: Gets adapter_config.json, adapter_model.safetensors and skill.json.

    Raises:
        NothingToLearn: No report gives a dialogue.
        PackRefused: The pack is an adapter.
    """
    plan = plan or SkillPlan()
    mix = TaskMix(data, split_patients(data), plan.phase, plan.seed)
    tokenizer = M4cxrTokenizer(pack.folder / TOKENIZER, 1)
    torch.manual_seed(plan.seed)
    base = load_base(pack, storage=plan.storage, precision=plan.precision, device=plan.device)
    learner = Learner(base, plan.phase, plan.precision, pack=pack)
    began = time.monotonic()
    loss = _learn(learner, mix, tokenizer, plan, out)
    seconds = time.monotonic() - began
    _write(
        out,
        learner,
        pack,
        {"steps": plan.steps, "batch": plan.batch, "loss": round(loss, 4), "seconds": round(seconds)},
    )
    return out


def _learn(learner: Learner, mix: TaskMix, tokenizer: M4cxrTokenizer, plan: SkillPlan, out: Path) -> float:
    learns = list(learner.learns.values())
    optimizer = torch.optim.AdamW(learns, lr=plan.learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    mean = 0.0
    for step, samples in zip(range(plan.steps), batches(mix, tokenizer, plan), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate * share_of_rate(plan.phase, step)
        batch = tokenizer.collate(samples)
        ids, labels = (torch.from_numpy(one).to(learner.device) for one in (batch.ids, batch.labels))
        with learner.arithmetic():
            loss = learner.core(ids, labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(learns, 1.0)
        optimizer.step()
        mean = loss.item() if not step else 0.9 * mean + 0.1 * loss.item()
        if step % 10 == 0:
            logger.info("step %d of %d, loss %.4f", step, plan.steps, mean)
        if step % 50 == 49 and learner.pack is not None:
            told = {"steps": step + 1, "of": plan.steps, "batch": plan.batch, "loss": round(mean, 4)}
            _write(out, learner, learner.pack, told)
    return mean


def batches(mix: TaskMix, tokenizer: M4cxrTokenizer, plan: SkillPlan) -> Iterator[list[Encoded]]:
    """Batches of dialogues of about the same length, without end: hardly any padding is computed."""
    rng, number = Random(plan.seed), 0  # noqa: S311  # repeatable, not secret
    while True:
        texts = [mix.draw(number + one).text for one in range(plan.batch * BATCHES_SORTED)]
        number += len(texts)
        encoded = sorted((tokenizer.encode_sample(text) for text in texts), key=lambda one: len(one[0]))
        made = [encoded[first : first + plan.batch] for first in range(0, len(encoded), plan.batch)]
        yield from rng.sample(made, len(made))


def _write(folder: Path, learner: Learner, pack: Pack, told: Mapping[str, object]) -> None:
    tensors = {name: one.detach() for name, one in learner.learns.items()}
    write_skill(folder, tensors, learner.phase.lora, learner.core.config.encoder_type, pack, told)


def write_skill(
    folder: Path,
    factors: Mapping[str, Tensor],
    lora: LoraPlan | None,
    encoder_type: EncoderType,
    pack: Pack,
    told: Mapping[str, object],
) -> None:
    """The adapter in float16, and what is told about it."""
    write_adapter(folder, factors, lora, encoder_type, (pack.manifest.id, pack.sha256))
    weights = folder / ADAPTER_WEIGHTS
    halves = {name: tensor.half() for name, tensor in load_file(weights).items()}
    save_file(
        halves, weights, metadata={"format": "pt", "base": pack.manifest.id, "base_sha256": pack.sha256}
    )
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / SKILL).write_text(json.dumps({**told, "sha256": sha256}, indent=2) + "\n", encoding="utf-8")
