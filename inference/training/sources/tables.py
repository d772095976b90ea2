"""Tables and lists of a source as rows with their line numbers, so that whatever is wrong can be named by its place."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from inference.errors import InferenceError
from inference.training.rows import Trouble

LONGEST_FIELD = 4 * 1024 * 1024
"""A report in a cell may be longer than the csv module allows by default (128 KiB)."""


class SourceRefused(InferenceError):
    """A source as a whole can't be read: it is not there, or not in the form that its owner distributes."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, its cells stripped."""

    place: str  # "train.csv:17"
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


class Troubles:
    """Gathers what could not be taken; what happens to thousands of rows alike is told once, with its number."""

    def __init__(self) -> None:
        self._told: list[Trouble] = []
        self._alike: dict[tuple[str, str, bool], tuple[str, int]] = {}

    def add(self, row: str, what: str, remedy: str, *, is_intended: bool = False) -> None:
        self._told.append(Trouble(row, what, remedy, is_intended))

    def count(self, row: str, what: str, remedy: str, number: int = 1, *, is_intended: bool = False) -> None:
        """Add to the number of rows of which the same is said; the first one is named."""
        alike = (what, remedy, is_intended)
        first, known = self._alike.get(alike, (row, 0))
        self._alike[alike] = (first, known + number)

    def all(self) -> tuple[Trouble, ...]:
        alike = (
            Trouble(
                first,
                what if number == 1 else f"{what} ({number:,} rows alike; this is the first)",
                remedy,
                is_intended,
            )
            for (what, remedy, is_intended), (first, number) in self._alike.items()
        )
        return (*self._told, *alike)


def rows_of(
    file: Path, needed: Sequence[str] = (), troubles: Troubles | None = None, delimiter: str = ","
) -> Iterator[Row]:
    """Every row of a CSV file (also .gz), its place counted in lines of the file.

    Raises:
        SourceRefused: The file can't be read, is not UTF-8, or lacks a column that is needed.
    """
    try:
        with _opened(file) as stream:
            yield from rows_in(stream, file.name, needed, troubles, delimiter)
    except (OSError, EOFError) as error:
        raise SourceRefused(
            f"{file} can't be read ({type(error).__name__}).",
            "Check the file, or fetch it again from its owner.",
        ) from error
    except UnicodeDecodeError as error:
        raise SourceRefused(
            f"{file} is not UTF-8 text (byte {error.start}).", "Save it as “CSV UTF-8” and try again."
        ) from error


def rows_in(
    stream: IO[str],
    name: str,
    needed: Sequence[str] = (),
    troubles: Troubles | None = None,
    delimiter: str = ",",
) -> Iterator[Row]:
    """As `rows_of`, from an open text stream. A line with too many or too few cells is told and left out."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(stream, delimiter=delimiter)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        missing = [column for column in needed if column not in header]
        if missing:
            raise SourceRefused(
                f"{name} has no column {', '.join(missing)}.",
                f"It needs the columns {', '.join(needed)}, as its owner distributes it.",
            )
        for cells in reader:
            place = f"{name}:{reader.line_num}"
            if len(cells) == len(header):
                yield Row(place, dict(zip(header, map(str.strip, cells), strict=True)))
            elif any(cells) and troubles is not None:
                troubles.count(
                    place,
                    f"the line has {len(cells)} cells, the header {len(header)}; it was left out",
                    "Mend the line; a comma or a line break in a text needs quotes around the text.",
                )
    except csv.Error as error:
        raise SourceRefused(
            f"{name} can't be read as CSV near line {reader.line_num} ({error}).",
            "Look for a quote that is never closed.",
        ) from error


def lines_of(file: Path) -> list[str]:
    """The lines of a list, stripped, without empty ones.

    Raises:
        SourceRefused: It can't be read.
    """
    try:
        return [line.strip() for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceRefused(
            f"{file} can't be read ({type(error).__name__}).", "Check the file, or fetch it again."
        ) from error


def the_file(folder: Path, *patterns: str) -> Path:
    """The first file in `folder` that fits one of the patterns, the earlier pattern first.

    Raises:
        SourceRefused: There is none.
    """
    found = file_like(folder, *patterns)
    if found is None:
        raise SourceRefused(
            f"There is no {patterns[0]} in {folder}.",
            "Name the folder that holds it, as its owner distributes it.",
        )
    return found


def file_like(folder: Path, *patterns: str) -> Path | None:
    """As `the_file`; None where there is none. Of several versions the last by name."""
    for pattern in patterns:
        if found := sorted(folder.glob(pattern)):
            return found[-1]
    return None


def _opened(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return cast(IO[str], gzip.open(file, "rt", encoding="utf-8-sig", newline=""))
    return io.open(file, encoding="utf-8-sig", newline="")  # noqa: UP020 - one type for both
