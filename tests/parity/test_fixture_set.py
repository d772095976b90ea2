"""The fixture set itself: it must be there, and the copy must be what was handed over."""

from __future__ import annotations

from parity.fixture_files import ROOT

KNOWN_FOLDERS = {
    "boxes",
    "clip",
    "grid37",
    "lora",
    "metrics",
    "preprocess",
    "small",
    "text",
    "tokenization",
    "tokenizer",
}


def test_the_folder_holds_fixtures():
    """An empty or mistyped folder must not pass as "everything skipped"."""
    found = {path.name for path in ROOT.iterdir() if path.is_dir()} if ROOT.is_dir() else set()
    assert found & KNOWN_FOLDERS, f"no parity fixtures in {ROOT}"
