"""Each import contract is seen to fail once: one forbidden import is planted in a copy of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PLANTS = {
    "The viewer knows nothing of the plugin or of AI": ("viewer/core/planted.py", "import torch"),
    "Core and models run without a screen": ("inference/planted.py", "import PySide6.QtCore"),
    "The plugin sees only the public doors": ("plugin/planted.py", "import viewer.ui"),
    "The window's process never imports a codec": ("viewer/ui/planted.py", "import imagecodecs"),
    "The window's process never makes a DICOM object": ("plugin/planted.py", "import highdicom"),
    "Viewer layers": ("viewer/core/planted.py", "import viewer.api"),
}


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [str(program), "--no-cache"]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages, without weights."""
    for package in ("viewer", "plugin", "inference"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("bundled", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_tree_as_it_is_keeps_every_contract(tree):
    run = lint(tree)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_import_breaks_its_contract(tree, contract):
    file, line = PLANTS[contract]
    (tree / file).write_text(line + "\n", "utf-8")

    run = lint(tree)

    assert run.returncode != 0
    assert f"{contract} BROKEN" in run.stdout


def test_every_contract_of_the_project_is_planted():
    names = [
        line.partition("=")[2].strip().strip('"')
        for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
        if line.startswith("name = ") and "sidelight" not in line
    ]
    assert set(names) == set(PLANTS)
