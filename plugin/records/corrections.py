"""From a signed reading to a case of the training store: which films, which words, whose verdicts. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inference.corrections.case import Case, CaseBox, CaseFilm, CaseFinding
from inference.corrections.scrub import Identity, scrub, scrub_all
from plugin.review.reviewed import ReviewedFinding, reviewed_findings
from plugin.signing.state import SignedVersion
from plugin.state import StudyReading
from viewer.api import Hanging
from viewer.core.study import Film


@dataclass(frozen=True, slots=True)
class Keys:
    """Pseudonyms (see `inference.corrections.CorrectionStore`)."""

    study: str
    patient: str


def is_correction(reading: StudyReading) -> bool:
    """True if the model has drafted something that the reader could correct."""
    return bool(reading.report.drafted.strip() or reading.impression.drafted.strip())


def films_to_keep(reading: StudyReading, hanging: Hanging) -> tuple[tuple[Film, CaseFilm], ...]:
    """The films that the model read and that may be kept; none where the case must not be kept at all.

    Synthetic films are nobody's, pictures without a header may show anything, and words that are burned in can't be
    taken out: a case with a synthetic film is left out whole, the others lose the film.
    """
    known = {film.key: film for study in (hanging.current, hanging.prior) if study for film in study.films}
    days = reading.prior.days_before if reading.prior is not None else None
    found = []
    for read in reading.films:
        film = known.get(read.film_key)
        if film is None or not read.image or read.not_read:
            continue
        if film.header.is_synthetic:
            return ()
        if _may_be_kept(film):
            before = days if read.role == "prior" else None
            found.append((film, CaseFilm(read.image, read.role, before)))
    return tuple(found) if any(kept.role == "current" for _, kept in found) else ()


def identity_of(hanging: Hanging) -> Identity:
    """What the headers on screen say about whose films they are."""
    patient = hanging.patient
    studies = [study for study in (hanging.current, hanging.prior) if study]
    headers = [film.header for study in studies for film in study.films]
    names = {header.patient_name for header in headers} | ({patient.name} if patient else set())
    numbers = {number for header in headers for number in (header.patient_id, header.accession_number)}
    dates = {study.study_date for study in studies} | {header.patient_birth_date for header in headers}
    return Identity(
        tuple(sorted(filter(None, names))),
        tuple(sorted(filter(None, numbers | ({patient.patient_id} if patient else set())))),
        tuple(sorted(day for day in dates | ({patient.birth_date} if patient else set()) if day is not None)),
    )


def case_of(
    reading: StudyReading, version: SignedVersion, films: Sequence[CaseFilm], identity: Identity, keys: Keys
) -> Case:
    """The case that the trainer will read. Texts are scrubbed; findings of films that are not kept are left out."""
    drafted = (reading.report.drafted, reading.impression.drafted)
    clean, scrubbed = scrub_all((*drafted, version.report, version.impression, version.addendum), identity)
    drafted_report, drafted_impression, report, impression, addendum = clean
    images = {film.image for film in films}
    return Case(
        keys.study,
        keys.patient,
        version.number,
        drafted_report,
        drafted_impression,
        report,
        impression,
        addendum,
        mode=version.mode,
        saw_ai=version.saw_ai,
        pack=version.pack,
        pack_sha256=version.pack_sha256,
        films=tuple(films),
        findings=tuple(_finding(one, identity) for one in reviewed_findings(reading) if one.image in images),
        scrubbed=scrubbed,
    )


def without(case: Case, images: set[str]) -> Case:
    """The case without films that could not be read again."""
    return replace(
        case,
        films=tuple(film for film in case.films if film.image not in images),
        findings=tuple(finding for finding in case.findings if finding.image not in images),
    )


def _may_be_kept(film: Film) -> bool:
    return film.header.is_verified and film.header.burned_in_annotation.strip().upper() != "YES"


def _finding(one: ReviewedFinding, identity: Identity) -> CaseFinding:
    model = one.model
    return CaseFinding(
        one.image,
        scrub(one.label, identity)[0],
        one.status,
        model.label if model is not None else "",
        one.reason or "",
        one.certainty,
        one.side,
        scrub(one.note, identity)[0],
        model.confidence if model is not None else None,
        model.calibrated if model is not None else False,
        tuple(CaseBox(box.image, box.xyxy, box.origin, box.of_xyxy) for box in one.boxes),
    )
