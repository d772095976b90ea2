"""`sidelight train synthesis | privacy`: a site's films and reports to a film generator, and the search for copies.

`add_parsers` adds them to the trainer's commands; each sets `carry_out`, which gets the arguments and returns an exit
code. torch is imported when one runs.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

from inference.packs.manifest import ID_PATTERN
from inference.synthesis.training.plan_file import WAYS
from inference.training.run_command import SOURCE, NotAsAsked, whole_path
from inference.training.run_folder import PLAN, STATE

REFUSED = 3
"""Exit code: copies of training films were found, or the gate could not be sure."""
BASE = "starter-synth"
WIDTH = 112


def add_parsers(commands: Any) -> None:
    """Add the commands to an argparse subparsers object."""
    one = commands.add_parser(
        "synthesis",
        help="train a generator of synthetic films on your films and reports, or go on with it",
        description="Plans, trains, looks for films that were learnt by heart, and writes RUN/pack only if there are "
        "none. Started again without data it goes on where it was; `sidelight train status RUN` and `pause RUN` work.",
    )
    one.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    one.add_argument("data", nargs="*", metavar="KIND:PATH", help=SOURCE)
    one.add_argument("--pack", default=BASE, help=f"generator to begin with, an id or a folder ({BASE})")
    one.add_argument(
        "--way",
        choices=WAYS,
        default="adapter",
        help="adapter: beside the frozen U-Net (CXR-SD); full: the whole U-Net; lora: factors on its attention",
    )
    one.add_argument(
        "--text-encoder", action="store_true", help="with --way full: the text encoder learns too"
    )
    one.add_argument("--steps", type=int, default=4000)
    one.add_argument("--batch", type=int, default=16, help="films of a step (16)")
    one.add_argument("--learning-rate", type=float, default=0.0, help="instead of the way's own")
    one.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--take-synthetic", action="store_true", help="learn from synthetic films as well")
    _add_privacy(one)
    one.add_argument("--id", default="", help="of the pack that is written (the base's, with -site)")
    one.set_defaults(carry_out=train_generator)
    one = commands.add_parser(
        "privacy",
        help="look whether a generator learnt films by heart",
        description="Draws films and holds them against every film that was learnt from. Give the very data that the "
        "generator was trained with: copies of other films can't be found.",
    )
    one.add_argument("pack", help="a generator's id or folder")
    one.add_argument("--data", nargs="+", required=True, metavar="KIND:PATH", help=SOURCE)
    one.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="privacy.json, .md and .png go here"
    )
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    one.add_argument(
        "--into-pack",
        action="store_true",
        help="if it is clean, put its verdict into the pack (your own folder)",
    )
    _add_privacy(one)
    one.set_defaults(carry_out=look_at_pack)


def _add_privacy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--films", type=int, default=0, help="to draw in the search for copies (64)")
    parser.add_argument(
        "--encoder",
        default="starter",
        help="reading pack whose encoder compares films; none: grey levels only",
    )


def train_generator(arguments: argparse.Namespace) -> int:
    """0: a pack was written. 1, 2, 75: as `sidelight train run`. 3: an alarm, or the privacy gate said no."""
    run: Path = arguments.run
    if ":" in str(run):
        raise NotAsAsked(f"“{run}” is data; name the run's folder before it.")
    if arguments.id and not re.fullmatch(ID_PATTERN, arguments.id):
        raise NotAsAsked(f"“{arguments.id}” can't be a pack's id: small letters, digits, hyphens and dots.")
    if arguments.data:
        _plan(run, arguments)
    elif not (run / PLAN).is_file():
        raise NotAsAsked(
            f"{run} holds no {PLAN}; name the data: `sidelight train synthesis {run} KIND:PATH`."
        )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    code = _trained(run)
    return code or _finished(run, arguments)


def _plan(run: Path, arguments: argparse.Namespace) -> None:
    if (run / PLAN).is_file():
        raise NotAsAsked(
            f"{run} has a plan already; leave the data out to go on with it, or name another folder."
        )
    from inference.devices import choose_device
    from inference.packs import GENERATOR, find_pack
    from inference.synthesis.training.plan_file import draft_plan
    from inference.training.planning.plan_file import write_plan

    if arguments.steps < 1 or arguments.batch < 1:
        raise NotAsAsked("--steps and --batch must be 1 or more.")
    pack = find_pack(arguments.pack, GENERATOR)
    plan = draft_plan(
        arguments.way,
        arguments.pack,
        pack.sha256,
        tuple(whole_path(one) for one in arguments.data),
        steps=arguments.steps,
        batch=arguments.batch,
        device=choose_device(arguments.device).name,
        seed=arguments.seed,
        learning_rate=arguments.learning_rate,
        with_text_encoder=arguments.text_encoder,
        takes_synthetic=arguments.take_synthetic,
    )
    write_plan(run / PLAN, plan)
    phase = plan.phases[0]
    print(
        f"Model       {pack.manifest.title} {pack.manifest.version}\n"
        f"Learns      {', '.join(phase.parts)} ({arguments.way})\n"
        f"Data        {', '.join(plan.data)}\n"
        f"Steps       {phase.steps}, each of {phase.batch} films ({phase.micro_batch} at once), on {plan.device}\n"
        f"Written to {run / PLAN}.",
        flush=True,
    )


def _trained(run: Path) -> int:
    """Carry the steps out; 0 where they are done, or were before."""
    from inference.training.watching import state_of_run

    if (run / STATE).is_file() and state_of_run(run).phase == "done":
        return 0
    from inference.training import loop

    code = loop.run(run)
    state = state_of_run(run)
    if code:
        print(f"{run}: {state.phase}. {state.message}".rstrip(), file=sys.stderr)
    return code


def _finished(run: Path, arguments: argparse.Namespace) -> int:
    from inference.synthesis.training.finish import finish
    from inference.training.planning.plan_file import read_plan

    base = Path(read_plan(run / PLAN).pack).name
    done = finish(
        run,
        arguments.id or f"{base[:58]}-site",
        features=None if arguments.encoder == "none" else arguments.encoder,
        films=arguments.films,
        tell=_tell,
    )
    _say(done.report.reasons, run)
    if done.pack is None:
        print("No pack was written: it would hand out films of your patients.", file=sys.stderr)
        return REFUSED
    print(
        f"{done.pack.folder}\n`sidelight packs install {done.pack.folder}` puts it where packs live; then "
        f"`sidelight synthesize --pack {done.pack.manifest.id}` draws with it."
    )
    return 0


def look_at_pack(arguments: argparse.Namespace) -> int:
    """0: clean. 3: it learnt films by heart."""
    from inference.synthesis.training.privacy_of_pack import privacy_of_pack

    arguments.out.mkdir(parents=True, exist_ok=True)
    report = privacy_of_pack(
        arguments.pack,
        tuple(whole_path(one) for one in arguments.data),
        arguments.out,
        device=arguments.device,
        encoder=None if arguments.encoder == "none" else arguments.encoder,
        films=arguments.films or 64,
        seed=arguments.seed,
        into_pack=arguments.into_pack,
        tell=_tell,
    )
    _say(report.reasons, arguments.out)
    return 0 if report.is_clean else REFUSED


def _say(reasons: tuple[str, ...], folder: Path) -> None:
    for reason in reasons:
        print("\n".join(textwrap.wrap(reason, WIDTH)))
    print(f"{folder / 'privacy.md'} tells more, {folder / 'privacy.png'} shows the nearest pairs.")


def _tell(what: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{what}: {done} of {of}", end="", file=sys.stderr, flush=True)
