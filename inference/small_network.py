"""The small ONNX networks beside the program: the manifest, and the weights, which must be those it names."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from inference.errors import PackRefused


def read_network(folder: Path, name: str, title: str) -> tuple[dict[str, Any], bytes]:
    """`manifest.json` of a folder and the bytes of its network `name`.

    Raises:
        PackRefused: One can't be read, or the network is not the one that the manifest names; `title` says which.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        weights = (folder / name).read_bytes()
        expected = manifest["files"][name]["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise PackRefused(f"{title} in {folder} can't be read: {error}") from error
    if hashlib.sha256(weights).hexdigest() != expected:
        raise PackRefused(f"{folder / name} is not the file that its manifest names (SHA-256 differs).")
    return manifest, weights
