"""Every element of a file as rows of text, listed in the decode worker."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.factories import chest_film_dataset, write_dataset, write_film, write_picture
from viewer.core import element_tree
from viewer.core.element_tree import element_rows
from viewer.core.errors import DamagedFilm, FilmError, NotAnImage
from viewer.core.reader import FilmReader
from viewer.core.study import Source


@pytest.fixture
def rows_of(tmp_path):
    def _rows(dataset=None, **wishes):
        dataset = dataset or chest_film_dataset(**wishes)
        return element_rows(write_dataset(tmp_path / "film.dcm", dataset).read_bytes())

    return _rows


def row(rows, tag):
    return next(one for one in rows if one.tag == tag and not one.item)


def nested():
    """A procedure code, with a private sequence inside that has another one inside."""
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning = "T-D3000", "Chest"
    middle = Dataset()
    middle.CodeValue = "OUTER"
    middle.ConceptCodeSequence = Sequence([inner, inner])
    return Sequence([middle])


def test_file_meta_comes_first_and_pixels_last(rows_of):
    rows = rows_of()
    assert rows[0].tag >> 16 == 2
    assert rows[-1].tag == 0x7FE00010
    assert rows[-1].value.startswith(f"{rows[-1].length:,} bytes: ")
    assert len(rows[-1].value) < 100


def test_values_are_told_by_their_vr(rows_of):
    rows = rows_of(window=(2000, 3000))
    assert row(rows, 0x00280010).value == "128"
    assert row(rows, 0x00281050).value == "2000.0"
    assert row(rows, 0x00100010).value == "Phantom^Petra"
    assert row(rows, 0x00020010).value == "1.2.840.10008.1.2.1  Explicit VR Little Endian"


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_every_way_of_writing_gives_the_same_rows(rows_of, syntax):
    def told(rows):
        return [(one.tag, one.vr, one.name, one.value) for one in rows if one.tag >> 16 not in (2, 0x7FE0)]

    assert told(rows_of(transfer_syntax=syntax)) == told(rows_of())


@pytest.mark.parametrize("is_undefined", [True, False])
def test_sequences_are_followed_by_what_is_in_them(rows_of, is_undefined):
    dataset = chest_film_dataset(ProcedureCodeSequence=nested())
    dataset["ProcedureCodeSequence"].is_undefined_length = is_undefined
    rows = rows_of(dataset)
    at = rows.index(row(rows, 0x00081032))
    found = [(one.depth, one.name, one.value) for one in rows[at : at + 9]]
    assert found == [
        (0, "Procedure Code Sequence", ""),
        (1, "Item 1", ""),
        (2, "Code Value", "OUTER"),
        (2, "Concept Code Sequence", ""),
        (3, "Item 1", ""),
        (4, "Code Value", "T-D3000"),
        (4, "Code Meaning", "Chest"),
        (3, "Item 2", ""),
        (4, "Code Value", "T-D3000"),
    ]


def test_private_elements_name_their_creator(rows_of):
    dataset = chest_film_dataset()
    block = dataset.private_block(0x0099, "ACME 1.0", create=True)
    block.add_new(0x01, "LO", "secret")
    block.add_new(0x02, "OB", b"\x01\x02" * 400)
    rows = rows_of(dataset)
    assert row(rows, 0x00990010).name == "Private Creator"
    assert (row(rows, 0x00991001).name, row(rows, 0x00991001).value) == ("Private · ACME 1.0", "secret")
    assert row(rows, 0x00991002).value == "800 bytes: 01 02 01 02 01 02 01 02 01 02 01 02 01 02 01 02…"


def test_names_are_decoded_by_their_character_set(rows_of):
    assert row(rows_of(patient_name="홍^길동"), 0x00100010).value == "홍^길동"


def test_long_values_are_shortened_with_their_length(rows_of):
    rows = rows_of(ImageComments="x" * 5000)
    assert row(rows, 0x00204000).value == "x" * 1024 + "… (5,000 bytes)"
    many = rows_of(voi_lut=list(range(256)))
    assert row(many, 0x00283006).value.endswith("… (256 values)")


def test_many_rows_are_cut_with_a_word_about_it(rows_of, monkeypatch):
    monkeypatch.setattr(element_tree, "MOST_ROWS", 10)
    rows = rows_of()
    assert len(rows) == 11
    assert "not listed" in rows[-1].value


def test_deep_nesting_ends_with_a_word_about_it(rows_of):
    dataset = Dataset()
    dataset.CodeValue = "bottom"
    for _ in range(60):
        outer = Dataset()
        outer.ConceptCodeSequence = Sequence([dataset])
        dataset = outer
    rows = rows_of(chest_film_dataset(ConceptCodeSequence=dataset.ConceptCodeSequence))
    assert any("too deep" in one.value for one in rows)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    dataset = chest_film_dataset(rows=8, columns=8, ProcedureCodeSequence=nested())
    return write_dataset(tmp_path_factory.mktemp("wild") / "film.dcm", dataset).read_bytes()


@settings(max_examples=200, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12))
def test_damaged_bytes_give_rows_or_a_named_reason(changes, small):
    content = bytearray(small)
    for at, value in changes:
        content[132 + at % (len(content) - 132)] = value
    with contextlib.suppress(FilmError):
        assert isinstance(element_rows(bytes(content)), tuple)


@pytest.fixture(scope="module")
def reader():
    with FilmReader() as opened:
        yield opened


def test_the_reader_lists_elements_out_of_process(reader, tmp_path):
    film = reader.open(Source(write_film(tmp_path / "a.dcm", StudyDescription="a\u202eb\x07c")))
    rows = reader.elements(film)
    assert row(rows, 0x00100020).value == "TEST-1"
    assert row(rows, 0x00081030).value == "a\\u202eb\\u0007c"  # unseen characters are written out


def test_a_file_that_changed_is_not_listed(reader, tmp_path):
    path = write_film(tmp_path / "a.dcm")
    film = reader.open(Source(path))
    write_film(path, seed=3)
    with pytest.raises(DamagedFilm, match="changed"):
        reader.elements(film)


def test_a_picture_file_has_no_elements(reader, tmp_path):
    film = reader.open(Source(write_picture(tmp_path / "a.png")))
    with pytest.raises(NotAnImage, match="no DICOM data elements"):
        reader.elements(film)
