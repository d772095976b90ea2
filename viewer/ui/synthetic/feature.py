"""Makes it known to the whole window that a film is synthetic, and refuses what may only be done with real ones."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from viewer.core.language import later, tr
from viewer.core.study import Film

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

ALLOW_SYNTHETIC = "SIDELIGHT_ALLOW_SYNTHETIC"
"""The research switch: 1 in the environment lets synthetic films be measured, compared and read."""
REFUSED = {
    "measure": later("This film is synthetic: it is not measured. Nothing in it has a size."),
    "compare": later("One of the two films is synthetic: they are not compared."),
}
_log = logging.getLogger(__name__)


def is_allowed() -> bool:
    return os.environ.get(ALLOW_SYNTHETIC) == "1"


class SyntheticFilms(QObject):
    """What the window does about synthetic films beside showing them as such."""

    used = Signal(str)
    """What was done with a synthetic film while the switch was on: "measure", "compare", "export"."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._told: set[tuple[str, str]] = set()

    def window_is_built(self) -> None:
        self._window.films.synthetic_seen.connect(self._window.light_box.note_synthetic)

    def refuses(self, doing: str, films: Iterable[Film], say: Callable[[str], None] | None = None) -> bool:
        """True, and said why, where one of the films is synthetic and the research switch is off.

        Args:
            doing: A key of `REFUSED`.
            films: What it would be done with.
            say: Tells the reader; the window's message line unless given.
        """
        synthetic = [film for film in films if film.header.is_synthetic]
        if not synthetic:
            return False
        if not is_allowed():
            (say or self._window.show_message)(tr(REFUSED[doing]))
            return True
        for film in synthetic:
            self.note_use(doing, film)
        return False

    def note_use(self, doing: str, film: Film) -> None:
        """The switch let it pass: it is logged, once per film and session."""
        if (doing, film.key) not in self._told:
            self._told.add((doing, film.key))
            _log.warning("Research switch is on: %s with a synthetic film (%s)", doing, film.file_sha256[:12])
            self.used.emit(doing)
