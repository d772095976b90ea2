"""Whatever is wrong with a pack: refused with the file's name and the reason, on the way in and by the engine."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from tiny_pack import ABOUT, make_tiny_pack

from inference.errors import InferenceError, PackRefused
from inference.packs import open_pack, write_manifest
from inference.packs.command import main
from inference.packs.files import describe
from inference.packs.onnx_files import check_onnx
from inference.packs.tensor_files import read_header
from inference.server.command import model_factory, read_options

WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("sound") / "tiny")


@pytest.fixture
def pack(sound, tmp_path, monkeypatch):
    """A sound pack to damage; where packs are looked for is empty but for a sound “tiny”."""
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path / "home"))
    shutil.copytree(sound, tmp_path / "home" / "tiny")
    return Path(shutil.copytree(sound, tmp_path / "other"))


def rewrite(folder: Path, **changes) -> None:
    told = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(told | changes))


def name_all_files(folder: Path) -> None:
    """Let the manifest name every file as it is now: all hashes are right, whatever the files hold."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
    rewrite(folder, files=[describe(folder, name).model_dump(exclude_none=True) for name in names])


def flip_a_byte(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(content)


def add(name: str, content: bytes):
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(content)
        name_all_files(folder)

    return damage


def leave_the_folder(folder: Path) -> None:
    told = json.loads((folder / "manifest.json").read_text())["files"]
    rewrite(folder, files=[*told, {"name": "../home/tiny/config.json", "size": 1, "sha256": "0" * 64}])


def link_outside(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to(folder.parent / "home" / "tiny" / "config.json")


def make_adapter(folder: Path, base_sha256: str) -> None:
    (folder / WEIGHTS).unlink()
    save_file(
        {"base_model.model.abstractor.pos_emb": torch.zeros(1, 25, 32)}, folder / "adapter_model.safetensors"
    )
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 16}))
    name_all_files(folder)
    rewrite(folder, schema_version=2, id="mine", base={"id": "tiny", "sha256": base_sha256})


def change_the_header(folder: Path, change) -> None:
    content = (folder / WEIGHTS).read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    written = json.dumps(header).encode()
    (folder / WEIGHTS).write_bytes(len(written).to_bytes(8, "little") + written + content[8 + length :])
    name_all_files(folder)


def overlap(header) -> None:
    first, second = sorted(
        (n for n in header if n != "__metadata__"), key=lambda n: header[n]["data_offsets"]
    )[:2]
    size = header[second]["data_offsets"][1] - header[second]["data_offsets"][0]
    start = header[first]["data_offsets"][0]
    header[second]["data_offsets"] = [start, start + size]


def reach_beyond(header) -> None:
    header["beyond"] = {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4 << 40]}


def onnx_model(domain: str = "", location: str = "") -> bytes:
    weight = numpy_helper.from_array(np.ones(4, dtype=np.float32), "w")
    if location:
        weight.data_location = TensorProto.EXTERNAL
        weight.external_data.add(key="location", value=location)
        weight.ClearField("raw_data")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("x", "y")]
    node = helper.make_node("Add", ["x", "w"], ["y"], domain=domain)
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], [weight])
    versions = [helper.make_opsetid("", 20), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=versions).SerializeToString()


FLAWS = {
    "one flipped byte": (
        flip_a_byte,
        r"model\.safetensors is not the file its manifest names: its SHA-256 differs",
    ),
    "a pickle": (add("weights.pkl", pickle.dumps([1])), r"weights\.pkl is of a kind that is never opened"),
    "a pickle by another name": (
        add("more.safetensors", pickle.dumps([1])),
        r"more\.safetensors is a pickle or an archive in truth",
    ),
    "code": (add("modeling.py", b"print('hello')"), r"modeling\.py is of a kind that is never opened"),
    "a path that leaves the folder": (
        leave_the_folder,
        r"\.\./home/tiny/config\.json.*leaves the pack's folder",
    ),
    "a link": (link_outside, r"config\.json is a link"),
    "a wrong base hash": (
        lambda folder: make_adapter(folder, "a" * 64),
        r"adapter_model\.safetensors works on the pack “tiny” whose manifest has the SHA-256 aaaaaaaaaaaa",
    ),
    "an unknown architecture": (
        lambda folder: rewrite(folder, architecture="gpt-9"),
        r"other.*architecture “gpt-9” is not known to this program; known are: m4cxr",
    ),
    "tensors that overlap": (
        lambda folder: change_the_header(folder, overlap),
        r"model\.safetensors: tensor .* overlaps the one before it",
    ),
    "a tensor that reaches beyond the file": (
        lambda folder: change_the_header(folder, reach_beyond),
        r"model\.safetensors.*(overlaps|describes)",
    ),
    "a tensor of an unknown kind": (
        lambda folder: change_the_header(
            folder, lambda header: header["abstractor.pos_emb"].update(dtype="OBJECT")
        ),
        r"model\.safetensors: tensor .* has the unknown dtype 'OBJECT'",
    ),
    "an operator from elsewhere": (
        add("vision.onnx", onnx_model(domain="com.evil")),
        r"vision\.onnx uses operators of the custom domain “com\.evil”",
    ),
    "ONNX weights in another folder": (
        add("vision.onnx", onnx_model(location="../home/tiny/model.safetensors")),
        r"vision\.onnx keeps tensors in “\.\./home/tiny/model\.safetensors”, which leaves the pack's folder",
    ),
    "ONNX weights that the manifest does not name": (
        add("vision.onnx", onnx_model(location="absent.json")),
        r"vision\.onnx keeps tensors in absent\.json, which the manifest does not name",
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_each_flaw_is_refused_by_name_on_the_way_in_and_by_the_engine(flaw, pack, capsys):
    damage, reason = FLAWS[flaw]
    damage(pack)
    for words in (["install", str(pack)], ["verify", str(pack)]):
        assert main(words) == 1
        told = capsys.readouterr().err
        assert "Traceback" not in told
        assert re.search(reason, told.splitlines()[0])
        assert "sidelight packs" in told.splitlines()[1]
    with pytest.raises(InferenceError, match=reason):
        model_factory(read_options(["--pack", str(pack)]))()
    assert sorted(path.name for path in (pack.parent / "home").iterdir()) == ["tiny"]


def test_the_same_pack_without_a_flaw_is_let_in(pack):
    (pack / "vision.onnx").write_bytes(onnx_model(domain="com.microsoft"))
    name_all_files(pack)
    rewrite(pack, id="other")
    (pack / ".DS_Store").write_bytes(b"somebody looked into the folder")
    assert main(["install", str(pack)]) == 0
    assert not (pack.parent / "home" / "other" / ".DS_Store").exists()
    assert model_factory(read_options(["--pack", str(pack)]))().info().id == "other"


def test_an_adapter_on_the_very_base_that_it_names_is_let_in(pack):
    base = open_pack(pack.parent / "home" / "tiny")
    make_adapter(pack, base.sha256)
    save_file(
        {"base_model.model.abstractor.pos_emb": torch.zeros(_shape_of(base.folder, "abstractor.pos_emb"))},
        pack / "adapter_model.safetensors",
    )
    name_all_files(pack)
    opened = open_pack(pack)
    assert opened.base is not None
    assert opened.base.sha256 == base.sha256
    assert model_factory(read_options(["--pack", str(pack)]))().info().id == "mine"


def test_an_adapter_that_names_itself_is_refused(pack):
    make_adapter(pack, "b" * 64)
    rewrite(pack, base={"id": "mine", "sha256": "b" * 64})
    pack.rename(pack.parent / "home" / "mine")
    assert main(["verify", "mine"]) == 1


def test_weights_beside_an_adapter_are_refused(pack):
    about = ABOUT | {"base": {"id": "tiny", "sha256": "a" * 64}}
    (pack / "adapter_config.json").write_text("{}")
    save_file({"x": torch.zeros(1)}, pack / "adapter_model.safetensors")
    with pytest.raises(PackRefused, match="an adapter with weights of its own"):
        write_manifest(pack, about)


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 40, b"{}", onnx.TensorProto().SerializeToString() + b"\x0f"]
)
def test_what_is_no_onnx_file_is_refused(content, tmp_path):
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(PackRefused, match=r"x\.onnx"):
        check_onnx(tmp_path / "x.onnx")


def test_a_header_is_read_as_the_format_is_written(tmp_path):
    save_file({"b": torch.zeros(2, 3), "a": torch.zeros(5, dtype=torch.bfloat16)}, tmp_path / "x.safetensors")
    told = {
        entry.name: (entry.dtype, entry.shape, entry.size)
        for entry in read_header(tmp_path / "x.safetensors")
    }
    assert told == {"a": ("BF16", (5,), 10), "b": ("F32", (2, 3), 24)}


def _shape_of(folder: Path, name: str) -> tuple[int, ...]:
    return next(entry.shape for entry in read_header(folder / WEIGHTS) if entry.name == name)
