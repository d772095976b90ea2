"""The films of a report as small pictures with their boxes: dashed for the AI's, solid for the reader's. Any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen

from inference.client import film_input
from inference.errors import InvalidFilm
from inference.film_picture import ModelPicture, model_picture
from plugin import colours, wording
from plugin.output.document import BoxShown, FilmShown, FindingShown, ReportDocument
from viewer.core.errors import FilmError
from viewer.core.study import Film, FilmPixels

LONGEST_SIDE = 900
MOST_FILMS = 3
ReadPixels = Callable[[Film], FilmPixels]


@dataclass(frozen=True, slots=True, eq=False)
class FilmPicture:
    """A film for the report, and the line under it."""

    image: QImage
    caption: str


def pictures_of(
    document: ReportDocument, films: Sequence[Film], read_pixels: ReadPixels
) -> tuple[FilmPicture, ...]:
    """Pictures of the films that carry a box, current ones only; a film that can't be decoded is left out."""
    by_key = {film.key: film for film in films}
    made = []
    for shown in key_films(document)[:MOST_FILMS]:
        film = by_key.get(shown.key)
        if film is None:
            continue
        try:
            picture = model_picture(film_input(film, read_pixels(film)))
        except (FilmError, InvalidFilm):
            continue
        made.append(_picture(document, shown, picture))
    return tuple(made)


def key_films(document: ReportDocument) -> list[FilmShown]:
    """The current films on which something is marked."""
    marked = {box.film_key for _, box in drawn_boxes(document)}
    return [film for film in document.films if film.key in marked and not film.is_prior]


def drawn_boxes(document: ReportDocument) -> list[tuple[FindingShown, BoxShown]]:
    """What is drawn: nothing rejected, nothing absent; on a signed report only what the reader stands for.

    Where the reader has moved a box, the AI's own is drawn on an unsigned report only.
    """
    made = []
    for finding in document.findings:
        if finding.presence != "present" or finding.verdict == "rejected":
            continue
        for box in finding.boxes:
            is_confirmed = box.by == "reader" or finding.verdict == "accepted"
            if box.by != "prior" and (is_confirmed or not document.is_signed):
                made.append((finding, box))
    return made


def _picture(document: ReportDocument, shown: FilmShown, picture: ModelPicture) -> FilmPicture:
    grey = np.ascontiguousarray(picture.grey)
    height, width = grey.shape
    whole = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
    side = max(width, height)
    scale = min(1.0, LONGEST_SIDE / side) if side > LONGEST_SIDE / 3 else LONGEST_SIDE / 3 / side
    smooth = Qt.TransformationMode.SmoothTransformation
    image = whole.scaled(
        round(width * scale), round(height * scale), Qt.AspectRatioMode.IgnoreAspectRatio, smooth
    ).convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    told: list[str] = []
    captions: list[QRectF] = []
    for finding, box in drawn_boxes(document):
        if box.film_key == shown.key:
            left, top, right, bottom = (value * scale for value in picture.from_film(box.xyxy))
            _draw_box(painter, QRectF(left, top, right - left, bottom - top), finding, box, captions)
            told.append(_told(finding, box))
    if shown.is_synthetic:
        _draw_synthetic(painter, image)
    painter.end()
    parts = (shown.title, wording.SYNTHETIC if shown.is_synthetic else "", ", ".join(dict.fromkeys(told)))
    return FilmPicture(image, " · ".join(part for part in parts if part))


def _told(finding: FindingShown, box: BoxShown) -> str:
    """For the line under the picture: a printer may have no colours."""
    if box.by == "reader":
        return f"{finding.label} (reader, solid)"
    return (
        f"{finding.label} (AI, {'dotted: moved by the reader' if _is_original(finding, box) else 'dashed'})"
    )


def _is_original(finding: FindingShown, box: BoxShown) -> bool:
    """True for the AI's own place of a box that the reader has moved."""
    return box.by == "ai" and any(
        other.by == "reader" and other.tracking_uid == box.tracking_uid for other in finding.boxes
    )


def _draw_box(
    painter: QPainter, where: QRectF, finding: FindingShown, box: BoxShown, captions: list[QRectF]
) -> None:
    """Colour and line style tell the AI's boxes from the reader's; the AI's original of a moved one is thin dots."""
    is_original = _is_original(finding, box)
    is_reader = box.by == "reader"
    colour = QColor(colours.READER if is_reader else colours.of_label(finding.label))
    style = Qt.PenStyle.SolidLine if is_reader else Qt.PenStyle.DashLine
    width = max(2.0, painter.device().width() / 250)
    pen = QPen(colour, width / 2, Qt.PenStyle.DotLine) if is_original else QPen(colour, width, style)
    painter.setPen(pen)
    painter.drawRect(where)
    if not is_original:
        _draw_caption(painter, where, finding.label, captions)


def _draw_caption(painter: QPainter, where: QRectF, text: str, others: list[QRectF]) -> None:
    """Above the box and clear of other captions, on a dark ground: films are bright where boxes are."""
    font = QFont()
    font.setPixelSize(max(9, painter.device().width() // 34))
    painter.setFont(font)
    metrics = painter.fontMetrics()
    height, width = metrics.height(), metrics.horizontalAdvance(text) + metrics.averageCharWidth()
    room = QRectF(where.left(), max(0.0, where.top() - height), width, height)
    while (
        any(room.intersects(other) for other in others) and room.bottom() + height < painter.device().height()
    ):
        room.translate(0, height)
    others.append(room)
    painter.fillRect(room, QColor(0, 0, 0, 170))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)


def _draw_synthetic(painter: QPainter, image: QImage) -> None:
    font = QFont()
    font.setPixelSize(max(9, image.width() // 16))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(255, 255, 255, 170))
    for third in (0.25, 0.55, 0.85):
        band = QRectF(0, image.height() * third - font.pixelSize(), image.width(), font.pixelSize() * 1.5)
        painter.drawText(band, Qt.AlignmentFlag.AlignCenter, "SYNTHETIC")
