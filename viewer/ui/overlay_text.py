"""Painting the corner text, the edge letters and the badges of a viewport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from viewer.core.language import tr
from viewer.ui import theme, wording
from viewer.ui.captions import Corners, EdgeLetters

MARGIN = 10.0
_SHARE = {(False, False): 0.58, (True, False): 0.4, (False, True): 0.46, (True, True): 0.52}
"""How much of a row is each side's own, by (at right, at bottom). A name is longer than a date; the numbers at the
bottom and where they come from are never given up for a description."""


def paint_corners(painter: QPainter, bounds: QRectF, corners: Corners, role_color: str) -> None:
    """Four blocks of text with a dark rim, so that they are legible on black and on white."""
    metrics = QFontMetricsF(painter.font())
    for block in _blocks(corners):
        for number, (text, place) in enumerate(_placed(block, bounds, metrics)):
            is_role = block.at_right and not block.at_bottom and number == 0
            first_color = role_color if is_role else "#e8ebef"
            color = first_color if number == 0 and not block.at_bottom else "#dde1e6"
            plate = place.adjusted(-4, 0, 4, 0)
            painter.fillRect(plate, QColor(0, 0, 0, 150))  # on bright lung, not seen on black
            side = Qt.AlignmentFlag.AlignRight if block.at_right else Qt.AlignmentFlag.AlignLeft
            _rimmed(painter, place, int(side | Qt.AlignmentFlag.AlignTop), text, color)


def corner_areas(
    bounds: QRectF, corners: Corners, metrics: QFontMetricsF, first_badge_top: float
) -> tuple[QRectF, ...]:
    """Where the corner text and the badges stand, so that nothing else is put there."""
    placed = [[place for _, place in _placed(block, bounds, metrics)] for block in _blocks(corners)]
    areas = [_around(places).adjusted(-4, 0, 4, 0) for places in placed if places]
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


@dataclass(frozen=True, slots=True)
class _Block:
    """The text of one corner, and that of the corner beside it, with which it shares its rows."""

    lines: tuple[str, ...]
    beside: tuple[str, ...]
    at_right: bool
    at_bottom: bool

    def row_beside(self, number: int) -> str:
        """What stands at the other side of this line's row; rows are counted from the edge of the film."""
        row = number + len(self.beside) - len(self.lines) if self.at_bottom else number
        return self.beside[row] if 0 <= row < len(self.beside) else ""


def _blocks(corners: Corners) -> tuple[_Block, ...]:
    top, bottom = (corners.top_left, corners.top_right), (corners.bottom_left, corners.bottom_right)
    return (
        _Block(*top, at_right=False, at_bottom=False),
        _Block(*reversed(top), at_right=True, at_bottom=False),
        _Block(*bottom, at_right=False, at_bottom=True),
        _Block(*reversed(bottom), at_right=True, at_bottom=True),
    )


def _placed(block: _Block, bounds: QRectF, metrics: QFontMetricsF) -> list[tuple[str, QRectF]]:
    """Each line as it is painted, and where.

    A line is cut only where the one beside it leaves no room: in a narrow viewport the numbers keep their origin.
    """
    area = bounds.adjusted(MARGIN, MARGIN - 2, -MARGIN, -MARGIN + 2)
    high = metrics.height()
    top = area.bottom() - len(block.lines) * high if block.at_bottom else area.top()
    own = area.width() * _SHARE[block.at_right, block.at_bottom]
    placed = []
    for number, line in enumerate(block.lines):
        beside = block.row_beside(number)
        taken = metrics.horizontalAdvance(beside) + 2 * MARGIN if beside else 0.0
        text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, max(own, area.width() - taken))
        width = metrics.horizontalAdvance(text)
        left = area.right() - width if block.at_right else area.left()
        placed.append((text, QRectF(left, top + number * high, width, high)))
    return placed


def _around(places: Sequence[QRectF]) -> QRectF:
    whole = places[0]
    for place in places[1:]:
        whole = whole.united(place)
    return whole


def _rimmed(painter: QPainter, area: QRectF, flags: int, text: str, color: str) -> None:
    painter.setPen(QColor(0, 0, 0, 200))
    for shift in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
        painter.drawText(area.translated(shift), flags, text)
    painter.setPen(QColor(color))
    painter.drawText(area, flags, text)
