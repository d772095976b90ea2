"""What is measured: a model, a film, and how long its answers are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from inference.backend import FINDINGS
from inference.devices import use_cores
from inference.engine.answer_forms import PRESENT_FINDING, Boxes
from inference.engine.constraint import Pieces, grammar_pieces
from inference.models.config import M4cxrConfig
from inference.models.m4cxr import M4cxr, load_m4cxr
from inference.packs import PREPROCESSOR, TOKENIZER
from inference.phantom import project, sample_case
from inference.preprocess import PictureProcessor
from inference.text.tokenizer import M4cxrTokenizer

Size = Literal["tiny", "starter", "1b"]
STARTER = Path(__file__).parents[1] / "bundled" / "starter"
FILM_SIZE = (512, 512)
_SEED = 5
_FILM_FINDINGS = frozenset({"cardiomegaly", "pleural effusion"})


@dataclass(frozen=True, slots=True)
class Lengths:
    """The most tokens of each answer. A random model never stops by itself: there they are what both ways write."""

    list: int
    report: int
    boxes: int
    yes_no: int = 3  # `Yes.`
    decode: int = 48  # where the speed of decoding alone is taken


@dataclass(frozen=True, slots=True)
class Subject:
    """All that both ways are given."""

    size: Size
    title: str
    model: M4cxr  # transformers' modules: the plain way computes with them
    lean: M4cxr  # the same weights as the engine holds them
    tokenizer: M4cxrTokenizer
    pieces: Pieces
    grey: NDArray[np.uint8]  # the film as the model sees it, before its preprocessing
    processor: PictureProcessor
    lengths: Lengths
    box_form: Boxes
    located: tuple[str, ...]  # findings that boxes are asked for
    asked: tuple[str, ...]  # findings that a yes or no is asked for
    is_random: bool

    def pixels(self) -> torch.Tensor:
        """Pixel values (1, 3, side, side)."""
        return torch.from_numpy(self.processor.pixel_values(self.grey)).unsqueeze(0)


def subject(size: Size) -> Subject:
    """Make or load a subject. `1b` takes 5 GB of memory and half a minute."""
    if size == "starter":
        return _starter()
    return _random("1b", ONE_BILLION) if size == "1b" else _random("tiny", TINY)


def _starter() -> Subject:
    model = load_m4cxr(STARTER)
    return _made(
        "starter", "bundled starter", model, Lengths(150, 500, 200), PRESENT_FINDING, FINDINGS, FINDINGS
    )


def _random(size: Size, config: M4cxrConfig) -> Subject:
    model = random_model(config)
    billions = sum(parameter.numel() for parameter in model.language_model.parameters()) / 1e9
    title = f"random weights, language model of {billions:.2g} billion"
    lengths = Lengths(30, 100, 24, decode=24) if size == "1b" else Lengths(8, 12, 16, decode=8)
    located, asked = (FINDINGS, FINDINGS) if size == "1b" else (FINDINGS[:3], FINDINGS[:4])
    return _made(size, title, model, lengths, Boxes("Yes. ", most=1), located, asked)


def _made(
    size: Size,
    title: str,
    model: M4cxr,
    lengths: Lengths,
    form: Boxes,
    located: tuple[str, ...],
    asked: tuple[str, ...],
) -> Subject:
    use_cores(sum(parameter.numel() for parameter in model.parameters()))
    tokenizer = M4cxrTokenizer(STARTER / TOKENIZER, model.config.image_tokens)
    vocabulary: dict[str, int] = _json(TOKENIZER)["model"]["vocab"]
    is_random = size != "starter"
    processor = (
        PictureProcessor(model.config.image_side)
        if is_random
        else PictureProcessor.from_preprocessor_config(_json(PREPROCESSOR))
    )
    pieces = Pieces(grammar_pieces(vocabulary), tokenizer.eos_id)
    return Subject(
        size,
        title,
        model,
        _lean(model),
        tokenizer,
        pieces,
        _film(),
        processor,
        lengths,
        form,
        located,
        asked,
        is_random,
    )


def _lean(model: M4cxr) -> M4cxr:
    """The same tensors, not copied, in the modules that the engine serves with."""
    with torch.device("meta"):
        lean = M4cxr(model.config, lean=True)
    lean.load_state_dict(model.state_dict(), assign=True)
    return lean.eval().requires_grad_(False)


def random_model(config: M4cxrConfig) -> M4cxr:
    """A model without training: what a token costs does not depend on what the weights are."""
    with torch.device("meta"):  # transformers' own initialisation takes minutes at this size
        made = M4cxr(config)
    made.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(_SEED)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if name.endswith("norm.weight") or "norm" in name.rsplit(".", 2)[-2]:
                parameter.fill_(1.0)
            else:
                parameter.uniform_(-0.03, 0.03, generator=generator)
    rotary = made.language_model.model.rotary_emb
    made.language_model.model.rotary_emb = type(rotary)(made.language_model.config)
    return made.eval().requires_grad_(False)


def _film() -> NDArray[np.uint8]:
    """A phantom's frontal film with two findings, computed here: no file is read."""
    picture = project(sample_case(_SEED, findings=_FILM_FINDINGS), "PA", FILM_SIZE).picture
    grey: NDArray[np.uint8] = np.rint(picture * 255).astype(np.uint8)
    return grey


def _json(name: str) -> Any:
    return json.loads((STARTER / name).read_text("utf-8"))


def _config(
    side: int, tokens: int, vision: dict[str, Any], projector: int, language: dict[str, Any]
) -> M4cxrConfig:
    return M4cxrConfig.from_json(
        {
            "vision_config": {"encoder_type": "dinov2", "image_size": side, "patch_size": 14, **vision},
            "projector_config": {
                "encoder_hidden_size": vision["hidden_size"],
                "hidden_size": projector,
                "output_hidden_size": language["hidden_size"],
                "num_query_tokens": tokens,
            },
            "text_config": {"rms_norm_eps": 1e-5, "rope_theta": 1e6, **language},
        }
    )


ONE_BILLION = _config(
    518,
    361,
    {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12},
    1024,
    {
        "vocab_size": 32000,
        "hidden_size": 2048,
        "intermediate_size": 5632,
        "num_hidden_layers": 22,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
    },
)
"""M4CXR's own encoder and picture tokens (ViT-B/14 at 518, 361); a Mistral of 22 layers."""
TINY = _config(
    70,
    9,
    {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    32,
    {
        "vocab_size": 2048,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    },
)
"""Shows only that everything works."""
