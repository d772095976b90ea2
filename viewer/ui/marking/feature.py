"""What the reader does with plugins' marks, told to whoever set them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from viewer.api import Undo, Xyxy

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class MarkEditing(QObject):
    """Tells of marks that the reader hovers and edits; changes none."""

    hovered = Signal(object)  # a mark's id; None: the mouse is over none
    edited = Signal(object)  # viewer.api.MarkEdit

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def draw_box(
        self,
        caption: str,  # noqa: ARG002
        on_drawn: Callable[[str, Xyxy], None],  # noqa: ARG002
        on_cancelled: Callable[[], None],  # noqa: ARG002
    ) -> Undo:
        """See `viewer.api.Host.draw_box`."""
        return lambda: None

    def show_films(self, film_keys: tuple[str, ...], regions: tuple[Xyxy, ...] | None) -> None:  # noqa: ARG002
        """See `viewer.api.Host.show_films`."""
        for film_key in reversed(film_keys):
            self._window.films.show_film(film_key)
