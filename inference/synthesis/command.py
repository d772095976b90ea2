"""`sidelight synthesize`: synthetic films of a description, as PNG and DICOM files that say what they are.

Exit codes: 0 every film looks like one, 2 nothing was drawn, 3 some look like no film (they are written, and it is
said), 130 and 143 stopped by Ctrl-C or SIGTERM; films that were ready by then are kept. More: docs/api.md.
"""

from __future__ import annotations

import argparse
import base64
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inference.backend import RESEARCH_USE, CancelToken, DrawFilm, FilmDrawn, Flag, Preview, Progress
from inference.errors import InferenceError, InvalidRequest
from inference.read.stopping import Stopped, Stopping
from inference.synthesis.asked import checked
from inference.synthesis.wish import GUIDANCE, MOST_FILMS, MOST_STEPS, STEPS, VIEWS
from viewer import loopback

if TYPE_CHECKING:
    from inference.synthesis.studio import Studio

DRAWN, NOTHING_DRAWN, SOME_FAILED = 0, 2, 3
WHAT_IT_IS = "SYNTHETIC – NOT A PATIENT IMAGE"
INSTALLATION = "sidelight-synthesize"
EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970: the moment that the DICOM files name, for whoever needs the same bytes twice."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, checked."""

    wish: DrawFilm
    out: Path
    pack: str | None
    device: str
    has_steps: bool  # else as the pack says
    has_guidance: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Draw what the command line asks for; returns the exit code."""
    loopback.go_offline()
    loopback.install()
    options = read_options(argv)
    stopping = Stopping()
    try:
        with stopping.listening():
            return synthesize(options, stopping)
    except Stopped as stopped:
        print("Stopped. Films that were ready are kept.", file=sys.stderr)
        return stopped.exit_code
    except InferenceError as error:
        words = str(error).replace("body.", "--")
        print(f"sidelight synthesize: {words}\n{error.remedy}", file=sys.stderr)
    except OSError as error:
        print(f"sidelight synthesize: {error.strerror or error} ({error.filename})", file=sys.stderr)
    return NOTHING_DRAWN


def read_options(argv: Sequence[str] | None) -> Options:
    """Parse the command line; a wrong one ends the program with code 2, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="sidelight synthesize",
        description="Draw synthetic chest films of a description. Each is marked: the word SYNTHETIC burned in, a "
        "watermark in its pixels, and what it is in its file.",
        epilog="Exit code 0: every film looks like one; 2: nothing was drawn; 3: some look like no film; "
        f"130, 143: stopped. {WHAT_IT_IS}. {RESEARCH_USE}",
    )
    parser.add_argument("--view", choices=VIEWS, default="PA", help="default: PA")
    parser.add_argument("--text", default="", help="the description, a report's findings; default: none")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same film; default: 0")
    parser.add_argument(
        "--count",
        type=int,
        default=1,
        help=f"films with this seed, the next … (1 to {MOST_FILMS}); default: 1",
    )
    parser.add_argument(
        "--steps", type=int, help=f"of the sampler, 1 to {MOST_STEPS}; default: as the pack says"
    )
    parser.add_argument(
        "--guidance", type=float, help="how strictly the text is followed; default: as the pack says"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="made if needed; nothing is overwritten"
    )
    parser.add_argument("--pack", metavar="ID", help="synthesis pack; default: the one that is installed")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    given = parser.parse_args(None if argv is None else list(argv))
    wish = DrawFilm(
        given.text,
        given.view,
        given.seed,
        given.count,
        STEPS if given.steps is None else given.steps,
        GUIDANCE if given.guidance is None else given.guidance,
    )
    has = (given.steps is not None, given.guidance is not None)
    return Options(wish, given.out, given.pack, given.device, *has)


def synthesize(options: Options, stopping: Stopping) -> int:
    """Draw and write; returns the exit code.

    Raises:
        InferenceError: Nothing could be drawn; the message says why.
        OSError: A file could not be written.
    """
    checked(options.wish)
    _refuse_to_overwrite(options)
    options.out.mkdir(parents=True, exist_ok=True)
    from inference.synthesis.studio import Studio  # torch takes a second

    studio = Studio(options.pack, options.device)
    facts = studio.facts
    wish = replace(
        options.wish,
        steps=options.wish.steps if options.has_steps else facts.steps,
        guidance=options.wish.guidance if options.has_guidance else facts.guidance,
    )
    failed = _draw(wish, studio, options.out, stopping)
    print(_told_at_the_end(wish, studio, options.out, failed))
    return SOME_FAILED if failed else DRAWN


def _draw(wish: DrawFilm, studio: Studio, out: Path, stopping: Stopping) -> int:
    """Draw and write each film as it is ready; returns how many are no film."""
    from inference.synthesis.drawing import draw_films, has_failed

    teller, failed = _Teller(), 0
    for event in draw_films(wish, studio.drawer(), CancelToken()):
        match event:
            case Progress():
                teller.progress(event)
            case FilmDrawn():
                with stopping.held():
                    paths = _write(event, wish, studio, out)
                teller.clear()
                print("\n".join(_lines(event, paths)))
                failed += has_failed(event)
            case Flag(why=why):
                teller.clear()
                print(why)
                failed += 1
            case Preview():
                pass
    return failed


def film_paths(out: Path, view: str, seed: int) -> tuple[Path, Path]:
    """The PNG and the DICOM file of a film."""
    name = f"synthetic-{view}-seed{seed}"
    return out / f"{name}.png", out / f"{name}.dcm"


def _refuse_to_overwrite(options: Options) -> None:
    wish = options.wish
    for seed in range(wish.seed, wish.seed + wish.count):
        for path in film_paths(options.out, wish.view, seed):
            if path.exists():
                error = InvalidRequest(f"{path} is there already; nothing is overwritten.")
                error.remedy = "Choose another --out or --seed, or remove the file."
                raise error


def _write(film: FilmDrawn, wish: DrawFilm, studio: Studio, out: Path) -> tuple[Path, Path]:
    from inference.dicom.synthetic_film import file_bytes
    from inference.synthesis.drawing import marked_film

    made_by = studio.drawer().made_by
    marked = marked_film(film, made_by, steps=wish.steps, guidance=wish.guidance)
    png, dicom = film_paths(out, film.view, film.seed)
    content = file_bytes(marked, INSTALLATION, made_at=_moment())
    for path, written in ((png, base64.b64decode(film.png)), (dicom, content)):
        with path.open("xb") as file:
            file.write(written)
    return png, dicom


def _moment() -> datetime | None:
    told = os.environ.get(EPOCH_VARIABLE, "")
    return datetime.fromtimestamp(int(told), UTC) if told.isdecimal() else None


def _lines(film: FilmDrawn, paths: tuple[Path, Path]) -> list[str]:
    """What is said of one film. Its description is not repeated: it may be a patient's report."""
    seen = "not looked at"
    if film.seen_view:
        seen = f"seen as {film.seen_view}" + (", as asked" if film.seen_view == film.view else "")
    lines = [
        f"{paths[0]}",
        f"{paths[1]}",
        f"  {WHAT_IT_IS}: {film.view} view, seed {film.seed}, {film.pack}; {seen}",
    ]
    return lines + [f"  Doubt: {doubt}" for doubt in film.doubts]


def _told_at_the_end(wish: DrawFilm, studio: Studio, out: Path, failed: int) -> str:
    made_by = studio.drawer().made_by
    films = f"{wish.count} film{'s' * (wish.count > 1)}"
    said = [
        f"{films} in {out}, {wish.steps} steps, by {made_by.pack} ({made_by.precision} on {made_by.device}).",
        f"The same command gives the same PNG files to the byte; DICOM files name their moment ({EPOCH_VARIABLE} "
        "sets it).",
    ]
    if failed:
        said.append(f"{failed} of them {'is' if failed == 1 else 'are'} no chest film: see above.")
    return "\n".join((*said, RESEARCH_USE))


class _Teller:
    """One line on a terminal's stderr that is written over; elsewhere nothing until a film is ready."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()

    def progress(self, event: Progress) -> None:
        if self._is_terminal:
            eta = "" if event.eta_s is None else f", about {event.eta_s:.0f} s to go"
            sys.stderr.write(f"\r\x1b[KDrawing: step {event.done} of {event.total}{eta}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._is_terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
