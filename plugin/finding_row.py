"""One finding as a line that can be clicked, reached with Tab, and read aloud."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from inference.backend import Finding
from plugin import colours, parts, theme, wording

_LEFT = 34
_RIGHT = 10
_PAD = 6


def notes_of(finding: Finding, boxes: int, has_located: bool) -> str:
    """The second line: what weakens the first one."""
    if finding.presence != "present":
        return ""
    where = f"{boxes} places" if boxes > 1 else wording.NO_LOCATION if boxes == 0 and has_located else ""
    return " · ".join(note for note in (wording.calibration_note(finding), where) if note)


class FindingRow(QAbstractButton):
    """Draws one finding. Checked means selected: its boxes are lit on the film."""

    def __init__(self, finding: Finding, boxes: int, has_located: bool) -> None:
        super().__init__()
        self.finding = finding
        self.has_place = boxes > 0
        self.has_located = has_located
        self.title = wording.sentence_case(finding.label)
        self.certainty = wording.certainty(finding)
        self.notes = notes_of(finding, boxes, has_located)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(part for part in (self.title, self.certainty, self.notes) if part))
        self.setToolTip(self._tip())

    def _tip(self) -> str:
        lines = [f"{self.title}: {self.certainty}", wording.calibration_note(self.finding)]
        if self.has_place:
            lines.append("Click to light its box on the film.")
        elif self.finding.presence == "present" and self.has_located:
            lines.append(wording.NO_LOCATION)
        return "\n".join(line for line in lines if line)

    def sizeHint(self) -> QSize:
        height = self.fontMetrics().height() + 2 * _PAD
        if self.notes:
            height += QFontMetrics(parts.smaller(self.font())).height() + 1
        return QSize(200, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        self._paint_swatch(painter)
        self._paint_words(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(theme.BLUE), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        ground = theme.RAISED if self.isChecked() else theme.SURFACE if self.underMouse() else theme.GROUND
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(body, 5, 5)

    def _paint_swatch(self, painter: QPainter) -> None:
        """A small dashed box as on the film; only a dot where the model gave no place."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        middle = _PAD + self.fontMetrics().height() / 2
        colour = QColor(colours.of_label(self.finding.label))
        if self.finding.presence != "present":
            colour = QColor(theme.MUTED)
        if self.has_place:
            painter.setPen(QPen(colour, 1.6, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(11, middle - 6, 12, 12))
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(14, middle - 3, 6, 6))

    def _paint_words(self, painter: QPainter) -> None:
        metrics = self.fontMetrics()
        width = self.width() - _LEFT - _RIGHT
        taken = metrics.horizontalAdvance(self.certainty) + 10
        is_present = self.finding.presence == "present"
        painter.setPen(QColor(theme.TEXT if is_present else theme.MUTED))
        title = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, width - taken)
        row = QRectF(_LEFT, _PAD, width, metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.certainty)
        if self.notes:
            painter.setFont(parts.smaller(self.font()))
            painter.setPen(QColor(theme.MUTED))
            below = QRectF(_LEFT, _PAD + metrics.height() + 1, width, metrics.height())
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self.notes)
