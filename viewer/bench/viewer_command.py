"""`sidelight bench viewer`: measures the window as a reader meets it, and a public viewer beside it in the same run.

Every group of cases runs in a process of its own, without a screen. Nothing of the reader's own data is read or
written: films, settings and study list lie in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from viewer.bench.budgets import BUDGETS
from viewer.bench.corpus_plan import QUICK, Plan, plan_to_json
from viewer.bench.machine import machine
from viewer.bench.statistics import Case, Comparison, Samples, compared, from_json, summed_up
from viewer.bench.table import markdown, table

GROUPS = ("start", "opening", "dragging", "switching", "first", "sequence")
PEERS = {"pyqtgraph": "viewer.bench.peers.pyqtgraph_view"}
STARTS = 7
GROUP_LIMIT_S = 1800
CRASH_LINES = 30
ROOM_BYTES = 4 << 30
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)")


class GroupFailed(Exception):
    """A group of cases could not be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """The temporary folder of a run, and whether the run is only to show that everything works."""

    folder: Path
    is_quick: bool

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; JSON to --out or standard output, a table to standard error. 1 where a group could not be measured."""
    options = _parser().parse_args(argv)
    if options.show:
        print(markdown(json.loads(options.show.read_text("utf-8"))))
        return 0
    with tempfile.TemporaryDirectory(prefix="sidelight-bench-") as folder:
        place = Place(Path(folder), options.quick)
        (place.folder / "home").mkdir()
        if not options.quick and shutil.disk_usage(folder).free < ROOM_BYTES:
            print(f"There is too little room in {folder}: 4 GiB are needed. Set TMPDIR.", file=sys.stderr)
            return 1
        result = measured(place, options.only or GROUPS, options.beside)
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, "utf-8")
    else:
        print(text, end="")
    print(table(result), file=sys.stderr)
    return 1 if result["failed"] else 0


def measured(place: Place, groups: Sequence[str], beside: str) -> dict[str, Any]:
    """Everything that was measured, as it stands in the result file."""
    began = datetime.now(UTC)
    on = machine()
    _say("writing films")
    _child(place, "viewer.bench.corpus", str(place.corpus), plan_to_json(QUICK if place.is_quick else Plan()))
    budgets = {} if place.is_quick else BUDGETS  # tiny films keep or miss nothing
    cases: list[Case] = []
    failed: dict[str, str] = {}
    for group in groups:
        _say(group)
        try:
            cases += [summed_up(samples, budgets.get(samples.id)) for samples in _group(place, group)]
        except GroupFailed as failure:
            failed[group] = str(failure)
    peer, comparisons = _beside(place, beside, cases, failed)
    return {
        "suite": "viewer",
        "command": "sidelight bench viewer" + (" --quick" if place.is_quick else ""),
        "began": began.isoformat(timespec="seconds"),
        "took_s": round((datetime.now(UTC) - began).total_seconds()),
        "machine": on | {"load_at_end": machine()["load_at_start"]},
        "cases": [asdict(case) for case in cases],
        "beside": {"peer": peer, "cases": [asdict(comparison) for comparison in comparisons]},
        "start_imports_ms": _slow_imports(place),
        "failed": failed,
    }


def _group(place: Place, group: str) -> Iterator[Samples]:
    if group == "start":
        yield from _starts(place)
        return
    out = place.folder / f"{group}.json"
    _child(place, "viewer.bench.gui", group, str(place.corpus), str(out), *_quick(place))
    for entry in json.loads(out.read_text("utf-8")):
        yield from_json(entry)


def _starts(place: Place) -> Iterator[Samples]:
    """From the start of the process to the first paintEvent, bare and with every panel that is installed."""
    _child(
        place, "viewer.bench.gui.start", str(place.folder / "start before")
    )  # compiles, as installing does
    for case, words in (("start/visible", ["--no-plugins"]), ("start/visible with panels", [])):
        times = []
        for number in range(1 if place.is_quick else STARTS):
            out = place.folder / f"start {len(words)} {number}"
            began = time.monotonic()
            _child(place, "viewer.bench.gui.start", str(out), *words)
            times.append((float(out.read_text("ascii")) - began) * 1000)
        title = "Window visible after the start" + ("" if words else ", with panels")
        yield Samples(case, title, "ms", tuple(times))


def _beside(
    place: Place, name: str, cases: list[Case], failed: dict[str, str]
) -> tuple[str, list[Comparison]]:
    if name == "none":
        return "", []
    _say(f"beside: {name}")
    out = place.folder / "peer.json"
    try:
        _child(place, PEERS[name], str(place.corpus), str(out), *_quick(place))
    except GroupFailed as failure:
        failed[f"beside {name}"] = f"{failure} Install it: pip install 'sidelight[bench]'"
        return "", []
    told = json.loads(out.read_text("utf-8"))
    ours = {case.id: case for case in cases}
    theirs = [summed_up(from_json(entry)) for entry in told["samples"]]
    peer = str(told["peer"])
    return peer, [compared(ours[case.id], case, peer) for case in theirs if case.id in ours]


def _slow_imports(place: Place, most: int = 12) -> dict[str, float]:
    """The modules that the window's start waits for longest, each without what it imports, in milliseconds."""
    command = [sys.executable, "-X", "importtime", "-c", "import viewer.app"]
    run = subprocess.run(command, env=_environment(place), capture_output=True, text=True, check=False)
    found = {match[4]: int(match[1]) / 1000 for match in _IMPORT.finditer(run.stderr)}
    return dict(sorted(found.items(), key=lambda item: -item[1])[:most])


def _child(place: Place, module: str, *words: str) -> None:
    """Run a module to its end.

    Raises:
        GroupFailed: It failed or took too long.
    """
    command = [sys.executable, "-X", "faulthandler", "-m", module, *words]
    try:
        run = subprocess.run(
            command,
            env=_environment(place),
            capture_output=True,
            text=True,
            timeout=GROUP_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise GroupFailed(f"It took longer than {late.timeout:g} s.") from late
    if run.returncode:
        raise GroupFailed(f"It ended with code {run.returncode}: {last_words(run.stderr)}")


def last_words(stderr: str) -> str:
    """What a child said at its end: where a crash happened, or else its last line."""
    crash = stderr.find("Fatal Python error")
    if crash >= 0:
        return "\n".join(stderr[crash:].splitlines()[:CRASH_LINES])
    lines = [line for line in stderr.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing was said"


def _environment(place: Place) -> dict[str, str]:
    package_root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (package_root, os.environ.get("PYTHONPATH", "")) if part)
    own = {
        "PYTHONPATH": path,
        "PYTHONPYCACHEPREFIX": str(place.folder / "compiled"),  # an installed program was compiled once
        "QT_QPA_PLATFORM": "offscreen",
        "SIDELIGHT_HOME": str(place.folder / "home"),
        "PYQTGRAPH_QT_LIB": "PySide6",
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return inherited | own


def _quick(place: Place) -> list[str]:
    return ["--quick"] if place.is_quick else []


def _say(text: str) -> None:
    print(f"sidelight bench viewer: {text} …", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sidelight bench viewer", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the result there")
    parser.add_argument(
        "--show", type=Path, metavar="FILE.json", help="measure nothing; print a result as Markdown"
    )
    parser.add_argument("--quick", action="store_true", help="seconds, tiny films: shows only that it works")
    parser.add_argument("--beside", choices=[*PEERS, "none"], default="pyqtgraph", help="the public viewer")
    parser.add_argument("--only", action="append", choices=GROUPS, help="this group only; may be repeated")
    return parser
