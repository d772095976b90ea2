"""The word SYNTHETIC, drawn from its own strokes: no font of the system, so every machine burns in the same pixels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]  # x to the right, y down; a letter is 4 wide and 6 high

_S = (
    (3.9, 1.1),
    (3.0, 0.1),
    (1.0, 0.1),
    (0.1, 1.0),
    (0.1, 2.0),
    (1.0, 2.8),
    (3.0, 3.2),
    (3.9, 4.0),
    (3.9, 5.0),
)
_LETTERS: dict[str, tuple[tuple[Point, ...], ...]] = {
    "S": ((*_S, (3.0, 5.9), (1.0, 5.9), (0.1, 4.9)),),
    "Y": (((0.0, 0.0), (2.0, 3.0), (4.0, 0.0)), ((2.0, 3.0), (2.0, 6.0))),
    "N": (((0.0, 6.0), (0.0, 0.0), (4.0, 6.0), (4.0, 0.0)),),
    "T": (((0.0, 0.0), (4.0, 0.0)), ((2.0, 0.0), (2.0, 6.0))),
    "H": (((0.0, 0.0), (0.0, 6.0)), ((4.0, 0.0), (4.0, 6.0)), ((0.0, 3.0), (4.0, 3.0))),
    "E": (((4.0, 0.0), (0.0, 0.0), (0.0, 6.0), (4.0, 6.0)), ((0.0, 3.0), (3.4, 3.0))),
    "I": (((1.0, 0.0), (3.0, 0.0)), ((2.0, 0.0), (2.0, 6.0)), ((1.0, 6.0), (3.0, 6.0))),
    "C": (((3.9, 1.1), (3.0, 0.1), (1.0, 0.1), (0.1, 1.0), (0.1, 5.0), (1.0, 5.9), (3.0, 5.9), (3.9, 4.9)),),
}
WORD = "SYNTHETIC"
_ADVANCE = 6.0  # from letter to letter
_LETTER = 0.0052  # one unit of the letters, in longest sides of the film: the word takes 27 % of it
_ACROSS, _DOWN = 0.36, 0.16  # from word to word: a strip of half the film holds whole ones
_STROKE, _RIM = 0.0030, 0.0062  # half the width of a stroke, and with its rim
_COVER = 0.3  # of the film's grey: the finding under a letter is still seen


def with_word(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the film with the word all over: light letters with a dark rim and dark ones with a light rim in turn,
    so that no window hides both. (rows, columns) uint8; never modified."""
    grey = pixels.astype(np.float32)
    longest = max(pixels.shape)
    letter, at = _drawn_word(longest)
    for number, (top, left) in enumerate(_places(pixels.shape, longest)):
        ink = letter if number % 2 == 0 else -letter
        _lay(grey, ink, round(top * longest) - at, round(left * longest) - at)
    return np.asarray(grey.round().clip(0, 255).astype(np.uint8))


def _places(shape: tuple[int, ...], longest: int) -> list[tuple[float, float]]:
    """Top and left of each word in longest sides; every row begins a third further, so no strip misses them all."""
    rows, columns = shape[0] / longest, shape[1] / longest
    places = []
    for row in range(int(rows / _DOWN) + 1):
        left = -_ACROSS + (row % 3) * _ACROSS / 3
        places += [((row + 0.3) * _DOWN, left + n * _ACROSS) for n in range(int(columns / _ACROSS) + 3)]
    return places


def _drawn_word(longest: int) -> tuple[NDArray[np.float32], int]:
    """The word as it is laid on: +1 full light, -1 full dark, 0 nothing; and the width of its margin in pixels."""
    unit = _LETTER * longest
    stroke, rim = max(_STROKE * longest, 0.55), max(_RIM * longest, 1.3)
    margin = int(rim) + 2
    rows, columns = round(6 * unit) + 2 * margin, round((len(WORD) * _ADVANCE - 2) * unit) + 2 * margin
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    away = np.full((rows, columns), np.inf, np.float32)
    for number, letter in enumerate(WORD):
        for line in _LETTERS[letter]:
            points = [(margin + (a + number * _ADVANCE) * unit, margin + b * unit) for a, b in line]
            for start, end in pairwise(points):
                away = np.minimum(away, _distance(x, y, start, end))
    inside = (stroke + 0.5 - away).clip(0, 1)
    around = (rim + 0.5 - away).clip(0, 1) * (1 - inside)
    return inside - around, margin


def _distance(
    x: NDArray[np.float32], y: NDArray[np.float32], start: Point, end: Point
) -> NDArray[np.float32]:
    """Distance of each pixel from a stroke, in pixels."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = (((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy)).clip(0, 1)
    return np.asarray(np.hypot(x - start[0] - along * dx, y - start[1] - along * dy), np.float32)


def _lay(grey: NDArray[np.float32], ink: NDArray[np.float32], top: int, left: int) -> None:
    """Mix the letters into the film, in place; what stands outside is cut off."""
    first_row, first_column = max(top, 0), max(left, 0)
    last_row, last_column = min(top + ink.shape[0], grey.shape[0]), min(left + ink.shape[1], grey.shape[1])
    if first_row >= last_row or first_column >= last_column:
        return
    part = grey[first_row:last_row, first_column:last_column]
    laid = ink[first_row - top : last_row - top, first_column - left : last_column - left]
    part += _COVER * np.abs(laid) * (np.where(laid > 0, 255, 0) - part)
