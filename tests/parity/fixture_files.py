"""Finds and reads parity fixtures. Their folder is `SIDELIGHT_PARITY_DIR` or the copy beside this file.

Nothing here knows a case by name: another fixture set of the same form may have more cases, fewer, or none of a kind.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def _root() -> Path:
    """The folder that holds `small/`, `boxes/` and so on; one level above it will do as well."""
    named = Path(os.environ.get("SIDELIGHT_PARITY_DIR") or Path(__file__).parent / "fixtures")
    return named / "m4cxr" if (named / "m4cxr").is_dir() else named


ROOT = _root()
ATOL = 1e-4
LOSS_ATOL = 1e-5
METRIC_ATOL = 1e-6

Arrays = Mapping[str, np.ndarray]


def has(*names: str) -> bool:
    return all((ROOT / name).is_file() for name in names)


def read(name: str) -> Any:
    """A JSON fixture; skips the test where the set has no such file."""
    if not has(name):
        pytest.skip(f"this fixture set has no {name}")
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


@cache
def arrays(name: str) -> Arrays:
    """An npz fixture, all of it in memory; skips the test where the set has no such file."""
    if not has(name):
        pytest.skip(f"this fixture set has no {name}")
    with np.load(ROOT / name, allow_pickle=False) as file:
        return {key: file[key] for key in file}


def listed(name: str, *path: str) -> list[Any]:
    """Entries for `parametrize`: a list of a JSON fixture, or a mapping's keys; empty where there is none."""
    if not has(name):
        return []
    content = json.loads((ROOT / name).read_text(encoding="utf-8"))
    for step in path:
        content = content.get(step, [])
    return list(content)


def folders_with(*names: str) -> list[str]:
    """Folders of the set that hold all these files."""
    return sorted(
        path.parent.name
        for path in ROOT.glob(f"*/{names[0]}")
        if has(*(f"{path.parent.name}/{n}" for n in names))
    )


def model_cases(is_wanted: Callable[[str, str], bool] = lambda folder, case: True) -> list[Any]:
    """(folder, case) for each case of each full model, or of those that `is_wanted` says yes to."""
    return [
        pytest.param(folder, case, id=f"{folder}-{case}")
        for folder in folders_with("cases.json", "model.safetensors", "config.json")
        for case in listed(f"{folder}/cases.json")
        if is_wanted(folder, case)
    ]


def unpacked(rle: Iterable[int | Sequence[int]]) -> list[int]:
    """Ids of an `_rle` list: an element [-1, n] stands for n image tokens."""
    ids: list[int] = []
    for element in rle:
        ids += [element] if isinstance(element, int) else [element[0]] * element[1]
    return ids


def spans(labels: Sequence[int]) -> list[list[int]]:
    """Half-open ranges of labelled positions."""
    found: list[list[int]] = []
    for position, label in enumerate(labels):
        if label != -100:
            if found and found[-1][1] == position:
                found[-1][1] += 1
            else:
                found.append([position, position + 1])
    return found


def assert_close(actual: Any, expected: Any, atol: float = ATOL) -> None:
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=0, atol=atol)
