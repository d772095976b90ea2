"""A drop as it really comes: several people, junk, a truncated film, a ZIP, a DICOMDIR, doubles. Real worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.uid import RLELossless
from PySide6.QtGui import QGuiApplication

from tests.factories import uid, write_dicomdir, write_film, write_picture, write_zip
from viewer.core.reader import FilmReader
from viewer.ui.main_window import MainWindow

WAIT_MS = 30_000


@pytest.fixture(scope="module")
def worker() -> Iterator[FilmReader]:
    with FilmReader(workers=2) as reader:
        yield reader


@pytest.fixture
def window(qtbot, worker) -> Iterator[MainWindow]:
    made = MainWindow(worker)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    yield made
    made.close()


def drop(qtbot, window: MainWindow, *paths: Path) -> None:
    window.open(paths)
    qtbot.waitUntil(lambda: not window.light_box.session.is_scanning, timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: (
            window.background.running == 0
            and all(s.film.key in {*window.films.loaded, *window.films.failures} for s in window.films.slots)
        ),
        timeout=WAIT_MS,
    )


def film(path: Path, name: str, **more) -> Path:
    """A film of a patient, whose identifiers come from its file name."""
    given = {"patient_id": name.upper(), "patient_name": f"{name}^Test", "patient_birth_date": "19500101"}
    return write_film(
        path,
        sop_uid=uid(path.name),
        study_uid=uid("study", name),
        series_uid=uid("series", name),
        **(given | more),
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    """What a colleague copied together: three people, and everything that lies around on such a disk."""
    root = tmp_path / "drop"
    film(root / "anna" / "a1.dcm", "anna", seed=1)
    film(root / "anna" / "a2", "anna", seed=2, view_position="LL")
    cut = film(root / "anna" / "cut.dcm", "anna", seed=3)
    cut.write_bytes(cut.read_bytes()[:700])  # inside the header
    short = film(root / "anna" / "short.dcm", "anna", seed=4, rows=64, columns=64)
    short.write_bytes(short.read_bytes()[:-2000])  # some rows are missing
    zipped = film(tmp_path / "b1.dcm", "bert", seed=5)
    write_zip(root / "bert.zip", {"DICOM/IM1": zipped, "readme.txt": b"hello", "../evil.dcm": zipped})
    film(root / "cd" / "DICOM" / "IM1", "cora", seed=6)
    write_dicomdir(root / "cd" / "DICOMDIR", [("DICOM", "IM1"), ("DICOM", "LOST")])
    (root / "autorun.exe").write_bytes(b"MZ" + bytes(5000))
    (root / "empty.dcm").touch()
    (root / "notes.txt").write_text("Monday")
    write_picture(root / "photo.png")
    return root


def patients(window: MainWindow) -> list[str]:
    return [row.title for row in window.studies.model.rows if row.kind == "patient"]


def report(window: MainWindow) -> dict[str, tuple[str, str]]:
    """File to (result, reason), from what the reader can copy."""
    window.wish("show_skipped")()
    window.report.copy()
    window.report.close()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    return {
        file.replace("!", "/").rsplit("/", 1)[-1]: (result, reason[0] if reason else "")
        for result, file, *reason in lines
    }


def test_everything_readable_is_there_and_everything_skipped_has_its_reason(qtbot, window, folder):
    drop(qtbot, window, folder)
    assert patients(window) == ["anna Test", "bert Test", "cora Test"]

    told = report(window)
    read = {name for name, (result, _) in told.items() if result == "read"}
    assert read == {"a1.dcm", "a2", "short.dcm", "IM1", "photo.png"}
    assert len(window.light_box.session.films) == 6  # IM1 is one in the ZIP and one on the CD
    why = {name: reason for name, (result, reason) in told.items() if result == "skipped"}
    assert set(why) == {
        "cut.dcm",
        "readme.txt",
        "evil.dcm",
        "DICOMDIR",
        "autorun.exe",
        "empty.dcm",
        "notes.txt",
    }
    assert all(why.values())
    for name, words in (
        ("cut.dcm", "without a picture"),
        ("evil.dcm", "points out of the ZIP"),
        ("empty.dcm", "empty"),
        ("DICOMDIR", "DICOMDIR"),
        ("notes.txt", "neither DICOM nor"),
    ):
        assert words in why[name], (name, why[name])
    files = sum(path.is_file() for path in folder.rglob("*"))
    assert (
        len(window.light_box.session.films) + len(why) == files - 1 + 3
    )  # the ZIP counts by its three members


def test_a_truncated_film_is_shown_as_far_as_it_goes_and_says_so(qtbot, window, folder):
    drop(qtbot, window, folder / "anna" / "short.dcm")
    (slot,) = window.films.slots
    notices = window.films.loaded[slot.film.key].pixels.notices
    assert any("rows" in notice for notice in notices)


def test_the_cd_in_it_opens_by_its_directory_and_tells_what_is_lost(qtbot, window, folder):
    drop(qtbot, window, folder / "cd")
    assert patients(window) == ["cora Test"]
    told = report(window)
    assert told["LOST"] == ("skipped", "The DICOMDIR lists this file, but it is not there.")


def test_one_id_with_two_names_is_split_and_both_are_flagged(qtbot, window, tmp_path):
    film(tmp_path / "drop" / "1.dcm", "anna")
    film(tmp_path / "drop" / "2.dcm", "berta", patient_id="ANNA", seed=1)
    film(
        tmp_path / "drop" / "3.dcm",
        "carl",
        patient_id="ANNA",
        patient_name="anna^Test",
        seed=2,
        patient_sex="M",
    )
    drop(qtbot, window, tmp_path / "drop")
    assert patients(window) == ["anna Test", "anna Test", "berta Test"]
    flags = [row.warning for row in window.studies.model.rows if row.kind == "patient"]
    assert all("the same ID is used with another" in flag for flag in flags)
    assert len(window.films.slots) == 1  # nobody is anybody's prior


def test_the_same_picture_sent_twice_is_one_film_and_told_in_the_report(qtbot, window, tmp_path):
    film(tmp_path / "drop" / "a.dcm", "anna")
    again = film(tmp_path / "drop" / "b.dcm", "anna", transfer_syntax=RLELossless)
    again = write_film(
        again,
        sop_uid=uid("a.dcm"),
        study_uid=uid("study", "anna"),
        series_uid=uid("series", "anna"),
        patient_id="ANNA",
        patient_name="anna^Test",
        patient_birth_date="19500101",
        transfer_syntax=RLELossless,
    )
    (tmp_path / "drop" / "copy.dcm").write_bytes((tmp_path / "drop" / "a.dcm").read_bytes())
    drop(qtbot, window, tmp_path / "drop")
    assert [f.source.path.name for f in window.light_box.session.films] == ["a.dcm"]
    told = report(window)
    assert told["b.dcm"][0] == told["copy.dcm"][0] == "duplicate"
    assert "a.dcm" in told["b.dcm"][1]
    assert "a.dcm" in told["copy.dcm"][1]
    assert not any(row.warning for row in window.studies.model.rows)
    assert window.films.slots[0].film.header.notices == ()


def test_two_pictures_under_one_uid_are_both_kept_and_flagged_on_the_film(qtbot, window, tmp_path):
    film(tmp_path / "drop" / "a.dcm", "anna")
    write_film(
        tmp_path / "drop" / "b.dcm",
        sop_uid=uid("a.dcm"),
        study_uid=uid("study", "anna"),
        series_uid=uid("series", "anna"),
        patient_id="ANNA",
        patient_name="anna^Test",
        patient_birth_date="19500101",
        seed=9,
    )
    drop(qtbot, window, tmp_path / "drop")
    assert [f.source.path.name for f in window.light_box.session.films] == ["a.dcm", "b.dcm"]
    (flag,) = [row.warning for row in window.studies.model.rows if row.kind == "patient"]
    assert "both are shown" in flag
    assert any("b.dcm has it too" in notice for notice in window.films.slots[0].film.header.notices)


def test_a_file_that_was_written_anew_holds_one_film_not_two(qtbot, window, tmp_path):
    path = film(tmp_path / "drop" / "a.dcm", "anna")
    drop(qtbot, window, tmp_path / "drop")
    before = window.films.loaded[window.films.slots[0].film.key].pixels.stored
    film(path, "anna", seed=7)
    drop(qtbot, window, tmp_path / "drop")
    (slot,) = window.films.slots
    assert len(window.light_box.session.films) == 1
    assert (window.films.loaded[slot.film.key].pixels.stored != before).any()
    assert slot.film.header.notices == ()
    assert not any(row.warning for row in window.studies.model.rows)
