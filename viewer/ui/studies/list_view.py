"""The view of the study list: a click at the left edge or the arrow keys fold, Enter opens."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from viewer.ui.studies.row_painter import TRIANGLE
from viewer.ui.studies.rows_model import StudyRows


class StudyView(QListView):
    """Passes on which row is to be opened or folded; decides nothing."""

    fold_wished = Signal(str, bool)  # row key; folded
    row_wished = Signal(QModelIndex)

    def __init__(self, model: StudyRows) -> None:
        super().__init__()
        self._rows = model
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self.row_wished)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            row = self._rows.rows[index.row()]
            if row.kind == "patient" or (row.kind == "study" and event.position().x() < TRIANGLE):
                self.fold_wished.emit(row.key, not row.is_folded)
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        row = self._rows.rows[index.row()] if index.isValid() else None
        if row is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if row.kind == "patient":
                self.fold_wished.emit(row.key, not row.is_folded)
            else:
                self.row_wished.emit(index)
        elif row is not None and row.kind != "film" and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.fold_wished.emit(row.key, event.key() == Qt.Key.Key_Left)
        else:
            super().keyPressEvent(event)
