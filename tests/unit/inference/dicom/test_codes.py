"""The code table is data: each row stands in pydicom's dictionary or in the reviewed list, nowhere in the source."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pydicom.sr._concepts_dict import concepts as of_pydicom

import inference.dicom
from inference.backend import FINDINGS
from inference.dicom.codes import OWN_SCHEME, coded, concepts, labels

FOLDER = Path(inference.dicom.__file__).parent
ROOT = FOLDER.parents[1]
REVIEWED = {
    ("SCT", "46621007"),
    ("SCT", "8186001"),
    ("SCT", "95436008"),
    ("SCT", "125605004"),
    ("SCT", "233604007"),
    ("SCT", "399208008"),
    ("LN", "24648-8"),
    ("LN", "36643-5"),
}
"""Seen in public DICOM data or printed by HL7; not in pydicom's dictionary."""
WRONG = {"RID35057", "45199005", "9494007", "RID4800", "2667000"}
"""Codes that circulate and mean something else."""


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def meanings(scheme: str, value: str) -> set[str]:
    told = of_pydicom.get(scheme, {}).values()
    return {codes[value][0] for codes in told if value in codes}


ALL = [*rows("findings.csv"), *rows("concepts.csv")]


@pytest.mark.parametrize("row", ALL, ids=lambda row: row["value"])
def test_every_code_is_in_pydicoms_dictionary_or_in_the_reviewed_list(row):
    key = (row["scheme"], row["value"])
    if row["scheme"] == OWN_SCHEME:
        assert row["match"] == "none"
    elif meanings(*key):
        assert row["meaning"] in meanings(*key)
        assert row.get("in_pydicom", "yes") == "yes"
    else:
        assert key in REVIEWED
        assert row.get("in_pydicom", "no") == "no"


def test_each_of_the_13_findings_has_a_row_and_no_finding_has_none():
    assert set(FINDINGS) <= set(labels())
    assert all(coded(label) is not None for label in FINDINGS)
    assert coded("no finding") is None
    assert coded("Cardiomegaly ") == labels()["cardiomegaly"]


def test_a_place_is_not_written_as_if_it_were_a_finding():
    assert coded("pleural other").is_site_only
    assert not coded("lung lesion").is_site_only
    assert not coded("cardiomegaly").is_site_only


def test_only_an_exact_term_of_radlex_is_passed_on():
    assert coded("pneumonia").radlex == "RID5350"
    assert coded("lung opacity").radlex == ""


def test_no_code_that_means_something_else_is_written():
    assert not {row["value"] for row in ALL} & WRONG


def test_no_code_stands_anywhere_else_in_the_source():
    values = [row["value"] for row in ALL if any(character.isdigit() for character in row["value"])]
    found = [
        (path.relative_to(ROOT).as_posix(), value)
        for package in ("viewer", "plugin", "inference")
        for path in sorted((ROOT / package).rglob("*.py"))
        for text in (path.read_text(encoding="utf-8"),)
        for value in values
        if f'"{value}"' in text or f"'{value}'" in text
    ]
    assert found == []


def test_the_concepts_have_names():
    assert concepts()["plain chest film"].scheme == "SCT"
