"""`imagenome:CHEST-IMAGENOME,MIMIC-CXR-JPG`: Chest ImaGenome 1.0.0 (Wu et al. 2021), regions of films with their
phrases.

Form: `silver_dataset/scene_graph.zip` (or unpacked, `….SceneGraph.json`), made by machine: `objects` (`object_id,
bbox_name, original_x1 …` in pixels of MIMIC-CXR-JPG; `x1 …` are of a 224-pixel copy) and `attributes` (`object_id,
phrases, attributes` such as `anatomicalfinding|yes|lung opacity`); `silver_dataset/splits/{train,valid,test}.csv` and
`images_to_avoid.csv` (`subject_id, study_id, dicom_id, path, ViewPosition`);
`gold_dataset/gold_bbox_coordinate_annotations_1000images.csv`, drawn by people. Documented at
physionet.org/content/chest-imagenome. Not checked: the gold phrases' text files, which are not read.

- Region and phrase belong together by `object_id`. (The published script matches them by position and equal name, and
  drops a pair in silence where the positions differ, m4cxr.md §8.)
- A film of MIMIC-CXR's official test split is test here too, whatever ImaGenome's own split says; gold films and those
  to be avoided are never trained on.
- Boxes without an area, or outside the film, are left out and told.
- A region with phrases has a box for each of them; without, one box without a phrase.

Every graph holds about 29 regions: MOST_FILMS keeps the list small enough to be held. Whose films are taken is decided
by a hash of the patient, so the same ones are taken every time.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inference.backend import Xyxy
from inference.training.rows import DataSet, KnownBox, KnownFilm, KnownStudy, Split
from inference.training.sources.mimic_tables import (
    SPLITS,
    FilmName,
    PatientsHere,
    film_name,
    known_film,
    official_splits,
    open_films,
    stricter,
    two_folders,
)
from inference.training.sources.tables import Row, SourceRefused, Troubles, file_like, rows_of

MOST_FILMS = 30_000
_SPLIT_COLUMNS = ("subject_id", "study_id", "dicom_id")
_GOLD = "gold_bbox_coordinate_annotations_1000images.csv"
_CORNERS = ("original_x1", "original_y1", "original_x2", "original_y2")
GraphOf = Callable[[str], Any]
"""The scene graph of a film by its dicom id; None where there is none."""


@dataclass(frozen=True, slots=True)
class _Listed:
    row: str
    name: FilmName
    view: str
    split: Split


def read(path: str) -> DataSet:
    """Read the graphs of the listed films and the gold boxes; no film is opened."""
    folder, mimic = two_folders(path)
    troubles = Troubles()
    listed = list(_listed(folder, mimic, troubles))
    graph_of = _graphs(folder)
    silver = [study for one in _few(listed, troubles) if (study := _study(one, graph_of, troubles))]
    gold = list(_gold(folder, troubles))
    return DataSet("imagenome", (*silver, *gold), open_films(mimic), troubles.all())


def _listed(folder: Path, mimic: Path, troubles: Troubles) -> Iterator[_Listed]:
    splits = folder / "silver_dataset" / "splits"
    if not (splits / "train.csv").is_file():
        raise SourceRefused(
            f"There is no silver_dataset/splits/train.csv in {folder}.",
            "Name the folder of Chest ImaGenome 1.0.0.",
        )
    avoided = {row["dicom_id"] for row in _rows_if_there(splits / "images_to_avoid.csv", troubles)}
    official, here = official_splits(mimic, troubles), PatientsHere(mimic)
    for file in ("train", "valid", "test"):
        for row in _rows_if_there(splits / f"{file}.csv", troubles):
            name = film_name(row["subject_id"], row["study_id"], row["dicom_id"])
            if name is None:
                troubles.add(
                    row.place, "subject_id, study_id or dicom_id is none of the set's", "Mend the row."
                )
            elif name not in here:
                troubles.count(
                    row.place,
                    "the patient's folder is not under files/; the film was left out",
                    "Fetch the rest.",
                    is_intended=True,
                )
            elif name.dicom not in avoided:
                split = stricter(SPLITS[file], official.get(name.study))
                yield _Listed(row.place, name, row["ViewPosition"], split)


def _rows_if_there(file: Path, troubles: Troubles) -> Iterator[Row]:
    if file.is_file():
        yield from rows_of(file, _SPLIT_COLUMNS, troubles)


def _few(listed: list[_Listed], troubles: Troubles) -> list[_Listed]:
    if len(listed) <= MOST_FILMS:
        return listed
    limit = int(2**32 * MOST_FILMS / len(listed))
    kept = [one for one in listed if _hash(one.name.subject) < limit]
    troubles.add(
        "silver_dataset",
        f"{len(kept):,} of {len(listed):,} films are used, chosen by a hash of the patient",
        "Nothing must be done: more would not fit a computer's memory together with their regions.",
        is_intended=True,
    )
    return kept


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def _graphs(folder: Path) -> GraphOf:
    silver = folder / "silver_dataset"
    unpacked = next(
        (one for one in (silver / "scene_graph" / "scene_graph", silver / "scene_graph") if one.is_dir()),
        None,
    )
    if unpacked is not None:

        def of_folder(dicom: str) -> Any:
            return _json_of((unpacked / f"{dicom}_SceneGraph.json").read_bytes)

        return of_folder
    archive = file_like(silver, "scene_graph.zip")
    if archive is None:
        raise SourceRefused(f"There is no scene_graph.zip in {silver}.", "Fetch it from the set's page.")
    try:
        packed = zipfile.ZipFile(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceRefused(f"{archive} can't be read ({error}).", "Fetch it again.") from error
    names = {name.rsplit("/", 1)[-1]: name for name in packed.namelist()}

    def of_archive(dicom: str) -> Any:
        return _json_of(lambda: packed.read(names[f"{dicom}_SceneGraph.json"]))

    return of_archive


def _json_of(content: Callable[[], bytes]) -> Any:
    try:
        return json.loads(content())
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, RecursionError):
        return None


def _study(one: _Listed, graph_of: GraphOf, troubles: Troubles) -> KnownStudy | None:
    graph = graph_of(one.name.dicom)
    if not isinstance(graph, dict) or not isinstance(graph.get("objects"), list):
        troubles.count(
            one.row, "the film's scene graph is not there or can't be read", "Fetch scene_graph.zip again."
        )
        return None
    boxes = tuple(_boxes(graph, one.row, troubles))
    film = known_film(one.name, one.view)
    return KnownStudy(
        id=one.name.dicom,
        row=one.row,
        patient=one.name.patient,
        films=(replace(film, boxes=boxes),),
        label_source="machine",
        split=one.split,
    )


def _boxes(graph: dict[str, Any], row: str, troubles: Troubles) -> Iterator[KnownBox]:
    phrases = _phrases(graph.get("attributes"))
    for region in graph["objects"]:
        box = _box(region) if isinstance(region, dict) else None
        if box is None:
            troubles.count(
                row,
                "a region has no area or lies outside the film; it was left out",
                "Nothing: it is known.",
                is_intended=True,
            )
            continue
        name = str(region.get("bbox_name", "")).lower()
        for phrase in phrases.get(str(region.get("object_id", "")), [""]):
            yield KnownBox(name, box, "anatomy", phrase)


def _phrases(attributes: Any) -> dict[str, list[str]]:
    """Object id to what the report says of it, white space folded, each phrase once."""
    found: dict[str, list[str]] = {}
    for one in attributes if isinstance(attributes, list) else []:
        if isinstance(one, dict) and isinstance(one.get("phrases"), list):
            told = (" ".join(str(phrase).split()) for phrase in one["phrases"])
            own = found.setdefault(str(one.get("object_id", "")), [])
            own += [phrase for phrase in dict.fromkeys(told) if phrase and phrase not in own]
    return {name: phrases for name, phrases in found.items() if phrases}


def _box(cells: Any) -> Xyxy | None:
    """The box in pixels of MIMIC-CXR-JPG, cut at the film's edges where its size is told."""
    try:
        x1, y1, x2, y2 = (float(cells[corner]) for corner in _CORNERS)
    except (KeyError, TypeError, ValueError):
        return None
    x1, y1 = max(x1, 0.0), max(y1, 0.0)
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _gold(folder: Path, troubles: Troubles) -> Iterator[KnownStudy]:
    """The films whose regions people drew: kept for the end."""
    table = folder / "gold_dataset" / _GOLD
    if not table.is_file():
        return
    splits = folder / "silver_dataset" / "splits" / "images_to_avoid.csv"
    names = {
        row["dicom_id"]: film_name(row["subject_id"], row["study_id"], row["dicom_id"])
        for row in _rows_if_there(splits, troubles)
    }
    found: dict[str, tuple[str, FilmName, list[KnownBox]]] = {}
    for row in rows_of(table, ("image_id", "bbox_name", *_CORNERS), troubles):
        name, box = names.get(row["image_id"].removesuffix(".dcm")), _box(row.cells)
        if name is None or box is None:
            troubles.count(
                row.place, "the film or the box of a gold row can't be read", "Check images_to_avoid.csv."
            )
            continue
        _, _, boxes = found.setdefault(name.key, (row.place, name, []))
        boxes.append(KnownBox(row["bbox_name"].lower(), box, "anatomy"))
    for row_place, name, boxes in found.values():
        film = KnownFilm(name.key, boxes=tuple(boxes))
        yield KnownStudy(
            f"gold/{name.dicom}", row_place, name.patient, (film,), label_source="radiologist", split="test"
        )
