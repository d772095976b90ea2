"""What a manifest may say; packs of the first version go on opening."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError
from tiny_pack import ABOUT

from inference.packs.command import main
from inference.packs.manifest import Manifest

ROOT = Path(__file__).resolve().parents[4]
FILE = {"name": "config.json", "size": 2, "sha256": "0" * 64}


def manifest(**more) -> Manifest:
    return Manifest.model_validate_json(json.dumps({**ABOUT, "schema_version": 2, "files": [FILE], **more}))


def test_the_committed_json_schema_is_what_the_command_prints(capsys):
    committed = (ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8")
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == committed, "sidelight packs schema > docs/manifest.schema.json"


def test_a_manifest_of_the_first_version_still_opens():
    case = {"picture": "thorax-1", "prompt": "?", "expected_ids": [5, 2]}
    old = manifest(schema_version=1, self_test=[case], source="Somewhere.")
    assert old.self_test[0].expected_probabilities == ()
    assert old.base is None


def test_everything_about_where_a_pack_comes_from_is_kept():
    told = manifest(
        base={"id": "m4cxr", "sha256": "a" * 64},
        origins=[
            {
                "role": "adapter",
                "source": "Deepnoid/M4CXR-TNNLS",
                "revision": "b" * 40,
                "files": {"x": "c" * 64},
            }
        ],
        converter="sidelight 0.1.0",
        precision="bfloat16",
        quantisation={"scheme": "nf4", "settings": {"block": 64}},
        self_test_tolerance={"nf4": 0.2},
        min_memory_bytes={"nf4": 5_000_000_000},
    )
    assert Manifest.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema_version": 3},
        {"base": {"id": "m4cxr"}},
        {"base": {"id": "../m4cxr", "sha256": "a" * 64}},
        {"origins": [{"role": "model", "source": "x", "revision": "main", "files": {"x": "c" * 64}}]},
        {"quantisation": {"scheme": "int3"}},
        {"self_test_tolerance": {"nf4": 2}},
        {"self_test": [{"picture": "thorax-1", "prompt": "?", "expected_ids": []}]},
        {"files": [FILE, FILE]},
        {"files": [{**FILE, "name": "manifest.json"}]},
    ],
)
def test_what_is_not_understood_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        manifest(**wrong)
