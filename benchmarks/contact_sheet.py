"""The contact sheet of a generator: one seed, five wishes, three views (docs/synthetic-views.md).

    python benchmarks/contact_sheet.py SHEET.png [--pack starter-synth] [--seed 7]

Each film comes from `sidelight synthesize`, marked as it always is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

VIEWS = ("PA", "AP", "lateral")
WISHES = (
    "No finding.",
    "Large right pleural effusion.",
    "Severe cardiomegaly.",
    "Right upper lobe consolidation.",
    "Large left pneumothorax.",
)
LINE = 18  # pixels above a film, for its words


def film(pack: str, view: str, words: str, seed: int) -> Image.Image:
    """Draw one film with the command that a user has."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "inference.synthesis.command", "--pack", pack, "--view", view]
        command += ["--text", words, "--seed", str(seed), "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with Image.open(next(Path(folder).glob("*.png"))) as drawn:
            return drawn.convert("L")


def sheet(pack: str, seed: int) -> Image.Image:
    """Views below each other, wishes beside each other."""
    films = [[film(pack, view, words, seed) for words in WISHES] for view in VIEWS]
    width, height = films[0][0].size
    page = Image.new("L", (width * len(WISHES), (height + LINE) * len(VIEWS)), 20)
    pen = ImageDraw.Draw(page)
    for row, view in enumerate(VIEWS):
        for column, words in enumerate(WISHES):
            left, top = column * width, row * (height + LINE)
            pen.text((left + 4, top + 3), f"{view}: {words}", fill=220)
            page.paste(films[row][column], (left, top + LINE))
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--pack", default="starter-synth")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    sheet(given.pack, given.seed).save(given.sheet, optimize=True)


if __name__ == "__main__":
    main()
