"""The four networks of a generator's pack, loaded from a folder in diffusers layout. Nothing but safetensors and JSON.

`text_encoder` turns words into states, `unet` (with the adapter `control`, where the pack has one) predicts noise,
`vae` turns films into latents and back. Any AutoencoderKL or AutoencoderTiny of one or three channels is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor, nn

from inference.errors import PackRefused
from inference.models.checkpoint import read_json
from inference.packs import GENERATOR, Pack, check_architecture
from inference.synthesis.adapter import ReportControl
from inference.synthesis.facts import SynthesisFacts, read_facts
from inference.synthesis.prompt_tokenizer import PromptTokenizer
from inference.synthesis.weight_files import read_text_encoder, read_unet, read_vae

CONTROL = "control"
_HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """Words as the networks take them."""

    tokens: Tensor  # (batch, length, width): the text encoder's states, after its last norm
    pooled: Tensor  # (batch, width): the state at the end of the text


class Networks:
    """What a generator computes with. Also what a trainer trains: the modules are plain attributes.

    Attributes:
        facts: Size of the films, views, latent scale.
        text_encoder, unet, vae: transformers' CLIPTextModel, diffusers' UNet2DConditionModel and autoencoder.
        control: The adapter; None where the pack is a base alone.
        scheduler_config: `scheduler/scheduler_config.json`.
        precision: What the U-Net and the adapter compute in. Text encoder and autoencoder stay in float32.
    """

    def __init__(
        self,
        folder: Path,
        facts: SynthesisFacts,
        *,
        device: str = "cpu",
        precision: str = "float32",
        with_control: bool = True,
    ) -> None:
        """Read a folder whose files were checked. `load_networks` does so for a pack.

        Raises:
            PackRefused: A file is missing, or weights do not fit their config.
        """
        self.facts, self.device, self.precision = facts, torch.device(device), precision
        self.scheduler_config: dict[str, Any] = read_json(folder / "scheduler" / "scheduler_config.json")
        self.text_encoder: nn.Module = read_text_encoder(folder / "text_encoder")
        config: Any = self.text_encoder.config
        self.tokenizer = PromptTokenizer(folder / "tokenizer", int(config.max_position_embeddings))
        if self.tokenizer.size > int(config.vocab_size):
            raise PackRefused(
                f"{folder} has {self.tokenizer.size} word pieces, its text encoder {config.vocab_size}."
            )
        self.unet: UNet2DConditionModel = read_unet(folder / "unet")
        self.vae: Any = read_vae(folder / "vae")
        has_control = with_control and (folder / CONTROL).is_dir()
        self.control = ReportControl.load(folder / CONTROL) if has_control else None
        self._check_fit(folder, int(config.hidden_size))
        self._place()

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of a film's latent."""
        down = 2 ** (len(self._encoder_widths) - 1)
        return int(self.unet.config["in_channels"]), self.facts.rows // down, self.facts.columns // down

    def encode_text(self, prompts: Sequence[str]) -> Prompt:
        """Words to states; the empty text is the prompt without any condition (classifier-free guidance)."""
        return encoded_words(self.text_encoder, self.tokenizer, prompts, self.device)

    def encode(self, pictures: Tensor) -> Tensor:
        """Films to latents, as the U-Net sees them.

        Args:
            pictures: (batch, rows, columns) float, -1 black to 1 white (`to_network` makes them of bytes).

        Returns:
            (batch, channels, rows, columns): the middle of what the encoder says, not a draw from it.
        """
        channels = int(self.vae.config["in_channels"])
        coded = self.vae.encode(pictures[:, None].expand(-1, channels, -1, -1).contiguous())
        raw: Tensor = coded.latents if hasattr(coded, "latents") else coded.latent_dist.mode()
        shift, scale, mean, std = self._latent_scale()
        return (raw - shift - mean) * scale / std

    def decode(self, latents: Tensor) -> Tensor:
        """Latents to films: (batch, rows, columns) float, about -1 to 1; of three channels their mean."""
        shift, scale, mean, std = self._latent_scale()
        picture: Tensor = self.vae.decode(latents * std / scale + mean + shift).sample
        return picture.mean(dim=1)

    def predict(self, latents: Tensor, timesteps: Tensor, prompt: Prompt) -> Tensor:
        """What the U-Net with its adapter says about noisy latents: the noise, or the velocity.

        Which of them stands in the scheduler's config. Gradients flow, where they are on.

        Returns:
            As `latents`, float32.
        """
        with self.arithmetic():
            given = latents.to(self.unet.dtype)
            tokens, pooled = prompt.tokens.to(given.dtype), prompt.pooled.to(given.dtype)
            added: dict[str, Any] = {}
            if self.control is not None:
                residuals = self.control(given, timesteps, tokens, pooled)
                added = {
                    "down_block_additional_residuals": residuals.skips,
                    "mid_block_additional_residual": residuals.middle,
                }
            said: Tensor = self.unet(given, timesteps, encoder_hidden_states=tokens, **added).sample
        return said.float()

    def arithmetic(self) -> contextlib.AbstractContextManager[None]:
        """The precision of `predict`: on a CPU the weights stay float32 and products are computed in bfloat16."""
        if self.device.type == "cpu" and self.precision in _HALF:
            return torch.autocast("cpu", _HALF[self.precision])
        return contextlib.nullcontext()

    @property
    def _encoder_widths(self) -> Sequence[int]:
        config = self.vae.config
        return tuple(config.get("encoder_block_out_channels") or config["block_out_channels"])

    def _latent_scale(self) -> tuple[float, float, Tensor, Tensor]:
        config, facts = self.vae.config, self.facts
        mean = torch.tensor(facts.latent_mean or (0.0,), device=self.device)[None, :, None, None]
        std = torch.tensor(facts.latent_std or (1.0,), device=self.device)[None, :, None, None]
        return float(config.get("shift_factor") or 0.0), float(config["scaling_factor"]), mean, std

    def _check_fit(self, folder: Path, text_width: int) -> None:
        channels, rows, columns = self.latent_shape
        told = len(self.facts.latent_mean or self.facts.latent_std)
        down = 2 ** (len(self._encoder_widths) - 1)
        wrong = {
            "its autoencoder and its U-Net have different latents": int(self.vae.config["latent_channels"])
            != channels,
            "its text encoder and its U-Net have different widths": text_width
            != int(self.unet.config["cross_attention_dim"]),
            "synthesis.json has another number of latent channels": told not in (0, channels),
            f"its films can't be divided by {down}": (rows * down, columns * down)
            != (self.facts.rows, self.facts.columns),
        }
        if found := next((words for words, is_so in wrong.items() if is_so), None):
            raise PackRefused(f"{folder}: {found}.")

    def _place(self) -> None:
        """Move the modules to the device; halve what `predict` computes with, where the device has the arithmetic."""
        dtype = torch.float32 if self.device.type == "cpu" else _HALF.get(self.precision, torch.float32)
        for module in (self.text_encoder, self.vae):
            module.to(self.device).eval().requires_grad_(False)
        for module in (self.unet, *([self.control] if self.control is not None else [])):
            nn.Module.to(
                module, self.device, dtype
            )  # diffusers' own `to` warns of modules that this U-Net has not
            module.eval().requires_grad_(False)


def encoded_words(
    text_encoder: nn.Module, tokenizer: PromptTokenizer, prompts: Sequence[str], device: torch.device
) -> Prompt:
    """Words to states, by whichever text encoder. Gradients flow, where they are on."""
    ids = torch.tensor([tokenizer.ids(text) for text in prompts], device=device)
    tokens: Tensor = text_encoder(input_ids=ids).last_hidden_state
    ends = (ids == tokenizer.end).int().argmax(dim=1)  # the first one: padding may be the same token
    return Prompt(tokens, tokens[torch.arange(len(ids), device=device), ends])


def load_networks(
    pack: Pack, *, device: str = "cpu", precision: str | None = None, with_control: bool = True
) -> Networks:
    """The networks of an opened (verified) pack, ready to draw.

    Args:
        pack: Of architecture `cxr-sd`; `inference.packs.open_pack` held its files against the manifest.
        device: "cpu" or "cuda".
        precision: float32, bfloat16 or float16; None = what the device computes best (`best_precision`).
        with_control: Off: the base alone, though the pack has an adapter.

    Raises:
        WrongPack: The pack reads; it draws nothing.
        PackRefused: Its weights do not fit its configs.
    """
    check_architecture(pack, GENERATOR)
    return Networks(
        pack.folder,
        read_facts(pack.folder),
        device=device,
        precision=precision or best_precision(device),
        with_control=with_control,
    )


def best_precision(device: str) -> str:
    """What `predict` computes in where nobody says otherwise: 16 bits where the hardware has them."""
    if device == "cpu":
        return "float32"
    return "bfloat16" if torch.cuda.get_device_capability(0)[0] >= 8 else "float16"


def to_network(picture: NDArray[np.uint8]) -> Tensor:
    """Bytes (rows, columns) to (1, rows, columns) float, 0 to -1 and 255 to 1."""
    return torch.tensor(np.ascontiguousarray(picture)).float()[None] / 127.5 - 1


def to_bytes(picture: Tensor) -> NDArray[np.uint8]:
    """(1, rows, columns) float to bytes (rows, columns); what lies beyond -1 and 1 is cut."""
    grey = ((picture[0].float().cpu() + 1) * 127.5).round().clamp(0, 255)
    return grey.to(torch.uint8).numpy()
