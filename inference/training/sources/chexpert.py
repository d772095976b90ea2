"""`chexpert:FOLDER`: CheXpert (Irvin et al. 2019), the folder of `train.csv`, `valid.csv` and, where it is there,
`test.csv`.

Form: a row per film, `Path` (`CheXpert-v1.0-small/train/patient00001/study1/view1_frontal.jpg`), `Sex`, `Age`,
`Frontal/Lateral`, `AP/PA`, and 14 columns of 1.0 / 0.0 / -1.0 / empty for present / absent / uncertain / not spoken of
(m4cxr.md §8). Reports are not part of it. `valid.csv` was labelled by radiologists and is the validation split;
`train.csv` by a rule labeller. Documented at stanfordmlgroup.github.io/competitions/chexpert. Whether the numbers of a
patient's studies are in the order of time is not stated there: no study gets a prior.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

from inference.training.rows import DataSet, KnownFilm, KnownStudy, Split
from inference.training.sources import folder_at
from inference.training.sources.film_files import films_below
from inference.training.sources.label_names import UnknownLabelValue, chexpert_columns
from inference.training.sources.tables import Row, SourceRefused, Troubles, rows_of

_SPLITS: dict[str, tuple[Split, str]] = {
    "train.csv": ("train", "text-mined"),
    "valid.csv": ("val", "radiologist"),
    "test.csv": ("test", "radiologist"),
}
_COLUMNS = ("Path", "Frontal/Lateral", "AP/PA", "No Finding", "Support Devices")


def read(path: str) -> DataSet:
    """Read the tables; no film is opened."""
    folder = folder_at(path)
    tables = [folder / name for name in _SPLITS if (folder / name).is_file()]
    if not tables:
        raise SourceRefused(
            f"There is no train.csv in {folder}.", "Name the folder CheXpert-v1.0 or CheXpert-v1.0-small."
        )
    troubles = Troubles()
    studies: dict[str, KnownStudy] = {}
    here: dict[str, frozenset[str]] = {}
    for table in tables:
        for row in rows_of(table, _COLUMNS if table.name != "test.csv" else ("Path",), troubles):
            _take(row, table, folder, here, studies, troubles)
    return DataSet("chexpert", tuple(studies.values()), films_below(folder), troubles.all())


def _take(
    row: Row,
    table: Path,
    folder: Path,
    here: dict[str, frozenset[str]],
    studies: dict[str, KnownStudy],
    troubles: Troubles,
) -> None:
    parts = PurePosixPath(row["Path"]).parts[-4:]  # the set's own name in front differs between its two sizes
    if len(parts) != 4 or ".." in parts or not parts[1].startswith("patient"):
        troubles.add(
            row.place,
            "Path is not …/patientNNNNN/studyN/viewN_….jpg",
            "Mend the row, or fetch the table again.",
        )
        return
    split_folder, patient, study, _ = parts
    if split_folder not in here:
        here[split_folder] = _names_in(folder / split_folder)
    if patient not in here[split_folder]:
        troubles.count(
            row.place,
            f"the patient's folder is not in {split_folder}/; the film was left out",
            "Unpack the rest of the set, if it is to be used.",
            is_intended=True,
        )
        return
    try:
        labels = chexpert_columns(row.cells)
    except UnknownLabelValue as error:
        troubles.add(row.place, str(error), "Mend the cell.")
        return
    is_lateral = row["Frontal/Lateral"] == "Lateral" or parts[3].endswith("_lateral.jpg")
    film = KnownFilm(
        "/".join(parts), "LATERAL" if is_lateral else row["AP/PA"], "lateral" if is_lateral else "current"
    )
    key = "/".join((split_folder, patient, study))
    if key in studies:
        known = studies[key]
        studies[key] = replace(known, films=(*known.films, film))
        return
    split, source = _SPLITS[table.name]
    studies[key] = KnownStudy(
        id=key,
        row=row.place,
        patient=f"chexpert:{patient}",
        films=(film,),
        labels=labels,
        label_source=source,
        split=split,
        sex={"Male": "M", "Female": "F"}.get(row["Sex"], ""),
        age_years=float(row["Age"]) if row["Age"].replace(".", "", 1).isdigit() else None,
    )


def _names_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208 - 64,000 names: no Path for each
    except OSError:
        return frozenset()
