"""A model pack with random weights, under 1 MB, made on the fly. For tests only: it has learnt nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from inference.backend import FINDINGS
from inference.models.m4cxr import M4cxrConfig, new_m4cxr, save_m4cxr
from inference.packs import PREPROCESSOR, TOKENIZER, write_manifest
from inference.preprocess import PREPROCESSING_VERSION, PictureProcessor
from inference.text.prompts import PROMPT_VERSION

FIXTURES = Path(__file__).parent / "parity" / "fixtures"
ABOUT = {
    "id": "tiny",
    "version": "0.1",
    "title": "Tiny random model",
    "architecture": "m4cxr",
    "tasks": ["report", "grounding", "questions", "impression"],
    "findings": list(FINDINGS),
    "preprocessing": PREPROCESSING_VERSION,
    "box_frame": "shortest_edge",
    "prompt_version": PROMPT_VERSION,
    "licence": {"id": "Apache-2.0", "text": "Made by a script, for tests.", "research_only": True},
    "intended_use": "Tests of the program. It has learnt nothing.",
    "training_data": "None.",
    "card": "Random weights. It has learnt nothing.",
}


def make_tiny_pack(folder: Path, seed: int = 0, **about: object) -> Path:
    """Write a whole pack into `folder` (made if needed) and return it. The same seed gives the same weights.

    Pictures of 70 x 70, 9 tokens each, a vocabulary of 1000. `about` replaces fields of the manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = M4cxrConfig.from_json(
        json.loads((FIXTURES / "small" / "config.json").read_text(encoding="utf-8"))
    )
    model = new_m4cxr(config, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():  # strong enough that answers depend on the picture
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.15)
    save_m4cxr(model, folder, torch.float16)
    shutil.copyfile(FIXTURES / "tokenizer" / "tokenizer.json", folder / TOKENIZER)
    processor = PictureProcessor(config.image_side).to_preprocessor_config()
    (folder / PREPROCESSOR).write_text(json.dumps(processor), encoding="utf-8")
    write_manifest(folder, {**ABOUT, **about})
    return folder
