"""The list at the left: patients, studies, films, and what could not be opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from viewer.core.study import Patient
from viewer.ui import theme
from viewer.ui.study_rows import StudyRow, study_rows

ROW_HEIGHT = 46
THUMBNAIL = 38
_INDENT = {"patient": 12, "study": 12, "film": 22}


class StudyRows(QAbstractListModel):
    """Flat rows with a picture for films that were loaded once."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[StudyRow, ...] = ()
        self.on_screen: dict[str, str] = {}  # film key to "current" or "prior"
        self.thumbnails: dict[str, QPixmap] = {}

    def set_rows(self, rows: tuple[StudyRow, ...]) -> None:
        if rows != self.rows:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def refresh(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.title} {row.subtitle}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.warning or None
        return None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        if self.rows[index.row()].kind == "patient":
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class RowPainter(QStyledItemDelegate):
    """Draws a row: patients as headings, studies with their date, films with their picture."""

    def __init__(self, model: StudyRows, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        return QSize(200, ROW_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row: StudyRow = self._model.rows[index.row()]
        area = QRectF(option.rect)
        state = option.state
        role = self._model.on_screen.get(row.key, "")
        painter.save()
        if row.kind == "patient" and index.row():
            painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1), QColor(theme.LINE))
        if role:
            painter.fillRect(area, QColor(theme.RAISED))
            color = theme.PRIOR if role == "prior" else theme.ACCENT
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(color))
        elif state & QStyle.StateFlag.State_MouseOver and row.kind != "patient":
            painter.fillRect(area, QColor("#1b1f24"))
        left = area.left() + _INDENT[row.kind]
        if row.kind == "film":
            left = self._paint_thumbnail(painter, row, left, area)
        self._paint_words(painter, row, QRectF(left, area.top(), area.right() - left - 8, area.height()))
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, row: StudyRow, left: float, area: QRectF) -> float:
        frame = QRectF(left, area.top() + (ROW_HEIGHT - THUMBNAIL) / 2, THUMBNAIL, THUMBNAIL)
        picture = self._model.thumbnails.get(row.key)
        painter.fillRect(frame, QColor(theme.GROUND if picture is None else theme.BLACK))
        if picture is not None:
            size = picture.deviceIndependentSize()
            size.scale(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(frame.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(target, picture, QRectF(picture.rect()))
        return frame.right() + 10

    def _paint_words(self, painter: QPainter, row: StudyRow, area: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        line, elide = metrics.height(), Qt.TextElideMode.ElideRight
        top = area.top() + (area.height() - (2 * line if row.subtitle else line)) / 2
        if row.kind == "patient":
            bold = painter.font()
            bold.setBold(True)
            painter.setFont(bold)
        painter.setPen(QColor(theme.TEXT))
        title = QFontMetricsF(painter.font()).elidedText(row.title, elide, area.width() - 18)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(area.left(), top, area.width(), line), flags, title)
        if row.warning:
            painter.setPen(QColor(theme.WARNING))
            painter.drawText(QRectF(area.right() - 16, top, 16, line), Qt.AlignmentFlag.AlignCenter, "⚠")
        font = painter.font()
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(QColor(theme.DIM))
        below = QRectF(area.left(), top + line, area.width(), line)
        painter.drawText(below, flags, metrics.elidedText(row.subtitle, elide, area.width()))


class StudyList(QWidget):
    """Shows patients and passes on which film or study is wanted."""

    film_wished = Signal(str)  # film key
    study_wished = Signal(str)  # study instance UID: as the current one
    prior_wished = Signal(str)  # study instance UID: as the prior
    skipped_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.model = StudyRows()
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(RowPainter(self.model, self.view))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.clicked.connect(self._choose)
        self.view.activated.connect(self._choose)
        heading = QLabel("Studies")
        heading.setObjectName("heading")
        self.skipped_button = QPushButton()
        self.skipped_button.setObjectName("quiet")
        self.skipped_button.setVisible(False)
        self.skipped_button.clicked.connect(self.skipped_wished)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(heading)
        column.addWidget(self.view, 1)
        column.addWidget(self.skipped_button)

    def show_patients(self, patients: Sequence[Patient]) -> None:
        self.model.set_rows(study_rows(patients))

    def show_skipped(self, number: int) -> None:
        self.skipped_button.setVisible(number > 0)
        self.skipped_button.setText(f"{number:,} file{'' if number == 1 else 's'} not opened – why?")

    def mark_on_screen(self, roles: dict[str, str]) -> None:
        """Which films (and studies) are on screen, by key, as "current" or "prior"."""
        self.model.on_screen = roles
        self.model.refresh()

    def set_thumbnail(self, film_key: str, picture: QPixmap) -> None:
        self.model.thumbnails[film_key] = picture
        self.model.refresh()

    def _choose(self, index: QModelIndex) -> None:
        row = self.model.rows[index.row()]
        if row.kind == "film":
            self.film_wished.emit(row.key)
        elif row.kind == "study":
            self.study_wished.emit(row.key)

    def _show_menu(self, at: Any) -> None:
        index = self.view.indexAt(at)
        if not index.isValid() or self.model.rows[index.row()].kind != "study":
            return
        uid = self.model.rows[index.row()].key
        menu = QMenu(self)
        menu.addAction("Show as current", lambda: self.study_wished.emit(uid))
        menu.addAction("Show beside it as prior", lambda: self.prior_wished.emit(uid))
        menu.exec(self.view.viewport().mapToGlobal(at))
        menu.deleteLater()
