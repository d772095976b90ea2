"""The document on paper: the same painting for the preview, the printer and the PDF file. Any thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QBuffer, QIODevice, QLocale, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QImage,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextDocument,
)

from inference.backend import RESEARCH_USE
from plugin.output.blocks import Block, blocks, identity_lines
from plugin.output.document import ReportDocument
from plugin.output.pictures import FilmPicture
from viewer.writer.errors import NotWritten

PDF_DPI = 300
PREVIEW_DPI = 96
SCREEN_DPI = 96
MARGIN_MM = 15
HEAD_MM, FOOT_MM = 24, 15
LETTER_TERRITORIES = frozenset(
    {
        QLocale.Country.UnitedStates,
        QLocale.Country.Canada,
        QLocale.Country.Mexico,
        QLocale.Country.Philippines,
        QLocale.Country.Chile,
        QLocale.Country.Colombia,
        QLocale.Country.Venezuela,
    }
)
INK, PALE, AMBER, AMBER_GROUND = "#101010", "#555555", "#8a5a00", "#fdf3dc"


def paper_of(locale: QLocale) -> QPageLayout:
    """Letter where people use it, A4 elsewhere."""
    is_letter = locale.territory() in LETTER_TERRITORIES
    size = QPageSize(QPageSize.PageSizeId.Letter if is_letter else QPageSize.PageSizeId.A4)
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)


@dataclass(frozen=True, slots=True, eq=False)
class Sheets:
    """A report laid out for one device: its pages can be painted in any order."""

    document: ReportDocument
    body: QTextDocument
    page: QRectF  # what may be painted on, device pixels
    dots_per_mm: float

    @property
    def count(self) -> int:
        return max(1, self.body.pageCount())


SHEET = f"""
body {{ color: {INK}; }}
p {{ margin-top: 0; margin-bottom: 2px; line-height: 120%; }}
p.title {{ margin-top: 12px; margin-bottom: 4px; font-weight: bold; color: {PALE}; }}
p.small {{ margin-top: 16px; font-size: 8.5pt; color: {PALE}; }}
p.small-more {{ font-size: 8.5pt; color: {PALE}; }}
p.sign {{ margin-top: 18px; font-weight: bold; }}
p.sign-more {{ font-size: 9pt; }}
p.mark {{ font-weight: bold; color: {AMBER}; }}
p.caption {{ margin-top: 4px; font-size: 8.5pt; color: {PALE}; }}
"""
"""Lengths in px, which Qt scales to the device (its pt of a margin are not)."""


def lay_out(
    document: ReportDocument, pictures: Sequence[FilmPicture], device: QPaintDevice, page: QRectF, dpi: float
) -> Sheets:
    """Break the report into pages of `page`'s size on a device of that resolution."""
    dots_per_mm = dpi / 25.4
    body = QTextDocument()
    body.documentLayout().setPaintDevice(device)
    body.setDefaultFont(_font(10))
    body.setDefaultStyleSheet(SHEET)
    body.setDocumentMargin(0)
    for number, picture in enumerate(pictures):
        body.addResource(QTextDocument.ResourceType.ImageResource, QUrl(f"film:{number}"), picture.image)
    height = page.height() - (HEAD_MM + FOOT_MM) * dots_per_mm
    body.setPageSize(QSizeF(page.width(), height))
    scale = dpi / SCREEN_DPI  # Qt multiplies the size of a picture by it
    body.setHtml(_html(document, pictures, page.width() / scale, height / scale))
    return Sheets(document, body, page, dots_per_mm)


def paint_sheet(painter: QPainter, sheets: Sheets, number: int) -> None:
    """Paint page `number`, counted from 1: identity and mark above, the text, the model and the page number below."""
    page, mm = sheets.page, sheets.dots_per_mm
    painter.save()
    painter.translate(page.topLeft())
    _paint_head(painter, sheets, QRectF(0, 0, page.width(), (HEAD_MM - 3) * mm))
    foot = QRectF(0, page.height() - (FOOT_MM - 3) * mm, page.width(), (FOOT_MM - 3) * mm)
    _paint_foot(painter, sheets, foot, number)
    height = sheets.body.pageSize().height()
    painter.translate(0, HEAD_MM * mm - (number - 1) * height)
    clip = QRectF(
        0, (number - 1) * height + 1, page.width(), height - 2
    )  # a line that only touches it is not here
    painter.setClipRect(clip)
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette.setColor(
        QPalette.ColorRole.Text, QColor(INK)
    )  # paper is white, whatever the window's theme
    context.clip = clip
    sheets.body.documentLayout().draw(painter, context)
    painter.restore()


def pdf_bytes(document: ReportDocument, pictures: Sequence[FilmPicture], paper: QPageLayout) -> bytes:
    """The report as a PDF file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(PDF_DPI)
    writer.setPageLayout(paper)
    writer.setCreator("Sidelight")
    writer.setTitle(f"{document.mark or 'Report'}. {RESEARCH_USE}")  # no name: titles show up in file lists
    paint_report(writer, document, pictures, PDF_DPI)
    return bytes(buffer.data().data())


def paint_report(
    device: QPagedPaintDevice, document: ReportDocument, pictures: Sequence[FilmPicture], dpi: float
) -> int:
    """Paint all pages onto a printer or a PDF file; how many there were.

    Raises:
        NotWritten: The printer does not take them.
    """
    painter = QPainter()
    if not painter.begin(device):
        raise NotWritten("The printer does not answer. Choose another one, or save a PDF file.")
    try:
        page = QRectF(0, 0, device.width(), device.height())
        sheets = lay_out(document, pictures, device, page, dpi)
        for number in range(1, sheets.count + 1):
            if number > 1 and not device.newPage():
                raise NotWritten(f"The printer refused page {number}.")
            paint_sheet(painter, sheets, number)
        return sheets.count
    finally:
        painter.end()


def preview_sheets(
    document: ReportDocument, pictures: Sequence[FilmPicture], paper: QPageLayout, dpi: int = PREVIEW_DPI
) -> list[QImage]:
    """How the pages will look on white paper."""
    whole, area = paper.fullRectPixels(dpi), QRectF(paper.paintRectPixels(dpi))
    blank = QImage(whole.size(), QImage.Format.Format_RGB32)
    blank.setDotsPerMeterX(round(dpi / 0.0254))
    blank.setDotsPerMeterY(round(dpi / 0.0254))
    blank.fill("white")
    sheets = lay_out(document, pictures, blank, area, dpi)
    made = []
    for number in range(1, sheets.count + 1):
        sheet = blank.copy()
        painter = QPainter(sheet)
        paint_sheet(painter, sheets, number)
        painter.end()
        made.append(sheet)
    return made


# ── the parts of a page ─────────────────────────────────────────────────────────────────────────────────────────


def _paint_head(painter: QPainter, sheets: Sheets, where: QRectF) -> None:
    who, what = identity_lines(sheets.document)
    mark = sheets.document.mark
    line = where.height() / 4
    if mark:
        band = QRectF(where.left(), where.top(), where.width(), line * 1.5)
        painter.fillRect(band, QColor(AMBER_GROUND))
        painter.setPen(QColor(AMBER))
        painter.drawRect(band)
        _say(painter, band, mark, _font(11, bold=True), Qt.AlignmentFlag.AlignCenter, AMBER)
    top = where.top() + line * 1.7
    _say(painter, QRectF(where.left(), top, where.width(), line), who, _font(10.5, bold=True))
    second = QRectF(where.left(), top + line, where.width(), line)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    _say(painter, second, what, _font(9), colour=PALE)
    _say(painter, second, sheets.document.organization, _font(9), right, PALE)
    painter.setPen(QColor(PALE))
    painter.drawLine(where.bottomLeft(), where.bottomRight())


def _paint_foot(painter: QPainter, sheets: Sheets, where: QRectF, number: int) -> None:
    painter.setPen(QColor(PALE))
    painter.drawLine(where.topLeft(), where.topRight())
    model = sheets.document.model
    named = f"{model.title} {model.version} ({model.id}), manifest {model.sha256[:12]}" if model else ""
    third = where.height() / 3
    pages = f"Page {number} of {sheets.count}"
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    first = QRectF(where.left(), where.top() + third * 0.4, where.width(), third)
    _say(painter, first, f"Model: {named}" if named else "", _font(7.5), colour=PALE)
    _say(painter, first, pages, _font(8), right, PALE)
    _say(painter, first.translated(0, third), RESEARCH_USE, _font(7.5), colour=PALE)


def _say(
    painter: QPainter,
    where: QRectF,
    text: str,
    font: QFont,
    alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
    colour: str = INK,
) -> None:
    """One line, cut with an ellipsis where it is too long."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    metrics = painter.fontMetrics()
    painter.drawText(
        where, alignment, metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(where.width()))
    )


def _font(points: float, *, bold: bool = False) -> QFont:
    font = QFont()
    font.setPointSizeF(points)
    font.setBold(bold)
    return font


# ── the text ────────────────────────────────────────────────────────────────────────────────────────────────────


def _html(document: ReportDocument, pictures: Sequence[FilmPicture], width: float, height: float) -> str:
    """Everything but what stands on each page already."""
    shown = [block for block in blocks(document, with_identity=False) if block.kind != "mark"]
    synthetic = [f'<p class="mark">{escape(line)}</p>' for line in _synthetic_line(document)]
    parts = [*synthetic, *map(_block, shown), *_films(pictures, width, height)]
    return f"<body>{''.join(parts)}</body>"


def _synthetic_line(document: ReportDocument) -> tuple[str, ...]:
    first = next(iter(blocks(document, with_identity=False)), None)
    lines = first.lines if first is not None and first.kind == "mark" else ()
    return tuple(line for line in lines if line != document.mark)


def _block(block: Block) -> str:
    """A paragraph a line: Qt repeats, unseen, the last line of a page in a paragraph that goes on over it."""
    title = f'<p class="title">{escape(block.title)}</p>' if block.title else ""
    kind = block.kind if block.kind in {"small", "sign"} else "line"
    first, *more = (escape(line) or "&nbsp;" for line in block.lines)
    rest = "".join(f'<p class="{kind}-more">{line}</p>' for line in more)
    return f'{title}<p class="{kind}">{first}</p>{rest}'


def _films(pictures: Sequence[FilmPicture], width: float, height: float) -> list[str]:
    """Side by side where there are two, never higher than half a page."""
    if not pictures:
        return []
    share = {1: 0.55, 2: 0.45}.get(len(pictures), 0.3)
    cells = []
    for number, picture in enumerate(pictures):
        ratio = picture.image.height() / max(1, picture.image.width())
        across = min(width * share, height * 0.5 / ratio)
        image = f'<img src="film:{number}" width="{across:.0f}" height="{across * ratio:.0f}">'
        cells.append(f'<td valign="top">{image}<p class="caption">{escape(picture.caption)}</p></td>')
    title = f'<tr><td colspan="{len(cells)}"><p class="title">FILMS</p></td></tr>'
    return [
        '<p class="caption">&nbsp;</p>',
        f'<table cellspacing="0" cellpadding="4">{title}<tr>{"".join(cells)}</tr></table>',
    ]
