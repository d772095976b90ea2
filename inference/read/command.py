"""`sidelight read`: films to findings.json, report.txt and overlay pictures, without a window.

Exit codes: 0 at least one film was read, 2 none could be, 3 films were read but a study failed (`--resume` tries it
again), 130 and 143 stopped by Ctrl-C or SIGTERM; what was read by then is kept. docs/batch.md has the whole of it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.backend import DRAFT_MARK, RESEARCH_USE, PackInfo
from inference.errors import InferenceError
from inference.precision import PRECISION_HELP, PRECISIONS
from inference.read.batch import Batch
from inference.read.carry_out import Bench
from inference.read.dicom_files import DicomFiles
from inference.read.findings_file import Skip
from inference.read.intake import films_in
from inference.read.journal import NAME, Journal
from inference.read.order import Order, orders, repeated
from inference.read.progress import Teller
from inference.read.record import fingerprint
from inference.read.results import Pictures, clear_results, write_results
from inference.read.stopping import Stopped, Stopping
from inference.supervisor import BackendProcess
from viewer import loopback
from viewer.core.reader import FilmReader

READ, NOTHING_READ, SOME_FAILED = 0, 2, 3


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
    is_resumed: bool
    has_json_progress: bool
    precision: str | None = None
    has_dicom: bool = False


def main(argv: list[str] | None = None) -> int:
    """Read what the command line names; returns the exit code."""
    loopback.go_offline()
    loopback.install()
    options = read_options(argv)
    teller = Teller(options.is_quiet, sys.stdout if options.has_json_progress else None)
    stopping = Stopping()
    try:
        with stopping.listening(), contextlib.redirect_stdout(sys.stderr):  # stdout is for events alone
            options.out.mkdir(parents=True, exist_ok=True)
            code = read(options, teller, stopping)
    except Stopped as stopped:
        teller.say("Stopped.")
        code = stopped.exit_code
    except InferenceError as error:
        teller.say(f"Nothing was read: {error} {error.remedy}".rstrip())
        teller.event("error", type=type(error).__name__, message=str(error), remedy=error.remedy)
        code = NOTHING_READ
    except OSError as error:
        words = f"Nothing was written: {error.strerror or error} ({error.filename or options.out})."
        teller.say(words)
        teller.event("error", type="OSError", message=words, remedy="Make room, or choose another --out.")
        code = NOTHING_READ
    teller.event("ended", exit_code=code)
    return code


def read_options(argv: list[str] | None) -> Options:
    """Parse the command line; a wrong one ends the program with code 2, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="sidelight read",
        description="Read chest radiographs: findings.json, report.txt and one picture with boxes per film.",
        epilog=f"Exit code 0: at least one film was read; 2: none; 3: some, but a study failed (--resume tries it "
        f"again); 130, 143: stopped, what was read is kept. {DRAFT_MARK}. {RESEARCH_USE}",
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="DICOM, PNG or JPEG file, folder or ZIP"
    )
    parser.add_argument(
        "--list", type=Path, metavar="FILE", help="text file with one more PATH per line; - for stdin"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the results; made if needed"
    )
    parser.add_argument("--prior", type=Path, metavar="PATH", help="earlier study to compare with")
    parser.add_argument("--prior-report", type=Path, metavar="FILE", help="text file: findings of the prior")
    parser.add_argument("--pack", metavar="ID", help="model pack; default: starter")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--precision", choices=PRECISIONS, help=PRECISION_HELP)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on in DIR: what was read there is kept, what failed is tried again",
    )
    parser.add_argument(
        "--json-progress", action="store_true", help="one JSON line per event on stdout (docs/batch.md)"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress in words, only what could not be read"
    )
    parser.add_argument(
        "--dicom",
        action="store_true",
        help="also write DICOM objects (findings SR, marks); unlike all else they name the patient",
    )
    given = parser.parse_args(argv)
    paths = (*given.paths, *_listed(given.list, parser))
    if not paths:
        parser.error("name at least one PATH, or a --list with some.")
    return Options(
        paths,
        given.out,
        given.prior,
        _text_of(given.prior_report, parser),
        given.pack,
        given.device,
        given.quiet,
        given.resume,
        given.json_progress,
        given.precision,
        given.dicom,
    )


def read(options: Options, teller: Teller, stopping: Stopping) -> int:
    """Scan, read and write; returns the exit code."""
    with FilmReader() as films:
        found, skipped = films_in(options.paths, films, teller.say)
        priors, bad_priors = films_in([options.prior] if options.prior else [], films, teller.say)
        if options.prior and not priors:
            teller.say(f"{options.prior}: holds no film; reading without a prior.")
        twice = [
            Skip(one.source, f"not read: the same file as {other.source}") for one, other in repeated(found)
        ]
        skipped = (*skipped, *twice)
        made = orders(found, priors, options.prior_report)
        if not made:
            teller.say("Nothing was read: no film was found.")
            _write_empty(options, skipped)
            return NOTHING_READ
        teller.tell(f"{len(found)} films in {len(made)} studies.")
        backend = BackendProcess(options.pack, options.device, precision=options.precision)
        try:
            return _read_all(options, made, (*skipped, *bad_priors), films, backend, teller, stopping)
        finally:
            backend.stop()


def _read_all(
    options: Options,
    made: Sequence[Order],
    skipped: tuple[Skip, ...],
    films: FilmReader,
    backend: BackendProcess,
    teller: Teller,
    stopping: Stopping,
) -> int:
    bench = Bench(films, backend, teller.tell, lambda stage: teller.event("stage", stage=stage))
    pack = bench.pack()
    journal = _journal(options, teller)
    clear_results(options.out)
    precision = options.precision or ""
    studies = [fingerprint(order, pack.sha256, precision) for order in made]
    known = [journal.kept[study] for study in studies if study in journal.kept]
    pictures = Pictures(options.out, films, pack, (name for record in known for name in record.overlays))
    batch = Batch(
        options.out,
        pack,
        bench,
        pictures,
        journal,
        stopping,
        teller,
        precision,
        DicomFiles(options.out, pack, films.pixels) if options.has_dicom else None,
        skips=list(skipped),
    )
    teller.event(
        "started",
        studies=len(made),
        films=sum(len(order.films) for order in made),
        known=len(known),
        pack={"id": pack.id, "version": pack.version, "sha256": pack.sha256},
    )
    for skip in skipped:
        teller.event("skipped", path=str(skip.source), reason=skip.reason)
    try:
        batch.run(made)
    finally:  # also when it is stopped, or the disk is full
        with stopping.held():
            write_results(options.out, batch.drafts, batch.skips, pack)
            code = _sum_up(batch, len(made), options.out, teller)
    return code


def _journal(options: Options, teller: Teller) -> Journal:
    journal = Journal(options.out)
    journal.load()
    if options.is_resumed:
        teller.tell(
            f"{len(journal.kept)} studies are written down in {options.out / NAME}; none is read twice."
        )
        return journal
    if journal.kept:
        teller.tell(
            f"{options.out} holds {len(journal.kept)} studies of an earlier run. Without --resume all are read "
            f"again; what was written down is moved to {NAME}.old."
        )
    journal.begin_anew()
    return journal


def _sum_up(batch: Batch, studies: int, out: Path, teller: Teller) -> int:
    films = sum(len(draft.films_read()) for draft in batch.drafts)
    left = studies - len(batch.drafts)
    teller.tell(f"{films} films read, {len(batch.skips)} not. Results are in {out}. {DRAFT_MARK}.")
    failed = batch.counts["failed"]
    if failed or left:
        teller.say(f"{failed} studies failed, {left} were not begun; --resume goes on with them.")
    teller.event("finished", **batch.counts, left=left, films_read=films, films_skipped=len(batch.skips))
    if not films:
        return NOTHING_READ
    return SOME_FAILED if failed or left else READ


def _write_empty(options: Options, skipped: tuple[Skip, ...]) -> None:
    """Say in the files too that nothing was read. No model was loaded, so none is named."""
    nobody = PackInfo(options.pack or "", "", "", "none was loaded", "none", False, "")
    write_results(options.out, [], skipped, nobody)


def _listed(path: Path | None, parser: argparse.ArgumentParser) -> list[Path]:
    """The paths in a list: one per line, empty lines and those after # are not."""
    if path is None:
        return []
    text = sys.stdin.read() if str(path) == "-" else _text_of(path, parser, "--list")
    lines = (line.strip() for line in text.splitlines())
    return [Path(line) for line in lines if line and not line.startswith("#")]


def _text_of(path: Path | None, parser: argparse.ArgumentParser, option: str = "--prior-report") -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        parser.error(f"{option} {path}: {error.strerror}")


if __name__ == "__main__":
    sys.exit(main())
