"""The generator with just the plan's part learning: a torch module whose forward pass is the loss.

Three ways (MedXChat's CXR-SD is the first): `control` learns beside a frozen U-Net; `unet`, with `text_encoder` or
without, is fine-tuned whole; `lora` learns factors on the U-Net's attention. The VAE never learns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.training_utils import EMAModel
from peft import LoraConfig
from safetensors.torch import save_file
from torch import Tensor, nn

from inference.errors import PackRefused
from inference.synthesis.adapter import ReportControl
from inference.synthesis.networks import Networks
from inference.synthesis.training.batch import FilmBatch
from inference.synthesis.training.noise import NoiseLevels
from inference.training.plan import LoraPlan, PhasePlan, Precision, SynthesisPlan

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
BETAS = (0.9, 0.99)
"""AdamW's: a shorter memory of squares than its default settles sooner in runs of a few thousand steps."""


class FilmLearner(nn.Module):
    """What `inference.training.loop.course.Learning` asks for, and a moving average of the weights.

    Args:
        networks: Loaded in float32; changed in place, and nobody else's from now on.
        phase: Says what learns, and how fast.
        synthesis: The moving average and the weighting of the noise levels.
        precision: "bfloat16" computes under autocast; what learns is float32 always.
    """

    def __init__(
        self,
        networks: Networks,
        phase: PhasePlan,
        synthesis: SynthesisPlan,
        precision: Precision = "float32",
    ) -> None:
        super().__init__()
        self.networks, self.phase, self.synthesis, self.precision = networks, phase, synthesis, precision
        self.levels = NoiseLevels(networks.scheduler_config, synthesis.snr_gamma)
        self._modules_of_parts = _prepared(networks, phase)
        self.learning = nn.ModuleDict(self._modules_of_parts)  # what `parameters()` and `train()` reach
        self._average = EMAModel(
            self.learns.values(), decay=synthesis.ema, use_ema_warmup=False, foreach=True
        )
        self.train()

    @property
    def learns(self) -> dict[str, nn.Parameter]:
        """Every parameter that learns, by part and name; factors are `lora.….lora_A.default.weight`."""
        return {
            f"{part}.{name}": parameter
            for part, module in self._modules_of_parts.items()
            for name, parameter in module.named_parameters()
            if parameter.requires_grad
        }

    def parameter_groups(self) -> list[dict[str, Any]]:
        """For AdamW: matrices and kernels decay, biases and norms do not."""
        learns = self.learns.values()
        decays = (
            ([one for one in learns if one.ndim >= 2], self.phase.weight_decay),
            ([one for one in learns if one.ndim < 2], 0.0),
        )
        return [
            {"params": some, "lr": self.phase.learning_rate, "weight_decay": decay, "betas": BETAS}
            for some, decay in decays
            if some
        ]

    def forward(self, batch: FilmBatch) -> Tensor:
        """The sum over the films of the mean squared error of what is predicted; a scalar."""
        levels = self.levels
        noisy = levels.noisy(batch.latents, batch.noise, batch.levels)
        with torch.autocast(noisy.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            prompt = self.networks.encode_text(batch.prompts)
            said = self.networks.predict(noisy, batch.levels, prompt)
        target = levels.target(batch.latents, batch.noise, batch.levels)
        errors = (said.float() - target).square().mean(dim=(1, 2, 3))
        return (errors * levels.weight(batch.levels)).sum()

    def after_step(self) -> None:
        """Let the moving average follow: slowly from the start on, (1 + n) / (10 + n) until the plan's rate."""
        self._average.step(self.learns.values())

    @contextmanager
    def judged(self) -> Iterator[None]:
        """The averaged weights, in eval mode, without gradients."""
        with self.averaged(), torch.no_grad():
            yield

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The averaged weights in the weights' place, in eval mode."""
        own = list(self.learns.values())
        kept = [one.detach().clone() for one in own]
        self._average.copy_to(own)
        self.eval()
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, value in zip(own, kept, strict=True):
                    parameter.copy_(value)
            self.train()

    def train(self, mode: bool = True) -> FilmLearner:
        """Only what learns goes into training mode."""
        super().train(mode)
        return self

    # ── keeping ─────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> dict[str, Tensor]:
        """Weights and their average, on the CPU, with their own memory."""
        own = self.learns
        weights = {f"weight.{name}": one.detach().to("cpu", copy=True) for name, one in own.items()}
        shadows = zip(own, self._average.shadow_params, strict=True)
        average = {f"average.{name}": one.detach().to("cpu", copy=True) for name, one in shadows}
        return {**weights, **average, "steps": torch.tensor(self._average.optimization_step)}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `state` gave.

        Raises:
            PackRefused: Names or shapes do not fit.
        """
        own = self.learns
        for name, parameter in own.items():
            found = tensors.get(f"weight.{name}")
            if found is None or found.shape != parameter.shape or f"average.{name}" not in tensors:
                raise PackRefused(f"This checkpoint does not fit the plan's part: {name}.")
        with torch.no_grad():
            for (name, parameter), shadow in zip(own.items(), self._average.shadow_params, strict=True):
                parameter.copy_(tensors[f"weight.{name}"])
                shadow.copy_(tensors[f"average.{name}"])
        self._average.optimization_step = int(tensors["steps"])

    def save_adapter(self, folder: Path) -> None:
        """Write the averaged weights: `adapter_model.safetensors` in float32, and what they are."""
        shadows = zip(self.learns, self._average.shadow_params, strict=True)
        weights = {name: one.detach().cpu().contiguous() for name, one in shadows}
        save_file(weights, folder / ADAPTER_WEIGHTS)
        about = {"kind": "cxr-sd", "parts": list(self.phase.parts), "predicts": self.levels.predicts}
        (folder / ADAPTER_CONFIG).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")

    def load_adapter(self, weights: Mapping[str, Tensor]) -> None:
        """Put what `save_adapter` wrote in the weights' place; for drawing, not for going on.

        Raises:
            PackRefused: Names or shapes do not fit.
        """
        own = self.learns
        if own.keys() != weights.keys() or any(own[name].shape != weights[name].shape for name in own):
            raise PackRefused("These weights do not fit the plan's part.")
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(weights[name])
        self.eval()


def _prepared(networks: Networks, phase: PhasePlan) -> dict[str, nn.Module]:
    """Freeze everything, then let the phase's parts learn. Raises PackRefused where they can't."""
    for module in (networks.unet, networks.vae, networks.text_encoder):
        module.requires_grad_(False).eval()
    if "control" in phase.parts:
        if networks.control is None:
            networks.control = ReportControl.from_unet(networks.unet)
        return {"control": networks.control.requires_grad_(True)}
    if networks.control is not None:
        raise PackRefused(
            "This pack's U-Net has an adapter, which was made for it as it is. Train the adapter on (--way adapter), "
            "or name the base without one."
        )
    if "lora" in phase.parts:
        lora = phase.lora or LoraPlan()
        _add_factors(networks.unet, lora)
        return {"lora": networks.unet}
    parts: dict[str, nn.Module] = {"unet": networks.unet.requires_grad_(True)}
    if "text_encoder" in phase.parts:
        parts["text_encoder"] = networks.text_encoder.requires_grad_(True)
    return parts


def _add_factors(unet: Any, lora: LoraPlan) -> None:
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.projections),
        init_lora_weights=True,
    )
    unet.add_adapter(config)
