"""Train the view network: `python -m inference.training.view.recipe --data DATA --out FOLDER --cache FOLDER`.

Needs the data folder (see its README) and the `dev` extra (onnx, scikit-learn); about five minutes on one free core,
and half an hour more where the phantoms are not in the cache yet (it is the starter's: 240-pixel phantoms). What it
learns from and what it is measured on stands in the manifest that it writes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from inference.film_view import SEEN_VIEWS, SIDE, Sure, load_film_look
from inference.training.view.data import (
    LATERAL,
    ViewPictures,
    no_chest,
    phantoms,
    real_films,
)
from inference.training.view.learn import train
from inference.training.view.measure import measured
from inference.training.view.net import ViewNet, ViewProbabilities

log = logging.getLogger("view")
_HELD_OUT_SEED = 950_000
_TRAINED_ON = {
    True: "the tier B laterals (training patients), ",
    False: "no real lateral, ",
}
_LICENCE = {
    True: "Weights non-commercial, research only: 29 of the training pictures are laterals under CC BY-NC-SA or "
    "CC BY-NC-ND (licence tier B). ",
    False: "",
}
_FILMS = (
    "Frontal films: NIH ChestX-ray14 (NIH Clinical Center), Kermany et al. (CC BY 4.0), Hannover Medical School "
    "(CC BY 3.0)."
)


def training_pictures(data: Path, cache: Path, *, with_laterals: bool) -> ViewPictures:
    """All that the network learns from."""
    real = real_films(data, tiers="A", split="train")
    parts = [real, phantoms(cache, 1400, is_test=False), no_chest(real, (2400, 500, 300, 400), 0)]
    if with_laterals:
        films = real_films(data, tiers="B", split="train")
        parts.append(films.pick(films.view == LATERAL))
    return ViewPictures.join(*parts)


def held_out_pictures(data: Path, cache: Path, *, with_laterals: bool) -> ViewPictures:
    """All that it is measured on: patients, sources and seeds that it never saw."""
    real, others = real_films(data, tiers="A", split="val"), real_films(data, tiers="BC")
    parts = [
        real,
        others.pick(others.view != LATERAL),
        phantoms(cache, 120, is_test=True),
        no_chest(real, (510, 100, 0, 100), _HELD_OUT_SEED),
    ]
    if with_laterals:
        other_patients = real_films(data, tiers="B", split="val"), real_films(data, tiers="C")
        parts += [films.pick(films.view == LATERAL) for films in other_patients]
    else:
        parts.append(others.pick(others.view == LATERAL))
    return ViewPictures.join(*parts)


def export(net: ViewNet, path: Path) -> None:
    """Write the network as ONNX, weights inside."""
    torch.onnx.export(
        ViewProbabilities(net).eval(),
        (torch.zeros(2, 1, SIDE, SIDE),),
        path,
        input_names=["picture"],
        output_names=["view", "turns", "inverted", "mirrored"],
        dynamic_axes={name: {0: "films"} for name in ("picture", "view", "turns", "inverted", "mirrored")},
        opset_version=17,
        dynamo=False,
    )


def write_manifest(
    out: Path, sure: Sure, measured: dict[str, Any], command: str, *, with_laterals: bool
) -> None:
    """Say what the network is, how it was measured and what it may not be trusted with."""
    weights = (out / "view.onnx").read_bytes()
    manifest = {
        "schema_version": 1,
        "id": "cxr-view",
        "version": "1",
        "title": "View of a chest film, and how it hangs",
        "side": SIDE,
        "views": list(SEEN_VIEWS),
        "sure": asdict(sure),
        "files": {"view.onnx": {"sha256": hashlib.sha256(weights).hexdigest(), "size": len(weights)}},
        "training_data": "Trained on frontal films of licence tier A (training patients), "
        + _TRAINED_ON[with_laterals]
        + "computed phantoms, drawn scenes, pieces of films, scrambled films, photographs. Held out: tier A "
        "films of the other patients, all frontal films of tiers B and C (sources never trained on), all other "
        "laterals, phantoms and scenes of other seeds.",
        "licence": _LICENCE[with_laterals] + _FILMS,
        "measured": measured,
        "measured_with": command,
        "known_failures": "PA and AP look alike in many films, and which is taken differs between hospitals: on films "
        "of sources that were not trained on, PA against AP is much less often right (measured.pa_against_ap). "
        "A mirrored film can't be told from one of a heart that lies on the right. Of laterals nobody can tell whether "
        "they are mirrored. One real lateral in ten is seen as something else, and a turned one in two is not seen as "
        "turned. A plain grey wedge is seen as a frontal film: what is read is for the gate to decide.",
    }
    (out / "manifest.json").write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def main(argv: list[str] | None = None) -> int:
    """Train, export, measure what was exported."""
    parser = argparse.ArgumentParser(description="Train the network that sees a film's view.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder of computed phantoms")
    parser.add_argument("--laterals", action="store_true", help="learn from the tier B laterals too")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    torch.set_num_threads(1)
    told.out.mkdir(parents=True, exist_ok=True)
    pictures = training_pictures(told.data, told.cache, with_laterals=told.laterals)
    log.info("training on %d pictures", len(pictures))
    export(train(pictures, told.steps, told.seed), told.out / "view.onnx")
    laterals = " --laterals" if told.laterals else ""
    command = (
        "python -m inference.training.view.recipe --data DATA --out FOLDER --cache FOLDER "
        f"--steps {told.steps} --seed {told.seed}{laterals}"
    )
    sure = Sure()
    write_manifest(told.out, sure, {}, command, with_laterals=told.laterals)
    found = measured(
        load_film_look(told.out), held_out_pictures(told.data, told.cache, with_laterals=told.laterals)
    )
    write_manifest(told.out, sure, found, command, with_laterals=told.laterals)
    log.info("%s", json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
