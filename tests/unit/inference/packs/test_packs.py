"""A pack is opened only when every byte is what its manifest says and nothing in it could run code."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from inference import packs
from inference.errors import ModelNotInstalled, PackRefused
from inference.packs.command import main
from inference.packs.files import describe
from inference.packs.install import install

ABOUT = {
    "id": "example",
    "version": "1.0",
    "title": "Example",
    "architecture": "m4cxr",
    "tasks": ["report"],
    "findings": ["edema"],
    "preprocessing": "rad-dino-1",
    "box_frame": "shortest_edge",
    "prompt_version": "m4cxr-1",
    "licence": {"id": "CC-BY-NC-4.0", "text": "Not for sale.", "research_only": True},
    "intended_use": "Tests.",
    "training_data": "None.",
    "card": "Nothing.",
}


@pytest.fixture
def pack(tmp_path):
    """A sound pack; its weights are a few numbers, nothing here loads a model."""
    folder = tmp_path / "example"
    folder.mkdir()
    save_file({"x": np.arange(4, dtype=np.float32)}, folder / packs.WEIGHTS)
    for name in (packs.CONFIG, packs.TOKENIZER, packs.PREPROCESSOR):
        (folder / name).write_text("{}")
    packs.write_manifest(folder, ABOUT)
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder where packs are looked for."""
    folder = tmp_path / "packs"
    monkeypatch.setenv(packs.PACKS_DIR_VARIABLE, str(folder))
    monkeypatch.setattr(packs.store.platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "user"))
    return folder


def _rewrite(folder: Path, **changes) -> None:
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(content | changes))


def test_a_sound_pack_opens_and_is_named_by_its_manifests_hash(pack):
    opened = packs.open_pack(pack)
    assert opened.manifest.id == "example"
    assert packs.manifest_sha256(opened) == hashlib.sha256((pack / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", [packs.WEIGHTS, packs.CONFIG, packs.TOKENIZER])
def test_one_flipped_bit_is_refused_with_the_files_name(pack, name):
    content = bytearray((pack / name).read_bytes())
    content[-1] ^= 1
    (pack / name).write_bytes(content)
    with pytest.raises(PackRefused, match=name):
        packs.open_pack(pack)


def test_a_shortened_file_is_refused_with_both_sizes(pack):
    (pack / packs.TOKENIZER).write_text("0")
    with pytest.raises(PackRefused, match=r"tokenizer\.json has 1 bytes; its manifest says 2"):
        packs.open_pack(pack)


def test_a_missing_file_is_refused(pack):
    (pack / packs.WEIGHTS).unlink()
    with pytest.raises(PackRefused, match=r"model\.safetensors is missing"):
        packs.open_pack(pack)


def test_a_file_beside_the_manifest_is_refused(pack):
    (pack / "notes.txt").write_text("hello")
    with pytest.raises(PackRefused, match=r"notes\.txt is in the pack, but not in its manifest"):
        packs.open_pack(pack)


@pytest.mark.parametrize("suffix", [".bin", ".pt", ".pkl", ".ckpt", ".py", ".pth", ".so", ""])
def test_kinds_that_could_run_code_are_refused_by_name(pack, suffix):
    (pack / f"thing{suffix}").write_text("")
    with pytest.raises(PackRefused, match="never opened"):
        packs.open_pack(pack)


@pytest.mark.parametrize("name", ["more.safetensors", "more.onnx", "more.json", "more.txt"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_refused_under_any_name_even_if_the_manifest_names_it(pack, name, protocol):
    (pack / name).write_bytes(pickle.dumps({"x": 1}, protocol=protocol))
    _with_files(pack)
    with pytest.raises(PackRefused, match="pickle"):
        packs.open_pack(pack)


def test_an_old_text_pickle_is_refused_as_no_json(pack):
    (pack / "more.json").write_bytes(pickle.dumps({"x": 1}, protocol=0))
    _with_files(pack)
    with pytest.raises(PackRefused, match=r"more\.json is no json file"):
        packs.open_pack(pack)


def test_a_torch_archive_is_refused_under_the_name_of_safetensors(pack):
    with zipfile.ZipFile(pack / packs.WEIGHTS, "w") as archive:
        archive.writestr("data.pkl", b"")
    _with_files(pack)
    with pytest.raises(PackRefused, match="archive"):
        packs.open_pack(pack)


def test_random_bytes_are_no_safetensors(pack):
    (pack / packs.WEIGHTS).write_bytes(bytes(range(64)))
    _with_files(pack)
    with pytest.raises(PackRefused, match="no safetensors file"):
        packs.open_pack(pack)


@pytest.mark.parametrize(
    "name",
    ["../outside.json", "/etc/passwd", "a/../../b.json", "C:/x.json", "..\\x.json", "./x.json", "a//b.json"],
)
def test_names_that_leave_the_folder_are_refused(pack, name):
    files = json.loads((pack / "manifest.json").read_text())["files"]
    _rewrite(pack, files=[*files, {"name": name, "size": 0, "sha256": "0" * 64}])
    with pytest.raises(PackRefused, match=r"files"):
        packs.open_pack(pack)


def test_links_are_refused(pack, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    (pack / packs.CONFIG).unlink()
    (pack / packs.CONFIG).symlink_to(outside)
    with pytest.raises(PackRefused, match="link"):
        packs.open_pack(pack)


def test_an_unknown_architecture_is_refused_with_the_known_ones(pack):
    _rewrite(pack, architecture="gpt-9")
    with pytest.raises(PackRefused, match=r"gpt-9.*known are: m4cxr"):
        packs.open_pack(pack)


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 3},
        {"id": "../x"},
        {"box_frame": "longest_edge"},
        {"surprise": 1},
        {"licence": None},
    ],
)
def test_a_manifest_that_is_not_understood_is_refused_by_field(pack, change):
    _rewrite(pack, **change)
    with pytest.raises(PackRefused, match=next(iter(change))):
        packs.open_pack(pack)


def test_a_large_file_is_looked_at_by_samples_and_whole_on_verify(pack, monkeypatch):
    monkeypatch.setattr("inference.packs.files.ALWAYS_HASHED_BYTES", 2**20)
    save_file({"x": np.zeros(2**21, dtype=np.float32)}, pack / packs.WEIGHTS)
    packs.write_manifest(pack, ABOUT)
    content = bytearray((pack / packs.WEIGHTS).read_bytes())
    content[2**21] ^= 1  # between the samples
    (pack / packs.WEIGHTS).write_bytes(content)
    packs.open_pack(pack)
    with pytest.raises(PackRefused, match="SHA-256"):
        packs.open_pack(pack, whole=True)
    content[-1] ^= 1  # in the last sample
    (pack / packs.WEIGHTS).write_bytes(content)
    with pytest.raises(PackRefused, match="SHA-256"):
        packs.open_pack(pack)


def test_packs_are_found_in_the_named_folder_then_the_users_then_the_programs(
    pack, home, tmp_path, monkeypatch
):
    monkeypatch.setattr(packs.store, "BUNDLED", pack.parent)
    assert packs.find_pack("example").folder == pack
    users = tmp_path / "user" / "packs" / "example"
    users.parent.mkdir(parents=True)
    _copy(pack, users)
    assert packs.find_pack("example").folder == users
    _copy(pack, home / "example")
    assert packs.find_pack("example").folder == home / "example"
    assert packs.find_pack(str(pack)).folder == pack


def test_a_damaged_pack_is_not_replaced_by_another_silently(pack, home, monkeypatch):
    monkeypatch.setattr(packs.store, "BUNDLED", pack.parent)
    _copy(pack, home / "example")
    (home / "example" / packs.TOKENIZER).write_text("[]")
    with pytest.raises(PackRefused):
        packs.find_pack("example")


@pytest.mark.parametrize("name", ["nothing", "../nothing", "no/such/folder"])
def test_a_pack_that_is_not_there_is_told_with_where_to_put_it(name, home):
    with pytest.raises(ModelNotInstalled) as caught:
        packs.find_pack(name)
    assert str(home) in caught.value.remedy


def test_installing_copies_checks_and_renames(pack, home):
    installed = install(pack)
    assert installed.folder == home / "example"
    assert packs.find_pack("example").sha256 == packs.open_pack(pack).sha256
    assert [path.name for path in home.iterdir()] == ["example"]


def test_a_refused_pack_leaves_nothing_behind(pack, home, capsys):
    (pack / packs.TOKENIZER).write_text("[]")
    assert main(["install", str(pack)]) == 1
    assert "tokenizer.json" in capsys.readouterr().err
    assert not home.exists() or not any(home.iterdir())


def test_a_replaced_pack_is_kept(pack, home, capsys):
    install(pack)
    assert main(["install", str(pack)]) == 1
    assert "--replace" in capsys.readouterr().err
    packs.write_manifest(pack, ABOUT | {"version": "2.0"})
    assert main(["install", "--replace", str(pack)]) == 0
    assert packs.find_pack("example").manifest.version == "2.0"
    assert packs.open_pack(home / ".previous-example").manifest.version == "1.0"


def test_the_list_names_licence_and_damage(pack, home, capsys, monkeypatch):
    monkeypatch.setattr(packs.store, "BUNDLED", home / "none")
    install(pack)
    assert main(["list"]) == 0
    assert "CC-BY-NC-4.0, research only" in capsys.readouterr().out
    assert main(["verify"]) == 0
    assert "intact: 4 files" in capsys.readouterr().out
    (home / "example" / packs.CONFIG).write_text("[]")
    assert main(["list"]) == 1
    assert "REFUSED" in capsys.readouterr().out
    assert main(["verify", "example"]) == 1


def test_the_licence_is_shown_when_a_pack_is_installed(pack, home, capsys):
    assert main(["install", str(pack)]) == 0
    assert "Not for sale." in capsys.readouterr().out


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())


def _with_files(folder: Path) -> None:
    """Make the manifest name every file as it is now, without looking at what it holds."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
    _rewrite(folder, files=[describe(folder, name).model_dump(exclude_none=True) for name in names])
