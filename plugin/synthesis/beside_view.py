"""The patient's film, the synthetic one made from it, and the difference of the two pictures: side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inference.backend import FilmDrawn
from plugin import parts, theme, wording
from plugin.synthesis import words
from plugin.synthesis.difference import SMOOTHED_OVER, difference_picture, fitted, signed_difference
from plugin.synthesis.framed_film import BORDER, FramedFilm, picture_of

DIFFERENCE = f"Difference of the two pictures, not of the patient. {wording.SYNTHETIC}."


class SourceFilm(QWidget):
    """The patient's own film: no stripes around it."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("The patient's film, as the generator is given it")

    def show_grey(self, grey: NDArray[np.uint8] | None) -> None:
        self._image = grey_image(grey) if grey is not None else QImage()
        self.update()

    @property
    def has_picture(self) -> bool:
        return not self._image.isNull()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inside = self.rect().adjusted(BORDER, BORDER, -BORDER, -BORDER)
        side = min(inside.width(), inside.height())
        where = QRectF(inside.x() + (inside.width() - side) / 2, inside.y(), side, side)
        painter.fillRect(where, QColor(theme.SURFACE))
        if self.has_picture:
            painter.drawImage(where, self._image)
        else:
            painter.setPen(QColor(theme.MUTED))
            painter.drawText(where, int(Qt.AlignmentFlag.AlignCenter), "Preparing the film…")


class BesideView(QWidget):
    """Draws the three pictures of one film. Decides nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[str, int] = ("", 0)
        self.source, self.made, self.difference = SourceFilm(), FramedFilm(), FramedFilm(may_be_chosen=False)
        self.titles = [parts.small(parts.label(role="section")) for _ in range(3)]
        self.legend = parts.small(parts.label(role="muted"))
        row = QHBoxLayout()
        row.setSpacing(10)
        for title, picture in zip(self.titles, (self.source, self.made, self.difference), strict=True):
            column = QVBoxLayout()
            column.setSpacing(3)
            column.addWidget(title)
            column.addWidget(picture)
            column.addStretch(1)
            row.addLayout(column, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 4)
        box.setSpacing(6)
        box.addLayout(row)
        box.addWidget(self.legend)

    def show_pair(self, title: str, grey: NDArray[np.uint8] | None, film: FilmDrawn | None) -> None:
        """Args: the source film's title and picture, and the film of one seed; None: not there yet."""
        self.titles[0].setText(f"The patient's {title} film")
        self.titles[1].setText(words.caption(film) if film is not None else "Being drawn")
        self.titles[2].setText("Difference of the pictures")
        name = (film.image if film is not None else "", id(grey))
        if name == self._shown:
            return
        self._shown = name
        self.source.show_grey(grey)
        self.made.show_film(film)
        has_both = grey is not None and film is not None
        parts.show_text(self.legend, "")
        self.difference.setVisible(has_both)
        if grey is not None and film is not None:
            self._show_difference(grey, film)

    def _show_difference(self, grey: NDArray[np.uint8], film: FilmDrawn) -> None:
        made = grey_array(picture_of(film))
        if made.size == 0:
            return
        pair = fitted(grey, *made.shape), made
        picture = difference_picture(signed_difference(*pair))
        self.difference.show_picture(colour_image(picture), DIFFERENCE)
        rows, columns = made.shape
        size = f"{columns} × {rows}"
        parts.show_text(self.legend, words.MAP.format(size=size, pixels=SMOOTHED_OVER))


def grey_image(grey: NDArray[np.uint8]) -> QImage:
    rows, columns = grey.shape
    data = np.ascontiguousarray(grey).tobytes()
    return QImage(data, columns, rows, columns, QImage.Format.Format_Grayscale8).copy()


def colour_image(picture: NDArray[np.uint8]) -> QImage:
    rows, columns, _ = picture.shape
    data = np.ascontiguousarray(picture).tobytes()
    return QImage(data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()


def grey_array(image: QImage) -> NDArray[np.uint8]:
    """(rows, columns); empty where there is no picture."""
    if image.isNull():
        return np.empty((0, 0), np.uint8)
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    flat = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
    return flat[:, : grey.width()].copy()
