"""One SOP Instance UID in two files: equal pictures of one person are one film, everything else stays two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.factories import write_film
from tests.factories_ui import film, ramp
from viewer.core.duplicates import SamePicture, films_with_one_uid, same_pictures
from viewer.core.errors import DamagedFilm
from viewer.core.library import group
from viewer.core.reader import FilmReader
from viewer.core.study import Film, Source


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as opened:
        yield opened


def compared(films, read) -> list[SamePicture]:
    return list(same_pictures(films_with_one_uid(films), read, lambda: False))


def opened(reader, tmp_path, **changes) -> Film:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.dcm"
    return reader.open(
        Source(write_film(path, sop_uid="2.25.7", study_uid="2.25.8", series_uid="2.25.9", **changes))
    )


@pytest.mark.parametrize("changes", [{"ImageComments": "sent twice"}, {"transfer_syntax": RLELossless}])
def test_the_same_picture_in_another_file_is_the_same_film(reader, tmp_path, changes):
    first, second = opened(reader, tmp_path), opened(reader, tmp_path, **changes)
    assert first.file_sha256 != second.file_sha256
    assert compared([first, second], reader.pixels) == [SamePicture(second, first)]


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"photometric": "MONOCHROME1"},
        {"patient_name": "Other^Person"},
        {"patient_id": "OTHER"},
        {"patient_sex": "M"},
        {"window": (1000, 500)},
        {"view_position": "AP"},
    ],
)
def test_what_differs_for_a_reader_is_another_film(reader, tmp_path, changes):
    films = [opened(reader, tmp_path), opened(reader, tmp_path, **changes)]
    assert compared(films, reader.pixels) == []


def test_of_three_the_equal_ones_are_found(reader, tmp_path):
    a = opened(reader, tmp_path)
    b = opened(reader, tmp_path, seed=1)
    c = opened(reader, tmp_path, transfer_syntax=JPEG2000Lossless)
    assert compared([a, b, c], reader.pixels) == [SamePicture(c, a)]


def test_one_pixel_makes_another_film():
    a, b = film("a"), replace(film("a"), file_sha256="b" * 8)
    changed = ramp()
    changed.stored[-1, -1] ^= 1
    pixels = {a.key: ramp(), b.key: changed}
    assert compared([a, b], lambda film, frame: pixels[film.key]) == []
    assert np.count_nonzero(pixels[a.key].stored != changed.stored) == 1


def test_a_film_that_cannot_be_decoded_repeats_nothing():
    a, b = film("a"), replace(film("a"), file_sha256="b" * 8)

    def read(film, frame):
        raise DamagedFilm("no")

    assert compared([a, b], read) == []


def test_every_frame_counts():
    frames = replace(film("a").header.pixels, frames=2)
    a = film("a", pixels=frames)
    b = replace(a, file_sha256="b" * 8)
    other = ramp()
    other.stored[0, 0] += 1
    assert compared([a, b], lambda f, frame: other if (f.key, frame) == (b.key, 1) else ramp()) == []
    assert compared([a, b], lambda f, frame: ramp()) == [SamePicture(b, a)]


def test_the_same_file_at_two_places_is_no_clash():
    a = film("a")
    assert films_with_one_uid([a, replace(a, source=Source(a.source.path.with_name("copy.dcm")))]) == []


def test_films_that_share_a_uid_say_so_themselves():
    a, b = film("a"), replace(film("a"), file_sha256="b" * 8, source=Source(film("b").source.path))
    (patient,) = group([a, b])
    shown = patient.studies[0].films
    assert [film.key for film in shown] == [a.key, b.key]
    assert "b.dcm has it too" in shown[0].header.notices[-1]
    assert "a.dcm has it too" in shown[1].header.notices[-1]
    assert "both are shown" in patient.warnings[0]
