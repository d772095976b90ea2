"""A window without films for the panel: real threads and widgets, no main window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from viewer.api import Action, Hanging, Mark, Undo
from viewer.core.errors import DamagedFilm
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


class FakeHost:
    """Keeps the contract of `viewer.api.Host` and notes what it was told."""

    def __init__(self, shown: Hanging | None = None) -> None:
        self.shown = shown or Hanging()
        self.faults: list[BaseException] = []
        self.background = Background(self.faults.append)
        self.panels: dict[str, object] = {}
        self.actions: dict[str, Action] = {}
        self.marks: tuple[Mark, ...] = ()
        self.banner = ""
        self.messages: list[str] = []
        self.films_shown: list[str] = []
        self.damaged: set[str] = set()
        self._hanging_calls: list[Callable[[Hanging], None]] = []
        self._mark_calls: list[Callable[[str], None]] = []

    def hang(self, shown: Hanging) -> None:
        self.shown = shown
        for call in tuple(self._hanging_calls):
            call(shown)

    def click(self, mark_id: str) -> None:
        for call in tuple(self._mark_calls):
            call(mark_id)

    # ── the contract ────────────────────────────────────────────────────────────────────────────────────────

    def add_panel(self, panel_id: str, title: str, widget: object) -> Undo:
        self.panels[panel_id] = widget
        return lambda: self.panels.pop(panel_id, None)

    def add_action(self, action: Action) -> Undo:
        self.actions[action.id] = action
        return lambda: self.actions.pop(action.id, None)

    def set_marks(self, owner: str, marks: tuple[Mark, ...]) -> None:
        self.marks = marks

    def set_banner(self, owner: str, text: str) -> None:
        self.banner = text

    def hanging(self) -> Hanging:
        return self.shown

    def on_hanging_changed(self, call: Callable[[Hanging], None]) -> Undo:
        self._hanging_calls.append(call)
        return lambda: self._hanging_calls.remove(call)

    def on_mark_clicked(self, call: Callable[[str], None]) -> Undo:
        self._mark_calls.append(call)
        return lambda: self._mark_calls.remove(call)

    def read_pixels(self, shown: Film) -> FilmPixels:
        if shown.key in self.damaged:
            raise DamagedFilm("the file is cut short")
        seed = sum(shown.header.sop_instance_uid.encode())
        stored = np.random.default_rng(seed).integers(0, 255, (16, 20), np.uint8)
        return FilmPixels(shown.header.pixels, stored)

    def show_film(self, film_key: str) -> None:
        self.films_shown.append(film_key)

    def run_in_background(self, work, on_item, on_ended):
        return self.background.start(work, on_item, on_ended)

    def show_message(self, text: str) -> None:
        self.messages.append(text)
