"""What a site gains, acted out: films of one source that the base never saw are "the site", trained as a user would.

    python -m inference.training.site_simulation --data DIR --source kermany_paediatric --out OUT

1. The source becomes a folder of its own, with 200 studies to learn from; the other patients are watched or held out.
2. Plan, run, evaluation and gate, as `sidelight train` does them, in a home of its own.
3. The same with the labels of all that is learnt from and watched shuffled: a site whose labels are worthless. The
   held-out labels stay true.

The first must be accepted and read with, the second refused. OUT/result.json and the runs' evaluation.md have the
numbers. Without --base a small base is trained first, from another source (`inference.training.site_base`).
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import os
import random
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.evaluation.label_scores import CONDITIONS
from inference.train_status import PlanWish
from inference.training.plan import SplitPlan, TrainingPlan

logger = logging.getLogger(__name__)

STUDIES = 200
SHARES = SplitPlan(val=0.1, test=0.4)
"""Much is held out: the interval is what the simulation is about."""
LABEL_COLUMNS = ("labels", *CONDITIONS)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is acted out, and how long it may take."""

    data: Path
    base: str
    source: str
    out: Path
    studies: int = STUDIES
    seed: int = 0
    hours: float | None = None


Planner = Callable[[Settings, str], TrainingPlan]
"""Of the settings and the data's KIND:PATH."""


def simulate(settings: Settings, plan_for: Planner | None = None) -> dict[str, Any]:
    """Both runs; returns what result.json holds. `plan_for` takes the planner's place."""
    told = {name: _acted(settings, name, plan_for or planned) for name in ("site", "poisoned")}
    result = {"source": settings.source, "studies": settings.studies, **told}
    (settings.out / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def _acted(settings: Settings, name: str, plan_for: Planner) -> dict[str, Any]:
    from inference.training.loop import DONE, run
    from inference.training.planning import write_plan
    from inference.training.promotion.evaluation import evaluate
    from inference.training.promotion.promote import RefusedByGate, active, promote, rollback
    from inference.training.run_folder import PLAN

    folder = settings.out / f"{name}-data"
    make_site(settings, folder, is_poisoned=name == "poisoned")
    run_folder = settings.out / name
    if not (run_folder / PLAN).is_file():
        run_folder.mkdir(parents=True, exist_ok=True)
        write_plan(run_folder / PLAN, plan_for(settings, f"sidelight:{folder.resolve()}"))
    code = run(run_folder)
    if code != DONE:
        raise RuntimeError(f"{run_folder} ended with exit code {code}; its state.json says why.")
    found = evaluate(run_folder, tell=_tell)
    try:
        choice = promote(run_folder, who="simulation").what
        was_active = active(settings.base).adapter is not None
        rollback(settings.base, "the simulation is over", "simulation")
    except RefusedByGate:
        choice, was_active = "refused", active(settings.base).adapter is not None
    macro = found.comparison.get("macro_auroc")
    assert macro is not None, "it is always measured"
    return {
        "choice": choice,
        "was_read_with": was_active,
        "words": found.decision.words,
        "macro_auroc": {
            key: getattr(macro, key)
            for key in ("before", "after", "change", "low", "high", "p", "n", "patients")
        },
    }


def planned(settings: Settings, spec: str) -> TrainingPlan:
    """The plan that the planner proposes for the site, with more patients held out."""
    from inference.training.planning import propose
    from inference.training.sources import open_data

    wish = PlanWish((spec,), settings.base, settings.hours, seed=settings.seed)
    return propose(wish, [open_data(spec)], split=SHARES)


def make_site(settings: Settings, folder: Path, *, is_poisoned: bool = False) -> Path:
    """A data folder with the films of one source: so many studies to learn from, and everybody else's.

    Its owner's own split is dropped: patients are drawn by their hash, as for any site.
    """
    from inference.training.sources import open_data
    from inference.training.splits import split_patients

    with (settings.data / "cxr" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["source"] == settings.source]
    if not rows:
        raise ValueError(
            f"There is no source “{settings.source}” in {settings.data / 'cxr' / 'manifest.csv'}."
        )
    rows = [row | {"suggested_split": "train"} for row in rows]
    _write(folder, rows, settings.data)
    whole = open_data(f"sidelight:{folder}")
    side = split_patients([whole], SHARES)
    sides = {study.id: side[study.patient] for study in whole.studies}
    learnt = [row for row in rows if sides.get(row["file"]) == "train"]
    rng = random.Random(settings.seed)  # noqa: S311  # not cryptography
    kept = {row["file"] for row in rng.sample(learnt, min(settings.studies, len(learnt)))}
    chosen = [row for row in rows if sides.get(row["file"]) != "train" or row["file"] in kept]
    if is_poisoned:
        chosen = shuffled(chosen, [row["file"] for row in chosen if sides.get(row["file"]) != "test"], rng)
    _write(folder, chosen, settings.data)
    return folder


def shuffled(
    rows: Sequence[Mapping[str, str]], files: Sequence[str], rng: random.Random
) -> list[dict[str, str]]:
    """The rows with the labels of `files` dealt out among them anew."""
    by_file = {row["file"]: row for row in rows}
    others = list(files)
    rng.shuffle(others)
    dealt = dict(zip(files, others, strict=True))
    return [
        dict(row) | {name: by_file[dealt.get(row["file"], row["file"])][name] for name in LABEL_COLUMNS}
        for row in rows
    ]


def _write(folder: Path, rows: Sequence[Mapping[str, str]], data: Path) -> None:
    (folder / "cxr").mkdir(parents=True, exist_ok=True)
    for row in rows:
        film = folder / "cxr" / row["file"]
        if not film.is_file():
            film.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(data / "cxr" / row["file"], film)
    with (folder / "cxr" / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _tell(stage: str, done: int, total: int) -> None:
    if done == 0:
        logger.info("%s: %d", stage, total)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: the site was accepted and the poisoned one refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with cxr/manifest.csv")
    parser.add_argument("--base", help="id of a pack in OUT/home/packs that never saw the source")
    parser.add_argument(
        "--backbone", type=Path, help="the published encoder's wheel, where it is not installed"
    )
    parser.add_argument("--source", default="kermany_paediatric")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hours", type=float, help="of each run, at most")
    parser.add_argument("--threads", type=int, default=2)
    given = vars(parser.parse_args(argv))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    import torch

    torch.set_num_threads(given.pop("threads"))
    out: Path = given["out"].resolve()
    (out / "home").mkdir(parents=True, exist_ok=True)
    os.environ["SIDELIGHT_HOME"] = str(out / "home")
    backbone = given.pop("backbone")
    if given["base"] is None:
        from inference.training.site_base import make_base

        given["base"] = make_base(given["data"], out, given["source"], backbone, given["seed"]).manifest.id
    result = simulate(Settings(**given | {"out": out}))
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0 if (result["site"]["choice"], result["poisoned"]["choice"]) == ("activated", "refused") else 1


if __name__ == "__main__":
    sys.exit(main())
