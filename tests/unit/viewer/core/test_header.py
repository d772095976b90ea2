from __future__ import annotations

import io
import struct
import warnings
from datetime import date

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import chest_film_dataset
from viewer.core import tags
from viewer.core.dicom_file import open_dicom
from viewer.core.element_values import clean_text, decimals, is_uid, read_date
from viewer.core.elements import Encoding
from viewer.core.errors import DamagedFilm, FilmError, NotAnImage, OversizedFilm, UnsupportedFilm
from viewer.core.header import read_header
from viewer.core.header_fields import HeaderFields
from viewer.core.lossy import lossy_history
from viewer.core.study import FilmHeader, Window

SHA = "ab" * 32


Raw = dict[int, tuple[str, bytes]]


def film_bytes(raw: Raw | None = None, **wishes: object) -> bytes:
    """A film's file. `raw` puts elements first in the data set exactly as given: VR and bytes."""
    dataset = chest_film_dataset(**({"rows": 16, "columns": 12} | wishes))
    spoiled = b""
    for tag, (vr, value) in (raw or {}).items():
        if tag in dataset:
            del dataset[tag]
        head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
        is_long = vr in ("UN", "SQ", "OB", "OW")
        spoiled += head + struct.pack("<xxL" if is_long else "<H", len(value)) + value
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    data = out.getvalue()
    start = 144 + struct.unpack_from("<L", data, 140)[0]
    return data[:start] + spoiled + data[start:]


def header_of(raw: Raw | None = None, **wishes: object) -> FilmHeader:
    return read_header(open_dicom(film_bytes(raw, **wishes), tags.HEADER), SHA)


def test_a_good_film_is_read_without_a_notice():
    header = header_of(window=(2000, 3000), patient_orientation=("L", "F"))
    assert header.notices == ()
    assert header.patient_name == "Phantom^Petra"
    assert header.patient_birth_date == date(1960, 1, 1)
    assert header.study_date == date(2024, 1, 2)
    assert (header.modality, header.body_part, header.view_position) == ("DX", "CHEST", "PA")
    assert (header.pixels.rows, header.pixels.columns, header.pixels.bits_stored) == (16, 12, 12)
    assert header.pixels.windows == (Window(2000, 3000),)
    assert header.pixels.patient_orientation == ("L", "F")
    assert header.pixels.imager_pixel_spacing_mm == (0.4, 0.4)
    assert header.is_verified
    assert not header.is_synthetic


def test_uids_that_are_missing_come_from_the_files_content():
    header = header_of(SOPInstanceUID="", StudyInstanceUID="", SeriesInstanceUID="")
    again = header_of(SOPInstanceUID="", StudyInstanceUID="", SeriesInstanceUID="")
    assert header.sop_instance_uid == again.sop_instance_uid
    assert len({header.sop_instance_uid, header.study_instance_uid, header.series_instance_uid}) == 3
    assert all(
        is_uid(uid) and uid.startswith("2.25.")
        for uid in (header.sop_instance_uid, header.study_instance_uid)
    )
    assert sum("missing" in notice for notice in header.notices) == 3


@pytest.mark.parametrize("uid", [b"../../etc/passwd", b"1." + b"2" * 70, b"1.2.3 OR 1=1"])
def test_a_uid_that_is_none_is_replaced_and_equal_ones_stay_equal(uid):
    raw = {tags.STUDY_INSTANCE_UID: ("UI", uid)}
    first, second = header_of(raw), header_of(raw, seed=1)
    assert first.study_instance_uid == second.study_instance_uid
    assert is_uid(first.study_instance_uid)


@pytest.mark.parametrize(
    ("character_set", "raw", "name"),
    [
        ("ISO_IR 100", "Müller^Jörg".encode("latin-1"), "Müller^Jörg"),
        ("ISO_IR 192", "قباني^لنزار".encode(), "قباني^لنزار"),
        ("ISO_IR 144", "Люксембург".encode("iso8859_5"), "Люксембург"),
        ("GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
        (
            "\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
            "Yamada^Tarou=山田^太郎",
        ),
        (
            "\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7",
            "Hong^Gildong=洪^吉洞",
        ),
    ],
)
def test_names_are_read_in_their_character_set(character_set, raw, name):
    header = header_of(
        {tags.PATIENT_NAME: ("PN", raw), tags.SPECIFIC_CHARACTER_SET: ("CS", character_set.encode())}
    )
    assert header.patient_name == name
    assert header.notices == ()


@pytest.mark.parametrize("character_set", [b"ISO_IR 192", b"KLINGON1", b""])
def test_a_wrong_character_set_is_readable_with_a_notice(character_set):
    name = "Müller".encode("latin-1")
    header = header_of({tags.PATIENT_NAME: ("PN", name), tags.SPECIFIC_CHARACTER_SET: ("CS", character_set)})
    assert header.patient_name.startswith("M")
    assert header.patient_name.endswith("ller")
    assert any("character set" in notice for notice in header.notices)


def test_control_characters_and_direction_overrides_leave_a_name():
    assert clean_text("A\0B\nC\x1bD\u202eE\u2066F") == "A B C D E F"


def test_a_text_of_megabytes_is_cut():
    assert len(header_of({tags.PATIENT_NAME: ("PN", b"A" * 60_000)}).patient_name) <= 256


@pytest.mark.parametrize("raw", [b"20241301", b"yesterda", b"2024", b"00000000"])
def test_a_date_that_is_none_is_left_out_with_a_notice(raw):
    header = header_of({tags.STUDY_DATE: ("DA", raw)})
    assert header.study_date is None
    assert "Study Date" in header.notices[0]


def test_the_old_form_of_a_date_is_read():
    assert read_date(b"1997.04.24") == date(1997, 4, 24)


def test_an_age_of_no_form_is_left_out_with_a_notice():
    header = header_of({tags.PATIENT_AGE: ("AS", b"61")})
    assert header.patient_age == ""
    assert "Age" in header.notices[0]


@pytest.mark.parametrize("text", [b"abc", b"1e400", b"nan", b"inf", b"1_000"])
def test_numbers_that_are_none_are_not_read(text):
    assert decimals(text, "DS", Encoding(is_implicit=False)) == []


@pytest.mark.parametrize(
    ("tag", "name"),
    [(tags.ROWS, "Rows"), (tags.COLUMNS, "Columns"), (tags.BITS_ALLOCATED, "Bits Allocated")],
)
def test_a_film_whose_pixels_cannot_be_laid_out_is_refused_by_name(tag, name):
    with pytest.raises(DamagedFilm, match=name):
        header_of(**{pydicom.datadict.keyword_for_tag(tag): None})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"Rows": 0}, DamagedFilm),
        ({"Rows": 65535, "Columns": 65535}, OversizedFilm),
        ({"NumberOfFrames": 2**31 - 1}, OversizedFilm),
        ({"NumberOfFrames": -3}, DamagedFilm),
        ({"BitsAllocated": 12}, UnsupportedFilm),
        ({"PhotometricInterpretation": "MONOCHROME3"}, UnsupportedFilm),
        ({"SamplesPerPixel": 3}, DamagedFilm),
        ({"SamplesPerPixel": 2}, DamagedFilm),
    ],
)
def test_impossible_layouts_are_refused(change, error):
    with pytest.raises(error):
        header_of(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"BitsStored": 20, "HighBit": 15},
        {"HighBit": 3},
        {"BitsStored": None, "HighBit": None},
        {"PhotometricInterpretation": None},
        {"SamplesPerPixel": None},
        {"rescale": (0, 5)},
        {"WindowCenter": 5, "WindowWidth": 0},
        {"WindowCenter": 5, "WindowWidth": -7},
        {"WindowCenter": [5, 6], "WindowWidth": 7},
        {"WindowCenter": 5, "WindowWidth": 7, "VOILUTFunction": ""},
        {"ImagerPixelSpacing": [0, 0.1]},
    ],
)
def test_what_only_changes_the_look_falls_back_with_a_notice(change):
    header = header_of(**change)
    assert len(header.notices) == 1


def test_a_picture_without_pixel_data_is_told_apart_from_no_picture():
    with pytest.raises(NotAnImage, match="Pixel Data is missing"):
        header_of(PixelData=None)
    with pytest.raises(NotAnImage, match="without a picture"):
        header_of(PixelData=None, Rows=None, Modality="SR")


def test_lookup_tables_keep_their_first_value_bits_and_entries():
    header = header_of(voi_lut=range(0, 4096, 2), voi_lut_first=-100, voi_lut_bits=12)
    (table,) = header.pixels.voi_luts
    assert (table.first, table.bits, len(table.values), table.values[-1]) == (-100, 12, 2048, 4094)
    assert table.explanation == "test curve"


def lut_sequence(descriptor: tuple[int, int, int], data: bytes) -> Raw:
    """A VOI LUT Sequence of one item, by hand."""
    item = struct.pack("<HH2sH3H", 0x0028, 0x3002, b"US", 6, *descriptor)
    item += struct.pack("<HH2sxxL", 0x0028, 0x3006, b"OW", len(data)) + data
    return {tags.VOI_LUT_SEQUENCE: ("SQ", struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item)}


def test_zero_entries_mean_65536():
    (table,) = header_of(lut_sequence((0, 0, 16), np.arange(65536, dtype="<u2").tobytes())).pixels.voi_luts
    assert table.values == tuple(range(65536))


def test_eight_bit_entries_may_share_words():
    (table,) = header_of(lut_sequence((256, 0, 8), bytes(range(256)))).pixels.voi_luts
    assert table.values == tuple(range(256))


@pytest.mark.parametrize("entries", [0, 50, 255])
def test_a_short_lookup_table_is_left_out_with_a_notice(entries):
    header = header_of(lut_sequence((256, 0, 12), bytes(2 * entries)))
    assert header.pixels.voi_luts == ()
    assert f"{entries} of 256" in header.notices[0]


def test_padding_is_read_with_the_sign_of_the_pixels():
    assert header_of(padding_value=-2000, is_signed=True).pixels.padding_value == -2000
    assert header_of(padding_value=4095).pixels.padding_value == 4095


J2K, JPEG, JPEG_LS_NEAR = "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.81"


@pytest.mark.parametrize(
    ("syntax", "stated", "methods", "ratios", "told"),
    [
        ("", None, None, None, ""),
        ("", "00", None, None, ""),
        ("", "01", ["ISO_10918_1"], [10], "earlier JPEG 10:1"),  # uncompressed again
        (JPEG, "01", ["ISO_10918_1"], [12.5], "JPEG 12.5:1"),
        (J2K, "01", ["ISO_10918_1", "ISO_15444_1"], [10, 20], "JPEG 2000 20:1, earlier JPEG 10:1"),
        (J2K, "01", ["ISO_10918_1"], [10], "earlier JPEG 10:1"),  # reversible JPEG 2000 of a lossy film
        (J2K, "00", None, None, ""),  # JPEG 2000 need not lose anything
        (J2K, "01", None, None, "JPEG 2000"),
        (
            JPEG,
            None,
            None,
            None,
            "JPEG, ratio not stated",
        ),  # what the header denies, the transfer syntax says
        (JPEG_LS_NEAR, "00", None, None, "JPEG-LS, ratio not stated"),
        (JPEG, "01", None, [8], "JPEG 8:1"),  # the method is that of the transfer syntax
        ("", "01", None, [8], "earlier method not stated 8:1"),
        ("", "01", None, None, "method not stated"),
        ("", "01", ["OWN_METHOD"], None, "earlier OWN_METHOD"),
    ],
)
def test_lossy_compression_is_told_with_method_and_ratio_now_and_before(
    syntax, stated, methods, ratios, told
):
    dataset = chest_film_dataset(
        LossyImageCompression=stated or "",
        LossyImageCompressionRatio=ratios or [],
        LossyImageCompressionMethod=methods or [],
    )
    data = io.BytesIO()
    pydicom.dcmwrite(data, dataset, enforce_file_format=True)
    fields = HeaderFields(open_dicom(data.getvalue(), tags.HEADER))

    assert lossy_history(fields, syntax) == told


def test_a_synthetic_film_says_so():
    assert header_of({tags.SYNTHETIC_DATA: ("CS", b"YES ")}).is_synthetic


@settings(max_examples=200)
@given(tag=st.sampled_from(sorted(tags.HEADER)), raw=st.binary(max_size=40), as_unknown=st.booleans())
def test_no_value_of_any_element_does_more_than_refuse_the_film(tag, raw, as_unknown):
    vr = pydicom.datadict.dictionary_VR(tag)
    try:
        header_of({tag: ("UN" if as_unknown else vr[:2], raw)})
    except FilmError as error:
        assert error.reason.endswith(".")  # noqa: PT017 - most examples raise nothing
