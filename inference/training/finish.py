"""From a trained model to the pack: calibrate on one set of held-out films, score on another, write it down."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference.evaluation.auroc import FEWEST
from inference.models.m4cxr import M4cxr
from inference.packs import Pack
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.films import LABELS, LabelledFilm
from inference.training.judge import (
    Judged,
    aurocs,
    fit_reading,
    judge_films,
    judge_phantoms,
    list_scores,
    unlearnt,
)
from inference.training.phantoms import PhantomStudy
from inference.training.tasks import ORGANS
from inference.training.write_pack import write_starter

logger = logging.getLogger(__name__)

COMMAND = "sidelight train starter --data DIR --out DIR"
BOX_FINDINGS = (
    "cardiomegaly", "lung opacity", "lung lesion", "consolidation", "pneumonia", "atelectasis", "pneumothorax",
    "pleural effusion",
)  # fmt: skip
"""Findings whose boxes were trained and are worth drawing."""


def finish(
    model: M4cxr,
    tokenizer_json: bytes,
    films: Sequence[LabelledFilm],
    phantoms: Sequence[PhantomStudy],
    folder: Path,
    version: str = "0.1.0",
) -> Pack:
    """Calibrate, score and write the pack into `folder`. Training films are not looked at."""
    tokenizer = M4cxrTokenizer(tokenizer_json, model.config.image_tokens)
    model = model.eval()
    real_val = judge_films(model, tokenizer, [f for f in films if f.split == "val"])
    real_test = judge_films(model, tokenizer, [f for f in films if f.split == "test"])
    half = len(phantoms) // 2  # one half calibrates, the other is scored
    phantom_val = judge_phantoms(model, tokenizer, [s.frontal for s in phantoms[:half]])
    phantom_test = judge_phantoms(model, tokenizer, [s.frontal for s in phantoms[half:]])
    reading, curves = fit_reading(real_val, phantom_val)
    reading["box_findings"] = list(BOX_FINDINGS)
    scores: dict[str, Any] = {"command": COMMAND, "real_films_held_out": {}}
    for name, part in by_source(real_test).items():
        scores["real_films_held_out"][name] = aurocs(part) | list_scores(part, curves, reading["decision"])
    scores["phantoms_held_out"] = aurocs(phantom_test) | list_scores(
        phantom_test, curves, reading["decision"]
    )
    not_assessed = unlearnt(films)
    card = model_card(scores, not_assessed, real_test)
    logger.info("%s", json.dumps(scores))
    return write_starter(folder, model, tokenizer_json, version, reading, scores, not_assessed, card)


def by_source(judged: Judged) -> dict[str, Judged]:
    """The films of each source with labels by themselves: labels and sources are confounded."""
    names = sorted({source for source in judged.sources if source != "hannover"})
    sources = np.array(judged.sources)
    nih = np.isin(sources, ["nih", "nih_64px"])
    return {name: judged.where(sources == name) for name in names} | {"nih and nih_64px": judged.where(nih)}


def model_card(scores: dict[str, Any], not_assessed: Sequence[str], test: Judged) -> str:
    """What a reader should know, in plain words, from the measured numbers."""
    nih = scores["real_films_held_out"].get("nih", {})
    macro = nih.get("macro_auroc")
    positives = {name: int((test.labels[:, i] == 1).sum()) for i, name in enumerate(LABELS[:-1])}
    few = [name for name, count in positives.items() if count < FEWEST and name not in not_assessed]
    lines = ["Small demonstration model. Expect errors. Research use only, not a medical device."]
    if macro:
        lines.append(
            f"On {nih['films']} held-out NIH films of patients it never saw, its yes/no has a macro AUROC of "
            f"{macro['value']} (95 % interval {macro['low']} to {macro['high']}) over {macro['findings']} findings."
        )
    phantom = scores["phantoms_held_out"].get("macro_auroc")
    if phantom:
        lines.append(f"On held-out digital phantoms: {phantom['value']} over {phantom['findings']} findings.")
    lines.append(f"Not assessed (too few real films to learn from): {', '.join(not_assessed)}.")
    if few:
        lines.append(f"Assessed, but with too few held-out real films to be measured: {', '.join(few)}.")
    lines.append(
        "Labels of the NIH films were mined from reports (about one in ten is wrong). Boxes were learnt from phantoms, "
        "and on real films for lung opacity and lung lesion only. Sides and sizes in the report text are not reliable. "
        f"Anatomy it can place: {', '.join(ORGANS.values())}."
    )
    return "\n".join(lines)
