"""`sidelight corrections counts | export | delete`: what readers made of drafts, kept on this computer for training.

Exit codes: 0 good, 1 it failed, 2 the command line was not understood.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.corrections.export import export
from inference.corrections.store import CorrectionStore, corrections_folder, open_store
from inference.errors import InferenceError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    try:
        options = _parser().parse_args(None if argv is None else list(argv))
    except SystemExit as end:  # argparse has said why
        return end.code if isinstance(end.code, int) else 2
    try:
        with open_store(options.folder) as store:
            options.run(store, options)
    except (OSError, sqlite3.Error, InferenceError) as error:
        print(f"sidelight corrections: {error}", file=sys.stderr)
        return 1
    return 0


def _counts(store: CorrectionStore, _: argparse.Namespace) -> None:
    told = store.counts()
    print(f"{told.studies} studies of {told.patients} patients, {told.cases} signed versions")
    print(f"{told.films} films, {told.film_bytes / 1e6:.1f} MB")
    for verdict, count in sorted(told.verdicts.items()):
        print(f"  findings {verdict}: {count}")


def _export(store: CorrectionStore, options: argparse.Namespace) -> None:
    print(f"{options.into}: {export(store, options.into)} cases")


def _delete(store: CorrectionStore, options: argparse.Namespace) -> None:
    if options.all:
        deleted = store.delete_all()
    elif options.study_uid is not None:
        deleted = store.delete_study(store.study_key(options.study_uid))
    else:
        deleted = store.delete_patient(store.patient_key(options.patient_id))
    print(f"{deleted} signed versions deleted")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sidelight corrections", description=__doc__)
    parser.add_argument("--folder", type=Path, default=corrections_folder(), help="where they lie")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("counts", help="how much is kept").set_defaults(run=_counts)
    out = commands.add_parser("export", help="write everything into a new folder")
    out.add_argument("into", type=Path)
    out.set_defaults(run=_export)
    delete = commands.add_parser("delete", help="forget for good")
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("--patient-id", metavar="ID", help="all of one patient")
    which.add_argument("--study-uid", metavar="UID", help="one study")
    which.add_argument("--all", action="store_true", help="everything")
    delete.set_defaults(run=_delete)
    return parser


if __name__ == "__main__":
    sys.exit(main())
