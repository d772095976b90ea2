"""Small imitations of the sets as their owners distribute them. Nothing in them is anybody's."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

from tests.factories import write_picture


def write_csv(file: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """A table; packed where the name ends with .gz."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)
    return file


def write_text(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def write_film_picture(file: Path, rows: int = 24, columns: int = 20) -> Path:
    """A PNG or JPEG, by the name's ending."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return write_picture(file, rows=rows, columns=columns)
