"""A small base for the site simulation, in minutes: the starter's stages, cut short, without the films of one source.

The bundled starter may have seen the source that plays the site; this one has not. It is no good reader and is never
shipped: only films' yes and no and lists are learnt, from the adult collection, without phantoms and without boxes.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.packs import TOKENIZER, Pack, find_pack, open_pack, user_packs_dir, write_manifest
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.starter.changes import ChangeWording
from inference.training.starter.corpus import comparison_sentences, phrases, read_reports
from inference.training.starter.encoder_stage import EncoderSettings, train_encoder
from inference.training.starter.film_bank import film_bank
from inference.training.starter.film_set import film_set
from inference.training.starter.films import cached_squares, read_films
from inference.training.starter.judge import fit_reading, judge_films
from inference.training.starter.language_stage import JointSettings, LanguageSettings, train_joint, train_text
from inference.training.starter.pretrained import find_backbone, read_backbone
from inference.training.starter.recipe import StarterRecipe, model_config, new_starter
from inference.training.starter.tasks import Tasks
from inference.training.starter.wording import Wording
from inference.training.starter.write_pack import write_starter

logger = logging.getLogger(__name__)

RECIPE = StarterRecipe(
    phantoms=0,
    encoder=EncoderSettings(side=128, steps=60, batch=16, warm_up=10, phantom_share=0.0),
    text=LanguageSettings(steps=0),
    joint=JointSettings(steps=90, studies=0, tokens=130, texts=1, warm_up=10, phantom_share=0.0),
)
LEARNT_FROM = "nih"


def make_base(data: Path, out: Path, source: str, backbone: Path | None = None, seed: int = 0) -> Pack:
    """Train the base, or go on with it, and put its pack among the user's.

    Args:
        data: Folder with cxr/ and reports/.
        out: For checkpoints.
        source: Whose films are left out.
        backbone: The published encoder's file; None looks for the installed package.
        seed: Of every draw.

    Raises:
        ValueError: The source is the one that it learns from.
    """
    folder = user_packs_dir() / f"without-{source.replace('_', '-')}"
    if folder.is_dir():
        return open_pack(folder)
    if source == LEARNT_FROM:
        raise ValueError(
            f"The base of the simulation learns from “{source}”; choose another source as the site."
        )
    films = [film for film in read_films(data) if film.source == LEARNT_FROM]
    squares = cached_squares(films, RECIPE.cached_side, out / "cache")
    learnt = [film for film in films if film.split == "train"]
    real = film_set(learnt, squares[np.array([film.split == "train" for film in films])])
    bank = film_bank(learnt, real, [])
    published = read_backbone(find_backbone(backbone))
    seeing = train_encoder(bank.films, published, RECIPE.encoder, seed, out / "encoder.pt")
    tokenizer_json = (find_pack("starter").folder / TOKENIZER).read_bytes()  # learnt from reports alone
    recipe = replace(RECIPE, vocabulary=len(json.loads(tokenizer_json)["model"]["vocab"]), seed=seed)
    tokenizer = M4cxrTokenizer(tokenizer_json, model_config(recipe).image_tokens)
    model, heads = new_starter(recipe, seeing)
    reports, comparisons = read_reports(data), comparison_sentences(data)
    tasks = Tasks(Wording(reports), ChangeWording(comparisons), phrases(reports), reports)
    train_text(model, tokenizer, tasks, recipe.text, seed, out / "text.pt")
    train_joint(model, heads, tokenizer, tasks, bank, [], seeing, recipe.joint, seed, out / "joint.pt")
    model = model.eval()
    reading, _ = fit_reading(judge_films(model, tokenizer, [film for film in films if film.split == "val"]))
    card = f"A base for the site simulation, trained without {source}. Not for reading."
    part = out / "base.part"
    pack = write_starter(part, model, tokenizer_json, "0.1", reading, {}, (), card)
    about = json.loads((part / "manifest.json").read_text(encoding="utf-8"))
    kept = {key: value for key, value in about.items() if key not in ("files", "schema_version")}
    title = f"Base of the site simulation, without {source}"
    write_manifest(part, kept | {"id": folder.name, "title": title, "training_data": card})
    folder.parent.mkdir(parents=True, exist_ok=True)
    pack.folder.rename(folder)
    return open_pack(folder)
