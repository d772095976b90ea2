"""Films as a generator might send them, and a look at how the panel draws them."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from inference.backend import FilmDrawn, FilmView
from viewer.core.synthetic_mark import mark


def marked_png(grey: int = 120, side: int = 64) -> str:
    """A plain grey picture in base64. Its marks are the backend's business, not the panel's."""
    image = QImage(side, side, QImage.Format.Format_Grayscale8)
    image.fill(grey << 16 | grey << 8 | grey)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, "PNG")
    return base64.b64encode(bytes(buffer.data().data())).decode()


def drawn_film(
    text: str = "A right pleural effusion.",
    view: FilmView = "PA",
    *,
    seed: int = 0,
    film: int = 0,
    grey: int = 120,
    side: int = 64,
    **more: object,
) -> FilmDrawn:
    png = marked_png(grey, side)
    image = hashlib.sha256(base64.b64decode(png)).hexdigest()
    return FilmDrawn(film, image, png, side, side, text, view, seed, **more)


def marked_film(text: str, *, seed: int) -> FilmDrawn:
    """A film with the real marks in its pixels: noise of a chest's grey levels."""
    pixels = mark(np.random.default_rng(seed).integers(60, 180, (128, 128), np.uint8))
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    png = base64.b64encode(stream.getvalue()).decode()
    image = hashlib.sha256(stream.getvalue()).hexdigest()
    return FilmDrawn(0, image, png, 128, 128, text, "PA", seed, "PA", pack="starter-synth 0.1.0")


def amber_share(widget: QWidget) -> float:
    """How much of a widget has the colour of the stripes and the badge."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    pixels = [image.pixelColor(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)]
    amber = [one for one in pixels if one.red() > 180 and 120 < one.green() < 200 and one.blue() < 110]
    return len(amber) / len(pixels)
