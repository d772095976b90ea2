"""Opens the dashboard and does its reading and writing in worker threads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from plugin.dashboard.dialog import Dashboard
from plugin.dashboard.numbers import SiteNumbers, site_numbers
from plugin.dashboard.reading_lines import read_lines, stories
from plugin.dashboard.tables import as_csv, tables_of
from plugin.desk import Desk
from viewer.api import Action, BackgroundTask, Undo

log = logging.getLogger(__name__)
ReadSoFar = tuple[int, int]
NO_LOG = "The audit log can't be read ({reason}). `sidelight audit verify` says what is wrong with it."
NOT_WRITTEN = "The file could not be written ({reason}). Choose another folder."


def attach(desk: Desk, panel: QWidget) -> Undo:
    """Bring the menu's action; the returned function takes it away and closes the window."""
    part = DashboardPart(desk, panel)
    forget = desk.host.add_action(Action("dashboard", "Dashboard…", part.open))

    def undo() -> None:
        forget()
        part.close()

    return undo


class DashboardPart:
    """At most one window with the numbers."""

    def __init__(self, desk: Desk, panel: QWidget) -> None:
        self._desk, self._panel = desk, panel
        self.dialog: Dashboard | None = None
        self._task: BackgroundTask | None = None

    def open(self) -> None:
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return
        dialog = self.dialog = Dashboard(self._panel)
        dialog.csv_requested.connect(
            lambda: self._ask_where("Tables (*.csv)", "dashboard.csv", self.write_csv)
        )
        dialog.picture_requested.connect(
            lambda: self._ask_where("Pictures (*.png)", "dashboard.png", self.write_picture)
        )
        dialog.finished.connect(lambda _: self._closed())
        dialog.show()
        self._task = self._desk.host.run_in_background(_read, self._told, self._ended)

    def close(self) -> None:
        if self.dialog is not None:
            self.dialog.reject()

    def write_csv(self, path: Path) -> None:
        """The tables; written in a worker, since a network drive may take its time."""
        if self.dialog is None or self.dialog.numbers is None:
            return
        text = as_csv(tables_of(self.dialog.numbers))

        def work(_: Callable[[], bool]) -> Iterator[None]:
            path.write_text(text, encoding="utf-8")
            yield

        self._desk.host.run_in_background(work, lambda _: self._say(path), self._not_written)

    def write_picture(self, path: Path) -> None:
        """The page on screen, whole, without what is scrolled out of sight being cut off."""
        if self.dialog is None:
            return
        page = self.dialog.page_on_screen()
        picture = page.grab().toImage()

        def work(_: Callable[[], bool]) -> Iterator[None]:
            if not picture.save(str(path)):
                raise OSError(None, "the picture can't be written there")
            yield

        self._desk.host.run_in_background(work, lambda _: self._say(path), self._not_written)

    def _ask_where(self, kinds: str, name: str, write: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self.dialog, "Export", name, kinds)
        if chosen:
            write(Path(chosen))

    def _told(self, told: ReadSoFar | SiteNumbers) -> None:
        if self.dialog is None:
            return
        if isinstance(told, SiteNumbers):
            self.dialog.show_numbers(told)
        else:
            self.dialog.show_progress(*told)

    def _ended(self, error: BaseException | None) -> None:
        if error is None:
            return
        log.warning("the dashboard could not be made: %s", type(error).__name__)
        if self.dialog is not None:
            self.dialog.show_problem(NO_LOG.format(reason=_reason(error)))

    def _not_written(self, error: BaseException | None) -> None:
        if error is not None:
            log.warning("the dashboard could not be written: %s", type(error).__name__)
            self._desk.host.show_message(NOT_WRITTEN.format(reason=_reason(error)))

    def _say(self, path: Path) -> None:
        self._desk.host.show_message(f"The numbers were written to {path.name}.")

    def _closed(self) -> None:
        self.dialog = None
        if self._task is not None:
            self._task.stop()


def _read(is_stopped: Callable[[], bool]) -> Iterator[ReadSoFar | SiteNumbers]:
    """In a worker thread: how far it is, then the numbers."""
    so_far: list[ReadSoFar] = []
    gathered = []
    for line in read_lines(tell=lambda done, total: so_far.append((done, total))):
        if is_stopped():
            return
        gathered.append(line)
        if so_far:
            yield so_far.pop()
    yield site_numbers(stories(gathered))


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
