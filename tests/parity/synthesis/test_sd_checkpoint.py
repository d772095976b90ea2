"""Any Stable Diffusion folder as base: converted, drawn with, and the same numbers as diffusers' own pipelines."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from diffusers import (
    ControlNetModel,
    DPMSolverMultistepScheduler,
    StableDiffusionControlNetPipeline,
    StableDiffusionPipeline,
)
from parity.synthesis.sd_folder import END, LENGTH, MERGES, START, byte_letters, vocabulary, write_sd_folder
from safetensors.torch import load_file, save_file

from inference.errors import PackError, PackRefused, WrongPack
from inference.packs import find_pack, open_pack
from inference.packs.command import main
from inference.synthesis.adapter import ReportControl
from inference.synthesis.facts import SynthesisFacts
from inference.synthesis.from_checkpoint import GeneratorSource, convert_generator, licence_of
from inference.synthesis.generator import Generator
from inference.synthesis.networks import Networks, load_networks
from inference.synthesis.weight_files import read_vae
from inference.synthesis.wish import FilmWish

FACTS = SynthesisFacts(rows=16, columns=16)
WISH = FilmWish("effusion", view="lateral", seed=5, steps=6, guidance=3.0)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_sd_folder(tmp_path_factory.mktemp("sd") / "checkpoint")


@pytest.fixture(scope="module")
def networks(checkpoint) -> Networks:
    return Networks(checkpoint, FACTS)


# ── the words ───────────────────────────────────────────────────────────────────────────────────────────────────


def published_clip_ids(text: str) -> list[int]:
    """CLIP's byte-pair encoding, word by word, as OpenAI's `simple_tokenizer` does it."""
    ids, known, ranks = [], vocabulary(), {pair: rank for rank, pair in enumerate(MERGES)}
    text = re.sub(r"\s+", " ", text).strip().lower()
    for word in re.findall(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+", text):
        pieces = [byte_letters()[byte] for byte in word.encode()]
        pieces[-1] += "</w>"
        while pairs := [pair for pair in pairwise(pieces) if pair in ranks]:
            first, second = min(pairs, key=ranks.__getitem__)
            merged, place = [], 0
            while place < len(pieces):
                together = pieces[place : place + 2] == [first, second]
                merged.append(first + second if together else pieces[place])
                place += 2 if together else 1
            pieces = merged
        ids += [known[piece] for piece in pieces]
    return ids


@pytest.mark.parametrize(
    "text",
    [
        "Right effusion.",
        "PA view of the chest was obtained.  No\n effusion, 3.5 cm; it's larger (again)?",
        "Ärztin: 5 µm_x",
        "",
    ],
)
def test_clip_word_pieces_are_those_of_the_published_algorithm(networks, text):
    words = published_clip_ids(text)[: LENGTH - 2]
    known = vocabulary()
    expected = [known[START], *words, known[END]]
    assert networks.tokenizer.ids(text) == expected + [known[END]] * (LENGTH - len(expected))
    assert networks.tokenizer.is_cut(text) == (len(published_clip_ids(text)) > LENGTH - 2)


# ── the same numbers as diffusers ───────────────────────────────────────────────────────────────────────────────


def _pipeline(checkpoint) -> StableDiffusionPipeline:
    none = dict.fromkeys(("tokenizer", "safety_checker", "feature_extractor", "image_encoder"))
    return StableDiffusionPipeline.from_pretrained(checkpoint, local_files_only=True, **none)


def _theirs(pipeline, networks, **more) -> np.ndarray:
    """What a pipeline of diffusers draws for WISH, from the same noise, in grey levels."""
    schedule = pipeline.scheduler.config
    pipeline.scheduler = DPMSolverMultistepScheduler.from_config(schedule, algorithm_type="dpmsolver++")
    pipeline.set_progress_bar_config(disable=True)
    generator = Generator(networks)
    ids = [networks.tokenizer.ids(text) for text in ("", generator.prompt_text(WISH))]
    without, with_words = pipeline.text_encoder(torch.tensor(ids)).last_hidden_state.split(1)
    noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(WISH.seed))
    made = pipeline(
        prompt_embeds=with_words,
        negative_prompt_embeds=without,
        latents=noise,
        num_inference_steps=WISH.steps,
        guidance_scale=WISH.guidance,
        output_type="latent",
        **more,
    )
    picture = pipeline.vae.decode(made.images / pipeline.vae.config.scaling_factor).sample
    return ((picture[0].mean(dim=0) + 1) * 127.5).clamp(0, 255).numpy()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@torch.no_grad()
def test_a_film_is_the_one_that_diffusers_pipeline_draws(checkpoint, networks):
    pipeline = _pipeline(checkpoint)
    film = Generator(networks).draw(WISH)
    theirs = _theirs(pipeline, networks)
    assert np.ptp(film) > 20
    assert np.abs(film - theirs).max() < 0.51  # half a grey level: ours is rounded


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@torch.no_grad()
def test_an_adapted_film_is_the_one_that_diffusers_controlnet_pipeline_draws(checkpoint):
    adapted = Networks(checkpoint, FACTS)
    plain = Generator(adapted).draw(WISH)
    control = ReportControl.from_unet(adapted.unet)
    generator = torch.Generator().manual_seed(1)
    for name, zero in control.zero_convolutions().items():
        if name != "entry":  # their condition is a picture; without one both say nothing here
            zero.weight.copy_(torch.randn(zero.weight.shape, generator=generator) * 0.2)
    adapted.control = control
    theirs = ControlNetModel.from_unet(adapted.unet)
    mine = control.network.state_dict()
    theirs.load_state_dict({name: one for name, one in mine.items() if "cond_emb" not in name}, strict=False)
    parts = _pipeline(checkpoint).components
    pipeline = StableDiffusionControlNetPipeline(**parts, controlnet=theirs, requires_safety_checker=False)
    film = Generator(adapted).draw(WISH)
    assert not np.array_equal(film, plain)
    assert np.abs(film - _theirs(pipeline, adapted, image=torch.rand(1, 3, 64, 64))).max() < 0.51


# ── folders as they are published ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("variant", "dtype"), [("fp16", torch.float16), ("bf16", torch.bfloat16)])
def test_half_precision_variants_are_read(tmp_path, networks, variant, dtype):
    folder = write_sd_folder(tmp_path / "half", variant=variant, dtype=dtype)
    half = Networks(folder, FACTS)
    assert {path.name for path in (folder / "unet").iterdir()} >= {
        f"diffusion_pytorch_model.{variant}.safetensors"
    }
    expected = networks.unet.conv_in.weight
    assert half.unet.dtype == torch.float32 and torch.equal(
        half.unet.conv_in.weight, expected.to(dtype).float()
    )


def test_attention_of_older_autoencoder_files_is_read_under_its_new_names(checkpoint, tmp_path):
    new = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "config.json").write_bytes((checkpoint / "vae" / "config.json").read_bytes())
    tensors = load_file(checkpoint / "vae" / "diffusion_pytorch_model.safetensors")
    old = {}
    for name, tensor in tensors.items():
        now = next((one for one in new if f"attentions.0.{one}." in name), "")
        is_conv = now in ("to_q", "to_k") and tensor.dim() == 2
        old[name.replace(f".{now}.", f".{new.get(now)}.")] = (
            tensor[:, :, None, None].contiguous() if is_conv else tensor
        )
    assert set(old) != set(tensors)
    save_file(old, tmp_path / "vae" / "diffusion_pytorch_model.safetensors")
    read = read_vae(tmp_path / "vae").state_dict()
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())


def test_weights_that_miss_a_tensor_are_refused_by_name(checkpoint, tmp_path):
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "config.json").write_bytes((checkpoint / "vae" / "config.json").read_bytes())
    tensors = load_file(checkpoint / "vae" / "diffusion_pytorch_model.safetensors")
    tensors.pop("decoder.conv_in.weight")
    save_file(tensors, tmp_path / "vae" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(PackRefused, match=r"vae.*missing.*decoder\.conv_in\.weight"):
        read_vae(tmp_path / "vae")


def test_a_checkpoint_becomes_a_pack_that_draws_and_never_reads(checkpoint, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path / "packs"))
    adapter = tmp_path / "adapter"
    ReportControl.from_unet(Networks(checkpoint, FACTS).unet).save(adapter)
    command = ["convert", str(checkpoint), "--model", "cxr-sd", "--accept-licence", "--adapter", str(adapter)]
    assert main([*command, "--precision", "float32"]) == 0
    pack = open_pack(tmp_path / "packs" / "cxr-sd", whole=True)
    assert pack.manifest.licence.id == "creativeml-openrail-m" and pack.manifest.licence.research_only
    read = {origin.role: set(origin.files) for origin in pack.manifest.origins}
    assert (
        "unet/diffusion_pytorch_model.safetensors" in read["base"] and "tokenizer/merges.txt" in read["base"]
    )
    assert read["adapter"] == {"config.json", "diffusion_pytorch_model.safetensors"}
    film = Generator(load_networks(pack)).draw(WISH)  # at step 0: the base's own
    assert np.array_equal(film, Generator(Networks(checkpoint, FACTS)).draw(WISH))
    with pytest.raises(WrongPack, match="draws synthetic films"):
        find_pack("cxr-sd")
    assert main(["list"]) == 0 and main(["verify", "cxr-sd"]) == 0
    assert "draws synthetic films" in capsys.readouterr().out


def test_a_checkpoint_in_pickles_is_refused_unopened(checkpoint, tmp_path):
    folder = write_sd_folder(tmp_path / "pickled")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(PackRefused, match=r"pickle only \(diffusion_pytorch_model\.bin\)"):
        convert_generator(GeneratorSource(folder), tmp_path / "out", "x", "float16", licence_of(folder))
    assert not (tmp_path / "out").exists()


def test_a_pickle_that_calls_itself_safetensors_is_refused_unopened(checkpoint, tmp_path):
    folder = write_sd_folder(tmp_path / "disguised")
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(PackRefused, match="pickle"):
        convert_generator(GeneratorSource(folder), tmp_path / "out", "x", "float16", licence_of(folder))
    assert list(tmp_path.glob(".convert-*")) == []


def test_numbers_too_large_for_the_precision_are_refused(tmp_path):
    folder = write_sd_folder(tmp_path / "large")
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    tensors["conv_in.bias"][0] = 1e6
    save_file(tensors, path)
    with pytest.raises(PackRefused, match=r"conv_in\.bias.*too large for float16"):
        convert_generator(GeneratorSource(folder), tmp_path / "out", "x", "float16", licence_of(folder))


def test_a_checkpoint_without_terms_is_not_converted_until_they_are_named(checkpoint, tmp_path):
    with pytest.raises(PackError, match="brings no licence") as refused:
        licence_of(tmp_path)
    assert "--licence-file" in refused.value.remedy
    (tmp_path / "terms.txt").write_text("Do no harm.", encoding="utf-8")
    assert licence_of(tmp_path, tmp_path / "terms.txt").text == "Do no harm."


def test_a_config_of_another_kind_is_refused(checkpoint, tmp_path):
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "config.json").write_text(json.dumps({"_class_name": "VQModel"}), encoding="utf-8")
    with pytest.raises(PackRefused, match="VQModel; known are: AutoencoderKL, AutoencoderTiny"):
        read_vae(tmp_path / "vae")
