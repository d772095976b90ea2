"""Tables name the place of whatever is wrong, and a kind of data that is not there says which there are."""

from __future__ import annotations

import gzip

import pytest

from inference.training.rows import DataSet
from inference.training.sources import KINDS, open_data
from inference.training.sources.tables import SourceRefused, Troubles, lines_of, rows_of
from tests.factories.data_sets import write_csv


def test_a_row_names_its_line_of_the_file_also_where_a_cell_has_line_breaks(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('id,text\n1,"two\nlines"\n2,one\n')

    assert [(row.place, row["id"]) for row in rows_of(file)] == [("a.csv:3", "1"), ("a.csv:4", "2")]


def test_packed_tables_are_read_as_they_are_distributed(tmp_path):
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(b"id\n1\n"))

    assert [row["id"] for row in rows_of(file, ("id",))] == ["1"]


def test_a_line_with_a_cell_too_many_is_told_and_left_out(tmp_path):
    file, troubles = tmp_path / "a.csv", Troubles()
    file.write_text("id,text\n1,no, comma\n2,fine\n")

    assert [row["id"] for row in rows_of(file, (), troubles)] == ["2"]
    (trouble,) = troubles.all()
    assert trouble.row == "a.csv:2"
    assert "3 cells" in trouble.what
    assert "quotes" in trouble.remedy


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"other\n1\n", "no column id"),
        ("id\nä\n".encode("latin-1"), "not UTF-8"),
        (b'id\n"' + b"x" * 5_000_000, "CSV"),
    ],
)
def test_a_table_that_is_no_such_table_is_refused_with_a_remedy(tmp_path, content, said):
    file = tmp_path / "a.csv"
    file.write_bytes(content)

    with pytest.raises(SourceRefused, match=said) as refused:
        list(rows_of(file, ("id",)))
    assert refused.value.remedy


def test_a_missing_table_or_list_is_refused(tmp_path):
    with pytest.raises(SourceRefused, match="can't be read"):
        list(rows_of(tmp_path / "none.csv"))
    with pytest.raises(SourceRefused, match="can't be read"):
        lines_of(tmp_path / "none.txt")


def test_what_happens_to_many_rows_alike_is_told_once_with_its_number():
    troubles = Troubles()
    for line in range(2, 1236):
        troubles.count(f"a.csv:{line}", "no film", "fetch it")

    (trouble,) = troubles.all()
    assert trouble.row == "a.csv:2"
    assert "1,234 rows alike" in trouble.what


@pytest.mark.parametrize("spec", ["", "mimic", "nonsense:/data", ":/data"])
def test_what_names_no_data_is_refused_with_the_list_of_kinds(spec):
    with pytest.raises(SourceRefused) as refused:
        open_data(spec)
    assert "mimic" in refused.value.remedy


def test_two_folders_of_one_kind_can_be_told_apart(tmp_path):
    names = []
    for name in ("first", "second"):
        write_csv(
            tmp_path / name / "train.csv",
            ["Path", "Frontal/Lateral", "AP/PA", "No Finding", "Support Devices"],
            [],
        )
        names.append(open_data(f"chexpert:{tmp_path / name}").name)

    assert len(set(names)) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_one_line_of_help_and_refuses_a_folder_that_is_not_there(kind, tmp_path):
    assert KINDS[kind].help
    assert "\n" not in KINDS[kind].help
    with pytest.raises(SourceRefused) as refused:
        open_data(f"{kind}:{tmp_path / 'nowhere'}")
    assert refused.value.remedy


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_folder_is_no_data_set_of_any_kind(kind, tmp_path):
    with pytest.raises(SourceRefused):
        assert isinstance(open_data(f"{kind}:{tmp_path}"), DataSet)
