"""Packs that draw, as far as no network is loaded: manifest, facts, words. No torch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference.errors import PackRefused, WrongPack
from inference.packs import GENERATOR, READER, find_pack, open_pack, write_manifest
from inference.packs.command import main
from inference.packs.installed import installed
from inference.packs.manifest import Manifest, json_schema
from inference.synthesis.facts import read_facts
from inference.synthesis.prompt_tokenizer import PromptTokenizer

TOKENIZER = Path(__file__).parents[3] / "parity" / "fixtures" / "tokenizer" / "tokenizer.json"
NOTHING = (8).to_bytes(8, "little") + b"{}      "
"""A safetensors file without tensors."""
ABOUT = {
    "id": "synth",
    "version": "0.1",
    "title": "A generator",
    "architecture": "cxr-sd",
    "tasks": ["synthesis"],
    "licence": {"id": "MIT", "text": "As it is.", "research_only": True},
    "intended_use": "Tests.",
    "training_data": "None.",
    "card": "Nothing.",
}
READS = {
    "architecture": "m4cxr",
    "findings": ["edema"],
    "preprocessing": "rad-dino-1",
    "box_frame": "shortest_edge",
    "prompt_version": "m4cxr-1",
}
FILES = {
    "model_index.json": b"{}",
    "synthesis.json": b'{"rows": 64, "columns": 64}',
    "scheduler/scheduler_config.json": b"{}",
    "unet/config.json": b"{}",
    "vae/config.json": b"{}",
    "text_encoder/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": NOTHING,
    "vae/diffusion_pytorch_model.safetensors": NOTHING,
    "text_encoder/model.safetensors": NOTHING,
}


@pytest.fixture
def pack(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path / "packs"))
    folder = tmp_path / "packs" / "synth"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write_manifest(folder, ABOUT)
    return folder


def test_a_generators_pack_opens_without_what_only_a_reader_has(pack):
    manifest = open_pack(pack, whole=True).manifest
    assert manifest.architecture == GENERATOR and manifest.findings == () and manifest.box_frame is None


@pytest.mark.parametrize("field", ["findings", "preprocessing", "box_frame", "prompt_version"])
def test_a_pack_that_reads_still_needs_all_of_its_fields(field):
    about = {
        **ABOUT,
        **READS,
        "schema_version": 2,
        "files": [{"name": "a.json", "size": 0, "sha256": "0" * 64}],
    }
    assert Manifest.model_validate(about).architecture == READER
    about.pop(field)
    with pytest.raises(ValueError, match=f"must have {field}"):
        Manifest.model_validate(about)


def test_the_schema_for_editors_asks_the_same_of_packs_that_read():
    schema = json.loads(json_schema())
    assert schema["if"] == {"properties": {"architecture": {"const": "m4cxr"}}}
    assert "preprocessing" in schema["then"]["required"] and "preprocessing" not in schema["required"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_generators_pack_without_one_of_its_files_is_refused_by_name(pack, name):
    (pack / name).unlink()
    with pytest.raises(PackRefused, match=name):
        write_manifest(pack, ABOUT)


def test_a_pickle_beside_the_weights_is_refused(pack):
    (pack / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(PackRefused, match=r"diffusion_pytorch_model\.bin"):
        open_pack(pack)


def test_a_generator_is_not_taken_to_read_nor_a_reader_to_draw(pack):
    assert find_pack("synth", GENERATOR).folder == pack
    with pytest.raises(WrongPack, match="“synth” draws synthetic films; it can't read any"):
        find_pack("synth")
    with pytest.raises(WrongPack, match="“starter” reads films; it can't draw any"):
        find_pack("starter", GENERATOR)


def test_where_no_pack_is_named_each_kind_has_its_own_starter(pack):
    assert find_pack().manifest.id == "starter"
    pack.rename(pack.with_name("starter-synth"))
    assert find_pack(None, GENERATOR).folder.name == "starter-synth"


def test_listed_packs_say_whether_they_read_or_draw(pack, capsys):
    reads = {one.id: one.reads for one in installed()}
    assert reads["synth"] is False and reads["starter"] is True
    assert main(["list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "draws synthetic films" in lines["synth"] and "  reads  " in lines["starter"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": 4}, "rows"),
        ({"latent_std": [1.0, 0.0]}, "latent_std"),
        ({"latent_mean": [0.0], "latent_std": [1.0, 2.0]}, "one number for each channel"),
        ({"view_sentences": {"PA": "PA."}}, "no sentence for the view AP"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_facts_that_are_wrong_are_refused_by_field(pack, change, words):
    (pack / "synthesis.json").write_text(json.dumps({"rows": 64, "columns": 64, **change}), encoding="utf-8")
    with pytest.raises(PackRefused, match=words):
        read_facts(pack)


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def words(tmp_path) -> PromptTokenizer:
    (tmp_path / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())
    names = {"bos_token": "<s>", "eos_token": {"content": "</s>"}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(names), encoding="utf-8")
    return PromptTokenizer(tmp_path, 12)


def test_a_prompt_is_start_words_end_and_padding_of_a_fixed_length(words):
    ids = words.ids("effusion")
    assert len(ids) == 12 and ids[0] == words.start == 1 and ids[-1] == words.end == 2
    assert ids.count(words.end) == 12 - 1 - len([one for one in ids[1:] if one != 2])
    assert words.ids("") == [1] + [2] * 11


def test_a_long_prompt_is_cut_before_its_end_and_that_is_told(words):
    text = "right pleural effusion " * 9
    ids = words.ids(text)
    assert len(ids) == 12 and ids[-1] == words.end and ids[1] != words.end
    assert words.is_cut(text) and not words.is_cut("effusion")


def test_a_tokenizer_that_names_no_end_is_refused(words, tmp_path):
    (tmp_path / "tokenizer_config.json").write_text('{"bos_token": "<s>"}', encoding="utf-8")
    with pytest.raises(PackRefused, match="eos_token"):
        PromptTokenizer(tmp_path, 12)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(PackRefused, match=r"neither tokenizer\.json nor vocab\.json"):
        PromptTokenizer(tmp_path, 12)
