"""`nih:FOLDER`: NIH ChestX-ray14 (Wang et al. 2017), the folder of `Data_Entry_2017.csv` (or `_v2020`).

Form: `Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,…` with findings
joined by `|`; `BBox_List_2017.csv` with `Image Index,Finding Label,Bbox [x,y,w,h]` (the header's bracket is split by
its commas, so the four columns are called `Bbox [x`, `y`, `w`, `h]`); `train_val_list.txt` and `test_list.txt`; films
as `images_001/images/….png`, or all in `images/`. Documented in the set's README_CHESTXRAY.pdf and FAQ.

Labels (m4cxr.md §8): a film with findings is known to have those and nothing else is known of it; “No Finding” makes
all absent. The names are text-mined. Mass and Nodule are lung lesions, Infiltration is a lung opacity,
Pleural_Thickening is pleural other; Emphysema, Fibrosis and Hernia have no name among the 14.

Where the published script is wrong, and this is not: every box row of a film counts, not only the first, and boxes are
a list of boxes. Two more traps: the box list says `Infiltrate` where the labels say `Infiltration`, and boxes are in
pixels of the distributed 1024 x 1024 pictures, not of `OriginalImage[Width,Height]`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from inference.backend import NO_FINDING
from inference.training.rows import DataSet, Known, KnownBox, KnownFilm, KnownStudy, Split
from inference.training.sources import folder_at
from inference.training.sources.film_files import films_below
from inference.training.sources.histories import Visit, with_priors
from inference.training.sources.label_names import none_found, shared
from inference.training.sources.tables import Row, Troubles, file_like, lines_of, rows_of, the_file

NAMES: Mapping[str, str] = {
    "atelectasis": "atelectasis",
    "cardiomegaly": "cardiomegaly",
    "consolidation": "consolidation",
    "edema": "edema",
    "effusion": "pleural effusion",
    "infiltrate": "lung opacity",
    "infiltration": "lung opacity",
    "mass": "lung lesion",
    "nodule": "lung lesion",
    "pleural_thickening": "pleural other",
    "pneumonia": "pneumonia",
    "pneumothorax": "pneumothorax",
}
UNNAMED = frozenset({"emphysema", "fibrosis", "hernia"})
_COLUMNS = ("Image Index", "Finding Labels", "Patient ID", "View Position")
_BOX_COLUMNS = ("Image Index", "Finding Label", "Bbox [x", "y", "w", "h]")


def read(path: str) -> DataSet:
    """Read the tables and the names of the films; no film is opened."""
    folder = folder_at(path)
    troubles = Troubles()
    places = _places(folder)
    boxes = _boxes(folder, troubles)
    splits = _splits(folder)
    visits: dict[str, list[Visit]] = defaultdict(list)
    table = the_file(folder, "Data_Entry_2017.csv", "Data_Entry_2017*.csv")
    for row in rows_of(table, _COLUMNS, troubles):
        name = row["Image Index"]
        if name not in places:
            troubles.count(
                row.place,
                "the film is not in any images folder; it was left out",
                "Unpack the rest of the set.",
                is_intended=True,
            )
            continue
        labels = _labels(row, troubles)
        if labels is None:
            continue
        study = KnownStudy(
            id=name,
            row=row.place,
            patient=f"nih:{row['Patient ID'].zfill(8)}",
            films=(KnownFilm(places[name], row["View Position"], boxes=tuple(boxes.get(name, ()))),),
            labels=labels,
            label_source="text-mined",
            split=splits.get(name),
            sex=row["Patient Gender"] if row["Patient Gender"] in ("M", "F") else "",
            age_years=_age(row["Patient Age"]),
        )
        visits[study.patient].append(Visit(study, (row["Follow-up #"].zfill(6), name)))
    studies = tuple(study for history in visits.values() for study in with_priors(history))
    return DataSet("nih", studies, films_below(folder), troubles.all())


def _labels(row: Row, troubles: Troubles) -> Mapping[str, Known] | None:
    names = [name.strip().lower() for name in row["Finding Labels"].split("|")]
    if names == ["no finding"]:
        return none_found()
    unknown = [name for name in names if name not in NAMES and name not in UNNAMED]
    if unknown:
        troubles.add(row.place, f"the finding {unknown[0]!r} is none of the set's", "Mend the row.")
        return None
    known: dict[str, Known] = {NAMES[name]: "present" for name in names if name in NAMES}
    return shared(known | {NO_FINDING: "absent"})


def _boxes(folder: Path, troubles: Troubles) -> dict[str, list[KnownBox]]:
    found: dict[str, list[KnownBox]] = defaultdict(list)
    table = file_like(folder, "BBox_List_2017.csv", "BBox_[Ll]ist_2017*.csv")
    if table is None:
        return found
    for row in rows_of(table, _BOX_COLUMNS, troubles):
        label = NAMES.get(row["Finding Label"].lower())
        try:
            x, y, width, height = (float(row[column]) for column in _BOX_COLUMNS[2:])
        except ValueError:
            label = None
        if label is None or not (width > 0 and height > 0):
            troubles.add(
                row.place,
                "the finding or the numbers of the box can't be read",
                "Mend the row; the box was left out.",
            )
            continue
        found[row["Image Index"]].append(KnownBox(label, (x, y, x + width, y + height)))
    return found


def _splits(folder: Path) -> dict[str, Split | None]:
    """The official test films; the others are left to be drawn by patient, since the set has no validation split."""
    listed = file_like(folder, "test_list.txt", "test_list*.txt")
    return dict.fromkeys(lines_of(listed), "test") if listed else {}


def _places(folder: Path) -> dict[str, str]:
    """Film name to its path below the folder, by listing the folders of films."""
    found = {}
    for images in sorted([*folder.glob("images*/images"), *folder.glob("images*")]):
        inside = images.relative_to(folder).as_posix()
        for name in os.listdir(images):  # noqa: PTH208 - 112,000 names: no Path for each
            if name.endswith((".png", ".jpg")):
                found[name] = f"{inside}/{name}"
    return found


def _age(text: str) -> float | None:
    """`058` in the newer table, `058Y` in the older one, which also has months and days, and ages of 400 years."""
    digits, unit = text.rstrip("YMD"), text[-1:]
    if not digits.isdigit():
        return None
    years = int(digits) / {"M": 12, "D": 365.25}.get(unit, 1)
    return years if years < 120 else None
