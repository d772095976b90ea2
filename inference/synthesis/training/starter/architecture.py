"""The networks of the bundled generator before they have learnt anything, and how prompts become numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from inference.packs.store import BUNDLED
from inference.synthesis.networks import Prompt, encoded_words
from inference.synthesis.prompt_tokenizer import PromptTokenizer
from inference.synthesis.training.starter.settings import Sizes

SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.03,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "clip_sample": False,
}
"""Velocity: a network that predicted the noise drew no chest in the time that this one needs for all views.

`beta_end`: with Stable Diffusion's 0.012 the noisiest latents still show the film's rough shape (a share of 0.0047, of
8,192 values at once). The view was then read from them instead of from the words; but drawing begins with nothing in
them: frontal "laterals" and washed-out films came of it. With 0.03 the share is 0.000006."""
NAMES = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"}
VOCABULARY = BUNDLED / "starter" / "tokenizer.json"
"""The reading model's own: pieces of report words, learnt from reports."""
DOWN = 8
"""Rows of a film for one of its latent."""


def new_autoencoder(sizes: Sizes) -> Any:
    """diffusers' AutoencoderTiny of one channel: half a million weights."""
    widths = (sizes.autoencoder_width,) * 4
    return AutoencoderTiny(
        in_channels=1,
        out_channels=1,
        encoder_block_out_channels=widths,
        decoder_block_out_channels=widths,
        num_encoder_blocks=sizes.encoder_blocks,
        num_decoder_blocks=sizes.decoder_blocks,
        latent_channels=sizes.latent_channels,
        scaling_factor=1.0,  # mean and spread are measured instead, and stand in synthesis.json
    )


def new_unet(sizes: Sizes) -> Any:
    """A U-Net that hears the words twice: place by place in its attention, and as a whole in its time embedding.

    The second is what made the wanted view and the findings appear: by attention alone the views were half right.
    It begins at zero, so the first steps teach what a film is.
    """
    levels = len(sizes.unet_widths)
    unet = UNet2DConditionModel(
        sample_size=sizes.side // DOWN,
        in_channels=sizes.latent_channels,
        out_channels=sizes.latent_channels,
        block_out_channels=sizes.unet_widths,
        layers_per_block=1,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * (levels - 1)),
        up_block_types=(*("CrossAttnUpBlock2D",) * (levels - 1), "UpBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        cross_attention_dim=sizes.text_width,
        attention_head_dim=sizes.heads,  # their number: an old misnomer of diffusers
        norm_num_groups=sizes.norm_groups,
        addition_embed_type="text",
        addition_embed_type_num_heads=sizes.text_heads,
    )
    last: Any = unet.add_embedding.norm2
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return unet


def new_text_encoder(sizes: Sizes, vocabulary: int) -> Any:
    """CLIP's text encoder of a few layers."""
    return CLIPTextModel(CLIPTextConfig(**text_config(sizes, vocabulary)))


def text_config(sizes: Sizes, vocabulary: int) -> dict[str, Any]:
    """What stands in `text_encoder/config.json`."""
    return {
        "vocab_size": vocabulary,
        "hidden_size": sizes.text_width,
        "intermediate_size": sizes.text_inner,
        "num_hidden_layers": sizes.text_layers,
        "num_attention_heads": sizes.text_heads,
        "max_position_embeddings": sizes.words,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }


def write_tokenizer(folder: Path) -> Path:
    """The reading model's vocabulary, in lower case: people ask for films as they like."""
    folder.mkdir(parents=True, exist_ok=True)
    told = json.loads(VOCABULARY.read_text(encoding="utf-8"))
    told["normalizer"]["normalizers"].insert(0, {"type": "Lowercase"})
    (folder / "tokenizer.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(NAMES, indent=2) + "\n", encoding="utf-8")
    return folder


class Words:
    """Prompts as the U-Net hears them, by a tokenizer and a text encoder that may learn."""

    def __init__(self, tokenizer: PromptTokenizer, text_encoder: nn.Module) -> None:
        self.tokenizer, self.text_encoder = tokenizer, text_encoder

    def __call__(self, prompts: Sequence[str]) -> Prompt:
        return encoded_words(self.text_encoder, self.tokenizer, prompts, torch.device("cpu"))


def to_grid(squares: Any) -> Tensor:
    """(n, side, side) uint8 to (n, 1, side, side) float, 0 to -1 and 255 to 1, channels last."""
    grey = torch.from_numpy(squares).float()[:, None] / 127.5 - 1
    return grey.contiguous(memory_format=torch.channels_last)
