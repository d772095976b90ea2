"""From a signed reading to a case of the training store."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from unit.plugin.signing.studies import AT, FILM, IMAGE, drafted, film, finding, hanging, signed

from inference.corrections import CaseBox, CaseFilm, Identity
from plugin.events import FilmInReading, PriorUsed
from plugin.fold import fold
from plugin.records.corrections import (
    Keys,
    case_of,
    films_to_keep,
    identity_of,
    is_correction,
    without,
)
from plugin.review.state import BoxMoved, FindingEdited, FindingRejected, FindingWords
from plugin.state import StudyReading
from viewer.api import Hanging
from viewer.core.study import Patient, Series, Study

KEYS = Keys("s" * 32, "p" * 32)
OLD = film("LATERAL", patient_name="Doe^Jane", accession_number="A-77", study_date=date(2023, 1, 2))
PRIOR = Study("1.1", study_date=date(2023, 1, 2), series=(Series("1.1.1", (OLD,)),))


def two_films(**more: object) -> StudyReading:
    films = (
        FilmInReading(FILM.key, "PA", image=IMAGE),
        FilmInReading(OLD.key, "Prior", "prior", image="o" * 64),
        FilmInReading("gone", "Film 3", image="g" * 64),
        FilmInReading(FILM.key, "Film 4", image="", not_read=""),
        FilmInReading(FILM.key, "Film 5", image="n" * 64, not_read="no chest"),
    )
    return replace(
        drafted(finding(), finding("edema", "f2"), **more), films=films, prior=PriorUsed(days_before=30)
    )


def test_a_report_that_no_model_drafted_is_no_correction():
    assert not is_correction(StudyReading())
    assert is_correction(drafted())


def test_the_films_that_were_read_are_kept_with_their_role_and_never_a_date():
    found = films_to_keep(two_films(), hanging(prior=PRIOR))

    assert found == ((FILM, CaseFilm(IMAGE, "current")), (OLD, CaseFilm("o" * 64, "prior", 30)))
    assert films_to_keep(replace(two_films(), prior=None), hanging(prior=PRIOR))[1][1].days_before is None


def changed(shown_film, **header):
    return replace(shown_film, header=replace(shown_film.header, **header))


def test_a_case_with_a_synthetic_film_is_left_out_whole():
    made = changed(OLD, is_synthetic=True)
    prior = replace(PRIOR, series=(Series("1.1.1", (made,)),))

    assert films_to_keep(two_films(), hanging(prior=prior)) == ()


def test_pictures_without_a_header_and_words_that_are_burned_in_are_left_out():
    for header in ({"is_verified": False}, {"burned_in_annotation": "YES"}):
        prior = replace(PRIOR, series=(Series("1.1.1", (changed(OLD, **header),)),))
        assert [film for film, _ in films_to_keep(two_films(), hanging(prior=prior))] == [FILM]
        assert films_to_keep(two_films(), hanging(changed(FILM, **header), prior=PRIOR)) == ()


def test_the_identity_holds_every_name_number_and_date_of_the_headers_on_screen():
    shown = replace(
        hanging(prior=PRIOR), patient=Patient("MRN-1", "Roe^Ann", date(1950, 1, 2), studies=(PRIOR,))
    )

    assert identity_of(shown) == Identity(
        ("Doe^Jane", "Roe^Ann"), ("A-77", "MRN-1"), (date(1950, 1, 2), date(2023, 1, 2))
    )
    assert identity_of(Hanging()) == Identity()


def test_a_case_holds_draft_and_signed_text_verdicts_and_both_boxes():
    reading = two_films()
    for event in (
        FindingEdited("f1", FindingWords("pleural effusion", "left", "possible", "as Jane said"), AT),
        FindingRejected("f2", AT, "known"),
        BoxMoved("b0", (71, 60, 90, 80), AT, "h1", "2.25.1"),
    ):
        reading = fold(reading, event)
    version = signed(drafted(report="Jane has a small effusion.")).signing.latest
    films = [kept for _, kept in films_to_keep(reading, hanging(prior=PRIOR))]

    case = case_of(reading, version, films, identity_of(hanging(prior=PRIOR)), KEYS)

    assert case.drafted_report == reading.report.drafted
    assert case.signed_report == "[removed] has a small effusion."
    assert case.scrubbed == {"name": 1}
    assert (case.study, case.patient, case.version) == (KEYS.study, KEYS.patient, 1)
    assert (case.mode, case.saw_ai, case.pack) == ("second reader", True, "starter 0.3.1")
    effusion, edema = case.findings
    assert (effusion.verdict, effusion.certainty, effusion.side) == ("edited", "possible", "left")
    assert effusion.note == "as [removed] said"
    assert effusion.boxes == (CaseBox(IMAGE, (71, 60, 90, 80), "human", (70, 60, 90, 80)),)
    assert (edema.verdict, edema.reason, edema.confidence) == ("rejected", "known", 0.8)


def test_findings_of_films_that_are_not_kept_are_left_out():
    reading = two_films()
    version = signed(drafted()).signing.latest
    films = [CaseFilm("o" * 64, "prior", 30)]

    assert case_of(reading, version, films, Identity(), KEYS).findings == ()
    whole = case_of(reading, version, [CaseFilm(IMAGE, "current"), *films], Identity(), KEYS)
    assert len(whole.findings) == 2
    assert without(whole, {IMAGE}).films == tuple(films)
    assert without(whole, {IMAGE}).findings == ()
