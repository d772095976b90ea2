"""`sidelight train doctor | plan | run | resume | pause | status`: from data to a trained adapter.

`add_parsers` adds them to the trainer's commands; each sets `carry_out`, which gets the arguments and returns an exit
code. Nothing heavy is imported before a command is carried out.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import Any

from inference.errors import InferenceError
from inference.train_status import AT_WORK
from inference.training.run_folder import PAUSE, PLAN, STATE

SOURCE = "KIND:PATH, for instance folder:/data/studies; `sidelight train kinds` lists the kinds"


class NotAsAsked(InferenceError):
    """A command can't be carried out as it stands; the message says what to do instead."""

    remedy = ""


def add_parsers(commands: Any) -> None:
    """Add the commands to an argparse subparsers object."""
    one = commands.add_parser("kinds", help="the forms of data that can be read")
    one.set_defaults(carry_out=show_kinds)
    one = commands.add_parser(
        "doctor", help="what would spoil a training, found beforehand, with row and remedy"
    )
    one.add_argument("data", nargs="+", metavar="KIND:PATH", help=SOURCE)
    one.add_argument("--pack", help="base model: its tokenizer says what would be cut off")
    one.add_argument("--json", type=Path, metavar="FILE", help="write the whole answer there as well")
    one.add_argument("--rows", type=int, help="rows to print of each kind of fault (5)")
    one.add_argument("--without-films", action="store_true", help="look at rows and texts only")
    one.set_defaults(carry_out=run_doctor)
    one = commands.add_parser("plan", help="work out a plan from the data and this machine, and show it")
    one.add_argument("data", nargs="+", metavar="KIND:PATH", help=SOURCE)
    one.add_argument(
        "--out", type=Path, metavar="RUN", help="write it to RUN/plan.json, to be edited and run"
    )
    _add_wishes(one)
    one.set_defaults(carry_out=make_plan)
    one = commands.add_parser("run", help="carry out RUN/plan.json, or go on with it; with data, plan first")
    one.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    one.add_argument("data", nargs="*", metavar="KIND:PATH", help="plan with these first")
    _add_wishes(one)
    one.set_defaults(carry_out=start_run)
    for name, carry_out, help in (
        ("resume", resume_run, "go on from the last checkpoint"),
        ("pause", pause_run, "let a run stop at its next step, with a checkpoint"),
        ("status", show_status, "how far a run is, and what it said"),
    ):
        one = commands.add_parser(name, help=help)
        one.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
        one.set_defaults(carry_out=carry_out)


def _add_wishes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pack", default="", help="base model, an id or a folder (the bundled starter)")
    parser.add_argument(
        "--recipe", default="", help="small-site, small-model or published (by the model's size)"
    )
    parser.add_argument("--hours", type=float, help="it shall take no longer")
    parser.add_argument(
        "--parts",
        help="what learns, instead of the recipe's: abstractor,lora,vision or language, with commas",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--take-synthetic", action="store_true", help="learn from synthetic films as well")
    parser.add_argument(
        "--measure",
        action=argparse.BooleanOptionalAction,
        help="try a few steps to know how long it takes (small models: yes, large ones: no)",
    )


# ── what they do ────────────────────────────────────────────────────────────────────────────────────────────────


def show_kinds(_: argparse.Namespace) -> int:
    """The kinds of data, a line each."""
    from inference.training.sources import KINDS

    width = max(map(len, KINDS))
    for name, kind in KINDS.items():
        print(f"{name:<{width}}  {kind.help}")
    return 0


def run_doctor(arguments: argparse.Namespace) -> int:
    """0: no fault. 1: faults. 2: the data can't be opened."""
    from inference.training.examine.show import show

    return show(
        arguments.data,
        arguments.json,
        arguments.pack,
        shown=arguments.rows,
        open_films=not arguments.without_films,
    )


def make_plan(arguments: argparse.Namespace) -> int:
    """Show a plan, and write it where that is asked for."""
    from inference.training.planning import in_words

    if arguments.out is not None:
        _refuse_overwriting(arguments.out)
        _check_writable(arguments.out)
    plan = _proposed(arguments)
    print(in_words(plan))
    if arguments.out is None:
        print("\nNothing was written; with --out RUN it is kept in RUN/plan.json.")
        return 0
    _write(arguments.out, plan)
    return 0


def start_run(arguments: argparse.Namespace) -> int:
    """0: carried out. 1: an error. 2: it could not begin. 3: an alarm ended it. 75: paused."""
    _check_names_a_folder(arguments.run)
    if arguments.data:
        from inference.training.planning import in_words

        _refuse_overwriting(arguments.run)
        _check_writable(arguments.run)
        plan = _proposed(arguments)
        print(in_words(plan), flush=True)
        _write(arguments.run, plan)
    return _carried_out(arguments.run)


def resume_run(arguments: argparse.Namespace) -> int:
    """As `start_run`, for a run that was begun; a pause is over."""
    run: Path = arguments.run
    if not (run / STATE).is_file():
        raise NotAsAsked(f"{run} was not begun yet; `sidelight train run {run}` starts it.")
    (run / PAUSE).unlink(missing_ok=True)
    return _carried_out(run)


def pause_run(arguments: argparse.Namespace) -> int:
    """Leave word in the run's folder."""
    run: Path = arguments.run
    _needs_plan(run)
    if not (run / STATE).is_file():
        raise NotAsAsked(f"{run} was not begun yet; there is nothing to pause.")
    from inference.training.watching import state_of_run

    phase = state_of_run(run).phase
    if phase not in AT_WORK:
        raise NotAsAsked(f"{run} is not at work ({phase}); there is nothing to pause.")
    (run / PAUSE).touch(mode=0o600)
    print(f"It stops after the step that it is at; `sidelight train resume {run}` goes on.")
    return 0


def show_status(arguments: argparse.Namespace) -> int:
    """What the run's folder says."""
    from inference.training.run_in_words import run_in_words

    _needs_plan(arguments.run)
    print(run_in_words(arguments.run))
    return 0


def _carried_out(run: Path) -> int:
    _needs_plan(run)
    from inference.training.planning import read_plan

    read_plan(run / PLAN)  # refuses a wrong edit before torch is loaded
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    from inference.training import loop
    from inference.training.run_in_words import ending_in_words

    code = loop.run(run)
    print(ending_in_words(run), file=sys.stderr)
    return code


def _proposed(arguments: argparse.Namespace) -> Any:
    """A plan as the arguments wish it."""
    from inference.train_status import PlanWish
    from inference.training.planning import propose
    from inference.training.sources import open_data

    sources = tuple(whole_path(one) for one in arguments.data)
    wish = PlanWish(
        data=sources,
        pack=arguments.pack,
        hours=arguments.hours,
        parts=tuple(arguments.parts.split(",")) if arguments.parts else None,
        seed=arguments.seed,
        takes_synthetic=arguments.take_synthetic,
    )
    return propose(
        wish,
        [open_data(one) for one in sources],
        recipe=arguments.recipe,
        device=arguments.device,
        measures=arguments.measure,
    )


def whole_path(source: str) -> str:
    """KIND:PATH with the whole path: a run may be gone on with from another folder."""
    kind, colon, path = source.partition(":")
    return f"{kind}:{Path(path).expanduser().resolve()}" if colon and path else source


def _refuse_overwriting(run: Path) -> None:
    if (run / PLAN).exists():
        raise NotAsAsked(
            f"{run} holds a plan already, perhaps edited. `sidelight train run {run}` carries it out; name another "
            "folder for a new one."
        )


def _check_names_a_folder(run: Path) -> None:
    """RUN comes first; who leaves it out would have a folder made that is called like the data."""
    from inference.training.sources import KINDS

    if str(run).partition(":")[0] in KINDS and ":" in str(run):
        raise NotAsAsked(
            f"“{run}” is data; name the run's folder before it: `sidelight train run RUN {run}`."
        )


def _check_writable(run: Path) -> None:
    """Find out before the data are looked at, which may take minutes, whether a plan can be written there."""
    place = run.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise NotAsAsked(f"{place} is no folder, so RUN can't be {run}. Name another one.")
    if not os.access(place, os.W_OK | os.X_OK):
        raise NotAsAsked(f"Nothing can be written in {place}, so RUN can't be {run}. Name another one.")


def _needs_plan(run: Path) -> None:
    if not (run / PLAN).is_file():
        raise NotAsAsked(f"{run} holds no {PLAN}; `sidelight train plan KIND:PATH --out {run}` makes one.")


def _write(run: Path, plan: Any) -> None:
    from inference.training.planning import write_plan

    write_plan(run / PLAN, plan)
    print(
        f"\nWritten to {run / PLAN}; edit it if you like. `sidelight train run {run}` carries it out.",
        flush=True,
    )
