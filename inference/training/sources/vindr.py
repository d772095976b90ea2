"""`vindr:FOLDER`: VinDr-CXR 1.0.0 (Nguyen et al. 2022) as PhysioNet distributes it.

Form: `annotations/image_labels_train.csv` (a row per film and radiologist: `image_id, rad_id`, 28 columns of 0 and 1)
and `image_labels_test.csv` (a row per film, the consensus of five, without `rad_id`); `annotations_train.csv` and
`annotations_test.csv` (`image_id, [rad_id,] class_name, x_min, y_min, x_max, y_max`, empty for “No finding”; pixels of
the DICOM film); films as `train/….dicom` and `test/….dicom`. Documented at physionet.org/content/vindr-cxr. The films
carry no patient: each is taken for a patient of its own (nothing tells whether that is true).

Three radiologists read a training film: what two of them saw is present, what none saw is absent, what one saw alone
is uncertain and gives no box. (The published script takes whatever any of them saw, m4cxr.md §8.) Boxes of one label
with IoU > 0.5 are merged into their hull, as published. Test files spell `Other disease` where training files have
`Other diseases`. Local findings without a name among the 14 keep their own name on their boxes.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inference.backend import NO_FINDING, Xyxy
from inference.training.rows import DataSet, Known, KnownBox, KnownFilm, KnownStudy, Split
from inference.training.sources import folder_at
from inference.training.sources.film_files import films_below
from inference.training.sources.label_names import shared
from inference.training.sources.tables import Row, SourceRefused, Troubles, file_like, rows_of

LOCAL: Mapping[str, str] = {
    "aortic enlargement": "",
    "atelectasis": "atelectasis",
    "calcification": "",
    "cardiomegaly": "cardiomegaly",
    "clavicle fracture": "fracture",
    "consolidation": "consolidation",
    "edema": "edema",
    "emphysema": "",
    "enlarged pa": "",
    "ild": "lung opacity",
    "infiltration": "lung opacity",
    "lung opacity": "lung opacity",
    "lung cavity": "",
    "lung cyst": "",
    "mediastinal shift": "",
    "nodule/mass": "lung lesion",
    "pleural effusion": "pleural effusion",
    "pleural thickening": "pleural other",
    "pneumothorax": "pneumothorax",
    "rib fracture": "fracture",
    "other lesion": "",
}
"""The findings that were drawn, and which of the 14 each is; empty: none of them."""
WHOLE: Mapping[str, str] = {"lung tumor": "lung lesion", "pneumonia": "pneumonia", "no finding": NO_FINDING}
"""Judgements of the whole film, without boxes. COPD, tuberculosis and other diseases have no name among the 14."""
MERGE_IOU = 0.5
_BOX_COLUMNS = ("image_id", "class_name", "x_min", "y_min", "x_max", "y_max")


@dataclass(slots=True)
class _Votes:
    """What the radiologists of one film said."""

    row: str
    readers: int = 0
    labels: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by our name or a class's own


def read(path: str) -> DataSet:
    """Read the tables and the names of the films; no film is opened."""
    folder = folder_at(path)
    tables = folder / "annotations" if (folder / "annotations").is_dir() else folder
    troubles = Troubles()
    studies: list[KnownStudy] = []
    splits: tuple[tuple[str, Split | None], ...] = (("train", None), ("test", "test"))
    for name, split in splits:
        labels = file_like(tables, f"image_labels_{name}.csv")
        if labels is not None:
            studies += _studies(folder, tables, labels, name, split, troubles)
    if not studies and not troubles.all():
        raise SourceRefused(
            f"There is no annotations/image_labels_train.csv in {folder}.",
            "Name the folder of VinDr-CXR 1.0.0.",
        )
    return DataSet("vindr", tuple(studies), films_below(folder), troubles.all())


def _studies(
    folder: Path, tables: Path, labels: Path, name: str, split: Split | None, troubles: Troubles
) -> Iterable[KnownStudy]:
    here = _names_in(folder / name)
    votes = _votes(labels, here, troubles)
    drawn = _drawn(tables / f"annotations_{name}.csv", votes, troubles)
    for image, told in votes.items():
        boxes = tuple(
            KnownBox(label, xyxy)
            for label, all_boxes in drawn.get(image, {}).items()
            if _state(told, label) == "present"
            for xyxy in merged(all_boxes)
        )
        names = {known for known in (*LOCAL.values(), *WHOLE.values()) if known}
        known = {label: _state(told, label) for label in names}
        settled = {name for name in LOCAL.values() if name and known[name] != "uncertain"}
        yield KnownStudy(
            id=f"{name}/{image}",
            row=told.row,
            patient=f"vindr:{image}",
            films=(KnownFilm(f"{name}/{here[image]}", boxes=boxes, boxes_complete=frozenset(settled)),),
            labels=shared(known),
            label_source="radiologist",
            split=split,
        )


def _votes(table: Path, here: Mapping[str, str], troubles: Troubles) -> dict[str, _Votes]:
    found: dict[str, _Votes] = {}
    for row in rows_of(table, ("image_id", "No finding"), troubles):
        if row["image_id"] not in here:
            troubles.count(
                row.place,
                "the film is not there; it was left out",
                "Fetch the rest of the set.",
                is_intended=True,
            )
            continue
        said = {column.lower(): value for column, value in row.cells.items()}
        classes = {name: said.get(name, "") for name in (*LOCAL, *WHOLE)}
        if not set(classes.values()) <= {"0", "1", "0.0", "1.0", ""}:
            troubles.add(row.place, "a label is neither 0 nor 1; the row was left out", "Mend the row.")
            continue
        votes = found.setdefault(row["image_id"], _Votes(row.place))
        votes.readers += 1
        seen = {_name_of(name) for name, value in classes.items() if value.startswith("1")}
        for label in seen:
            votes.labels[label] += 1
    return found


def _drawn(table: Path, votes: Mapping[str, _Votes], troubles: Troubles) -> dict[str, dict[str, list[Xyxy]]]:
    found: dict[str, dict[str, list[Xyxy]]] = defaultdict(lambda: defaultdict(list))
    if not table.is_file():
        return found
    for row in rows_of(table, _BOX_COLUMNS, troubles):
        name = row["class_name"].lower()
        if name == "no finding" or row["image_id"] not in votes:
            continue
        box = _box(row)
        if name not in LOCAL or box is None:
            troubles.add(
                row.place,
                "the class or the numbers of the box can't be read",
                "Mend the row; it was left out.",
            )
        else:
            found[row["image_id"]][_name_of(name)].append(box)
    return found


def _name_of(name: str) -> str:
    """Our name of a class, or its own where there is none."""
    return LOCAL.get(name) or WHOLE.get(name) or name


def _box(row: Row) -> Xyxy | None:
    try:
        x1, y1, x2, y2 = (float(row[column]) for column in _BOX_COLUMNS[2:])
    except ValueError:
        return None
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _state(votes: _Votes, label: str) -> Known:
    count = votes.labels.get(label, 0)
    if count == 0:
        return "absent"
    return "present" if 2 * count > votes.readers else "uncertain"


def merged(boxes: Sequence[Xyxy]) -> tuple[Xyxy, ...]:
    """Boxes with IoU above MERGE_IOU as their hull, until no two of them meet so far."""
    left = list(boxes)
    done: list[Xyxy] = []
    while left:
        box = left.pop(0)
        other = next((one for one in (*left, *done) if _iou(box, one) > MERGE_IOU), None)
        if other is None:
            done.append(box)
            continue
        (left if other in left else done).remove(other)
        left.append(
            (min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3]))
        )
    return tuple(done)


def _iou(one: Xyxy, other: Xyxy) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across * down / (areas - across * down)


def _names_in(folder: Path) -> dict[str, str]:
    """Image id to file name."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - 15,000 names: no Path for each
    except OSError:
        return {}
    return {name.partition(".")[0]: name for name in names}
