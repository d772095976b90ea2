"""What is read together, and with which prior."""

from datetime import date

import pytest

from inference.read.order import DOUBTFUL_HEADERS, OTHER_PATIENT, orders, repeated, role_of
from tests.factories.read_drafts import film

MARCH = film("march.dcm", study="1.1", day=date(2024, 3, 1))
MAY = film("may.dcm", study="1.2", day=date(2024, 5, 1))
JUNE = film("june.dcm", study="1.3", day=date(2024, 6, 1))
LATERAL = film("june-ll.dcm", study="1.3", day=date(2024, 6, 1), view="LL")
STRANGER = film("stranger.dcm", study="2.1", patient="P2", day=date(2024, 4, 1))


def told(made) -> list[tuple[list[str], list[str], int | None]]:
    return [
        (
            [str(one.source) for one in order.films],
            [str(one.source) for one in order.priors],
            order.days_before,
        )
        for order in made
    ]


def test_every_study_is_read_with_the_nearest_earlier_one_as_its_prior():
    assert told(orders([MARCH, MAY, JUNE])) == [
        (["march.dcm"], [], None),
        (["may.dcm"], ["march.dcm"], 61),
        (["june.dcm"], ["may.dcm"], 31),
    ]


def test_studies_come_in_the_order_of_their_files():
    assert [order[0] for order in told(orders([JUNE, STRANGER, MARCH]))] == [
        ["june.dcm"],
        ["stranger.dcm"],
        ["march.dcm"],
    ]


def test_films_of_one_study_are_read_together_the_lateral_as_such():
    (order,) = orders([LATERAL, JUNE])

    assert {str(one.source): role_of(one) for one in order.films} == {
        "june.dcm": "current",
        "june-ll.dcm": "lateral",
    }


def test_nobody_is_compared_with_somebody_else():
    assert told(orders([MAY, STRANGER])) == [(["may.dcm"], [], None), (["stranger.dcm"], [], None)]


def test_a_named_prior_outweighs_what_lies_in_the_folder():
    made = orders([MAY, JUNE], [MARCH])

    assert told(made) == [(["may.dcm"], ["march.dcm"], 61), (["june.dcm"], ["march.dcm"], 92)]


def test_a_named_prior_of_another_patient_is_warned_of_without_naming_anybody():
    (order,) = orders([MAY], [STRANGER])

    assert [str(one.source) for one in order.priors] == ["stranger.dcm"]
    assert OTHER_PATIENT in order.warnings
    assert not any("Name of" in warning or "P2" in warning for warning in order.warnings)


def test_whose_film_a_picture_is_cannot_be_told_so_nothing_is_claimed():
    png = film("prior.png", study="9.9", patient="", is_verified=False)
    (order,) = orders([MAY], [png])

    assert OTHER_PATIENT not in order.warnings


def test_of_several_named_studies_the_latest_is_the_prior():
    (order,) = orders([JUNE], [MARCH, MAY])

    assert [str(one.source) for one in order.priors] == ["may.dcm"]


def test_a_film_is_no_prior_of_itself():
    (order,) = orders([MAY], [MAY])

    assert order.priors == ()


def test_a_prior_that_is_later_has_no_days_before():
    (order,) = orders([MARCH], [JUNE])

    assert order.days_before is None


def test_the_prior_report_goes_to_studies_with_a_prior_only():
    first, second = orders([MARCH, MAY], prior_report="Clear lungs.")

    assert (first.prior_report, second.prior_report) == ("", "Clear lungs.")


def test_contradicting_headers_are_warned_of_without_quoting_them():
    other = film("b.dcm", study="1.5", patient="P1")
    from dataclasses import replace

    other = replace(other, header=replace(other.header, patient_name="Somebody^Else"))
    made = orders([MAY, other])

    assert len(made) == 2
    assert all(order.warnings == (DOUBTFUL_HEADERS,) for order in made)


def test_the_same_file_twice_is_read_once_and_said_to_be():
    from dataclasses import replace

    from viewer.core.study import Source

    again = replace(MAY, source=Source(MAY.source.path.with_name("copy.dcm")))

    assert [(str(one.source), str(other.source)) for one, other in repeated([MAY, again, JUNE])] == [
        ("copy.dcm", "may.dcm")
    ]
    assert told(orders([MAY, again])) == [(["may.dcm"], [], None)]


@pytest.mark.parametrize("view", ["PA", "AP", ""])
def test_what_is_not_said_to_be_lateral_is_sent_as_current(view):
    assert role_of(film("a.dcm", view=view)) == "current"
