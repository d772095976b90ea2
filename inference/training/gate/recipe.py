"""Train the gate: `python -m inference.training.gate.recipe --data DATA --out FOLDER [--cache FOLDER]`.

Needs the data folder (see its README) and the `dev` extra (onnx, scikit-learn); about ten minutes on one free core.
What it learns from and what it is measured on stands in the manifest that it writes (`_TRAINED_ON`).
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

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inference.gate import CLASSES, Limits, fit, load_gate, network_input, verdict
from inference.training.gate import data
from inference.training.gate.check import check_files, summary
from inference.training.gate.data import FRONTAL, LATERAL, OTHER, Pictures
from inference.training.gate.net import SIDE, GateNet, GateWithDistance, vary

log = logging.getLogger("gate")
_TRAINED_ON = (
    "Trained on frontal films of licence tier A (training patients), the tier B laterals (training patients), "
    "computed phantoms, drawn scenes, pieces of films, photographs. Held out: tier A films of the other patients "
    "(they set the limits), all frontal films of tiers B and C (sources never trained on), all other laterals, "
    "scenes of other seeds, all DICOM files."
)
_LATERAL_SEED, _FRONTAL_SEED, _HELD_OUT_SEED = 500_000, 600_000, 950_000
_SET_LIMITS = ("real nih", "real nih_64px", "real kermany_paediatric", "real hannover")
_PASS, _PASS_STATED = 0.995, 0.999  # of the frontal films that set the limits, for each limit


def training_pictures(folder: Path, cache: Path | None) -> Pictures:
    """All that the network learns from."""
    frontal = data.films(folder, tiers="A", split="train")
    lateral = data.films(folder, tiers="B", split="train")
    return Pictures.join(
        frontal.pick(frontal.target == FRONTAL),
        lateral.pick(lateral.target == LATERAL),
        data.cached_phantoms(cache, 400, _LATERAL_SEED, ("LL",)),
        data.cached_phantoms(cache, 100, _FRONTAL_SEED, ("PA", "AP")),
        data.scenes(2400, 0),
        data.pieces(frontal, 500, 1),
        data.natural(300, 2),
    )


def held_out_pictures(folder: Path, cache: Path | None) -> Pictures:
    """All that it is measured on."""
    frontal = data.films(folder, tiers="A", split="val")
    others = data.films(folder, tiers="BC", split="all")
    others = others.pick(others.target == FRONTAL)
    laterals = [
        data.films(folder, tiers="B", split="val"),
        data.films(folder, tiers="C", split="all"),
    ]
    return Pictures.join(
        frontal,
        others,
        *(part.pick(part.target == LATERAL) for part in laterals),
        data.cached_phantoms(cache, 20, _HELD_OUT_SEED, ("LL",)),
        data.cached_phantoms(cache, 20, _HELD_OUT_SEED, ("PA", "AP")),
        data.scenes(510, _HELD_OUT_SEED),
        data.pieces(frontal, 100, _HELD_OUT_SEED),
    )


def train(pictures: Pictures, steps: int, seed: int, batch: int = 36) -> GateNet:
    """Fit the network; of each batch about 46 % are frontal films, 21 % laterals, 33 % others."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = GateNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    shares = {FRONTAL: 22 / 48, LATERAL: 10 / 48, OTHER: 16 / 48}
    chance = _chances(pictures, shares)
    target, loss_sum = torch.from_numpy(pictures.target), 0.0
    for step in range(steps):
        pick = rng.choice(len(pictures), batch, p=chance)
        logits, _ = net(vary(torch.from_numpy(pictures.grey[pick]), generator))
        loss = functional.cross_entropy(logits, target[pick], label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own annotation is missing
        optimizer.step()
        schedule.step()
        loss_sum += float(loss.detach())
        if step % 50 == 49:
            log.info("step %d of %d: loss %.3f", step + 1, steps, loss_sum / 50)
            loss_sum = 0.0
    return net.eval()


def _chances(pictures: Pictures, shares: dict[int, float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How often each picture is drawn: classes by `shares`; half of the laterals are real ones, few as they are."""
    chance = np.zeros(len(pictures))
    for target, share in shares.items():
        of_class = pictures.target == target
        if target == LATERAL:
            real = of_class & (pictures.group == "real lateral")
            chance[real] = share / 2 / real.sum()
            chance[of_class & ~real] = share / 2 / (of_class & ~real).sum()
        else:
            chance[of_class] = share / of_class.sum()
    return np.asarray(chance / chance.sum())


@torch.no_grad()
def with_distance(net: GateNet, pictures: Pictures, seed: int) -> GateWithDistance:
    """Learn where frontal films lie in feature space, from plain and mildly varied ones."""
    generator = torch.Generator().manual_seed(seed)
    grey = torch.from_numpy(pictures.grey[pictures.target == FRONTAL])
    found: list[Tensor] = []
    for strength in (0.0, 1.0):
        found += [net(vary(part, generator, strength=strength))[1] for part in torch.split(grey, 128)]
    return GateWithDistance(net, torch.cat(found)).eval()


@torch.no_grad()
def scores_of(model: GateWithDistance, pictures: Pictures) -> list[dict[str, float]]:
    """The network's numbers for pictures as the gate would see them."""
    rows: list[dict[str, float]] = []
    for start in range(0, len(pictures), 128):
        batch = np.stack([network_input(fit(one, SIDE)) for one in pictures.grey[start : start + 128]])
        probability, distance = model(torch.from_numpy(batch)[:, None])
        for p, d in zip(probability.tolist(), distance.tolist(), strict=True):
            rows.append({**dict(zip(CLASSES, p, strict=True)), "distance": d})
    return rows


def choose_limits(scores: list[dict[str, float]]) -> Limits:
    """Limits that let 99 % and more of the frontal films pass that they are set on; more where the header says so."""
    frontal = np.array([row["frontal chest"] for row in scores])
    distance = np.array([row["distance"] for row in scores])
    least, farthest = (
        [round(min(0.5, float(np.quantile(frontal, 1 - share))), 4) for share in (_PASS, _PASS_STATED)],
        [round(float(np.quantile(distance, share)), 3) for share in (_PASS, _PASS_STATED)],
    )
    return Limits(least[0], farthest[0], least[1], farthest[1])


def measure(
    scores: list[dict[str, float]], pictures: Pictures, limits: Limits
) -> dict[str, dict[str, float]]:
    """For each kind of picture: how many there are, and the shares that pass with a silent and a stating header."""
    silent, stated = (
        np.array([verdict(row, limits, is_stated=is_stated).is_frontal_chest for row in scores])
        for is_stated in (False, True)
    )
    found: dict[str, dict[str, float]] = {}
    for group in sorted({str(g) for g in pictures.group}):
        here = pictures.group == group
        found[group] = {
            "n": int(here.sum()),
            "passed": round(float(silent[here].mean()), 4),
            "passed_if_stated": round(float(stated[here].mean()), 4),
        }
    return found


def export(model: GateWithDistance, path: Path) -> None:
    """Write the network as ONNX, weights inside."""
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, SIDE, SIDE),),
        path,
        input_names=["picture"],
        output_names=["probability", "distance"],
        opset_version=17,
        dynamo=False,
    )


def write_manifest(out: Path, limits: Limits, measured: dict[str, Any], command: str) -> None:
    """Say what the gate is, how it was measured and what it may not be trusted with."""
    weights = (out / "gate.onnx").read_bytes()
    manifest = {
        "schema_version": 1,
        "id": "cxr-gate",
        "version": "2",
        "title": "Frontal chest film or not",
        "side": SIDE,
        "classes": list(CLASSES),
        "limits": asdict(limits),
        "files": {"gate.onnx": {"sha256": hashlib.sha256(weights).hexdigest(), "size": len(weights)}},
        "training_data": _TRAINED_ON,
        "licence": "Weights non-commercial, research only: 29 of the training pictures are laterals under CC BY-NC-SA "
        "or CC BY-NC-ND (licence tier B). Frontal films: NIH ChestX-ray14 (NIH Clinical Center), Kermany et al. "
        "(CC BY 4.0), Hannover Medical School (CC BY 3.0).",
        "measured": measured,
        "measured_with": command,
        "known_failures": "Few real laterals (29) and no real radiographs of other body parts were trained on; animal "
        "chests are not told from human ones reliably.",
    }
    (out / "manifest.json").write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def main(argv: list[str] | None = None) -> int:
    """Train, set the limits, measure, export."""
    parser = argparse.ArgumentParser(description="Train the gate (frontal chest film or not).")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep computed phantoms here")
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    torch.set_num_threads(1)
    told.out.mkdir(parents=True, exist_ok=True)
    pictures = training_pictures(told.data, told.cache)
    log.info("training on %d pictures", len(pictures))
    model = with_distance(train(pictures, told.steps, told.seed), pictures, told.seed)
    held_out = held_out_pictures(told.data, told.cache)
    scores = scores_of(model, held_out)
    settles = [row for row, group in zip(scores, held_out.group, strict=True) if group in _SET_LIMITS]
    limits = choose_limits(settles)
    measured = measure(scores, held_out, limits)
    export(model, told.out / "gate.onnx")
    how = f"--data DATA --out FOLDER --steps {told.steps} --seed {told.seed}"
    command = f"python -m inference.training.gate.recipe {how}"
    write_manifest(told.out, limits, {"pictures": measured}, command)
    files = summary(check_files(told.data, load_gate(told.out)))
    write_manifest(told.out, limits, {"pictures": measured, "dicom_files": files}, command)
    log.info("%s\n%s\n%s", limits, files, "\n".join(f"{name}: {value}" for name, value in measured.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
