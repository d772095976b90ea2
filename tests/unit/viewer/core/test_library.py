from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from viewer.core.library import days_between, group
from viewer.core.study import Film, FilmHeader, PixelDescription, Source, Study


def film(name: str = "a", *, sop: str | None = None, content: str | None = None, **header: object) -> Film:
    defaults = {
        "patient_id": "1",
        "patient_name": "Doe^Jane",
        "patient_birth_date": date(1960, 1, 1),
        "patient_sex": "F",
        "study_instance_uid": "1.2",
        "series_instance_uid": "1.2.1",
        "study_date": date(2024, 1, 2),
    }
    return Film(
        Source(Path(f"/films/{name}.dcm")),
        FilmHeader(PixelDescription(4, 4), sop_instance_uid=sop or f"9.{name}", **(defaults | header)),
        hashlib.sha256((content or name).encode()).hexdigest(),
    )


def test_films_of_one_person_make_one_patient_with_studies_earliest_first():
    patients = group(
        [
            film("late", study_instance_uid="1.3", study_date=date(2024, 5, 1)),
            film("early"),
            film("undated", study_instance_uid="1.4", study_date=None),
        ]
    )
    assert len(patients) == 1
    assert [study.study_date for study in patients[0].studies] == [date(2024, 1, 2), date(2024, 5, 1), None]
    assert patients[0].warnings == ()


def test_one_id_with_two_names_makes_two_patients_and_says_so():
    patients = group([film("a"), film("b", patient_name="Roe^Rita", study_instance_uid="1.3")])
    assert [patient.name for patient in patients] == ["Doe^Jane", "Roe^Rita"]
    assert all("another name" in patient.warnings[0] for patient in patients)


def test_birth_date_and_sex_split_as_well():
    assert len(group([film("a"), film("b", patient_birth_date=date(1961, 1, 1))])) == 2
    assert len(group([film("a"), film("b", patient_sex="M")])) == 2


def test_the_same_name_written_otherwise_is_the_same_person():
    patients = group(
        [film("a"), film("b", patient_name="DOE ^ Jane^^"), film("c", patient_name="Doe^Jane=王")]
    )
    assert len(patients) == 1


def test_a_header_that_leaves_the_birth_date_out_is_no_contradiction():
    patients = group([film("a", patient_birth_date=None), film("b")])
    assert len(patients) == 1
    assert patients[0].birth_date == date(1960, 1, 1)


def test_a_nameless_film_is_not_given_to_one_of_two_people():
    patients = group(
        [
            film("a"),
            film("b", patient_name="Roe^Rita"),
            film("c", patient_name="", patient_birth_date=None, patient_sex=""),
        ]
    )
    assert len(patients) == 3


def test_films_without_a_patient_id_are_joined_only_within_a_study():
    nobody = {"patient_id": "", "patient_name": "", "patient_birth_date": None, "patient_sex": ""}
    patients = group(
        [film("a", **nobody), film("b", **nobody), film("c", study_instance_uid="1.9", **nobody)]
    )
    assert sorted(len(patient.studies[0].films) for patient in patients) == [1, 2]
    assert all("No Patient ID" in patient.warnings[0] for patient in patients)


def test_a_study_that_holds_two_patients_is_told_to_both():
    patients = group([film("a"), film("b", patient_id="2", patient_name="Roe^Rita")])
    assert all("also holds films of another patient" in patient.warnings[0] for patient in patients)


def test_the_same_file_twice_is_taken_once():
    patients = group([film("a", sop="5", content="x"), film("copy of a", sop="5", content="x")])
    assert len(patients[0].studies[0].films) == 1
    assert patients[0].warnings == ()


def test_different_films_with_one_sop_instance_uid_are_both_kept():
    patients = group([film("a", sop="5"), film("b", sop="5")])
    films = patients[0].studies[0].films
    assert len({film.key for film in films}) == 2
    assert "a.dcm, b.dcm" in patients[0].warnings[0]


def test_series_and_instances_come_in_their_order():
    films = [
        film("third", series_instance_uid="1.2.2", series_number=2, instance_number=1),
        film("second", series_number=1, instance_number=2),
        film("first", series_number=1, instance_number=1),
    ]
    study = group(films)[0].studies[0]
    assert [film.source.path.stem for film in study.films] == ["first", "second", "third"]


def test_days_between_counts_back_from_the_current_study():
    assert days_between(Study("1", date(2024, 3, 1)), Study("2", date(2024, 2, 1))) == 29
    assert days_between(Study("1", None), Study("2", date(2024, 2, 1))) is None


def test_an_archive_whose_films_all_have_one_id_is_split_by_name_and_warned_of_briefly():
    films = [film(str(number), patient_id="ANON", patient_name=f"Name{number}") for number in range(2000)]
    patients = group(films)
    assert len(patients) == 2000
    assert max(len(warning) for patient in patients for warning in patient.warnings) < 400
    assert "and 1,99" in patients[0].warnings[0]


def test_films_that_could_be_several_peoples_stay_together_within_their_study_only():
    named = [film(name, patient_id="ANON", patient_name=name) for name in ("A", "B")]
    nameless = {"patient_id": "ANON", "patient_name": ""}
    one = [film(f"n{number}", study_instance_uid="1.9", **nameless) for number in range(2)]
    other = film("m", study_instance_uid="1.8", **nameless)
    patients = group([*named, *one, other])
    assert sorted(len([f for s in p.studies for f in s.films]) for p in patients) == [1, 1, 1, 2]
