"""What scrolls together, and in which order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import description, film
from viewer.core.library import group
from viewer.core.stacks import (
    gaps_after,
    nearest,
    position_in,
    position_text,
    same_place,
    share_positions,
    stacks_of,
    stacks_of_films,
    usual_step_mm,
)
from viewer.core.study import SlicePlane

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))


def ct(name, position=None, number=None, sides=AXIAL, **header):
    normal = {AXIAL: (0, 0, 1), CORONAL: (0, 1, 0)}[sides]
    place = tuple(position * axis for axis in normal) if position is not None else None
    told = {
        "modality": "CT",
        "view_position": "",
        "series_instance_uid": "1.2.ct",
        "study_instance_uid": "1.ct",
        "instance_number": number,
        "plane": SlicePlane(place, *sides) if place else None,
        "frame_of_reference_uid": "1.9",
    }
    return film(name, **(told | header))


def names(stack):
    return [one.source.path.stem for one in stack.slices]


def test_slices_lie_in_order_of_position_whatever_their_names_and_the_order_of_arrival():
    slices = [ct(f"n{number * 37 % 20:02}", position=number * 2.5) for number in range(20)]
    random.Random(1).shuffle(slices)
    (stack,) = stacks_of_films(slices)
    assert list(stack.positions_mm) == [number * 2.5 for number in range(19, -1, -1)]  # the head first


def test_the_scanners_own_numbers_say_which_end_is_first():
    slices = [ct(f"n{number}", position=number * 2.0, number=number) for number in range(1, 6)]
    (stack,) = stacks_of_films(slices[::-1])
    assert [one.header.instance_number for one in stack.slices] == [1, 2, 3, 4, 5]


def test_numbers_decide_between_slices_at_one_place():
    slices = [ct("b", 5.0, 4), ct("a", 5.0, 3), ct("c", 0.0, 1), ct("d", 0.0, 2)]
    (stack,) = stacks_of_films(slices)
    assert names(stack) == ["c", "d", "a", "b"]
    assert same_place(stack, 2) == (1, 2)
    assert same_place(stack, 3) == (2, 2)


def test_two_orientations_of_one_series_are_two_stacks():
    axial = [ct(f"a{number}", number * 3.0, number) for number in range(4)]
    coronal = [ct(f"c{number}", number * 3.0, number + 10, CORONAL) for number in range(3)]
    stacks = stacks_of_films([axial[0], coronal[0], *axial[1:], *coronal[1:]])
    assert [names(stack) for stack in stacks] == [["a0", "a1", "a2", "a3"], ["c0", "c1", "c2"]]
    assert stacks[0].key != stacks[1].key


def test_slices_that_all_turn_differently_stay_one_stack_by_number():
    turned = [
        ct(
            f"r{number}",
            0.0,
            9 - number,
            plane=SlicePlane((0, 0, 0), (1, 0, 0), (0, 1 - number / 9, number / 9)),
        )
        for number in range(6)
    ]
    (stack,) = stacks_of_films(turned)
    assert names(stack) == ["r5", "r4", "r3", "r2", "r1", "r0"]
    assert stack.positions_mm == ()


def test_slices_without_a_place_lie_in_order_of_number_then_name():
    (stack,) = stacks_of_films([ct("z", number=2), ct("y"), ct("x"), ct("w", number=1)])
    assert names(stack) == ["w", "z", "x", "y"]


def test_another_size_is_another_stack():
    small = [ct(f"s{number}", number * 1.0, number) for number in range(3)]
    large = ct("large", 9.0, 9, pixels=description(120, 100))
    assert [len(stack.slices) for stack in stacks_of_films([*small, large])] == [3, 1]


@pytest.mark.parametrize("modality", ["CR", "DX", "DR", "MG", "OT", ""])
def test_radiographs_stay_film_by_film_however_many_a_series_has(modality):
    films = [film(f"f{number}", modality=modality, series_instance_uid="1.2.s") for number in range(5)]
    assert [len(stack.slices) for stack in stacks_of_films(films)] == [1] * 5


def test_pictures_that_are_no_dicom_files_never_stack():
    films = [film(f"p{number}", modality="CT", is_verified=False) for number in range(3)]
    assert len(stacks_of_films(films)) == 3


def test_frames_of_one_instance_are_one_stack_with_a_key_each():
    many = film("us", modality="US", pixels=description(frames=4))
    (stack,) = stacks_of_films([many])
    assert [one.frame for one in stack.slices] == [0, 1, 2, 3]
    assert stack.first.key == many.key
    assert len({one.key for one in stack.slices}) == 4


def test_frames_with_places_lie_in_order_of_place_the_stored_way_round():
    planes = tuple(SlicePlane((0, 0, z), *AXIAL) for z in (30.0, 10.0, 20.0, 0.0))
    (stack,) = stacks_of_films([film("e", pixels=description(frames=4), frame_planes=planes)])
    assert [one.frame for one in stack.slices] == [0, 2, 1, 3]


def test_frames_over_time_at_one_place_stay_as_they_are_stored():
    planes = (SlicePlane((0, 0, 5.0), *AXIAL),) * 3
    (stack,) = stacks_of_films([film("t", pixels=description(frames=3), frame_planes=planes)])
    assert [one.frame for one in stack.slices] == [0, 1, 2]
    assert stack.positions_mm == ()


def test_the_key_of_a_stack_stays_while_slices_are_found():
    slices = [ct(f"n{number}", number * 2.0, number) for number in range(9)]
    keys = {stacks_of_films(slices[9 - n :])[0].key for n in range(2, 10)}
    assert len(keys) == 1


@given(
    st.lists(st.tuples(st.floats(-500, 500), st.booleans(), st.integers(1, 3)), max_size=12),
)
def test_every_film_is_in_exactly_one_stack(wild):
    films = [
        ct(f"w{at}", position, sides=CORONAL if is_coronal else AXIAL, pixels=description(frames=frames))
        for at, (position, is_coronal, frames) in enumerate(wild)
    ]
    found = [
        one.key.partition("@")[0] for stack in stacks_of_films(films) for one in stack.slices if not one.frame
    ]
    assert sorted(found) == sorted(one.key for one in films)


def test_gaps_are_told_where_slices_are_missing():
    positions = [0.0, 2.5, 5.0, 12.5, 15.0]
    assert usual_step_mm(positions) == 2.5
    assert gaps_after(positions) == (2,)
    assert gaps_after([0.0, 2.5, 5.0]) == ()
    assert gaps_after([0.0, 0.0, 2.5, 2.5]) == ()


def test_the_place_is_told_in_words_of_the_patient():
    (stack,) = stacks_of_films([ct("a", -12.0, 1), ct("b", 3.0, 2)])
    assert [position_text(stack, at) for at in (0, 1)] == ["F 12.0 mm", "H 3.0 mm"]


def test_the_nearest_slice_of_another_stack_is_found_only_where_it_reaches():
    thin = stacks_of_films([ct(f"t{n}", n * 1.0, n) for n in range(30)])[0]
    thick = stacks_of_films([ct(f"k{n}", n * 5.0, n, series_instance_uid="1.2.k") for n in range(6)])[0]
    assert share_positions(thin, thick)
    assert nearest(thick, position_in(thick, thin, 11)) == 2
    assert nearest(thin, 300.0) is None


def test_stacks_of_another_frame_of_reference_share_no_positions():
    one = stacks_of_films([ct(f"a{n}", n * 1.0, n) for n in range(3)])[0]
    other = stacks_of_films([ct(f"b{n}", n * 1.0, n, frame_of_reference_uid="1.8") for n in range(3)])[0]
    coronal = stacks_of_films([ct(f"c{n}", n * 1.0, n, CORONAL) for n in range(3)])[0]
    assert not share_positions(one, other)
    assert not share_positions(one, coronal)


def test_a_study_is_read_series_by_series():
    films = [ct("a", 1.0, 1), ct("b", 2.0, 2), ct("x", 1.0, 1, series_instance_uid="1.2.x")]
    (patient,) = group(films)
    assert [len(stack.slices) for stack in stacks_of(patient.studies[0])] == [2, 1]
