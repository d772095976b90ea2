"""Files made to break a viewer, dropped into the real window with the real decode worker.

Each one opens or names its reason, and the window goes on answering: see `tests.gui_watchdog`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.factories import write_film
from tests.factories.hostile_film import HOSTILE, write_hostile_films
from tests.gui_watchdog import GuiWatchdog
from viewer.core.reader import FilmReader
from viewer.ui.main_window import MainWindow

WAIT_MS = 60_000
LONGEST_STALL_MS = 100
LONGEST_BLOCK_MS = 1000
DATA = Path(os.environ.get("SIDELIGHT_DATA_DIR", "/nowhere")) / "dicom"


@pytest.fixture(scope="module")
def worker() -> Iterator[FilmReader]:
    with FilmReader(workers=2) as reader:
        yield reader


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> dict[str, Path]:
    return write_hostile_films(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def window(qtbot, worker) -> Iterator[MainWindow]:
    made = MainWindow(worker)
    qtbot.addWidget(made)
    made.resize(1400, 900)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def is_settled(window: MainWindow) -> bool:
    films = window.films
    return (
        not window.light_box.session.is_scanning
        and all(slot.film.key in films.loaded or slot.film.key in films.failures for slot in films.slots)
        and all(v.is_resting for v in films.viewports if v.isVisible() and v.picture is not None)
    )


def drop(qtbot, window: MainWindow, paths: Sequence[Path]) -> None:
    window.open(paths)
    qtbot.waitUntil(lambda: is_settled(window), timeout=WAIT_MS)


def check_answering(watchdog: GuiWatchdog) -> None:
    assert watchdog.worst.own_ms < LONGEST_STALL_MS, watchdog.report()
    assert watchdog.longest_block.blocked_ms < LONGEST_BLOCK_MS, watchdog.report()


def check_every_file_is_accounted_for(window: MainWindow, paths: Sequence[Path]) -> None:
    session = window.light_box.session
    opened = {film.source.path for film in session.newest_drop}  # films that were open before included
    reasons = {item.source.path: item.reason for item in (*session.skipped, *session.duplicates)}
    for path in paths:
        assert path in opened or reasons.get(path, "").strip(), f"nothing is said about {path.name}"
    assert all(text.strip() for text in window.films.failures.values())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_opens_or_names_its_reason(qtbot, window, hostile, name):
    with GuiWatchdog() as watchdog:
        drop(qtbot, window, [hostile[name]])
    check_every_file_is_accounted_for(window, [hostile[name]])
    check_answering(watchdog)


def test_all_hostile_files_at_once_leave_a_good_film_on_screen(qtbot, window, hostile, tmp_path):
    folder = next(iter(hostile.values())).parent
    good = write_film(tmp_path / "good.dcm", patient_id="GOOD", sop_uid="1.2.3.99")
    with GuiWatchdog() as watchdog:
        drop(qtbot, window, [folder, good])
    check_every_file_is_accounted_for(window, [*hostile.values(), good])
    check_answering(watchdog)
    (film,) = [film for film in window.light_box.session.films if film.source.path == good]
    window.light_box.choose_film(film.key)
    qtbot.waitUntil(lambda: film.key in window.films.loaded, timeout=WAIT_MS)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("12 bits", {"bits": 12, "window": (2000, 3000)}),
        ("a stored curve", {"bits": 16, "voi_lut": [int((n / 65535) ** 0.5 * 65535) for n in range(65536)]}),
        ("32 bits", {"bits": 32, "bits_allocated": 32}),
        ("colour of 16 bits", {"bits": 16, "photometric": "RGB"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_film_of_nine_megapixels_is_drawn_smooth_without_a_stall(qtbot, window, tmp_path, kind, changes):
    y, x = np.mgrid[0:3000, 0:3000]
    stored = (x + 3 * y) % (4096 if kind == "12 bits" else 60_000)
    if changes.get("photometric") == "RGB":
        stored = np.repeat(stored[..., None], 3, axis=2)
    path = write_film(tmp_path / "large.dcm", stored=stored, **changes)
    del y, x, stored
    with GuiWatchdog() as watchdog:
        drop(qtbot, window, [path])
        for wish in ("invert", "rotate_right", "one_to_one", "reset_view"):
            window.actions_by_id[wish].trigger()
            qtbot.waitUntil(lambda: is_settled(window), timeout=WAIT_MS)
    assert window.films.failures == {}
    check_answering(watchdog)


@pytest.mark.skipif(not DATA.is_dir(), reason="SIDELIGHT_DATA_DIR is not set")
@pytest.mark.slow
def test_every_file_of_the_data_folder_opens_or_names_its_reason_one_by_one_and_all_at_once(qtbot, window):
    paths = sorted(path for path in DATA.rglob("*") if path.is_file() and path.name != "manifest.csv")
    with GuiWatchdog() as watchdog:
        for path in paths:
            drop(qtbot, window, [path])
            check_every_file_is_accounted_for(window, [path])
    check_answering(watchdog)
    with GuiWatchdog() as watchdog:
        drop(qtbot, window, [DATA])
    check_answering(watchdog)


def test_the_watchdog_sees_a_window_that_computes_too_long(qtbot):
    def compute() -> None:
        end = time.thread_time() + 0.15
        while time.thread_time() < end:
            pass

    with GuiWatchdog() as watchdog:
        QTimer.singleShot(0, compute)
        qtbot.wait(250)
    assert watchdog.worst.own_ms >= 150


def test_the_watchdog_does_not_blame_a_window_that_only_waits_for_events(qtbot):
    with GuiWatchdog() as watchdog:
        qtbot.wait(200)
    assert watchdog.worst.own_ms < 100
    assert QApplication.instance() is not None
