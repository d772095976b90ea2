"""One film of a wish: framed, with its seed, its view as asked and as seen, its doubts, and what to do with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from inference.backend import FilmDrawn, Preview
from plugin import parts
from plugin.flow import FlowLayout
from plugin.synthesis import words
from plugin.synthesis.framed_film import FramedFilm

WIDTH = 254


class FilmTile(QFrame):
    """Draws one seed of a wish, drawn or not. Each signal carries the film."""

    opened = Signal(object)
    seed_wanted = Signal(object)
    save_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.film: FilmDrawn | None = None
        self.setProperty("role", "tile")
        self.setFixedWidth(WIDTH)
        self.picture = FramedFilm()
        self.caption = parts.label()
        self.view_check = parts.small(parts.label(role="muted"))
        self.doubts = parts.small(parts.label(role="doubt"))
        self.seed_button = parts.button(
            "Again with this seed", "Put words and seed into the form: change a word, and draw again", "link"
        )
        self.save_button = parts.button("Save…", "Save the film as a DICOM file", "link")
        for button in (self.seed_button, self.save_button):
            button.setFont(parts.smaller(button.font()))
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 6)
        box.setSpacing(4)
        for widget in (self.picture, self.caption, self.view_check, self.doubts):
            box.addWidget(widget)
        row = FlowLayout(spacing=12)
        for button in (self.seed_button, self.save_button):
            row.addWidget(button)
        box.addLayout(row)
        self.picture.chosen.connect(lambda: self._emit(self.opened))
        self.seed_button.clicked.connect(lambda: self._emit(self.seed_wanted))
        self.save_button.clicked.connect(lambda: self._emit(self.save_wanted))

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return QSize(WIDTH, layout.totalHeightForWidth(WIDTH) if layout is not None else WIDTH)

    def show_film(self, film: FilmDrawn | Preview | None, seed: int) -> None:
        """Make the widgets match; `seed` is that of a film that has not come."""
        drawn = film if isinstance(film, FilmDrawn) else None
        self.film = drawn
        self.picture.show_film(film)
        self.caption.setText(words.caption(drawn) if drawn is not None else f"Seed {seed}")
        told = words.doubts(drawn) if drawn is not None else ()
        parts.show_text(self.doubts, "\n".join(told))
        parts.show_text(
            self.view_check,
            words.view_check(drawn) if drawn is not None and words.has_asked_view(drawn) else "",
        )
        for button in (self.seed_button, self.save_button):
            button.setVisible(drawn is not None)
        self.seed_button.setAccessibleName(f"Again with seed {seed}")
        self.save_button.setAccessibleName(f"Save the film of seed {seed}")
        self.updateGeometry()

    def _emit(self, signal: object) -> None:
        if self.film is not None:
            signal.emit(self.film)  # type: ignore[attr-defined]  # a bound signal
