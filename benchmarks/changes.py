"""How often the change since a prior is told right, by each measure there is, and how often where nothing changed.

    python benchmarks/changes.py 350 [DATA]

Makes that many pairs of phantom films from seeds that no pack was trained on, lets the bundled pack compare them, and
prints a table and one JSON line. With DATA (the folder of `sidelight train`) real held-out films are compared with
themselves taken again as well. About 1.5 s a pair on one core.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from inference.engine.engine import M4cxrBackend
from inference.evaluation.changes import MEASURES, false_changes, judged, phantom_pairs, scored
from inference.evaluation.through_engine import EveryFilm
from inference.packs import open_pack
from inference.training.starter.films import read_films
from inference.training.starter.finish import BOX_FINDINGS, CERTAINTY_BAND
from inference.training.starter.phantoms import TEST_SEEDS

STARTER = Path(__file__).resolve().parents[1] / "inference" / "bundled" / "starter"
MOST_FILMS = 120


def main(count: int, data: Path | None) -> None:
    backend = M4cxrBackend(open_pack(STARTER), gate=EveryFilm())
    assessed = [label for label in BOX_FINDINGS if label not in backend.info().not_assessed]
    pairs = phantom_pairs(assessed, count, TEST_SEEDS)
    verdicts = [judged(backend, pair, CERTAINTY_BAND) for pair in pairs]
    told = {name: scored(verdicts, name) for name in MEASURES}
    for name, found in told.items():
        print(f"{name:26s} {found}")
    result = {"pairs made": len(verdicts), "measures": told}
    if data is not None:
        films = [one for one in read_films(data) if one.source == "nih" and one.split == "test"][:MOST_FILMS]
        pictures = [np.asarray(Image.open(one.path).convert("L")) for one in films]
        result["real films taken twice"] = {"films": len(films), **false_changes(backend, pictures)}
    print(json.dumps(result))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
