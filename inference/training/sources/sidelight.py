"""`sidelight:FOLDER`: the folder of labelled films that the starter is trained on (`cxr/manifest.csv`).

Only films of licence tier A: whatever is trained on the others may not be passed on. The form is documented in the
folder's own README.md.

A row is a study, but films of one patient's visit that share a report are one. Films of one patient are ordered within
their source, so that a 64-pixel copy is never a 512-pixel film's prior. The suggested validation patients are the test
patients; all others are left to be drawn by patient.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from inference.training.rows import DataSet, Known, KnownBox, KnownFilm, KnownStudy
from inference.training.sources import folder_at
from inference.training.sources.film_files import films_below
from inference.training.sources.histories import Visit, is_lateral_view, prior_films
from inference.training.sources.label_names import shared
from inference.training.sources.manifest import LABELS, LabelledFilm, film_of
from inference.training.sources.tables import Row, Troubles, rows_of

TIERS = ("A",)
_COLUMNS = ("file", "source", "licence_tier", "patient_id", "images_of_patient", "view", "boxes", "anatomy_boxes",
            "width", "height", "suggested_split")  # fmt: skip
_KNOWN: dict[int, Known] = {1: "present", 0: "absent"}


def read(path: str) -> DataSet:
    """Read the manifest; no film is opened."""
    folder = folder_at(path)
    troubles = Troubles()
    visits: dict[tuple[str, str], dict[str, Visit]] = defaultdict(dict)
    for row in rows_of(folder / "cxr" / "manifest.csv", _COLUMNS, troubles):
        if row["licence_tier"] not in TIERS:
            troubles.count(
                row.place,
                f"licence tier {row['licence_tier'] or 'not stated'}: not used",
                "None is needed: only tier A may be redistributed, so nothing is trained on the others.",
                is_intended=True,
            )
            continue
        try:
            study = _study(row, film_of(folder / "cxr", row.cells))
        except (ValueError, KeyError, TypeError) as error:
            troubles.add(row.place, f"the row can't be read ({error})", "Mend the row in manifest.csv.")
            continue
        _join(visits[row["source"], study.patient], row, study)
    studies = tuple(study for history in visits.values() for study in _with_priors(history.values()))
    return DataSet("sidelight", studies, films_below(folder), troubles.all())


def _study(row: Row, film: LabelledFilm) -> KnownStudy:
    labels = shared(
        {name: _KNOWN[value] for name, value in zip(LABELS, film.labels, strict=True) if value in _KNOWN}
    )
    is_report = row["text_type"] == "report"
    return KnownStudy(
        id=row["file"],
        row=row.place,
        patient=film.patient_id.replace("nih:nih_", "nih:"),  # as `nih:` names the same people
        films=(
            KnownFilm(
                key=f"cxr/{row['file']}",
                view=film.view.upper(),
                role="lateral" if is_lateral_view(film.view) else "current",
                labels=labels,
                boxes=tuple(
                    KnownBox(box.label, box.xyxy, "anatomy" if box in film.anatomy_boxes else "finding")
                    for box in (*film.boxes, *film.anatomy_boxes)
                ),
                size=(film.height, film.width),
                is_synthetic=_says_synthetic(row["extra"]),
            ),
        ),
        findings=row["findings"] if is_report else "",
        impression=row["impression"] if is_report else "",
        labels=labels,
        label_source=row["label_source"],
        split="test" if row["suggested_split"] == "val" else None,
        source=row["source"],
        sex=row["sex"] if row["sex"] in ("M", "F") else "",
        age_years=float(row["age"]) if row["age"].replace(".", "", 1).isdigit() else None,  # not "50+"
    )


def _says_synthetic(extra: str) -> bool:
    told = json.loads(extra) if extra else {}
    return isinstance(told, dict) and bool(told.get("synthetic"))


def _join(history: dict[str, Visit], row: Row, study: KnownStudy) -> None:
    """Films of one visit with one report are read together; everything else is a study of its own."""
    order = (row["study_order"].zfill(6), study.findings or study.id)
    key = "/".join(order)
    if key in history and study.findings:
        first = history[key].study
        history[key] = replace(history[key], study=replace(first, films=(*first.films, *study.films)))
    else:
        history[key] = Visit(study, (*order, row["offset_days"]))


def _with_priors(visits: Iterable[Visit]) -> Iterable[KnownStudy]:
    """As `histories.with_priors`, with the days counted from `offset_days`; two films of one visit are no priors."""
    last: Visit | None = None
    before: Visit | None = None
    for visit in sorted(visits, key=lambda one: one.order):
        if last is not None and last.order[0] != visit.order[0]:
            before = last
        last = visit
        days = None if before is None else _days(before.order[2], visit.order[2])
        films = () if before is None else prior_films(before.study, days)
        report = before.study.findings if before is not None and films else ""
        yield replace(visit.study, films=visit.study.films + films, prior_report=report)


def _days(earlier: str, later: str) -> int | None:
    try:
        return round(float(later) - float(earlier))
    except ValueError:
        return None
