"""The corrections as files that somebody else can read: one folder with a line of JSON per case, and the films."""

from __future__ import annotations

import json
from pathlib import Path

from inference.corrections.case import FORMAT, case_to_plain
from inference.corrections.films import film_file, keep_film
from inference.corrections.store import CorrectionStore

CASES = "cases.jsonl"
ABOUT = (
    "Corrections kept by Sidelight. Each line of cases.jsonl is a case (format {format}, see docs/corrections.md); its"
    " films lie under films/, named by their SHA-256. Identifiers were taken out by rules; read it before you pass it"
    " on.\n"
)


def export(store: CorrectionStore, folder: Path) -> int:
    """Write all cases into a new folder; the number of cases.

    Raises:
        OSError: The folder is there already, or the disk refuses.
        InvalidFilm: A film is damaged.
    """
    folder.mkdir(parents=True, mode=0o700)
    (folder / "README.txt").write_text(ABOUT.format(format=FORMAT), "utf-8")
    count = 0
    with (folder / CASES).open("w", encoding="utf-8") as lines:
        for case in store.cases():
            for film in case.films:
                if not film_file(folder / "films", film.image).exists():
                    keep_film(folder / "films", store.film(film.image))
            lines.write(json.dumps(case_to_plain(case), sort_keys=True) + "\n")
            count += 1
    return count
