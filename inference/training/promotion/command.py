"""`sidelight train evaluate|promote|rollback|adapters|compare`: a run's adapter, judged and put to use.

`add_parsers` adds them to the trainer's commands; each sets `carry_out`, which gets the arguments and returns an exit
code. torch is imported when one runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.backend import DRAFT_MARK, RESEARCH_USE
from inference.errors import InferenceError

if TYPE_CHECKING:
    from inference.backend import FilmInput
    from inference.training.promotion.on_one_study import OneReading, SideBySide

REFUSED = 3
"""Exit code: the gate refused the adapter."""
_SHOWN = 8  # findings that changed


class NoFilm(InferenceError):
    """A file that was named can't be read as a film; the message says why."""

    remedy = "Name the DICOM, PNG or JPEG files of one study."


def add_parsers(commands: Any) -> None:
    """Add the commands to an argparse subparsers object."""
    one = commands.add_parser("evaluate", help="base and adapter on held-out patients, before and after")
    one.add_argument("run", type=Path, help="the run's folder")
    _add_size(one)
    one.set_defaults(carry_out=evaluate_run)
    one = commands.add_parser("promote", help="let a run's adapter be read with, if the gate accepts it")
    one.add_argument("run", type=Path, help="the run's folder")
    one.set_defaults(carry_out=promote_run)
    one = commands.add_parser("rollback", help="take the active adapter away again")
    one.add_argument("pack", nargs="?", help="the base's id; without it, the bundled starter")
    one.add_argument("--why", default="", help="for the history")
    one.set_defaults(carry_out=roll_back)
    one = commands.add_parser("adapters", help="which adapter is active, and all that happened before")
    one.add_argument("pack", nargs="?", help="the base's id; without it, the bundled starter")
    one.set_defaults(carry_out=show_adapters)
    one = commands.add_parser("compare", help="one study read by the base and with the adapter, side by side")
    one.add_argument("adapter", help="a run's folder, or an adapter's id")
    one.add_argument("films", nargs="+", type=Path, metavar="FILM", help="DICOM, PNG or JPEG; one study")
    one.add_argument("--json", action="store_true", help="as plain data")
    one.set_defaults(carry_out=compare_films)


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--drafts", type=int, default=40, help="reports to draft at most (40)")
    parser.add_argument("--boxed-films", type=int, default=60, help="films to place boxes on at most (60)")


def evaluate_run(arguments: argparse.Namespace) -> int:
    """Evaluate, and print RUN/evaluation.md."""
    from inference.evaluation.held_out import Asked
    from inference.training.promotion.evaluation import evaluate, evaluation_markdown

    asked = Asked(arguments.boxed_films, arguments.drafts)
    found = evaluate(arguments.run, asked=asked, tell=_progress())
    print(evaluation_markdown(found))
    return 0


def promote_run(arguments: argparse.Namespace) -> int:
    """Put the run's adapter to the gate."""
    from inference.training.promotion.promote import RefusedByGate, promote

    try:
        choice = promote(arguments.run, tell=_progress())
    except RefusedByGate as refused:
        print(f"{refused}\n{refused.remedy}", file=sys.stderr)
        return REFUSED
    print(f"{choice.adapter} is active. {choice.why}")
    print(
        "A running backend reads with it once it loads its model again; `sidelight train rollback` undoes it."
    )
    return 0


def roll_back(arguments: argparse.Namespace) -> int:
    """Take the active adapter away."""
    from inference.packs.site_adapters import choices_of, roll_back

    step = roll_back(arguments.pack, arguments.why or "taken back by hand")
    base = arguments.pack or "starter"
    now = choices_of(base).active(step.base_sha256)
    print(f"{step.adapter} is not used any more; {now or f'“{base}” alone'} reads now. Nothing was deleted.")
    return 0


def show_adapters(arguments: argparse.Namespace) -> int:
    """What a base is read with, and its history."""
    from inference.packs.site_adapters import choices_of, pack_to_read
    from inference.packs.store import DEFAULT_PACK

    chosen = pack_to_read(arguments.pack)
    manifest = chosen.pack.manifest
    print(f"{manifest.title} {manifest.version} ({manifest.id}) reads now.")
    if chosen.note:
        print(chosen.note)
    base = chosen.pack.base.manifest.id if chosen.pack.base else arguments.pack or DEFAULT_PACK
    for step in choices_of(base).steps:
        print(f"{step.at}  {step.what:<11}  {step.adapter}  by {step.who}: {step.why}")
    return 0


def compare_films(arguments: argparse.Namespace) -> int:
    """Both readings of one study."""
    from inference.backend import StudyFilm
    from inference.packs import find_pack, open_pack
    from inference.packs.manifest import MANIFEST
    from inference.plain import to_plain
    from inference.training.promotion.evaluation import PACK, NotJudged
    from inference.training.promotion.on_one_study import FilmOfStudy, compare_on_study

    run = Path(arguments.adapter)
    if run.is_dir() and not any((run / name).exists() for name in (PACK, MANIFEST)):
        raise NotJudged(f"{run} holds no adapter that was judged.")
    adapter = open_pack(run / PACK) if (run / PACK).is_dir() else find_pack(arguments.adapter)
    films = [_film_at(path) for path in arguments.films]
    seen = compare_on_study(adapter, [FilmOfStudy(film, StudyFilm(film.image_sha256)) for film in films])
    if arguments.json:
        print(json.dumps(to_plain(seen), indent=1, ensure_ascii=False))
    else:
        print("\n".join(side_by_side(seen)))
    return 0


def _film_at(path: Path) -> FilmInput:
    """Raises NoFilm: it is not there, or no picture."""
    from inference.training.rows import KnownFilm, UnreadableFilm
    from inference.training.sources.film_files import FilmFiles
    from viewer.core.study import Source

    opened = FilmFiles(lambda film: (Source(Path(film.key)), 0))
    try:
        return opened(KnownFilm(str(path.resolve())))
    except UnreadableFilm as error:
        raise NoFilm(f"{path} can't be read. {error}") from error


def side_by_side(seen: SideBySide) -> Iterator[str]:
    """For a terminal: what changed, then both drafts."""
    yield f"{DRAFT_MARK}. {RESEARCH_USE}"
    changed = [one for one in seen.changed if one.is_decided_otherwise]
    count = "1 finding is" if len(changed) == 1 else f"{len(changed)} findings are"
    yield f"\n{count} decided otherwise. The largest steps:"
    for one in seen.changed[:_SHOWN]:
        sure = f"{_percent(one.confidence_before)} to {_percent(one.confidence_after)}"
        decided = f"{one.before} to {one.after}" if one.is_decided_otherwise else f"{one.after} in both"
        yield f"  {one.label}: {decided} ({sure})"
    yield from _told("Before", seen.before)
    yield from _told("After", seen.after)


def _told(title: str, reading: OneReading) -> Iterator[str]:
    model = reading.model
    yield f"\n{title}: {model.title} {model.version} ({model.sha256[:12]}), {reading.seconds:.1f} s"
    present = [one.label for one in reading.findings if one.presence == "present"]
    yield f"  Findings: {', '.join(present) or 'no listed finding detected'}"
    yield f"  Draft: {reading.report}"
    yield from (f"  Not read: {why}" for why in reading.not_read)


def _percent(value: float | None) -> str:
    return "not asked" if value is None else f"{value:.0%}"


def _progress() -> Any:
    """Tells on stderr where an evaluation is, a line for each stage."""
    last: list[str] = []

    def tell(stage: str, done: int, total: int) -> None:
        if not last or last[0] != stage or done == 0:
            last[:] = [stage]
            print(f"{stage}: {total}", file=sys.stderr)

    return tell
