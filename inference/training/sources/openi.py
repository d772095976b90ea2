"""`openi:FOLDER`: the Indiana University chest X-ray collection of Open-i (Demner-Fushman et al. 2016).

Form: `ecgen-radiology/1.xml …` (from NLMCXR_reports.tgz): `AbstractText` with the labels FINDINGS, IMPRESSION,
INDICATION and COMPARISON, `MeSH` with `major` headings, a `parentImage id="CXR1_1_IM-0001-3001"` per film; films as
`….png` in `NLMCXR_png`, `images` or the folder itself (from NLMCXR_png.tgz). Documented at openi.nlm.nih.gov/faq.
`XXXX` marks what was taken out.

Nothing there says which film of a pair is the lateral one: where `indiana_projections.csv` (`filename, projection`; of
a later copy of the set) lies beside the films, it is used, else all films count as frontal and that is told. The
collection has no patient numbers: each report is taken for a patient of its own.

Labels: what the report says by our rule labeller, and what a person coded as a MeSH heading is present before it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree  # reports with a DTD or entities are refused before they are parsed

from inference.backend import NO_FINDING, Role
from inference.training.rows import DataSet, Known, KnownFilm, KnownStudy
from inference.training.sources import folder_at
from inference.training.sources.film_files import films_below
from inference.training.sources.label_names import report_labels, shared
from inference.training.sources.tables import SourceRefused, Troubles, file_like, rows_of

HEADINGS: Mapping[str, str] = {
    "airspace disease": "lung opacity",
    "cardiac shadow/enlarged": "cardiomegaly",
    "cardiomegaly": "cardiomegaly",
    "catheters, indwelling": "support devices",
    "consolidation": "consolidation",
    "fractures, bone": "fracture",
    "hydropneumothorax": "pneumothorax",
    "implanted medical device": "support devices",
    "infiltrate": "lung opacity",
    "mass": "lung lesion",
    "medical device": "support devices",
    "nodule": "lung lesion",
    "opacity": "lung opacity",
    "pleural effusion": "pleural effusion",
    "pneumonia": "pneumonia",
    "pneumothorax": "pneumothorax",
    "pulmonary atelectasis": "atelectasis",
    "pulmonary congestion": "edema",
    "pulmonary edema": "edema",
    "stents": "support devices",
    "thickening/pleura": "pleural other",
    "tube, inserted": "support devices",
}
"""Major MeSH headings and the label that each states: the heading, or the heading with its first qualifier."""
LARGEST_REPORT = 1 << 20
_ENTITY = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.I)


def read(path: str) -> DataSet:
    """Read reports and the names of the films; no film is opened."""
    folder = folder_at(path)
    reports = next(
        (one for one in (folder / "ecgen-radiology", *folder.glob("*/ecgen-radiology")) if one.is_dir()), None
    )
    if reports is None:
        raise SourceRefused(
            f"There is no folder ecgen-radiology in {folder}.",
            "Unpack NLMCXR_reports.tgz and NLMCXR_png.tgz there.",
        )
    troubles = Troubles()
    films, laterals = _films(folder), _laterals(folder, troubles)
    studies = [
        study
        for file in sorted(reports.glob("*.xml"), key=lambda file: (len(file.stem), file.stem))
        if (study := _study(file, films, laterals, troubles))
    ]
    return DataSet("openi", tuple(studies), films_below(folder), troubles.all())


def _study(
    file: Path, films: Mapping[str, str], laterals: frozenset[str] | None, troubles: Troubles
) -> KnownStudy | None:
    content = file.read_bytes()[: LARGEST_REPORT + 1]
    try:
        if len(content) > LARGEST_REPORT or _ENTITY.search(content):
            raise ElementTree.ParseError("too large, or with definitions of its own")
        root = ElementTree.fromstring(content)  # noqa: S314 - no entity can be in it
    except ElementTree.ParseError as error:
        troubles.add(file.name, f"the report can't be read ({error})", "Fetch it again.")
        return None
    texts = {one.get("Label", "").lower(): _folded(one) for one in root.iter("AbstractText")}
    images = [name for one in root.iter("parentImage") if (name := one.get("id", ""))]
    known = tuple(_film(films[name], name, laterals) for name in images if name in films)
    if not known:
        troubles.count(
            file.name, "the report has no film here; it was left out", "Unpack NLMCXR_png.tgz, if it has one."
        )
        return None
    if laterals is None and len(known) > 1:
        troubles.count(
            file.name,
            "nothing says which film is the lateral one",
            "Put indiana_projections.csv beside the films; without it laterals are taught as frontal films.",
        )
    report = f"{texts.get('findings', '')}\n{texts.get('impression', '')}"
    return KnownStudy(
        id=file.stem,
        row=file.name,
        patient=f"openi:{file.stem}",
        films=known,
        findings=texts.get("findings", ""),
        impression=texts.get("impression", ""),
        indication=texts.get("indication", ""),
        labels=shared({**report_labels(report), **coded(_folded(one) for one in root.iter("major"))}),
        label_source="report and MeSH",
    )


def coded(headings: Iterable[str]) -> Mapping[str, Known]:
    """What MeSH headings such as “Cardiomegaly/mild” and “normal” state; they deny nothing."""
    known: dict[str, Known] = {}
    for heading in headings:
        first, _, rest = heading.lower().partition("/")
        name = HEADINGS.get(first) or HEADINGS.get(f"{first}/{rest.partition('/')[0]}")
        if name:
            known |= {name: "present", NO_FINDING: "absent"}
        elif first == "normal":
            known.setdefault(NO_FINDING, "present")
    return known


def _film(path: str, name: str, laterals: frozenset[str] | None) -> KnownFilm:
    is_lateral = laterals is not None and name in laterals
    role: Role = "lateral" if is_lateral else "current"
    return KnownFilm(path, "LATERAL" if is_lateral else "", role)


def _films(folder: Path) -> dict[str, str]:
    """Film name to its path below the folder."""
    found: dict[str, str] = {}
    for place in (folder / "NLMCXR_png", folder / "images", folder / "images_normalized", folder):
        if place.is_dir():
            inside = place.relative_to(folder).as_posix()
            for name in os.listdir(place):  # noqa: PTH208 - 7,470 names
                if name.endswith((".png", ".jpg")):
                    found.setdefault(
                        name.rpartition(".")[0].removesuffix(".dcm"), f"{inside}/{name}".removeprefix("./")
                    )
    return found


def _laterals(folder: Path, troubles: Troubles) -> frozenset[str] | None:
    table = file_like(folder, "indiana_projections.csv")
    if table is None:
        return None
    rows = rows_of(table, ("filename", "projection"), troubles)
    names = (
        row["filename"].rpartition(".")[0].removesuffix(".dcm")
        for row in rows
        if row["projection"] == "Lateral"
    )
    return frozenset(name if name.startswith("CXR") else f"CXR{name}" for name in names)


def _folded(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
