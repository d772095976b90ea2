"""What has come of one wish: where it is, Stop, and a film for each seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from inference.backend import FilmDrawn
from plugin import parts
from plugin.flow import FlowLayout
from plugin.panel_body import PanelBody
from plugin.synthesis import view, words
from plugin.synthesis.beside_view import BesideView
from plugin.synthesis.film_tile import FilmTile
from plugin.synthesis.state import Wish


class WishView(QWidget):
    """Draws one wish. Decides nothing but which of its seeds lies beside the patient's film."""

    stop_requested = Signal()
    opened = Signal(object)  # FilmDrawn
    seed_wanted = Signal(object)
    save_wanted = Signal(object)
    others_requested = Signal()
    copy_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._wish: Wish | None = None
        self._source: NDArray[np.uint8] | None = None
        self._looked_at = 0
        self.how = parts.small(parts.label(role="muted"))
        self.status = parts.label(role="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far the drawing is")
        self.stop_button = parts.button(
            "Stop", "Stop after the step that is being computed; whole films stay"
        )
        self.others_button = parts.button("Other seeds", "Draw the same words with the next seeds")
        self.copy_button = parts.button(
            "Copy description", "Copy the words and seeds, so that they can be made again"
        )
        self.notes = parts.small(parts.label(role="doubt"))
        self.problem = QFrame()
        self.problem.setProperty("role", "problem-box")
        self.problem_text = parts.label("", "problem")
        self.beside = BesideView()
        self.tiles: list[FilmTile] = []
        self._grid = FlowLayout(spacing=10)
        self.empty = parts.label(words.NO_WISHES, "muted")
        self._lay_out()
        self.stop_button.clicked.connect(self.stop_requested)
        self.others_button.clicked.connect(self.others_requested)
        self.copy_button.clicked.connect(self.copy_requested)
        self.beside.made.chosen.connect(self._open_beside)

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self.problem)
        inside.setContentsMargins(14, 9, 10, 9)
        inside.addWidget(self.problem_text)
        row = QHBoxLayout()
        row.addWidget(self.status, 1)
        for button in (self.copy_button, self.others_button, self.stop_button):
            row.addWidget(button)
        body = PanelBody()
        films = QVBoxLayout(body)
        films.setContentsMargins(0, 0, 6, 0)
        films.setSpacing(10)
        for widget in (self.empty, self.beside):
            films.addWidget(widget)
        films.addLayout(self._grid)
        films.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidget(body)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(7)
        box.addWidget(self.how)
        box.addLayout(row)
        box.addWidget(self.bar)
        box.addWidget(self.notes)
        box.addWidget(self.problem)
        box.addWidget(self.area, 1)

    def show_wish(self, wish: Wish | None, source: NDArray[np.uint8] | None, *, may_draw: bool) -> None:
        """Make the widgets match. `source` is the picture that a wish from this patient begins from."""
        if wish is None or self._wish is None or wish.id != self._wish.id:
            self._looked_at = 0
        self._wish, self._source = wish, source
        self.empty.setVisible(wish is None)
        parts.show_text(self.how, view.made_how(wish) if wish is not None else "")
        self.status.setText(view.status(wish) if wish is not None else "")
        is_running = wish is not None and wish.is_running
        self.bar.setVisible(is_running)
        self.stop_button.setVisible(is_running)
        for button in (self.others_button, self.copy_button):
            button.setVisible(wish is not None)
        self.others_button.setEnabled(may_draw)
        self._show_bar(wish)
        trouble = wish.trouble if wish is not None else None
        self.problem.setVisible(trouble is not None)
        self.problem_text.setText(view.trouble_text(trouble) if trouble is not None else "")
        parts.show_text(self.notes, "\n".join(wish.notes) if wish is not None else "")
        self._show_films(wish)

    def _show_bar(self, wish: Wish | None) -> None:
        is_counted = wish is not None and wish.stage == "drawing" and wish.total > 0
        self.bar.setRange(0, wish.total if wish is not None and is_counted else 0)
        if wish is not None and is_counted:
            self.bar.setValue(wish.done)

    def _show_films(self, wish: Wish | None) -> None:
        wanted = 0 if wish is None else wish.form.count if wish.is_running else max(1, len(wish.drawn))
        if wish is not None and not wish.is_running and not wish.drawn:
            wanted = 0
        while len(self.tiles) < wanted:
            self._add_tile()
        numbers = range(wanted) if wish is None or wish.is_running else [film.film for film in wish.drawn]
        for tile in self.tiles[wanted:]:
            tile.hide()
        for tile, number in zip(self.tiles, numbers, strict=False):
            assert wish is not None
            tile.show_film(wish.film_at(number), wish.form.seed + number)
            tile.show()
        self._show_beside()

    def _show_beside(self) -> None:
        wish = self._wish
        patient = wish.patient if wish is not None else None
        self.beside.setVisible(patient is not None)
        if wish is None or patient is None:
            return
        drawn = {film.film: film for film in wish.drawn}
        if self._looked_at not in drawn and drawn:
            self._looked_at = min(drawn)
        self.beside.show_pair(patient.film_title, self._source, drawn.get(self._looked_at))
        for tile in self.tiles:
            is_beside = tile.film is not None and tile.film.film == self._looked_at and len(drawn) > 1
            tile.picture.mark(is_beside)

    def _add_tile(self) -> None:
        tile = FilmTile()
        tile.opened.connect(self._chosen)
        tile.seed_wanted.connect(self.seed_wanted)
        tile.save_wanted.connect(self.save_wanted)
        self._grid.addWidget(tile)
        self.tiles.append(tile)

    def _chosen(self, film: Any) -> None:
        """Of several films from a patient the first click lays one beside the patient's; else it is shown large."""
        assert isinstance(film, FilmDrawn)
        if self._wish is not None and self._wish.patient is not None and film.film != self._looked_at:
            self._looked_at = film.film
            self._show_beside()
        else:
            self.opened.emit(film)

    def _open_beside(self) -> None:
        if isinstance(self.beside.made.film, FilmDrawn):
            self.opened.emit(self.beside.made.film)
