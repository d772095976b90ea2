"""What is open and what hangs: scans, the session, the reader's choices. No widgets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.api import Hanging
from viewer.core.duplicates import SamePicture, films_with_one_uid, same_pictures
from viewer.core.file_stamp import FileStamp
from viewer.core.hanging_protocol.protocol import HangingRules
from viewer.core.language import tr
from viewer.core.reader import FilmReader
from viewer.core.scan import FilmFound, KnownFilm, ScanEvent, nothing_known, scan
from viewer.core.stacks import stacks_of
from viewer.core.study import Film, Patient, Source, Study
from viewer.ui.background import Background, Task
from viewer.ui.hanging_choice import HangingChoice, Hung, bundled_rules, hang, older_prior
from viewer.ui.session import (
    Session,
    begin_scan,
    end_scan,
    fold,
    with_changed,
    without_double,
    without_films,
)
from viewer.ui.stacks.hung_stacks import of_file, row_key, scrolled, with_stacks
from viewer.ui.studies.listing import Listing, list_films

REGROUP_MS = 200
"""While a scan runs, the list is made again at most so often, and less often where that takes long."""
TELL_MS = 200
"""Plugins are told of another slice once the stack has stood still for so long."""

LIST_AT_ONCE = 400
"""So many films are grouped and listed in a few milliseconds; more are left to a thread."""


class LightBox(QObject):
    """Opens paths one after the other and decides, through pure functions, what hangs."""

    session_changed = Signal()
    hung_changed = Signal()
    hanging_changed = Signal(object)  # viewer.api.Hanging, only where something on screen changed
    said = Signal(str)
    scan_began = Signal(object)  # paths
    films_found = Signal(object)  # list[FilmFound]
    film_known_better = Signal(object)  # a film of the list, of which more is known now
    double_left_out = Signal(object)  # the film that shows what another one shows
    scan_ended = Signal()  # it is through, or the reader stopped it

    def __init__(self, background: Background, reader: FilmReader) -> None:
        super().__init__()
        self._background, self._reader = background, reader
        self.session = Session()
        self.listing = Listing()
        self.choice = HangingChoice()
        self.rules = bundled_rules()
        self.hung = Hung()
        self._told: tuple[object, ...] = ()
        self._events: list[ScanEvent] = []
        self._scan: Task | None = None
        self._waiting: list[tuple[tuple[Path, ...], bool]] = []
        self._awaits_first = False
        self._is_quiet = False
        self._is_closed = False
        self._may_go_on = threading.Event()
        self.known: KnownFilm = nothing_known  # asked by scans, in their threads
        self._known_films: dict[str, Film] = {}  # from earlier days: listed, and hung when chosen
        self._places: dict[Source, str] = {}  # which film each file holds
        self._compared: set[str] = set()  # keys of films whose doubles were looked for
        self._has_new_films = False
        self._listing_task: Task | None = None
        self._is_listing_old = False
        self._slices: dict[str, str] = {}  # by stack: the key of the slice that was shown last
        self._tell_rest = QTimer(self, singleShot=True, interval=TELL_MS)
        self._tell_rest.timeout.connect(self._tell)
        self._regroup = QTimer(self, singleShot=True, interval=REGROUP_MS)
        self._regroup.timeout.connect(self._flush)

    # ── opening ─────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, paths: Sequence[Path], *, is_quiet: bool = False) -> None:
        """Look through files, folders and ZIPs in the background, after the scan that may run now.

        Args:
            paths: What was dropped or chosen.
            is_quiet: What is found goes into the list and does not take the place of what hangs.
        """
        if not paths:
            return
        if self._scan is not None:
            self._waiting.append((tuple(paths), is_quiet))
            return
        shown = self.session.newest_drop
        self.session = begin_scan(self.session)
        self._is_quiet = is_quiet
        if is_quiet:
            self.pin()
            self.session = replace(self.session, newest_drop=shown)
        self._awaits_first = not is_quiet
        self._may_go_on.set()

        way = self._background.right_of_way

        def known(source: Source, stamp: FileStamp) -> Film | None:
            way.give_way()
            return self.known(source, stamp)

        def work(is_stopped: Callable[[], bool]) -> Iterator[ScanEvent]:
            def is_over() -> bool:
                way.give_way()
                return is_stopped()

            for event in scan(paths, self._reader, is_over, known):
                yield event
                while not self._may_go_on.wait(0.05) and not is_stopped():
                    pass

        self._scan = self._background.start(work, self._take_event, self._end_scan)
        self.scan_began.emit(tuple(paths))
        self.session_changed.emit()

    def stop_scan(self) -> None:
        """What was found stays; drops that wait are forgotten."""
        self._waiting.clear()
        if self._scan is not None:
            self._scan.stop()

    def pause_scan(self, *, is_paused: bool) -> None:
        """Let the scan wait, or go on where it was."""
        if self._scan is None:
            return
        if is_paused:
            self._may_go_on.clear()
        else:
            self._may_go_on.set()
        self.session = replace(self.session, is_paused=is_paused)
        self.session_changed.emit()

    def close(self) -> None:
        """Stop looking; nothing more is shown."""
        self._is_closed = True
        self.stop_scan()
        self._regroup.stop()
        self._tell_rest.stop()

    def _take_event(self, event: ScanEvent) -> None:
        if self._is_closed:
            return
        self._events.append(event)
        if isinstance(event, FilmFound) and self._awaits_first:
            self._flush()  # the first film is on screen before the scan ends
        elif not self._regroup.isActive():
            self._regroup.start()

    def _end_scan(self, error: BaseException | None) -> None:
        self._scan = None
        self.session = end_scan(self.session)
        if self._is_closed:
            return
        self._flush()
        self.scan_ended.emit()
        self._compare_doubles()
        if error is not None:
            self.said.emit(
                tr(
                    "The scan stopped early: {error}. What was found is listed; open the rest again.",
                    error=error,
                )
            )
        elif not self.session.newest_drop and not self._is_quiet:
            self.said.emit(tr("No film was found there. The import report says why."))
        if self._waiting:
            paths, is_quiet = self._waiting.pop(0)
            self.open(paths, is_quiet=is_quiet)

    def _note_place(self, film: Film) -> None:
        """A file that was written anew holds one film, not two: what it held before is taken out."""
        before = self._places.get(film.source)
        self._places[film.source] = film.key
        if before is not None and before != film.key:
            self._known_films.pop(before, None)
            self.session = without_films(self.session, lambda old: old.source == film.source)
            self._has_new_films = True

    def _compare_doubles(self) -> None:
        """Look at the pixels of films that claim one SOP Instance UID; both stay in the list while it is not known."""
        films = (*self.session.films, *self._known_films.values())
        groups = [
            group
            for group in films_with_one_uid(films)
            if not all(film.key in self._compared for film in group)
        ]
        if groups:
            self._compared |= {film.key for group in groups for film in group}

            def work(is_stopped: Callable[[], bool]) -> Iterator[SamePicture]:
                return same_pictures(groups, self._reader.pixels, is_stopped)

            self._background.start(work, self._leave_out_double, lambda _error: None)

    def _leave_out_double(self, same: SamePicture) -> None:
        """Of two equal pictures the first stays, or the one that the reader looks at."""
        film, first = same.film, same.first
        if film.key in {slot.film.key for slot in self.hung.slots}:
            film, first = first, film
        self._compared.discard(film.key)
        self._known_films.pop(film.key, None)
        self.session = without_double(self.session, film, first)
        self.double_left_out.emit(film)
        self._relist()
        self.session_changed.emit()
        self._hang()

    def note_synthetic(self, seen: Film) -> None:
        """The watermark was seen in a film: from now on it is a synthetic one in the list and wherever it hangs."""

        def told(film: Film) -> Film:
            if film.file_sha256 != seen.file_sha256 or film.header.is_synthetic:
                return film
            return replace(film, header=replace(film.header, is_synthetic=True))

        before = self.session.films, tuple(self._known_films.values())
        self.session = with_changed(self.session, told)
        self._known_films = {key: told(film) for key, film in self._known_films.items()}
        after = self.session.films, tuple(self._known_films.values())
        if after == before or self._is_closed:
            return
        for old, new in zip((*before[0], *before[1]), (*after[0], *after[1]), strict=True):
            if new != old:
                self.film_known_better.emit(new)
        self._relist()
        self.session_changed.emit()
        self._hang()

    # ── what was opened on earlier days ─────────────────────────────────────────────────────────────────────

    def add_known(self, films: Iterable[Film]) -> None:
        """List films that the index knows. None of them hangs before it is chosen, but as a prior."""
        for film in films:
            self._known_films.setdefault(film.key, film)
            self._places.setdefault(film.source, film.key)
        self._has_new_films = True
        if not self._regroup.isActive() and not self._is_closed:
            self._regroup.start()

    def forget_known(self) -> None:
        """Take what is known from earlier days out of the list; what was opened since the start stays."""
        self._known_films.clear()
        self._relist()
        self.session_changed.emit()

    def forget_study(self, uid: str) -> None:
        """Take a study out of the list and off the screen."""
        self._forget(lambda film: film.header.study_instance_uid == uid)

    def forget_all(self) -> None:
        self.stop_scan()
        self._forget(lambda _film: True)

    def _forget(self, is_forgotten: Callable[[Film], bool]) -> None:
        self._known_films = {key: film for key, film in self._known_films.items() if not is_forgotten(film)}
        self.session = without_films(self.session, is_forgotten)
        self._relist()
        self.session_changed.emit()
        self._hang()

    @property
    def patients(self) -> tuple[Patient, ...]:
        return self.listing.patients

    def _flush(self) -> None:
        self._background.right_of_way.take()
        self._regroup.stop()
        began = time.perf_counter()
        known = len(self.session.films)
        found = [event for event in self._events if isinstance(event, FilmFound)]
        for event in found:
            self._note_place(event.film)
        shown = self.session.newest_drop
        self.session = fold(self.session, self._events)
        if self._is_quiet:
            self.session = replace(self.session, newest_drop=shown)
        self._events.clear()
        is_first = self._awaits_first and bool(self.session.newest_drop)
        if is_first:
            self._awaits_first = False
            self.choice = self.choice.of_views_only()
        if len(self.session.films) != known or self._has_new_films:
            self._has_new_films = False
            self._relist()
        self.session_changed.emit()
        if is_first and self._listing_task is not None:  # the film is shown before a long list is made again
            self._hang(list_films(self.session.newest_drop[:LIST_AT_ONCE]))
        else:
            self._hang()
        if found:
            self.films_found.emit(found)
        cost_ms = (time.perf_counter() - began) * 1000
        self._regroup.setInterval(max(REGROUP_MS, round(8 * cost_ms)))

    def _relist(self) -> None:
        """Make the list again: a short one at once, a long one in a thread."""
        # the same film twice is taken once: as it was found today
        films = (*self.session.films, *self._known_films.values())
        if len(films) <= LIST_AT_ONCE and self._listing_task is None:
            self.listing = list_films(films)
        elif self._listing_task is not None:
            self._is_listing_old = True
        else:

            def work(is_stopped: Callable[[], bool]) -> Iterator[Listing]:  # noqa: ARG001 - too short to stop
                self._background.right_of_way.give_way()
                yield list_films(films)

            self._is_listing_old = False
            self._listing_task = self._background.start(work, self._take_listing, self._end_listing)

    def _take_listing(self, listing: Listing) -> None:
        if self._is_closed:
            return
        self.listing = listing
        self.session_changed.emit()
        self._hang()

    def _end_listing(self, error: BaseException | None) -> None:
        self._listing_task = None
        if error is not None:
            self.said.emit(tr("The study list could not be made: {error}.", error=error))
        elif self._is_listing_old and not self._is_closed:
            self._relist()

    # ── choosing ────────────────────────────────────────────────────────────────────────────────────────────

    def choose(self, choice: HangingChoice) -> None:
        """Hang by this choice from now on."""
        self.choice = choice
        self._hang()

    def hang_by(self, rules: HangingRules, choice: HangingChoice) -> None:
        """Hang by other protocols, or with the current films at the other side, from now on."""
        self.rules = rules
        self.choose(choice)

    def pin(self) -> None:
        """The reader works on what hangs: a scan that still runs may add a prior but not replace the current film."""
        shown = self.hung.hanging
        if shown.current is not None and not self.choice.study_uid and self.hung.slots:
            self.choice = replace(
                self.choice,
                study_uid=shown.current.instance_uid,
                film_key=row_key(self.hung.slots[self.hung.leading]),
            )

    def choose_film(self, film_key: str) -> None:
        """Hang this film as the current one, or in the prior's place where it belongs to the prior on screen."""
        study = self._study_of(film_key)
        if study is None:
            return
        stack = self.listing.stacks.stack_of.get(of_file(film_key))
        if stack is not None and stack.at(film_key) is not None:
            self._slices[stack.key] = film_key
        film_key = of_file(film_key)
        prior = self.hung.hanging.prior
        if prior is not None and _holds(prior, study.instance_uid, film_key):
            self.choose(replace(self.choice, prior_uid=prior.instance_uid, prior_film_key=film_key))
        else:
            self.choose_study(study.instance_uid, film_key)

    def choose_study(self, study_uid: str, film_key: str = "", *, study_of: str = "") -> None:
        """Hang a study, with this film in front where one is named.

        Two people's films may claim one Study Instance UID: `study_of`, a film of the study, says whose is meant.
        """
        current = self.hung.hanging.current
        is_same = current is not None and _holds(current, study_uid, film_key or study_of)
        kept = self.choice if is_same else replace(self.choice, prior_uid="", prior_of="", prior_film_key="")
        self.choose(replace(kept, study_uid=study_uid, study_of=study_of, film_key=film_key))

    def choose_prior(self, study_uid: str, *, study_of: str = "") -> None:
        """Hang a study beside the current one; `study_of` as in `choose_study`."""
        self.pin()
        chosen = replace(self.choice, prior_uid=study_uid, prior_of=study_of, prior_film_key="")
        self.choose(replace(chosen, is_prior_shown=True))

    def next_older_prior(self) -> None:
        hanging = self.hung.hanging
        if hanging.patient is None or hanging.current is None:
            return
        older = older_prior(hanging.patient, hanging.current, hanging.prior)
        if older is None:
            self.said.emit(tr("This patient has no earlier study here."))
        else:
            self.choose_prior(older.instance_uid, study_of=older.films[0].key)

    def step_film(self, by: int, of_film: str) -> None:
        """Go on or back among the films of the study that `of_film` belongs to; stops at the ends.

        A stack counts as one film, and comes back with the slice that it was left with.
        """
        study = self._study_of(of_film)
        if study is None:
            return
        stacks = stacks_of(study)
        here = next(place for place, stack in enumerate(stacks) if stack.at(of_film) is not None)
        there = min(max(here + by, 0), len(stacks) - 1)
        if there == here:
            return
        film_key = of_file(stacks[there].first.key)
        current = self.hung.hanging.current
        if current is not None and _holds(current, study.instance_uid, film_key):
            self.choose_study(study.instance_uid, film_key)
        else:
            self.choose(replace(self.choice, prior_uid=study.instance_uid, prior_film_key=film_key))

    def show_slice(self, index: int, at: int) -> None:
        """A stack was scrolled in this viewport: remember its slice, and tell plugins once it stands still."""
        self.hung = scrolled(self.hung, index, at)
        slot = self.hung.slots[index]
        if slot.stack is not None:
            self._slices[slot.stack.key] = slot.film.key
        self._tell_rest.start()

    def _study_of(self, film_key: str) -> Study | None:
        film_key = of_file(film_key)
        studies = (study for patient in self.patients for study in patient.studies)
        return next((study for study in studies if any(f.key == film_key for f in study.films)), None)

    def _hang(self, listing: Listing | None = None) -> None:
        if self._is_quiet and not self.hung.slots and not self.choice.study_uid:
            return  # what came behind the reader's back waits in the list
        order = self.session.newest_drop or self.session.films
        before, listed = self.hung, listing or self.listing
        folded = listed.stacks
        hung = hang(folded.patients, order, folded.choice(self.choice), self.rules)
        self.hung = with_stacks(hung, folded, self._slices)
        if self._scan is not None and self.hung == before:
            return  # a scan that finds other people's films repaints nothing
        self.hung_changed.emit()
        self._tell()

    def hanging_of(self, study_uid: str, study_of: str) -> Hanging:
        """How a study that is not on screen would hang, were it chosen now (see `choose_study`)."""
        choice = replace(self.choice.of_views_only(), study_uid=study_uid, study_of=study_of)
        folded = self.listing.stacks
        hung = hang(folded.patients, (), folded.choice(choice), self.rules)
        return with_stacks(hung, folded, self._slices).hanging

    def _tell(self) -> None:
        self._tell_rest.stop()
        if self._is_closed:
            return
        hanging = self.hung.hanging
        told = _on_screen(hanging)
        if told != self._told:
            self._told = told
            self.hanging_changed.emit(hanging)


def _on_screen(hanging: Hanging) -> tuple[object, ...]:
    """What a plugin would see differently; a study that only grew in the list is still the same hanging."""
    return (
        hanging.current.instance_uid if hanging.current else "",
        tuple((film.key, film.header.is_synthetic) for film in hanging.current_films),
        hanging.prior.instance_uid if hanging.prior else "",
        tuple((film.key, film.header.is_synthetic) for film in hanging.prior_films),
    )


def _holds(study: Study, uid: str, film_key: str) -> bool:
    """True if this is the study of the UID and, where a film is named, the one with the film."""
    is_one = study.instance_uid == uid
    return is_one and (not film_key or any(film.key == film_key for film in study.films))
