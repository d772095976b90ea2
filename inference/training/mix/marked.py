"""What is marked on a film: boxes by name, what is known not to be there, whether all is marked. Pure."""

from __future__ import annotations

from inference.backend import FINDINGS
from inference.text.labels import narrower
from inference.text.places import ANATOMY
from inference.training.rows import KnownBox, KnownFilm, KnownStudy, label_of

NO_REGION = ("support devices",)
"""Findings that are no abnormal region."""
LUNGS = ("right lung", "left lung")


def finding_boxes(film: KnownFilm) -> dict[str, list[KnownBox]]:
    """Boxes by finding, in the finding list's order; names outside it behind, by name."""
    found: dict[str, list[KnownBox]] = {}
    for box in film.boxes:
        if box.kind == "finding" and box.label:
            found.setdefault(box.label, []).append(box)
    return {name: found[name] for name in sorted(found, key=place_in_list)}


def absent_names(study: KnownStudy, film: KnownFilm) -> list[str]:
    """Findings that are known not to be on the film: said so, or marked everywhere and nowhere here."""
    boxed = finding_boxes(film)
    said = {name for name in FINDINGS if label_of(study, film, name) == "absent"}
    return sorted((said | film.boxes_complete) - set(boxed) - _present(study, film), key=place_in_list)


def _present(study: KnownStudy, film: KnownFilm) -> set[str]:
    return {name for name in FINDINGS if label_of(study, film, name) in ("present", "uncertain")}


def region_boxes(film: KnownFilm) -> dict[str, list[KnownBox]]:
    found: dict[str, list[KnownBox]] = {}
    for box in film.boxes:
        if box.kind == "anatomy" and box.label in ANATOMY:
            found.setdefault(box.label, []).append(box)
    return found


def phrase_boxes(film: KnownFilm) -> dict[str, list[KnownBox]]:
    found: dict[str, list[KnownBox]] = {}
    for box in film.boxes:
        if box.phrase.strip():
            found.setdefault(box.phrase.strip(), []).append(box)
    return found


def lung_boxes(film: KnownFilm) -> list[KnownBox]:
    regions = region_boxes(film)
    return [regions[name][0] for name in LUNGS] if all(name in regions for name in LUNGS) else []


def place_in_list(name: str) -> tuple[int, str]:
    return (FINDINGS.index(name) if name in FINDINGS else len(FINDINGS), name)


def is_placed(_study: KnownStudy, film: KnownFilm) -> bool:
    return bool(finding_boxes(film))


def is_without(study: KnownStudy, film: KnownFilm) -> bool:
    return not finding_boxes(film) and bool(absent_names(study, film))


def abnormal_boxes(film: KnownFilm) -> list[KnownBox]:
    return [box for name, boxes in finding_boxes(film).items() if name not in NO_REGION for box in boxes]


def is_wholly_marked(study: KnownStudy, film: KnownFilm) -> bool:
    """Every finding that is there has a box, itself or by a narrower name: no region would be missing."""
    boxed = set(finding_boxes(film))
    there = {name for name in _present(study, film) if name not in NO_REGION}
    marked = all(name in boxed or boxed & set(narrower(name)) for name in there)
    return marked and bool(abnormal_boxes(film))
