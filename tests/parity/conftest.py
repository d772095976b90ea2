"""Models and tokenizers of the fixture set, each loaded once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import torch
from parity.fixture_files import ROOT, arrays, has
from parity.sentencepiece_vocabulary import mistral_json

from inference.models.m4cxr import M4cxr, load_m4cxr
from inference.text.tokenizer import M4cxrTokenizer

torch.set_num_threads(1)


@cache
def _model(folder: str) -> M4cxr:
    return load_m4cxr(ROOT / folder)


@pytest.fixture(scope="session")
def load() -> Callable[[str], M4cxr]:
    """Load a full model of the set by its folder's name."""
    return _model


@pytest.fixture(scope="session")
def pixel_values() -> Callable[[str], torch.Tensor]:
    """All pictures of a model folder as (n, 3, side, side)."""

    def build(folder: str) -> torch.Tensor:
        inputs = arrays(f"{folder}/inputs.npz")
        grey = inputs["u8_to_pixel"][inputs["crop_u8"]]
        return torch.from_numpy(grey)[:, None].repeat(1, 3, 1, 1)

    return build


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Callable[[int], M4cxrTokenizer]:
    """The set's own small tokenizer, for a number of image tokens."""

    @cache
    def build(image_tokens: int) -> M4cxrTokenizer:
        if not has("tokenizer/tokenizer.json"):
            pytest.skip("this fixture set has no tokenizer/tokenizer.json")
        return M4cxrTokenizer(ROOT / "tokenizer" / "tokenizer.json", image_tokens)

    return build


@pytest.fixture(scope="session")
def mistral_tokenizer() -> M4cxrTokenizer:
    """The real Mistral v1 vocabulary, out of the mistral-common package, as the model's tokenizer."""
    return M4cxrTokenizer(mistral_json(), 361)
