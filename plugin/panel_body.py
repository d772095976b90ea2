"""What scrolls in the panel, and areas that take no more room than they need."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

LEAST_HEIGHT = 90


class PanelBody(QWidget):
    """What scrolls. As high as its content is at the width it has, which a scroll area does not ask by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("PanelBody")

    def minimumSizeHint(self) -> QSize:
        layout = self.layout()
        height = layout.heightForWidth(self.width()) if layout is not None else 0
        return QSize(0, max(0, height))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class ModestArea(QScrollArea):
    """As high as what it holds, up to a share of the panel that it lies in; beyond that it scrolls."""

    def __init__(self, body: QWidget, most: float) -> None:
        super().__init__()
        self._most = most
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() in {QEvent.Type.LayoutRequest, QEvent.Type.Resize}:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        return QSize(320, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(LEAST_HEIGHT, self._height()))

    def _height(self) -> int:
        body = self.widget()
        layout = body.layout() if body is not None else None
        needed = layout.totalHeightForWidth(max(1, self.viewport().width())) if layout is not None else 0
        parent = self.parentWidget()
        panel = parent.parentWidget() if parent is not None else None
        most = round(panel.height() * self._most) if panel is not None else needed
        return max(0, min(needed, most))
