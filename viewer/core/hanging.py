"""Which films hang: the latest study, its frontal films, and the prior beside it."""

from __future__ import annotations

import re

from viewer.core.library import days_between, study_order
from viewer.core.study import Film, FilmHeader, Patient, Study

PROJECTION_RADIOGRAPHY = frozenset({"CR", "DX", "DR", "RG", "OT", "SC", ""})
"""Modalities (0008,0060) whose pictures can be a radiograph. OT and SC: captures. DR is no defined term, but met."""

_CHEST_WORDS = re.compile(r"CHEST|THORA(?!.*SPINE)|LUNG|PULM|CXR")
_LATERAL_VIEWS = frozenset(
    {
        "LL",
        "RL",
        "LAT",
        "LATERAL",
        "LLAT",
        "RLAT",
        "LTLAT",
        "RTLAT",
        "LATL",
        "LATR",
        "LEFTLATERAL",
        "RIGHTLATERAL",
    }
)
_FRONTAL_VIEWS = frozenset({"PA", "AP", "FRONTAL", "APSUPINE", "APERECT", "PAERECT", "APPORTABLE"})


def is_lateral(header: FilmHeader) -> bool:
    """True if the header says that the film is a lateral view.

    By View Position; where that is empty by a row that runs front to back, or by a series description that says
    lateral and not PA or AP as well. A lateral decubitus film (LLD, RLD) is a frontal view.
    """
    if _letters(header.view_position):
        return is_lateral_position(header.view_position)
    if header.plane is not None:  # a sagittal slice is no lateral film
        return False
    orientation = header.pixels.patient_orientation
    if orientation and orientation[0][:1] in ("A", "P"):
        return True
    words = set(re.findall(r"[A-Z]+", header.series_description.upper()))
    return bool(words & {"LAT", "LATERAL"}) and not words & {"PA", "AP", "FRONTAL", "DECUBITUS"}


def is_lateral_position(view_position: str) -> bool:
    """True if a View Position (0018,5101) names a lateral view."""
    return _letters(view_position) in _LATERAL_VIEWS


def is_chest_film_by_header(header: FilmHeader) -> bool | None:
    """Return whether the header says that this is a chest radiograph; None where it does not say.

    False for another modality, another body part, and several frames.
    """
    if header.modality.upper() not in PROJECTION_RADIOGRAPHY or header.pixels.frames > 1:
        return False
    if header.body_part:
        return says_chest(header.body_part)
    described = f"{header.study_description} {header.series_description}".upper()
    return True if _CHEST_WORDS.search(described) else None


def is_frontal(header: FilmHeader) -> bool:
    """True if this may be a frontal chest film: the header does not say that it is another thing."""
    return is_chest_film_by_header(header) is not False and not is_lateral(header)


def says_chest(body_part: str) -> bool:
    """True if these words name the chest, as Body Part Examined (0018,0015) or a description would."""
    return bool(_CHEST_WORDS.search(body_part.upper()))


def leading_film(study: Study) -> Film | None:
    """Return the film that a study is hung with first: its first frontal one, else its first."""
    frontal = frontal_films(study)
    return frontal[0] if frontal else next(iter(study.films), None)


def frontal_films(study: Study) -> tuple[Film, ...]:
    """Return the films that may be frontal chest films, in hanging order: those whose header says so come first."""
    candidates = [film for film in study.films if is_frontal(film.header)]
    return tuple(
        sorted(candidates, key=lambda film: (film.header.is_synthetic, not says_frontal(film.header)))
    )


def lateral_films(study: Study) -> tuple[Film, ...]:
    """Return the films that may be chest films and say that they are lateral."""
    return tuple(
        film
        for film in study.films
        if is_chest_film_by_header(film.header) is not False and is_lateral(film.header)
    )


def latest_study(patient: Patient) -> Study:
    """Return the latest study with a frontal film, or the latest one if none has; a synthetic one comes last.

    Raises:
        ValueError: The patient has no study.
    """
    if not patient.studies:
        raise ValueError("a patient without studies has no latest one")
    with_frontal = [study for study in patient.studies if frontal_films(study)]
    real = [study for study in with_frontal or patient.studies if not is_synthetic(study)]
    dated = [study for study in real or with_frontal or patient.studies if study.study_date]
    return max(dated or real or with_frontal or patient.studies, key=study_order)


def choose_prior(current: Study, patient: Patient) -> Study | None:
    """Return the nearest earlier study of this patient that can be compared with the current one, or None."""
    return next(iter(earlier_studies(current, patient)), None)


def earlier_studies(current: Study, patient: Patient) -> tuple[Study, ...]:
    """Return the patient's earlier studies of the same body part, nearest first.

    A chest study is compared with studies that have a frontal chest film, any other one with films of its own
    modality and body part. An undated study is never a prior: whether it is older can't be told. Neither is a synthetic
    one that of a real film, nor the other way round.
    """
    parts = set() if frontal_films(current) else _parts(current)
    earlier = [
        study
        for study in patient.studies
        if study.instance_uid != current.instance_uid
        and is_synthetic(study) == is_synthetic(current)
        and _is_earlier(study, current)
        and (_parts(study) & parts if parts else frontal_films(study))
    ]
    return tuple(sorted(earlier, key=study_order, reverse=True))


def is_synthetic(study: Study) -> bool:
    """True if all its films are synthetic: such a study is no patient's prior, and no patient's study is its own."""
    return bool(study.films) and all(film.header.is_synthetic for film in study.films)


def _parts(study: Study) -> set[tuple[str, str]]:
    """Modality and body part of each film that says both."""
    said = ((film.header.modality.upper(), film.header.body_part.upper()) for film in study.films)
    return {(modality, part) for modality, part in said if modality and part}


def _is_earlier(study: Study, current: Study) -> bool:
    days = days_between(current, study)
    if days is None:
        return False
    if days == 0:  # the same day: the time decides, and no time is no answer
        return bool(study.study_time and current.study_time and study.study_time < current.study_time)
    return days > 0


def says_frontal(header: FilmHeader) -> bool:
    """True if View Position (0018,5101) names a frontal view."""
    return _letters(header.view_position) in _FRONTAL_VIEWS


def _letters(text: str) -> str:
    return re.sub(r"[^A-Z]", "", text.upper())
