"""The one command. `sidelight NAME …` runs a subcommand, anything else opens the viewer.

Kept light on purpose: every child process that is spawned imports this module again.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

from viewer import loopback

COMMANDS = "sidelight.commands"
USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code: 0 good, 1 it failed, 2 it was not understood."""
    loopback.go_offline()
    loopback.install()
    words = list(sys.argv[1:] if argv is None else argv)
    commands = _commands()
    if words and words[0] in commands:
        return _run_command(commands[words[0]], words[1:])
    try:
        options = _parser(commands).parse_args(words)
    except SystemExit as end:  # argparse has said why
        return end.code if isinstance(end.code, int) else USAGE_ERROR
    missing = [path for path in options.paths if not path.exists()]
    if missing:
        _explain_missing(missing, commands)
        return USAGE_ERROR
    from viewer.app import run

    return run(tuple(options.paths), with_plugins=not options.no_plugins)


def _commands() -> dict[str, EntryPoint]:
    """Subcommands by name. Nothing is imported: entry points are read from the installed metadata."""
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=COMMANDS)}


def _run_command(command: EntryPoint, words: list[str]) -> int:
    try:
        run = command.load()
    except ImportError as error:
        print(f"sidelight {command.name}: this part of the program is missing: {error}.", file=sys.stderr)  # noqa: T201
        print("Install the project again: python3 installers/bootstrap.py demo", file=sys.stderr)  # noqa: T201
        return 1
    code = run(words)
    return code if isinstance(code, int) else 0


def _parser(commands: dict[str, EntryPoint]) -> argparse.ArgumentParser:
    listed = "\n".join(f"  sidelight {name}" for name in sorted(commands)) or "  (none installed)"
    parser = argparse.ArgumentParser(
        prog="sidelight",
        description="Opens chest films: folders, files or ZIPs. Research use only. Not a medical device.",
        epilog=f"other commands (each answers --help):\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="what to open at the start")
    parser.add_argument("--no-plugins", action="store_true", help="start the bare viewer, without any panel")
    parser.add_argument("--version", action="version", version=f"sidelight {_version()}")
    return parser


def _version() -> str:
    try:
        return importlib.metadata.version("sidelight")
    except importlib.metadata.PackageNotFoundError:  # run from a bare checkout
        return "unknown (not installed)"


def _explain_missing(missing: list[Path], commands: dict[str, EntryPoint]) -> None:
    for path in missing:
        print(f"sidelight: there is no file, folder or command “{path}”.", file=sys.stderr)  # noqa: T201
    print(f"Commands: {', '.join(sorted(commands)) or 'none installed'}.", file=sys.stderr)  # noqa: T201
