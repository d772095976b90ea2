"""A preview is the film at a quarter of its resolution, and never stands for the film itself."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.uid import JPEG2000, HTJ2KLossless, JPEG2000Lossless, JPEGLSLossless

from tests.factories import write_film
from viewer.core import preview_size
from viewer.core.reader import FilmReader
from viewer.core.study import Source

ROWS, COLUMNS = 301, 258


@pytest.fixture(scope="module")
def films():
    with FilmReader() as reader:
        yield reader


@pytest.fixture
def small_films_too(monkeypatch):
    monkeypatch.setattr(preview_size, "LEAST_PIXELS", 1)


def opened(films, tmp_path, **wishes):
    return films.open(Source(write_film(tmp_path / "film.dcm", rows=ROWS, columns=COLUMNS, **wishes)))


@pytest.mark.parametrize(
    ("syntax", "bits", "is_signed"),
    [
        (JPEG2000Lossless, 12, False),
        (JPEG2000Lossless, 12, True),
        (JPEG2000Lossless, 16, False),
        (JPEG2000Lossless, 15, True),
        (JPEG2000Lossless, 8, False),
        (JPEG2000, 12, False),
        (HTJ2KLossless, 12, False),
    ],
)
@pytest.mark.usefixtures("small_films_too")
def test_a_preview_has_the_films_values_and_its_size(films, tmp_path, syntax, bits, is_signed):
    film = opened(films, tmp_path, transfer_syntax=syntax, bits=bits, is_signed=is_signed)

    preview, whole = films.preview(film), films.pixels(film)

    assert preview.description == whole.description
    assert preview.stored.shape == whole.stored.shape
    assert preview.stored.dtype == whole.stored.dtype
    rows, columns = ROWS // 4 * 4, COLUMNS // 4 * 4
    cells = (
        whole.stored[:rows, :columns].astype(float).reshape(rows // 4, 4, columns // 4, 4).mean(axis=(1, 3))
    )
    difference = np.abs(preview.stored[:rows:4, :columns:4] - cells)
    assert difference.mean() < 0.03 * 2**bits  # the smallest wavelet level is no plain mean
    assert np.corrcoef(preview.stored[:rows:4, :columns:4].ravel(), cells.ravel())[0, 1] > 0.98


@pytest.mark.usefixtures("small_films_too")
def test_films_that_are_quick_anyway_have_no_preview(films, tmp_path):
    assert films.preview(opened(films, tmp_path, transfer_syntax=JPEGLSLossless)) is None
    assert films.preview(opened(films, tmp_path)) is None


def test_a_small_film_has_no_preview(films, tmp_path):
    assert films.preview(opened(films, tmp_path, transfer_syntax=JPEG2000Lossless)) is None


@pytest.mark.usefixtures("small_films_too")
def test_a_damaged_film_has_no_preview_and_its_reader_goes_on(films, tmp_path):
    film = opened(films, tmp_path, transfer_syntax=JPEG2000Lossless)
    path = film.source.path
    data = path.read_bytes()
    start = data.index(b"\xff\x4f\xff\x51")
    rng = np.random.default_rng(4)
    for _ in range(20):
        at = start + int(rng.integers(0, 400))
        path.write_bytes(data[:at] + rng.bytes(30) + data[at + 30 :])
        try:
            broken = films.open(Source(path))
        except Exception as error:
            assert type(error).__name__ in ("DamagedFilm", "UnsupportedFilm", "OversizedFilm")  # noqa: PT017
            continue
        preview = films.preview(broken)
        assert preview is None or preview.stored.shape == (ROWS, COLUMNS)
    path.write_bytes(data)
    assert films.preview(film) is not None


@pytest.mark.usefixtures("small_films_too")
def test_a_file_that_changed_has_no_preview(films, tmp_path):
    film = opened(films, tmp_path, transfer_syntax=JPEG2000Lossless)
    write_film(film.source.path, rows=ROWS, columns=COLUMNS, transfer_syntax=JPEG2000Lossless, seed=5)
    assert films.preview(film) is None
