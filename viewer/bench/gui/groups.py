"""The groups of cases. Each gets a process of its own, so that none inherits what another left in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from PySide6.QtCore import Qt

from viewer.bench.corpus_plan import NAMES
from viewer.bench.gui.desk import Desk
from viewer.bench.gui.stalls import StallWatch
from viewer.bench.machine import memory_mib
from viewer.bench.statistics import Samples

VIEWPORTS = {"1200": (1200, 1200), "4k": (3840, 2160)}


@dataclass(frozen=True, slots=True)
class Effort:
    """How often things are done."""

    drag_steps: int = 200
    repeats: int = 5
    switches: int = 30


QUICK = Effort(drag_steps=4, repeats=1, switches=2)


def first_film_and_index(corpus: Path, effort: Effort) -> Iterator[Samples]:
    """Folders of many small films: the first on screen, the whole list, and how the window fared meanwhile."""
    one = next((corpus / "large" / "uncompressed").iterdir())
    first: list[float] = []
    for _ in range(effort.repeats):
        with Desk() as desk:
            first.append(desk.open(one))
    yield Samples("first/1", "First film on screen after dropping one file", "ms", tuple(first))
    for folder in sorted((corpus / "small").iterdir(), key=lambda folder: int(folder.name)):
        yield from _folder(folder, effort)


def _folder(folder: Path, effort: Effort) -> Iterator[Samples]:
    count = int(folder.name)
    first, whole, stalls, again = [], [], [], []
    for _ in range(max(1, min(effort.repeats, max(3, 5000 // count)))):
        with Desk() as desk:
            watch = StallWatch()
            watch.start()
            began = perf_counter()
            first.append(desk.open(folder))
            desk.finish_scan()
            whole.append((perf_counter() - began) * 1000)
            stalls.append(watch.stop())
            if len(desk.films) != count:
                raise RuntimeError(f"{len(desk.films)} of {count} films were found")
        with Desk(desk.home) as desk:
            began = perf_counter()
            desk.open(folder)
            desk.finish_scan()
            again.append((perf_counter() - began) * 1000)
    files = f"a folder of {count:,} files"
    yield Samples(f"first/{count}", f"First film on screen after dropping {files}", "ms", tuple(first))
    yield Samples(f"index/{count}", f"Index of {files}", "ms", tuple(whole))
    yield Samples(
        f"index/{count} stall", f"Longest GUI stall during that index ({count:,})", "ms", tuple(stalls)
    )
    yield Samples(f"index/{count} again", f"The same {count:,} files dropped again", "ms", tuple(again))


def opening(corpus: Path, effort: Effort) -> Iterator[Samples]:
    """Full-size films of each transfer syntax, each file dropped for the first time; decoders are warm."""
    del effort  # there are as many films as were written
    for name, title in NAMES.items():
        films = sorted((corpus / "large" / name).iterdir())
        times = []
        with Desk() as desk:
            for number, film in enumerate(films):
                took = desk.open(film)
                desk.finish_scan()
                desk.wait(lambda: desk.viewport.is_resting)
                if number:  # the first one also loads the decoder
                    times.append(took)
        yield Samples(
            f"open/{name}", f"Open a film, {title}: file dropped to picture on screen", "ms", tuple(times)
        )


def dragging(corpus: Path, effort: Effort) -> Iterator[Samples]:
    """Window and level, pan and zoom on a 16-bit film, from the mouse event to the end of paintEvent."""
    with Desk() as desk:
        for size, (width, height) in VIEWPORTS.items():
            yield from _one_size(desk, corpus / "drag", effort, size, width, height)


def _one_size(
    desk: Desk, films: Path, effort: Effort, size: str, width: int, height: int
) -> Iterator[Samples]:
    at = f"{width}×{height} viewport"
    left, middle, right = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton

    def frames(case: str, title: str, button: Qt.MouseButton) -> Samples:
        return Samples(f"{case}", f"{title}, {at}", "ms", tuple(desk.drag(button, effort.drag_steps)))

    for name, suffix in (("monochrome1", " monochrome1"), ("lut", " lut"), ("monochrome2", "")):
        _hang(desk, films / f"{name}.dcm", width, height)
        yield frames(f"drag/{size}{suffix}", f"Window/level drag frame, {name}", left)
    with busy_cores():
        yield frames(f"drag/{size} busy", "Window/level drag frame while all cores are busy", left)
    yield Samples(f"rest/{size}", f"Smooth picture at rest, {at}", "ms", _rests(desk, effort))
    yield frames(f"zoom/{size}", "Zoom drag frame", right)
    desk.window.films.zoom_to(1.3)
    desk.wait(lambda: desk.viewport.is_resting)
    yield frames(f"drag/{size} filled", "Window/level drag frame, film fills the viewport", left)
    yield frames(f"pan/{size}", "Pan frame, film fills the viewport", middle)
    desk.window.films.zoom_to(None)


def _hang(desk: Desk, film: Path, width: int, height: int) -> None:
    desk.open(film)
    desk.finish_scan()
    desk.window.wish("one_viewport")()
    shown = next(known for known in desk.films if known.source.path == film)
    desk.show_alone(shown)
    desk.resize_viewport(width, height)


def _rests(desk: Desk, effort: Effort) -> tuple[float, ...]:
    return tuple(desk.time_to_rest() for _ in range(max(2, effort.drag_steps // 20)))


@contextmanager
def busy_cores() -> Iterator[None]:
    """As many processes as cores that do nothing but count: a model that reads a film beside the window."""
    import os

    work = "import os; os.nice(10)\nwhile True: sum(range(10000))"
    running = [subprocess.Popen([sys.executable, "-c", work]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def switching_and_memory(corpus: Path, effort: Effort) -> Iterator[Samples]:
    """Two patients with two full-size films each: to and fro between their studies, and what it takes to hold them."""
    with Desk() as desk:
        yield Samples("memory/idle", "Resident memory, empty window", "MiB", (memory_mib()["rss"],))
        desk.open(corpus / "four")
        desk.finish_scan()
        desk.window.wish("two_viewports")()
        keys = [film.key for film in desk.films]
        for key in keys:
            desk.choose(key)
        desk.settle()
        yield from _memory(desk, "memory/4 films", "empty window + 4 films of 3,000²")
        times = []
        for turn in range(effort.switches):
            key = keys[(turn % 2) * 2]
            times.append(desk.choose(key))
            desk.settle(0.15)
        yield Samples("switch/cached", "Study switch, films in memory", "ms", tuple(times))


def _memory(desk: Desk, case: str, title: str) -> Iterator[Samples]:
    workers = [process.pid for process in desk.reader._processes if process.pid]
    shares = [memory_mib(pid)["pss"] for pid in workers]
    own = memory_mib()
    yield Samples(case, f"Resident memory, {title}", "MiB", (own["rss"],))
    whole = own["pss"] + sum(shares)
    yield Samples(f"{case} whole", f"Memory with decode workers (PSS), {title}", "MiB", (whole,))


def sequence(corpus: Path, effort: Effort) -> Iterator[Samples]:
    """Many films one after the other and back again: none black, none slow, memory under the cap."""
    del effort
    with Desk() as desk:
        desk.open(corpus / "sequence")
        desk.finish_scan()
        desk.window.wish("one_viewport")()
        keys = [film.key for film in desk.films]
        times, black, most = [], 0, 0.0
        for key in (*keys, *reversed(keys)):
            if key == desk.window.active_film_key():
                continue
            times.append(desk.choose(key))
            black += is_black(desk)
            most = max(most, memory_mib()["rss"])
        told = f"{len(keys)} films in sequence and back"
        yield Samples("sequence/open", f"Each of {told}: on screen", "ms", tuple(times))
        yield Samples("sequence/black", f"Black pictures, {told}", "films", (float(black),))
        yield Samples("sequence/memory", f"Most resident memory, {told}", "MiB", (most,))


def is_black(desk: Desk) -> bool:
    """True if the middle of the viewport shows nothing but black."""
    picture = desk.viewport.grab().toImage().scaled(24, 24)
    return not any(picture.pixelColor(x, y).lightness() > 20 for x in range(8, 16) for y in range(8, 16))


Group = Callable[[Path, Effort], Iterator[Samples]]
GROUPS: dict[str, Group] = {
    "opening": opening,
    "dragging": dragging,
    "switching": switching_and_memory,
    "first": first_film_and_index,
    "sequence": sequence,
}
