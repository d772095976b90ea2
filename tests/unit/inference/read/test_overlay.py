"""The overlay picture shows the film, the boxes where they belong, and never loses its draft mark."""

from dataclasses import replace

import numpy as np
import pytest

from inference.backend import FINDINGS, FilmInput
from inference.film_picture import model_picture
from inference.read.overlay import COLOURS, as_array, caption, free_place, marks, overlay
from tests.factories.read_drafts import findings
from viewer.core.study import PixelDescription


def picture(rows: int, columns: int):
    stored = np.full((rows, columns), 60, np.uint8)
    return model_picture(FilmInput("0" * 64, stored, PixelDescription(rows, columns)))


def drawn(rows: int = 300, columns: int = 240, box=(40.0, 60.0, 120.0, 150.0), present=("pleural effusion",)):
    pairs = [(one, [box] if one.presence == "present" and box else []) for one in findings("x", *present)]
    return as_array(overlay(picture(rows, columns), pairs, "Starter 0.1"))


def colour_at(image: np.ndarray, row: int, column: int) -> str:
    return "#" + "".join(f"{value:02X}" for value in image[row, column])


def band_of(image: np.ndarray, rows: int, lines: int) -> int:
    return (image.shape[0] - rows) // (lines + 1)


def test_the_box_is_drawn_where_it_lies_on_the_film():
    image = drawn()
    top = band_of(image, 300, 3)

    assert colour_at(image, top + 60, 80) == COLOURS[0]
    assert colour_at(image, top + 100, 40) == COLOURS[0]
    assert colour_at(image, top + 149, 80) == COLOURS[0]
    assert colour_at(image, top + 100, 119) == COLOURS[0]


def test_the_draft_mark_is_burned_in_above_the_film():
    image = drawn()
    top = band_of(image, 300, 3)

    yellow = (image[:top] > (180, 180, 0)).all(axis=2) & (image[:top, :, 2] < 120)
    assert yellow.sum() > 50
    assert image.shape[1] == 240


@pytest.mark.parametrize("box", [(0, 0, 240, 300), (0, 0, 1, 1), (239, 299, 240, 300)], ids=str)
def test_boxes_at_the_rim_are_drawn_inside(box):
    image = drawn(box=tuple(map(float, box)))
    top = band_of(image, 300, 3)

    shown = image[top : top + 300]
    assert (shown == tuple(int(COLOURS[0][at : at + 2], 16) for at in (1, 3, 5))).all(axis=2).any()


def test_a_tiny_film_can_be_drawn_too():
    assert drawn(rows=8, columns=5, box=(1.0, 1.0, 3.0, 4.0)).shape[1] == 5


def test_each_present_finding_has_one_colour_and_its_caption():
    told = findings("x", "edema", "pleural effusion")
    both = marks([(one, [(0, 0, 5, 5), (5, 5, 9, 9)]) for one in told])

    assert [mark.captions for mark in both] == [("edema 0.91", "pleural effusion 0.91")] * 2
    apart = marks([(one, [(number, 0, 50, 50)]) for number, one in enumerate(told)])
    assert [mark.captions for mark in apart] == [("edema 0.91",), ("pleural effusion 0.91",)]
    assert len({mark.colour for mark in apart}) == 2
    assert caption(replace(told[0], confidence=None)) == FINDINGS[0]


def test_absent_findings_are_not_drawn():
    assert marks([(one, [(0, 0, 5, 5)]) for one in findings("x")]) == ()


def test_findings_without_a_place_are_named_below_the_film():
    with_place, without = drawn(), drawn(box=None)

    assert without.shape[0] > with_place.shape[0]


def test_the_square_that_the_model_saw_is_marked_on_a_film_that_is_not_square():
    wide, square = (
        drawn(rows=100, columns=200, box=None, present=()),
        drawn(rows=200, columns=200, box=None, present=()),
    )
    band = (wide.shape[0] - 100) // 4

    assert (wide[band + 1 : band + 99, 50] == 0x90).any()
    assert not (square[:, 50] == 0x90).all(axis=1).any()


def test_captions_never_cover_each_other_while_there_is_room():
    taken: list = []
    for _ in range(6):
        y = free_place(10, 40, 80, 20, 200, taken)
        assert 0 <= y <= 180
        assert all(y >= bottom or y + 20 <= top for _, top, _, bottom in taken)
        taken.append((10, y, 90, y + 20))


def test_a_caption_stays_on_the_film_even_where_no_room_is_left():
    assert free_place(0, -50, 10, 20, 15, []) == 0
    assert free_place(0, 500, 10, 20, 100, [(0, 0, 10, 100)]) == 80
