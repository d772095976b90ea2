"""Scanned films as TIFF files with several pages: every page can be seen, or the file says why not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from viewer.core import raster
from viewer.core.errors import DamagedFilm
from viewer.core.reader import FilmReader
from viewer.core.study import Source


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as opened:
        yield opened


def pages(count: int, rows: int = 40, columns: int = 30) -> list[np.ndarray]:
    return [np.full((rows, columns), 1000 * page, np.uint16) for page in range(count)]


def write(path, arrays) -> Source:
    images = [Image.fromarray(array) for array in arrays]
    images[0].save(path, save_all=True, append_images=images[1:])
    return Source(path)


def test_every_page_is_a_frame(reader, tmp_path):
    film = reader.open(write(tmp_path / "three.tif", pages(3)))
    assert film.header.pixels.frames == 3
    for page, expected in enumerate(pages(3)):
        np.testing.assert_array_equal(reader.pixels(film, page).stored, expected)


def test_pages_of_different_kinds_say_so(reader, tmp_path):
    film = reader.open(write(tmp_path / "odd.tif", [*pages(1), *pages(1, 50, 60)]))
    assert film.header.pixels.frames == 1
    assert any("different kinds" in notice for notice in film.header.notices)


def test_pages_beyond_what_can_be_held_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(raster, "MAX_PIXELS", 40 * 30 * 2)
    header = raster.read_raster_header(write(tmp_path / "many.tif", pages(3)).path.read_bytes(), "a" * 64)
    assert header.pixels.frames == 1
    assert any("3 pages" in notice for notice in header.notices)


def test_a_page_that_is_cut_off_harms_no_other(reader, tmp_path):
    source = write(tmp_path / "cut.tif", pages(3))
    data = source.path.read_bytes()
    source.path.write_bytes(data[: len(data) // 3 + 40])
    film = reader.open(source)
    np.testing.assert_array_equal(reader.pixels(film).stored, pages(1)[0])
    for page in range(1, film.header.pixels.frames):
        with pytest.raises(DamagedFilm):
            reader.pixels(film, page)
    assert film.header.pixels.frames == 3 or any("damaged" in notice for notice in film.header.notices)


def test_one_page_is_no_stack(reader, tmp_path):
    film = reader.open(write(tmp_path / "one.tif", pages(1)))
    assert film.header.pixels.frames == 1
    assert len(film.header.notices) == 1
