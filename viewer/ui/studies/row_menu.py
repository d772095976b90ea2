"""What can be done with a row of the study list: its state, its note, its folder, forgetting it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu

from viewer.core.index.records import StudyState
from viewer.core.language import tr
from viewer.core.study import Film
from viewer.ui.study_rows import StudyRow

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow
    from viewer.ui.studies.keeper import StudyKeeper


class RowMenu:
    """Adds its part to the list's context menu. Signing is no choice here: it is the report's last step."""

    def __init__(self, window: MainWindow, keeper: StudyKeeper) -> None:
        self._window, self._keeper = window, keeper

    def add_to(self, menu: QMenu, row: StudyRow) -> None:
        if row.kind == "study":
            self._add_states(menu, row)
            menu.addAction(tr("Note…"), partial(self.edit_note, row.key))
        if row.kind in ("study", "film"):
            menu.addSeparator()
            menu.addAction(tr("Show in folder"), partial(self.show_in_folder, row))
            menu.addAction(tr("Copy path"), partial(self.copy_path, row))
        if row.kind == "study":
            menu.addAction(tr("Forget this study"), partial(self._keeper.forget_study, row.key))

    def _add_states(self, menu: QMenu, row: StudyRow) -> None:
        menu.addSeparator()
        states: tuple[tuple[StudyState, str], ...] = (
            ("unread", tr("Mark as unread")),
            ("open", tr("Mark as opened")),
            ("reviewed", tr("Mark as reviewed")),
        )
        for state, text in states:
            action = menu.addAction(text, partial(self._keeper.set_state, row.key, state))
            action.setEnabled(row.state not in (state, "signed"))

    def edit_note(self, uid: str) -> None:
        note, is_wanted = QInputDialog.getMultiLineText(
            self._window, tr("Note"), tr("A note on this study, for you only:"), self._keeper.record(uid).note
        )
        if is_wanted:
            self._keeper.set_note(uid, note)

    def show_in_folder(self, row: StudyRow) -> None:
        for film in self._films(row):
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(film.source.path.parent)))
            return

    def copy_path(self, row: StudyRow) -> None:
        QGuiApplication.clipboard().setText("\n".join(str(film.source) for film in self._films(row)))

    def _films(self, row: StudyRow) -> Iterator[Film]:
        for patient in self._window.light_box.patients:
            for study in patient.studies:
                if row.kind == "study" and study.instance_uid != row.key:
                    continue
                yield from (film for film in study.films if row.kind == "study" or film.key == row.key)
