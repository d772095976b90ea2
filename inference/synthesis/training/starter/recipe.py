"""The recipe of the bundled generator, from the data folder to the pack. Read it from top to bottom.

1. Real films of training patients and phantoms become squares, with what is known of them.
2. An autoencoder learns to make latents of them and films of latents; then its decoder alone, for texture,
   and against a critic, for what is still smooth then.
3. All latents are computed once.
4. The text encoder learns to tell what its captions state.
5. A U-Net learns to draw what the captions say, from noise.
6. An adapter learns beside it while it rests (CXR-SD).
7. The pack is written, if it draws no copy of a film that it learnt from.

Every stage keeps its state in OUT/state and goes on from it after a kill. What a step learns follows from the seed and
its number.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from inference.plain import to_plain
from inference.synthesis.privacy.features import Features
from inference.synthesis.privacy.neighbours import LEAST_HELD_OUT
from inference.synthesis.prompt_tokenizer import PromptTokenizer
from inference.synthesis.training.finish import Finished
from inference.synthesis.training.starter.architecture import write_tokenizer
from inference.synthesis.training.starter.autoencoder import train_autoencoder
from inference.synthesis.training.starter.critic import sharpen
from inference.synthesis.training.starter.drawing_lessons import train_adapter, train_base
from inference.synthesis.training.starter.latent_bank import make_latents
from inference.synthesis.training.starter.learning import Tell
from inference.synthesis.training.starter.release import Trained, films_to_compare, release
from inference.synthesis.training.starter.settings import StarterSynthRecipe
from inference.synthesis.training.starter.squares import Squares, held_out_squares, learnt_squares
from inference.synthesis.training.starter.text_facts import train_text_encoder

logger = logging.getLogger(__name__)

STATE, SETTINGS = "state", "recipe.json"


class OtherRecipe(ValueError):
    """The folder holds a run with other settings."""


def train_starter_synth(
    data: Path | None,
    out: Path,
    recipe: StarterSynthRecipe,
    *,
    features: Features | str | None = None,
    tell: Tell = lambda *_: None,
) -> Finished:
    """Run or go on with the recipe.

    Args:
        data: Folder with cxr/manifest.csv; None trains on phantoms alone.
        out: For checkpoints, squares, latents, the privacy report and the pack. It will hold patients' films.
        recipe: All settings. A run goes on with those that it was begun with.
        features: What compares films in the search for copies besides low-resolution correlation: a reading pack's id,
            a function, or None.
        tell: Told what is done, after each step.

    Raises:
        OtherRecipe: `out` was begun with other settings.
        ValueError: There is no film to learn from, or there are too few held-out ones for the search for copies.
        Diverged: A stage's loss is no number any more.
    """
    begin(out, recipe)
    state = out / STATE
    squares, held_out = learnt_squares(data, out, recipe), held_out_squares(data, out, recipe)
    check_held_out(held_out)
    vae = sharpen(train_autoencoder(squares, recipe, state, tell), squares, recipe, state, tell)
    bank = make_latents(vae, squares, state, recipe.seed)
    words = PromptTokenizer(write_tokenizer(state / "tokenizer"), recipe.sizes.words)
    text = train_text_encoder(words, recipe, state, tell)
    unet, text = train_base(text, words, squares.films, bank, recipe, state, tell)
    control = train_adapter(unet, text, words, squares.films, bank, recipe, state, tell)
    return release(Trained(vae, text, unet, control), bank, squares, held_out, recipe, out, features, tell)


def check_held_out(held_out: Squares) -> None:
    """Raise ValueError before hours are spent on a generator that could not be looked at."""
    if len(films_to_compare(held_out, 0)) < LEAST_HELD_OUT:
        raise ValueError(
            f"There are fewer than {LEAST_HELD_OUT} held-out films: nobody could say whether films were learnt by "
            "heart. Name data with more patients."
        )


def begin(out: Path, recipe: StarterSynthRecipe) -> None:
    """Make the run's folder, for this user's eyes only, or see that it was begun with the same settings."""
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    out.chmod(0o700)
    file, told = out / SETTINGS, json.dumps(to_plain(recipe), indent=2) + "\n"
    if not file.is_file():
        file.write_text(told, encoding="utf-8")
    elif file.read_text(encoding="utf-8") != told:
        raise OtherRecipe(
            f"{out} was begun with other settings ({file}). Name the same ones to go on, or another folder."
        )
