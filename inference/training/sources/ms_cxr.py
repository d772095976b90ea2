"""`ms-cxr:ANNOTATIONS,MIMIC-CXR-JPG`: MS-CXR (Boecking et al. 2022), phrases of reports with their boxes. A reference
set.

Form: `MS_CXR_Local_Alignment_v1.0.0.csv` or `v1.1.0` with `category_name, label_text, path, x, y, w, h, dicom_id,
image_width, image_height` (1.1.0 has a `split` of its own), or the same as COCO JSON (`images`, `annotations` with
`bbox` and `label_text`, `categories`); one phrase and one box per row. Pixels of MIMIC-CXR-JPG. Documented at
physionet.org/content/ms-cxr.

It is never trained on, whatever its `split` says: M4CXR is scored on it, its films are taken out of all sets made from
MIMIC-CXR (m4cxr.md §8), and rows that it calls `train` are test patients of MIMIC-CXR's own split. Two rows with one
phrase are one phrase with two boxes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inference.backend import FINDINGS
from inference.training.rows import DataSet, Known, KnownBox, KnownFilm, KnownStudy
from inference.training.sources.label_names import shared
from inference.training.sources.mimic_tables import FilmName, film_named_by, open_films, two_folders
from inference.training.sources.tables import Row, SourceRefused, Troubles, file_like, rows_of

_COLUMNS = ("category_name", "label_text", "path", "x", "y", "w", "h", "image_width", "image_height")


@dataclass(slots=True)
class _Film:
    row: str
    name: FilmName
    size: tuple[int, int]
    boxes: list[KnownBox] = field(default_factory=list)


def read(path: str) -> DataSet:
    """Read the table, or the JSON where there is no table; no film is opened."""
    annotations, mimic = two_folders(path)
    troubles = Troubles()
    films: dict[str, _Film] = {}
    for row in _rows(annotations, troubles):
        name, category = film_named_by(row["path"]), row["category_name"].lower()
        try:
            x, y, width, height = (float(row[column]) for column in ("x", "y", "w", "h"))
            size = (int(float(row["image_height"])), int(float(row["image_width"])))
        except ValueError:
            width, size = 0.0, (0, 0)
        if name is None or category not in FINDINGS or not (width > 0 and height > 0):
            troubles.add(
                row.place, "path, category or box can't be read; the row was left out", "Mend the row."
            )
            continue
        film = films.setdefault(name.key, _Film(row.place, name, size))
        film.boxes.append(KnownBox(category, (x, y, x + width, y + height), phrase=row["label_text"]))
    return DataSet(
        "ms-cxr", tuple(map(_study, films.values())), open_films(mimic), troubles.all(), is_reference=True
    )


def _study(film: _Film) -> KnownStudy:
    known: dict[str, Known] = {box.label: "present" for box in film.boxes}
    return KnownStudy(
        id=film.name.dicom,
        row=film.row,
        patient=film.name.patient,
        films=(KnownFilm(film.name.key, boxes=tuple(film.boxes), size=film.size),),
        labels=shared(known),
        label_source="radiologist",
        split="test",
    )


def _rows(folder: Path, troubles: Troubles) -> Iterator[Row]:
    table = file_like(folder, "MS_CXR_Local_Alignment_v*.csv", "MS_CXR*.csv")
    if table is not None:
        yield from rows_of(table, _COLUMNS, troubles)
        return
    coco = file_like(folder, "MS_CXR_Local_Alignment_v*.json", "MS_CXR*.json")
    if coco is None:
        raise SourceRefused(
            f"There is no MS_CXR_Local_Alignment_v*.csv in {folder}.",
            "Name the folder of MS-CXR, then MIMIC-CXR-JPG.",
        )
    try:
        yield from _of_coco(coco.name, json.loads(coco.read_text("utf-8")), troubles)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceRefused(f"{coco} is no COCO file ({type(error).__name__}).", "Fetch it again.") from error


def _of_coco(file: str, whole: Any, troubles: Troubles) -> Iterator[Row]:
    images = {image["id"]: image for image in whole["images"]}
    categories = {category["id"]: str(category["name"]) for category in whole["categories"]}
    for number, one in enumerate(whole["annotations"]):
        place, image = f"{file}[annotations][{number}]", images.get(one.get("image_id"))
        box = one.get("bbox")
        if image is None or not isinstance(box, list) or len(box) != 4:
            troubles.add(place, "the annotation has no image or no box; it was left out", "Mend it.")
            continue
        cells = dict(zip(("x", "y", "w", "h"), map(str, box), strict=True)) | {
            "category_name": categories.get(one.get("category_id"), ""),
            "label_text": str(one.get("label_text", "")),
            "path": str(image.get("path", "")),
            "image_width": str(image.get("width", "")),
            "image_height": str(image.get("height", "")),
        }
        yield Row(place, cells)
