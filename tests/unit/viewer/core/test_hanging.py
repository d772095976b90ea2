from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from viewer.core.hanging import (
    choose_prior,
    frontal_films,
    is_chest_film_by_header,
    is_lateral,
    lateral_films,
    latest_study,
)
from viewer.core.study import Film, FilmHeader, Patient, PixelDescription, Series, Source, Study


def header(orientation: tuple[str, str] | None = None, frames: int = 1, **fields: object) -> FilmHeader:
    pixels = PixelDescription(4, 4, frames=frames, patient_orientation=orientation)
    return FilmHeader(pixels, sop_instance_uid="1", **({"modality": "DX", "body_part": "CHEST"} | fields))


def study(uid: str, day: date | None, *headers: FilmHeader, time: str = "") -> Study:
    films = tuple(Film(Source(Path(uid)), one, "0" * 64) for one in headers or (header(view_position="PA"),))
    return Study(uid, day, time, series=(Series(uid, films),))


@pytest.mark.parametrize("view", ["LL", "RL", "LAT", "Lateral", "LLAT", "L-LAT"])
def test_lateral_views_are_known_by_their_view_position(view):
    assert is_lateral(header(view_position=view))


@pytest.mark.parametrize("view", ["PA", "AP", "LLD", "RLD", "AP SUPINE", "LAO"])
def test_frontal_and_decubitus_views_are_not_lateral(view):
    assert not is_lateral(header(view_position=view, orientation=("A", "F")))


def test_without_a_view_the_orientation_tells_a_lateral():
    assert is_lateral(header(orientation=("A", "F")))
    assert not is_lateral(header(orientation=("L", "F")))


def test_a_description_of_both_views_makes_no_lateral():
    assert is_lateral(header(series_description="Chest LAT"))
    assert not is_lateral(header(series_description="Chest PA and LAT"))


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, True),
        ({"modality": "CT"}, False),
        ({"body_part": "KNEE"}, False),
        ({"body_part": "THORACIC SPINE"}, False),
        ({"body_part": "THORAX"}, True),
        ({"body_part": ""}, None),
        ({"body_part": "", "study_description": "Portable chest"}, True),
        ({"modality": "", "body_part": ""}, None),
        ({"frames": 12}, False),
    ],
)
def test_a_header_says_whether_it_is_a_chest_film(fields, answer):
    assert is_chest_film_by_header(header(**fields)) is answer


def test_frontal_films_leave_laterals_and_other_parts_out_and_put_pa_first():
    one = study(
        "1",
        date(2024, 1, 1),
        header(view_position="LL"),
        header(body_part="HAND"),
        header(body_part=""),
        header(view_position="PA"),
    )
    assert [film.header.view_position for film in frontal_films(one)] == ["PA", ""]
    assert [film.header.view_position for film in lateral_films(one)] == ["LL"]


def test_the_prior_is_the_nearest_earlier_study_with_a_frontal_film():
    current = study("now", date(2024, 5, 5))
    wanted = study("near", date(2024, 3, 1))
    others = (
        study("far", date(2022, 1, 1)),
        study("nearer, but lateral only", date(2024, 4, 1), header(view_position="LL")),
        study("later", date(2024, 6, 1)),
        study("undated", None),
    )
    assert choose_prior(current, Patient("1", studies=(*others, wanted, current))) == wanted


def test_on_one_day_the_time_decides():
    early, late = study("a", date(2024, 1, 1), time="0800"), study("b", date(2024, 1, 1), time="1500")
    both = Patient("1", studies=(early, late))
    assert choose_prior(late, both) == early
    assert choose_prior(early, both) is None


def test_studies_of_one_day_without_time_are_no_priors_of_each_other():
    first, second = study("a", date(2024, 1, 1)), study("b", date(2024, 1, 1))
    assert choose_prior(first, Patient("1", studies=(first, second))) is None


def test_an_undated_current_study_has_no_prior():
    current, other = study("a", None), study("b", date(2024, 1, 1))
    assert choose_prior(current, Patient("1", studies=(other, current))) is None


def test_the_latest_study_is_the_latest_with_a_frontal_film():
    chest = study("chest", date(2024, 1, 1))
    hand = study("hand", date(2024, 2, 1), header(body_part="HAND"))
    undated = study("undated", None)
    assert latest_study(Patient("1", studies=(chest, hand, undated))) == chest
    assert latest_study(Patient("1", studies=(undated,))) == undated
    with pytest.raises(ValueError, match="without studies"):
        latest_study(Patient("1"))
