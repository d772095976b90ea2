"""A small part of the panel, folded away: what the model was given to see."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from plugin import parts, theme
from plugin.seen.facts import SeenFilm, compared_text, cut_text, made_by_text, seen_films
from plugin.seen.pictures import SeenPicture
from plugin.view import PanelView

TITLE = "What the model saw"
THUMBNAIL = 104
_WAITING, _UNKNOWN = "…", "no picture"


class SeenSection(QWidget):
    """Each film's picture as the model got it, with its role, and which model looked. Decides nothing."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: object = None
        self._pictures: Mapping[str, SeenPicture] = {}
        self._view = PanelView()
        self.rows: list[SeenRow] = []
        self.fold_button = parts.button("", "Show or hide the pictures that the model was given", "link")
        self.fold_button.setCheckable(True)
        self.fold_button.toggled.connect(self._toggle)
        self.prior_label = parts.small(parts.label(role="muted"))
        self.model_label = parts.small(parts.label(role="muted"))
        self.body = QWidget()
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._lay_out()

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self.body)
        inside.setContentsMargins(0, 2, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(self._list)
        inside.addWidget(self.prior_label)
        inside.addWidget(self.model_label)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self.fold_button)
        box.addWidget(self.body)
        self._show_fold()

    @property
    def is_open(self) -> bool:
        return self.fold_button.isChecked()

    def show_view(self, view: PanelView) -> None:
        """Make the widgets match `view`; safe to call as often as you like."""
        self._view = view
        self.setVisible(
            bool(view.study_key) and view.reading.is_complete and view.reading.first_look.shows_ai
        )
        if self.is_open:
            self._show_films()

    def show_pictures(self, pictures: Mapping[str, SeenPicture], *, is_waiting: bool = True) -> None:
        """Take the pictures that there are, by image. `is_waiting`: more of them are being prepared."""
        self._pictures = pictures
        for row in self.rows:
            row.show_picture(pictures.get(row.film.image), is_waiting=is_waiting)

    def _toggle(self) -> None:
        self._show_fold()
        if self.is_open:
            self._show_films()
            self.opened.emit()

    def _show_fold(self) -> None:
        self.fold_button.setText(f"{'▾' if self.is_open else '▸'}  {TITLE}")
        self.body.setVisible(self.is_open)

    def _show_films(self) -> None:
        reading = self._view.reading
        films = seen_films(reading)
        parts.show_text(self.prior_label, compared_text(reading))
        parts.show_text(self.model_label, made_by_text(reading, self._view.pack))
        wanted = (self._view.study_key, films)
        if wanted == self._shown:
            return
        self._shown = wanted
        for old in self.rows:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows = [SeenRow(film) for film in films]
        for row in self.rows:
            self._list.addWidget(row)
            row.show()
        self.show_pictures(self._pictures)
        self.opened.emit()  # other films: their pictures are wanted


class SeenRow(QWidget):
    """One film: the picture at the left, what is to be said about it at the right."""

    def __init__(self, film: SeenFilm) -> None:
        super().__init__()
        self.film = film
        self.picture = QLabel(_WAITING if film.was_seen else _UNKNOWN)
        self.picture.setFixedSize(THUMBNAIL, THUMBNAIL)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setStyleSheet(f"background: {theme.SURFACE}; color: {theme.MUTED};")
        self.title = parts.label(film.title)
        self.role = parts.small(parts.label(film.role, "muted"))
        self.note = parts.small(parts.label("", "doubt"))
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self.title, self.role, self.note):
            words.addWidget(part)
        words.addStretch(1)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(words, 1)
        parts.show_text(self.note, film.note)

    def show_picture(self, seen: SeenPicture | None, *, is_waiting: bool) -> None:
        if seen is None:
            self.picture.setText(_WAITING if is_waiting and self.film.was_seen else _UNKNOWN)
            return
        side = int(seen.grey.shape[0])
        shown = QImage(seen.grey.tobytes(), side, side, side, QImage.Format.Format_Grayscale8)
        ratio = self.devicePixelRatioF()
        room = round(THUMBNAIL * ratio)
        pixmap = QPixmap.fromImage(shown).scaled(
            room, room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        self.picture.setPixmap(pixmap)
        name = f"{self.film.title} as the model saw it, {side} × {side} pixels"
        self.picture.setAccessibleName(name)
        self.picture.setToolTip(name)
        parts.show_text(self.note, self.film.note or cut_text(seen.left_out))
