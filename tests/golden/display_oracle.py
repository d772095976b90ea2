"""What DCMTK draws for each cell of the display grid: asked live where it is installed, and kept for everybody else.

Make the kept answers again after a change of the cells, on a machine with DCMTK:

    PYTHONPATH=.:tests python tests/golden/display_oracle.py
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset

from tests.factories import write_dataset
from tests.factories.display_cells import SIDE, Cell, base_cells, extra_cells

KEPT = Path(__file__).parent / "display_grid.npz"


def is_installed(cell: Cell) -> bool:
    """True where the program that draws this cell is there."""
    return bool(cell.dcmtk) and shutil.which(cell.dcmtk) is not None


def ask_dcmtk(cell: Cell, dataset: FileDataset, folder: Path) -> NDArray[np.uint8]:
    """Return DCMTK's picture of a cell, shape (SIDE, SIDE)."""
    film, picture = write_dataset(folder / "cell.dcm", dataset), folder / "cell.pgm"
    subprocess.run(
        [cell.dcmtk, "+op", *cell.dcmtk_options, str(film), str(picture)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return np.asarray(Image.open(picture))


def kept_answers() -> dict[str, NDArray[np.uint8]]:
    """The answers of the DCMTK that made the file, by the name and content of the cell."""
    with np.load(KEPT) as kept:
        return dict(zip(kept["keys"].tolist(), kept["pictures"], strict=True))


def key_of(cell: Cell, dataset: FileDataset) -> str:
    """Name and content: an answer to another film of the same name is no answer."""
    return f"{cell.name} {hashlib.sha256(dataset.to_json().encode()).hexdigest()[:16]}"


def make() -> None:
    """Ask DCMTK about every cell that it has code for, and keep the answers."""
    keys, pictures = [], []
    for cell in [*base_cells(), *extra_cells()]:
        if not cell.dcmtk:
            continue
        dataset = cell.dataset()
        with tempfile.TemporaryDirectory() as folder:
            picture = ask_dcmtk(cell, dataset, Path(folder))
        assert picture.shape == (SIDE, SIDE), cell.name
        keys.append(key_of(cell, dataset))
        pictures.append(picture)
    told = subprocess.run(["dcm2pnm", "--version"], check=True, capture_output=True, text=True).stdout
    np.savez_compressed(KEPT, keys=np.array(keys), pictures=np.array(pictures), dcmtk=told.splitlines()[0])
    print(f"{len(keys)} answers of {told.splitlines()[0]}")


if __name__ == "__main__":
    make()
