"""60xx overlays in both encodings, from the file to the bits over the film, against pydicom's reading of them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from tests.factories import chest_film_dataset, write_dataset
from tests.factories.layers import add_overlay, add_overlay_in_pixels, add_shutter
from viewer.core.errors import FilmError
from viewer.core.overlay_bits import (
    GRAPHICS,
    NOTHING,
    REGION,
    halved,
    overlay_codes,
    shutter_bitmap,
    unpacked,
)
from viewer.core.reader import FilmReader
from viewer.core.study import Source

ROWS, COLUMNS = 61, 45  # neither is a multiple of 8
LINES = np.random.default_rng(1).random((ROWS, COLUMNS)) < 0.3


@pytest.fixture(scope="module")
def films():
    with FilmReader() as reader:
        yield reader


def dataset(**wishes):
    return chest_film_dataset(rows=ROWS, columns=COLUMNS, **wishes)


def opened(films, tmp_path, made):
    film = films.open(Source(write_dataset(tmp_path / "film.dcm", made)))
    return film, films.pixels(film)


def bits(pixels, number=0):
    return unpacked(pixels.overlays[number], pixels.description.columns)


@pytest.mark.parametrize("vr", ["OW", "OB"])
@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
    ],
)
def test_overlay_data_comes_out_as_pydicom_reads_it(films, tmp_path, syntax, vr):
    made = dataset(transfer_syntax=syntax)
    add_overlay(made, LINES, vr=vr)

    _, pixels = opened(films, tmp_path, made)

    np.testing.assert_array_equal(bits(pixels), LINES)
    np.testing.assert_array_equal(made.overlay_array(0x6000), LINES)
    assert pixels.notices == ()


def test_overlay_words_of_a_big_endian_film_are_turned_round(films, tmp_path):
    made = dataset(transfer_syntax=ExplicitVRBigEndian)
    add_overlay(made, LINES)
    element = made[0x60003000]
    element.value = np.frombuffer(element.value, "<u2").astype(">u2").tobytes()

    _, pixels = opened(films, tmp_path, made)

    np.testing.assert_array_equal(bits(pixels), LINES)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_an_overlay_in_the_pixel_bits_is_drawn_and_is_no_part_of_the_picture(films, tmp_path, syntax):
    made = dataset()
    add_overlay_in_pixels(made, LINES, bit=13)
    if syntax == RLELossless:
        made.compress(RLELossless)

    _, pixels = opened(films, tmp_path, made)
    _, plain = opened(films, tmp_path, dataset())

    np.testing.assert_array_equal(bits(pixels), LINES)
    np.testing.assert_array_equal(pixels.stored, plain.stored)


@pytest.mark.parametrize("origin", [(1, 1), (5, 9), (-3, 40), (50, -20), (200, 200)])
def test_a_plane_lies_at_its_origin_and_what_is_beyond_the_film_is_cut_off(films, tmp_path, origin):
    made = dataset()
    add_overlay(made, LINES, origin=origin)
    canvas = np.zeros((1000, 1000), bool)
    canvas[400 + origin[0] - 1 :, 400 + origin[1] - 1 :][:ROWS, :COLUMNS] = LINES

    _, pixels = opened(films, tmp_path, made)

    np.testing.assert_array_equal(bits(pixels), canvas[400:, 400:][:ROWS, :COLUMNS])


def test_sixteen_planes_are_kept_apart(films, tmp_path):
    made = dataset()
    rng = np.random.default_rng(2)
    planes = {group: rng.random((9, 7)) < 0.5 for group in range(0x6000, 0x6020, 2)}
    for group, plane in planes.items():
        add_overlay(made, plane, group=group)

    film, pixels = opened(films, tmp_path, made)

    assert [plane.group for plane in film.header.pixels.overlays] == list(planes)
    for number, plane in enumerate(planes.values()):
        np.testing.assert_array_equal(bits(pixels, number)[:9, :7], plane)


def changed(element, value):
    def change(made):
        made[0x60000000 | element].value = value

    return change


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (changed(0x0010, 0), "0 rows"),
        (changed(0x0011, 60_000), "60000 columns"),
        (changed(0x0050, [1]), "origin"),
        (lambda made: made.add_new(0x60000051, "US", 2), "later frame"),
        (lambda made: made.pop(0x60003000), "no Overlay Data"),
        (changed(0x3000, b"\x01\x02"), "cut off"),
    ],
)
def test_an_overlay_that_makes_no_sense_costs_the_film_nothing(films, tmp_path, spoil, reason):
    made = dataset()
    add_overlay(made, LINES)
    spoil(made)

    film, pixels = opened(films, tmp_path, made)

    assert any("Overlay 6000" in notice and reason in notice for notice in film.header.notices)
    assert pixels.stored.shape == (ROWS, COLUMNS)


@pytest.mark.parametrize(("bit", "reason"), [(5, "belongs to the picture"), (16, "no bit of the pixels")])
def test_a_bit_of_the_picture_is_no_overlay(films, tmp_path, bit, reason):
    made = dataset()
    add_overlay_in_pixels(made, LINES, bit=13)
    made[0x60000102].value = bit

    film, pixels = opened(films, tmp_path, made)

    assert reason in film.header.notices[0]
    assert pixels.overlays is None


def test_pixel_bits_that_compression_did_not_keep_are_told(films, tmp_path):
    made = dataset(transfer_syntax=JPEGLSLossless)
    add_overlay(made, LINES)
    del made[0x60003000]
    made[0x60000100].value, made[0x60000102].value = 16, 13

    film, _ = opened(films, tmp_path, made)

    assert "compression did not keep" in film.header.notices[0]


def test_graphics_are_told_from_regions_and_the_shutters_bitmap_is_no_overlay(films, tmp_path):
    made = dataset()
    add_overlay(made, LINES, group=0x6000)
    add_overlay(made, ~LINES, group=0x6002, kind="R")
    add_overlay(made, LINES[::-1], group=0x6004)
    add_shutter(made, overlay_group=0x6004)

    _, pixels = opened(films, tmp_path, made)

    np.testing.assert_array_equal(overlay_codes(pixels), np.where(LINES, GRAPHICS, REGION))
    np.testing.assert_array_equal(shutter_bitmap(pixels), LINES[::-1])


def test_a_thin_line_is_still_there_at_a_fraction_of_the_size():
    codes = np.full((41, 37), NOTHING, np.uint8)
    codes[:, 17] = GRAPHICS
    for _ in range(4):
        codes = halved(codes)
    assert (codes == GRAPHICS).any(axis=1).all()
    assert (codes == NOTHING).any()


def test_no_header_makes_the_reader_fail_over_its_overlays(films, tmp_path):
    rng = np.random.default_rng(3)
    for _ in range(60):
        made = dataset()
        add_overlay(made, LINES)
        for element, vr in ((0x0010, "US"), (0x0011, "US"), (0x0050, "SS"), (0x0100, "US"), (0x0102, "US")):
            if rng.random() < 0.5:
                number = struct.unpack("<h" if vr == "SS" else "<H", rng.bytes(2))[0]
                made[0x60000000 | element].value = [number, number] if vr == "SS" else number
        try:
            opened(films, tmp_path, made)
        except FilmError as error:
            raise AssertionError(f"an overlay took the film away: {error}") from error
