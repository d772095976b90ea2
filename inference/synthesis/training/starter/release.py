"""Stage 7: the pack's folder in diffusers layout and half precision, and the search for copies of its films.

A pack is there only if the search found none: it is written aside, looked at, and renamed.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from diffusers import DDPMScheduler
from safetensors.torch import save_file

from inference.packs import GENERATOR, open_pack, write_manifest
from inference.plain import to_plain
from inference.synthesis.adapter import ReportControl
from inference.synthesis.facts import SYNTHESIS, SynthesisFacts, read_facts
from inference.synthesis.networks import Networks
from inference.synthesis.privacy.features import Features, encoder_features
from inference.synthesis.privacy.measure import RealFilm
from inference.synthesis.privacy.report import PrivacyReport, for_the_pack
from inference.synthesis.training.finish import (
    CANDIDATE,
    PACK,
    Finished,
    look_for_copies,
    put_report_into,
    write_files,
)
from inference.synthesis.training.starter.about import (
    INTENDED_USE,
    LICENCE,
    LICENCE_ID,
    TRAINING_DATA,
    VERSION,
)
from inference.synthesis.training.starter.architecture import SCHEDULE, text_config, write_tokenizer
from inference.synthesis.training.starter.latent_bank import LatentBank
from inference.synthesis.training.starter.learning import Tell
from inference.synthesis.training.starter.settings import StarterSynthRecipe
from inference.synthesis.training.starter.squares import Grey, Squares
from inference.synthesis.training.starter.taught import TaughtFilm
from inference.synthesis.training.trained import halved
from inference.synthesis.wish import VIEW_SENTENCES
from inference.training.loop.schedule import seed_of


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a run has learnt: diffusers' and transformers' modules, averaged and at rest."""

    vae: Any
    text: Any
    unet: Any
    control: ReportControl


def release(
    trained: Trained,
    bank: LatentBank,
    learnt: Squares,
    held_out: Squares,
    recipe: StarterSynthRecipe,
    out: Path,
    features: Features | str | None,
    tell: Tell,
) -> Finished:
    """Write `out`/privacy.* and, if they are clean, `out`/pack.

    `features`: as `inference.synthesis.training.finish.finish` takes it.
    """
    candidate = out / CANDIDATE
    shutil.rmtree(candidate, ignore_errors=True)
    write_networks(trained, bank, recipe, candidate)
    measured = look_for_copies(
        Networks(candidate, read_facts(candidate)),
        candidate,
        films_to_compare(learnt, recipe.seed),
        films_to_compare(held_out, recipe.seed),
        count=recipe.privacy_films,
        features=encoder_features(features) if isinstance(features, str) else features,
        seed=recipe.seed,
        tell=tell,
    )
    write_files(out, measured)
    if not measured.report.is_clean:
        shutil.rmtree(candidate)
        return Finished(measured.report, None)
    put_report_into(candidate, measured.report)
    write_manifest(candidate, about_pack(learnt, recipe, measured.report))
    place = out / PACK
    shutil.rmtree(place, ignore_errors=True)
    candidate.rename(place)
    return Finished(measured.report, open_pack(place))


def write_networks(trained: Trained, bank: LatentBank, recipe: StarterSynthRecipe, folder: Path) -> None:
    """Everything of a pack but its manifest and its privacy report."""
    for network, name in ((trained.unet, "unet"), (trained.vae, "vae")):
        network.save_config(folder / name)
        weights = folder / name / "diffusion_pytorch_model.safetensors"
        save_file(halved(network.state_dict()), weights, metadata={"format": "pt"})
    trained.control.save(folder / "control", torch.float16)
    text = folder / "text_encoder"
    text.mkdir()
    vocabulary = int(trained.text.config.vocab_size)
    told = {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model"}
    _json(text / "config.json", {**text_config(recipe.sizes, vocabulary), **told})
    save_file(halved(trained.text.state_dict()), text / "model.safetensors", metadata={"format": "pt"})
    write_tokenizer(folder / "tokenizer")
    scheduler: Any = DDPMScheduler(**SCHEDULE)
    scheduler.save_pretrained(folder / "scheduler")
    _json(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    _json(folder / SYNTHESIS, synthesis_facts(bank, recipe).model_dump(mode="json"))


def synthesis_facts(bank: LatentBank, recipe: StarterSynthRecipe) -> SynthesisFacts:
    """`synthesis.json`. The view sentences are the plain ones: no tag means an adult."""
    side = recipe.sizes.side
    return SynthesisFacts(
        rows=side,
        columns=side,
        view_sentences=dict(VIEW_SENTENCES),
        latent_mean=tuple(round(float(one), 5) for one in bank.mean),
        latent_std=tuple(round(float(one), 5) for one in bank.std),
        steps=recipe.steps,
        guidance=recipe.guidance,
    )


def films_to_compare(squares: Squares, seed: int) -> list[RealFilm]:
    """Real films; phantoms where there is none. Nobody is harmed by a phantom that is drawn again."""
    films: Sequence[TaughtFilm] = [one for one in squares.films if one.kind == "real"] or squares.films

    def opener(film: TaughtFilm) -> Callable[[], Grey]:
        return lambda: squares.of(film)

    return [
        RealFilm(
            f"{film.kind}-{film.row}",
            film.view,
            " ".join(one.words for one in film.sayings(_lot(seed, film))),
            opener(film),
        )
        for film in films
    ]


def about_pack(learnt: Squares, recipe: StarterSynthRecipe, report: PrivacyReport) -> dict[str, Any]:
    """The manifest's fields. The card has counts; how good the films are is measured by the bench, not here."""
    films = Counter(film.kind for film in learnt.films)
    lessons = ", ".join(f"{name} {one.steps} steps of {one.batch}" for name, one in recipe.lessons.items())
    return {
        "id": "starter-synth",
        "version": VERSION,
        "title": "Starter generator (small demonstration model)",
        "architecture": GENERATOR,
        "tasks": ["synthesis"],
        "licence": {"id": LICENCE_ID, "text": LICENCE, "research_only": True},
        "intended_use": INTENDED_USE,
        "training_data": (
            f"{films['real']} real films, {films['phantom']} phantom films, {films['painted']} findings painted on "
            f"real films. {TRAINING_DATA}"
        ),
        "card": (
            "Small demonstration model: expect films that no patient could have. Lateral films were learnt from "
            "phantoms alone. A latent diffusion model with an adapter beside its frozen U-Net (CXR-SD), all trained "
            f"from nothing: {lessons}. {report.reasons[0]} How good its films are: `sidelight bench synthesis`."
        ),
        "scores": {"privacy": to_plain(replace(for_the_pack(report), reasons=()))},
        "precision": "float16",
        "source": "Trained by `sidelight train starter-synth`; recipe in inference/synthesis/training/starter.",
    }


def _lot(seed: int, film: TaughtFilm) -> Random:
    return Random(seed_of(seed, "words", film.kind, film.row))  # noqa: S311  # not cryptography


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
