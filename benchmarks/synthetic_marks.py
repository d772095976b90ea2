"""How often the watermark of synthetic films is seen where it is not, and missed where it is (docs/synthetic-marks.md).

    python benchmarks/synthetic_marks.py FOLDER... [--marked 120] [--side 256]

Every film below the folders (DICOM, PNG, JPEG, TIFF; .npz with grey pictures) is looked at as it is. So many of
them, evenly chosen, are marked as if a generator had drawn them, re-encoded in many ways and looked at again. Nothing
is kept.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.core.errors import FilmError
from viewer.core.reader import FilmReader
from viewer.core.study import Source
from viewer.core.synthetic_mark import mark
from viewer.core.synthetic_mark.finding import THRESHOLD, strongest

Picture = NDArray[np.uint8]


def jpeg(quality: int) -> Callable[[Picture], Picture]:
    def encode(film: Picture) -> Picture:
        written = io.BytesIO()
        Image.fromarray(film).save(written, "JPEG", quality=quality)
        return np.asarray(Image.open(written))

    return encode


def scaled(rows: float, columns: float) -> Callable[[Picture], Picture]:
    def scale(film: Picture) -> Picture:
        size = round(film.shape[1] * columns), round(film.shape[0] * rows)
        return np.asarray(Image.fromarray(film).resize(size, Image.Resampling.BICUBIC))

    return scale


def cropped(part: float) -> Callable[[Picture], Picture]:
    def crop(film: Picture) -> Picture:
        rows, columns = (int(side * part) for side in film.shape)
        top, left = (film.shape[0] - rows) // 4, (film.shape[1] - columns) // 3
        return film[top : top + rows, left : left + columns]

    return crop


def windowed(low: float, high: float) -> Callable[[Picture], Picture]:
    return lambda film: np.asarray(
        ((film.astype(np.float32) - low) * 255 / (high - low)).clip(0, 255).astype(np.uint8)
    )


def screenshot(film: Picture) -> Picture:
    screen = np.full((1080, 1920), 30, np.uint8)
    shown = scaled(900 / film.shape[0], 900 / film.shape[0])(film)[:, :1500]
    screen[90 : 90 + shown.shape[0], 300 : 300 + shown.shape[1]] = shown
    return screen


WAYS: dict[str, tuple[Callable[[Picture], Picture], ...]] = {
    "as drawn": (),
    "JPEG 50": (jpeg(50),),
    "half size": (scaled(0.5, 0.5),),
    "half size, JPEG 75": (scaled(0.5, 0.5), jpeg(75)),
    "half size, JPEG 50": (scaled(0.5, 0.5), jpeg(50)),
    "double size, JPEG 50": (scaled(2, 2), jpeg(50)),
    "1.31 times": (scaled(1.31, 1.31),),
    "2 % wider": (scaled(1, 1.02),),
    "half the area": (cropped(0.71),),
    "half the area, JPEG 50": (cropped(0.71), jpeg(50)),
    "a quarter of the area": (cropped(0.5),),
    "left half": (lambda film: film[:, : film.shape[1] // 2],),
    "window 60..170": (windowed(60, 170),),
    "window 100..150": (windowed(100, 150),),
    "gamma 0.5": (lambda film: np.asarray((255 * (film / 255) ** 0.5).astype(np.uint8)),),
    "gamma 2.2": (lambda film: np.asarray((255 * (film / 255) ** 2.2).astype(np.uint8)),),
    "inverted, turned": (lambda film: np.rot90(255 - film),),
    "noise, 8 levels": (
        lambda film: np.asarray(
            (film + np.random.default_rng(1).normal(0, 8, film.shape)).clip(0, 255).astype(np.uint8)
        ),
    ),
    "screenshot 1920 x 1080": (screenshot,),
}


def films(folders: list[Path]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Every picture below the folders and its name."""
    with FilmReader() as reader:
        for path in (file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()):
            if path.suffix == ".npz":
                with np.load(path) as kept:
                    yield from ((f"{path.name}:{k}", kept[k]) for k in kept.files if kept[k].ndim == 2)
                continue
            try:
                film = reader.open(Source(path))
                yield path.name, reader.pixels(film).stored
            except FilmError:
                continue


def as_drawn(pixels: NDArray[Any], side: int) -> Picture:
    """A film of the size that a generator draws, in 8 bits."""
    grey = (pixels[..., :3].mean(axis=-1) if pixels.ndim == 3 else pixels).astype(np.float32)
    low, high = np.percentile(grey, (0.5, 99.5))
    eight = ((grey - low) * 255 / max(float(high - low), 1e-6)).clip(0, 255).astype(np.uint8)
    scale = side / max(eight.shape)
    size = round(eight.shape[1] * scale), round(eight.shape[0] * scale)
    return np.asarray(Image.fromarray(eight).resize(size, Image.Resampling.LANCZOS))


def main() -> None:
    told = argparse.ArgumentParser(description="The watermark's two error rates.")
    told.add_argument("folders", nargs="+", type=Path)
    told.add_argument("--marked", type=int, default=120, help="so many films are marked and re-encoded")
    told.add_argument("--side", type=int, default=256, help="their longest side in pixels")
    wish = told.parse_args()
    bare: list[tuple[float, str]] = []
    kept: list[Picture] = []
    cost = 0.0
    for number, (name, pixels) in enumerate(films(wish.folders)):
        began = time.process_time()
        bare.append((strongest(pixels)[0], name))
        cost += time.process_time() - began
        if number % 7 == 0 and min(pixels.shape[:2]) >= wish.side:
            kept.append(as_drawn(pixels, wish.side))
    values = np.array([value for value, _ in bare])
    parts = "  ".join(f"{part:g} %: {np.percentile(values, part):.2f}" for part in (50, 90, 99, 99.9, 100))
    print(
        f"not marked: {len(bare)} pictures  {parts}  seen (>= {THRESHOLD:g}): {(values >= THRESHOLD).sum()}"
    )
    print("  nearest:", ", ".join(f"{name} {value:.2f}" for value, name in sorted(bare)[-5:]))
    print(f"  processor time for a look: {cost / max(len(bare), 1) * 1000:.1f} ms")
    chosen = kept[:: max(1, len(kept) // wish.marked)][: wish.marked]
    print(f"marked: {len(chosen)} films of {wish.side} pixels\n  {'':26}  least    1 %  median  missed")
    for way, steps in WAYS.items():
        found = []
        for film in map(mark, chosen):
            for step in steps:
                film = step(film)  # noqa: PLW2901 - one after the other
            found.append(strongest(film)[0])
        low, middle = np.percentile(found, (1, 50))
        missed = sum(value < THRESHOLD for value in found)
        print(f"  {way:26} {min(found):6.1f} {low:6.1f} {middle:7.1f} {missed:7}")


if __name__ == "__main__":
    main()
