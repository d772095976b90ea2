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
MOST_ROWS = 4
"""Of one line of text, in a narrow viewport: a long notice must not hide the film."""


def paint_corners(painter: QPainter, bounds: QRectF, corners: Corners, role_color: str) -> None:
    """Four blocks of text with a dark rim, so that they are legible on black and on white."""
    metrics = QFontMetricsF(painter.font())
    for block in _blocks(corners, bounds, metrics):
        for number, (text, place) in enumerate(_placed(block, bounds, metrics)):
            first_color = role_color if block.at_right else "#e8ebef"
            color = first_color if number == 0 and not block.at_bottom else "#dde1e6"
            plate = place.adjusted(-4, 0, 4, 0)
            painter.fillRect(plate, QColor(0, 0, 0, 150))  # on bright lung, not seen on black
            side = Qt.AlignmentFlag.AlignRight if block.at_right else Qt.AlignmentFlag.AlignLeft
            _rimmed(painter, place, int(side | Qt.AlignmentFlag.AlignTop), text, color)


def corner_areas(bounds: QRectF, corners: Corners, metrics: QFontMetricsF) -> tuple[QRectF, ...]:
    """Where the corner text and the badges stand, so that nothing else is put there."""
    blocks = _blocks(corners, bounds, metrics)
    placed = [[place for _, place in _placed(block, bounds, metrics)] for block in blocks]
    areas = [_around(places).adjusted(-4, 0, 4, 0) for places in placed if places]
    if corners.badges:
        width = max(metrics.horizontalAdvance(badge) for badge in corners.badges) + 14
        height = len(corners.badges) * (metrics.height() + 8)
        top = badges_top(bounds, corners, metrics)
        areas.append(QRectF(bounds.left() + MARGIN, top, min(width, bounds.width()), height))
    return tuple(areas)


def paint_badges(painter: QPainter, bounds: QRectF, badges: Sequence[str], first_top: float) -> None:
    """Filled labels under the text at the top: what changes how the film may be read."""
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


def badges_top(bounds: QRectF, corners: Corners, metrics: QFontMetricsF) -> float:
    """Under the text at the top left, and under that at the right where it has moved down."""
    left, right, *_ = _blocks(corners, bounds, metrics)
    rows = max(len(left.lines), right.first_row + len(right.lines) if right.first_row else 0)
    return bounds.top() + 16 + metrics.height() * rows


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
    """The text of one corner; `first_row` counts rows of text from the edge of the film inwards."""

    lines: tuple[str, ...]
    at_right: bool
    at_bottom: bool
    first_row: int = 0


def _blocks(corners: Corners, bounds: QRectF, metrics: QFontMetricsF) -> tuple[_Block, ...]:
    """The four corners. Where a row has no room for both sides, one side moves inwards until all its rows have, and
    what is still too long goes on in the next row: whose film it is, its date and the prior's age are always read.
    """
    width = _text_area(bounds).width()
    top_left, top_right, bottom_left, bottom_right = (
        tuple(row for line in lines for row in _wrapped(line, width, metrics))
        for lines in (corners.top_left, corners.top_right, corners.bottom_left, corners.bottom_right)
    )
    down = _shift(top_right, top_left, width, metrics)
    up = _shift(bottom_left[::-1], bottom_right[::-1], width, metrics)
    return (
        _Block(top_left, at_right=False, at_bottom=False),
        _Block(top_right, at_right=True, at_bottom=False, first_row=down),
        _Block(bottom_left, at_right=False, at_bottom=True, first_row=up),
        _Block(bottom_right, at_right=True, at_bottom=True),
    )


def _shift(moved: Sequence[str], fixed: Sequence[str], width: float, metrics: QFontMetricsF) -> int:
    """By how many rows one side moves inwards so that it fits beside the other; rows from the film's edge inwards."""

    def fits(row: str, beside: str) -> bool:
        return metrics.horizontalAdvance(row) + metrics.horizontalAdvance(beside) + 2 * MARGIN <= width

    return next(
        shift
        for shift in range(len(fixed) + 1)
        if all(fits(row, beside) for row, beside in zip(moved, fixed[shift:], strict=False))
    )


def _wrapped(line: str, width: float, metrics: QFontMetricsF) -> list[str]:
    """The line in rows that fit, broken at spaces; what is left after `MOST_ROWS` stays in the last one."""
    if metrics.horizontalAdvance(line) <= width:
        return [line]
    rows = [""]
    for word in line.split(" "):
        longer = f"{rows[-1]} {word}" if rows[-1] else word
        if not rows[-1] or len(rows) == MOST_ROWS or metrics.horizontalAdvance(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _placed(block: _Block, bounds: QRectF, metrics: QFontMetricsF) -> list[tuple[str, QRectF]]:
    """Each line as it is painted, and where."""
    area, high = _text_area(bounds), metrics.height()
    top = area.top() + block.first_row * high
    if block.at_bottom:
        top = area.bottom() - (block.first_row + len(block.lines)) * high
    placed = []
    for number, line in enumerate(block.lines):
        text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, area.width())
        width = metrics.horizontalAdvance(text)
        left = area.right() - width if block.at_right else area.left()
        placed.append((text, QRectF(left, top + number * high, width, high)))
    return placed


def _text_area(bounds: QRectF) -> QRectF:
    return bounds.adjusted(MARGIN, MARGIN - 2, -MARGIN, -MARGIN + 2)


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
