"""`sidelight read`: films to findings.json, report.txt and overlay pictures, without a window.

Exit codes: 0 at least one film was read, 2 none could be, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.backend import DRAFT_MARK, RESEARCH_USE, PackInfo
from inference.client import film_input
from inference.errors import InferenceError
from inference.film_picture import model_picture
from inference.read.carry_out import Bench
from inference.read.draft import StudyDraft
from inference.read.findings_file import Skip, findings_json
from inference.read.intake import films_in
from inference.read.order import Order, name_of, orders, repeated
from inference.read.overlay import overlay
from inference.read.report_text import report_text
from inference.supervisor import BackendProcess
from viewer import loopback
from viewer.core.reader import FilmReader
from viewer.core.study import Film

READ, NOTHING_READ, STOPPED = 0, 2, 130

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, checked."""

    paths: tuple[Path, ...]
    out: Path
    prior: Path | None
    prior_report: str
    pack: str | None
    device: str
    is_quiet: bool


def main(argv: list[str] | None = None) -> int:
    """Read what the command line names; returns the exit code."""
    loopback.go_offline()
    loopback.install()
    options = read_options(argv)
    tell = (lambda _: None) if options.is_quiet else _say
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        return read(options, tell)
    except KeyboardInterrupt:
        _say("Stopped.")
        return STOPPED
    except InferenceError as error:
        _say(f"Nothing was read: {error} {error.remedy}".rstrip())
        return NOTHING_READ
    except OSError as error:
        _say(f"Nothing was written: {error.strerror or error} ({error.filename or options.out}).")
        return NOTHING_READ


def read_options(argv: list[str] | None) -> Options:
    """Parse the command line; a wrong one ends the program with code 2, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="sidelight read",
        description="Read chest radiographs: findings.json, report.txt and one picture with boxes per film.",
        epilog=f"Exit code 0: at least one film was read; 2: none. {DRAFT_MARK}. {RESEARCH_USE}",
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="DICOM, PNG or JPEG file, folder or ZIP"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the results; made if needed"
    )
    parser.add_argument("--prior", type=Path, metavar="PATH", help="earlier study to compare with")
    parser.add_argument("--prior-report", type=Path, metavar="FILE", help="text file: findings of the prior")
    parser.add_argument("--pack", metavar="ID", help="model pack; default: starter")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--quiet", action="store_true", help="no progress, only what could not be read")
    given = parser.parse_args(argv)
    return Options(
        tuple(given.paths),
        given.out,
        given.prior,
        _text_of(given.prior_report, parser),
        given.pack,
        given.device,
        given.quiet,
    )


def read(options: Options, tell: Tell) -> int:
    """Scan, read and write; returns the exit code."""
    with FilmReader() as films:
        found, skipped = films_in(options.paths, films, _say)
        priors, bad_priors = films_in([options.prior] if options.prior else [], films, _say)
        if options.prior and not priors:
            _say(f"{options.prior}: holds no film; reading without a prior.")
        twice = [
            Skip(one.source, f"not read: the same file as {other.source}") for one, other in repeated(found)
        ]
        skipped = (*skipped, *twice)
        made = orders(found, priors, options.prior_report)
        if not made:
            _say("Nothing was read: no film was found.")
            _write_empty(options, skipped)
            return NOTHING_READ
        tell(f"{len(found)} films in {len(made)} studies.")
        backend = BackendProcess(options.pack, options.device)
        try:
            return _read_all(options, made, (*skipped, *bad_priors), films, backend, tell)
        finally:
            backend.stop()


def _read_all(
    options: Options,
    made: Sequence[Order],
    skipped: tuple[Skip, ...],
    films: FilmReader,
    backend: BackendProcess,
    tell: Tell,
) -> int:
    bench = Bench(films, backend, tell)
    pack = bench.pack()
    drafts: list[StudyDraft] = []
    skips = list(skipped)
    names = _Names(options.out)
    for number, order in enumerate(made, start=1):
        tell(f"Reading study {number} of {len(made)}: {order.names}")
        for warning in order.warnings:
            _say(f"  Warning: {warning}")
        draft, undecoded = bench.read(order)
        drafts.append(draft)
        skips += [*undecoded, *_refused(draft)]
        _write_overlays(draft, pack, films, names)
    _write(options.out, drafts, skips, pack)
    count = sum(len(draft.films_read()) for draft in drafts)
    tell(f"{count} films read, {len(skips)} not. Results are in {options.out}. {DRAFT_MARK}.")
    return READ if count else NOTHING_READ


def _refused(draft: StudyDraft) -> Iterator[Skip]:
    """Films that were decoded but not read."""
    read = draft.films_read()
    for film in draft.order.films:
        if film.key in draft.images and film not in read:
            skip = Skip(film.source, f"not read: {draft.reason_of(film) or 'the reading did not finish'}")
            _say(f"{skip.source}: {skip.reason}")
            yield skip


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _write(out: Path, drafts: Sequence[StudyDraft], skips: Sequence[Skip], pack: PackInfo) -> None:
    told = json.dumps(findings_json(drafts, skips, pack), indent=2, ensure_ascii=False)
    _replace(out / "findings.json", told + "\n")
    _replace(out / "report.txt", report_text(drafts, skips, pack))


def _write_empty(options: Options, skipped: Sequence[Skip]) -> None:
    """Say in the files too that nothing was read. No model was loaded, so none is named."""
    nobody = PackInfo(options.pack or "", "", "", "none was loaded", "none", False, "")
    _write(options.out, [], skipped, nobody)


def _write_overlays(draft: StudyDraft, pack: PackInfo, films: FilmReader, names: _Names) -> None:
    for film in draft.films_read():
        findings = [(one, [box.xyxy for box in draft.boxes_of(one)]) for one in draft.findings_of(film)]
        picture = model_picture(film_input(film, films.pixels(film)))
        drawn = overlay(picture, findings, f"{pack.title} {pack.version} ({pack.sha256[:12]})")
        drawn.save(names.next(film), compress_level=3)


class _Names:
    """Names of overlay pictures: after the film, each used once."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._used: set[str] = set()

    def next(self, film: Film) -> Path:
        stem = re.sub(r"[^\w.-]+", "_", re.sub(r"\.(dcm|png|jpe?g|tiff?)$", "", name_of(film), flags=re.I))[
            :80
        ]
        name, number = stem, 1
        while name.lower() in self._used:
            number += 1
            name = f"{stem}-{number}"
        self._used.add(name.lower())
        return self._out / f"{name}.overlay.png"


def _replace(path: Path, text: str) -> None:
    """Write whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _text_of(path: Path | None, parser: argparse.ArgumentParser) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        parser.error(f"--prior-report {path}: {error.strerror}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
