"""What hangs where, decided without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.factories_ui import film
from viewer.core import hanging
from viewer.core.library import group
from viewer.ui.hanging_choice import HangingChoice, different_people, hang, older_prior, person

OLDEST = film("oldest", study_date=date(2020, 1, 1))
OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
LATERAL = film("lat", study_date=date(2024, 3, 1), study_instance_uid="1.new", view_position="LATERAL")
OTHER = film("other", patient_id="P2", patient_name="Someone^Else", study_date=date(2025, 1, 1))
HAND = film("hand", patient_id="P3", patient_name="Hand^Hans", body_part="HAND", view_position="")


def hung(*films, **choice):
    return hang(group(films), films, HangingChoice(**choice))


def keys(result):
    return [slot.film.key for slot in result.slots]


def test_nothing_open_hangs_nothing():
    assert hung().slots == ()


def test_the_latest_study_hangs_at_the_right_of_the_nearest_earlier_one():
    result = hung(NEW, OLDEST, OLD)
    assert keys(result) == [OLD.key, NEW.key]
    assert result.slots[0].days_before == 60
    assert result.hanging.prior_films == (OLD,)
    assert result.hanging.current_films == (NEW,)


def test_the_patient_who_came_first_is_shown_and_stays_when_others_arrive():
    assert keys(hung(NEW, OTHER)) == [NEW.key]
    assert keys(hung(OTHER, NEW)) == [OTHER.key]


def test_a_chest_film_comes_before_a_hand_that_arrived_first():
    assert keys(hung(HAND, NEW)) == [NEW.key]


def test_a_hand_alone_is_shown_all_the_same():
    assert keys(hung(HAND)) == [HAND.key]


def test_the_frontal_film_leads_the_study():
    assert keys(hung(LATERAL, NEW)) == [NEW.key]


def test_one_viewport_shows_the_current_film_only_and_the_door_says_so():
    result = hung(OLD, NEW, viewports=1)
    assert keys(result) == [NEW.key]
    assert result.hanging.prior_films == ()
    assert result.hanging.prior is None


def test_three_viewports_put_the_lateral_between():
    result = hung(OLD, NEW, LATERAL, viewports=3)
    assert keys(result) == [OLD.key, LATERAL.key, NEW.key]
    assert [slot.role for slot in result.slots] == ["prior", "lateral", "current"]
    assert result.hanging.current_films == (LATERAL, NEW)


def test_without_the_prior_only_the_current_film_hangs():
    assert keys(hung(OLD, NEW, is_prior_shown=False)) == [NEW.key]


def test_a_chosen_film_takes_the_current_place():
    assert keys(hung(NEW, LATERAL, study_uid="1.new", film_key=LATERAL.key)) == [LATERAL.key]


def test_a_chosen_prior_hangs_instead_of_the_nearest():
    result = hung(OLDEST, OLD, NEW, study_uid="1.new", prior_uid="1.oldest")
    assert keys(result) == [OLDEST.key, NEW.key]


def test_a_study_is_not_its_own_prior():
    assert keys(hung(NEW, study_uid="1.new", prior_uid="1.new")) == [NEW.key]


def test_another_patients_film_is_warned_of_and_kept_from_plugins():
    result = hung(NEW, OTHER, study_uid="1.new", prior_uid="1.other")
    assert keys(result) == [OTHER.key, NEW.key]
    assert result.warning.startswith("Current and prior belong to different patients: Phantom Paula [P1] / ")
    assert result.hanging.prior is None
    assert result.hanging.prior_films == ()
    assert result.hanging.current_films == (NEW,)


def test_a_choice_that_is_gone_falls_back_to_the_automatic_hanging():
    assert keys(hung(OLD, NEW, study_uid="1.gone", film_key="gone")) == [OLD.key, NEW.key]


def test_headers_contradict_by_id_name_birth_date_or_sex_but_not_by_silence():
    header = replace(NEW.header, patient_birth_date=date(1960, 1, 2), patient_sex="F")
    for change in (
        {"patient_id": "P2"},
        {"patient_name": "Someone^Else"},
        {"patient_birth_date": date(1961, 1, 2)},
        {"patient_sex": "M"},
    ):
        assert different_people(header, replace(header, **change))
        assert not different_people(header, replace(header, **dict.fromkeys(change, "")))
    assert not different_people(header, replace(header, patient_name="PHANTOM^PAULA^"))


def test_a_person_without_name_or_id_is_still_named():
    assert person(film("x", patient_id="", patient_name="").header) == "name not stated [no ID]"


def test_older_priors_come_one_after_the_other_and_start_again():
    (patient,) = group((OLDEST, OLD, NEW))
    by_uid = {study.instance_uid: study for study in patient.studies}
    current, old, oldest = by_uid["1.new"], by_uid["1.old"], by_uid["1.oldest"]
    assert older_prior(patient, current, None) == old
    assert older_prior(patient, current, old) == oldest
    assert older_prior(patient, current, oldest) == old
    assert older_prior(patient, oldest, None) is None


def test_each_study_is_looked_at_once_however_many_films_it_has(monkeypatch):
    slices = [film(f"s{n}", study_instance_uid="1.ct", modality="CT", body_part="CHEST") for n in range(300)]
    patients, looks = group(slices), []
    real = hanging.frontal_films
    monkeypatch.setattr(hanging, "frontal_films", lambda study: (looks.append(study), real(study))[1])
    hang(patients, slices, HangingChoice())
    assert len(looks) <= 3


ONE_OF_TWO = film("one", study_instance_uid="1.shared")
TWO_OF_TWO = film("two", study_instance_uid="1.shared", patient_name="Typo^Paula")


def test_of_two_people_under_one_study_uid_the_one_whose_film_was_chosen_hangs():
    both = (ONE_OF_TWO, TWO_OF_TWO)
    for chosen in both:
        assert keys(hung(*both, study_uid="1.shared", film_key=chosen.key)) == [chosen.key]
        result = hung(*both, study_uid="1.shared", study_of=chosen.key)
        assert keys(result) == [chosen.key]
        assert result.hanging.patient.name == chosen.header.patient_name


def test_another_persons_study_of_the_same_uid_beside_it_is_warned_of_and_never_told_to_plugins():
    chosen = {"study_of": ONE_OF_TWO.key, "prior_of": TWO_OF_TWO.key}
    result = hung(ONE_OF_TWO, TWO_OF_TWO, study_uid="1.shared", prior_uid="1.shared", **chosen)
    assert keys(result) == [TWO_OF_TWO.key, ONE_OF_TWO.key]
    assert "different patients" in result.warning
    assert result.hanging.prior is None
