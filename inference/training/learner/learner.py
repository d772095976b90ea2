"""The model with just the plan's parts learning: a torch module whose forward pass is the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.errors import PackRefused
from inference.models.checkpoint import read_json
from inference.models.m4cxr import IGNORED_LABEL, M4cxr
from inference.packs import PREPROCESSOR, TOKENIZER, Pack, find_pack
from inference.preprocess import PictureProcessor
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.learner.adapter_files import read_adapter, write_adapter
from inference.training.learner.base import has_served, load_base
from inference.training.learner.batch import Batch, Stage
from inference.training.learner.parts import check_parts, never_read, own_parameters, part_of, put_adapter
from inference.training.plan import LoraPlan, Part, PhasePlan, Precision, TrainingPlan
from inference.training.rounded_packs import check_rounding

_PICTURE_PARTS: tuple[Part, ...] = ("vision", "abstractor")


def load_learner(
    plan: TrainingPlan, phase: PhasePlan, *, begin: Path | None = None, device: str | None = None
) -> Learner:
    """Load the plan's base afresh, with exactly the phase's parts learning.

    The same plan gives the same start: the factors are drawn from the plan's seed.

    Args:
        plan: Names the pack; it must still be the one that was planned with.
        phase: What learns.
        begin: An adapter to go on from: the phase before, or one that is active. Its parts stay part of the result,
            also where they do not learn in this phase.
        device: Instead of the plan's.

    Raises:
        PackRefused: The pack has changed since it was planned with, or is of a kind that can't be trained.
        ModelNotInstalled: There is no such pack.
        ValueError: The phase's parts can't learn together.
    """
    pack = find_pack(plan.pack)
    if plan.pack_sha256 not in ("", pack.sha256):
        refused = PackRefused(f"The pack “{plan.pack}” is not the one that was planned with.")
        refused.remedy = "Make a new plan, or install the version that the plan names."
        raise refused
    check_parts(phase, plan.storage)
    check_rounding(pack, phase.parts)
    base = load_base(
        pack,
        storage=plan.storage,
        precision=plan.precision,
        device=device or plan.device,
        keep_full="language" in phase.parts,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        return Learner(base, phase, plan.precision, pack=pack, begin=begin)


class Learner(nn.Module):
    """Base, adapter, and how a batch's loss is computed.

    Args:
        base: As `load_base` gives it; changed in place, and nobody else's from now on.
        phase: Says what learns.
        precision: "bfloat16" computes under autocast; weights that learn are float32 always.
        pack: What `base` was loaded from; needed to save, and for tokenizer and preprocessing.
        begin: See `load_learner`.

    Raises:
        PackRefused: `base` has served, or `begin` is not for this pack.
    """

    def __init__(
        self,
        base: M4cxr,
        phase: PhasePlan,
        precision: Precision = "float32",
        *,
        pack: Pack | None = None,
        begin: Path | None = None,
    ) -> None:
        super().__init__()
        if has_served(base):
            raise PackRefused(
                "This model object has served: its 4-bit weights were repacked. Load it afresh."
            )
        before, earlier = ({}, None) if begin is None else read_adapter(begin, pack.sha256 if pack else None)
        self.phase, self.precision, self.pack = phase, precision, pack
        self.lora = _one_lora(phase.lora, earlier)
        self.adapted: Any = put_adapter(base, {*phase.parts, *map(part_of, before)}, self.lora)
        self._unread = never_read(base)
        self._saw_pictures = False
        self.load_state(before, whole=False)
        for name, parameter in own_parameters(base).items():
            parameter.requires_grad_(part_of(name) in phase.parts and name not in self._unread)
        if phase.gradient_checkpointing:
            self._checkpoint_activations()
        self.train()

    # ── What it is ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def core(self) -> M4cxr:
        """The model inside peft's wrapper."""
        model = self.adapted.get_base_model()
        assert isinstance(model, M4cxr)
        return model

    @property
    def device(self) -> torch.device:
        return self.core.device

    @property
    def stage(self) -> Stage:
        """How far pictures can be computed once for all steps: up to the first part that learns."""
        if "vision" in self.phase.parts or self.phase.augment:
            return "pixels"
        return "features" if "abstractor" in self.phase.parts else "rows"

    @property
    def learns(self) -> dict[str, nn.Parameter]:
        """Every parameter that learns, by our modules' names."""
        return {name: one for name, one in own_parameters(self.core).items() if one.requires_grad}

    @property
    def saw_pictures(self) -> bool:
        """True if a batch with pictures went through since `forget_pictures`."""
        return self._saw_pictures

    def forget_pictures(self) -> None:
        self._saw_pictures = False

    def tokenizer(self) -> M4cxrTokenizer:
        return M4cxrTokenizer(self._folder / TOKENIZER, self.core.config.image_tokens)

    def processor(self) -> PictureProcessor:
        return PictureProcessor.from_preprocessor_config(read_json(self._folder / PREPROCESSOR))

    def parameter_groups(self) -> list[dict[str, Any]]:
        """For AdamW: `lr` and `weight_decay` as the phase says; biases, norms and embeddings of places do not decay."""
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.learns.items():
            share = self.phase.encoder_rate if part_of(name) == "vision" else 1.0
            decay = self.phase.weight_decay if parameter.ndim >= 2 and "pos_emb" not in name else 0.0
            groups.setdefault((self.phase.learning_rate * share, decay), []).append(parameter)
        return [{"params": some, "lr": rate, "weight_decay": decay} for (rate, decay), some in groups.items()]

    # ── Computing ───────────────────────────────────────────────────────────────────────────────────────────────

    def forward(self, batch: Batch) -> Tensor:
        """Sum over the answers' tokens of the sample's weight times the cross entropy; a scalar.

        The head runs only where a token counts.
        """
        core = self.core
        with self.arithmetic():
            rows = self.picture_rows(batch.pictures, batch.stage)
            hidden = core.hidden(core.embed(batch.ids, rows))
            targets = batch.labels[:, 1:]
            counts = targets != IGNORED_LABEL
            logits = core.language_model.lm_head(hidden[:, :-1][counts])
        losses = functional.cross_entropy(logits.float(), targets[counts], reduction="none")
        total = (losses * batch.weights[:, None].expand(targets.shape)[counts]).sum()
        if batch.pictures is None:
            return total + self._nothing()
        self._saw_pictures = True
        return total

    def picture_rows(self, pictures: Tensor | None, stage: Stage) -> Tensor | None:
        """Rows (n, image_tokens, width) of pictures at any stage. Call it under `arithmetic`."""
        if pictures is None:
            return None
        core = self.core
        if stage == "pixels":
            pictures = core.visual_features(pictures)
        return pictures if stage == "rows" else core.abstractor(pictures)

    @contextmanager
    def arithmetic(self) -> Iterator[None]:
        """Autocast where the plan says bfloat16."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            yield

    @torch.no_grad()
    def encoded(self, pixel_values: Tensor) -> Tensor:
        """Pictures (n, 3, side, side) as far as they can be kept (`stage`); at "pixels" they come back."""
        if self.stage == "pixels":
            return pixel_values
        with self.arithmetic():
            features = self.core.visual_features(pixel_values.to(self.device))
            kept = features if self.stage == "features" else self.core.abstractor(features)
        return kept.to(torch.bfloat16 if self.precision == "bfloat16" else torch.float32)

    def logits(self, batch: Batch) -> Tensor:
        """Logits (samples, length, vocabulary) at every position."""
        with self.arithmetic():
            rows = self.picture_rows(batch.pictures, batch.stage)
            logits: Tensor = self.core.language_model.lm_head(
                self.core.hidden(self.core.embed(batch.ids, rows))
            )
        return logits

    def _nothing(self) -> Tensor:
        """Zero, depending on all that learns of pictures: other processes wait for its gradients."""
        waiting = [one.sum() for name, one in self.learns.items() if part_of(name) in _PICTURE_PARTS]
        return 0.0 * torch.stack(waiting).sum() if waiting else torch.zeros((), device=self.device)

    # ── Modes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def train(self, mode: bool = True) -> Learner:
        """Only what learns goes into training mode; a frozen encoder has nothing to draw."""
        super().train(mode)
        if mode and "vision" not in self.phase.parts:
            self.core.vision_model.eval()
        return self

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Eval mode without gradients, for validation between two steps."""
        was = self.training
        self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.train(was)

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        """The base as it was, to the bit."""
        with self.adapted.disable_adapter():
            yield
        for name, parameter in own_parameters(self.core).items():  # peft switches all of them on again
            parameter.requires_grad_(part_of(name) in self.phase.parts and name not in self._unread)

    def _checkpoint_activations(self) -> None:
        kind = {"use_reentrant": False}
        self.core.language_model.activation_checkpointing_enable(kind)
        eyes = self.core.vision_model
        if "vision" in self.phase.parts and hasattr(eyes, "activation_checkpointing_enable"):
            eyes.activation_checkpointing_enable(kind)

    # ── Keeping ─────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> dict[str, Tensor]:
        """All that may differ from the base, by our modules' names, on the CPU; with its own memory."""
        return {name: one.detach().to("cpu", copy=True) for name, one in own_parameters(self.core).items()}

    def load_state(self, tensors: Mapping[str, Tensor], *, whole: bool = True) -> None:
        """Take over what `state` gave, or an adapter.

        Raises:
            PackRefused: Names or shapes do not fit, or (`whole`) something is missing.
        """
        own = own_parameters(self.core)
        strange = [name for name in tensors if name not in own or own[name].shape != tensors[name].shape]
        missing = [name for name in own if name not in tensors] if whole else []
        if strange or missing:
            raise PackRefused(f"These weights do not fit the plan's parts: {(strange or missing)[0]}.")
        with torch.no_grad():
            for name, tensor in tensors.items():
                own[name].copy_(tensor)

    def save_adapter(self, folder: Path) -> None:
        """Write `adapter_config.json` and `adapter_model.safetensors`, bound to the base by its hash."""
        assert self.pack is not None
        base = (self.pack.manifest.id, self.pack.sha256)
        write_adapter(folder, own_parameters(self.core), self.lora, self.core.config.encoder_type, base)

    @property
    def _folder(self) -> Path:
        assert self.pack is not None
        return self.pack.folder


def _one_lora(wish: LoraPlan | None, earlier: LoraPlan | None) -> LoraPlan | None:
    """Factors of an earlier phase go on as they are. Raises PackRefused where the plan wants others."""
    if wish is None or earlier is None:
        return wish or earlier
    same = (wish.rank, wish.alpha, set(wish.projections)) == (
        earlier.rank,
        earlier.alpha,
        set(earlier.projections),
    )
    if not same:
        raise PackRefused(
            "The adapter to go on from has LoRA factors of another size than the plan; plan with its rank, alpha and "
            "projections."
        )
    return wish
