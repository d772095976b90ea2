"""Stages 2 and 3: the language model learns the reports' language, then everything learns to read films together."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.models.efficientnet import joined
from inference.models.m4cxr import M4cxr
from inference.text.tokenizer import IGNORED_LABEL, M4cxrTokenizer
from inference.training.checkpoint import check_gradients, resume, save_checkpoint
from inference.training.starter.augment import Variation, vary
from inference.training.starter.encoder_stage import Seeing
from inference.training.starter.film_bank import FilmBank
from inference.training.starter.film_weights import film_weights, positive_weights
from inference.training.starter.packing import PackedBatch, pack, shared_length
from inference.training.starter.phantoms import PhantomStudy
from inference.training.starter.scaffold import VisionHeads, pixel_values, scaffold_losses
from inference.training.starter.tasks import Branch, Tasks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LanguageSettings:
    """Text alone."""

    steps: int = 350
    batch: int = 24
    learning_rate: float = 2e-3
    checkpoint_every: int = 250
    planned_steps: int = (
        0  # length of the schedule where it is not `steps`: a run may stop early and go on later
    )


@dataclass(frozen=True, slots=True)
class JointSettings:
    """Films and text. The encoder has been taught already: it stays as it is, or learns more slowly."""

    steps: int = 900
    films: int = 8
    studies: int = 1
    tokens: int = 230  # most per film: attention over a batch costs the square of its longest sequence
    texts: int = 4
    text_weight: float = 1.0
    learning_rate: float = 1e-3
    encoder_rate: float = (
        0.0  # of the learning rate; 0 leaves the encoder as it is, which is four times faster
    )
    abstractor_rate: float = 1.0
    scaffold: float = 0.5  # weight of the scaffolds' losses
    trust_in_opinion: float = 0.5
    phantom_share: float = 0.4
    weight_decay: float = 0.05
    warm_up: int = 100
    checkpoint_every: int = 100


class _Whole(nn.Module):
    def __init__(self, model: M4cxr, heads: VisionHeads) -> None:
        super().__init__()
        self.model, self.heads = model, heads


def train_text(
    model: M4cxr,
    tokenizer: M4cxrTokenizer,
    tasks: Tasks,
    settings: LanguageSettings,
    seed: int,
    checkpoint: Path,
) -> None:
    """Train the language model in place on conversations without pictures."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    language: Any = model.language_model
    optimizer = torch.optim.AdamW(language.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98))
    language.train()
    for step in range(resume(checkpoint, language, optimizer, generator), settings.steps):
        _set_rate(
            optimizer, settings.learning_rate * _schedule(step, 50, settings.planned_steps or settings.steps)
        )
        rng = random.Random(seed * 1_000_003 + step)  # noqa: S311  # not cryptography
        batch = pack([[tasks.text(rng)] for _ in range(settings.batch)], tokenizer)
        total, weight = _answer_loss(model, batch, None, None, (0, 0))
        loss = total / weight
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        nn.utils.clip_grad_norm_(language.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            logger.info("text step %d/%d loss %.3f", step, settings.steps, loss.item())
        if (step + 1) % settings.checkpoint_every == 0 or step + 1 == settings.steps:
            save_checkpoint(checkpoint, language, optimizer, generator, step + 1)


def train_joint(
    model: M4cxr,
    heads: VisionHeads,
    tokenizer: M4cxrTokenizer,
    tasks: Tasks,
    bank: FilmBank,
    studies: Sequence[PhantomStudy],
    seeing: Seeing | None,
    settings: JointSettings,
    seed: int,
    checkpoint: Path,
) -> None:
    """Train the whole model in place on conversations about films, studies and texts."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    whole = _Whole(model, heads)
    model.vision_model.requires_grad_(settings.encoder_rate > 0)
    optimizer = _optimizer(whole, settings)
    first = resume(checkpoint, whole, optimizer, generator)
    films = bank.films
    weights = film_weights(films.labels, films.is_phantom, settings.phantom_share)
    balance = positive_weights(films.labels)
    paired = [study for study in studies if study.prior is not None or study.lateral is not None]
    words = yes_no_ids(tokenizer)
    start = time.monotonic()
    whole.train()
    for step in range(first, settings.steps):
        _set_rate(optimizer, settings.learning_rate * _schedule(step, settings.warm_up, settings.steps))
        rng = random.Random(seed * 1_000_003 + step)  # noqa: S311  # not cryptography
        chosen = torch.multinomial(weights, settings.films, generator=generator)
        parts = _film_losses(
            model, heads, tokenizer, tasks, bank, chosen, _pick(paired, settings.studies, rng), seeing,
            settings, balance, words, generator, rng,
        )  # fmt: skip
        text = pack([[tasks.text(rng)] for _ in range(settings.texts)], tokenizer)
        total, weight = _answer_loss(model, text, None, None, words)
        parts["text"] = settings.text_weight * total / weight
        loss = torch.stack(list(parts.values())).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        if step == 0:
            check_gradients(whole)
        nn.utils.clip_grad_norm_(whole.parameters(), 1.0)
        optimizer.step()
        if step % 25 == 0:
            shown = " ".join(f"{name} {value.item():.3f}" for name, value in parts.items())
            logger.info("joint step %d/%d %s %.0f s", step, settings.steps, shown, time.monotonic() - start)
        if (step + 1) % settings.checkpoint_every == 0 or step + 1 == settings.steps:
            save_checkpoint(checkpoint, whole, optimizer, generator, step + 1)
    whole.eval()


def _film_losses(
    model: M4cxr,
    heads: VisionHeads,
    tokenizer: M4cxrTokenizer,
    tasks: Tasks,
    bank: FilmBank,
    chosen: Tensor,
    studies: Sequence[PhantomStudy],
    seeing: Seeing | None,
    settings: JointSettings,
    balance: Tensor,
    words: tuple[int, int],
    generator: torch.Generator,
    rng: random.Random,
) -> dict[str, Tensor]:
    side, count = model.config.image_side, len(chosen)
    varied = vary(torch.from_numpy(bank.films.squares[chosen.numpy()]), side, Variation(), generator)
    pictures = [varied.pictures]
    samples: list[Sequence[Branch]] = [
        within(tasks.film(bank.facts(index, varied, row), rng), tokenizer, settings.tokens, rng)
        or [tasks.text(rng)]
        for row, index in enumerate(chosen.tolist())
    ]
    for study in studies:
        views = [view for view in (study.prior or study.lateral, study.frontal) if view]
        if study.prior is None:
            views.reverse()
        squares = torch.stack([torch.from_numpy(view.square) for view in views])
        pictures.append(vary(squares, side, Variation(), generator).pictures)
        samples.append(tasks.study(study, rng))
    with torch.autocast("cpu", torch.bfloat16):
        features, opinion = _seen(model, seeing, torch.cat(pictures), settings)
        tokens = model.abstractor(features)
    opinion = None if opinion is None else opinion[:count].float()
    scaffold = scaffold_losses(heads, bank.films, chosen, varied, tokens[:count], opinion, balance)
    belief = _belief(bank, chosen, opinion, settings.trust_in_opinion)
    has_picture = [any("<image>" in branch.text for branch in sample) for sample in samples[:count]]
    rows = tokens.float()
    total, weight = _answer_loss(
        model, pack(samples[:count], tokenizer), rows[:count][torch.tensor(has_picture)], belief, words
    )
    if studies:  # by themselves: their sequences are twice as long
        more, counted = _answer_loss(model, pack(samples[count:], tokenizer), rows[count:], None, words)
        total, weight = total + more, weight + counted
    parts = {name: settings.scaffold * value for name, value in scaffold.items()}
    return {"answers": total / weight, **parts}


def _seen(
    model: M4cxr, seeing: Seeing | None, pictures: Tensor, settings: JointSettings
) -> tuple[Tensor, Tensor | None]:
    """Features, and the opinion of the encoder as it was; while it stays as it is, both come of one pass."""
    with torch.no_grad():
        maps = seeing.maps(pictures) if seeing else None
        opinion = seeing.logits(*maps) if seeing and maps else None
    if maps and not settings.encoder_rate:
        return joined(*maps).flatten(2).transpose(1, 2), opinion
    with torch.set_grad_enabled(settings.encoder_rate > 0):
        return model.visual_features(pixel_values(pictures)), opinion


def within(
    branches: Sequence[Branch], tokenizer: M4cxrTokenizer, most: int, rng: random.Random
) -> list[Branch]:
    """As many of the branches, by lot, as stay within `most` tokens; at least one if there is any."""
    kept: list[Branch] = []
    total = 0
    for branch in rng.sample(branches, len(branches)):
        ids = tokenizer.encode_sample(branch.text)[0]
        alone = len(ids) - (0 if not kept else shared_length(ids))
        if not kept or total + alone <= most:
            kept.append(branch)
            total += alone
    return kept


def _belief(bank: FilmBank, chosen: Tensor, opinion: Tensor | None, trust: float) -> Tensor:
    """(films, 14) probability that a yes/no is yes: the label, for real films softened by the encoder's opinion."""
    labels = torch.from_numpy(bank.films.labels[chosen.numpy()]).float().clamp(min=0)
    if opinion is not None:
        is_real = torch.from_numpy(~bank.films.is_phantom[chosen.numpy()])[:, None]
        labels = torch.where(is_real, (1 - trust) * labels + trust * opinion.sigmoid(), labels)
    return labels


def _answer_loss(
    model: M4cxr, batch: PackedBatch, tokens: Tensor | None, belief: Tensor | None, words: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Weighted sum of the cross entropies of all answers, and the sum of the weights."""
    rows = model.embed(batch.ids, tokens)
    look = torch.zeros(batch.mask.shape).masked_fill(~batch.mask, -1e9).to(torch.bfloat16)
    language: Any = model.language_model
    with torch.autocast("cpu", torch.bfloat16):
        hidden = language.model(
            inputs_embeds=rows, attention_mask=look, position_ids=batch.positions, use_cache=False
        ).last_hidden_state
        supervised = batch.targets != IGNORED_LABEL
        logits = language.lm_head(hidden[supervised]).float()
    log_p = functional.log_softmax(logits, -1)
    losses = -log_p.gather(1, batch.targets[supervised][:, None])[:, 0]
    if belief is not None:
        losses = _soften(losses, log_p, batch, supervised, belief, words)
    weights = batch.weights[supervised]
    return (losses * weights).sum(), weights.sum()


def _soften(
    losses: Tensor,
    log_p: Tensor,
    batch: PackedBatch,
    supervised: Tensor,
    belief: Tensor,
    words: tuple[int, int],
) -> Tensor:
    """Where an answer begins with yes or no: cross entropy with the believed probability of each."""
    label = batch.soft[supervised]
    sample = torch.arange(len(batch.ids))[:, None].expand_as(batch.ids)[supervised]
    p = belief[sample, label.clamp(min=0)]
    soft = -(p * log_p[:, words[0]] + (1 - p) * log_p[:, words[1]])
    return torch.where(label >= 0, soft, losses)


def yes_no_ids(tokenizer: M4cxrTokenizer) -> tuple[int, int]:
    """First ids of the answers `Yes.` and `No.`"""
    return tokenizer.encode_text("Yes.")[0], tokenizer.encode_text("No.")[0]


def _pick(studies: Sequence[PhantomStudy], count: int, rng: random.Random) -> list[PhantomStudy]:
    return rng.choices(studies, k=count) if studies else []


def _optimizer(whole: nn.Module, settings: JointSettings) -> torch.optim.AdamW:
    """Each part at its own rate, weight decay on matrices only."""
    rates = {"model.vision_model.": settings.encoder_rate, "model.abstractor.": settings.abstractor_rate}
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in whole.named_parameters():
        if parameter.requires_grad:
            share = next((rate for part, rate in rates.items() if name.startswith(part)), 1.0)
            groups.setdefault((share, parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": chosen, "weight_decay": settings.weight_decay if is_matrix else 0.0, "share": share}
            for (share, is_matrix), chosen in groups.items()
        ],
        lr=settings.learning_rate,
        betas=(0.9, 0.98),
    )


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)


def _schedule(step: int, warm_up: int, steps: int) -> float:
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))
