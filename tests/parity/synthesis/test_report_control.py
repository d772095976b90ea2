"""The adapter: nothing at step 0, only itself after step 1, and ControlNet's arithmetic where the two coincide."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from tiny_synth_pack import UNET, write_tiny_synth_pack

from inference.errors import PackRefused
from inference.packs import open_pack
from inference.synthesis.adapter import ReportControl
from inference.synthesis.generator import Generator
from inference.synthesis.networks import Networks, load_networks
from inference.synthesis.wish import FilmWish

WISH = FilmWish("small left pneumothorax", view="lateral", seed=3, steps=3)


@pytest.fixture(scope="module")
def step_0(tmp_path_factory) -> Networks:
    """A pack whose adapter was not trained yet."""
    folder = write_tiny_synth_pack(tmp_path_factory.mktemp("step-0"), control="new")
    return load_networks(open_pack(folder))


def _inputs(networks: Networks, seed: int = 0, batch: int = 2):
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn((batch, *networks.latent_shape), generator=generator)
    return latents, torch.tensor([500] * batch), networks.encode_text(["large effusion", ""][:batch])


def _bytes(module: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _shaken(control: ReportControl, seed: int = 1) -> ReportControl:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for zero in control.zero_convolutions().values():
            zero.weight.add_(torch.randn(zero.weight.shape, generator=generator), alpha=0.2)
            zero.bias.add_(torch.randn(zero.bias.shape, generator=generator), alpha=0.2)
    return control


@torch.no_grad()
def test_at_step_0_one_call_is_the_bases_bit_for_bit(step_0):
    latents, timesteps, prompt = _inputs(step_0)
    adapted = step_0.predict(latents, timesteps, prompt)
    base = step_0.unet(latents, timesteps, encoder_hidden_states=prompt.tokens).sample
    assert step_0.control is not None
    assert adapted.numpy().tobytes() == base.numpy().tobytes()


def test_at_step_0_a_drawn_film_is_the_bases_bit_for_bit(step_0, tmp_path_factory):
    folder = write_tiny_synth_pack(
        tmp_path_factory.mktemp("trained")
    )  # the same base under a trained adapter
    base = load_networks(open_pack(folder), with_control=False)
    trained = load_networks(open_pack(folder))
    film = Generator(step_0).draw(WISH)
    assert base.control is None
    assert Generator(base).draw(WISH).tobytes() == film.tobytes()
    assert Generator(trained).draw(WISH).tobytes() != film.tobytes()


def test_one_training_step_changes_the_adapter_alone_and_lets_its_zero_convolutions_leave_zero(step_0):
    control = ReportControl.from_unet(step_0.unet).train().requires_grad_(True)
    frozen = {name: getattr(step_0, name) for name in ("unet", "vae", "text_encoder")}
    before, adapter_before = {name: _bytes(one) for name, one in frozen.items()}, _bytes(control)
    weights = [parameter for one in (*frozen.values(), control) for parameter in one.parameters()]
    optimizer = torch.optim.SGD(weights, lr=0.1)  # it is offered everything; what is frozen has no gradient
    step_0.control, kept = control, step_0.control
    try:
        latents, timesteps, prompt = _inputs(step_0)
        said = step_0.predict(latents, timesteps, prompt)
        torch.nn.functional.mse_loss(said, torch.randn(latents.shape)).backward()
        optimizer.step()
    finally:
        step_0.control = kept
    assert {name: _bytes(one) for name, one in frozen.items()} == before
    assert all(parameter.grad is None for one in frozen.values() for parameter in one.parameters())
    assert _bytes(control) != adapter_before
    still = [name for name, zero in control.zero_convolutions().items() if not bool(zero.weight.any())]
    assert still == ["entry"]  # what stands behind closed doors learns from the second step on


def test_the_entry_leaves_zero_at_the_second_step(step_0):
    control = ReportControl.from_unet(step_0.unet).train().requires_grad_(True)
    optimizer = torch.optim.SGD(control.parameters(), lr=0.1)
    latents, timesteps, prompt = _inputs(step_0)
    for _ in range(2):
        residuals = control(latents, timesteps, prompt.tokens, prompt.pooled)
        optimizer.zero_grad()
        sum(((one - 1) ** 2).mean() for one in (*residuals.skips, residuals.middle)).backward()
        optimizer.step()
    assert bool(control.zero_convolutions()["entry"].weight.any())


@torch.no_grad()
@pytest.mark.parametrize("has_text", [False, True])
def test_its_residuals_are_those_of_diffusers_controlnet_with_the_same_weights(step_0, has_text):
    control = _shaken(ReportControl.from_unet(step_0.unet))
    latents, timesteps, prompt = _inputs(step_0, batch=1)
    pooled = prompt.pooled if has_text else torch.zeros_like(prompt.pooled)
    if not has_text:
        control.zero_convolutions()["entry"].bias.zero_()
    theirs = ControlNetModel.from_unet(step_0.unet)
    mine = control.network.state_dict()
    shared = {name: tensor for name, tensor in mine.items() if not name.startswith("controlnet_cond_")}
    assert theirs.load_state_dict(shared, strict=False).unexpected_keys == []
    # Their embedding of a picture ends in a convolution that is zero; with a bias it gives our constant map.
    theirs.controlnet_cond_embedding.conv_out.bias.copy_(
        control.zero_convolutions()["entry"](pooled[:, :, None, None])[0, :, 0, 0]
    )
    picture = torch.rand(1, 3, *[8 * side for side in latents.shape[-2:]])
    skips, middle = theirs(latents, timesteps, prompt.tokens, picture, return_dict=False)
    ours = control(latents, timesteps, prompt.tokens, pooled)
    assert len(ours.skips) == len(skips) and any(bool(one.any()) for one in skips)
    for one, other in zip((*ours.skips, ours.middle), (*skips, middle), strict=True):
        assert torch.equal(one, other)


@torch.no_grad()
def test_words_reach_the_copy_through_its_entry_and_through_its_attention(step_0):
    control = _shaken(ReportControl.from_unet(step_0.unet))
    latents, timesteps, prompt = _inputs(step_0, batch=1)
    other = step_0.encode_text(["cardiomegaly"])
    middle = control(latents, timesteps, prompt.tokens, prompt.pooled).middle
    assert not torch.equal(control(latents, timesteps, prompt.tokens, other.pooled).middle, middle)
    assert not torch.equal(control(latents, timesteps, other.tokens, prompt.pooled).middle, middle)


@torch.no_grad()
def test_a_saved_adapter_comes_back_the_same(step_0, tmp_path):
    control = _shaken(ReportControl.from_unet(step_0.unet))
    control.save(tmp_path / "control")
    assert _bytes(ReportControl.load(tmp_path / "control")) == _bytes(control)
    (tmp_path / "control" / "config.json").write_text('{"text_width": 16}')
    with pytest.raises(PackRefused, match="no adapter that fits"):
        ReportControl.load(tmp_path / "control")


@torch.no_grad()
def test_words_in_the_time_embedding_reach_the_copy_as_they_reach_its_base(tmp_path):
    shapes = {**UNET, "addition_embed_type": "text", "addition_embed_type_num_heads": 4}
    unet = UNet2DConditionModel(**shapes)
    ReportControl.from_unet(unet).save(tmp_path)
    control = ReportControl.load(tmp_path)

    states = torch.randn(2, 5, UNET["cross_attention_dim"])
    torch.testing.assert_close(
        control.network.add_embedding(states), unet.add_embedding(states), rtol=0, atol=0
    )


def test_the_text_encoding_is_the_state_at_the_end_of_the_text(step_0):
    prompt = step_0.encode_text(["effusion"])
    ids = np.array(step_0.tokenizer.ids("effusion"))
    end = int(np.flatnonzero(ids == step_0.tokenizer.end)[0])
    assert end < len(ids) - 1  # padding follows, which is the same token
    assert torch.equal(prompt.pooled[0], prompt.tokens[0, end])
