"""What a viewport says about itself."""

from __future__ import annotations

from datetime import date

from tests.factories_ui import film

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new")


def test_a_film_that_was_just_exchanged_is_not_at_rest_before_it_is_drawn(desk):
    desk.drop(OLD, NEW)
    viewport, other = desk.viewport(NEW), desk.viewport(OLD)
    desk.wait(lambda: viewport.is_resting and other.is_resting)

    viewport.set_picture(other.picture)

    assert not viewport.is_resting
    desk.wait(lambda: viewport.is_resting)
