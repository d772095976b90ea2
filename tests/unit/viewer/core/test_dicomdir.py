"""Media with a DICOMDIR: read in place, in its order, never outside its folder, and never only what it lists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import uid, write_dicomdir, write_film
from viewer.core.dicom_directory import read_directory
from viewer.core.errors import DamagedFilm, FilmError
from viewer.core.reader import FilmReader
from viewer.core.scan import FilmFound, Skipped, scan
from viewer.core.study import Source


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as opened:
        yield opened


@pytest.fixture
def cd(tmp_path):
    """Three films on a CD, of which the DICOMDIR lists two, the later one first."""
    for number in range(3):
        write_film(tmp_path / "dicom" / f"im{number}", seed=number, sop_uid=uid(number))
    write_dicomdir(tmp_path / "DICOMDIR", [("DICOM", "IM1"), ("DICOM", "IM0")])
    return tmp_path


def looked_through(paths, reader):
    events = list(scan(paths, reader))
    found = [event.film.source.path.name for event in events if isinstance(event, FilmFound)]
    skipped = {
        event.unreadable.source.member or event.unreadable.source.path.name: event.unreadable.reason
        for event in events
        if isinstance(event, Skipped)
    }
    return found, skipped


def test_a_folder_with_a_dicomdir_is_read_in_its_order_and_then_the_rest(reader, cd):
    found, skipped = looked_through([cd], reader)
    assert found == ["im1", "im0", "im2"]
    assert list(skipped) == ["DICOMDIR"]
    assert "lists 2 files" in skipped["DICOMDIR"]


def test_a_dicomdir_alone_opens_what_it_lists(reader, cd):
    found, _ = looked_through([cd / "DICOMDIR"], reader)
    assert found == ["im1", "im0"]


def test_a_dicomdir_that_lists_missing_files_is_told_and_its_folder_searched(reader, cd):
    write_dicomdir(cd / "DICOMDIR", [("DICOM", "IM0"), ("DICOM", "GONE")])
    found, skipped = looked_through([cd / "DICOMDIR"], reader)
    assert found == ["im0", "im1", "im2"]
    assert "not there" in skipped["DICOM/GONE"]


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", b"\0" * 128 + b"DICM" + b"\xff" * 50])
def test_a_broken_dicomdir_is_told_and_its_folder_searched(reader, cd, content):
    (cd / "DICOMDIR").write_bytes(content)
    for dropped in (cd, cd / "DICOMDIR"):
        found, skipped = looked_through([dropped], reader)
        assert found == ["im0", "im1", "im2"]
        assert "searched instead" in skipped["DICOMDIR"]


@pytest.mark.parametrize(
    "file_id",
    [
        ("..", "outside.dcm"),
        ("DICOM", "..", "..", "outside.dcm"),
        ("/etc", "passwd"),
        ("C:", "outside.dcm"),
        ("..\\outside.dcm",),
        ("../outside.dcm",),
        (".",),
        ("DICOM", ""),
    ],
)
def test_names_that_leave_the_medium_are_refused(reader, tmp_path, file_id):
    write_film(tmp_path / "outside.dcm")
    write_film(tmp_path / "cd" / "DICOM" / "IM0")
    write_dicomdir(tmp_path / "cd" / "DICOMDIR", [("DICOM", "IM0"), file_id])
    found, skipped = looked_through([tmp_path / "cd"], reader)
    assert found == ["IM0"]
    assert any("points out of" in reason or "not there" in reason for reason in skipped.values())


def test_a_link_out_of_the_medium_is_refused(reader, tmp_path):
    outside = write_film(tmp_path / "outside.dcm")
    (tmp_path / "cd").mkdir()
    (tmp_path / "cd" / "LINK").symlink_to(outside)
    write_dicomdir(tmp_path / "cd" / "DICOMDIR", [("LINK",)])
    found, skipped = looked_through([tmp_path / "cd"], reader)
    assert found == []
    assert "link out" in skipped["LINK"]


def test_names_are_found_as_any_system_shows_them(reader, tmp_path):
    write_film(tmp_path / "Images" / "a.;1", seed=1, sop_uid=uid(1))
    write_film(tmp_path / "Images" / "B.DCM;1", seed=2, sop_uid=uid(2))
    write_dicomdir(tmp_path / "dicomdir", [("IMAGES", "A"), ("IMAGES", "B.DCM")])
    found, skipped = looked_through([tmp_path / "dicomdir"], reader)
    assert found == ["a.;1", "B.DCM;1"]
    assert list(skipped) == ["dicomdir"]


def test_a_file_listed_twice_is_read_once(reader, cd):
    write_dicomdir(cd / "DICOMDIR", [("DICOM", "IM0"), ("dicom", "im0"), ("DICOM", "IM0")])
    assert looked_through([cd / "DICOMDIR"], reader)[0] == ["im0"]


def test_only_a_dicomdir_is_a_directory(reader, tmp_path):
    with pytest.raises(FilmError):
        reader.directory(Source(write_film(tmp_path / "film.dcm")))
    data = write_dicomdir(tmp_path / "DICOMDIR", []).read_bytes()
    assert read_directory(data) == ()
    with pytest.raises(DamagedFilm, match="no directory records"):
        read_directory(write_film(tmp_path / "film.dcm").read_bytes())
