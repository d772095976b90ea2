"""Opens the Synthetic views window, lets films be drawn in worker threads, and folds what comes back."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from inference.backend import Event, FilmDrawn, Flag, Preview, Progress, Queued, is_last
from inference.synthesis.wish import view_of, without_view_sentence
from plugin.desk import Desk
from plugin.events import PanelEvent
from plugin.output.part import INSTALLATION
from plugin.report_panel import ReportPanel
from plugin.runs import BackendDoor, IsStopped
from plugin.study_films import plan_reading, study_key
from plugin.synthesis import patient, saving, view, words
from plugin.synthesis.asking import (
    Drawing,
    DrawingFromWords,
    SourceShown,
    from_patient,
    generator_work,
    request_of,
    source_work,
    trouble_of,
    was_stopped,
)
from plugin.synthesis.beside_view import grey_array
from plugin.synthesis.dialog import PATIENT, WORDS, SynthesisDialog
from plugin.synthesis.events import SyntheticSaved
from plugin.synthesis.fold import fold
from plugin.synthesis.framed_film import picture_of
from plugin.synthesis.large_film import LargeFilm
from plugin.synthesis.patient import PatientOffer, description_of, offer_of
from plugin.synthesis.state import (
    MOST_SEED,
    Ended,
    FilmTaken,
    Form,
    FormChanged,
    FromPatient,
    SynthesisEvent,
    SynthesisState,
    Told,
    Wish,
    WishBegun,
    WishShown,
)
from viewer.api import Action, BackgroundTask, Undo
from viewer.writer.errors import NotWritten

FOLDER = "synthesis.folder"
log = logging.getLogger(__name__)

SOON_MS = 300
"""The offer follows the report's words this much later: nothing is worked out at every key."""


def attach(desk: Desk, panel: ReportPanel, door: BackendDoor) -> Undo:
    """Bring the menu's action; the returned function takes it away and closes the window."""
    part = SynthesisPart(desk, panel, door)
    undos = [
        desk.host.add_action(Action("synthesis", "Synthetic views…", part.open)),
        desk.host.on_hanging_changed(lambda _: part.hanging_changed()),
        desk.on_folded(lambda *_: part.something_happened()),
    ]

    def undo() -> None:
        while undos:
            undos.pop()()
        part.end()

    return undo


class SynthesisPart(QObject):
    """At most one window. What was drawn stays while the program runs, and no longer."""

    def __init__(self, desk: Desk, panel: ReportPanel, door: BackendDoor) -> None:
        super().__init__(panel)
        self._desk, self._panel, self._door = desk, panel, door
        self.state = SynthesisState()
        self.dialog: SynthesisDialog | None = None
        self._offer = PatientOffer()
        self._sources: dict[int, NDArray[np.uint8]] = {}  # by wish
        self._drawing: Drawing | None = None
        self._task: BackgroundTask | None = None
        self._soon = QTimer(self)
        self._soon.setInterval(SOON_MS)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.show_offer)
        panel.history.film_opened.connect(self.open_film)
        panel.history.film_wanted.connect(self.open_words)

    # ── the window ──────────────────────────────────────────────────────────────────────────────────────────────

    def open(self) -> None:
        if self.dialog is None:
            dialog = self.dialog = SynthesisDialog(self._panel)
            self._connect(dialog)
            dialog.finished.connect(lambda _: self._closed(dialog))
        self._show()
        self.show_offer()
        self._look()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        self.dialog.words.begin_typing()

    def open_film(self, film: FilmDrawn) -> None:
        """A film of an answer, to be looked at and drawn again."""
        form = Form(film.text, film.view, film.seed)
        self._fold(FormChanged(form))
        self._fold(FilmTaken(film, self._key()))
        self.open()

    def open_words(self, description: str) -> None:
        """A description that no film was made of."""
        words_only = without_view_sentence(description)
        self._fold(FormChanged(replace(self.state.form, text=words_only, view=view_of(description))))
        self.open()
        if self.dialog is not None:
            self.dialog.tabs.setCurrentIndex(WORDS)

    def end(self) -> None:
        self._soon.stop()
        self.stop()
        if self.dialog is not None:
            self.dialog.reject()

    def _connect(self, dialog: SynthesisDialog) -> None:
        dialog.words.changed.connect(lambda form: self._fold(FormChanged(form)))
        dialog.words.draw_requested.connect(self.draw)
        dialog.patient.changed.connect(self.show_description)
        dialog.patient.draw_requested.connect(self.draw_patient)
        dialog.tabs.currentChanged.connect(lambda _: self.show_offer())
        dialog.list.currentIndexChanged.connect(
            lambda at: self._fold(WishShown(dialog.list.itemData(at) or 0))
        )
        wish = dialog.wish
        wish.stop_requested.connect(self.stop)
        wish.opened.connect(self.show_large)
        wish.seed_wanted.connect(self.take_seed)
        wish.save_wanted.connect(self.save)
        wish.others_requested.connect(self.draw_others)
        wish.copy_requested.connect(self.copy)

    def _look(self) -> None:
        """Ask what draws here; where that can't be told, the first wish will tell."""
        self._desk.host.run_in_background(generator_work(self._door), self._fold, lambda _: None)

    def _closed(self, dialog: SynthesisDialog) -> None:
        dialog.deleteLater()
        self.dialog = None

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def draw(self) -> None:
        """Draw what the form says."""
        if not self.state.is_at_work:
            self._begin_words(self.state.form)

    def draw_patient(self) -> None:
        """Draw from the study on screen, with the words that its report gives now."""
        if self.dialog is None or self.state.is_at_work:
            return
        self.show_offer()  # as the report stands at this moment
        form, asked = self.dialog.patient, self.dialog.patient.wish()
        if self._offer.obstacle or not form.film_key:
            return
        made = description_of(self._desk.hanging(), self._offer, asked)
        item = next(one for one in self._offer.films if one.film.key == form.film_key)
        source = FromPatient(
            form.film_key,
            item.title,
            patient.said(asked),
            self._offer.words_from,
            form.strength.value() / 100,
            made.notes,
        )
        self._begin_patient(form.form(made.text), source)

    def draw_others(self) -> None:
        """The wish on screen once more, with the seeds behind its last one."""
        wish = self._on_screen()
        if wish is None or self.state.is_at_work:
            return
        next_seed = min(wish.form.seed + wish.form.count, MOST_SEED)
        form = replace(wish.form, seed=next_seed)
        if wish.patient is None:
            self._begin_words(form, wish.key)
        else:
            self._begin_patient(form, wish.patient)

    def stop(self) -> None:
        """The generator ends after the step that it computes. It is told from a thread of its own."""
        drawing = self._drawing
        if drawing is None:
            return
        if self._task is not None:
            self._task.stop()

        def work(_: IsStopped) -> Iterator[None]:
            drawing.cancel()
            yield

        self._desk.host.run_in_background(work, lambda _: None, lambda _: None)

    def _begin_words(self, form: Form, key: str = "") -> None:
        self._begin(WishBegun(form, key), DrawingFromWords(self._door, request_of(form)))

    def _begin_patient(self, form: Form, source: FromPatient) -> None:
        hanging, host = self._desk.hanging(), self._desk.host
        plan = plan_reading(hanging)
        allow = self._desk.settings.allow_synthetic
        film = next((item.film for item in plan.films if item.film.key == source.film_key), None)
        if film is None:
            return
        drawing = from_patient(self._door, host.read_pixels, plan, form, source, allow)
        self._begin(WishBegun(form, self._key(), source), drawing)
        id = self.state.shown
        host.run_in_background(source_work(id, film, host.read_pixels), self._source_shown, _log)

    def _begin(self, begins: WishBegun, drawing: Drawing) -> None:
        self._fold(begins)
        id = self.state.shown
        self._drawing = drawing
        self._task = self._desk.host.run_in_background(
            drawing.work, lambda event: self._told(id, event), lambda error: self._ended(id, error)
        )

    def _told(self, id: int, event: PanelEvent | Event) -> None:
        if isinstance(event, Queued | Progress | Preview | FilmDrawn | Flag) or is_last(event):  # type: ignore[arg-type]  # the panel's own events are none of the last
            self._fold(Told(id, event))  # type: ignore[arg-type]

    def _ended(self, id: int, error: BaseException | None) -> None:
        self._drawing = self._task = None
        if error is not None and not was_stopped(error):
            log.warning("a drawing ended with %s", type(error).__name__)
        trouble = trouble_of(error) if error is not None and not was_stopped(error) else None
        self._fold(Ended(id, trouble, is_stopped=trouble is None))

    def _source_shown(self, shown: SourceShown) -> None:
        known = {one.id for one in self.state.wishes}
        self._sources = {id: grey for id, grey in self._sources.items() if id in known}
        self._sources[shown.id] = shown.grey
        self._show()

    # ── what is done with films ─────────────────────────────────────────────────────────────────────────────────

    def show_large(self, film: FilmDrawn) -> None:
        LargeFilm(film, self.dialog).show()

    def take_seed(self, film: FilmDrawn) -> None:
        """Words, view and seed into the form: what changes next is the words' doing."""
        wish = self._on_screen()
        known = wish.form if wish is not None else Form()
        self._fold(FormChanged(replace(known, text=film.text, view=film.view, seed=film.seed, count=1)))
        if self.dialog is not None:
            self.dialog.tabs.setCurrentIndex(WORDS)
            self.dialog.words.begin_typing()

    def save(self, film: FilmDrawn) -> None:
        """Write the film as DICOM into a folder that is chosen now; refused unless the site allows it."""
        wish = self._on_screen()
        if self.dialog is None or wish is None:
            return
        if not saving.is_allowed():
            self.dialog.refuse(words.NOT_SAVED.format(setting=saving.SETTING))
            return
        settings = self._desk.host.settings
        kept = str(settings.get(FOLDER) or "")
        chosen = QFileDialog.getExistingDirectory(self.dialog, "Folder for the synthetic film", kept)
        if chosen:
            settings.set(FOLDER, chosen)
            self.save_into(wish, film, Path(chosen))

    def save_into(self, wish: Wish, film: FilmDrawn, folder: Path) -> None:
        settings = self._desk.host.settings
        if not settings.get(INSTALLATION):
            settings.set(INSTALLATION, uuid.uuid4().hex)
        asked = saving.SaveWish(
            film,
            wish.form,
            grey_array(picture_of(film)),
            self._source_of(wish),
            folder,
            str(settings.get(INSTALLATION)),
        )
        is_from_patient = wish.patient is not None

        def written(file: Path) -> None:
            self._say(f"Written: {file}")
            event = SyntheticSaved(self._desk.now(), film.view, is_from_patient, film.image, film.pack)
            self._desk.fold(event, wish.key)

        self._desk.host.run_in_background(saving.save_work(asked), written, self._saved)

    def _saved(self, error: BaseException | None) -> None:
        if error is None:
            return
        if isinstance(error, NotWritten):
            self._say(error.reason)
            return
        log.warning("a synthetic film could not be saved: %s", type(error).__name__)
        self._say(f"It could not be saved ({type(error).__name__}). Nothing was written.")

    def _source_of(self, wish: Wish) -> tuple[str, str] | None:
        """SOP Class and Instance UID of the patient's film, for the header of what was made from it."""
        if wish.patient is None:
            return None
        films = plan_reading(self._desk.hanging()).films
        header = next((one.film.header for one in films if one.film.key == wish.patient.film_key), None)
        return (header.sop_class_uid, header.sop_instance_uid) if header is not None else None

    def _say(self, text: str) -> None:
        if self.dialog is not None:
            self.dialog.say(text)
        else:
            self._desk.host.show_message(text)

    def copy(self) -> None:
        wish = self._on_screen()
        if wish is not None:
            QGuiApplication.clipboard().setText(words.copied(wish.form.text, view.made_how(wish)))
            if self.dialog is not None:
                self.dialog.say("Copied, with the words, the seeds and the mark.")

    # ── what hangs ──────────────────────────────────────────────────────────────────────────────────────────────

    def hanging_changed(self) -> None:
        if self.dialog is not None:
            self._show()
            self._soon.start()

    def something_happened(self) -> None:
        """To any study: the words of this one may have changed."""
        if self.dialog is not None and not self._soon.isActive():
            self._soon.start()

    def show_offer(self) -> None:
        """What can be made of the study on screen, if that is what is looked at."""
        if self.dialog is None or self.dialog.tabs.currentIndex() != PATIENT:
            return
        self._offer = offer_of(self._desk.hanging(), self._desk.shown())
        self.dialog.patient.show_offer(self._offer)
        self.dialog.patient.show_state(self.state)
        self.show_description()

    def show_description(self) -> None:
        if self.dialog is not None and not self._offer.obstacle:
            made = description_of(self._desk.hanging(), self._offer, self.dialog.patient.wish())
            self.dialog.patient.show_description(made)

    def _fold(self, event: SynthesisEvent) -> None:
        self.state = fold(self.state, event)
        self._show()

    def _show(self) -> None:
        if self.dialog is not None:
            wish = self._on_screen()
            source = self._sources.get(wish.id) if wish is not None else None
            self.dialog.show_state(self.state, self._key(), source)

    def _on_screen(self) -> Wish | None:
        return self.state.on_screen(self._key())

    def _key(self) -> str:
        """Of the study that hangs at this moment: the desk hears of a new one after this part."""
        return study_key(self._desk.host.hanging())


def _log(error: BaseException | None) -> None:
    if error is not None:
        log.warning("the source film could not be shown: %s", type(error).__name__)
