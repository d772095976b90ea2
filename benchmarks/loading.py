"""How long until the first film is on screen, until all are listed, and for how long the window stands still.

    python benchmarks/loading.py 1000 10000

Makes a folder of small films for each number, drops it on a real window (offscreen) with real decode workers and
prints one JSON line: budgets in docs are 0.5 s to the first film, 2 s for 1,000 and 15 s for 10,000 files, and no
stall above 100 ms.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.factories import chest_film_dataset, uid
from viewer.app import READERS, make_application
from viewer.core.places import HOME_VARIABLE
from viewer.core.reader import FilmReader
from viewer.ui.main_window import MainWindow

TICK_MS = 2


def write_folder(root: Path, number: int) -> Path:
    """Films of 64 x 64 pixels, four to a study, two studies to a patient."""
    dataset = chest_film_dataset(rows=64, columns=64)
    for place in range(number):
        study = place // 4
        dataset.PatientID = f"P{study // 2:05d}"
        dataset.PatientName = f"Phantom^P{study // 2:05d}"
        dataset.StudyInstanceUID = uid("study", study)
        dataset.SeriesInstanceUID = uid("series", study, place % 2)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid("film", place)
        dataset.StudyDate = f"2024{1 + study % 12:02d}{1 + study % 28:02d}"
        path = root / f"{study:05d}" / f"IM{place:05d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
    return root


def measure(app: QApplication, folder: Path) -> dict[str, float]:
    """Drop `folder` on a new window and watch."""
    with FilmReader(workers=READERS) as reader:
        window = MainWindow(reader)
        window.show()
        _run(app, 1.5)  # the workers get ready while nobody waits, as after a start
        ticks = Ticks()
        shown: list[float] = []
        window.films.film_shown.connect(lambda _key: shown.append(time.perf_counter()))
        began = time.perf_counter()
        window.open([folder])
        while window.light_box.session.is_scanning or window.background.running:
            app.processEvents()
            time.sleep(0.0005)
        ended = time.perf_counter()
        _run(app, 0.3)
        result = {
            "films": len(window.light_box.session.films),
            "first_film_s": round(shown[0] - began, 3),
            "all_listed_s": round(ended - began, 2),
            "longest_stall_ms": round(ticks.longest() * 1000),
        }
        ticks.timer.stop()
        window.close()
    return result


class Ticks:
    """A timer that should ring every few milliseconds: what lies between two rings is a stall."""

    def __init__(self) -> None:
        self.times: list[float] = [time.perf_counter()]
        self.timer = QTimer(interval=TICK_MS)
        self.timer.timeout.connect(lambda: self.times.append(time.perf_counter()))
        self.timer.start()

    def longest(self) -> float:
        return max(after - before for before, after in zip(self.times, self.times[1:], strict=False))


def _run(app: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.001)


def main(numbers: list[int]) -> None:
    app = make_application()
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        for number in numbers:
            folder = write_folder(Path(home) / f"films{number}", number)
            for run in ("first", "again"):
                told = {
                    "machine": platform.processor() or platform.machine(),
                    "cores": os.cpu_count(),
                    "run": run,
                }
                print(json.dumps(told | measure(app, folder)))


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]] or [1000, 10_000])
