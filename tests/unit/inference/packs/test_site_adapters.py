"""Which adapter a base is read with: chosen, remembered, taken back; the base is always there."""

from __future__ import annotations

import json

import pytest

from inference.errors import PackError
from inference.packs import site_adapters as adapters
from inference.packs import trust, write_manifest
from inference.packs.store import find_pack, search_path
from inference.training.promotion.adapter_pack import About, adapter_name, write_adapter_pack

ABOUT = {
    "version": "1.0",
    "title": "Base",
    "architecture": "m4cxr",
    "tasks": ["report"],
    "findings": ["edema"],
    "preprocessing": "x",
    "box_frame": "shortest_edge",
    "prompt_version": "x",
    "licence": {"id": "none", "text": "none", "research_only": True},
    "intended_use": "Tests.",
    "training_data": "None.",
    "card": "Nothing.",
}


@pytest.fixture
def packs(tmp_path, monkeypatch):
    monkeypatch.delenv("SIDELIGHT_PACKS_DIR", raising=False)
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "packs"
    make_base(folder)
    return folder


def make_base(folder, version="1.0"):
    base = folder / "base"
    base.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        (base / name).write_text("{}")
    (base / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return write_manifest(base, {**ABOUT, "id": "base", "version": version})


def make_adapter(packs, weights=b"\x02\0\0\0\0\0\0\0{}", revision=None):
    base = find_pack("base")
    source = packs.parent / "trained"
    source.mkdir(exist_ok=True)
    (source / "adapter_model.safetensors").write_bytes(weights)
    told = {} if revision is None else {"revision": revision}
    (source / "adapter_config.json").write_text(json.dumps(told))
    about = About("2 studies of this site.", "Card.", {}, {})
    id_ = f"base-site-{adapter_name(source, base)}"
    return write_adapter_pack(source, base, packs / id_, about)


def test_the_users_packs_lie_where_everything_of_the_user_lies(packs):
    assert search_path()[0] == packs


def test_without_a_choice_the_base_reads_alone(packs):
    assert adapters.pack_to_read("base") == adapters.ToRead(find_pack("base"))


def test_an_active_adapter_is_read_with_wherever_its_base_is_asked_for(packs):
    adapter = make_adapter(packs)

    adapters.activate(adapter, "Accepted.", "anna")

    chosen = adapters.pack_to_read("base")
    assert (chosen.pack.sha256, chosen.note) == (adapter.sha256, "")
    assert chosen.pack.manifest.version == f"1.0 + site adapter {adapter.manifest.id[-10:]}"
    assert adapters.pack_to_read(str(packs / "base")).pack.manifest.id == "base", "a path is that folder"


def test_a_roll_back_brings_the_one_before_then_the_base(packs):
    first = make_adapter(packs)
    adapters.activate(first, "better")
    second = make_adapter(packs, b"\x03\0\0\0\0\0\0\0{} ")
    adapters.activate(second, "better still")

    adapters.roll_back("base", "readers complained")
    assert adapters.pack_to_read("base").pack.sha256 == first.sha256
    adapters.roll_back("base")
    assert adapters.pack_to_read("base").pack.manifest.id == "base"
    with pytest.raises(PackError, match="No site adapter"):
        adapters.roll_back("base")

    steps = adapters.choices_of("base").steps
    assert [step.what for step in steps] == ["activated", "activated", "rolled back", "rolled back"]
    assert steps[2].why == "readers complained"
    assert all(step.who and step.at for step in steps)
    assert (packs / second.manifest.id).is_dir(), "nothing is deleted"


def test_a_refused_adapter_is_remembered_and_not_read_with(packs):
    adapter = make_adapter(packs)

    adapters.note_refused(adapter, "worse")

    assert adapters.pack_to_read("base").pack.manifest.id == "base"
    assert adapters.choices_of("base").steps[0].what == "refused"


def test_an_adapter_in_quarantine_gives_way_to_its_base_and_says_so(packs):
    adapter = make_adapter(packs)
    adapters.activate(adapter, "better")

    trust.quarantine(adapter.sha256, "it answers otherwise", {})

    chosen = adapters.pack_to_read("base")
    assert chosen.pack.manifest.id == "base"
    assert "The base model reads alone." in chosen.note


def test_a_damaged_adapter_gives_way_to_its_base_and_says_so(packs):
    adapter = make_adapter(packs)
    adapters.activate(adapter, "better")

    (adapter.folder / "adapter_model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0[]")

    assert "is not used" in adapters.pack_to_read("base").note


def test_another_version_of_the_base_does_not_lose_its_adapter_silently(packs):
    adapters.activate(make_adapter(packs), "better")

    make_base(packs, version="2.0")

    chosen = adapters.pack_to_read("base")
    assert chosen.pack.manifest.version == "2.0"
    assert "made for another version of “base”" in chosen.note


def test_an_adapter_of_another_base_is_refused(packs):
    with pytest.raises(PackError, match="was made for a base with the SHA-256 77777777"):
        make_adapter(packs, revision="7" * 64)


def test_a_history_that_can_not_be_read_is_kept_and_the_base_reads(packs):
    adapter = make_adapter(packs)
    adapters.activate(adapter, "better")
    file = packs / adapters.CHOICES / "base.json"
    file.write_text("{broken")

    assert adapters.pack_to_read("base").pack.manifest.id == "base"
    adapters.activate(adapter, "again")

    assert adapters.pack_to_read("base").pack.sha256 == adapter.sha256
    assert file.with_suffix(".unreadable").read_text() == "{broken"


def test_a_whole_model_is_no_adapter(packs):
    with pytest.raises(PackError, match="whole model"):
        adapters.activate(find_pack("base"), "better")
