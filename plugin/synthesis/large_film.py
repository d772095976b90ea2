"""One synthetic film in a window of its own, as large as the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inference.backend import FilmDrawn
from plugin import parts, theme, wording
from plugin.synthesis import words
from plugin.synthesis.framed_film import FramedFilm


class LargeFilm(QDialog):
    """Shows a film with all that is known of it."""

    def __init__(self, film: FilmDrawn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ReportPanel")  # its style
        self.setStyleSheet(theme.SHEET)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{wording.SYNTHETIC}: {words.caption(film)}")
        self.resize(680, 690)
        self.setMinimumSize(360, 420)
        self.picture = FramedFilm(may_be_chosen=False)
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.picture.show_film(film)
        self.caption = parts.label(" · ".join(filter(None, (words.caption(film), words.view_check(film)))))
        self.text = parts.small(parts.label(film.text or words.NO_FINDING, "muted"))
        self.doubts = parts.small(parts.label("\n".join(words.doubts(film)), "doubt"))
        self.made_by = parts.small(parts.label(words.made_by(film), "muted"))
        self.close_button = parts.button("Close", "Close this window")
        self.close_button.clicked.connect(self.reject)
        last = QHBoxLayout()
        last.addWidget(self.made_by, 1)
        last.addWidget(self.close_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 14, 16, 12)
        box.setSpacing(6)
        box.addWidget(self.picture, 1)
        for label in (self.caption, self.text, self.doubts):
            box.addWidget(label)
            label.setVisible(bool(label.text()))
        box.addLayout(last)
