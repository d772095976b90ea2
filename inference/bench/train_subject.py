"""What both ways of training are given: the starter, phantom films with reports, and one stream of conversations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.backend import FINDINGS, FilmInput, Role
from inference.models.checkpoint import read_json
from inference.models.config import M4cxrConfig
from inference.packs import BUNDLED, CONFIG, DEFAULT_PACK, PREPROCESSOR, TOKENIZER, open_pack
from inference.phantom import PhantomFilm, project, sample_case
from inference.preprocess import PictureProcessor
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.mix import PUBLISHED, TaskMix
from inference.training.plan import LoraPlan, PhasePlan, Precision, TrainingPlan
from inference.training.rows import DataSet, Known, KnownBox, KnownFilm, KnownStudy, Split
from inference.training.samples import Sample
from inference.wire import attributes_json, film_digest
from viewer.core.study import PixelDescription

STARTER = BUNDLED / DEFAULT_PACK
SOURCE = "phantoms"
FILM_SIZE = (512, 512)
LATERAL_SHARE = 3  # one study in three has a lateral
SAMPLES, FILMS = "samples.json", "films.npz"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A run's plan and its samples, in the order of their draws, with their films."""

    plan: TrainingPlan
    phase: PhasePlan
    dataset: DataSet
    samples: tuple[Sample, ...]

    def draw(self, index: int) -> Sample:
        """Beyond the end it starts again: the learner's order looks a few steps ahead."""
        return self.samples[index % len(self.samples)]

    def tokenizer(self) -> M4cxrTokenizer:
        config = M4cxrConfig.from_json(read_json(STARTER / CONFIG))
        return M4cxrTokenizer(STARTER / TOKENIZER, config.image_tokens)

    def processor(self) -> PictureProcessor:
        return PictureProcessor.from_preprocessor_config(read_json(STARTER / PREPROCESSOR))


def write_subject(folder: Path, studies: int, steps: int) -> None:
    """Compute the films and draw the samples, once for all runs: half a second a film.

    The samples come from the trainer's own task mix, with the published weights of what phantoms can feed.
    """
    films: dict[str, FilmInput] = {}
    known = tuple(_study(seed, films) for seed in range(studies))
    dataset = DataSet(SOURCE, known, lambda film: films[film.key])
    phase = bench_phase(steps)
    sides: dict[str, Split] = dict.fromkeys((study.patient for study in known), "train")
    image_tokens = M4cxrConfig.from_json(read_json(STARTER / CONFIG)).image_tokens
    mix = TaskMix([dataset], sides, phase, takes_synthetic=True, image_tokens=image_tokens)
    samples = [mix.draw(index) for index in range(steps * phase.batch)]
    rows = [{"id": s.id, "task": s.task, "text": s.text, "films": [f.key for f in s.films]} for s in samples]
    (folder / SAMPLES).write_text(json.dumps({"steps": steps, "samples": rows}), "utf-8")
    stored: dict[str, Any] = {key: film.stored for key, film in films.items()}
    np.savez(folder / FILMS, **stored)


def read_subject(folder: Path, precision: Precision) -> Drawn:
    """What `write_subject` wrote, as both ways take it; the films are in memory."""
    told = json.loads((folder / SAMPLES).read_text("utf-8"))
    with np.load(folder / FILMS, allow_pickle=False) as file:
        films = {key: _input(file[key]) for key in file}
    samples = tuple(
        Sample(
            row["id"],
            SOURCE,
            row["id"],
            row["id"],
            row["task"],
            row["text"],
            tuple(map(KnownFilm, row["films"])),
        )
        for row in told["samples"]
    )
    phase = bench_phase(told["steps"])
    pack = open_pack(STARTER).sha256
    plan = TrainingPlan(str(STARTER), pack, (), (phase,), precision=precision, takes_synthetic=True)
    return Drawn(plan, phase, DataSet(SOURCE, (), lambda film: films[film.key]), samples)


def bench_phase(steps: int) -> PhasePlan:
    """Phase 2 as a small site runs it: abstractor and LoRA learn, the encoder stays (backend.md §9)."""
    return PhasePlan(
        "instruction",
        ("abstractor", "lora"),
        dict(PUBLISHED),
        steps,
        batch=16,
        micro_batch=8,
        learning_rate=1e-4,
        weight_decay=1e-4,
        warm_up=5,
        lora=LoraPlan(),
    )


def _study(seed: int, films: dict[str, FilmInput]) -> KnownStudy:
    case = sample_case(seed)
    shown = [project(case, "PA", FILM_SIZE)]
    if seed % LATERAL_SHARE == 0:
        shown.append(project(case, "LL", FILM_SIZE))
    known = []
    for film in shown:
        key = f"{seed}-{film.view}"
        films[key] = _input((np.clip(film.picture, 0, 1) * 255).round().astype(np.uint8))
        known.append(_film(key, film))
    labels: Mapping[str, Known] = {
        name: "present" if name in shown[0].findings else "absent" for name in FINDINGS
    }
    report = _report(shown[0], Random(seed))  # noqa: S311  # repeatable, not secret
    return KnownStudy(f"study {seed}", f"seed {seed}", f"patient {seed}", tuple(known), report, labels=labels)


def _film(key: str, film: PhantomFilm) -> KnownFilm:
    boxes = tuple(KnownBox(box.label, box.xyxy) for box in film.boxes)
    organs = tuple(KnownBox(organ.label, organ.xyxy, "anatomy") for organ in film.organs)
    view = "LATERAL" if film.view == "LL" else film.view
    role: Role = "lateral" if film.view == "LL" else "current"
    return KnownFilm(
        key,
        view,
        role,
        boxes=(*boxes, *organs),
        boxes_complete=frozenset(FINDINGS),
        size=FILM_SIZE,
        is_synthetic=True,
    )


def _input(stored: NDArray[np.uint8]) -> FilmInput:
    bare = FilmInput("", stored, PixelDescription(*stored.shape), is_synthetic=True)
    return replace(bare, image_sha256=film_digest(stored, attributes_json(bare)))


def _report(film: PhantomFilm, lot: Random) -> str:
    """What shows, sentence by sentence, then some of what does not: as long and as uneven as reports are."""
    seen = [
        f"There is {fact.grade} {fact.label} in the {fact.side} {fact.zone}."
        for fact in film.facts
        if fact.is_visible
    ]
    absent = [name for name in FINDINGS if name not in film.findings]
    unseen = [f"No {name} is seen." for name in lot.sample(absent, lot.randint(1, min(6, len(absent))))]
    return " ".join([*seen, *unseen])
