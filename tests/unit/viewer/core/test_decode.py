"""Every transfer syntax against the values that were stored, and odd pixel layouts one by one."""

from __future__ import annotations

import io
import struct
import warnings
from importlib import metadata

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from tests.factories import chest_film_dataset, chest_picture
from tests.factories.codestreams import compress
from viewer.core import tags
from viewer.core.codestream import read_codestream
from viewer.core.decode import decode_frame
from viewer.core.dicom_file import open_dicom
from viewer.core.errors import DamagedFilm, FilmError, OversizedFilm, UnsupportedFilm
from viewer.core.header import read_header
from viewer.core.pixel_layout import stored_dtypes, stored_shape
from viewer.core.stored_bits import unpack_stored
from viewer.core.study import PixelDescription

LOSSLESS = [
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEG2000Lossless,
    HTJ2KLossless,
]


def decoded(dataset: pydicom.FileDataset, frame: int = 0) -> tuple[np.ndarray, tuple[str, ...]]:
    """Write a film, open it again and decode a frame; what comes out must be what its header promises."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    file = open_dicom(out.getvalue(), tags.HEADER)
    description = read_header(file, "ab" * 32).pixels
    values, notices = decode_frame(file, description, frame)
    assert values.shape == stored_shape(description)
    assert values.dtype in stored_dtypes(description)
    return values, notices


def stored(bits: int, *, rows: int = 60, columns: int = 52, is_signed: bool = False) -> np.ndarray:
    values = np.rint(chest_picture(rows, columns) * (2**bits - 1)).astype(np.int64)
    values.flat[0], values.flat[1] = 0, 2**bits - 1
    return values - 2 ** (bits - 1) if is_signed else values


@pytest.mark.parametrize("transfer_syntax", LOSSLESS, ids=lambda uid: uid.keyword)
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_lossless_films_come_back_bit_by_bit(transfer_syntax, bits):
    values, notices = decoded(
        chest_film_dataset(stored=stored(bits), bits=bits, transfer_syntax=transfer_syntax)
    )
    np.testing.assert_array_equal(values, stored(bits))
    assert notices == ()


@pytest.mark.parametrize(
    "transfer_syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, JPEG2000Lossless],
    ids=lambda uid: uid.keyword,
)
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_signed_films_keep_their_sign(transfer_syntax, bits):
    values, notices = decoded(
        chest_film_dataset(
            stored=stored(bits, is_signed=True), bits=bits, is_signed=True, transfer_syntax=transfer_syntax
        )
    )
    np.testing.assert_array_equal(values, stored(bits, is_signed=True))
    assert notices == ()


@pytest.mark.parametrize(
    ("transfer_syntax", "bits", "tolerance"),
    [
        (JPEGBaseline8Bit, 8, 12),
        (JPEGExtended12Bit, 12, 100),
        (JPEGLSNearLossless, 12, 2),
        (JPEG2000, 12, 500),
        (HTJ2K, 12, 0),
    ],
    ids=lambda value: getattr(value, "keyword", value),
)
def test_lossy_films_come_back_nearly(transfer_syntax, bits, tolerance):
    picture = stored(bits, rows=64, columns=64)
    picture.flat[0], picture.flat[1] = picture.flat[2], picture.flat[2]
    values, _ = decoded(chest_film_dataset(stored=picture, bits=bits, transfer_syntax=transfer_syntax))
    assert np.abs(values.astype(int) - picture).max() <= tolerance


@pytest.mark.parametrize(
    "transfer_syntax",
    [ExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless],
    ids=lambda uid: uid.keyword,
)
def test_colour_comes_back_as_rgb(transfer_syntax):
    rgb = np.stack([stored(8), 255 - stored(8), stored(8) // 2], axis=-1)
    photometric = "YBR_RCT" if transfer_syntax == JPEG2000Lossless else "RGB"
    values, _ = decoded(
        chest_film_dataset(stored=rgb, bits=8, photometric=photometric, transfer_syntax=transfer_syntax)
    )
    np.testing.assert_array_equal(values, rgb)


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "RGB"])
def test_jpeg_colour_follows_its_own_markers(photometric):
    """Pillow writes YCbCr with a JFIF marker; many DICOM writers leave RGB in the header of such films."""
    rgb = np.zeros((32, 32, 3), np.uint8)
    rgb[...] = (200, 40, 90)
    values, _ = decoded(
        chest_film_dataset(stored=rgb, bits=8, photometric=photometric, transfer_syntax=JPEGBaseline8Bit)
    )
    np.testing.assert_allclose(values.astype(int), rgb, atol=3)


def test_planar_colour_is_put_together():
    rgb = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    dataset = chest_film_dataset(stored=rgb, bits=8, photometric="RGB")
    dataset.PlanarConfiguration = 1
    dataset.PixelData = np.moveaxis(rgb, -1, 0).tobytes()
    np.testing.assert_array_equal(decoded(dataset)[0], rgb)


def test_ybr_is_turned_into_rgb():
    ybr = np.full((2, 2, 3), (81, 90, 240), np.uint8)  # red
    values, _ = decoded(chest_film_dataset(stored=ybr, bits=8, photometric="YBR_FULL"))
    np.testing.assert_allclose(values[0, 0], (238, 14, 14), atol=1)


def test_native_shared_chroma_is_spread():
    dataset = chest_film_dataset(stored=np.zeros((2, 4, 3), np.uint8), bits=8, photometric="YBR_FULL_422")
    dataset.PixelData = bytes([10, 20, 128, 128, 30, 40, 128, 128] * 2)
    values, _ = decoded(dataset)
    assert values[0].tolist() == [[10] * 3, [20] * 3, [30] * 3, [40] * 3]


def test_a_palette_gives_its_colours():
    dataset = chest_film_dataset(stored=np.array([[0, 1], [2, 9]]), bits=8, photometric="PALETTE COLOR")
    for colour, factor in (("Red", 1), ("Green", 2), ("Blue", 3)):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [3, 0, 16])
        data = np.array([0, 10 * factor, 20 * factor], "<u2") * 256
        setattr(dataset, f"{colour}PaletteColorLookupTableData", data.tobytes())
    values, _ = decoded(dataset)
    assert values.tolist() == [[[0, 0, 0], [10, 20, 30]], [[20, 40, 60], [20, 40, 60]]]


def test_a_palette_that_is_missing_is_said_so():
    dataset = chest_film_dataset(stored=np.zeros((4, 4)), bits=8, photometric="PALETTE COLOR")
    with pytest.raises(DamagedFilm, match="palette"):
        decoded(dataset)


def test_values_in_the_upper_bits_are_shifted_down():
    dataset = chest_film_dataset(stored=stored(12) << 4, bits=12)
    dataset.HighBit = 15
    np.testing.assert_array_equal(decoded(dataset)[0], stored(12))


def test_overlay_bits_above_the_value_are_masked_off():
    dirty = stored(12) | (np.arange(stored(12).size).reshape(stored(12).shape) % 16 << 12)
    np.testing.assert_array_equal(decoded(chest_film_dataset(stored=dirty, bits=12))[0], stored(12))


@given(
    allocated=st.sampled_from([8, 16, 32]),
    data=st.data(),
    is_signed=st.booleans(),
)
def test_bits_are_unpacked_as_the_standard_draws_them(allocated, data, is_signed):
    bits = data.draw(st.integers(1, allocated))
    high = data.draw(st.integers(bits - 1, allocated - 1))
    cell = data.draw(st.integers(0, 2**allocated - 1))
    description = PixelDescription(
        1, 1, bits_allocated=allocated, bits_stored=bits, high_bit=high, is_signed=is_signed
    )

    found = int(unpack_stored(np.array([cell], f"u{allocated // 8}"), description)[0])

    value = (cell >> (high + 1 - bits)) % 2**bits
    assert found == (value - 2**bits if is_signed and value >= 2 ** (bits - 1) else value)


def test_pixel_data_that_is_short_is_shown_with_a_notice():
    dataset = chest_film_dataset(stored=stored(12), bits=12)
    dataset.PixelData = dataset.PixelData[: 52 * 2 * 21 + 30]
    values, notices = decoded(dataset)
    assert notices == ("21 of 60 rows are there; the rest of the picture is missing.",)
    np.testing.assert_array_equal(values[:21], stored(12)[:21])
    assert (values[21:] == 0).all()


def test_pixel_data_without_one_whole_row_is_refused():
    dataset = chest_film_dataset(stored=stored(12), bits=12)
    dataset.PixelData = dataset.PixelData[:100]
    with pytest.raises(DamagedFilm, match="not one row"):
        decoded(dataset)


def test_pixel_data_that_is_long_is_cut():
    dataset = chest_film_dataset(stored=stored(12), bits=12)
    dataset.PixelData += b"\xff" * 500
    np.testing.assert_array_equal(decoded(dataset)[0], stored(12))


@pytest.mark.parametrize("transfer_syntax", [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless])
def test_each_frame_can_be_asked_for(transfer_syntax):
    frames = np.stack([stored(12), stored(12)[::-1], stored(12) // 2])
    dataset = chest_film_dataset(stored=frames, bits=12, transfer_syntax=transfer_syntax)
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(decoded(dataset, index)[0], frame)
    with pytest.raises(DamagedFilm, match="Frame 4"):
        decoded(dataset, 3)


def test_one_bit_pixels_are_unpacked():
    mask = (stored(8, rows=7, columns=9) > 100).astype(np.uint8)
    dataset = chest_film_dataset(stored=mask, bits=1, bits_allocated=8)
    dataset.BitsAllocated, dataset.PixelData = 1, np.packbits(mask, bitorder="little").tobytes()
    np.testing.assert_array_equal(decoded(dataset)[0], mask)


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")])
def test_float_pixels_stay_float_and_nan_becomes_the_lowest(keyword, dtype):
    picture = np.linspace(-1, 1, 20).reshape(4, 5).astype(f"<{dtype}")
    picture[2, 2] = np.nan
    dataset = chest_film_dataset(stored=np.zeros((4, 5)), bits=16)
    dataset.BitsAllocated = picture.itemsize * 8
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    setattr(dataset, keyword, picture.tobytes())
    values, notices = decoded(dataset)
    assert values.dtype == np.dtype(dtype)
    assert values[2, 2] == -1
    assert len(notices) == 1


def test_a_codestream_that_calls_signed_values_unsigned_is_read_by_the_header():
    signed = stored(12, is_signed=True)
    dataset = chest_film_dataset(stored=signed, bits=12, is_signed=True)
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([compress((signed & 0xFFF).astype(np.uint16), JPEG2000Lossless, 12)])
    np.testing.assert_array_equal(decoded(dataset)[0], signed)


def compressed_film(
    codestream: bytes, transfer_syntax: str = JPEG2000Lossless, **wishes: object
) -> pydicom.FileDataset:
    dataset = chest_film_dataset(**({"stored": stored(12), "bits": 12} | wishes))
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.PixelData = encapsulate([codestream])
    return dataset


def test_a_codestream_of_another_size_than_the_header_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr("viewer.core.decode._decoder", lambda head: pytest.fail("it was decoded"))
    small = compress(stored(12, rows=40).astype(np.uint16), JPEG2000Lossless, 12)
    with pytest.raises(DamagedFilm, match="60 rows x 52 columns, the compressed picture 40 x 52"):
        decoded(compressed_film(small))


def test_a_codestream_of_another_kind_than_the_transfer_syntax_is_read_with_a_notice():
    codestream = compress(stored(12).astype(np.uint16), JPEGLSLossless, 12)
    values, notices = decoded(compressed_film(codestream, JPEG2000Lossless))
    np.testing.assert_array_equal(values, stored(12))
    assert "read as it is" in notices[0]


def test_a_codestream_with_more_tiles_than_a_film_is_refused():
    codestream = bytearray(compress(stored(12).astype(np.uint16), JPEG2000Lossless, 12))
    struct.pack_into(">6L", codestream, 8, 30_000, 30_000, 0, 0, 1, 1)
    with pytest.raises(OversizedFilm, match="tiles"):
        read_codestream(bytes(codestream))


def test_a_jpeg_process_we_do_not_decode_is_named():
    codestream = compress(stored(8).astype(np.uint8), JPEGBaseline8Bit, 8).replace(
        b"\xff\xc0", b"\xff\xc9", 1
    )
    with pytest.raises(UnsupportedFilm, match="SOF9"):
        read_codestream(codestream)


@pytest.mark.parametrize("codestream", [b"", b"\xff\xd8\xff\xe0", b"hello", b"\xff\x4f\xff\x51\0\0"])
def test_something_else_than_a_codestream_is_damage(codestream):
    with pytest.raises(DamagedFilm):
        read_codestream(codestream)


@pytest.mark.parametrize("transfer_syntax", [JPEGBaseline8Bit, JPEGLosslessSV1], ids=lambda uid: uid.keyword)
def test_a_jpeg_that_is_cut_off_says_so(transfer_syntax):
    codestream = compress(stored(8).astype(np.uint8), transfer_syntax, 8)
    film = {"stored": stored(8), "bits": 8}
    _, notices = decoded(compressed_film(codestream[: len(codestream) // 2], transfer_syntax, **film))
    assert "cut off" in notices[0]
    assert decoded(compressed_film(codestream, transfer_syntax, **film))[1] == ()


@pytest.mark.parametrize("transfer_syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless])
def test_other_codestreams_that_are_cut_off_are_refused(transfer_syntax):
    codestream = compress(stored(8).astype(np.uint8), transfer_syntax, 8)
    with pytest.raises(Exception, match=r"\w"):  # the worker makes a reason of whatever the decoder says
        decoded(
            compressed_film(codestream[: len(codestream) // 2], transfer_syntax, stored=stored(8), bits=8)
        )


def test_many_fragments_make_one_frame():
    codestream = compress(stored(12).astype(np.uint16), JPEG2000Lossless, 12)
    dataset = compressed_film(codestream)
    dataset.PixelData = encapsulate([codestream], fragments_per_frame=40)
    np.testing.assert_array_equal(decoded(dataset)[0], stored(12))


def test_fragments_are_sorted_into_frames_by_how_they_begin():
    frames = [stored(12).astype(np.uint16), stored(12)[::-1].astype(np.uint16).copy()]
    dataset = chest_film_dataset(stored=np.stack(frames), bits=12)
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate(
        [compress(frame, JPEG2000Lossless, 12) for frame in frames], fragments_per_frame=3, has_bot=False
    )
    np.testing.assert_array_equal(decoded(dataset, 1)[0], frames[1])


def test_uncompressed_syntax_with_fragments_is_refused():
    dataset = compressed_film(
        compress(stored(8).astype(np.uint8), JPEGBaseline8Bit, 8), stored=stored(8), bits=8
    )
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    data = out.getvalue().replace(JPEG2000Lossless.encode(), ExplicitVRLittleEndian.encode().ljust(22, b"\0"))
    file = open_dicom(data, tags.HEADER)
    with pytest.raises(DamagedFilm, match="stored in fragments"):
        decode_frame(file, read_header(file, "a" * 64).pixels, 0)


@pytest.mark.parametrize(
    "transfer_syntax",
    [uid for uid in LOSSLESS if uid.is_compressed and not uid.is_deflated] + [JPEGBaseline8Bit],
)
@pytest.mark.parametrize("seed", range(8))
def test_damaged_codestreams_end_in_a_picture_or_an_error(transfer_syntax, seed):
    """The decoders that we chose; those we did not choose die here. Only errors of Python may come out."""
    random = np.random.default_rng(seed)
    codestream = bytearray(compress(stored(8).astype(np.uint8), transfer_syntax, 8))
    for place in random.integers(0, len(codestream), 5):
        codestream[place] = random.integers(256)
    dataset = compressed_film(bytes(codestream), transfer_syntax, stored=stored(8), bits=8)
    try:
        decoded(dataset)
    except (FilmError, Exception) as error:
        assert str(error)  # noqa: PT017
    except BaseException as panic:
        assert type(panic).__name__ == "PanicException"  # noqa: PT017


@pytest.mark.parametrize("package", ["python-gdcm", "pylibjpeg-libjpeg"])
def test_decoders_we_must_not_use_are_not_installed(package):
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version(package)
