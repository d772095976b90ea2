"""What is said about Patient Orientation before a reader trusts the sides on the screen."""

from __future__ import annotations

import pytest

from tests.factories_ui import description, film
from viewer.core.orientation_notices import orientation_notices


def said(orientation, **header):
    return orientation_notices(film(pixels=description(patient_orientation=orientation), **header).header)


def test_a_film_that_is_stored_upright_needs_no_words():
    assert said(("L", "F")) == ()
    assert said(None) == ()
    assert said(("A", "F"), view_position="LL") == ()


def test_what_the_header_made_the_viewer_do_is_said():
    assert said(("R", "F")) == (
        "Shown mirrored, because Patient Orientation says R\\F. Check the side marker.",
    )
    assert said(("R", "H")) == ("Turned by 180°, because Patient Orientation says R\\H.",)


@pytest.mark.parametrize(
    ("orientation", "view"),
    [(("A", "F"), "PA"), (("P", "F"), "AP"), (("L", "F"), "LL"), (("R", "F"), "LATERAL")],
)
def test_an_orientation_that_contradicts_the_view_is_doubted(orientation, view):
    notices = said(orientation, view_position=view)
    assert notices[0] == (
        f"Patient Orientation {orientation[0]}\\{orientation[1]} does not fit the view {view}. Check the side marker."
    )


def test_one_axis_named_twice_is_said_and_not_followed():
    assert "names one axis twice" in said(("L", "R"))[0]


def test_a_frontal_film_on_its_side_is_followed_with_a_way_out():
    first, second = said(("H", "L"), view_position="")
    assert "ignore Patient Orientation" in first
    assert second.startswith("Turned by 270°")


def test_slices_are_left_alone():
    assert said(("L", "PF"), modality="CT", view_position="") == ()
