"""Painting the corner text, the edge letters and the badges of a viewport."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from viewer.core.language import tr
from viewer.ui import theme, wording
from viewer.ui.captions import Corners, EdgeLetters

MARGIN = 10.0


def paint_corners(painter: QPainter, bounds: QRectF, corners: Corners, role_color: str) -> None:
    """Four blocks of text with a dark rim, so that they are legible on black and on white."""
    left, right = _halves(bounds)
    _paint_block(painter, left, corners.top_left, at_right=False, at_bottom=False)
    _paint_block(painter, right, corners.top_right, at_right=True, at_bottom=False, first_color=role_color)
    _paint_block(painter, left, corners.bottom_left, at_right=False, at_bottom=True)
    _paint_block(painter, right, corners.bottom_right, at_right=True, at_bottom=True)


def corner_areas(
    bounds: QRectF, corners: Corners, metrics: QFontMetricsF, first_badge_top: float
) -> tuple[QRectF, ...]:
    """Where the corner text and the badges stand, so that nothing else is put there."""
    left, right = _halves(bounds)
    blocks = (
        (left, corners.top_left, False, False),
        (right, corners.top_right, True, False),
        (left, corners.bottom_left, False, True),
        (right, corners.bottom_right, True, True),
    )
    areas = [_block_area(metrics, *block) for block in blocks if block[1]]
    if corners.badges:
        width = max(metrics.horizontalAdvance(badge) for badge in corners.badges) + 14
        height = len(corners.badges) * (metrics.height() + 8)
        areas.append(QRectF(bounds.left() + MARGIN, first_badge_top, min(width, bounds.width()), height))
    return tuple(areas)


def paint_badges(painter: QPainter, bounds: QRectF, badges: Sequence[str], first_top: float) -> None:
    """Filled labels under the top left text: what changes how the film may be read."""
    metrics = QFontMetricsF(painter.font())
    top = first_top
    for badge in badges:
        is_grave = badge in (tr(wording.SYNTHETIC), tr(wording.UNVERIFIED))
        text = metrics.elidedText(badge, Qt.TextElideMode.ElideRight, bounds.width() - 2 * MARGIN - 14)
        plate = QRectF(
            bounds.left() + MARGIN, top, metrics.horizontalAdvance(text) + 14, metrics.height() + 4
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.WARNING if is_grave else theme.RAISED))
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(QColor("#14100a") if is_grave else QColor(theme.WARNING))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
        top += plate.height() + 4


def paint_letters(
    painter: QPainter, bounds: QRectF, letters: EdgeLetters, taken: Sequence[QRectF] = ()
) -> None:
    """The patient's sides at the middle of the viewport's edges, moved inwards where corner text stands there."""
    font = painter.font()
    bold = painter.font()
    bold.setPointSizeF(font.pointSizeF() * 1.25)
    bold.setBold(True)
    painter.setFont(bold)
    for text, area in letter_areas(bounds, letters, QFontMetricsF(bold), taken):
        _rimmed(painter, area, int(Qt.AlignmentFlag.AlignCenter), text, theme.TEXT)
    painter.setFont(font)


def letter_areas(
    bounds: QRectF, letters: EdgeLetters, metrics: QFontMetricsF, taken: Sequence[QRectF]
) -> tuple[tuple[str, QRectF], ...]:
    """Each letter that is known and where it is painted: at its edge, and on no taken area."""
    area = bounds.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    high = metrics.height()
    middle_x, middle_y = area.center().x(), area.center().y()
    placed = []
    for text, left, top, inwards in (
        (letters.left, area.left(), middle_y - high / 2, 0.0),
        (letters.right, area.right() - metrics.horizontalAdvance(letters.right), middle_y - high / 2, 0.0),
        (letters.top, middle_x - metrics.horizontalAdvance(letters.top) / 2, area.top(), 1.0),
        (
            letters.bottom,
            middle_x - metrics.horizontalAdvance(letters.bottom) / 2,
            area.bottom() - high,
            -1.0,
        ),
    ):
        if not text:
            continue
        place = QRectF(left, top, metrics.horizontalAdvance(text), high)
        for block in sorted(taken, key=lambda block: inwards * block.top()):
            if inwards and place.intersects(block):
                place.moveTop(block.bottom() if inwards > 0 else block.top() - high)
        placed.append((text, place))
    return tuple(placed)


def paint_message(painter: QPainter, bounds: QRectF, title: str, details: str = "") -> None:
    """Calm words in the middle of an empty viewport."""
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    area = bounds.adjusted(24, 24, -24, -24)
    font = painter.font()
    large = painter.font()
    large.setPointSizeF(font.pointSizeF() * 1.3)
    painter.setFont(large)
    needed = painter.boundingRect(area, flags, title)
    painter.setPen(QColor(theme.TEXT))
    painter.drawText(area.translated(0, -needed.height() / 2 - 4) if details else area, flags, title)
    painter.setFont(font)
    if details:
        below = painter.boundingRect(area, flags, details).height() / 2 + 8
        painter.setPen(QColor(theme.DIM))
        painter.drawText(area.translated(0, below), flags, details)


def _halves(bounds: QRectF) -> tuple[QRectF, QRectF]:
    area = bounds.adjusted(MARGIN, MARGIN - 2, -MARGIN, -MARGIN + 2)
    left = area.adjusted(0, 0, -area.width() * 0.42, 0)  # names and notices are longer than dates and numbers
    return left, area.adjusted(area.width() * 0.6, 0, 0, 0)


def _block_area(
    metrics: QFontMetricsF, area: QRectF, lines: Sequence[str], at_right: bool, at_bottom: bool
) -> QRectF:
    width = min(max(metrics.horizontalAdvance(line) for line in lines), area.width())
    height = len(lines) * metrics.height()
    left = area.right() - width if at_right else area.left()
    return QRectF(left, area.bottom() - height if at_bottom else area.top(), width, height).adjusted(
        -4, 0, 4, 0
    )


def _paint_block(
    painter: QPainter,
    area: QRectF,
    lines: Sequence[str],
    *,
    at_right: bool,
    at_bottom: bool,
    first_color: str = "#e8ebef",
) -> None:
    metrics = QFontMetricsF(painter.font())
    top = area.bottom() - len(lines) * metrics.height() if at_bottom else area.top()
    side = Qt.AlignmentFlag.AlignRight if at_right else Qt.AlignmentFlag.AlignLeft
    for number, line in enumerate(lines):
        row = QRectF(area.left(), top + number * metrics.height(), area.width(), metrics.height())
        text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, area.width())
        color = first_color if number == 0 and not at_bottom else "#dde1e6"
        width = metrics.horizontalAdvance(text)
        plate = QRectF(row.right() - width if at_right else row.left(), row.top(), width, row.height())
        painter.fillRect(
            plate.adjusted(-4, 0, 4, 0), QColor(0, 0, 0, 150)
        )  # on bright lung, not seen on black
        _rimmed(painter, row, int(side | Qt.AlignmentFlag.AlignTop), text, color)


def _rimmed(painter: QPainter, area: QRectF, flags: int, text: str, color: str) -> None:
    painter.setPen(QColor(0, 0, 0, 200))
    for shift in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
        painter.drawText(area.translated(shift), flags, text)
    painter.setPen(QColor(color))
    painter.drawText(area, flags, text)
