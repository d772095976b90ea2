"""The audit log as one file for somebody else: the lines as they stand, or a table."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Literal, get_args

from plugin.records.audit_check import Verdict, read_log, verify
from plugin.records.audit_files import Tail, audit_folder, log_files, raw_lines

Format = Literal["jsonl", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
_COLUMNS = ("n", "at", "who", "what", "study", "details", "pack", "pack_sha256", "prev", "hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_log(file: Path, kind: Format = "jsonl", folder: Path | None = None) -> Verdict:
    """Write the log into a new file, and say whether it is as it was written.

    "jsonl" copies every line byte for byte, damaged ones too: their chain can be checked again. "csv" holds the sound
    lines as a table.

    Raises:
        OSError: The log can't be read, or the file is there already or can't be written.
    """
    folder = folder or audit_folder()
    verdict = verify(folder)
    if kind == "csv":
        _write_table(file, folder)
    else:
        with file.open("xb") as stream:
            for part in log_files(folder):
                stream.writelines(raw + b"\n" for raw in raw_lines(part) if not isinstance(raw, Tail))
    return verdict


def _write_table(file: Path, folder: Path) -> None:
    with file.open("x", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(_COLUMNS)
        for line in read_log(folder):
            entry = line.entry
            details = json.dumps(dict(entry.details), sort_keys=True)
            told = (entry.at, entry.who, entry.what, entry.study, details, entry.pack, entry.pack_sha256)
            table.writerow([line.n, *map(_harmless, told), line.prev, line.hash])


def _harmless(text: str) -> str:
    """A table program takes a cell that begins so for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
