"""`sidelight audit verify | show | export`: the log of who did what and when on this computer.

Exit codes: 0 good, 1 the log is not as it was written or can't be read, 2 the command line was not understood.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from plugin.records.audit_check import Verdict, read_log, verify
from plugin.records.audit_export import FORMATS, export_log
from plugin.records.audit_files import audit_folder
from plugin.records.audit_line import AuditLine, Head

SHOWN = 50


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    try:
        options = _parser().parse_args(None if argv is None else list(argv))
    except SystemExit as end:  # argparse has said why
        return end.code if isinstance(end.code, int) else 2
    try:
        return int(options.run(options))
    except OSError as error:
        print(f"sidelight audit: {error}.", file=sys.stderr)
        return 1


def _verify(options: argparse.Namespace) -> int:
    verdict = verify(options.folder, options.head)
    _tell(verdict)
    return 0 if verdict.is_intact else 1


def _tell(verdict: Verdict) -> None:
    print(verdict.text)
    for note in verdict.notes:
        print(f"  note: {note}")
    for fault in verdict.faults:
        print(f"  {fault}")
    if verdict.is_intact:
        print(f"End of the chain: {verdict.head.text}")
        print(
            "Write it down elsewhere; `sidelight audit verify --head` with it then finds a log that was replaced."
        )


def _show(options: argparse.Namespace) -> int:
    for line in deque(_wanted(options), maxlen=options.last or None):
        print(_as_text(line))
    return 0


def _wanted(options: argparse.Namespace) -> Iterator[AuditLine]:
    for line in read_log(options.folder):
        entry = line.entry
        if options.study in ("", entry.study) and options.what in ("", entry.what):
            yield line


def _as_text(line: AuditLine) -> str:
    entry = line.entry
    details = json.dumps(dict(entry.details), ensure_ascii=True, sort_keys=True) if entry.details else ""
    who = _printable(entry.who)
    return "  ".join(
        part
        for part in (str(line.n), entry.at, entry.what, who, entry.study, _printable(entry.pack), details)
        if part
    )


def _printable(text: str) -> str:
    """A name is data: no control character reaches a terminal."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _export(options: argparse.Namespace) -> int:
    verdict = export_log(options.file, options.format, options.folder)
    print(f"{options.file}: {verdict.text}")
    return 0 if verdict.is_intact else 1


def _head(text: str) -> Head:
    n, _, digest = text.partition(":")
    if not n.isdecimal() or len(digest) != 64:
        raise argparse.ArgumentTypeError("the end of a chain looks like 1204:9f86d081…, with 64 digits")
    return Head(int(n), digest.lower())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sidelight audit", description=__doc__)
    parser.add_argument("--folder", type=Path, default=audit_folder(), help="where the log lies")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("verify", help="is every byte as it was written?")
    check.add_argument(
        "--head", type=_head, metavar="N:HASH", help="an end of the chain that was written down"
    )
    check.set_defaults(run=_verify)
    show = commands.add_parser("show", help="print lines, the newest last")
    show.add_argument("--study", default="", metavar="UID", help="of one study only")
    show.add_argument("--what", default="", metavar="KIND", help="of one kind only, such as signed")
    show.add_argument("--last", type=int, default=SHOWN, metavar="N", help=f"how many ({SHOWN}; 0 = all)")
    show.set_defaults(run=_show)
    export = commands.add_parser("export", help="write the whole log into one new file")
    export.add_argument("file", type=Path)
    export.add_argument("--format", choices=FORMATS, default="jsonl")
    export.set_defaults(run=_export)
    return parser


if __name__ == "__main__":
    sys.exit(main())
