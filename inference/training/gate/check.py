"""Try a gate on the DICOM files of the data folder: `python -m inference.training.gate.check --data DATA`.

The gate never learns from these files. Each is opened, rendered and judged exactly as in a reading.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from inference.client import film_input
from inference.errors import InvalidFilm
from inference.film_picture import model_picture
from inference.gate import FOLDER, Gate, load_gate
from viewer.core.errors import FilmError
from viewer.core.reader import FilmReader
from viewer.core.study import Source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    file: str
    expected: str  # the manifest's frontal_cxr: yes or no
    must_open: bool
    outcome: str  # "passed", "refused" or "does not open"
    reason: str
    by_pixels: bool

    @property
    def is_as_expected(self) -> bool:
        if self.outcome == "does not open":
            return self.expected == "no" or not self.must_open
        return (self.outcome == "passed") == (self.expected == "yes")


def check_files(data: Path, gate: Gate) -> list[Outcome]:
    """Judge every file of `dicom/manifest.csv`."""
    folder = data / "dicom"
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file, FilmReader() as reader:
        return [_judged(folder, row, reader, gate) for row in csv.DictReader(file)]


def _judged(folder: Path, row: dict[str, str], reader: FilmReader, gate: Gate) -> Outcome:
    told = row["file"], row["frontal_cxr"], row["expected"] == "opens"
    try:
        film = reader.open(Source(folder / row["file"]))
        given = film_input(film, reader.pixels(film))
        result = gate.check(given, model_picture(given).grey)
    except (FilmError, InvalidFilm) as error:
        return Outcome(*told, "does not open", str(error), False)
    outcome = "passed" if result.is_frontal_chest else "refused"
    return Outcome(*told, outcome, result.reason, bool(result.scores))


def summary(outcomes: list[Outcome]) -> dict[str, int]:
    """Counts for the manifest: frontal chest films and others, by what became of them."""
    names = {"yes": "frontal chest", "no": "other"}
    counted = Counter(f"{names[one.expected]}, {one.outcome}" for one in outcomes)
    return dict(sorted(counted.items())) | {
        "not as expected": sum(not one.is_as_expected for one in outcomes)
    }


def main(argv: list[str] | None = None) -> int:
    """Print every file that the pixels decided or that came out otherwise than the manifest says."""
    parser = argparse.ArgumentParser(description="Try the gate on the data folder's DICOM files.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--gate", type=Path, default=FOLDER)
    told = parser.parse_args(argv)
    outcomes = check_files(told.data, load_gate(told.gate))
    for one in outcomes:
        if not one.is_as_expected or (one.expected == "no" and one.by_pixels):
            mark = "as expected" if one.is_as_expected else "NOT as expected"
            sys.stdout.write(
                f"{one.file}: {one.outcome} ({one.reason}), frontal chest: {one.expected}; {mark}\n"
            )
    sys.stdout.write(json.dumps(summary(outcomes)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
