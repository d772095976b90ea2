"""The whole way with real files and the real decode worker: folder, ZIP, junk, damaged film."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.factories import chest_film_dataset, write_dataset, write_film, write_picture, write_zip
from viewer.core.reader import FilmReader
from viewer.ui.captions import corners
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
        lambda: all(
            slot.film.key in window.films.loaded or slot.film.key in window.films.failures
            for slot in window.films.slots
        ),
        timeout=WAIT_MS,
    )


def test_a_folder_with_films_junk_and_a_damaged_film_is_opened_and_explained(qtbot, window, tmp_path):
    write_film(tmp_path / "old.dcm", study_date="20230101")
    write_film(tmp_path / "deep" / "new", study_date="20230301", photometric="MONOCHROME1", seed=1)
    (tmp_path / "notes.txt").write_text("not a film")
    (tmp_path / "empty.dcm").touch()
    drop(qtbot, window, tmp_path)

    assert [slot.film.source.path.name for slot in window.films.slots] == ["old.dcm", "new"]
    assert window.films.slots[0].days_before == 59
    skipped = {item.source.path.name: item.reason for item in window.light_box.session.skipped}
    assert set(skipped) == {"notes.txt", "empty.dcm"}
    assert all(skipped.values())
    assert window.films.failures == {}


def test_a_zip_is_opened_like_a_folder(qtbot, window, tmp_path):
    film = write_film(tmp_path / "film.dcm")
    drop(qtbot, window, write_zip(tmp_path / "study.zip", {"a/b/film.dcm": film, "readme.md": b"hello"}))
    (slot,) = window.films.slots
    assert slot.film.source.member == "a/b/film.dcm"
    assert [item.source.member for item in window.light_box.session.skipped] == ["readme.md"]


def test_a_png_film_is_shown_as_unverified(qtbot, window, tmp_path):
    drop(qtbot, window, write_picture(tmp_path / "film.png"))
    (slot,) = window.films.slots
    assert not slot.film.header.is_verified
    assert window.films.failures == {}


def test_a_film_stored_as_seen_from_behind_is_turned_and_says_so(qtbot, window, tmp_path):
    drop(qtbot, window, write_film(tmp_path / "film.dcm", patient_orientation=("R", "F")))
    (slot,) = window.films.slots
    loaded = window.films.loaded[slot.film.key]
    assert loaded.first_view.posture.is_mirrored
    words = corners(slot, loaded.first_view, 1.0).bottom_left
    assert any("because Patient Orientation says" in line for line in words)


def test_pixels_that_can_not_be_decoded_are_explained_in_the_viewport(qtbot, window, tmp_path):
    dataset = chest_film_dataset(transfer_syntax="1.2.840.10008.1.2.4.80")
    encoded = bytearray(dataset.PixelData)
    encoded[40:-20] = bytes(len(encoded) - 60)
    dataset.PixelData = bytes(encoded)
    drop(qtbot, window, write_dataset(tmp_path / "broken.dcm", dataset))
    said = [*window.films.failures.values(), *(item.reason for item in window.light_box.session.skipped)]
    assert len(said) == 1
    assert window.films.failures == {} or "broken.dcm" in said[0]


def test_what_is_read_from_the_file_is_what_was_written(qtbot, window, tmp_path):
    stored = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
    drop(qtbot, window, write_film(tmp_path / "ramp.dcm", stored=stored))
    (slot,) = window.films.slots
    assert (window.pixel_store.read(slot.film).stored == stored).all()


def test_the_program_starts_shows_a_film_and_ends(tmp_path):
    """`sidelight --no-plugins FOLDER` as its user starts it, closed by a timer of this test."""
    write_film(tmp_path / "film.dcm")
    program = f"""
import sys, threading
from viewer.app import run
import viewer.app as app
from viewer import cli, loopback
class Watched(app.MainWindow):
    def __init__(self, reader):
        super().__init__(reader)
        self.films.film_shown.connect(lambda key: (print("shown", flush=True), self.close()))
app.MainWindow = Watched
code = cli.main(["--no-plugins", {str(tmp_path)!r}])
heavy = ("torch", "transformers", "imagecodecs", "openjpeg", "jpeg_ls", "rle", "PIL")
print("heavy", [name for name in heavy if name in sys.modules])
print("threads", threading.active_count(), "refused", loopback.refused())
sys.exit(code)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        env=dict(os.environ, QT_QPA_PLATFORM="offscreen"),
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["shown", "heavy []", "threads 1 refused ()"]
