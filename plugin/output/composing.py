"""From what the panel knows about a study to the document that leaves it. Pure, and the one place that maps them."""

from __future__ import annotations

from collections.abc import Sequence

from inference.backend import PackInfo
from plugin import wording
from plugin.output.document import (
    INCOMPLETE,
    FilmShown,
    Identity,
    ModelShown,
    Provenance,
    ReportDocument,
    Status,
    StudyShown,
)
from plugin.output.findings import findings_of
from plugin.output.sections import sections_of
from plugin.output.signed import as_signed, communications_of
from plugin.report.provenance import counts, dropped, sentences
from plugin.review.reviewed import looked_at
from plugin.site.settings import SiteSettings
from plugin.state import StudyReading
from plugin.study_films import plan_reading
from viewer.api import Hanging
from viewer.core.study import Film

NOT_VERIFIED = "Not a DICOM film: identity, side and scale are not verified."


def document_of(
    reading: StudyReading, hanging: Hanging, pack: PackInfo | None, site: SiteSettings | None = None
) -> ReportDocument:
    """The document of the study on screen. Once signed, it is what was signed, whatever has come since.

    Args:
        reading: What may leave: what the reader may see (`plugin.first_look.visible`).
        hanging: What hangs; the films and the identity are taken from here.
        pack: The model that is loaded.
        site: The reader's name and the institution.

    Raises:
        ValueError: No study hangs.
    """
    if hanging.current is None:
        raise ValueError("no study hangs, so nothing can leave")
    site = site or SiteSettings()
    films = _films(reading, hanging)
    study_uid = hanging.current.instance_uid
    has_ai = reading.has_been_read and reading.first_look.shows_ai
    document = ReportDocument(
        status=_status(reading),
        identity=_identity(hanging),
        study=_study(hanging),
        films=films,
        sections=sections_of(reading.report.shown, reading.impression.shown),
        findings=findings_of(reading, films, study_uid),
        notes=_notes(reading, hanging, has_ai=has_ai),
        model=_model(reading, pack) if has_ai else None,
        prior_date=reading.prior.study_date if reading.prior else None,
        prior_days=reading.prior.days_before if reading.prior else None,
        provenance=_provenance(reading),
        reader=site.reader_name,
        organization=site.institution,
        communications=communications_of(reading.signing.critical),
        has_ai=has_ai,
    )
    return as_signed(document, reading, study_uid)


def _status(reading: StudyReading) -> Status:
    """Reviewed is a reading of which every finding of the model has the reader's verdict."""
    done, total = looked_at(reading)
    return "preliminary" if total and done == total and reading.is_complete else "draft"


def _provenance(reading: StudyReading) -> Provenance:
    number = counts(sentences(reading))
    human = number.get("human", 0) + number.get("template", 0)
    return Provenance(
        number.get("ai", 0),
        number.get("edited", 0),
        human,
        number.get("measured", 0),
        len(dropped(reading)),
    )


# ── who and what ────────────────────────────────────────────────────────────────────────────────────────────────


def _identity(hanging: Hanging) -> Identity:
    patient = hanging.patient
    films = hanging.current.films if hanging.current else ()
    is_verified = all(film.header.is_verified for film in films)
    if patient is None:
        return Identity(is_verified=is_verified)
    return Identity(patient.name, patient.patient_id, patient.birth_date, patient.sex, is_verified)


def _study(hanging: Hanging) -> StudyShown:
    assert hanging.current is not None
    study = hanging.current
    accession = next(
        (film.header.accession_number for film in study.films if film.header.accession_number), ""
    )
    return StudyShown(study.instance_uid, study.study_date, study.description, accession)


def _films(reading: StudyReading, hanging: Hanging) -> tuple[FilmShown, ...]:
    """The films of the reading; of a study that was not read, those that would be."""
    known = {film.key: film for film in _hung(hanging)}
    told = reading.films or plan_reading(hanging).films_shown
    return tuple(
        FilmShown(
            film.film_key,
            header.sop_instance_uid,
            film.title,
            film.role == "prior",
            known[film.film_key].frame + 1 if header.pixels.frames > 1 else None,
            header.is_synthetic,
            film.not_read,
        )
        for film in told
        if film.film_key in known
        for header in (known[film.film_key].header,)
    )


def _hung(hanging: Hanging) -> Sequence[Film]:
    current = hanging.current.films if hanging.current else ()
    prior = hanging.prior.films if hanging.prior else ()
    return (*current, *prior)


def _model(reading: StudyReading, pack: PackInfo | None) -> ModelShown | None:
    """The model that made the reading; another one may be loaded by now."""
    made = reading.made_by
    if pack is not None and made.pack_sha256 in {"", pack.sha256}:
        return ModelShown(pack.id, pack.version, pack.title, pack.sha256, pack.id.startswith("starter"))
    if not made.pack:
        return None
    return ModelShown(made.pack, "", made.pack, made.pack_sha256, made.pack.startswith("starter"))


def _notes(reading: StudyReading, hanging: Hanging, *, has_ai: bool) -> tuple[str, ...]:
    """What must be said beside the text. While the AI is hidden nothing is said of what it did."""
    is_cut_short = has_ai and not reading.is_complete
    notes = (
        INCOMPLETE if is_cut_short else "",
        "" if _identity(hanging).is_verified else NOT_VERIFIED,
        wording.comparison_text(reading) if has_ai else "",
        wording.not_assessed(reading.findings),
    )
    return tuple(note for note in notes if note)
