"""Rows of data elements: checked, escaped, searched, folded, compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.element_rows import (
    ElementRow,
    as_text,
    escaped,
    one_file,
    rows_from_json,
    rows_to_json,
    two_files,
    visible,
)
from viewer.core.elements import ITEM


def plain(tag, value, name="Name", depth=0, vr="LO"):
    return ElementRow(depth, tag, vr, name, value, len(value))


def item(number, depth=1):
    return ElementRow(depth, ITEM, "", f"Item {number}", "", 0, number)


FIRST = (
    plain(0x00080060, "DX", "Modality"),
    plain(0x00081032, "", "Procedure Code Sequence", vr="SQ"),
    item(1),
    plain(0x00080100, "T-D3000", "Code Value", 2),
    item(2),
    plain(0x00080100, "OTHER", "Code Value", 2),
    plain(0x00100020, "P1", "Patient ID"),
)
SECOND = (
    plain(0x00080060, "DX", "Modality"),
    plain(0x00081032, "", "Procedure Code Sequence", vr="SQ"),
    item(1),
    plain(0x00080100, "CHANGED", "Code Value", 2),
    plain(0x00100020, "P1", "Patient ID"),
    plain(0x00100040, "F", "Patient's Sex"),
)


def values(rows):
    return [row.values[0] for row in rows]


def test_rows_come_back_from_json():
    assert rows_from_json(rows_to_json(FIRST)) == FIRST


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        [1],
        [[0, 0, "", "", "", 0]],
        [[0, "x", "", "", "", 0, 0]],
        [[-1, 0, "", "", "", 0, 0]],
        [[0] * 7],
    ],
)
def test_what_is_no_list_of_rows_is_refused(wrong):
    with pytest.raises(ValueError, match=r"row|list"):
        rows_from_json(wrong)


@given(st.text())
def test_nothing_unseen_is_left(text):
    assert escaped(text).isprintable() or not text.isprintable()
    assert not set(escaped(text)) & set("\x00\x07\n\r\t\u200b\u202e\u2066\u2028\ufeff")


def test_text_stays_as_it_is():
    assert escaped("홍^길동 <b>not bold</b> – é") == "홍^길동 <b>not bold</b> – é"
    assert escaped("a\u202eb\n") == "a\\u202eb\\n"


def test_a_row_is_found_by_tag_name_or_value_with_the_sequence_around_it():
    rows = one_file(FIRST)
    assert [row.name for row in visible(rows, "td3000")] == []
    assert [row.name for row in visible(rows, "t-d3000")] == [
        "Procedure Code Sequence",
        "Item 1",
        "Code Value",
    ]
    assert [row.name for row in visible(rows, "0010,0020")] == ["Patient ID"]
    assert [row.name for row in visible(rows, "00100020")] == ["Patient ID"]
    assert [row.name for row in visible(rows, "patientid p1")] == ["Patient ID"]
    assert visible(rows, "patient nobody") == ()


def test_a_folded_sequence_hides_what_is_in_it_until_something_is_searched_for():
    rows = one_file(FIRST)
    folded = {rows[1].path}
    assert [row.name for row in visible(rows, "", folded)] == [
        "Modality",
        "Procedure Code Sequence",
        "Patient ID",
    ]
    assert len(visible(rows, "other", folded)) == 3


def test_two_files_are_put_side_by_side_and_what_differs_says_so():
    rows = two_files(FIRST, SECOND)
    told = {(row.name, row.values): row.difference for row in rows}
    assert told["Modality", ("DX", "DX")] == ""
    assert told["Code Value", ("T-D3000", "CHANGED")] == "differs"
    assert told["Procedure Code Sequence", ("", "")] == "differs"  # something in it does
    assert told["Item 2", ("", "")] == "only first"
    assert told["Code Value", ("OTHER", "")] == "only first"
    assert told["Patient's Sex", ("", "F")] == "only second"
    names = [row.name for row in visible(rows, only_differences=True)]
    assert "Modality" not in names
    assert "Patient ID" not in names


def test_a_file_does_not_differ_from_itself():
    assert not any(row.difference for row in two_files(FIRST, FIRST))
    assert [row.name for row in two_files(FIRST, FIRST)] == [row.name for row in FIRST]


def test_an_element_that_comes_twice_is_listed_twice():
    twice = (*FIRST, plain(0x00100020, "P2", "Patient ID"))
    assert values(one_file(twice))[-2:] == ["P1", "P2"]
    assert len(two_files(twice, FIRST)) == len(twice)


def test_a_copied_value_begins_no_formula():
    rows = one_file(
        (plain(1, "=cmd()"), plain(2, "@x"), plain(3, "-600\\1"), plain(4, "+49 30"), plain(5, "DX"))
    )
    copied = [line.split("\t")[-1] for line in as_text(rows).split("\n")]
    assert copied == ["'=cmd()", "'@x", "-600\\1", "'+49 30", "DX"]
