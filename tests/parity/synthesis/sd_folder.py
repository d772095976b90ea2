"""A tiny random Stable Diffusion checkpoint, written by diffusers itself, and its tokenizer as CLIP's is published."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    PNDMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel

WIDTH, LENGTH = 16, 20
START, END = "<|startoftext|>", "<|endoftext|>"


def byte_letters() -> dict[int, str]:
    """CLIP's and GPT-2's letter for each byte."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {byte: chr(256 + number) for number, byte in enumerate(rest)}


MERGES = (
    ("e", "f"),
    ("ef", "f"),
    ("u", "s"),
    ("i", "o"),
    ("io", "n</w>"),
    ("l", "e"),
    ("r", "a"),
    ("t", "h"),
)


def vocabulary() -> dict[str, int]:
    letters = list(byte_letters().values())
    pieces = [
        *letters,
        *(f"{letter}</w>" for letter in letters),
        *("".join(pair) for pair in MERGES),
        START,
        END,
    ]
    return {piece: number for number, piece in enumerate(pieces)}


def write_tokenizer(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary()), encoding="utf-8")
    lines = "\n".join(" ".join(pair) for pair in MERGES)
    (folder / "merges.txt").write_text(f"#version: 0.2\n{lines}\n", encoding="utf-8")
    told = {"bos_token": {"content": START}, "eos_token": {"content": END}, "pad_token": END}
    (folder / "special_tokens_map.json").write_text(json.dumps(told), encoding="utf-8")


def write_sd_folder(folder: Path, *, variant: str | None = None, dtype: torch.dtype = torch.float32) -> Path:
    """Latents of 8 x 8, three-channel films of 16 x 16, two down blocks."""
    words = len(vocabulary())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline = StableDiffusionPipeline(
            vae=AutoencoderKL(
                block_out_channels=(8, 8),
                down_block_types=("DownEncoderBlock2D",) * 2,
                up_block_types=("UpDecoderBlock2D",) * 2,
                latent_channels=4,
                norm_num_groups=4,
                sample_size=16,
            ),
            text_encoder=CLIPTextModel(
                CLIPTextConfig(
                    vocab_size=words,
                    hidden_size=WIDTH,
                    intermediate_size=24,
                    num_hidden_layers=2,
                    num_attention_heads=2,
                    max_position_embeddings=LENGTH,
                    bos_token_id=words - 2,
                    eos_token_id=words - 1,
                    pad_token_id=1,
                )
            ),
            tokenizer=None,
            unet=UNet2DConditionModel(
                sample_size=8,
                block_out_channels=(8, 16),
                layers_per_block=1,
                down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
                cross_attention_dim=WIDTH,
                attention_head_dim=(2, 4),
                norm_num_groups=4,
                use_linear_projection=True,
            ),
            scheduler=PNDMScheduler(
                beta_start=0.00085,
                beta_end=0.012,
                beta_schedule="scaled_linear",
                steps_offset=1,
                skip_prk_steps=True,
            ),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    for module in (pipeline.unet, pipeline.vae, pipeline.text_encoder):
        torch.nn.Module.to(module, dtype)
    pipeline.save_pretrained(folder, variant=variant)
    write_tokenizer(folder / "tokenizer")
    (folder / "README.md").write_text("---\nlicense: creativeml-openrail-m\n---\nTerms.\n", encoding="utf-8")
    return folder
