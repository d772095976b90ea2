"""A synthetic film on the panel: never without its striped border and its badge (interop.md §6, the row "screen")."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from inference.backend import FilmDrawn, Preview
from plugin import theme, wording
from plugin.synthesis import words

BORDER = 9
STRIPE = 8
LEAST_SIDE = 120
_INK, _AMBER, _VEIL = QColor("#15120a"), QColor(theme.AMBER), QColor(16, 18, 21, 190)
_BADGES = (wording.SYNTHETIC, wording.SYNTHETIC.replace(" – ", " –\n"), "SYNTHETIC")
_OPENS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class FramedFilm(QWidget):
    """Draws one film or its preview, inside stripes and above the badge. A click or Return asks for more of it."""

    chosen = Signal()

    def __init__(self, may_be_chosen: bool = True) -> None:
        super().__init__()
        self.film: FilmDrawn | Preview | None = None
        self._image = QImage()
        self._may_be_chosen = may_be_chosen
        self._is_marked = False
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if may_be_chosen:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumSize(LEAST_SIDE, LEAST_SIDE)

    def show_film(self, film: FilmDrawn | Preview | None) -> None:
        """Show a film, its preview, or (None) that none has come yet."""
        if film == self.film:
            return
        self.film = film
        self._image = picture_of(film) if film is not None else QImage()
        self.setAccessibleName(words.accessible(film))
        self.setToolTip(words.accessible(film) if isinstance(film, FilmDrawn) else "")
        self.updateGeometry()
        self.update()

    def show_picture(self, image: QImage, accessible: str) -> None:
        """Show what was computed from a synthetic film: it is framed like one."""
        self.film, self._image = None, image
        self.setAccessibleName(accessible)
        self.updateGeometry()
        self.update()

    def mark(self, is_marked: bool) -> None:
        """Show that this one of several is looked at."""
        self._is_marked = is_marked
        self.update()

    @property
    def has_picture(self) -> bool:
        return not self._image.isNull()

    # ── size ────────────────────────────────────────────────────────────────────────────────────────────────────

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        wide, high = self._shape()
        return round((width - 2 * BORDER) * high / wide) + 2 * BORDER + self._badge_height()

    def sizeHint(self) -> QSize:
        return QSize(280, self.heightForWidth(280))

    def _shape(self) -> tuple[int, int]:
        return (self._image.width(), self._image.height()) if self.has_picture else (1, 1)

    def _badge_height(self) -> int:
        return QFontMetrics(self._badge_font()).height() + 8

    def _badge_font(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame, inside, badge = self._places()
        self._draw_stripes(painter, frame, inside)
        painter.fillRect(inside, QColor(theme.SURFACE))
        if self.has_picture:
            painter.drawImage(QRectF(inside), self._image)
        self._draw_state(painter, inside)
        self._draw_badge(painter, badge)
        if self._is_marked or self.hasFocus():
            painter.setPen(QPen(QColor(theme.BLUE), 2))
            painter.drawRect(QRectF(frame).adjusted(1, 1, -1, -1))

    def _places(self) -> tuple[QRect, QRect, QRect]:
        """The striped frame, the picture inside it, the badge below it: as large as fits, in the middle."""
        wide, high = self._shape()
        below = self._badge_height()
        room = QSize(
            max(1, self.width() - 2 * BORDER),
            max(1, self.height() - 2 * BORDER - below),
        )
        size = QSize(wide, high).scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - size.width()) // 2
        inside = QRect(QPoint(left, BORDER), size)
        frame = inside.adjusted(-BORDER, -BORDER, BORDER, BORDER + below)
        badge = QRect(inside.left(), inside.bottom() + 1 + BORDER // 2, inside.width(), below)
        return frame, inside, badge

    def _draw_stripes(self, painter: QPainter, frame: QRect, inside: QRect) -> None:
        painter.save()
        painter.setClipRegion(QRegion(frame) - QRegion(inside))
        painter.fillRect(frame, _INK)
        painter.setPen(QPen(_AMBER, STRIPE * 0.7))
        for x in range(frame.left() - frame.height(), frame.right() + STRIPE, STRIPE * 2):
            painter.drawLine(x, frame.bottom() + 1, x + frame.height(), frame.top())
        painter.restore()

    def _draw_state(self, painter: QPainter, inside: QRect) -> None:
        """What a film that is not there yet, or can't be shown, says in its place."""
        text = "" if self.film is None and self.has_picture else words.on_picture(self.film, self.has_picture)
        if not text:
            return
        painter.setFont(self.font())
        height = QFontMetrics(self.font()).height() + 10
        line = QRect(inside.left(), inside.bottom() + 1 - height, inside.width(), height)
        where = line if self.has_picture else inside
        painter.fillRect(where, _VEIL)
        painter.setPen(QColor(theme.TEXT))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(where.adjusted(6, 0, -6, 0), int(flags), text)

    def _draw_badge(self, painter: QPainter, badge: QRect) -> None:
        font = self._badge_font()
        text, font = fitting_badge(font, badge.width() - 8, badge.height())
        painter.fillRect(badge, _AMBER)
        painter.setFont(font)
        painter.setPen(_INK)
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), text)

    # ── wishes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and self._may_be_chosen and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._may_be_chosen and event.key() in _OPENS:
            self.chosen.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def picture_of(film: FilmDrawn | Preview) -> QImage:
    """The picture; a null one where the bytes are none."""
    try:
        return QImage.fromData(base64.b64decode(film.png, validate=True), "PNG")  # type: ignore[arg-type,unused-ignore]  # the stubs have bytes there
    except (binascii.Error, ValueError):
        return QImage()


def fitting_badge(font: QFont, width: int, height: int) -> tuple[str, QFont]:
    """The wording of the badge that fits, and the font that it fits in: made smaller, then broken, before it is cut."""
    made = QFont(font)
    for text in _BADGES:
        lines = text.split("\n")
        for points in range(11, 6, -1):
            made.setPointSize(points)
            sizes = QFontMetrics(made)
            is_fit = sizes.ascent() * len(lines) <= height
            if is_fit and max(map(sizes.horizontalAdvance, lines)) <= width:
                return text, made
    return _BADGES[-1], made
