"""One finding on both films as a line that can be clicked, reached with Tab, and read aloud."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLabel, QSizePolicy

from plugin import colours, parts, theme, wording
from plugin.prior import words
from plugin.prior.pairs import PairRow

_COLOURS = {"new": theme.AMBER, "larger": theme.AMBER, "smaller": theme.GREEN, "resolved": theme.GREEN}


class ChangeRow(QAbstractButton):
    """Draws one change. Checked means that its pair of boxes is lit on the films."""

    hovered = Signal(object)  # the finding's label; None when the pointer leaves

    def __init__(self, row: PairRow) -> None:
        super().__init__()
        self.row = row
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.sign = _passive(parts.label("✕" if row.is_rejected else words.sign(row.change)))
        self.sign.setStyleSheet(f"color: {_colour(row)}; font-weight: 700;")
        self.title = _passive(parts.label(wording.sentence_case(row.label)))
        struck = self.title.font()
        struck.setStrikeOut(row.is_rejected)
        self.title.setFont(struck)
        self.title.setProperty("role", "muted" if row.is_rejected else "")
        self.word = _passive(parts.label("" if row.is_rejected else words.word(row.change)))
        self.word.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.word.setWordWrap(False)
        self.note = _passive(parts.small(parts.label(_note(row), "muted")))
        self.doubt = _passive(parts.small(parts.label("", "doubt")))
        self._lay_out()
        parts.show_text(self.doubt, row.disagreement)  # in its place first: without one it is a window
        said = (self.title.text(), self.word.text(), self.note.text(), row.disagreement)
        self.setAccessibleName(", ".join(part for part in said if part))
        self.setToolTip(
            "\n".join(part for part in (row.change.why, "Click to see it on both films.") if part)
        )

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 5, 10, 5)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(1)
        self.sign.setFixedWidth(14)
        self.sign.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.sign, 0, 0)
        grid.addWidget(self.title, 0, 1)
        grid.addWidget(self.word, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.note, 1, 1, 1, 2)
        grid.addWidget(self.doubt, 2, 1, 1, 2)
        grid.setColumnMinimumWidth(0, 14)
        grid.setColumnStretch(1, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hovered.emit(self.row.label)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        is_lit = self.isChecked() or self.row.is_lit
        ground = theme.RAISED if is_lit else theme.SURFACE if self.underMouse() else theme.GROUND
        painter.setPen(QPen(QColor(theme.BLUE), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(body, 5, 5)
        if is_lit:  # the colour of its boxes, as a bar: the ground alone is hard to see in a dark room
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.of_label(self.row.label)))
            painter.drawRoundedRect(QRectF(0.5, 4, 3, self.height() - 8), 1.5, 1.5)


def _colour(row: PairRow) -> str:
    return theme.MUTED if row.is_rejected else _COLOURS.get(row.change.change, theme.MUTED)


def _note(row: PairRow) -> str:
    """On what it rests, and where the finding or its box is missing; of one that the reader rejected only that."""
    if row.is_rejected:
        return words.REJECTED
    missing = ""
    change = row.change.change
    if row.now.presence == "absent" and change != "resolved":
        missing = "not detected on the current film"
    elif row.before.presence == "absent" and change != "new":
        missing = "not detected on the prior"
    elif not row.prior_boxes and not row.boxes:
        missing = "no box on either film"
    elif not row.prior_boxes and change != "new":
        missing = "no box on the prior"
    elif not row.boxes and change != "resolved":
        missing = "no box on the current film"
    numbers = words.certainties(row.before, row.now)
    return " · ".join(part for part in (words.basis(row.change), numbers, missing) if part)


def _passive(label: QLabel) -> QLabel:
    """Part of the button: the mouse goes through, so that the whole line is one thing to press."""
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return label
