"""Drawn films with a planted rule: a bright square in the upper right corner is a fracture. In CheXpert's form.

PYTHONPATH=.:tests python tests/planted_rule.py FOLDER trains the bundled starter on it, as `sidelight train run` would,
and prints how the loss fell and how many questions about fresh films are answered rightly.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.plain import to_plain
from inference.training.plan import LoraPlan, PhasePlan, TrainingPlan
from inference.training.run_folder import LOG, PLAN

FINDING = "Fracture"
COLUMNS = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", "No Finding", FINDING, "Support Devices")


def drawn_film(seed: int, has_square: bool) -> NDArray[np.uint8]:
    """(160, 160) grey: two dark lungs of varying place and size on a bright body, and perhaps the square."""
    lot = np.random.default_rng(seed)
    y, x = np.mgrid[0:160, 0:160]
    film = 150 + 20 * np.sin(x / lot.uniform(15, 40)) + lot.normal(0, 6, (160, 160))
    for center in (50, 110):
        wide, high = lot.uniform(22, 30), lot.uniform(45, 58)
        at_x, at_y = center + lot.uniform(-5, 5), 82 + lot.uniform(-6, 6)
        film[((x - at_x) / wide) ** 2 + ((y - at_y) / high) ** 2 < 1] -= lot.uniform(70, 90)
    if has_square:
        side, top, left = int(lot.integers(20, 28)), int(lot.integers(4, 10)), int(lot.integers(126, 132))
        film[top : top + side, left : left + side] = 250
    return film.clip(0, 255).astype(np.uint8)


def write_films(folder: Path, train: int, val: int) -> Path:
    """A folder with train.csv, valid.csv and a film per patient, half of them with the square."""
    for table, count, first in (("train", train, 0), ("valid", val, 100_000)):
        rows = []
        for at in range(first, first + count):
            path = Path("CheXpert-v1.0-small", table, f"patient{at:06d}", "study1", "view1_frontal.png")
            place = folder / Path(*path.parts[1:])
            place.parent.mkdir(parents=True)
            Image.fromarray(drawn_film(at, at % 2 == 0)).save(place)
            rows.append((path.as_posix(), "Female", 60, "Frontal", "PA", "", float(at % 2 == 0), ""))
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
    return folder


def planted_plan(films: Path, steps: int, pack: str = "starter", **changes: object) -> TrainingPlan:
    values: dict[str, object] = {
        "name": "instruction", "parts": ("abstractor", "lora"), "tasks": {"yes_no": 1.0}, "steps": steps,
        "batch": 16, "micro_batch": 16, "learning_rate": 1e-3, "weight_decay": 1e-4, "warm_up": 5,
        "lora": LoraPlan(), "save_every": 20, "metric": "macro_auroc", "evaluate_every": steps // 2,
    }  # fmt: skip
    phase = PhasePlan(**{**values, **changes})  # type: ignore[arg-type]  # fields by name
    return TrainingPlan(pack=pack, pack_sha256="", data=(f"chexpert:{films}",), phases=(phase,), seed=1)


def write_run(folder: Path, plan: TrainingPlan) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAN).write_text(json.dumps(to_plain(plan)), encoding="utf-8")
    return folder


def losses(run: Path) -> list[float]:
    rows = [json.loads(line) for line in (run / LOG).read_text().splitlines()]
    return [row["loss"] for row in rows if row["what"] == "step_taken"]


def share_answered_rightly(run: Path, plan: TrainingPlan, fresh: Path, count: int) -> float:
    """Of yes/no questions about films that nobody has seen: the likelier answer of the two is the right one."""
    from dataclasses import replace

    from inference.training.learner.collate import Collator
    from inference.training.learner.learner import load_learner
    from inference.training.mix import TaskMix
    from inference.training.sources import open_data
    from inference.training.splits import split_patients

    phase = plan.phases[-1]
    dataset = open_data(f"chexpert:{write_films(fresh, 2, count)}")
    mix = TaskMix([dataset], split_patients([dataset]), phase, image_tokens=36)
    learner = load_learner(plan, phase, begin=run / "adapter")
    collator = Collator(learner, [dataset])
    right = 0
    samples = mix.validation()
    with learner.judged():
        for sample in samples:
            asked = sample.text.removesuffix("Yes.</s>").removesuffix("No.</s>")
            assert asked != sample.text
            yes, no = (
                float(learner(collator([replace(sample, text=f"{asked}{answer}</s>")], varied=False)))
                for answer in ("Yes.", "No.")
            )
            right += (yes < no) == sample.text.endswith("Yes.</s>")
    return right / len(samples)


def main(folder: Path) -> None:
    from inference.training.loop import run

    began = time.monotonic()
    plan = planted_plan(write_films(folder / "films", 200, 20), 30)
    code = run(write_run(folder / "run", plan))
    taken = losses(folder / "run")
    print(f"exit code {code}, {len(taken)} steps, {time.monotonic() - began:.0f} s with the films' drawing")
    print(f"loss: first five {np.mean(taken[:5]):.3f}, last five {np.mean(taken[-5:]):.4f}")
    print(f"fresh films: {share_answered_rightly(folder / 'run', plan, folder / 'fresh', 100):.1%} right")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
