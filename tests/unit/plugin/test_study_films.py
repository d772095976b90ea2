"""Which films of the hanging are read, and in which role."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from plugin.events import FilmInReading, PriorUsed, ReadingStarted
from plugin.fold import fold
from plugin.state import StudyReading
from plugin.study_films import MOST_CURRENT_FILMS, key_of, notice_of, plan_reading, study_key
from viewer.api import Hanging
from viewer.core.study import Film, FilmHeader, Patient, PixelDescription, Series, Source, Study


def film(name: str, view: str = "PA") -> Film:
    header = FilmHeader(
        PixelDescription(8, 8), f"1.{name}", modality="DX", body_part="CHEST", view_position=view
    )
    return Film(Source(Path(f"{name}.dcm")), header, f"{name:0<64}")


def study(uid: str, *films: Film, on: date | None = None) -> Study:
    return Study(uid, on, series=(Series(f"{uid}.1", films),))


CURRENT = study("1", film("lat", "LL"), film("pa"), on=date(2024, 3, 31))
PRIOR = study("0", film("old"), film("oldlat", "LL"), on=date(2024, 3, 1))
PATIENT = Patient("P1", "Doe", studies=(PRIOR, CURRENT))


def test_frontal_films_come_first_and_laterals_are_named_so():
    plan = plan_reading(Hanging(PATIENT, CURRENT))

    assert [(item.title, item.role) for item in plan.films] == [("PA", "current"), ("Lateral", "lateral")]
    assert plan.prior is None


def test_of_the_prior_only_frontal_films_are_read_with_their_age():
    plan = plan_reading(Hanging(PATIENT, CURRENT, PRIOR), prior_has_report=True)

    assert [(item.title, item.days_before) for item in plan.films if item.role == "prior"] == [
        ("Prior PA", 30)
    ]
    assert plan.prior == PriorUsed(date(2024, 3, 1), 30, True, place=1, of_priors=1)


def test_it_is_told_which_of_all_priors_was_taken():
    older = study("older", film("older"), on=date(2023, 3, 1))
    everybody = replace(PATIENT, studies=(older, PRIOR, CURRENT))

    nearest, second = (plan_reading(Hanging(everybody, CURRENT, prior)).prior for prior in (PRIOR, older))

    assert (nearest.place, nearest.of_priors) == (1, 2)
    assert (second.place, second.of_priors) == (2, 2)
    assert plan_reading(Hanging(None, CURRENT, PRIOR)).prior.of_priors == 0


def test_a_prior_without_frontal_film_is_no_prior():
    lateral_only = study("0", film("oldlat", "LL"), on=date(2024, 3, 1))

    assert plan_reading(Hanging(PATIENT, CURRENT, lateral_only)).prior is None


def test_films_of_one_view_are_numbered_and_an_unknown_view_is_a_film():
    plan = plan_reading(Hanging(PATIENT, study("1", film("a"), film("b"), film("c", ""))))

    assert [item.title for item in plan.films] == ["PA 1", "PA 2", "Film"]


def test_a_study_of_many_films_is_not_sent_whole_and_the_rest_says_why():
    plan = plan_reading(Hanging(PATIENT, study("1", *(film(str(n)) for n in range(MOST_CURRENT_FILMS + 2)))))

    assert len(plan.films) == MOST_CURRENT_FILMS
    assert [bool(shown.not_read) for shown in plan.films_shown].count(True) == 2


def test_with_nothing_on_screen_there_is_nothing_to_plan():
    assert study_key(Hanging()) == ""
    with pytest.raises(ValueError, match="no study hangs"):
        plan_reading(Hanging())


def test_two_patients_who_claim_one_study_uid_are_two_studies():
    other = replace(PATIENT, patient_id="P2")

    assert key_of(Hanging(PATIENT), CURRENT) != key_of(Hanging(other), CURRENT)


def test_a_study_that_grows_while_it_is_scanned_stays_the_same_study():
    grown = replace(CURRENT, series=(*CURRENT.series, Series("1.2", (film("new"),))))

    assert study_key(Hanging(PATIENT, CURRENT)) == study_key(Hanging(PATIENT, grown))


def done(*films: str, prior: PriorUsed | None = None) -> StudyReading:
    shown = tuple(FilmInReading(key, "PA") for key in films)
    return replace(fold(StudyReading(), ReadingStarted(shown, prior)), phase="done")


ALL = tuple(shown.key for shown in CURRENT.films)


def test_films_that_came_after_the_reading_are_told():
    assert "A film has been added" in notice_of(Hanging(PATIENT, CURRENT), done(ALL[0]))
    assert notice_of(Hanging(PATIENT, CURRENT), done(*ALL)) == ""


def test_a_prior_that_came_after_the_reading_is_told():
    hanging = Hanging(PATIENT, CURRENT, PRIOR)

    assert "A prior has come on screen" in notice_of(hanging, done(*ALL))
    assert notice_of(hanging, done(*ALL, prior=PriorUsed())) == ""


def test_a_study_that_was_never_read_needs_no_notice():
    assert notice_of(Hanging(PATIENT, CURRENT, PRIOR), StudyReading()) == ""
