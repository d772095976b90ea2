"""What MIMIC-CXR-JPG and the sets that were made from it have in common: where a film lies, and whose it is.

All of them name a film by the same path, so that a film of one set can be found in another: MS-CXR's films, for one,
must not be trained on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from inference.training.rows import KnownFilm, Split
from inference.training.sources.film_files import FilmFiles, films_below
from inference.training.sources.histories import is_lateral_view
from inference.training.sources.tables import SourceRefused, Troubles, file_like, rows_of

SPLITS: Mapping[str, Split] = {
    "train": "train",
    "validate": "val",
    "valid": "val",
    "val": "val",
    "test": "test",
}
_DICOM_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{8}){4}")
_DIGITS = re.compile(r"\d{1,12}")


@dataclass(frozen=True, slots=True)
class FilmName:
    """A film of MIMIC-CXR by its three names."""

    subject: str  # "10000032"
    study: str  # "50414267"
    dicom: str  # five groups of eight hex digits

    @property
    def key(self) -> str:
        """Its path in MIMIC-CXR-JPG."""
        return f"files/p{self.subject[:2]}/p{self.subject}/s{self.study}/{self.dicom}.jpg"

    @property
    def patient(self) -> str:
        return f"mimic:{self.subject}"


def film_name(subject: str, study: str, dicom: str) -> FilmName | None:
    """The film of these ids, with or without their letters p and s; None where they are none."""
    name = FilmName(subject.removeprefix("p"), study.removeprefix("s"), dicom.removesuffix(".dcm"))
    is_sound = (
        _DIGITS.fullmatch(name.subject) and _DIGITS.fullmatch(name.study) and _DICOM_ID.fullmatch(name.dicom)
    )
    return name if is_sound else None


def film_named_by(path: str) -> FilmName | None:
    """The film that a path of any of the sets names, also `….dcm` or without `files/`; None where it names none."""
    parts = path.replace("\\", "/").split("/")
    if len(parts) < 3:
        return None
    subject, study, file = parts[-3:]
    return film_name(subject, study, file.rsplit(".", 1)[0])


def known_film(name: FilmName, view: str, rows: str = "", columns: str = "") -> KnownFilm:
    """A film of MIMIC-CXR-JPG as a row of the metadata tells it."""
    size = (int(rows), int(columns)) if rows.isdigit() and columns.isdigit() else None
    role = "lateral" if is_lateral_view(view) else "current"
    return KnownFilm(name.key, view, "lateral" if role == "lateral" else "current", size=size)


def two_folders(path: str) -> tuple[Path, Path]:
    """The folder of annotations and that of MIMIC-CXR-JPG: `ANNOTATIONS,MIMIC-CXR-JPG`, or one folder.

    With one folder the films are looked for in it and in its neighbours.

    Raises:
        SourceRefused: There is no such folder, or none with films.
    """
    whole = Path(path).expanduser()
    first, comma, second = path.partition(",")
    annotations = whole if whole.is_dir() or not comma else Path(first.strip()).expanduser()
    if not path or not annotations.is_dir():
        raise SourceRefused(f"There is no folder “{path}”.", "Check the path behind the colon.")
    if comma and annotations != whole:
        films = Path(second.strip()).expanduser()
    else:
        around = (annotations, *sorted(annotations.resolve().parent.iterdir()))
        films = next((folder for folder in around if (folder / "files").is_dir()), annotations)
    if not (films / "files").is_dir():
        raise SourceRefused(
            f"There is no “files” folder of MIMIC-CXR-JPG in or beside {annotations}.",
            "Name both: KIND:ANNOTATIONS,MIMIC-CXR-JPG.",
        )
    return annotations, films


def open_films(mimic: Path) -> FilmFiles:
    """Opens films by their keys."""
    return films_below(mimic)


class PatientsHere:
    """Which patients' folders are there: one listing for each of the ten groups, no look at any film."""

    def __init__(self, mimic: Path) -> None:
        self._files = mimic / "files"
        self._groups: dict[str, frozenset[str]] = {}

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, FilmName):
            return False
        group = f"p{name.subject[:2]}"
        if group not in self._groups:
            try:
                self._groups[group] = frozenset(os.listdir(self._files / group))  # noqa: PTH208 - 6,500 names each
            except OSError:
                self._groups[group] = frozenset()
        return f"p{name.subject}" in self._groups[group]


def table_like(folder: Path, kind: str) -> Path | None:
    """The table `mimic-cxr-2.0.0-KIND.csv.gz` of any version, packed or not."""
    return file_like(folder, f"mimic-cxr-*-{kind}.csv.gz", f"mimic-cxr-*-{kind}.csv")


def day_of(text: str) -> date | None:
    """A date as the metadata writes it: 21800506, shifted in time for each patient by itself."""
    digits = text.split(".", maxsplit=1)[0]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None


def official_splits(mimic: Path, troubles: Troubles) -> dict[str, Split]:
    """Study number to MIMIC-CXR's own split, which holds for every set made from it."""
    table = table_like(mimic, "split")
    if table is None:
        troubles.add(
            "mimic-cxr-2.0.0-split.csv.gz",
            "the official split is not there",
            "Fetch it: without it test patients may be trained on.",
        )
        return {}
    found: dict[str, Split] = {}
    for row in rows_of(table, ("study_id", "split"), troubles):
        if row["split"] in SPLITS:
            found[row["study_id"]] = SPLITS[row["split"]]
        else:
            troubles.count(row.place, f"the split {row['split'][:20]!r} is none", "Mend the row.")
    return found


def stricter(one: Split, other: Split | None) -> Split:
    """Of two splits the one that is further from training."""
    order: tuple[Split, ...] = ("train", "val", "test")
    return max((one, other or "train"), key=order.index)
