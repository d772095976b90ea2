"""The words around a film: what must always be visible, and what a file may not do to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import film
from viewer.core.voi import WindowVoi
from viewer.ui.captions import (
    age_text,
    corners,
    edge_letters,
    patient_line,
    patient_name,
    plain,
    role_text,
    study_moment,
    view_text,
)
from viewer.ui.film_view import FilmView
from viewer.ui.hanging_choice import Slot
from viewer.ui.placement import Posture
from viewer.ui.studies.listing import ListChoice, list_films, visible_rows

VIEW = FilmView(voi=WindowVoi(2048, 4096), voi_name="as acquired")


def shown(view=VIEW, role="current", days=None, notices=(), **header):
    return corners(Slot(film(**header), role, days), view, 0.42, notices)


def test_identity_view_window_and_zoom_are_always_there():
    text = shown(
        patient_sex="F", patient_age="045Y", patient_birth_date=date(1979, 1, 2), study_time="131502.5"
    )
    assert text.top_left == ("Phantom Paula", "P1 · F · 45 y · born 1979-01-02")
    assert text.top_right[:2] == ("CURRENT", "2024-03-01  13:15")
    assert text.bottom_left == ("DX CHEST PA",)
    assert text.bottom_right == ("W 4096  L 2048 (as acquired)", "Zoom 42 %")
    assert text.badges == ()


@pytest.mark.parametrize(
    ("role", "days", "expected"),
    [
        ("prior", 1, "PRIOR · 1 day before"),
        ("prior", 1500, "PRIOR · 1,500 days before"),
        ("prior", 0, "PRIOR · same day"),
        ("prior", None, "PRIOR · age not known"),
        ("prior", -3, "OTHER STUDY · 3 days later"),
        ("lateral", None, "CURRENT · LATERAL"),
    ],
)
def test_the_age_of_the_prior_is_said_in_days(role, days, expected):
    assert role_text(Slot(film(), role, days)) == expected


def test_every_doubt_about_a_film_has_a_badge():
    view = replace(VIEW, is_inverted=True, is_lut_off=True, posture=Posture(1, True))
    text = shown(view, is_synthetic=True, is_verified=False, lossy_compression="ISO_10918_1 12:1")
    assert text.badges == (
        "SYNTHETIC – NOT A PATIENT IMAGE",
        "UNVERIFIED",
        "LOSSY ISO_10918_1 12:1",
        "INVERTED",
        "LUT OFF",
        "FLIPPED – side marker reads mirrored",
        "ROTATED 90°",
    )


def test_what_was_odd_about_the_file_is_said_under_the_view():
    text = shown(notices=("The window was chosen from the picture.",), series_description="Thorax pa")
    assert text.bottom_left == ("DX CHEST PA · Thorax pa", "The window was chosen from the picture.")


def test_an_empty_header_still_makes_sense():
    bare = film(patient_id="", patient_name="", modality="", body_part="", view_position="", study_date=None)
    assert patient_name(bare.header) == "Name not stated"
    assert patient_line(bare.header) == "no ID"
    assert view_text(bare.header) == "view not stated"
    assert study_moment(bare.header) == "date not stated"


@pytest.mark.parametrize(
    ("age", "text"), [("045Y", "45 y"), ("003M", "3 m"), ("", ""), ("Y", "Y"), ("old", "old")]
)
def test_ages_are_read_like_a_reader_would(age, text):
    assert age_text(age) == text


@given(st.text(max_size=300))
def test_no_text_of_a_file_breaks_the_line_or_its_direction(text):
    line = plain(text)
    assert len(line) <= 64
    assert not set(line) & set("\n\r\t\x00\x1b\u202e\u2066\u200f")


@pytest.mark.parametrize(
    ("posture", "letters"),
    [
        (Posture(), ("R", "L", "H", "F")),
        (Posture(0, True), ("L", "R", "H", "F")),
        (Posture(1), ("F", "H", "R", "L")),
        (Posture(2), ("L", "R", "F", "H")),
        (Posture(3), ("H", "F", "L", "R")),
        (Posture(2, True), ("R", "L", "F", "H")),
    ],
)
def test_orientation_letters_follow_flips_and_turns(posture, letters):
    found = edge_letters(("L", "F"), posture)
    assert (found.left, found.right, found.top, found.bottom) == letters


def test_oblique_directions_keep_both_letters_and_no_statement_gives_none():
    found = edge_letters(("LA", "F"), Posture())
    assert (found.left, found.right) == ("RP", "LA")
    assert edge_letters(None, Posture()).left == ""


def listed(*films, **choice):
    return visible_rows(list_films(films).entries, ListChoice(**choice))


def test_the_list_shows_the_newest_study_first_with_its_films():
    rows = listed(film("a", study_date=date(2020, 1, 1)), film("b", study_date=date(2024, 1, 1)))
    assert [row.kind for row in rows] == ["patient", "study", "film", "study", "film"]
    assert [row.title for row in rows if row.kind == "study"] == ["2024-01-01", "2020-01-01"]
    assert rows[2].subtitle == "b.dcm"


def test_folded_studies_hide_their_films_and_made_films_are_marked():
    made = film("a", is_synthetic=True)
    assert listed(made)[-1].title.endswith("SYNTHETIC")
    assert [row.kind for row in listed(made, folds={"1.a": True})] == ["patient", "study"]


def test_a_picture_without_identity_is_one_row_named_by_its_file():
    (row,) = listed(film("a", is_verified=False, patient_id="", patient_name=""))
    assert (row.kind, row.title) == ("film", "a.dcm")
    assert "Unverified" in row.subtitle


def test_a_picture_file_is_called_by_its_name_and_nothing_is_claimed_about_the_person():
    assert shown(is_verified=False).top_left == ("a.dcm", "identity not known")
