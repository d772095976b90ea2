"""What each entry of `ACTIONS` does: one method per wish, named by its id."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from viewer.core.language import tr
from viewer.ui import wording
from viewer.ui.film_view import FilmView

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

FAR = 10**9
"""Further than any study has films."""


class Wishes:
    """Carries out the menu and the keys on a window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def open_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self._window, tr("Open films"))
        self._window.open([Path(name) for name in names])

    def open_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, tr("Open a folder of films"))
        self._window.open([Path(name)] if name else [])

    def stop_scan(self) -> None:
        self._window.light_box.stop_scan()

    def show_skipped(self) -> None:
        self._window.report.show_session(self._window.light_box.session)
        self._window.report.show()
        self._window.report.raise_()

    def quit(self) -> None:
        self._window.close()

    def invert(self) -> None:
        self._window.films.change_active(lambda view: replace(view, is_inverted=not view.is_inverted))

    def flip_left_right(self) -> None:
        self._window.films.change_active(
            lambda view: replace(view, posture=view.posture.flipped_left_right())
        )

    def flip_top_bottom(self) -> None:
        self._window.films.change_active(
            lambda view: replace(view, posture=view.posture.flipped_top_bottom())
        )

    def rotate_right(self) -> None:
        self._window.films.change_active(lambda view: _turned(view, 1))

    def rotate_left(self) -> None:
        self._window.films.change_active(lambda view: _turned(view, -1))

    def fit(self) -> None:
        self._window.films.zoom_to(None)

    def one_to_one(self) -> None:
        self._window.films.zoom_to(1.0)

    def reset_view(self) -> None:
        self._window.films.reset()

    def maximise(self) -> None:
        self._window.films.toggle_maximised()

    def hide_marks(self, is_down: bool) -> None:
        self._window.films.hide_marks(is_down)

    def full_screen(self) -> None:
        window = self._window
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)
        window.actions_by_id["full_screen"].setChecked(window.isFullScreen())

    def older_prior(self) -> None:
        self._window.light_box.next_older_prior()

    def toggle_sync(self) -> None:
        self._window.films.set_sync(self._window.actions_by_id["toggle_sync"].isChecked())

    def next_film(self) -> None:
        self._window.films.step(1)

    def previous_film(self) -> None:
        self._window.films.step(-1)

    def first_film(self) -> None:
        self._window.films.step(-FAR)

    def last_film(self) -> None:
        self._window.films.step(FAR)

    def about(self) -> None:
        QMessageBox.about(
            self._window, tr("About Sidelight"), f"Sidelight\n\n{tr(wording.RESEARCH_USE_LONG)}"
        )


def _turned(view: FilmView, quarter_turns: int) -> FilmView:
    return replace(view, posture=view.posture.turned(quarter_turns))
