"""Every file of a data folder's dicom/manifest.csv does what its columns expect. Runs where SIDELIGHT_DATA_DIR is set.

Columns: `file`, `expected` (opens, clear_error, opens_or_clear_error), `frontal_cxr` (yes: it is read; no: refused).
"""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.backend import FINDINGS
from inference.read.carry_out import Bench
from inference.read.findings_file import Skip, findings_json
from inference.read.intake import films_in
from inference.read.order import orders
from inference.supervisor import BackendProcess
from viewer.core.reader import FilmReader

DATA = Path(os.environ.get("SIDELIGHT_DATA_DIR", "")) / "dicom"
MANIFEST = DATA / "manifest.csv"


def rows() -> list[dict[str, str]]:
    if "SIDELIGHT_DATA_DIR" not in os.environ or not MANIFEST.is_file():
        return []
    with MANIFEST.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as made:
        yield made


@pytest.fixture(scope="module")
def backend() -> Iterator[BackendProcess]:
    process = BackendProcess(device="cpu")
    try:
        yield process
    finally:
        process.stop()


@pytest.fixture(scope="module")
def no_thread_is_left_behind() -> None:
    """The process of this module outlives its single tests."""


@pytest.mark.slow
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_file_does_what_its_manifest_expects(row, reader, backend):
    lines: list[str] = []
    found, skipped = films_in([DATA / row["file"]], reader, lines.append)
    bench = Bench(reader, backend, lines.append)
    drafts, skips = [], list(skipped)
    for order in orders(found):
        draft, undecoded = bench.read(order)
        drafts.append(draft)
        skips += undecoded
        skips += [
            Skip(film.source, draft.reason_of(film))
            for film in order.films
            if film.key in draft.images and film not in draft.films_read()
        ]
    told = findings_json(drafts, skips, backend.client().info())
    is_open = any(draft.images for draft in drafts)

    check_expectation(row, told, is_open)
    check_films(told)


def check_expectation(row: dict[str, str], told: dict, is_open: bool) -> None:
    is_read, reasons = len(told["films"]) == 1, [one["reason"] for one in told["skipped"]]
    match row["expected"], row["frontal_cxr"]:
        case "opens", "yes":
            assert is_read, reasons
            assert told["report"]["findings"]
        case "opens", _:
            assert is_open, reasons
            assert not is_read
            assert reasons[0]
        case "clear_error", _:
            assert not is_open
            assert reasons[0]
        case _, "yes":  # half a picture may open and still be too little for a reading
            assert is_read or reasons[0]
        case _:
            assert not is_read
            assert reasons[0]


def check_films(told: dict) -> None:
    for film in told["films"]:
        assert tuple(finding["name"] for finding in film["findings"]) == FINDINGS
        for finding in film["findings"]:
            assert finding["confidence"] is None or 0 <= finding["confidence"] <= 1
            for x1, y1, x2, y2 in finding["boxes"]:
                assert 0 <= x1 < x2 <= film["columns"]
                assert 0 <= y1 < y2 <= film["rows"]
