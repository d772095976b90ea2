"""The small convolutional encoder: the published arithmetic, read from the published layout, and at home in a pack."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from parity.published_lite import published_lite
from torch import Tensor
from torch.nn import functional

from inference.errors import PackRefused
from inference.models.config import M4cxrConfig
from inference.models.efficientnet import EfficientNetLite, block_sizes, feature_width
from inference.models.eyes import load_eyes
from inference.models.m4cxr import load_m4cxr, new_m4cxr, save_m4cxr
from inference.models.sizes import part_sizes
from inference.preprocess import RAD_DINO_MEAN, RAD_DINO_STD
from inference.training.starter.pretrained import LITE0, folded, read_backbone

SIDE = 64
CONFIG = {
    "vision_config": {"encoder_type": "efficientnet_lite", "hidden_size": 432, "image_size": SIDE,
                      "patch_size": 16, "width": 1.0, "depth": 1.0},
    "projector_config": {"encoder_hidden_size": 432, "hidden_size": 16, "output_hidden_size": 32,
                         "num_query_tokens": 4, "depth": 1},
    "text_config": {"vocab_size": 100, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1,
                    "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "rope_theta": 10000.0},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def plain(tensors: dict[str, Tensor], pictures: Tensor) -> list[Tensor]:
    """Every block's output by the published formula, from pictures (n, s, s) of grey 0..255."""

    def step(grid: Tensor, convolution: str, norm: str, stride: int, rim: float, *, activate: bool) -> Tensor:
        weight = tensors[f"{convolution}.weight"]
        kernel, side = weight.shape[-1], grid.shape[-1]
        lacking = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        before, after = lacking // 2, lacking - lacking // 2
        grid = functional.pad(grid, (before, after, before, after), value=rim)
        grid = functional.conv2d(grid, weight, stride=stride, groups=grid.shape[1] // weight.shape[1])
        mean, var, scale, shift = (
            tensors[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
        )
        grid = functional.batch_norm(grid, mean, var, scale, shift, eps=1e-3)
        return grid.clamp(0, 6) if activate else grid

    grid = ((pictures - 127) / 128)[:, None].expand(-1, 3, -1, -1)
    rim = (RAD_DINO_MEAN * 255 - 127) / 128  # what the engine's pixel value 0 is in their grey
    grid = step(grid, "_conv_stem", "_bn0", 2, rim, activate=True)
    outputs = []
    for number, sizes in enumerate(block_sizes(**LITE0)):
        name, before = f"_blocks.{number}.", grid
        if sizes.expansion > 1:
            grid = step(grid, f"{name}_expand_conv", f"{name}_bn0", 1, 0, activate=True)
        grid = step(grid, f"{name}_depthwise_conv", f"{name}_bn1", sizes.stride, 0, activate=True)
        grid = step(grid, f"{name}_project_conv", f"{name}_bn2", 1, 0, activate=False)
        if sizes.stride == 1 and before.shape == grid.shape:
            grid = grid + before
        outputs.append(grid)
    return outputs


@torch.no_grad()
def test_the_folded_network_computes_what_was_published() -> None:
    tensors, pictures = published_lite(), torch.randint(0, 256, (2, SIDE, SIDE)).float()
    encoder = EfficientNetLite({**LITE0, "num_channels": 3})
    encoder.load_state_dict(folded(tensors).encoder)

    values = ((pictures / 255 - RAD_DINO_MEAN) / RAD_DINO_STD)[:, None].expand(-1, 3, -1, -1)
    fine, coarse = encoder.maps(values)

    outputs = plain(tensors, pictures)
    assert fine.shape == (2, 112, SIDE // 16, SIDE // 16)
    torch.testing.assert_close(fine, outputs[10], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(coarse, outputs[-1], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    ("scale", "blocks", "width", "last"), [((1.0, 1.0), 16, 432, 320), ((1.1, 1.2), 21, 472, 352)]
)
def test_the_published_variants_have_their_published_sizes(
    scale: tuple[float, float], blocks: int, width: int, last: int
) -> None:
    sizes = block_sizes(*scale)

    assert (len(sizes), feature_width(*scale), sizes[-1].channels) == (blocks, width, last)


@torch.no_grad()
def test_a_pack_with_this_encoder_sees_the_same_after_it_was_written(tmp_path: Path) -> None:
    model = new_m4cxr(M4cxrConfig.from_json(CONFIG), seed=1).eval()
    save_m4cxr(model, tmp_path)
    values = torch.randn(2, 3, SIDE, SIDE)

    seen = model.picture_tokens(values)

    config = M4cxrConfig.from_json(model.config.to_json())
    tensors = {name: t for name, t in model.state_dict().items() if not name.startswith("language_model.")}
    eyes = load_eyes(config, set(tensors), tensors.__getitem__)
    for other in (load_m4cxr(tmp_path), load_m4cxr(tmp_path, lean=True), eyes):
        torch.testing.assert_close(other.picture_tokens(values), seen, atol=1e-5, rtol=0)
    assert model.visual_features(values).shape == (2, 16, 432)


def test_its_weights_are_counted_without_building_it() -> None:
    config = M4cxrConfig.from_json(CONFIG)

    counted = part_sizes(config).vision

    assert counted == sum(p.numel() for p in new_m4cxr(config, 0).vision_model.parameters())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"patch_size": 14}, "patch_size"),
        ({"image_size": 80}, "multiple of 32"),
        ({"width": 1.1}, "hidden_size"),
    ],
)
def test_sizes_that_contradict_each_other_are_refused(change: dict[str, float], said: str) -> None:
    config = {**CONFIG, "vision_config": {**CONFIG["vision_config"], **change}}

    with pytest.raises(PackRefused, match=said):
        M4cxrConfig.from_json(config)


def test_other_weights_than_the_recipes_are_not_read(tmp_path: Path) -> None:
    torch.save(published_lite(), tmp_path / "other.pth")

    with pytest.raises(ValueError, match="hash is another"):
        read_backbone(tmp_path / "other.pth")
