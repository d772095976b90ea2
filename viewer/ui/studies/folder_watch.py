"""Watches a folder: what is copied into it appears in the list, unread, and takes nobody's place on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from viewer.core.file_stamp import FileStamp
from viewer.core.language import tr
from viewer.core.watch import look_at, settled

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

INTERVAL_MS = 2000
SETTING = "watch.folder"


class FolderWatch(QObject):
    """One folder at a time, looked at every two seconds in a thread; remembered over restarts."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self.folder: Path | None = None
        self._before: dict[Path, FileStamp] = {}
        self._taken: dict[Path, FileStamp] = {}
        self._is_looking = False
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self._look)

    def window_is_built(self) -> None:
        self._window.closing.connect(self._timer.stop)
        folder = self._window.settings.text(SETTING)
        if folder:
            self.watch(Path(folder))

    def watch_folder(self) -> None:
        """Ask for a folder and watch it, or stop watching."""
        if self.folder is not None:
            self.stop()
        else:
            name = QFileDialog.getExistingDirectory(self._window, tr("Watch a folder"))
            if name:
                self.watch(Path(name))
        self._show()

    def watch(self, folder: Path) -> None:
        """Take what lies there and what will come."""
        self.folder = folder
        self._before, self._taken = {}, {}
        self._window.settings.set(SETTING, str(folder))
        self._window.keeper.index.remember_place(folder.absolute())
        self._window.show_message(tr("Watching {folder}: new films go into the list.", folder=folder))
        self._timer.start()
        self._look()
        self._show()

    def stop(self) -> None:
        self._timer.stop()
        self.folder = None
        self._window.settings.set(SETTING, None)

    def _show(self) -> None:
        self._window.actions_by_id["watch_folder"].setChecked(self.folder is not None)

    def _look(self) -> None:
        folder = self.folder
        if folder is None or self._is_looking or self._window.light_box.session.is_scanning:
            return
        self._is_looking = True

        def work(is_stopped: Callable[[], bool]) -> Iterator[dict[Path, FileStamp]]:
            yield look_at(folder, is_stopped)

        def take(now: dict[Path, FileStamp]) -> None:
            if folder == self.folder:
                self._take(now)

        self._window.background.start(work, take, self._end_look)

    def _end_look(self, _error: BaseException | None) -> None:
        self._is_looking = False

    def _take(self, now: dict[Path, FileStamp]) -> None:
        ready = settled(self._before, now, self._taken)
        self._before = now
        self._taken |= {path: now[path] for path in ready}
        if ready and self._timer.isActive():
            self._window.light_box.open(ready, is_quiet=True)
