"""`sidelight bench SUITE …`: runs a suite of measurements. Suites are found by entry point, never by name."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint

SUITES = "sidelight.benchmarks"
USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one suite and return its exit code; without a name, list what there is."""
    words = list(sys.argv[1:] if argv is None else argv)
    suites = {entry.name: entry for entry in importlib.metadata.entry_points(group=SUITES)}
    if words[:1] in ([], ["-h"], ["--help"]):
        print(_usage(suites))
        return 0 if words else USAGE_ERROR
    if words[0] not in suites:
        print(f"sidelight bench: there is no suite “{words[0]}”.\n{_usage(suites)}", file=sys.stderr)
        return USAGE_ERROR
    code = suites[words[0]].load()(words[1:])
    return code if isinstance(code, int) else 0


def _usage(suites: dict[str, EntryPoint]) -> str:
    listed = "\n".join(f"  sidelight bench {name}" for name in sorted(suites)) or "  (none installed)"
    return f"usage: sidelight bench SUITE [options]\n\nsuites (each answers --help):\n{listed}"
