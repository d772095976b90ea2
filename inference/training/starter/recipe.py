"""The recipe of the bundled starter, from the data folder to the pack. Read it from top to bottom.

1. An encoder that has seen ImageNet learns what films show, from labels and boxes.
2. The language model learns the reports' language from text alone.
3. Abstractor and language model learn to read what the encoder sees: lists, yes/no, reports, places, priors, questions.
4. A plain CNN learns the labels of the same films: what the starter has to beat.
5. Held-out films calibrate it, other held-out films score both, and the pack is written.

Every stage keeps a checkpoint in the output folder and goes on from it after a kill. Every draw comes from the seed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from inference.models.config import M4cxrConfig
from inference.models.efficientnet import STRIDE, feature_width
from inference.models.m4cxr import M4cxr, new_m4cxr
from inference.packs import Pack
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.starter.changes import ChangeWording
from inference.training.starter.corpus import Report, comparison_sentences, phrases, read_reports
from inference.training.starter.encoder_stage import EncoderSettings, Seeing, train_encoder
from inference.training.starter.film_bank import film_bank
from inference.training.starter.film_set import FilmSet, film_set
from inference.training.starter.films import LABELS, LabelledFilm, cached_squares, read_films
from inference.training.starter.finish import finish
from inference.training.starter.language_stage import JointSettings, LanguageSettings, train_joint, train_text
from inference.training.starter.phantoms import TEST_SEEDS, PhantomStudy, cached_studies
from inference.training.starter.plain_cnn import PlainCnn, PlainCnnSettings, load_or_train_cnn, plain_answers
from inference.training.starter.pretrained import LITE0, find_backbone, read_backbone
from inference.training.starter.scaffold import VisionHeads
from inference.training.starter.tasks import Tasks
from inference.training.starter.vocabulary_stage import train_vocabulary
from inference.training.starter.wording import Wording

logger = logging.getLogger(__name__)


VERSION = "0.4.0"


@dataclass(frozen=True, slots=True)
class StarterRecipe:
    """All settings of a run. The defaults made the bundled pack on two CPU cores (docs/starter-training.md)."""

    seed: int = 0
    tiers: tuple[str, ...] = ("A",)
    cached_side: int = 240  # larger than the model's, so that variations do not lose sharpness
    vocabulary: int = 2048
    phantoms: int = 2300
    test_phantoms: int = 120
    plain_cnns: int = 2
    plain_cnn: PlainCnnSettings = field(default_factory=PlainCnnSettings)
    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    text: LanguageSettings = field(default_factory=LanguageSettings)
    joint: JointSettings = field(default_factory=JointSettings)


def model_config(recipe: StarterRecipe) -> M4cxrConfig:
    """M4CXR's architecture with a small convolutional encoder: 9 M parameters."""
    return M4cxrConfig.from_json(
        {
            "vision_config": {
                "encoder_type": "efficientnet_lite",
                "hidden_size": feature_width(**LITE0),
                "image_size": recipe.encoder.side,
                "patch_size": STRIDE,
                **LITE0,
            },
            "projector_config": {
                "encoder_hidden_size": feature_width(**LITE0),
                "hidden_size": 192,
                "output_hidden_size": 256,
                "num_query_tokens": 36,
            },
            "text_config": {
                "vocab_size": recipe.vocabulary,
                "hidden_size": 256,
                "intermediate_size": 704,
                "num_hidden_layers": 4,
                "num_attention_heads": 8,
                "num_key_value_heads": 4,
                "rms_norm_eps": 1e-5,
                "rope_theta": 10000.0,
                "max_position_embeddings": 4096,
            },
        }
    )


def train_starter(data: Path, out: Path, recipe: StarterRecipe, backbone: Path | None = None) -> Pack:
    """Run or go on with the recipe; returns the pack, written to `out`/pack.

    Args:
        data: Folder with cxr/ and reports/.
        out: For checkpoints, caches and the pack.
        recipe: All settings.
        backbone: The published encoder's file; None looks for the installed package.
    """
    published = read_backbone(find_backbone(backbone))
    out.mkdir(parents=True, exist_ok=True)
    films = read_films(data, recipe.tiers)
    check_patients(films)
    squares = cached_squares(films, recipe.cached_side, out / "cache")
    training = np.array([film.split == "train" for film in films])
    real = film_set([f for f in films if f.split == "train"], squares[training])
    studies = list(cached_studies(out / "phantoms", 0, recipe.phantoms, recipe.cached_side))
    bank = film_bank([f for f in films if f.split == "train"], real, studies)
    seeing = train_encoder(bank.films, published, recipe.encoder, recipe.seed, out / "encoder.pt")
    reports = read_reports(data)
    tokenizer_json = _vocabulary(out, reports, comparison_sentences(data), recipe)
    tokenizer = M4cxrTokenizer(tokenizer_json, model_config(recipe).image_tokens)
    model, heads = new_starter(recipe, seeing)
    wording = Wording(reports)
    tasks = Tasks(wording, ChangeWording(comparison_sentences(data)), phrases(reports), reports)
    train_text(model, tokenizer, tasks, recipe.text, recipe.seed, out / "text.pt")
    train_joint(
        model, heads, tokenizer, tasks, bank, studies, seeing, recipe.joint, recipe.seed, out / "joint.pt"
    )
    cnns = _plain_cnns(out, real, recipe)
    plain = plain_answers(cnns, films, squares, recipe.plain_cnn.side)
    return finish(
        model,
        tokenizer_json,
        films,
        test_phantoms(out, recipe),
        out / "pack",
        VERSION,
        plain=plain,
        wording=wording,
    )


def new_starter(recipe: StarterRecipe, seeing: Seeing) -> tuple[M4cxr, VisionHeads]:
    """A model that sees with the trained encoder and can't speak yet, and the scaffolds around its abstractor.

    Attention is computed the plain way: on CPUs the fused kernel's backward pass in bfloat16 is five times slower.
    """
    config = model_config(recipe)
    model = new_m4cxr(config, recipe.seed)
    model.vision_model.to(memory_format=torch.channels_last)
    model.vision_model.load_state_dict(seeing.encoder.state_dict())
    model.language_model.set_attn_implementation("eager")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        heads = VisionHeads(int(config.language["hidden_size"]), len(LABELS))
    return model, heads


def test_phantoms(out: Path, recipe: StarterRecipe) -> list[PhantomStudy]:
    """Phantoms of anatomies that are never trained on."""
    return list(cached_studies(out / "phantoms", TEST_SEEDS, recipe.test_phantoms, recipe.cached_side))


def check_patients(films: Sequence[LabelledFilm]) -> None:
    """Raise ValueError if films of one patient are on two sides of the split."""
    sides: dict[str, set[str]] = {}
    for film in films:
        sides.setdefault(film.patient_id, set()).add(film.split)
    if torn := [patient for patient, splits in sides.items() if len(splits) > 1]:
        raise ValueError(f"{len(torn)} patients are in two splits, the first is {torn[0]}")


def _vocabulary(
    out: Path, reports: Sequence[Report], comparisons: Sequence[str], recipe: StarterRecipe
) -> bytes:
    file = out / "tokenizer.json"
    if not file.is_file():
        texts = [text for report in reports for text in (report.findings, report.impression) if text]
        file.write_bytes(train_vocabulary([*texts, *comparisons], recipe.vocabulary))
    return file.read_bytes()


def _plain_cnns(out: Path, real: FilmSet, recipe: StarterRecipe) -> list[PlainCnn]:
    return [
        load_or_train_cnn(
            out / f"plain-cnn-{seed}.pt", real.squares, real.labels, recipe.plain_cnn, recipe.seed + seed
        )
        for seed in range(1, recipe.plain_cnns + 1)
    ]
