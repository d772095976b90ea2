"""The towers that serve compute what transformers' do, without loading transformers' modelling code."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from parity.fixture_files import ROOT, folders_with

from inference.engine.torch_runtime import TorchLanguageModel
from inference.models.checkpoint import read_json
from inference.models.config import M4cxrConfig
from inference.models.lean import has_lean_form
from inference.models.m4cxr import load_m4cxr
from tests.tiny_pack import make_tiny_pack

FULL = [name for name in folders_with("inputs.npz", "model.safetensors") if name != "clip"]
HEAVY = (
    "transformers.modeling_utils",
    "torch._dynamo",
    "scipy",
    "bitsandbytes",
    "diffusers",
    "sklearn",
    "onnx",
)


@pytest.mark.parametrize("folder", FULL)
def test_the_lean_towers_compute_what_transformers_computes(folder):
    lean, whole = load_m4cxr(ROOT / folder, lean=True), load_m4cxr(ROOT / folder)
    assert type(lean.vision_model) is not type(whole.vision_model)
    assert lean.state_dict().keys() == whole.state_dict().keys()

    side = lean.config.image_side
    pixels = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        pictures = [model.picture_tokens(pixels) for model in (lean, whole)]
        logits = [_logits(model.language_model, pictures[0][0]) for model in (lean, whole)]
    torch.testing.assert_close(*pictures, atol=1e-5, rtol=0)
    torch.testing.assert_close(*logits, atol=1e-5, rtol=0)


def _logits(language_model, rows):
    runtime = TorchLanguageModel(language_model)
    return runtime.read(rows[None], runtime.new_memory())


def test_a_clip_encoder_stays_with_transformers():
    config = M4cxrConfig.from_json(read_json(ROOT / "clip" / "config.json"))
    assert not has_lean_form(config)


def test_serving_loads_no_modelling_code_of_others(tmp_path):
    """After a crash a reader waits for these imports."""
    pack = make_tiny_pack(tmp_path / "tiny")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from inference.engine.engine import M4cxrBackend\n"
        "from inference.packs import open_pack\n"
        f"M4cxrBackend(open_pack(Path({str(pack)!r})))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]", told.stderr
