"""`corrections:` or `corrections:FOLDER`: what readers made of drafts (docs/corrections.md), the best that a site has.

- The signed text is the report; a sentence from which something was taken out (`[removed]`) is left out.
- A finding that was accepted, edited or added is present on its film; rejected as “not there” is absent. Where the
  reader called it possible or unlikely it is uncertain. `untouched` says nothing, nor does any other reason of a
  rejection.
- Boxes that a reader drew or moved count; the model's own never do.
- Labels of the study are what its signed text says, by the rule labeller; a film's own come first.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from inference.backend import FINDINGS, FilmInput
from inference.corrections import REMOVED, Case, CaseBox, CaseFilm, CaseFinding, CorrectionStore, open_store
from inference.corrections.films import read_attributes, read_film
from inference.corrections.store import FILE_NAME, corrections_folder
from inference.errors import InferenceError, InvalidFilm
from inference.text.labels import label_sentence
from inference.training.rows import DataSet, Known, KnownBox, KnownFilm, KnownStudy, UnreadableFilm
from inference.training.sources.label_names import report_labels, shared
from inference.training.sources.sections import sections_of
from inference.training.sources.tables import SourceRefused, Troubles

_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+")
_STATED = ("accepted", "edited", "added")
_NOT_SURE = ("possible", "unlikely")
NOT_THERE = "not there"


def read(path: str) -> DataSet:
    """Read the latest version of every case.

    Raises:
        SourceRefused: There is no store, or it can't be read.
    """
    folder = Path(path).expanduser() if path else corrections_folder()
    if not (folder / FILE_NAME).is_file():
        raise SourceRefused(
            f"No corrections are kept in {folder}.",
            "They are kept while the site's consent is switched on: AI ▸ Site settings….",
        )
    troubles = Troubles()
    try:
        with open_store(folder) as store:
            studies = tuple(_studies(store, troubles))
    except (OSError, sqlite3.Error, KeyError, InferenceError) as error:
        raise SourceRefused(
            f"The corrections in {folder} can't be read ({type(error).__name__}).",
            "They may be of a newer version, or another program holds them: close it and try again.",
        ) from error
    return DataSet("corrections", studies, _opener(folder), troubles.all())


def _studies(store: CorrectionStore, troubles: Troubles) -> Iterable[KnownStudy]:
    for number, case in enumerate(store.cases(), start=1):
        row = f"corrections {number}"
        if not any(film.role != "prior" for film in case.films):
            troubles.add(
                row,
                "the case has no current film",
                "Nothing can be learnt from it; delete it if you like.",
                is_intended=True,
            )
            continue
        findings, removed = _without_removed(case.signed_report)
        impression, removed_too = _without_removed(case.signed_impression)
        if removed + removed_too and not (findings or impression):
            troubles.add(
                row,
                "something was taken out of every sentence of the report",
                "Nothing: its boxes and verdicts are used.",
                is_intended=True,
            )
        told = sections_of(findings)
        yield KnownStudy(
            id=case.study,
            row=row,
            patient=f"site:{case.patient}",
            films=tuple(_film(case, film, store.folder / "films") for film in case.films),
            findings=told.findings_or_free,
            impression=impression or told.impression,
            indication=told.indication,
            labels=report_labels(f"{case.signed_report}\n{case.signed_impression}\n{case.addendum}"),
            label_source="report",
        )


def _without_removed(text: str) -> tuple[str, int]:
    """The text without the sentences that hold REMOVED, and how many those were."""
    sentences = _SENTENCE_END.split(text.strip())
    kept = [sentence for sentence in sentences if REMOVED not in sentence]
    return " ".join(kept), len(sentences) - len(kept)


def _film(case: Case, film: CaseFilm, folder: Path) -> KnownFilm:
    own = [finding for finding in case.findings if finding.image == film.image]
    view, size = _view_and_size(folder, film.image)
    return KnownFilm(
        key=film.image,
        view=view,
        size=size,
        role=film.role,
        days_before=film.days_before,
        labels=_labels(own),
        boxes=tuple(
            KnownBox(_name_of(finding), box.xyxy)
            for finding in own
            if finding.verdict in _STATED
            for box in finding.boxes
            if box.image == film.image and _is_readers(box)
        ),
    )


def _view_and_size(folder: Path, image: str) -> tuple[str, tuple[int, int] | None]:
    """What is known without the pixels; a damaged film is found when it is opened."""
    try:
        told = read_attributes(folder, image)
    except InvalidFilm:
        return "", None
    return told.view_position, (told.description.rows, told.description.columns)


def _is_readers(box: CaseBox) -> bool:
    return box.origin == "human" or box.of_xyxy is not None


def _labels(findings: Iterable[CaseFinding]) -> Mapping[str, Known]:
    known: dict[str, Known] = {}
    for finding in findings:
        name = _name_of(finding)
        if finding.verdict in _STATED:
            is_sure = finding.certainty not in _NOT_SURE
            known[name] = "present" if is_sure or known.get(name) == "present" else "uncertain"
        elif finding.verdict == "rejected" and finding.reason == NOT_THERE:
            known.setdefault(name, "absent")
    return shared(known)


def _name_of(finding: CaseFinding) -> str:
    """Which of the 13 it is: by its name, by what its own words state, else by the model's name for it."""
    label = finding.label.strip().lower()
    if label in FINDINGS:
        return label
    return next(iter(label_sentence(label)), finding.model_label or label)


class _KeptFilms:
    """Opens films of the store, each time anew: SQLite is not needed for it, and threads do not meet."""

    def __init__(self, folder: Path) -> None:
        self._films = folder / "films"

    def __call__(self, film: KnownFilm) -> FilmInput:
        try:
            return read_film(self._films, film.key)
        except InvalidFilm as error:
            raise UnreadableFilm(str(error)) from error


def _opener(folder: Path) -> _KeptFilms:
    return _KeptFilms(folder)
