"""The element walk: right on good files, calm on bad ones."""

from __future__ import annotations

import io
import struct
import warnings

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from tests.factories import chest_film_dataset
from viewer.core import tags
from viewer.core.dicom_file import MAX_INFLATED_BYTES, inflate, open_dicom
from viewer.core.elements import MAX_DEPTH, MAX_ELEMENTS, Encoding, items, walk
from viewer.core.errors import DamagedFilm, FilmError, NotAnImage, OversizedFilm
from viewer.core.sniff import HEAD_BYTES, kind_of

EXPLICIT, IMPLICIT = Encoding(is_implicit=False), Encoding(is_implicit=True)
ROWS = struct.pack("<HH2sHH", 0x0028, 0x0010, b"US", 2, 99)


def written(dataset: pydicom.FileDataset) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def walked(data: bytes, encoding: Encoding = EXPLICIT, wanted: object = tags.HEADER) -> dict[int, bytes]:
    return {
        element.tag: data[element.start : element.start + element.length]
        for element in walk(data, 0, len(data), encoding, wanted)
    }


@pytest.mark.parametrize(
    "transfer_syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        JPEG2000Lossless,
    ],
)
def test_every_element_lies_where_pydicom_finds_it(transfer_syntax):
    dataset = chest_film_dataset(transfer_syntax=transfer_syntax, voi_lut=range(4096), window=(2000, 3000))
    dataset.RequestAttributesSequence = Sequence([Dataset(), Dataset()])
    data = written(dataset)

    file = open_dicom(data, tags.HEADER)

    theirs = pydicom.dcmread(io.BytesIO(data))
    expected = {int(tag) for tag in theirs.keys()} & tags.HEADER  # noqa: SIM118 - iterating would convert them
    assert set(file.elements) == expected
    for tag in expected:
        raw = theirs.get_item(tag)
        assert isinstance(raw, pydicom.dataelem.RawDataElement) or tag == tags.SPECIFIC_CHARACTER_SET
        assert file.value(tag) == raw.value or tag == tags.SPECIFIC_CHARACTER_SET
    assert file.pixel_data is not None
    assert file.transfer_syntax_uid == transfer_syntax
    assert file.notices == ()


def undefined_sequence(inside: bytes) -> bytes:
    return (
        struct.pack("<HH2sHL", 0x0040, 0x0275, b"SQ", 0, 0xFFFFFFFF)
        + struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
        + inside
        + struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
        + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    )


def nested(depth: int) -> bytes:
    inside = b""
    for _ in range(depth):
        inside = undefined_sequence(inside)
    return inside


@pytest.mark.parametrize("depth", [1, 63, 64, 120, MAX_DEPTH])
def test_elements_after_deeply_nested_sequences_are_found(depth):
    assert walked(nested(depth) + ROWS) == {tags.ROWS: b"\x63\x00"}


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 3000])
def test_deeper_sequences_are_refused_without_a_stack_overflow(depth):
    with pytest.raises(OversizedFilm, match="nested more than"):
        walked(nested(depth) + ROWS)


def test_elements_inside_a_sequence_are_not_taken_for_those_of_the_film():
    assert walked(undefined_sequence(ROWS) + ROWS.replace(b"\x63", b"\x07")) == {tags.ROWS: b"\x07\x00"}


def test_a_sequence_that_is_never_closed_is_damage():
    with pytest.raises(DamagedFilm, match="never closed"):
        walked(undefined_sequence(b"")[:-8] + ROWS)


def test_an_un_of_undefined_length_holds_implicit_elements():
    implicit_rows = struct.pack("<HHLH", 0x0028, 0x0010, 2, 5)
    hidden = undefined_sequence(implicit_rows).replace(b"SQ", b"UN", 1)
    assert walked(hidden + ROWS) == {tags.ROWS: b"\x63\x00"}


def test_a_million_elements_are_refused():
    empty = struct.pack("<HH2sH", 0x0009, 0x0001, b"LO", 0)
    with pytest.raises(OversizedFilm, match="data elements"):
        walked(empty * (MAX_ELEMENTS + 1))


def test_a_length_beyond_the_file_takes_what_is_there():
    data = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, 0xFFFFFFFE) + b"1234"
    assert walked(data, wanted={0x7FE00010}) == {0x7FE00010: b"1234"}


def test_items_of_a_sequence_are_found_in_both_forms():
    defined = struct.pack("<HH2sHL", 0x0028, 0x3010, b"SQ", 0, 8 + len(ROWS))
    defined += struct.pack("<HHL", 0xFFFE, 0xE000, len(ROWS)) + ROWS
    undefined = undefined_sequence(ROWS).replace(
        struct.pack("<HH", 0x40, 0x275), struct.pack("<HH", 0x28, 0x3010)
    )
    for data in (defined, undefined):
        (sequence,) = walk(data, 0, len(data), EXPLICIT, {tags.VOI_LUT_SEQUENCE})
        (item,) = items(data, sequence, {tags.ROWS})
        assert data[item[tags.ROWS].start] == 99


def test_the_first_of_two_equal_tags_is_used_and_told():
    file = open_dicom(ROWS + ROWS.replace(b"\x63", b"\x07"), tags.HEADER)
    assert file.value(tags.ROWS) == b"\x63\x00"
    assert any("twice" in notice for notice in file.notices)


@pytest.mark.parametrize("stated", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_a_data_set_written_otherwise_than_its_transfer_syntax_says_is_read_as_it_looks(stated):
    dataset = chest_film_dataset(transfer_syntax=ExplicitVRLittleEndian)
    other = ImplicitVRLittleEndian if stated == ExplicitVRLittleEndian else ExplicitVRLittleEndian
    data = written(chest_film_dataset(transfer_syntax=other))
    padded = {uid: uid.encode() + b"\0" * (len(uid) % 2) for uid in (stated, other)}
    start = data.index(padded[other])
    data = (
        data[:start]
        + padded[stated].ljust(len(padded[other]), b"\0")[: len(padded[other])]
        + data[start + len(padded[other]) :]
    )

    file = open_dicom(data, tags.HEADER)

    assert file.value(tags.PATIENT_NAME) == str(dataset.PatientName).encode() + b" " * (
        len(str(dataset.PatientName)) % 2
    )
    assert any("otherwise" in notice for notice in file.notices)


@pytest.mark.parametrize("cut", [128, 0])
def test_files_without_preamble_or_meta_are_read(cut):
    data = written(chest_film_dataset())
    bare = data[132:] if cut else data[data.index(b"\x08\x00\x05\x00") :]
    assert kind_of(bare[:HEAD_BYTES]) == "dicom"
    assert open_dicom(bare, tags.HEADER).value(tags.ROWS) == b"\x80\x00"


def test_a_bomb_is_not_inflated():
    import zlib

    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = machine.compress(bytes(MAX_INFLATED_BYTES + 2)) + machine.flush()
    with pytest.raises(OversizedFilm, match="inflates to more"):
        inflate(bomb)


def test_broken_deflated_data_is_damage():
    with pytest.raises(DamagedFilm, match="inflated"):
        inflate(b"\xff" * 100)


def test_a_dicomdir_is_called_one():
    dataset = chest_film_dataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.1.3.10"
    with pytest.raises(NotAnImage, match="DICOMDIR"):
        open_dicom(written(dataset), tags.HEADER)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "unknown"),
        (b"hello, this is only text", "unknown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "png"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "jpeg"),
        (b"II*\0" + bytes(124) + b"DICM", "dicom"),
        (b"MM\0*" + bytes(40), "tiff"),
        (b"PK\x03\x04" + bytes(40), "zip"),
    ],
)
def test_kinds_are_told_by_their_first_bytes(head, kind):
    assert kind_of(head) == kind


FILM = written(chest_film_dataset(rows=16, columns=16, voi_lut=range(64), voi_lut_bits=12))


@settings(max_examples=300)
@given(
    cuts=st.lists(st.tuples(st.integers(0, len(FILM)), st.binary(max_size=12)), max_size=6),
    end=st.integers(0, len(FILM)),
)
def test_no_damage_ends_in_anything_but_a_named_reason(cuts, end):
    data = bytearray(FILM)
    for place, new in cuts:
        data[place : place + len(new)] = new
    try:
        open_dicom(bytes(data[: end or len(data)]), tags.HEADER)
    except FilmError as error:
        assert error.reason.endswith(".")  # noqa: PT017 - most examples raise nothing
