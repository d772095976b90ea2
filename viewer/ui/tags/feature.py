"""Opens the tag browser and keeps it at the active film; elements are listed in the decode worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from viewer.core.element_rows import ElementRow
from viewer.core.errors import FilmError
from viewer.core.language import tr
from viewer.core.study import Film
from viewer.ui.captions import date_text, patient_name, plain, role_text, view_text
from viewer.ui.hanging_choice import Slot
from viewer.ui.tags.browser import TagBrowser

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

FOLLOW_MS = 150
"""A scrolled stack is followed once it stands still for so long."""
MOST_KEPT = 16

Rows = tuple[ElementRow, ...]


class TagFeature(QObject):
    """Asks for the elements of what is active, and of what it is compared with; the browser only draws."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.browser: TagBrowser | None = None
        self._compared_role = ""  # "prior", "lateral" …: stays while films change
        self._compared_key = ""
        self._kept: dict[str, Rows | str] = {}  # by film key; a text says why there are none
        self._asked: set[str] = set()
        self._rest = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._rest.timeout.connect(self.show_active)
        window.films.refreshed.connect(self._follow)
        window.closing.connect(self._close)

    def show_tags(self) -> None:
        """Open the browser, or bring it to the front."""
        if self.browser is None:
            self.browser = TagBrowser(self._window)
            self.browser.compare_wished.connect(self.compare_with)
        self.browser.show()
        self.browser.raise_()
        self.browser.activateWindow()
        self.browser.search.setFocus()
        self.show_active()

    def compare_with(self, film_key: str) -> None:
        """Put this film's elements beside the active one's; empty: none."""
        self._compared_key = film_key
        self.show_active()

    def show_active(self) -> None:
        """Make the browser match the active film; what is not known yet is asked for."""
        browser, slots = self.browser, self._window.films.slots
        if browser is None or not browser.isVisible():
            return
        if not slots:
            browser.show_choices((), "")
            browser.show_message("", tr("No film is on screen."))
            return
        active = slots[min(self._window.films.active, len(slots) - 1)]
        others = [slot for slot in slots if slot.film.key != active.film.key]
        other = self._compared(others)
        browser.show_choices(
            [(slot.film.key, _title(slot)) for slot in others], other.film.key if other else ""
        )
        rows = self._rows_of(active.film)
        if rows is None or isinstance(rows, str):
            browser.show_message(_title(active), rows or tr("Reading…"))
            return
        against = self._rows_of(other.film) if other else None
        if other is None or against is None:
            browser.show_file(_title(active), rows)
        elif isinstance(against, str):
            browser.show_message(_title(other), against)
        else:
            browser.show_two((_title(active), _title(other)), rows, against)

    def _compared(self, others: list[Slot]) -> Slot | None:
        """The film that was chosen, or the one in its role since: the prior of the next study."""
        if not self._compared_key:
            return None
        chosen = next((slot for slot in others if slot.film.key == self._compared_key), None)
        chosen = chosen or next((slot for slot in others if slot.role == self._compared_role), None)
        if chosen is not None:
            self._compared_key, self._compared_role = chosen.film.key, chosen.role
        return chosen

    def _follow(self) -> None:
        if self.browser is not None and self.browser.isVisible():
            self._rest.start()

    def _rows_of(self, film: Film) -> Rows | str | None:
        """What is known of a film's elements; None while they are read."""
        key = film.key
        if key not in self._kept and key not in self._asked:
            self._asked.add(key)

            def work(is_stopped: Callable[[], bool]) -> Iterator[Rows]:
                if not is_stopped():
                    yield self._window.reader.elements(film)

            self._window.background.start(
                work, lambda rows: self._keep(key, rows), lambda error: self._end(key, error)
            )
        return self._kept.get(key)

    def _keep(self, key: str, rows: Rows | str) -> None:
        """Late rows are kept under their own film and shown only where that film is the active one."""
        self._kept[key] = rows
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def _end(self, key: str, error: BaseException | None) -> None:
        self._asked.discard(key)
        if error is not None:
            self._keep(
                key, error.reason if isinstance(error, FilmError) else f"{type(error).__name__}: {error}"
            )
        self.show_active()

    def _close(self) -> None:
        self._rest.stop()
        if self.browser is not None:
            self.browser.close()


def _title(slot: Slot) -> str:
    header = slot.film.header
    number = tr("slice {number}", number=slot.at + 1) if slot.stack is not None else ""
    name = patient_name(header) if header.is_verified else plain(slot.film.source.path.name)
    parts = (role_text(slot), name, date_text(header.study_date), view_text(header), number)
    return " · ".join(part for part in parts if part)
