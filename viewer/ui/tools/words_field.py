"""A line over the film in which the words at an arrow are typed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from viewer.core.language import tr

LONGEST = 200
WIDTH = 220


class WordsField(QLineEdit):
    """`given` carries the words, once; Esc gives up. It is gone after either."""

    given = Signal(str)

    def __init__(self, over: QWidget, at: QPointF, words: str) -> None:
        super().__init__(words, over)
        self.setPlaceholderText(tr("What is there?"))
        self.setMaxLength(LONGEST)
        self.setFixedWidth(WIDTH)
        self._is_over = False
        self.returnPressed.connect(self._give)
        self.editingFinished.connect(self._give)
        left = min(max(at.x(), 4), max(4, over.width() - WIDTH - 4))
        top = min(max(at.y(), 4), max(4, over.height() - self.sizeHint().height() - 4))
        self.move(round(left), round(top))
        self.show()
        self.setFocus()
        self.selectAll()

    def give_up(self) -> None:
        """Close without words."""
        self._is_over = True
        self._close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.give_up()
        else:
            super().keyPressEvent(event)

    def _give(self) -> None:
        if not self._is_over:
            self._is_over = True
            self.given.emit(self.text().strip())
            self._close()

    def _close(self) -> None:
        over = self.parentWidget()
        if over is not None:
            over.setFocus()
        self.hide()
        self.deleteLater()
