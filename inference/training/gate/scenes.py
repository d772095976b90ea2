"""Pictures that are no chest film, drawn by code: other body parts as radiographs, slices, ultrasound, pages, noise.

Body parts are sums of simple thicknesses (tubes, ellipses) turned into grey by Beer-Lambert, as the phantom is. They
need not be pretty: they stand for everything that must not be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter, map_coordinates

Map = NDArray[np.floating[Any]]
Rng = np.random.Generator


class Canvas:
    """A line-integral map on x, y in -1..1 (y down) that shapes are added to."""

    def __init__(self, side: int) -> None:
        line = (np.arange(side) + 0.5) / side * 2 - 1
        self.x, self.y = np.meshgrid(line, line)
        self.integral: Map = np.zeros((side, side))

    def ellipse(
        self, x: float, y: float, a: float, b: float, mu: float, turn: float = 0.0, power: float = 0.5
    ) -> None:
        """A solid of elliptic outline; `power` 0.5 is an ellipsoid, 0 a plate."""
        cos, sin = np.cos(turn), np.sin(turn)
        u = ((self.x - x) * cos + (self.y - y) * sin) / a
        v = ((self.y - y) * cos - (self.x - x) * sin) / b
        self.integral += mu * np.maximum(1 - u * u - v * v, 0) ** power * (u * u + v * v < 1)

    def shell(
        self, x: float, y: float, a: float, b: float, wall: float, mu: float, turn: float = 0.0
    ) -> None:
        """A hollow ellipsoid: bright where the ray runs along the wall."""
        self.ellipse(x, y, a, b, mu, turn)
        self.ellipse(x, y, a - wall, b - wall, -mu * (1 - 0.6 * wall / a), turn)

    def tube(self, start: tuple[float, float], end: tuple[float, float], radius: float, mu: float) -> None:
        """A round bar from `start` to `end`."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        t = ((self.x - start[0]) * dx + (self.y - start[1]) * dy) / max(dx * dx + dy * dy, 1e-9)
        t = np.clip(t, 0, 1)
        q = ((self.x - start[0] - t * dx) ** 2 + (self.y - start[1] - t * dy) ** 2) / radius**2
        self.integral += mu * np.sqrt(np.maximum(1 - q, 0))

    def bone(self, start: tuple[float, float], end: tuple[float, float], radius: float, mu: float) -> None:
        """A long bone: cortex, marrow, thicker ends."""
        self.tube(start, end, radius, mu)
        self.tube(start, end, radius * 0.6, -0.45 * mu)
        for x, y in (start, end):
            self.ellipse(x, y, radius * 1.6, radius * 1.3, 0.6 * mu)

    def film(self, rng: Rng) -> Map:
        """Expose and develop."""
        integral = self.integral + 0.02 * gaussian_filter(rng.standard_normal(self.x.shape), 1.5)
        grey = 1 - np.exp(-rng.uniform(0.7, 2.0) * np.maximum(integral, 0))
        grey = grey + rng.uniform(0.005, 0.03) * rng.standard_normal(grey.shape)
        return np.asarray(grey / max(float(grey.max()), 1e-6))


def _limb(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    lean, split = rng.normal(0, 0.15), rng.uniform(0, 0.3)
    wide = rng.uniform(0.25, 0.5)
    joint = rng.uniform(-0.6, 0.6)
    c.tube((-lean, -1.6), (0, joint), wide, 0.8)
    c.tube((0, joint), (lean, 1.6), wide * rng.uniform(0.7, 1), 0.8)
    bone = wide * rng.uniform(0.28, 0.42)
    c.bone((-lean, -1.6), (0, joint - bone), bone, 1.2)
    if rng.random() < 0.6:  # two bones below, as in forearm and leg
        for sign in (-1, 1):
            c.bone(
                (sign * (0.03 + split * wide), joint + bone),
                (lean + sign * wide * 0.35, 1.6),
                bone * 0.6,
                1.0,
            )
    else:
        c.bone((0, joint + bone), (lean, 1.6), bone * 0.9, 1.2)
    return c.film(rng)


def _hand(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    for copy in range(int(rng.integers(1, 3))):
        shift = 0.0 if copy == 0 else rng.uniform(-0.5, 0.5)
        c.ellipse(shift, 0.45, 0.45, 0.45, 0.35)
        for i in range(5):
            angle = np.deg2rad(-28 + 14 * i + rng.normal(0, 3)) * (1.6 if i == 0 else 1)
            direction = np.array((np.sin(angle), -np.cos(angle)))
            start = np.array((shift + (i - 2) * 0.13, 0.25))
            for k, length in enumerate((0.38, 0.27, 0.18, 0.13)):
                end = start + direction * length
                c.tube(tuple(start), tuple(end), 0.10, 0.3)
                c.bone(tuple(start), tuple(end), 0.045 - 0.006 * k, 0.9)
                start = end + direction * 0.03
        for _ in range(8):
            c.ellipse(shift + rng.uniform(-0.25, 0.25), rng.uniform(0.35, 0.6), 0.09, 0.08, 0.5)
        c.bone((shift - 0.1, 0.7), (shift - 0.14, 1.5), 0.09, 0.9)
        c.bone((shift + 0.14, 0.7), (shift + 0.16, 1.5), 0.07, 0.9)
    return c.film(rng)


def _skull(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    is_profile = rng.random() < 0.5
    a, b = (0.78, 0.66) if is_profile else (0.6, 0.75)
    c.shell(0, -0.2, a, b, 0.06, 2.0)
    c.ellipse(0, -0.2, a, b, 0.7)
    face = -0.45 if is_profile else 0.0
    c.ellipse(face, 0.45, 0.38, 0.45, 1.0)
    for sign in (-1, 1) if not is_profile else (1,):
        c.ellipse(face + sign * 0.24 * (not is_profile), 0.15, 0.15, 0.13, -0.7)
        c.ellipse(face + sign * 0.2 * (not is_profile), 0.45, 0.12, 0.14, -0.5)
    for i in range(8):
        c.ellipse(face + (i - 3.5) * 0.07, 0.72 + 0.02 * rng.standard_normal(), 0.03, 0.07, 1.0)
    for i in range(5):
        c.ellipse(0.1 * is_profile, 0.75 + 0.16 * i, 0.13, 0.065, 1.0, power=0.2)
    c.tube((0, 0.6), (0, 1.5), 0.35, 0.6)
    return c.film(rng)


def _teeth(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    c.ellipse(0, 0, 1.3, 0.75, 0.8)
    sag = rng.uniform(0.05, 0.25)
    for i in range(15):
        x = (i - 7) * 0.12
        y = sag * (x / 0.85) ** 2 * -1
        for sign in (-1, 1):
            c.ellipse(x + rng.normal(0, 0.01), y + sign * 0.10, 0.05, 0.09, 1.4, power=0.25)
            c.ellipse(x, y + sign * 0.26, 0.03, 0.12, 0.7)
    for sign in (-1, 1):
        c.tube((sign * 0.95, -0.5), (sign * 0.85, 0.3), 0.12, 1.0)
        c.tube((sign * 0.85, 0.3), (0, 0.52), 0.12, 1.0)
        c.ellipse(sign * 0.4, -0.45, 0.3, 0.14, -0.6)
    c.tube((0, -0.7), (0, 0.7), 0.18, 0.35)
    return c.film(rng)


def _pelvis(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    c.ellipse(0, 0, 1.1, 1.3, 1.3)
    one_sided = rng.random() < 0.4
    shift = rng.uniform(0.2, 0.6) if one_sided else 0.0
    for sign in (-1, 1):
        x = sign * 0.5 + shift
        c.ellipse(x, -0.35, 0.34, 0.4, 0.6, turn=sign * 0.6, power=0.2)
        c.shell(x, -0.35, 0.36, 0.42, 0.05, 0.8, turn=sign * 0.6)
        c.ellipse(x + sign * 0.12, 0.22, 0.17, 0.17, 1.0)
        c.shell(sign * 0.25 + shift, 0.5, 0.2, 0.14, 0.06, 1.0, turn=sign * 0.7)
        c.bone((x + sign * 0.15, 0.25), (x + sign * 0.33, 0.45), 0.10, 0.8)
        c.bone((x + sign * 0.33, 0.45), (x + sign * 0.24, 1.6), 0.12, 1.1)
        c.tube((x + sign * 0.3, 0.3), (x + sign * 0.25, 1.6), 0.38, 0.6)
    c.ellipse(shift, -0.3, 0.2, 0.32, 0.8, power=0.3)
    for i in range(4):
        c.ellipse(shift, -0.72 - 0.17 * i, 0.16, 0.07, 0.9, power=0.2)
    for _ in range(int(rng.integers(0, 8))):
        c.ellipse(rng.uniform(-0.6, 0.6), rng.uniform(-0.9, 0), 0.09, 0.06, -0.5)
    return c.film(rng)


def _spine(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    wide = rng.uniform(0.4, 1.1)
    c.tube((0, -1.6), (0, 1.6), wide, 1.4)
    count = int(rng.integers(5, 11))
    height = 2.0 / count
    bend, x0 = rng.normal(0, 0.2), rng.normal(0, 0.12)
    for i in range(count + 1):
        y = -1 + i * height
        x = x0 + bend * (y * y)
        half = height * rng.uniform(0.6, 0.75)
        c.ellipse(x, y, half, height * 0.4, 1.1, power=0.12)
        c.shell(x, y, half, height * 0.4, height * 0.07, 0.7)
        for sign in (-1, 1):
            c.tube((x, y), (x + sign * half * 1.7, y + 0.02), height * 0.12, 0.5)
            c.ellipse(x + sign * half * 0.6, y - 0.05 * height, height * 0.1, height * 0.14, 0.6)
    return c.film(rng)


def _abdomen(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    c.ellipse(0, 0.1, rng.uniform(0.8, 1.1), 1.6, 2.2)
    for i in range(7):
        c.ellipse(rng.normal(0, 0.01), -0.95 + 0.3 * i, 0.17, 0.12, 0.9, power=0.15)
    for _ in range(int(rng.integers(5, 26))):
        x, y = rng.uniform(-0.75, 0.75), rng.uniform(-0.8, 0.9)
        c.ellipse(
            x, y, rng.uniform(0.04, 0.17), rng.uniform(0.04, 0.13), -rng.uniform(0.3, 0.9), rng.uniform(0, 3)
        )
    c.ellipse(-0.45, -0.6, 0.5, 0.4, 0.3)
    for sign in (-1, 1):
        for k in range(2):
            c.tube((sign * 0.15, -0.95 + 0.25 * k), (sign * 0.85, -0.65 + 0.3 * k), 0.04, 0.5)
    return c.film(rng)


def _breast(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    sign = 1 if rng.random() < 0.5 else -1
    c.ellipse(-sign * 1.0, 0.1, rng.uniform(0.8, 1.5), rng.uniform(0.6, 0.9), 1.0)
    glands = gaussian_filter(rng.standard_normal((side, side)), rng.uniform(2, 7))
    c.integral *= 1 + 0.5 * glands / glands.std() * (c.integral > 0)
    c.integral = np.maximum(c.integral, 0)
    c.tube((-sign * 1.0, -1.4), (-sign * 0.4, -0.2), 0.3, 0.7)
    return c.film(rng)


def _whole_body(rng: Rng, side: int) -> Map:
    """A figure from head to foot, as in scintigraphy or a whole small animal: too small to read a chest in."""
    c = Canvas(side)
    k = rng.uniform(0.5, 0.95)
    for x in (-0.45, 0.45) if rng.random() < 0.4 else (0.0,):
        c.ellipse(x, -0.85 * k, 0.10 * k, 0.12 * k, 1.2)
        c.ellipse(x, -0.35 * k, 0.2 * k, 0.42 * k, 1.1)
        for sign in (-1, 1):
            c.ellipse(x + sign * 0.08 * k, -0.5 * k, 0.06 * k, 0.14 * k, -0.5)
            c.tube((x + sign * 0.2 * k, -0.6 * k), (x + sign * 0.32 * k, 0.1 * k), 0.05 * k, 0.7)
            c.tube((x + sign * 0.1 * k, 0.0), (x + sign * 0.13 * k, 0.95 * k), 0.09 * k, 0.9)
        c.tube((x, -0.8 * k), (x, 0.05 * k), 0.04 * k, 0.9)
        for _ in range(int(rng.integers(0, 12))):
            c.ellipse(x + rng.normal(0, 0.1), rng.uniform(-0.8, 0.5) * k, 0.04, 0.04, 1.0)
    return c.film(rng)


def _joint_close(rng: Rng, side: int) -> Map:
    """Two large bone ends in close-up: shoulder, hip, elbow, ankle."""
    c = Canvas(side)
    c.ellipse(0, 0, 1.6, 1.3, 1.3)
    for _ in range(int(rng.integers(2, 5))):
        x, y = rng.uniform(-0.6, 0.6, 2)
        angle = rng.uniform(0, 2 * np.pi)
        radius = rng.uniform(0.15, 0.35)
        c.bone((x, y), (x + 2.5 * np.cos(angle), y + 2.5 * np.sin(angle)), radius, rng.uniform(0.7, 1.3))
    c.integral *= 1 - 0.5 * ((c.x * np.cos(angle) + c.y * np.sin(angle)) > rng.uniform(0.4, 1.2))
    return c.film(rng)


def _slice(rng: Rng, side: int) -> Map:
    """A CT or MR slice: a disc of organs on black."""
    c = Canvas(side)
    a, b = rng.uniform(0.6, 0.95), rng.uniform(0.45, 0.85)
    disc = (c.x / a) ** 2 + (c.y / b) ** 2
    picture = np.where(disc < 1, rng.uniform(0.3, 0.6), 0.0)
    if rng.random() < 0.6:
        picture = np.where((disc < 1) & (disc > rng.uniform(0.75, 0.92)), rng.uniform(0.7, 1), picture)
    for _ in range(int(rng.integers(4, 18))):
        x, y = rng.normal(0, 0.35, 2)
        r, s = rng.uniform(0.04, 0.3, 2)
        blob = ((c.x - x) / r) ** 2 + ((c.y - y) / s) ** 2 < 1
        picture = np.where(blob & (disc < 0.8), rng.uniform(0, 0.9), picture)
    if rng.random() < 0.35:  # lungs in an axial slice
        for sign in (-1, 1):
            picture = np.where(
                ((c.x - sign * 0.4 * a) / (0.3 * a)) ** 2 + (c.y / (0.6 * b)) ** 2 < 1, 0.08, picture
            )
    if rng.random() < 0.4:
        picture = np.where(np.abs(c.y - b - 0.06 - 0.1 * c.x**2) < 0.015, 0.6, picture)
    picture = gaussian_filter(picture, rng.uniform(0.4, 1.4))
    return np.asarray(picture + rng.uniform(0.01, 0.08) * rng.standard_normal(picture.shape))


def _ultrasound(rng: Rng, side: int) -> Map:
    c = Canvas(side)
    radius = np.hypot(c.x, c.y + 1.15)
    angle = np.arctan2(c.x, c.y + 1.15)
    fan = (np.abs(angle) < rng.uniform(0.4, 0.8)) & (radius > 0.2) & (radius < rng.uniform(1.5, 2.1))
    speckle = gaussian_filter(rng.standard_normal((side, side)), (0.7, 1.4))
    tissue = gaussian_filter(rng.standard_normal((side, side)), 8)
    picture = np.exp(0.7 * speckle / speckle.std() + 0.9 * tissue / tissue.std()) * np.exp(-0.8 * radius)
    picture = picture * fan
    picture[2:8, 3:40] = rng.random() < 0.5
    return np.asarray(picture / picture.max() * rng.uniform(1, 4))


def _texture(rng: Rng, side: int) -> Map:
    """Smooth noise at several scales, gradients, stripes: what photographs and test patterns are made of."""
    total = np.zeros((side, side))
    for scale in rng.uniform(0.6, 25, int(rng.integers(1, 5))):
        noise = gaussian_filter(rng.standard_normal((side, side)), scale)
        total += noise / noise.std() * rng.uniform(0.2, 1)
    line = np.linspace(-1, 1, side)
    total += rng.normal(0, 1.2) * line[:, None] + rng.normal(0, 1.2) * line[None, :]
    if rng.random() < 0.3:
        total = np.sign(total)
    if rng.random() < 0.3:
        total += np.sin(line * rng.uniform(5, 60))[None, :]
    return np.asarray((total - total.min()) / np.ptp(total))


def _pattern(rng: Rng, side: int) -> Map:
    """Bars, wedges, checks and colour charts."""
    picture = np.full((side, side), rng.random())
    for _ in range(int(rng.integers(1, 14))):
        r, c = rng.integers(0, side, 2)
        h, w = rng.integers(4, side, 2)
        picture[r : r + h, c : c + w] = rng.random()
    if rng.random() < 0.4:
        steps = int(rng.integers(2, 14))
        bars = np.floor(np.linspace(0, steps, side, endpoint=False)) / steps
        picture = np.tile(bars, (side, 1)) if rng.random() < 0.5 else np.tile(bars[:, None], (1, side))
    return picture


def _page(rng: Rng, side: int) -> Map:
    """Printed text, tables and forms."""
    image = Image.new("L", (2 * side, 2 * side), int(rng.integers(200, 256)))
    draw = ImageDraw.Draw(image)
    size = int(rng.integers(8, 26))
    font = ImageFont.load_default(size=size)
    for y in range(int(rng.integers(4, 30)), 2 * side - size, int(size * rng.uniform(1.2, 2.2))):
        letters = rng.integers(97, 123, int(rng.integers(4, 44)))
        words = "".join(chr(c) if rng.random() > 0.17 else " " for c in letters)
        draw.text((int(rng.integers(4, 30)), y), words, fill=int(rng.integers(0, 70)), font=font)
    if rng.random() < 0.4:
        draw.rectangle((20, 40, 2 * side - 30, 2 * side - 60), outline=0, width=2)
    return np.asarray(image.resize((side, side)), float) / 255


def _fundus(rng: Rng, side: int) -> Map:
    """Round bright fields with branching lines: fundus, endoscopy, microscopy."""
    c = Canvas(side)
    field = np.hypot(c.x, c.y) < rng.uniform(0.7, 1.0)
    picture = 0.5 + 0.2 * gaussian_filter(rng.standard_normal((side, side)), 12) * 12 * field
    for _ in range(int(rng.integers(0, 60))):
        x, y = rng.uniform(-0.9, 0.9, 2)
        r = rng.uniform(0.01, 0.16)
        picture += rng.normal(0, 0.25) * (np.hypot(c.x - x, c.y - y) < r)
    return np.asarray(np.where(field, gaussian_filter(picture, 0.8), 0.0))


def _warped(rng: Rng, side: int) -> Map:
    """A radiograph of nothing: limbs, joints or an abdomen bent until no part can be named."""
    make = (_limb, _joint_close, _abdomen, _pelvis)[int(rng.integers(4))]
    picture = make(rng, side)
    shift = [gaussian_filter(rng.standard_normal((side, side)), 14) for _ in range(2)]
    grid = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    where = [g + s / s.std() * rng.uniform(2, 14) for g, s in zip(grid, shift, strict=True)]
    return np.asarray(map_coordinates(picture, where, order=1, mode="reflect"))


SCENES: dict[str, Callable[[Rng, int], Map]] = {
    "limb": _limb,
    "hand": _hand,
    "skull": _skull,
    "teeth": _teeth,
    "pelvis": _pelvis,
    "spine": _spine,
    "abdomen": _abdomen,
    "breast": _breast,
    "whole body": _whole_body,
    "joint": _joint_close,
    "slice": _slice,
    "ultrasound": _ultrasound,
    "texture": _texture,
    "pattern": _pattern,
    "page": _page,
    "round field": _fundus,
    "warped": _warped,
}


def draw_scene(name: str, seed: int, side: int) -> NDArray[np.uint8]:
    """One picture of a kind, (side, side) uint8; the same for the same seed."""
    picture = SCENES[name](np.random.default_rng([seed, 1]), side)
    return np.asarray(np.clip(picture, 0, 1) * 255, np.uint8)
