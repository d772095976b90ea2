"""How training gives way to reading: small files that say who is at work, and on what. Without torch.

The serving process holds HOME/at-work/reading-PID.json from the first request that it takes until a moment after the
last; a training process holds training-PID.json while it has a device. A file whose process has ended, or whose number
another process has got since, says nothing.

On a graphics card training saves, leaves it and comes back once nobody has read for `QUIET_S`; on a processor it waits
between two steps, and has a lower priority anyway. Both sides must be the same user on the same machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import psutil

from viewer.core.places import data_folder

Work = Literal["reading", "training"]

QUIET_S = 20.0
"""How long nobody must have read before training takes a graphics card again: it takes about that long to come back."""
POLL_S = 0.2
LEAVE_S = 60.0
"""How long a reading waits at most for training to leave the card."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """One process, and the device that it works on, as torch names its kind: "cpu", "cuda"."""

    process: int
    started: float  # of the process, seconds since 1970: tells it from a later one of the same number
    device: str


def at_work_folder() -> Path:
    return data_folder() / "at-work"


@contextlib.contextmanager
def at_work(work: Work, device: str) -> Iterator[None]:
    """Say so to the other side for as long as the block lasts. Never fails: without the file it is just not told."""
    own = AtWork(os.getpid(), psutil.Process().create_time(), kind_of(device))
    path = at_work_folder() / f"{work}-{own.process}.json"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(asdict(own)), encoding="utf-8")
        partial.replace(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def is_at_work(work: Work, device: str) -> bool:
    """Whether another live process does that work on that device. A few microseconds where nobody does."""
    folder = at_work_folder()
    try:
        found = [_read(path) for path in folder.iterdir() if _says(path, work)]
    except OSError:
        return False
    return any(one is not None and one.device == kind_of(device) and _is_alive(one) for one in found)


def is_reading(device: str) -> bool:
    """Whether somebody reads on this device now."""
    return is_at_work("reading", device)


def wait_for_device(device: str, timeout_s: float = LEAVE_S) -> bool:
    """For the reading side, inside `at_work("reading", …)`: wait until no training holds a graphics card.

    On a processor there is nothing to wait for. False: training is still there after `timeout_s`.
    """
    return kind_of(device) == "cpu" or _wait(lambda: not is_at_work("training", device), timeout_s)


def wait_for_quiet(device: str, is_unwanted: Callable[[], bool], quiet_s: float = QUIET_S) -> bool:
    """For the training side: wait until nobody has read for `quiet_s`. False: it became unwanted meanwhile."""
    quiet_since = time.monotonic()
    while not is_unwanted():
        if is_reading(device):
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= quiet_s:
            return True
        time.sleep(POLL_S)
    return False


def be_humble() -> None:
    """Give this process a lower priority than whoever reads. Where the system does not allow it, it stays as it is."""
    with contextlib.suppress(OSError, psutil.Error):
        process = psutil.Process()
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else max(10, int(process.nice())))


def kind_of(device: str) -> str:
    """ "cuda:1" is "cuda": readings and training on two cards of one machine still give way to each other."""
    return device.partition(":")[0]


def _wait(is_done: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _says(path: Path, work: Work) -> bool:
    return path.suffix == ".json" and path.name.startswith(f"{work}-")


def _read(path: Path) -> AtWork | None:
    try:
        values = json.loads(path.read_bytes())
        return AtWork(int(values["process"]), float(values["started"]), str(values["device"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(one: AtWork) -> bool:
    if one.process == os.getpid():
        return False
    try:
        return bool(abs(psutil.Process(one.process).create_time() - one.started) < 1.0)
    except psutil.Error:
        return False
