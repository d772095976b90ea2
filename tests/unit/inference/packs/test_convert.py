"""A published repository becomes a pack that computes the same, whatever its layout. Only text and tensors are read."""

from __future__ import annotations

import importlib.util
import json
import pickle
import shutil
import sys
from pathlib import Path

import pytest
import torch
from look_alike_repository import ADAPTER_LAYOUTS, LAYOUTS, single, tiny_tensors
from parity.sentencepiece_vocabulary import read_vocabulary
from tiny_pack import FIXTURES

from inference.engine.engine import M4cxrBackend
from inference.errors import PackError, PackRefused
from inference.models.m4cxr import load_m4cxr
from inference.packs import find_pack
from inference.packs.catalogue import catalogue, published
from inference.packs.command import main
from inference.packs.convert import convert
from inference.packs.converted_manifest import Source
from inference.packs.tensor_files import BYTES_PER_VALUE, read_header
from inference.text.sentencepiece_file import tokenizer_from_sentencepiece
from inference.text.tokenizer import M4cxrTokenizer

ENTRY = published("m4cxr")


@pytest.fixture
def repository(tmp_path):
    """Write a look-alike repository; returns what `convert` takes."""

    def write(layout="one file", **sizes) -> Source:
        folder = tmp_path / "repository"
        return Source(folder, LAYOUTS[layout](folder, tiny_tensors(folder, **sizes)))

    return write


def pack_of(source: Source, precision: str = "float32", **more):
    return convert(source, source.folder.parent / "packs" / "m4cxr", ENTRY, "m4cxr", precision, **more)


def logits(folder: Path, base: Path | None = None, **how) -> torch.Tensor:
    model = load_m4cxr(folder, base=base, **how)
    ids = torch.tensor([[1, 5, *[-1] * model.config.image_tokens, 9, 17, 4]])
    pixels = torch.randn(1, 3, 70, 70, generator=torch.Generator().manual_seed(1))
    return model.logits(ids, pixels)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_pack_computes_what_the_repository_does(layout, repository):
    source = repository(layout)
    pack = pack_of(source, with_self_test=False)
    assert torch.equal(logits(pack.folder), logits(source.folder, source.base))


@pytest.mark.parametrize("layout", ADAPTER_LAYOUTS)
def test_the_adapter_was_really_merged(layout, repository, tmp_path):
    source = repository(layout)
    single()(tmp_path, tiny_tensors(tmp_path))
    assert not torch.equal(logits(pack_of(source, with_self_test=False).folder), logits(tmp_path))


def test_a_tied_head_stays_tied(repository):
    source = repository(tie_word_embeddings=True)
    pack = pack_of(source)
    names = {entry.name for path in pack.folder.glob("*.safetensors") for entry in read_header(path)}
    assert "language_model.lm_head.weight" not in names
    assert torch.equal(logits(pack.folder), logits(source.folder))
    M4cxrBackend(pack)


@pytest.mark.parametrize("scheme", ["nf4", "int8"])
def test_quantised_weights_lie_in_the_pack_as_loading_would_make_them(scheme, repository):
    source = repository("bfloat16")
    pack = pack_of(source, scheme)
    assert pack.manifest.quantisation.scheme == scheme
    ours = logits(pack.folder)
    assert torch.equal(ours, logits(source.folder, scheme=scheme))
    assert not torch.equal(ours, logits(source.folder))
    sizes = [
        sum(p.stat().st_size for p in f.glob("model*.safetensors")) for f in (pack.folder, source.folder)
    ]
    assert sizes[0] - 2**20 < sizes[1]


@pytest.mark.parametrize("scheme", ["int4", "int8", "nf4"])
def test_the_engine_reads_quantised_packs_as_they_are(scheme, repository):
    backend = M4cxrBackend(pack_of(repository(), scheme, with_self_test=False))
    assert backend.precision == scheme


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory maps are looked up in /proc")
def test_nothing_of_the_source_is_held_from_one_tensor_to_the_next(repository):
    source = repository("shards")
    held = []

    def look(done: int, *_: object) -> None:
        if done % 10 == 0:
            maps = Path("/proc/self/maps").read_text().splitlines()
            held.append([one for one in maps if str(source.folder) in one and "(deleted)" not in one])

    pack_of(source, told=look, with_self_test=False)
    assert len(held) > 5
    assert not any(held)


def test_every_tensor_lies_where_its_numbers_can_be_read(repository):
    pack = pack_of(repository(), "nf4", with_self_test=False)
    for path in pack.folder.glob("*.safetensors"):
        assert all(entry.start % BYTES_PER_VALUE[entry.dtype] == 0 for entry in read_header(path))


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_the_pack_passes_the_self_test_that_the_source_has_written(precision, repository):
    pack = pack_of(repository("base and adapter"), precision)
    assert pack.manifest.self_test
    assert M4cxrBackend(pack).info().id == "m4cxr"


def test_the_manifest_says_where_everything_came_from(repository):
    source = repository("base and adapter")
    pack = pack_of(Source(source.folder, source.base, "a" * 40), "bfloat16", with_self_test=False)
    manifest = pack.manifest
    assert [(one.role, one.revision) for one in manifest.origins] == [("adapter", "a" * 40), ("base", "")]
    assert "adapter_model.safetensors" in manifest.origins[0].files
    assert manifest.licence.id == "CC-BY-NC-4.0"
    assert manifest.licence.research_only
    assert "NonCommercial" in manifest.licence.text
    assert len(manifest.licence.text) > 15_000
    assert manifest.precision == "bfloat16"
    assert "packs convert" in manifest.converter
    assert not any(path.suffix == ".py" for path in pack.folder.iterdir())


def test_the_source_is_left_as_it_was(repository):
    source = repository("shards")
    before = {path.name: path.read_bytes() for path in source.folder.iterdir()}
    pack_of(source, with_self_test=False)
    assert {path.name: path.read_bytes() for path in source.folder.iterdir()} == before


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────


def test_pickles_are_never_opened_and_the_way_out_is_told(repository, tmp_path):
    source = repository()
    (source.folder / "model.safetensors").unlink()
    (source.folder / "pytorch_model.bin").write_bytes(pickle.dumps({"x": 1}))
    with pytest.raises(PackRefused, match=r"pytorch_model\.bin") as caught:
        pack_of(source)
    assert "safetensors" in caught.value.remedy
    assert not (tmp_path / "packs").exists()


def test_missing_surplus_and_misshapen_tensors_are_listed_by_name(repository):
    source = repository()
    tensors = tiny_tensors(source.folder)
    del tensors["abstractor.pos_emb"]
    tensors["language_model.model.norm.weight"] = torch.ones(3)
    tensors["surprise.weight"] = torch.ones(3)
    single()(source.folder, tensors)
    with pytest.raises(
        PackRefused, match=r"1 missing: abstractor\.pos_emb.*surprise\.weight.*norm\.weight is \(3,\)"
    ):
        pack_of(source)


def test_a_head_that_is_missing_but_not_tied_is_refused(repository):
    source = repository()
    tensors = tiny_tensors(source.folder)
    del tensors["language_model.lm_head.weight"]
    single()(source.folder, tensors)
    with pytest.raises(PackRefused, match=r"missing: language_model\.lm_head\.weight"):
        pack_of(source)


@pytest.mark.parametrize(
    ("value", "precision"), [(float("nan"), "bfloat16"), (1e6, "float16"), (float("inf"), "nf4")]
)
def test_numbers_that_do_not_survive_are_refused_with_the_tensors_name(
    value, precision, repository, tmp_path
):
    source = repository()
    tensors = tiny_tensors(source.folder)
    name = "language_model.model.layers.0.mlp.up_proj.weight"
    tensors[name][0, 0] = value
    single()(source.folder, tensors)
    with pytest.raises(PackRefused, match=name):
        pack_of(source, precision)
    assert not list((tmp_path / "packs").iterdir())


def test_an_index_that_names_a_file_elsewhere_is_refused(repository):
    source = repository("shards")
    index = source.folder / "model.safetensors.index.json"
    told = json.loads(index.read_text())
    told["weight_map"]["x"] = "../outside.safetensors"
    index.write_text(json.dumps(told))
    with pytest.raises(PackRefused, match=r"\.\./outside\.safetensors"):
        pack_of(source)


def test_a_pack_that_is_there_is_not_written_over(repository):
    source = repository()
    pack_of(source, with_self_test=False)
    with pytest.raises(PackError, match="exists already"):
        pack_of(source)


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(repository, monkeypatch, tmp_path):
    source = repository()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(PackError, match="GiB free"):
        pack_of(source)


# ── tokenizer and preprocessor ──────────────────────────────────────────────────────────────────────────────────


def rebuilt(path: Path) -> None:
    """What transformers 5 makes of a tokenizer.json."""
    told = json.loads(path.read_text())
    told["normalizer"] = None
    told["pre_tokenizer"] = {
        "type": "Metaspace",
        "replacement": "▁",
        "prepend_scheme": "first",
        "split": False,
    }
    path.write_text(json.dumps(told))


def test_a_rebuilt_tokenizer_is_replaced_by_one_from_the_sentencepiece_file(repository):
    source = repository()
    expected = M4cxrTokenizer(source.folder / "tokenizer.json", 9)
    rebuilt(source.folder / "tokenizer.json")
    shutil.copyfile(FIXTURES / "tokenizer" / "tokenizer.model", source.folder / "tokenizer.model")
    pack = pack_of(source, with_self_test=False)
    written = M4cxrTokenizer(pack.folder / "tokenizer.json", 9)
    for text in (" ", " The following", "[12,34,56,78].</s>", "Grüße, 肺", "cardiomegaly"):
        assert written.encode_text(text) == expected.encode_text(text)


def test_a_rebuilt_tokenizer_alone_is_refused(repository):
    source = repository()
    rebuilt(source.folder / "tokenizer.json")
    with pytest.raises(PackRefused, match="blank in front") as caught:
        pack_of(source)
    assert "tokenizer.model" in caught.value.remedy


def test_mistrals_real_vocabulary_is_read_as_sentencepiece_reads_it():
    found = importlib.util.find_spec("mistral_common")  # its files, without importing it
    path = Path(found.origin).parent / "data" / "tokenizer.model.v1"
    content = tokenizer_from_sentencepiece(path)
    assert json.loads(content)["model"]["vocab"] == read_vocabulary(path)[0]
    tokenizer = M4cxrTokenizer(content, 361)
    assert tokenizer.encode_text(" ") == [259]
    assert tokenizer.encode_text(" The following") == [28705, 415, 2296]


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\x0a\xff", b"{}"])
def test_a_file_that_is_no_sentencepiece_model_is_refused(content, tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(content)
    with pytest.raises(PackRefused, match=r"tokenizer\.model"):
        tokenizer_from_sentencepiece(tmp_path / "tokenizer.model")


def test_the_preprocessor_is_the_repositorys_own_or_rad_dinos(repository):
    source = repository()
    own = json.loads((FIXTURES / "preprocess" / "preprocessor_config_70.json").read_text())
    (source.folder / "preprocessor_config.json").write_text(json.dumps(own | {"image_mean": [0.5] * 3}))
    pack = pack_of(source, with_self_test=False)
    assert json.loads((pack.folder / "preprocessor_config.json").read_text())["image_mean"] == [0.5] * 3


def test_a_preprocessor_for_another_size_is_refused(repository):
    source = repository()
    shutil.copyfile(
        FIXTURES / "preprocess" / "preprocessor_config_518.json", source.folder / "preprocessor_config.json"
    )
    with pytest.raises(PackRefused, match="518"):
        pack_of(source)


def test_everything_in_the_catalogue_can_be_shown():
    for entry in catalogue().values():
        assert entry.licence.text


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_converts_once_the_licence_is_accepted(repository, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path / "packs"))
    source = repository("base and adapter")
    words = ["convert", str(source.folder), "--base", str(source.base), "--precision", "nf4"]
    assert main(words) == 1
    told = capsys.readouterr()
    assert "NonCommercial" in told.out
    assert "--accept-licence" in told.err
    assert not (tmp_path / "packs").exists()

    assert main([*words, "--accept-licence"]) == 0
    assert "questions in its self-test" in capsys.readouterr().out
    assert find_pack("m4cxr").manifest.quantisation.scheme == "nf4"
    assert main(["verify", "m4cxr"]) == 0


def test_a_branch_is_no_revision(repository, capsys):
    assert main(["convert", str(repository().folder), "--revision", "main", "--accept-licence"]) == 1
    assert "never a branch" in capsys.readouterr().err
