"""A generator's pack with random weights, under 1 MB, made on the fly. For tests only: it has learnt nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny, DDPMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

from inference.packs import write_manifest
from inference.synthesis.adapter import ReportControl

TOKENIZER = Path(__file__).parent / "parity" / "fixtures" / "tokenizer" / "tokenizer.json"
SIDE, WIDTH, LENGTH = 64, 16, 24
ABOUT: dict[str, Any] = {
    "id": "tiny-synth",
    "version": "0.1",
    "title": "Tiny random generator",
    "architecture": "cxr-sd",
    "tasks": ["synthesis"],
    "licence": {"id": "Apache-2.0", "text": "Made by a script, for tests.", "research_only": True},
    "intended_use": "Tests of the program. It has learnt nothing.",
    "training_data": "None.",
    "card": "Random weights. It has learnt nothing.",
}
VAE = {
    "in_channels": 1,
    "out_channels": 1,
    "encoder_block_out_channels": (8, 8, 8, 8),
    "decoder_block_out_channels": (8, 8, 8, 8),
    "num_encoder_blocks": (1, 1, 1, 1),
    "num_decoder_blocks": (1, 1, 1, 1),
    "latent_channels": 4,
    "scaling_factor": 1.0,
}
UNET = {
    "sample_size": SIDE // 8,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "cross_attention_dim": WIDTH,
    "attention_head_dim": 2,
    "norm_num_groups": 4,
}
TEXT = {
    "vocab_size": 1000,
    "hidden_size": WIDTH,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": LENGTH,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
SCHEDULE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False}


def write_tiny_synth_pack(
    folder: Path,
    seed: int = 0,
    *,
    control: str = "trained",
    prediction: str = "epsilon",
    side: int = SIDE,
    **about: object,
) -> Path:
    """Write a whole pack into `folder` (made if needed) and return it. The same seed gives the same weights.

    Films of 64 x 64, latents of 4 x 8 x 8, a vocabulary of 1000.

    Args:
        control: "trained": an adapter whose zero convolutions have left zero; "new": one at step 0; "": a base alone.
        side: Of its films; 96 and more can be marked (`viewer.core.synthetic_mark.SMALLEST_SIDE`).
        about: Replaces fields of the manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = UNet2DConditionModel(**{**UNET, "sample_size": side // 8})
        _save(unet, folder / "unet")
        vae = AutoencoderTiny(**VAE)
        torch.nn.init.normal_(vae.decoder.layers[-1].weight, std=0.2)  # else every film is nearly black
        torch.nn.init.constant_(vae.decoder.layers[-1].bias, 0.5)
        _save(vae, folder / "vae")
        _save_text_encoder(CLIPTextModel(CLIPTextConfig(**TEXT)), folder / "text_encoder")
        if control:
            adapter = ReportControl.from_unet(unet)
            if control == "trained":
                for zero in adapter.zero_convolutions().values():
                    torch.nn.init.normal_(zero.weight, std=0.2)
            adapter.save(folder / "control")
    DDPMScheduler(prediction_type=prediction, **SCHEDULE).save_pretrained(folder / "scheduler")
    (folder / "tokenizer").mkdir(exist_ok=True)
    shutil.copyfile(TOKENIZER, folder / "tokenizer" / "tokenizer.json")
    _json(
        folder / "tokenizer" / "tokenizer_config.json",
        {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"},
    )
    _json(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    _json(folder / "synthesis.json", {"rows": side, "columns": side, "steps": 4})
    write_manifest(folder, {**ABOUT, **about})
    return folder


def _save(model: Any, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    model.save_config(folder)
    save_file(model.state_dict(), folder / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})


def _save_text_encoder(model: CLIPTextModel, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    _json(
        folder / "config.json", {**TEXT, "architectures": ["CLIPTextModel"], "model_type": "clip_text_model"}
    )
    save_file(model.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
