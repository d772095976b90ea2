"""CXR-SD's trainable part: a copy of the frozen U-Net's encoder half, joined to it by zero convolutions.

As MedXChat describes it: the report's text encoding goes through a zero convolution and is added to the noisy latent's
features at the entry of the copy; each block of the copy feeds the frozen U-Net's skip connection, and the middle
block its middle, through a zero convolution of its own. At step 0 all of these are zero, so the adapted generator is
the frozen one, bit for bit. The copy reads the words by cross attention too, as the block that it was copied from.

The paper does not say what becomes of a text encoding, which has no rows and columns, beside a latent that has: here it
is the state of the text encoder at the end of the text, the same at every place of the latent (a constant map). What
is where in the film comes in by cross attention.

The arithmetic is diffusers' `ControlNetModel`; only its embedding of a condition picture is replaced.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inference.errors import PackRefused

CONTROL_CONFIG = "config.json"
CONTROL_WEIGHTS = "diffusion_pytorch_model.safetensors"
CLASS_NAME = "ReportControl"


@dataclass(frozen=True, slots=True)
class Residuals:
    """What the copy adds to the frozen U-Net: to each skip connection, and to the middle block's output."""

    skips: tuple[Tensor, ...]  # (batch, channels, rows, columns) each, in the order of the U-Net's down path
    middle: Tensor


class ReportControl(nn.Module):
    """The trainable copy. `from_unet` makes a new one, `load` reads a trained one.

    Args:
        network: A ControlNetModel of the base's shapes; its condition embedding is replaced here.
        text_width: Width of the text encoding.
    """

    def __init__(self, network: ControlNetModel, text_width: int) -> None:
        super().__init__()
        entry = nn.Conv2d(text_width, network.config["block_out_channels"][0], kernel_size=1)
        nn.init.zeros_(entry.weight)
        assert entry.bias is not None
        nn.init.zeros_(entry.bias)
        network.controlnet_cond_embedding = entry
        self.network = network
        self.text_width = text_width

    @classmethod
    def from_unet(cls, unet: UNet2DConditionModel, text_width: int | None = None) -> ReportControl:
        """A new copy of `unet`'s conv_in, time embedding, down blocks and middle block; all zero convolutions zero.

        Args:
            unet: The base; not changed.
            text_width: Width of the text encoding, where it is not the U-Net's cross-attention width.
        """
        network = ControlNetModel.from_unet(unet)
        if unet.config.get("addition_embed_type") == "text":
            # diffusers 0.42 copies its weights, not its number of heads: the copy would hear other words
            network.add_embedding = copy.deepcopy(unet.add_embedding)
            network.register_to_config(
                addition_embed_type_num_heads=unet.config["addition_embed_type_num_heads"]
            )
        control = cls(network, text_width or int(unet.config["cross_attention_dim"]))
        return control.to(unet.device, unet.dtype)

    @classmethod
    def load(cls, folder: Path) -> ReportControl:
        """Read what `save` wrote, in float32, on the CPU.

        Raises:
            PackRefused: A file is missing, or the weights do not fit the config.
        """
        try:
            told = json.loads((folder / CONTROL_CONFIG).read_text(encoding="utf-8"))
            control = cls(_new_network(told["network"]), int(told["text_width"]))
            weights = {name: tensor.float() for name, tensor in load_file(folder / CONTROL_WEIGHTS).items()}
            control.network.load_state_dict(weights)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise PackRefused(f"{folder} holds no adapter that fits its config: {error}.") from error
        return control

    def save(self, folder: Path, dtype: torch.dtype = torch.float32) -> None:
        """Write `config.json` and the weights into `folder` (made if needed)."""
        folder.mkdir(parents=True, exist_ok=True)
        network = {
            name: value
            for name, value in self.network.config.items()
            if not name.startswith("_") and name != "conditioning_embedding_out_channels"
        }
        told = {"_class_name": CLASS_NAME, "text_width": self.text_width, "network": network}
        (folder / CONTROL_CONFIG).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        weights = {
            name: tensor.detach().to("cpu", dtype).contiguous()
            for name, tensor in self.network.state_dict().items()
        }
        save_file(weights, folder / CONTROL_WEIGHTS, metadata={"format": "pt"})

    def forward(
        self, latents: Tensor, timesteps: Tensor, tokens: Tensor, pooled: Tensor, strength: float = 1.0
    ) -> Residuals:
        """What to add to the frozen U-Net.

        Args:
            latents: Noisy latents (batch, channels, rows, columns), as the U-Net sees them.
            timesteps: (batch,) or a single one.
            tokens: The text encoder's states (batch, length, width), for the cross attention.
            pooled: Its state at the end of the text (batch, text_width): the text encoding at the copy's entry.
            strength: All residuals are multiplied by it; 0 is the base alone.
        """
        skips, middle = self.network(
            latents,
            timesteps,
            encoder_hidden_states=tokens,
            controlnet_cond=pooled[:, :, None, None],  # a constant map: broadcast over rows and columns
            conditioning_scale=strength,
            return_dict=False,
        )
        return Residuals(tuple(skips), middle)

    def zero_convolutions(self) -> dict[str, nn.Conv2d]:
        """All of them by name: the entry, one for each skip connection, the middle."""
        network = self.network
        return {
            "entry": network.controlnet_cond_embedding,
            **{f"skip {number}": one for number, one in enumerate(network.controlnet_down_blocks)},
            "middle": network.controlnet_mid_block,
        }


def _new_network(config: Mapping[str, Any]) -> ControlNetModel:
    network = ControlNetModel.from_config(dict(config))
    assert isinstance(network, ControlNetModel)
    return network
