"""`sidelight train starter-synth OUT`: the bundled generator from the training data. torch is imported when it runs."""

from __future__ import annotations

import argparse
import logging
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from inference.synthesis.training.starter.settings import StarterSynthRecipe, shortened
from inference.training.sources.manifest import data_folder

logger = logging.getLogger(__name__)

REFUSED, PAUSED = 3, 75
WIDTH = 112


def add_parser(commands: Any) -> None:
    """Add the command to an argparse subparsers object."""
    defaults = StarterSynthRecipe()
    hours = sum(one.steps * one.seconds for one in defaults.lessons.values()) / 3600
    one = commands.add_parser(
        "starter-synth",
        help="train the small bundled generator from the training data",
        description="Squares, autoencoder, latents, words, base, adapter, pack. Started again with the same settings "
        "it goes on where it was. OUT/pack is written only if it draws no copy of a film that it learnt from.",
    )
    one.add_argument("out", type=Path, metavar="OUT", help="state, privacy report and pack go here")
    one.add_argument("--data", type=Path, help="folder with cxr/manifest.csv (or SIDELIGHT_DATA_DIR)")
    one.add_argument(
        "--phantoms-only",
        action="store_true",
        help="learn from no real film: to see the recipe run without data",
    )
    one.add_argument(
        "--phantoms", type=int, default=defaults.phantoms, help=f"phantom studies ({defaults.phantoms})"
    )
    one.add_argument(
        "--minutes",
        type=float,
        help=f"share about so many minutes of one core among the lessons (all their steps: about {hours:.0f} hours); "
        "squares, latents and the search for copies come on top",
    )
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--threads", type=int, default=2)
    one.add_argument(
        "--films",
        type=int,
        default=defaults.privacy_films,
        help=f"to draw in the search for copies ({defaults.privacy_films})",
    )
    one.add_argument(
        "--encoder",
        default="starter",
        help="reading pack whose encoder compares films; none: grey levels only",
    )
    one.set_defaults(carry_out=train)


def recipe_of(arguments: argparse.Namespace) -> StarterSynthRecipe:
    """The settings that a command line names.

    Raises:
        ValueError: A number can't be.
    """
    if min(arguments.phantoms, arguments.films, arguments.threads) < 1:
        raise ValueError("--phantoms, --films and --threads must be 1 or more.")
    recipe = replace(
        StarterSynthRecipe(),
        seed=arguments.seed,
        phantoms=arguments.phantoms,
        privacy_films=arguments.films,
    )
    return recipe if arguments.minutes is None else shortened(recipe, arguments.minutes)


def train(arguments: argparse.Namespace) -> int:
    """0: OUT/pack was written. 3: it would hand out films that it learnt from. 75: stopped, can go on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    recipe = recipe_of(arguments)
    data = (
        None if arguments.phantoms_only else data_folder(arguments.data)
    )  # before torch, which takes seconds
    import torch

    from inference.packs import find_pack
    from inference.synthesis.training.starter.recipe import train_starter_synth

    torch.set_num_threads(arguments.threads)
    features = None if arguments.encoder == "none" else arguments.encoder
    if features is not None:
        find_pack(features)  # before hours are spent
    try:
        done = train_starter_synth(data, arguments.out, recipe, features=features, tell=_tell(recipe))
    except KeyboardInterrupt:
        print("Stopped. The same command goes on from the last checkpoint.", file=sys.stderr)
        return PAUSED
    for reason in done.report.reasons:
        print("\n".join(textwrap.wrap(reason, WIDTH)))
    print(f"{arguments.out / 'privacy.md'} tells more.")
    if done.pack is None:
        print("No pack was written: it would hand out films that it learnt from.", file=sys.stderr)
        return REFUSED
    print(done.pack.folder)
    return 0


def _tell(recipe: StarterSynthRecipe) -> Callable[[str, int, int], None]:
    """The lessons log for themselves; every tenth film of the search for copies is told."""

    def tell(what: str, done: int, of: int) -> None:
        if what not in recipe.lessons and done % 10 == 0:
            logger.info("%s: %d of %d", what, done, of)

    return tell
