"""`sidelight demo`: a synthetic patient, and the viewer reading it by itself; without a display, a reading in files.

Exit codes: those of the viewer, or of `sidelight read`: 0 read, 2 nothing could be read or written.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import platformdirs

from inference.backend import DRAFT_MARK
from plugin.settings import ALLOW_SYNTHETIC, AUTO_READ, MODE

CANNOT_WRITE = 2
SYNTHETIC_PATIENT = "The demo patient is computed, not a patient. Research use only. Not a medical device."


def main(argv: Sequence[str] | None = None) -> int:
    """Write the demo patient, then show it or read it; returns the exit code."""
    options = _parser().parse_args(argv)
    folder: Path = options.out or demo_folder(os.environ)
    try:
        patient = _write_patient(folder / "patient")
    except OSError as error:
        _say(
            f"The demo patient could not be written: {error.strerror or error} ({error.filename or folder})."
        )
        _say("Name another folder: sidelight demo --out DIR")
        return CANNOT_WRITE
    with permissions():
        if options.headless or not has_display(os.environ, sys.platform):
            return _read(patient, folder / "reading")
        from viewer.cli import main as open_viewer

        return open_viewer([str(patient)])


def demo_folder(environment: Mapping[str, str]) -> Path:
    """Where the demo lies unless told otherwise: `SIDELIGHT_HOME`, or this user's own data folder."""
    home = environment.get("SIDELIGHT_HOME")
    return (Path(home) if home else platformdirs.user_data_path("sidelight", appauthor=False)) / "demo"


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """False on a Linux or BSD machine that has no screen to open a window on."""
    if platform in {"win32", "darwin"} or environment.get("QT_QPA_PLATFORM"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def permissions() -> Iterator[None]:
    """The panel reads by itself and shows it at once, and synthetic films pass: for this process and its children."""
    wanted = {AUTO_READ: "1", ALLOW_SYNTHETIC: "1", MODE: "concurrent"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _write_patient(folder: Path) -> Path:
    from inference.demo_patient import write_demo_patient

    _say(f"Computing the demo patient: {folder}")
    return write_demo_patient(folder)


def _read(patient: Path, results: Path) -> int:
    from inference.read.command import main as read

    _say("No display is used: reading into files.")
    code = read([str(patient / "current"), "--prior", str(patient / "prior"), "--out", str(results)])
    if code == 0:
        _say(f"{DRAFT_MARK}. {SYNTHETIC_PATIENT}")
        _say("\n".join(f"  {path.name}" for path in sorted(results.iterdir()) if path.is_file()))
        print(results)  # noqa: T201 - the one line on stdout: scripts go on with it
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sidelight demo",
        description="Reads a computed patient, on screen or into files.",
        epilog=SYNTHETIC_PATIENT,
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where patient and results go; made if needed"
    )
    parser.add_argument(
        "--headless", action="store_true", help="read into files, also where there is a display"
    )
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
