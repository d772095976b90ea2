"""One view on one sheet of paper: who, when, the film, its grey levels and scale, what must be said. Any thread.

The words stand beside the film, not on it: on paper nothing can be moved away from a side marker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from PySide6.QtCore import QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPageLayout, QPageSize, QPainter, QPen

from viewer.core.language import tr
from viewer.core.measure.spacing import Spacing
from viewer.ui import wording
from viewer.ui.captions import badges, patient_line, patient_name, plain, role_text, study_moment, view_text
from viewer.ui.film_view import placement_of
from viewer.ui.output.masking import masked_state
from viewer.ui.output.view_picture import (
    PictureWish,
    ViewCopy,
    is_draft,
    paint_view,
    scale_of,
    stored_per_pixel,
)
from viewer.ui.windowing import described

LAYOUT = QPageLayout(
    QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(12, 12, 12, 12)
)
LENGTHS_MM = (200, 100, 50, 20, 10, 5, 2, 1)
MOST_NOTICES = 4
LONGEST_BAR = 0.4
"""Of the picture's width."""
NARROWEST = 460
"""A viewport is made no narrower than this: its corner texts need the room."""
INK, PALE = QColor("#101010"), QColor("#555555")


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """So many mm are this share of the picture's width; the label says where the mm come from."""

    length_mm: float
    share: float
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Everything on one sheet."""

    patient: str
    details: str  # ID, sex, age, birth date: a long name must not push them off the sheet
    study: str
    badges: str  # what changes how the film may be trusted or read
    grey: str
    notices: tuple[str, ...]
    picture: QImage
    scale: ScaleBar | None
    is_draft: bool


def page_of(copy: ViewCopy, spacing: Spacing, made_by: str) -> Page:
    """The sheet of a view. `made_by` names the program and its version."""
    if copy.state.is_masked:  # the privacy screen is on: paper shows what the screen shows
        copy = replace(copy, state=masked_state(copy.state))
    assert copy.state.slot is not None
    slot, view = copy.state.slot, copy.state.view
    header = slot.film.header
    close = without_margins(copy)
    wish = PictureWish(is_full_resolution=True, has_corners=False)
    if header.is_verified:
        patient, details = patient_name(header), patient_line(header)
    else:
        name = plain(slot.film.source.member or slot.film.source.path.name)
        patient, details = name, f"{wording.UNVERIFIED}: {tr('identity not known')}"
    study = (study_moment(header), view_text(header), plain(header.study_description), role_text(slot))
    printed = tr(
        "Printed {moment} by {program}", moment=datetime.now().strftime("%Y-%m-%d %H:%M"), program=made_by
    )
    notices = (*header.notices, *copy.state.notices, copy.state.human.scale_note)
    return Page(
        patient=patient,
        details=details,
        study="   ".join(text for text in study if text),
        badges="   ".join((*copy.state.badges, *badges(header, view))),
        notices=tuple(dict.fromkeys(plain(notice, 160) for notice in notices if notice))[:MOST_NOTICES],
        grey="   ".join(text for text in (described(view), printed) if text),
        picture=paint_view(close, wish),
        scale=scale_bar(close, wish, spacing),
        is_draft=is_draft(close, wish),
    )


def without_margins(copy: ViewCopy) -> ViewCopy:
    """The same view without black at its sides and above and below, as far as the corner texts leave it."""
    description = copy.pixels.description
    width, height = (round(side * copy.ratio) for side in copy.size)
    placement = placement_of(copy.state.view, description, (width, height))
    left, top, right, bottom = placement.box_to_screen((0, 0, description.columns, description.rows))
    aside = max(0.0, min(left, width - right)) / copy.ratio
    above = max(0.0, min(top, height - bottom)) / copy.ratio
    size = (
        max(round(copy.size[0] - 2 * aside), min(copy.size[0], NARROWEST)),
        max(round(copy.size[1] - 2 * above), min(copy.size[1], NARROWEST)),
    )
    return replace(copy, size=size)


def scale_bar(copy: ViewCopy, wish: PictureWish, spacing: Spacing) -> ScaleBar | None:
    """The longest round length that fits; None where no rule gives millimetres."""
    if not spacing.is_mm:
        return None
    height_mm, width_mm = spacing.pixel_size
    across_mm = height_mm if copy.state.view.posture.is_sideways else width_mm
    picture_width = copy.size[0] * copy.ratio * scale_of(copy, wish)
    whole_mm = across_mm * stored_per_pixel(copy, wish)[1] * picture_width
    fitting = [length for length in LENGTHS_MM if length <= LONGEST_BAR * whole_mm]
    if not fitting:
        return None
    return ScaleBar(fitting[0], fitting[0] / whole_mm, f"{fitting[0]} {spacing.label}")


def paint_page(painter: QPainter, area: QRectF, page: Page, number: int, count: int) -> None:
    """Black on white, from top to bottom; `area` in device pixels, fonts in points of the device."""
    font = QFont(painter.font())
    font.setPointSizeF(10)
    bold = QFont(font)
    bold.setBold(True)
    bold.setPointSizeF(12)
    painter.setFont(bold)
    top = area.top()
    if page.is_draft:
        top = _draft_mark(painter, area, top)
    top = _line(painter, area, top, page.patient)
    painter.setFont(font)
    top = _line(painter, area, top, page.details)
    top = _line(painter, area, top, page.study)
    if page.badges:
        font.setBold(True)
        painter.setFont(font)
        top = _line(painter, area, top, page.badges)
        font.setBold(False)
        painter.setFont(font)
    top += _height(painter) * 0.4
    footer = _height(painter) * (4.2 + len(page.notices))
    room = QRectF(area.left(), top, area.width(), area.bottom() - footer - top)
    target = _fitted(page.picture, room)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(target, page.picture)
    below = target.bottom() + _height(painter) * 0.4
    if page.scale is not None:
        _scale_bar(painter, QPointF(target.left(), below), target.width(), page.scale)
    below = _line(painter, area, below + _height(painter) * 1.4, page.grey)
    for notice in page.notices:
        below = _line(painter, area, below, notice)
    sheet = tr("Page {number} of {count}", number=number, count=count)
    painter.setPen(PALE)
    bottom = QRectF(area.left(), area.bottom() - _height(painter), area.width(), _height(painter))
    painter.drawText(bottom, Qt.AlignmentFlag.AlignRight, sheet)
    small = QFont(font)
    small.setPointSizeF(8)
    painter.setFont(small)
    painter.drawText(bottom, Qt.AlignmentFlag.AlignLeft, wording.RESEARCH_USE_LONG)


def _height(painter: QPainter) -> float:
    return QFontMetricsF(painter.font(), painter.device()).height()


def _line(painter: QPainter, area: QRectF, top: float, text: str) -> float:
    """Paint a line and return where the next one begins."""
    metrics = QFontMetricsF(painter.font(), painter.device())
    painter.setPen(INK)
    row = QRectF(area.left(), top, area.width(), metrics.height())
    painter.drawText(
        row, Qt.AlignmentFlag.AlignLeft, metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    )
    return row.bottom()


def _draft_mark(painter: QPainter, area: QRectF, top: float) -> float:
    metrics = QFontMetricsF(painter.font(), painter.device())
    width = metrics.horizontalAdvance(wording.DRAFT_MARK) + metrics.height()
    plate = QRectF(area.left(), top, width, metrics.height() * 1.4)
    painter.setPen(QPen(INK, metrics.height() / 14))
    painter.drawRect(plate)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, wording.DRAFT_MARK)
    return plate.bottom() + metrics.height() * 0.4


def _fitted(picture: QImage, room: QRectF) -> QRectF:
    scale = min(room.width() / picture.width(), room.height() / picture.height())
    width, height = picture.width() * scale, picture.height() * scale
    return QRectF(room.left() + (room.width() - width) / 2, room.top(), width, height)


def _scale_bar(painter: QPainter, start: QPointF, picture_width: float, scale: ScaleBar) -> None:
    line = _height(painter)
    end = start + QPointF(scale.share * picture_width, 0)
    painter.setPen(QPen(INK, line / 10))
    middle = QPointF(0, line / 2)
    painter.drawLine(start + middle, end + middle)
    for x in (start, end):
        painter.drawLine(x + QPointF(0, line * 0.2), x + QPointF(0, line * 0.8))
    painter.drawText(end + QPointF(line / 2, line * 0.75), scale.label)
