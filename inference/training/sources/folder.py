"""`folder:FOLDER`: a folder of DICOM studies with their reports, as a site exports them.

Reports are CSV or TSV tables, JSON, JSON lines, text files, or DICOM structured reports lying among the films
(`found_reports`, for which columns); how they find their studies is in `matching`. Films are found and opened as the
viewer does it; a study's prior is the nearest earlier study of the same patient among those in the folder, as the
panel would choose it.

Nothing that is kept says whose a study is: patients and studies have this installation's pseudonyms, the same as in
the corrections, so that a patient of both is known to be one; a sentence that holds the patient's name or number is
left out. Places (`row`) are paths in the site's own folder, for the person who mends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.corrections.pseudonyms import installation_secret, pseudonym
from inference.corrections.store import corrections_folder
from inference.training.rows import DataSet, Known, KnownFilm, KnownStudy, UnreadableFilm
from inference.training.sources import folder_at
from inference.training.sources.film_files import FilmFiles
from inference.training.sources.folder_scan import WORKERS, Found, relative, scan_folder
from inference.training.sources.found_reports import FoundReport
from inference.training.sources.label_names import report_labels, shared
from inference.training.sources.matching import RULE, StudyNames, matched
from inference.training.sources.reports_kept import best_report, without_names
from inference.training.sources.sections import Sections
from inference.training.sources.tables import SourceRefused, Troubles
from viewer.core.hanging import choose_prior, frontal_films, is_chest_film_by_header, is_lateral
from viewer.core.library import days_between, group
from viewer.core.study import Film, Patient, Source, Study


def read(path: str) -> DataSet:
    """Scan the folder and put films and reports together.

    Raises:
        SourceRefused: There is no folder, or no film in it.
    """
    folder = folder_at(path)
    troubles = Troubles()
    found = scan_folder(folder, troubles)
    if not found.films:
        raise SourceRefused(f"There is no film in {folder}.", "Name a folder with DICOM files.")
    patients = group(_usable(found, folder, troubles))
    names = StudyNames()
    for film in _films_of(patients):
        names.add(film.header.study_instance_uid, film.header.accession_number, relative(film.source, folder))
    reports = matched(found.reports, names, troubles)
    if not reports:
        many = (
            f"none of the {len(found.reports):,} reports fits"
            if found.reports
            else "no reports were found for"
        )
        troubles.add(folder.name, f"{many} a study of the folder", RULE)
    making = _Making(folder, reports, installation_secret(corrections_folder()), troubles, bool(reports))
    studies = tuple(making.studies(patients))
    return DataSet("folder", studies, FilmFiles(_Places(making.places), WORKERS), troubles.all())


def _films_of(patients: Iterable[Patient]) -> Iterable[Film]:
    return (film for patient in patients for study in patient.studies for film in study.films)


def _usable(found: Found, folder: Path, troubles: Troubles) -> Sequence[Film]:
    """Films that may be chest films and show nobody's name; copies of one file are one film."""
    kept: dict[str, Film] = {}
    for film in found.films:
        place, header = relative(film.source, folder), film.header
        if film.key in kept:
            troubles.count(
                place, "the same file lies here twice; it was taken once", "Delete the copy, if you like."
            )
        elif header.is_verified and is_chest_film_by_header(header) is False:
            troubles.count(
                place,
                f"no chest radiograph by its header (modality {header.modality or 'not stated'}); it was left out",
                "Nothing, if that is right. Body Part Examined (0018,0015) and Modality (0008,0060) decide.",
                is_intended=True,
            )
        elif header.burned_in_annotation.strip().upper() == "YES":
            troubles.count(
                place,
                "the header says that words are burned into the film; it was left out",
                "Export it without burned-in annotations, or set (0028,0301) to NO where that is true.",
            )
        else:
            kept[film.key] = film
    return tuple(kept.values())


class _Places:
    """Where each film lies, by the key that does not say it."""

    def __init__(self, places: Mapping[str, tuple[Source, int]]) -> None:
        self._places = places

    def __call__(self, film: KnownFilm) -> tuple[Source, int]:
        if film.key not in self._places:
            raise UnreadableFilm("The film is not of this folder.")
        return self._places[film.key]


@dataclass(slots=True)
class _Report:
    """What a study's report says, cleaned of whose it is."""

    row: str
    sections: Sections
    found: FoundReport | None


class _Making:
    """Turns patients into studies of a data set; `places` fills while it does."""

    def __init__(
        self,
        folder: Path,
        reports: Mapping[str, Sequence[FoundReport]],
        secret: bytes,
        troubles: Troubles,
        has_reports: bool,
    ) -> None:
        self._folder, self._reports, self._secret = folder, reports, secret
        self._troubles, self._has_reports = troubles, has_reports
        self.places: dict[str, tuple[Source, int]] = {}

    def studies(self, patients: Iterable[Patient]) -> Iterable[KnownStudy]:
        for patient in patients:
            first = relative(patient.studies[0].films[0].source, self._folder)
            if patient.warnings and patient.studies[0].films[0].header.is_verified:
                self._troubles.add(
                    first,
                    "the headers contradict each other about whose films these are; they were kept apart",
                    "Open the folder in the viewer: the study list says what contradicts what.",
                )
            told = {study.instance_uid: self._report(study) for study in patient.studies}
            for study in patient.studies:
                yield self._study(study, patient, told)

    def _report(self, study: Study) -> _Report:
        first = relative(study.films[0].source, self._folder)
        found = best_report(study, self._reports.get(study.instance_uid, ()), self._troubles)
        if found is None:
            if self._has_reports:
                self._troubles.add(first, "no report was found for the study", RULE)
            return _Report(first, Sections(), None)
        return _Report(found.place, without_names(found, study, self._troubles), found)

    def _study(self, study: Study, patient: Patient, told: Mapping[str, _Report]) -> KnownStudy:
        own = told[study.instance_uid]
        prior = choose_prior(study, patient)
        header = study.films[0].header
        found = own.found
        films = tuple(self._film(film) for film in study.films)
        if prior is not None:
            films += self._prior_films(study, prior, told[prior.instance_uid])
        sections = own.sections
        return KnownStudy(
            id=pseudonym(self._secret, "study", study.instance_uid),
            row=own.row,
            patient=self._patient(patient, study, found),
            films=films,
            findings=sections.findings_or_free,
            impression=sections.impression,
            indication=sections.indication,
            prior_report=told[prior.instance_uid].sections.findings_or_free if prior is not None else "",
            labels=_labels(own),
            label_source="" if found is None else "table" if found.labels else "report",
            split=None if found is None else found.split,
            sex=patient.sex if patient.sex in ("M", "F") else "",
            age_years=_age(header.patient_age, patient, study),
        )

    def _prior_films(self, study: Study, prior: Study, told: _Report) -> tuple[KnownFilm, ...]:
        days, labels = days_between(study, prior), _labels(told)
        return tuple(
            self._film(film, is_prior=True, days=days, labels=labels)
            for film in frontal_films(prior) or prior.films
        )

    def _film(
        self,
        film: Film,
        *,
        is_prior: bool = False,
        days: int | None = None,
        labels: Mapping[str, Known] | None = None,
    ) -> KnownFilm:
        header = film.header
        key = pseudonym(self._secret, "film", film.key)
        self.places[key] = (film.source, film.frame)
        return KnownFilm(
            key=key,
            view=header.view_position,
            role="prior" if is_prior else "lateral" if is_lateral(header) else "current",
            days_before=days,
            labels=labels or {},
            size=(header.pixels.rows, header.pixels.columns),
            is_synthetic=header.is_synthetic,
        )

    def _patient(self, patient: Patient, study: Study, found: FoundReport | None) -> str:
        """The pseudonym that the corrections use (`CorrectionStore.patient_key`); nobody's study stands for itself."""
        number = patient.patient_id.strip() or (found.patient if found else "")
        birth = patient.birth_date.isoformat() if patient.birth_date else ""
        if number:
            parts: tuple[str, ...] = (number,)
        elif patient.name.strip():
            parts = ("", patient.name.strip(), birth)
        else:
            parts = ("study", study.instance_uid)
            self._troubles.count(
                relative(study.films[0].source, self._folder),
                "nothing says whose the study is; it is taken for a patient of its own",
                "Add a column PatientID to the table: without it one patient may be on both sides of the split.",
            )
        return f"site:{pseudonym(self._secret, 'patient', *parts)}"


def _labels(told: _Report) -> Mapping[str, Known]:
    if told.found is None:
        return {}
    if told.found.labels:
        return shared(told.found.labels)
    whole = (
        told.found.sections
    )  # with the sentences that were left out: what they state is there all the same
    return report_labels(f"{whole.findings_or_free}\n{whole.impression}")


def _age(stated: str, patient: Patient, study: Study) -> float | None:
    """Patient's Age (0010,1010), else from the birth date."""
    units = {"Y": 1.0, "M": 12.0, "W": 52.18, "D": 365.25}
    if stated[:-1].isdigit() and stated[-1:] in units:
        return round(int(stated[:-1]) / units[stated[-1]], 2)
    if patient.birth_date and study.study_date:
        return round((study.study_date - patient.birth_date).days / 365.25, 1)
    return None
