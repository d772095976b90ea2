"""Joins the window and the index: what is found is remembered, what is known is listed, states and notes are kept."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox

from viewer.api import Hanging
from viewer.core.file_stamp import FileStamp
from viewer.core.index.records import UNREAD, StudyRecord, StudyState
from viewer.core.index.store import KnownFilm, UnfinishedImport
from viewer.core.index.study_index import Loaded, NotThere, Opened, StudyIndex
from viewer.core.language import tr
from viewer.core.scan import FilmFound
from viewer.core.study import Film, Source
from viewer.ui.studies.row_menu import RowMenu

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


class StudyKeeper(QObject):
    """The study list that stays. Made with the window, reads the index in the background, closes with the window."""

    _said = Signal(str)  # from the index's own thread

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._said.connect(window.show_message)
        self.index = StudyIndex(self._said.emit, give_way=window.background.right_of_way.give_way)
        self.records: dict[str, StudyRecord] = {}
        self.missing: frozenset[str] = frozenset()
        self._known: dict[Source, KnownFilm] = {}
        self._running_import = ""
        self._is_older = False
        self._menu = RowMenu(window, self)

    def window_is_built(self) -> None:
        window, box = self._window, self._window.light_box
        box.known = self.lookup
        box.scan_began.connect(self._begin_import)
        box.films_found.connect(self._remember)
        box.scan_ended.connect(self._end_import)
        box.double_left_out.connect(self._forget_double)
        box.film_known_better.connect(self._remember_again)
        box.hanging_changed.connect(self._note_hanging)
        box.session_changed.connect(self._show_scan)
        window.studies.menu_parts.append(self._menu.add_to)
        window.closing.connect(self._stop)
        self._show_scan()
        window.background.start(self.index.load, self._take, lambda _error: None)

    # ── what is known ───────────────────────────────────────────────────────────────────────────────────────

    def lookup(self, source: Source, stamp: FileStamp) -> Film | None:
        """The film that this unchanged file holds. Called from the threads of a scan."""
        known = self._known.get(source)
        return known.film if known and known.is_current and known.stamp == stamp else None

    def _take(self, loaded: Loaded) -> None:
        box = self._window.light_box
        match loaded:
            case Opened(records, unfinished, problem):
                self.records = records | self.records
                if problem:
                    self._offer_rebuild(problem)
                elif unfinished:
                    self._offer_to_go_on(unfinished)
                self._show_records()
            case NotThere(film_keys):
                self.missing |= film_keys
                self._show_records()
                if self._is_older and not self._window.studies.offer.isVisible():
                    self._offer_rebuild(tr("The study list was made by another version of Sidelight."))
            case films:
                self._is_older |= not all(known.is_current for known in films)
                for known in films:
                    self._known.setdefault(known.film.source, known)
                box.add_known(known.film for known in films)

    def _remember(self, found: Sequence[FilmFound]) -> None:
        new = []
        for event in found:
            if event.stamp is None:
                continue
            known = KnownFilm(event.film, event.stamp)
            if self._known.get(event.film.source) != known:
                self._known[event.film.source] = known
                new.append((event.film, event.stamp))
        if new:
            self.index.remember(new)
        back = self.missing & {event.film.key for event in found}
        if back:
            self.missing -= back
            self._show_records()

    def _remember_again(self, film: Film) -> None:
        """What was seen in the pixels is kept with the header, so that the list says it before the film is shown."""
        known = self._known.get(film.source)
        if known is not None and known.film.file_sha256 == film.file_sha256:
            self._remember([FilmFound(film, known.stamp)])

    def _forget_double(self, film: Film) -> None:
        """A file that repeats another film needs no place of its own; met again, it is compared again."""
        self._known.pop(film.source, None)
        self.index.forget_place(film.source)

    # ── imports ─────────────────────────────────────────────────────────────────────────────────────────────

    def _begin_import(self, paths: Sequence[Path]) -> None:
        self._running_import = uuid.uuid4().hex
        whole = tuple(path.absolute() for path in paths)
        self.index.begin_import(UnfinishedImport(self._running_import, whole))

    def _end_import(self) -> None:
        """It ended or was stopped by the reader; what the end of the program cuts off is offered at the next start."""
        self.index.end_import(self._running_import)
        self._note_hanging(self._window.light_box.hung.hanging)

    def _offer_to_go_on(self, unfinished: tuple[UnfinishedImport, ...]) -> None:
        paths = tuple(dict.fromkeys(path for each in unfinished for path in each.paths))
        name = paths[0].name if len(paths) == 1 else tr("{count} places", count=len(paths))

        def forget() -> None:
            for each in unfinished:
                self.index.end_import(each.id)

        def go_on() -> None:
            forget()
            self._window.light_box.open(paths, is_quiet=True)

        self._window.studies.offer.offer(
            tr("An import was not finished ({name}). What was found is in the list.", name=name),
            tr("Go on"),
            go_on,
            forget,
        )

    def _offer_rebuild(self, problem: str) -> None:
        self._window.studies.offer.offer(problem, tr("Rebuild the study list"), self.rebuild_list)

    def _show_scan(self) -> None:
        session = self._window.light_box.session
        action = self._window.actions_by_id["pause_scan"]
        action.setEnabled(session.is_scanning)
        action.setChecked(session.is_paused)

    def pause_scan(self) -> None:
        box = self._window.light_box
        box.pause_scan(is_paused=not box.session.is_paused)

    # ── states and notes ────────────────────────────────────────────────────────────────────────────────────

    def record(self, uid: str) -> StudyRecord:
        return self.records.get(uid, UNREAD)

    def set_state(self, uid: str, state: StudyState) -> None:
        self._keep(uid, replace(self.record(uid), state=state))

    def set_note(self, uid: str, note: str) -> None:
        self._keep(uid, replace(self.record(uid), note=note.strip()))

    def _note_hanging(self, hanging: Hanging) -> None:
        """The current study has been opened; nothing that was reached is taken back."""
        box = self._window.light_box
        if hanging.current is None or (box.session.is_scanning and not box.choice.study_uid):
            return  # what a scan hangs for a moment, until it finds a later study, was read by nobody
        uid = hanging.current.instance_uid
        record = self.record(uid)
        state: StudyState = "open" if record.state == "unread" else record.state
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._keep(uid, replace(record, state=state, last_opened=now))

    def _keep(self, uid: str, record: StudyRecord) -> None:
        self.records = {**self.records, uid: record}
        self.index.set_record(uid, record)
        self._show_records()

    def _show_records(self) -> None:
        self._window.studies.show_records(self.records, self.missing)

    # ── the whole list ──────────────────────────────────────────────────────────────────────────────────────

    def find_study(self) -> None:
        self._window.studies.search.setFocus()
        self._window.studies.search.selectAll()

    def rebuild_list(self) -> None:
        """Read all known places anew; what is on screen stays there."""
        places = self.index.locations()
        here = [path for path in places if path.exists()]
        if not here:
            self._window.show_message(
                tr("No place is known from which films were opened. Drop their folder here.")
            )
            return
        self._window.studies.offer.hide()
        self._known.clear()
        self.missing, self._is_older = frozenset(), False
        self._window.light_box.forget_known()
        self.index.forget_films()
        self._window.light_box.open(here, is_quiet=True)
        if len(here) < len(places):
            gone = next(path for path in places if path not in here)
            self._window.show_message(tr("{place} is not there now; its films are left out.", place=gone))

    def forget_study(self, uid: str) -> None:
        """Take a study out of the list. Its files stay where they are."""
        self._known = {s: k for s, k in self._known.items() if k.film.header.study_instance_uid != uid}
        self.records = {other: record for other, record in self.records.items() if other != uid}
        self.index.forget_study(uid)
        self._window.light_box.forget_study(uid)
        self._show_records()

    def forget_everything(self) -> None:
        answer = QMessageBox.question(
            self._window,
            tr("Forget everything"),
            tr(
                "Empty the study list, with all states, notes and known places? No film is deleted: open their"
                " folder to list them again."
            ),
        )
        if answer == QMessageBox.StandardButton.Yes:
            self._known.clear()
            self.records, self.missing = {}, frozenset()
            self.index.forget_everything()
            self._window.light_box.forget_all()
            self._show_records()

    def _stop(self) -> None:
        self._window.background.right_of_way.release()  # this thread waits for the index now
        self.index.close()
