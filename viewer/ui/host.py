"""The door as one plugin gets it: everything it registers is remembered and can be taken back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtWidgets import QWidget

from viewer.api import (
    Action,
    BackgroundTask,
    Hanging,
    Mark,
    MarkEdit,
    MeasurementProposal,
    ReaderMark,
    StudyUrgency,
    Undo,
    Xyxy,
)
from viewer.core.index.records import StudyState
from viewer.core.settings import Settings, Value
from viewer.core.study import Film, FilmPixels
from viewer.ui.marking.feature import MarkEditing
from viewer.ui.studies.order import StudyOrder
from viewer.ui.tools.controller import Tools

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

log = logging.getLogger(__name__)
T = TypeVar("T")


class OwnSettings:
    """`viewer.api.PluginSettings`: names of one plugin never meet those of another."""

    def __init__(self, settings: Settings, plugin_id: str) -> None:
        self._settings, self._prefix = settings, f"plugin.{plugin_id}."

    def get(self, name: str, default: Value = None) -> Value:
        value = self._settings.value(self._prefix + name)
        return default if value is None else value

    def set(self, name: str, value: Value) -> None:
        self._settings.set(self._prefix + name, value)


class PluginHost:
    """`viewer.api.Host` for one plugin. A fault in one of its calls is said and logged, and stays its own."""

    def __init__(self, window: MainWindow, title: str, plugin_id: str = "") -> None:
        self._window, self._title = window, title
        self.settings = OwnSettings(window.settings, plugin_id or title)
        self._undos: list[Undo] = []
        self._owners: set[str] = set()
        self._tools = _part(window, Tools)
        self._marking = _part(window, MarkEditing)
        self._order = _part(window, StudyOrder)

    # ── what the window offers ──────────────────────────────────────────────────────────────────────────────

    def add_panel(self, panel_id: str, title: str, widget: QWidget) -> Undo:
        dock = self._window.add_dock(panel_id, title, widget)
        return self._remember(lambda: self._window.remove_dock(dock))

    def add_action(self, action: Action) -> Undo:
        entry = self._window.add_menu_action(
            action.menu,
            action.title,
            action.shortcut,
            self._guarded(action.run),
            name=action.id,
            is_grave=action.is_grave,
        )
        return self._remember(lambda: self._window.remove_menu_action(entry))

    def set_marks(self, owner: str, marks: tuple[Mark, ...]) -> None:
        self._owners.add(owner)
        self._window.set_marks(owner, marks)
        self._marking.follow_marks()

    def set_proposals(self, owner: str, proposals: tuple[MeasurementProposal, ...]) -> None:
        self._owners.add(owner)
        self._tools.set_proposals(owner, proposals)

    def reader_marks(self, film_key: str) -> tuple[ReaderMark, ...]:
        return self._tools.reader_marks(film_key)

    def on_reader_marks_changed(self, call: Callable[[str], None]) -> Undo:
        return self._listen(self._tools.book.changed, call)

    def on_synthetic_used(self, call: Callable[[str], None]) -> Undo:
        return self._listen(self._window.synthetic.used, call)

    def set_banner(self, owner: str, text: str) -> None:
        self._owners.add(owner)
        self._window.films.banners.set_line(f"plugin {owner}", text)

    def hanging(self) -> Hanging:
        return self._with_next(self._window.light_box.hung.hanging)

    def on_hanging_changed(self, call: Callable[[Hanging], None]) -> Undo:
        return self._listen(
            self._window.light_box.hanging_changed, lambda hanging: call(self._with_next(hanging))
        )

    def _with_next(self, hanging: Hanging) -> Hanging:
        following = self._window.studies.next_after(hanging.current) if hanging.current else None
        if following is None:
            return hanging
        would_hang = self._window.light_box.hanging_of(following.uid, following.films[0].key)
        return replace(hanging, next=would_hang if would_hang.current else None)

    def next_unread(self, is_wanted: Callable[[str], bool]) -> Hanging | None:
        waiting = self._window.studies.first_unread(is_wanted)
        if waiting is None:
            return None
        would_hang = self._window.light_box.hanging_of(waiting.uid, waiting.films[0].key)
        return would_hang if would_hang.current else None

    def on_mark_clicked(self, call: Callable[[str], None]) -> Undo:
        return self._listen(self._window.films.mark_clicked, call)

    def on_mark_hovered(self, call: Callable[[str | None], None]) -> Undo:
        return self._listen(self._marking.hovered, call)

    def on_mark_edited(self, call: Callable[[MarkEdit], None]) -> Undo:
        return self._listen(self._marking.edited, call)

    def draw_box(
        self,
        caption: str,
        on_drawn: Callable[[str, Xyxy], None],
        on_cancelled: Callable[[], None] | None = None,
    ) -> Undo:
        cancelled = self._guarded(on_cancelled or (lambda: None))
        return self._remember(self._marking.draw_box(caption, self._guarded(on_drawn), cancelled))

    def add_undo_step(
        self, title: str, undo: Callable[[], None], redo: Callable[[], None], film_key: str = ""
    ) -> Undo:
        step = self._tools.add_undo_step(title, film_key, self._guarded(undo), self._guarded(redo))
        return self._remember(step)

    def read_pixels(self, film: Film) -> FilmPixels:
        return self._window.pixel_store.read(film)

    def show_film(self, film_key: str) -> None:
        self._window.films.show_film(film_key)

    def show_films(self, film_keys: tuple[str, ...], regions: tuple[Xyxy, ...] | None = None) -> None:
        self._marking.show_films(film_keys, regions)

    def set_study_order(self, owner: str, order: Mapping[str, StudyUrgency], caption: str = "") -> None:
        self._owners.add(owner)
        self._order.set(owner, order, caption)

    def run_in_background(
        self,
        work: Callable[[Callable[[], bool]], Iterator[Any]],
        on_item: Callable[[Any], None],
        on_ended: Callable[[BaseException | None], None],
    ) -> BackgroundTask:
        return self._window.background.start(work, on_item, on_ended)

    def set_study_state(self, study_uid: str, state: StudyState) -> None:
        self._window.keeper.set_state(study_uid, state)

    def study_state(self, study_uid: str) -> StudyState:
        return self._window.keeper.record(study_uid).state

    def show_message(self, text: str) -> None:
        self._window.show_message(text)

    # ── taking back ─────────────────────────────────────────────────────────────────────────────────────────

    def take_back(self) -> None:
        """Undo everything that the plugin registered and did not take back itself."""
        for undo in reversed(self._undos):
            undo()
        self._undos.clear()
        for owner in self._owners:
            self.set_marks(owner, ())
            self._tools.set_proposals(owner, ())
            self._order.set(owner, {})
            self._window.films.banners.set_line(f"plugin {owner}", "")

    def _listen(self, signal: Any, call: Callable[[Any], None]) -> Undo:
        receiver = self._guarded(call)
        signal.connect(receiver)
        return self._remember(lambda: signal.disconnect(receiver))

    def _remember(self, undo: Undo) -> Undo:
        is_done = False

        def once() -> None:
            nonlocal is_done
            if not is_done:
                is_done = True
                undo()

        self._undos.append(once)
        return once

    def _guarded(self, call: Callable[..., None]) -> Callable[..., None]:
        def guarded(*args: Any) -> None:
            try:
                call(*args)
            except Exception as error:  # the plugin's fault must not become the window's
                log.exception("the plugin %s failed", self._title)
                self._window.show_message(f"{self._title}: {type(error).__name__}: {error}")

        return guarded


def _part(window: MainWindow, kind: type[T]) -> T:
    """The part of the window of this kind."""
    return next(part for part in window.features if isinstance(part, kind))
