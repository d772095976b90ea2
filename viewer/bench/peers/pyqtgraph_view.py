"""`python -m viewer.bench.peers.pyqtgraph_view CORPUS OUT [--quick]`: pyqtgraph's ImageView over pydicom's reading.

The same files, viewports and steps as ours. What is done here is what favours it: row-major pictures, levels set
directly on the image item, no histogram beside it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pydicom
import pyqtgraph as pg
from PySide6.QtCore import QEventLoop, QPointF, QTimer
from PySide6.QtGui import QPaintEvent

from viewer.bench.corpus_plan import NAMES
from viewer.bench.gui.desk import path_of_hand
from viewer.bench.gui.groups import QUICK, VIEWPORTS, Effort
from viewer.bench.statistics import Samples

WAIT_S = 60.0


class Peer:
    """One ImageView whose picture area has exactly the size that is asked for."""

    def __init__(self) -> None:
        pg.setConfigOptions(imageAxisOrder="row-major")
        self.app = pg.mkQApp()
        self._awake = QTimer(interval=20)
        self._awake.start()
        self._painted = 0.0
        self.view: Any = pg.ImageView()
        for beside in (self.view.ui.histogram, self.view.ui.roiBtn, self.view.ui.menuBtn):
            beside.hide()
        self.area: Any = self.view.ui.graphicsView
        self._follow(type(self.area))
        self.view.show()

    def _follow(self, kind: Any) -> None:
        original = kind.paintEvent

        def timed(area: Any, event: QPaintEvent) -> None:
            original(area, event)
            self._painted = perf_counter()

        kind.paintEvent = timed

    def resize(self, width: int, height: int) -> None:
        for _ in range(3):
            self.view.resize(
                self.view.width() + width - self.area.viewport().width(),
                self.view.height() + height - self.area.viewport().height(),
            )
            self.settle()
        if (self.area.viewport().width(), self.area.viewport().height()) != (width, height):
            raise RuntimeError(f"pyqtgraph would not take {width} × {height}")

    def settle(self) -> None:
        until = perf_counter() + 0.2
        while perf_counter() < until:
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def time_to_frame(self, act: Callable[[], object]) -> float:
        """Milliseconds from `act` to the end of the paintEvent after it."""
        self.settle()
        self._painted = 0.0
        began = perf_counter()
        act()
        while not self._painted:
            if perf_counter() > began + WAIT_S:
                raise TimeoutError("pyqtgraph did not paint")
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        return (self._painted - began) * 1000

    def show(self, path: Path) -> None:
        """Read as pydicom reads it, and show it with its first stored window."""
        film = pydicom.dcmread(path)
        self.view.setImage(
            film.pixel_array, autoLevels=False, levels=levels_of(film), autoHistogramRange=False
        )


def levels_of(film: Any) -> tuple[float, float]:
    """Black and white of the first stored window."""
    center, width = float(film.WindowCenter), float(film.WindowWidth)
    return center - width / 2, center + width / 2


def opening(peer: Peer, corpus: Path) -> Iterator[Samples]:
    """File to painted picture. The first film of each kind only loads the decoder."""
    for name, title in NAMES.items():
        films = sorted((corpus / "large" / name).iterdir())
        try:
            times = [peer.time_to_frame(partial(peer.show, film)) for film in films]
        except (RuntimeError, AttributeError, ValueError) as error:  # pydicom found no decoder for it
            print(f"pydicom with its usual handlers can't read {title}: {error}"[:200], file=sys.stderr)  # noqa: T201
            continue
        yield Samples(f"open/{name}", f"Open a film, {title}", "ms", tuple(times[1:]))


def dragging(peer: Peer, corpus: Path, effort: Effort) -> Iterator[Samples]:
    """Levels changed to frame painted, with and without its own downsampling; the better one is what counts."""
    film = corpus / "drag" / "monochrome2.dcm"
    low, high = levels_of(pydicom.dcmread(film, stop_before_pixels=True))
    for size, (width, height) in VIEWPORTS.items():
        peer.resize(width, height)
        peer.show(film)
        ways = []
        for is_downsampled in (False, True):
            peer.view.imageItem.setAutoDownsample(is_downsampled)
            times = []
            for at in path_of_hand(QPointF(), max(2, effort.drag_steps // 4)):
                levels = (low + 40 * at.y(), high + 40 * at.y() + 40 * at.x())
                times.append(peer.time_to_frame(partial(peer.view.imageItem.setLevels, levels)))
            note = f"autoDownsample={is_downsampled}, the quicker of both"
            ways.append(Samples(f"drag/{size}", "Window/level drag frame", "ms", tuple(times), note))
        yield min(ways, key=lambda way: median(way.values))


def main(words: list[str]) -> int:
    """Measure and write the samples to OUT."""
    corpus, out = Path(words[0]), Path(words[1])
    effort = QUICK if "--quick" in words else Effort()
    peer = Peer()
    found = [*opening(peer, corpus), *dragging(peer, corpus, effort)]
    told = {"peer": f"pyqtgraph {pg.__version__} ImageView", "samples": [one.as_json() for one in found]}
    out.write_text(json.dumps(told), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
