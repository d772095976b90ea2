"""A window without films for the panel: real threads and widgets, no main window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from viewer.api import (
    Action,
    Hanging,
    Mark,
    MarkEdit,
    MeasurementProposal,
    ReaderMark,
    StudyUrgency,
    Undo,
    Xyxy,
)
from viewer.core.errors import DamagedFilm
from viewer.core.index.records import StudyState
from viewer.core.settings import Value
from viewer.core.study import Film, FilmHeader, FilmPixels, Patient, PixelDescription, Series, Source, Study
from viewer.ui.background import Background


def film(name: str, view: str = "PA", *, study: str = "1.2.1", **header: object) -> Film:
    """A film whose pixels depend on its name, so that each has its own hash."""
    pixels = PixelDescription(rows=16, columns=20, bits_allocated=8)
    told = FilmHeader(
        pixels,
        f"1.2.3.{name}",
        study_instance_uid=study,
        modality="DX",
        body_part="CHEST",
        view_position=view,
    )
    return Film(Source(Path(f"/films/{name}.dcm")), replace(told, **header), f"{name:0<64}")


def study(uid: str, *films: Film, date: object = None) -> Study:
    return Study(uid, study_date=date, series=(Series(f"{uid}.1", films),))


def hanging(current: Study, prior: Study | None = None, patient_id: str = "P1") -> Hanging:
    studies = (prior, current) if prior else (current,)
    patient = Patient(patient_id, "Doe^Jane", studies=studies)
    return Hanging(patient, current, prior, current.films, prior.films if prior else ())


class FakeSettings:
    """What a plugin keeps, for as long as the test."""

    def __init__(self) -> None:
        self.kept: dict[str, Value] = {}

    def get(self, name: str, default: Value = None) -> Value:
        return self.kept.get(name, default)

    def set(self, name: str, value: Value) -> None:
        self.kept[name] = value
        if value is None:
            del self.kept[name]


@dataclass(frozen=True)
class Drawing:
    """A box that the reader was asked to draw."""

    caption: str
    on_drawn: Callable[[str, Xyxy], None]
    on_cancelled: Callable[[], None] | None


@dataclass(frozen=True)
class UndoStep:
    title: str
    undo: Callable[[], None]
    redo: Callable[[], None]


class FakeHost:
    """Keeps the contract of `viewer.api.Host` and notes what it was told."""

    def __init__(self, shown: Hanging | None = None) -> None:
        self.shown = shown or Hanging()
        self.faults: list[BaseException] = []
        self.background = Background(self.faults.append)
        self.panels: dict[str, object] = {}
        self.actions: dict[str, Action] = {}
        self.marks_of: dict[str, tuple[Mark, ...]] = {}
        self.banner = ""
        self.messages: list[str] = []
        self.films_shown: list[str] = []
        self.pairs_shown: list[tuple[tuple[str, ...], tuple[Xyxy, ...] | None]] = []
        self.damaged: set[str] = set()
        self.settings = FakeSettings()
        self.proposals: dict[str, tuple[MeasurementProposal, ...]] = {}
        self.study_states: dict[str, StudyState] = {}
        self.study_orders: dict[str, dict[str, StudyUrgency]] = {}
        self.order_captions: dict[str, str] = {}
        self.waiting: tuple[Hanging, ...] = ()  # unread studies of the list
        self.drawing: Drawing | None = None
        self.past: list[UndoStep] = []
        self.future: list[UndoStep] = []
        self._reader_marks: dict[str, tuple[ReaderMark, ...]] = {}
        self._hanging_calls: list[Callable[[Hanging], None]] = []
        self._mark_calls: list[Callable[[str], None]] = []
        self._hover_calls: list[Callable[[str | None], None]] = []
        self._edit_calls: list[Callable[[MarkEdit], None]] = []
        self._reader_mark_calls: list[Callable[[str], None]] = []

    def hang(self, shown: Hanging) -> None:
        self.shown = shown
        for call in tuple(self._hanging_calls):
            call(shown)

    def click(self, mark_id: str) -> None:
        for call in tuple(self._mark_calls):
            call(mark_id)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All owners' marks on all films."""
        return tuple(mark for marks in self.marks_of.values() for mark in marks)

    def mark(self, mark_id: str) -> Mark:
        return next(mark for mark in self.marks if mark.id == mark_id)

    def hover(self, mark_id: str | None) -> None:
        """The mouse is over this mark now, or over none."""
        for call in tuple(self._hover_calls):
            call(mark_id)

    def edit_mark(self, mark_id: str, xyxy: Xyxy | None = None) -> None:
        """The reader drags an editable mark to `xyxy`, or deletes it."""
        mark = self.mark(mark_id)
        assert mark.is_editable, f"the reader can't edit the mark {mark_id}"
        kind = "moved" if xyxy is not None else "deleted"
        for call in tuple(self._edit_calls):
            call(MarkEdit(mark_id, kind, xyxy or mark.xyxy, mark.film_key))

    def draw(self, film_key: str, xyxy: Xyxy) -> None:
        """The reader draws the box that was asked for."""
        assert self.drawing is not None, "nobody asked for a box"
        drawing, self.drawing = self.drawing, None
        drawing.on_drawn(film_key, xyxy)

    def cancel_drawing(self) -> None:
        """The reader presses Esc."""
        drawing, self.drawing = self.drawing, None
        if drawing is not None and drawing.on_cancelled is not None:
            drawing.on_cancelled()

    def undo(self) -> None:
        """Ctrl+Z."""
        self.future.append(self.past.pop())
        self.future[-1].undo()

    def redo(self) -> None:
        """Ctrl+Y."""
        self.past.append(self.future.pop())
        self.past[-1].redo()

    def set_reader_marks(self, film_key: str, *marks: ReaderMark) -> None:
        """The reader measures something on a film."""
        self._reader_marks[film_key] = marks
        for call in tuple(self._reader_mark_calls):
            call(film_key)

    # ── the contract ────────────────────────────────────────────────────────────────────────────────────────

    def add_panel(self, panel_id: str, title: str, widget: object) -> Undo:
        self.panels[panel_id] = widget
        return lambda: self.panels.pop(panel_id, None)

    def add_action(self, action: Action) -> Undo:
        self.actions[action.id] = action
        return lambda: self.actions.pop(action.id, None)

    def set_marks(self, owner: str, marks: tuple[Mark, ...]) -> None:
        self.marks_of[owner] = marks

    def set_banner(self, owner: str, text: str) -> None:
        self.banner = text

    def hanging(self) -> Hanging:
        return self.shown

    def on_hanging_changed(self, call: Callable[[Hanging], None]) -> Undo:
        self._hanging_calls.append(call)
        return lambda: self._hanging_calls.remove(call)

    def next_unread(self, is_wanted: Callable[[str], bool]) -> Hanging | None:
        return next((one for one in self.waiting if is_wanted(one.current.instance_uid)), None)

    def on_mark_clicked(self, call: Callable[[str], None]) -> Undo:
        self._mark_calls.append(call)
        return lambda: self._mark_calls.remove(call)

    def on_synthetic_used(self, call: Callable[[str], None]) -> Undo:
        self.synthetic_used = call
        return lambda: None

    def on_mark_hovered(self, call: Callable[[str | None], None]) -> Undo:
        self._hover_calls.append(call)
        return lambda: self._hover_calls.remove(call)

    def on_mark_edited(self, call: Callable[[MarkEdit], None]) -> Undo:
        self._edit_calls.append(call)
        return lambda: self._edit_calls.remove(call)

    def draw_box(
        self,
        caption: str,
        on_drawn: Callable[[str, Xyxy], None],
        on_cancelled: Callable[[], None] | None = None,
    ) -> Undo:
        self.cancel_drawing()
        drawing = self.drawing = Drawing(caption, on_drawn, on_cancelled)

        def give_up() -> None:
            if self.drawing is drawing:
                self.drawing = None

        return give_up

    def add_undo_step(
        self, title: str, undo: Callable[[], None], redo: Callable[[], None], film_key: str = ""
    ) -> Undo:
        step = UndoStep(title, undo, redo)
        self.past.append(step)
        self.future.clear()

        def take_out() -> None:
            for steps in (self.past, self.future):
                if step in steps:
                    steps.remove(step)

        return take_out

    def set_proposals(self, owner: str, proposals: tuple[MeasurementProposal, ...]) -> None:
        self.proposals[owner] = proposals

    def reader_marks(self, film_key: str) -> tuple[ReaderMark, ...]:
        return self._reader_marks.get(film_key, ())

    def on_reader_marks_changed(self, call: Callable[[str], None]) -> Undo:
        self._reader_mark_calls.append(call)
        return lambda: self._reader_mark_calls.remove(call)

    def set_study_state(self, study_uid: str, state: StudyState) -> None:
        self.study_states[study_uid] = state

    def study_state(self, study_uid: str) -> StudyState:
        return self.study_states.get(study_uid, "unread")

    def set_study_order(self, owner: str, order: Mapping[str, StudyUrgency], caption: str = "") -> None:
        self.study_orders[owner] = dict(order)
        self.order_captions[owner] = caption

    def read_pixels(self, shown: Film) -> FilmPixels:
        if shown.key in self.damaged:
            raise DamagedFilm("the file is cut short")
        seed = sum(shown.header.sop_instance_uid.encode())
        stored = np.random.default_rng(seed).integers(0, 255, (16, 20), np.uint8)
        return FilmPixels(shown.header.pixels, stored)

    def show_film(self, film_key: str) -> None:
        self.films_shown.append(film_key)

    def show_films(self, film_keys: tuple[str, ...], regions: tuple[Xyxy, ...] | None = None) -> None:
        assert regions is None or len(regions) == len(film_keys)
        self.pairs_shown.append((film_keys, regions))

    def run_in_background(self, work, on_item, on_ended):
        return self.background.start(work, on_item, on_ended)

    def show_message(self, text: str) -> None:
        self.messages.append(text)
