"""Twenty ways of exporting, cropping, re-encoding and reopening a synthetic film, each with all words taken out of the
header: whoever opens the file is told that the film is synthetic, and the AI's gate refuses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import JPEG2000, JPEGBaseline8Bit, JPEGLSNearLossless, RLELossless

from inference.backend import FilmInput
from inference.gate import Gate, load_gate
from tests.factories import write_film, write_zip
from tests.factories.synthetic_films import (
    Picture,
    bare_film,
    bent,
    cropped,
    letterboxed,
    noisy,
    resized,
    windowed,
)
from viewer.core.reader import FilmReader
from viewer.core.study import Source, recognised
from viewer.core.synthetic_mark import mark

Way = Callable[[Path, Picture], Path]


def picture(suffix: str, change: Callable[[Picture], Picture] = lambda film: film, **how: object) -> Way:
    def write(folder: Path, film: Picture) -> Path:
        path = folder / f"film.{suffix}"
        Image.fromarray(np.ascontiguousarray(change(film))).save(path, **how)
        return path

    return write


def dicom(change: Callable[[Picture], Picture] = lambda film: film, *, bits: int = 8, **how: object) -> Way:
    """A file that claims to be an acquired DX film of a patient."""

    def write(folder: Path, film: Picture) -> Path:
        stored = change(film).astype(np.uint16) << (bits - 8)
        return write_film(folder / "film.dcm", stored=stored, bits=bits, **how)

    return write


def screenshot(folder: Path, film: Picture) -> Path:
    screen = np.repeat(letterboxed(film)[..., None], 3, axis=2)
    screen[..., 2] = np.minimum(screen[..., 2] + 12, 255)  # a bluish theme
    Image.fromarray(screen).save(folder / "screen.png")
    return folder / "screen.png"


def zipped(folder: Path, film: Picture) -> Path:
    return write_zip(folder / "film.zip", {"film.jpg": picture("jpg", quality=75)(folder, film)})


WAYS: dict[str, Way] = {
    "PNG": picture("png"),
    "JPEG, quality 90": picture("jpg", quality=90),
    "JPEG, quality 50": picture("jpg", quality=50),
    "TIFF": picture("tif"),
    "TIFF of 16 bits": picture("tif", lambda film: film.astype(np.uint16) * 257),
    "PNG, half of the area": picture("png", cropped),
    "JPEG, half of the area": picture("jpg", cropped, quality=50),
    "PNG, one lung": picture("png", lambda film: film[:, :128]),
    "JPEG, half the size": picture("jpg", lambda film: resized(film, 128, 128), quality=85),
    "JPEG, an odd size": picture("jpg", lambda film: resized(film, 359, 361), quality=70),
    "PNG, windowed": picture("png", windowed),
    "PNG, inverted and mirrored": picture("png", lambda film: np.fliplr(255 - film)),
    "JPEG, turned, with another gamma": picture("jpg", lambda film: bent(np.rot90(film), 1.8), quality=75),
    "PNG, with noise": picture("png", noisy),
    "a screenshot": screenshot,
    "a colour JPEG": picture("jpg", lambda film: np.stack([film, film, film // 2], axis=-1), quality=75),
    "DICOM, tags stripped": dicom(),
    "DICOM, 12 bits, MONOCHROME1": dicom(lambda film: 255 - film, bits=12, photometric="MONOCHROME1"),
    "DICOM, 16 bits, cropped": dicom(cropped, bits=16),
    "DICOM, JPEG baseline": dicom(transfer_syntax=JPEGBaseline8Bit),
    "DICOM, JPEG 2000 lossy": dicom(transfer_syntax=JPEG2000),
    "DICOM, JPEG-LS near-lossless, 12 bits": dicom(bits=12, transfer_syntax=JPEGLSNearLossless),
    "DICOM, RLE, twice the size": dicom(lambda film: resized(film, 512, 512), transfer_syntax=RLELossless),
}


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as opened:
        yield opened


@pytest.fixture(scope="module")
def gate() -> Gate:
    return load_gate(allow_synthetic=False)


@pytest.mark.parametrize("way", WAYS)
def test_a_synthetic_film_is_known_again_after_export_as(way, tmp_path, reader, gate):
    path = WAYS[way](tmp_path, mark(bare_film(seed=2)))
    film = reader.open(Source(path))
    assert not film.header.is_synthetic, "the header must not help"

    pixels = reader.pixels(film)

    assert recognised(film, pixels).header.is_synthetic
    grey = pixels.stored if pixels.stored.ndim == 2 else pixels.stored.mean(axis=-1)
    shown = ((grey - grey.min()) * (255.0 / np.ptp(grey))).astype(np.uint8)
    seen = FilmInput("0" * 64, shown, film.header.pixels, "DX", "CHEST", "PA", False)
    if min(shown.shape) > 64:
        assert gate.check(seen, shown).reason.startswith("synthetic image")


def test_a_film_in_a_zip_is_known_again(tmp_path, reader):
    path = zipped(tmp_path, mark(bare_film(seed=2)))
    film = reader.open(Source(path, "film.jpg"))

    assert recognised(film, reader.pixels(film)).header.is_synthetic


def test_a_film_without_a_mark_is_not_called_synthetic(tmp_path, reader):
    for way in ("PNG", "JPEG, half of the area", "DICOM, tags stripped", "a screenshot"):
        film = reader.open(Source(WAYS[way](tmp_path, bare_film(seed=2))))

        assert not recognised(film, reader.pixels(film)).header.is_synthetic


@pytest.mark.parametrize(
    ("wishes", "is_synthetic"),
    [
        ({"SyntheticData": "YES"}, True),
        ({"SyntheticData": "NO"}, False),
        ({"SeriesDescription": "SYNTHETIC (AI) PA view, NOT FOR DIAGNOSIS"}, True),
        ({"StudyDescription": "SYNTHETIC (AI) films, NOT FOR DIAGNOSIS"}, True),
        ({"SeriesDescription": "Chest with synthetic mesh, not for diagnosis of the graft"}, False),
    ],
)
def test_the_words_of_our_series_make_a_film_synthetic_where_the_attribute_was_taken_out(
    wishes, is_synthetic, tmp_path, reader
):
    path = write_film(tmp_path / "film.dcm", rows=32, columns=32, **wishes)

    assert reader.open(Source(path)).header.is_synthetic is is_synthetic
