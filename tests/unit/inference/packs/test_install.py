"""Putting packs in place and taking them away: nothing half done, nothing that is needed lost."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest
from tiny_pack import ABOUT, make_tiny_pack

from inference import packs
from inference.errors import PackError, PackRefused
from inference.packs import find_pack, open_pack, trust, write_manifest
from inference.packs.command import main
from inference.packs.install import install, remove
from inference.packs.unpack import unpack


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("sound") / "tiny")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder where packs are looked for."""
    folder = tmp_path / "home"
    monkeypatch.setenv(packs.PACKS_DIR_VARIABLE, str(folder))
    monkeypatch.setattr(packs.store.platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "user"))
    return folder


def tar_of(folder: Path, file: Path, *more: tarfile.TarInfo, top: str = "tiny/", mode: str = "w") -> Path:
    with tarfile.open(file, mode) as tar:
        for path in folder.iterdir():
            tar.add(path, f"{top}{path.name}")
        for member in more:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    told = tarfile.TarInfo(name)
    told.type, told.linkname, told.size = kind, link, size
    return told


@pytest.mark.parametrize(("mode", "top"), [("w", "tiny/"), ("w:gz", ""), ("w:xz", "./")])
def test_a_pack_is_installed_from_a_tar(mode, top, sound, home, tmp_path):
    archive = tar_of(sound, tmp_path / "pack.tar", mode=mode, top=top)
    assert main(["install", str(archive)]) == 0
    assert find_pack("tiny").sha256 == open_pack(sound).sha256
    assert [path.name for path in home.iterdir()] == ["tiny"]


@pytest.mark.parametrize(
    "odd",
    [
        member("../outside.json"),
        member("tiny/../../outside.json"),
        member("/tmp/outside.json"),
        member("tiny/a\\..\\b.json"),
        member("tiny/link.json", tarfile.SYMTYPE, "/etc/passwd"),
        member("tiny/hard.json", tarfile.LNKTYPE, "tiny/config.json"),
        member("tiny/pipe.json", tarfile.FIFOTYPE),
        member("tiny/disk.json", tarfile.BLKTYPE),
    ],
    ids=lambda told: f"{told.name} {told.type.decode()}",
)
def test_a_tar_that_would_write_elsewhere_is_refused_by_name(odd, sound, home, tmp_path, capsys):
    archive = tar_of(sound, tmp_path / "pack.tar", odd)
    assert main(["install", str(archive)]) == 1
    told = capsys.readouterr().err
    assert odd.name.split("/")[-1].split("\\")[-1] in told
    assert "leaves the pack's folder" in told or "no plain file" in told
    assert not list(home.iterdir())
    assert not (tmp_path / "outside.json").exists()


def test_a_tar_larger_than_the_disk_is_refused_before_it_is_written(sound, tmp_path):
    archive = tar_of(sound, tmp_path / "pack.tar", member("tiny/huge.json", size=1 << 20))
    folder = tmp_path / "into"
    folder.mkdir()
    with pytest.raises(PackRefused, match="more than fits"):
        unpack(archive, folder, most_bytes=1 << 20)
    assert not (folder / "tiny" / "huge.json").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no tar", b"\x1f\x8b broken"])
def test_what_is_no_tar_is_refused_by_name(content, home, tmp_path, capsys):
    (tmp_path / "pack.tar").write_bytes(content)
    assert main(["install", str(tmp_path / "pack.tar")]) == 1
    assert "pack.tar" in capsys.readouterr().err


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
@pytest.mark.parametrize("fault", ["shortened", "damaged"])
def test_a_broken_tar_is_refused(fault, mode, sound, home, tmp_path, capsys):
    archive = tar_of(sound, tmp_path / "pack.tar", mode=mode)
    content = archive.read_bytes()
    half = len(content) // 2
    archive.write_bytes(
        content[:half] if fault == "shortened" else content[:half] + b"?" * 99 + content[half + 99 :]
    )
    assert main(["install", str(archive)]) == 1
    assert not [path for path in home.iterdir() if not path.name.startswith(".")]


def test_a_full_disk_is_told_before_anything_is_copied(sound, home, monkeypatch):
    usage = shutil.disk_usage(sound)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(PackError, match="GiB free"):
        install(sound)
    assert not list(home.iterdir())


def test_large_files_that_two_packs_share_lie_on_the_disk_once(sound, home, tmp_path, monkeypatch):
    monkeypatch.setattr("inference.packs.install.SHARED_BYTES", 1000)
    install(sound)
    twin = Path(shutil.copytree(sound, tmp_path / "twin"))
    write_manifest(twin, ABOUT | {"id": "twin"})
    install(twin)
    assert (home / "tiny" / "model.safetensors").samefile(home / "twin" / "model.safetensors")
    remove("tiny")
    assert find_pack("twin").manifest.id == "twin"


def test_a_pack_is_removed_only_after_a_yes(sound, home, capsys):
    install(sound)
    assert main(["remove", "tiny"]) == 1
    assert "--yes" in capsys.readouterr().err
    assert (home / "tiny").is_dir()
    assert main(["remove", "tiny", "--yes"]) == 0
    assert not list(home.iterdir())
    assert main(["remove", "tiny", "--yes"]) == 1


def test_what_comes_with_the_program_is_never_removed(home, capsys):
    assert main(["remove", "starter", "--yes"]) == 1
    assert "comes with the program" in capsys.readouterr().err
    assert find_pack("starter")


def test_the_last_working_version_of_the_default_pack_is_kept(sound, home, tmp_path, capsys):
    mine = Path(shutil.copytree(sound, tmp_path / "starter"))
    write_manifest(mine, ABOUT | {"id": "starter"})
    install(mine)
    bundled = open_pack(packs.BUNDLED / "starter").sha256
    trust.quarantine(bundled, "another answer", {})
    assert main(["remove", "starter", "--yes"]) == 1
    assert "last working version" in capsys.readouterr().err
    trust.forget(bundled)
    assert main(["remove", "starter", "--yes"]) == 0


def test_a_pack_that_an_adapter_works_on_is_kept(sound, home, tmp_path, capsys):
    install(sound)
    adapter = Path(shutil.copytree(sound, tmp_path / "adapter"))
    (adapter / "model.safetensors").rename(adapter / "adapter_model.safetensors")
    (adapter / "adapter_config.json").write_text("{}")
    base = {"id": "tiny", "sha256": find_pack("tiny").sha256}
    write_manifest(adapter, ABOUT | {"id": "mine", "base": base})
    install(adapter)
    assert main(["remove", "tiny", "--yes"]) == 1
    assert "“mine” works on" in capsys.readouterr().err


def test_a_version_in_quarantine_does_not_push_out_the_one_that_works(sound, home, tmp_path):
    install(sound)
    newer = Path(shutil.copytree(sound, tmp_path / "newer"))
    for version in ("0.2", "0.3"):
        write_manifest(newer, ABOUT | {"version": version})
        install(newer, replace=True)
        trust.quarantine(open_pack(home / "tiny").sha256, "another answer", {})
    assert find_pack("tiny").manifest.version == "0.1"


def test_the_plan_of_a_pack_says_what_it_would_take(sound, home, capsys):
    install(sound)
    assert main(["plan", "tiny", "--device", "cpu"]) == 0
    assert "expected peak" in capsys.readouterr().out
