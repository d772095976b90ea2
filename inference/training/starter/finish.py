"""From a trained model to the pack: calibrate on one set of held-out films, score on another, write it down."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference.models.m4cxr import M4cxr
from inference.packs import Pack
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.starter.engine_scores import engine_scores
from inference.training.starter.films import LabelledFilm
from inference.training.starter.judge import (
    Judged,
    against,
    aurocs,
    fit_reading,
    judge_films,
    judge_phantoms,
    list_scores,
    unmeasured,
)
from inference.training.starter.phantoms import PhantomStudy
from inference.training.starter.tasks import ORGANS
from inference.training.starter.wording import Wording
from inference.training.starter.write_pack import write_starter

logger = logging.getLogger(__name__)

ADULTS = "nih and nih_64px"
COMMAND = "sidelight train starter --data DIR --out DIR"
BOX_FINDINGS = (
    "cardiomegaly",
    "lung opacity",
    "consolidation",
    "pneumonia",
    "atelectasis",
    "pneumothorax",
    "pleural effusion",
)
CERTAINTY_BAND = 1.0
"""Of the log odds: real films taken twice stay within it on ten films of eleven (docs/changes.md)."""
"""Findings whose boxes are shown. Not lung lesion: on held-out films one box in twenty met a lesion."""


def finish(
    model: M4cxr,
    tokenizer_json: bytes,
    films: Sequence[LabelledFilm],
    phantoms: Sequence[PhantomStudy],
    folder: Path,
    version: str = "0.1.0",
    *,
    with_readings: bool = True,
    plain: Sequence[Judged] = (),
    wording: Wording | None = None,
) -> Pack:
    """Calibrate, score and write the pack into `folder`. Training films are not looked at.

    `with_readings` False leaves out the scores of boxes and whole readings, which take minutes. `plain` are the answers
    of the plain CNNs for the test films, `wording` composes references for the reports.
    """
    tokenizer = M4cxrTokenizer(tokenizer_json, model.config.image_tokens)
    model = model.eval()
    real_val = judge_films(model, tokenizer, [f for f in films if f.split == "val"])
    real_test = judge_films(model, tokenizer, [f for f in films if f.split == "test"])
    phantom_test = judge_phantoms(model, tokenizer, [study.frontal for study in phantoms])
    reading, curves = fit_reading(by_source(real_val)[ADULTS])
    reading["box_findings"] = list(BOX_FINDINGS)
    reading["change"] = {"certainty_band": CERTAINTY_BAND}
    scores: dict[str, Any] = {"command": COMMAND, "real_films_held_out": {}}
    for name, part in by_source(real_test).items():
        scores["real_films_held_out"][name] = aurocs(part) | list_scores(part, curves, reading["decision"])
        if plain:
            others = [by_source(one)[name] for one in plain]
            scores["real_films_held_out"][name]["plain_cnns"] = against(others, part)
    scores["phantoms_held_out"] = aurocs(phantom_test) | list_scores(
        phantom_test, curves, reading["decision"]
    )
    scores["phantoms_held_out"]["thresholds_of_other_phantoms"] = own_thresholds(phantom_test)
    not_assessed = unmeasured(films)

    def write() -> Pack:
        card = model_card(scores, not_assessed)
        return write_starter(folder, model, tokenizer_json, version, reading, scores, not_assessed, card)

    pack = write()
    if with_readings:  # boxes and readings are scored through the pack as it now stands
        test = [film for film in films if film.split == "test"]
        for group, found in engine_scores(pack, test, phantoms, BOX_FINDINGS, wording).items():
            scores[group] |= found
        pack = write()
    logger.info("%s", json.dumps(scores))
    return pack


def own_thresholds(judged: Judged) -> dict[str, float]:
    """List scores of one half with calibration and thresholds of the other: what the seeing alone would allow.

    The pack's thresholds are those of real films, on which phantoms are rare birds.
    """
    first = np.arange(len(judged.p)) % 2 == 0
    reading, curves = fit_reading(judged.where(first))
    return list_scores(judged.where(~first), curves, reading["decision"])


def by_source(judged: Judged) -> dict[str, Judged]:
    """The films of each source with labels by themselves: labels and sources are confounded."""
    names = sorted({source for source in judged.sources if source != "hannover"})
    sources = np.array(judged.sources)
    nih = np.isin(sources, ["nih", "nih_64px"])
    return {name: judged.where(sources == name) for name in names} | {ADULTS: judged.where(nih)}


def _box_lines(scores: dict[str, Any]) -> list[str]:
    lines = []
    for name, found in scores["real_films_held_out"].get("boxes", {}).items():
        if found.get("boxes"):
            lines.append(
                f"Boxes of {name} on held-out real films ({found['boxes']} boxes): mean IoU {found['mean_iou']}, "
                f"centre inside the true box {found['hit_rate']}."
            )
    phantom = scores["phantoms_held_out"].get("boxes", {})
    if phantom.get("boxes"):
        lines.append(
            f"Boxes on held-out phantoms: mean IoU {phantom['mean_iou']} ({phantom['boxes']} boxes)."
        )
    return lines


def model_card(scores: dict[str, Any], not_assessed: Sequence[str]) -> str:
    """What a reader should know, in plain words, from the measured numbers."""
    nih = scores["real_films_held_out"].get("nih", {})
    macro = nih.get("macro_auroc")
    lines = [
        "Small demonstration model. Expect errors. Research use only, not a medical device. Built as M4CXR is "
        "(encoder, C-Abstractor, Mistral), with a small convolutional encoder pretrained on ImageNet "
        "(EfficientNet-Lite0)."
    ]
    if macro:
        lines.append(
            f"On {nih['films']} held-out NIH films of patients it never saw, its yes/no has a macro AUROC of "
            f"{macro['value']} (95 % interval {macro['low']} to {macro['high']}) over {macro['findings']} findings."
        )
    for number, plain in enumerate(nih.get("plain_cnns", ())):
        gain = plain.get("starter_above_it")
        if gain and number == 0:
            lines.append(
                f"A plain CNN trained beside it on the same films: {plain['macro_auroc']['value']}; the starter is "
                f"{gain['value']} above it ({gain['low']} to {gain['high']})."
            )
    phantom = scores["phantoms_held_out"].get("macro_auroc")
    if phantom:
        lines.append(f"On held-out digital phantoms: {phantom['value']} over {phantom['findings']} findings.")
    lines += _box_lines(scores)
    lines.append(f"Not assessed (too few held-out real films to measure it): {', '.join(not_assessed)}.")
    lines.append(
        "Labels of the NIH films were mined from reports (about one in ten is wrong). Boxes were learnt from phantoms, "
        "and on real films for lung opacity and lung lesion only. Sides and sizes in the report text are not reliable. "
        f"Anatomy it can place: {', '.join(ORGANS.values())}."
    )
    return "\n".join(lines)
