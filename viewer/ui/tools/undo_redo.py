"""Ctrl+Z and Ctrl+Y: collects what the reader changed into steps and puts states back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from viewer.core.language import tr
from viewer.core.measure.annotation import FilmMarks
from viewer.ui.film_view import FilmView
from viewer.ui.tools.history import (
    Change,
    Deed,
    History,
    Step,
    left_out,
    recorded,
    redone,
    undone,
    view_change,
)
from viewer.ui.tools.marks_book import MarksBook

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class UndoRedo(QObject):
    """One history for the session: views and marks in the order in which the reader changed them."""

    def __init__(self, window: MainWindow, book: MarksBook) -> None:
        super().__init__(window)
        self._window, self._book = window, book
        self.history = History()
        self._open: dict[str, tuple[FilmView, FilmView]] = {}  # views that this drag or key has changed
        self._collect = QTimer(self, singleShot=True, interval=0)
        self._collect.timeout.connect(lambda: self.close_step(can_grow=True))

    def view_changed(self, film_key: str, before: FilmView, after: FilmView) -> None:
        """A view was changed by the reader; the step ends with the drag, or with what else this key changes."""
        first = self._open[film_key][0] if film_key in self._open else before
        self._open[film_key] = first, after
        self._window.actions_by_id["undo"].setEnabled(True)
        if not self._is_dragging():
            self._collect.start()

    def close_step(self, *, can_grow: bool = False) -> None:
        """Everything that changed since the last step is one step."""
        self._collect.stop()
        changed, self._open = self._open, {}
        if not changed:
            return
        before, after = next(iter(changed.values()))
        what = view_change(before, after)
        is_move = before.zoom != after.zoom or before.center != after.center
        changes = tuple(Change(key, *states) for key, states in changed.items())
        self._record(Step(what, changes, time.monotonic(), can_grow=can_grow and is_move))

    def marks_changed(self, what: str, film_key: str, before: FilmMarks, after: FilmMarks) -> None:
        """The reader changed the marks of a film: a step of its own."""
        self.close_step()
        self._record(Step(what, (Change(film_key, before, after),), time.monotonic()))

    def deed_done(
        self, what: str, film_key: str, undo: Callable[[], None], redo: Callable[[], None]
    ) -> Callable[[], None]:
        """A plugin's own step; the returned function takes it out of the history."""
        self.close_step()
        step = Step(what, (Change(film_key, Deed(undo), Deed(redo)),), time.monotonic())
        self._record(step)

        def take_out() -> None:
            self.history = left_out(self.history, step)
            self.show_state()

        return take_out

    def undo(self) -> None:
        self.close_step()
        self.history, step = undone(self.history)
        if step is None:
            self._window.show_message(tr("There is nothing to undo."))
            return
        self._put(step, lambda change: change.before)
        self._window.show_message(tr("Undone: {what}", what=step.what))

    def redo(self) -> None:
        self.close_step()
        self.history, step = redone(self.history)
        if step is None:
            self._window.show_message(tr("There is nothing to do again."))
            return
        self._put(step, lambda change: change.after)
        self._window.show_message(tr("Done again: {what}", what=step.what))

    def stop(self) -> None:
        """No timer runs after this."""
        self._collect.stop()

    def _record(self, step: Step) -> None:
        self.history = recorded(self.history, step)
        self.show_state()

    def show_state(self) -> None:
        """Undo and redo are only offered where there is something."""
        self._window.actions_by_id["undo"].setEnabled(bool(self.history.past))
        self._window.actions_by_id["redo"].setEnabled(bool(self.history.future))

    def _put(self, step: Step, state: Callable[[Change], object]) -> None:
        for change in step.changes:
            wanted = state(change)
            if isinstance(wanted, FilmView):
                self._window.films.put_view(change.film_key, wanted)
            elif isinstance(wanted, FilmMarks):
                self._book.put(change.film_key, wanted)
            elif isinstance(wanted, Deed):
                wanted.do()
        self.show_state()
        on_screen = {"", *(slot.film.key for slot in self._window.films.slots)}
        if not on_screen & {change.film_key for change in step.changes}:
            self._window.light_box.choose_film(step.changes[0].film_key)  # what changed must be seen

    def _is_dragging(self) -> bool:
        return any(viewport.is_dragging for viewport in self._window.films.viewports)
