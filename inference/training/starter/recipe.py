"""The recipe of the bundled starter, from the data folder to the pack. Read it from top to bottom.

1. Two small CNNs learn the labels of the real films (teachers, thrown away).
2. Encoder and abstractor learn to see from labels, teachers and boxes.
3. The language model learns the reports' language from text alone.
4. All three learn together: finding lists, yes/no, reports, places, priors, questions.
5. Held-out films calibrate it, other held-out films score it, and the pack is written.

Every stage keeps a checkpoint in the output folder and goes on from it after a kill. Every draw comes from the seed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.models.config import M4cxrConfig
from inference.models.m4cxr import M4cxr, new_m4cxr
from inference.packs import Pack
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.starter.changes import ChangeWording
from inference.training.starter.corpus import Report, comparison_sentences, phrases, read_reports
from inference.training.starter.film_bank import film_bank
from inference.training.starter.film_set import FilmSet, film_set
from inference.training.starter.films import LABELS, LabelledFilm, cached_squares, read_films
from inference.training.starter.finish import finish
from inference.training.starter.language_stage import JointSettings, LanguageSettings, train_joint, train_text
from inference.training.starter.phantoms import TEST_SEEDS, PhantomStudy, cached_studies
from inference.training.starter.tasks import Tasks
from inference.training.starter.teacher import Teacher, TeacherSettings, load_or_train_teacher
from inference.training.starter.vision_stage import VisionHeads, VisionSettings, train_vision
from inference.training.starter.vocabulary_stage import train_vocabulary
from inference.training.starter.wording import Wording

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StarterRecipe:
    """All settings of a run. The defaults made the bundled pack on two CPU cores (docs/starter-training.md)."""

    seed: int = 0
    tiers: tuple[str, ...] = ("A",)
    side: int = 168
    cached_side: int = 192  # larger than the model's, so that variations do not lose sharpness
    vocabulary: int = 2048
    phantoms: int = 240
    test_phantoms: int = 60
    teachers: int = 2
    teacher: TeacherSettings = field(default_factory=TeacherSettings)
    vision: VisionSettings = field(default_factory=VisionSettings)
    text: LanguageSettings = field(default_factory=LanguageSettings)
    joint: JointSettings = field(default_factory=JointSettings)


def model_config(recipe: StarterRecipe) -> M4cxrConfig:
    """M4CXR's architecture, small: 8 M parameters."""
    return M4cxrConfig.from_json(
        {
            "vision_config": {
                "encoder_type": "dinov2",
                "hidden_size": 192,
                "num_hidden_layers": 6,
                "num_attention_heads": 6,
                "image_size": recipe.side,
                "patch_size": 14,
            },
            "projector_config": {
                "encoder_hidden_size": 192,
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


def train_starter(data: Path, out: Path, recipe: StarterRecipe) -> Pack:
    """Run or go on with the recipe; returns the pack, written to `out`/pack."""
    out.mkdir(parents=True, exist_ok=True)
    films = read_films(data, recipe.tiers)
    check_patients(films)
    squares = cached_squares(films, recipe.cached_side, out / "cache")
    training = np.array([film.split == "train" for film in films])
    real = film_set([f for f in films if f.split == "train"], squares[training])
    studies = list(cached_studies(out / "phantoms", 0, recipe.phantoms, recipe.cached_side))
    reports = read_reports(data)
    tokenizer_json = _vocabulary(out, reports, comparison_sentences(data), recipe)
    tokenizer = M4cxrTokenizer(tokenizer_json, model_config(recipe).image_tokens)
    model, heads = new_starter(recipe)
    teachers = _teachers(out, real, recipe)
    bank = film_bank([f for f in films if f.split == "train"], real, studies)
    train_vision(model, heads, bank.films, teachers, recipe.vision, recipe.seed, out / "vision.pt")
    tasks = Tasks(Wording(reports), ChangeWording(comparison_sentences(data)), phrases(reports), reports)
    train_text(model, tokenizer, tasks, recipe.text, recipe.seed, out / "text.pt")
    train_joint(
        model, heads, tokenizer, tasks, bank, studies, teachers, recipe.joint, recipe.seed, out / "joint.pt"
    )
    return finish(model, tokenizer_json, films, test_phantoms(out, recipe), out / "pack")


def new_starter(recipe: StarterRecipe) -> tuple[M4cxr, VisionHeads]:
    """An untrained model and the scaffolds of its vision stage.

    Attention is computed the plain way: on CPUs the fused kernel's backward pass in bfloat16 is five times slower.
    """
    config = model_config(recipe)
    model = new_m4cxr(config, recipe.seed)
    model.vision_model.set_attn_implementation("eager")
    model.language_model.set_attn_implementation("eager")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        heads = VisionHeads(
            int(config.vision["hidden_size"]),
            int(config.language["hidden_size"]),
            len(LABELS),
            6 * recipe.teacher.width,
        )
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


def _teachers(out: Path, real: FilmSet, recipe: StarterRecipe) -> list[Teacher]:
    squares: NDArray[np.uint8] = real.squares
    return [
        load_or_train_teacher(
            out / f"teacher-{seed}.pt", squares, real.labels, recipe.teacher, recipe.seed + seed
        )
        for seed in range(1, recipe.teachers + 1)
    ]
