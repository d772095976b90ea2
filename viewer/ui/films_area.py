"""The films side by side: which view each has, what is loaded, and what a wish of the reader changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from viewer.api import Mark
from viewer.core.errors import FilmError
from viewer.core.hanging_protocol.protocol import MOST_VIEWPORTS
from viewer.core.language import tr
from viewer.core.presentation import is_inverse
from viewer.core.study import Film, FilmPixels
from viewer.ui import wording
from viewer.ui.background import Background, Task
from viewer.ui.banners import Banners
from viewer.ui.comparison.stand_in import StandIn
from viewer.ui.display.previews import Previews
from viewer.ui.film_loader import LoadedFilm, load_film
from viewer.ui.film_picture import FilmPicture
from viewer.ui.film_view import FilmView, Lying, at_zoom, fitted_together, panned, same_look, zoomed
from viewer.ui.hanging_choice import Hung, Slot
from viewer.ui.marking.touch import MarkTouch
from viewer.ui.pointer import PointerMap
from viewer.ui.stacks.shared_views import SharedViews
from viewer.ui.tools.shown import HumanMarks
from viewer.ui.viewport import Viewport, ViewportState
from viewer.ui.viewport_grid import ViewportGrid
from viewer.ui.windowing import GreyRange, dragged, with_preset


class FilmsArea(QWidget):
    """Up to four viewports and the banner lines above them."""

    film_wished = Signal(int)  # the film so many places on in the study; negative: back
    mark_clicked = Signal(str)
    active_changed = Signal(str)  # film key
    film_shown = Signal(str)  # film key; its picture is on screen
    synthetic_seen = Signal(object)  # a film whose header does not say what its pixels do
    held_wished = Signal(str, bool)  # by its id: it lasts while a mouse button is down
    action_wished = Signal(str)  # by its id: a mouse button stands for it
    slices_wished = Signal(int, int)  # viewport, and how many slices on in its stack; negative: back
    slice_shown = Signal(int, int)  # viewport, and the place in its stack that it shows now
    refreshed = Signal()  # every viewport has its state
    view_changed = Signal(str, object, object)  # film key; FilmView before and after: a wish of the reader
    touched = Signal()  # the reader has begun to work on what hangs

    def __init__(self, background: Background, read_pixels: Callable[[Film], FilmPixels]) -> None:
        super().__init__()
        self._background, self._read_pixels = background, read_pixels
        self.views = SharedViews()
        self.loaded: dict[str, LoadedFilm] = {}  # only what hangs
        self.failures: dict[str, str] = {}
        self._loading: dict[str, Task] = {}
        self._marks: tuple[Mark, ...] = ()
        self._pictures: dict[str, FilmPicture] = {}
        self.stand_in: StandIn | None = None
        self.previews = Previews(lambda _film: None)
        self._second: ViewportGrid | None = None
        self._human: dict[str, HumanMarks] = {}
        self._touch = MarkTouch()
        self._warning = ""
        self._is_masked = False
        self.slots: tuple[Slot, ...] = ()
        self.active = 0
        self.badges_of: Callable[[str], tuple[str, ...]] = lambda _key: ()
        """More badges of the film with this key, besides those that come from its header and view."""
        self._columns = MOST_VIEWPORTS
        self.is_in_sync = True
        self.maximised: int | None = None
        self._are_marks_hidden = False
        self.viewports = [self._make_viewport(index) for index in range(MOST_VIEWPORTS)]
        self.banners = Banners()
        self._lay_out()

    def _lay_out(self) -> None:
        self._grid = ViewportGrid()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.banners)
        whole.addLayout(self._grid, 1)
        self._refresh()

    def _make_viewport(self, index: int) -> Viewport:
        viewport = Viewport(self, self._background)
        viewport.activated.connect(lambda: self.activate(index))
        viewport.activated.connect(self.touched)
        viewport.window_dragged.connect(self._drag_window)
        viewport.pan_dragged.connect(lambda right, down: self._pan(index, right, down))
        viewport.zoom_wished.connect(lambda factor, x, y: self._zoom(index, factor, (x, y)))
        viewport.scrolled.connect(lambda by: self.step(by, index))
        viewport.maximise_wished.connect(lambda: self.toggle_maximised(index))
        viewport.held_wished.connect(self.held_wished)
        viewport.action_wished.connect(self.action_wished)
        viewport.mark_clicked.connect(self.mark_clicked)
        viewport.resized.connect(self._show_states)
        return viewport

    # ── what hangs ──────────────────────────────────────────────────────────────────────────────────────────

    def show_hung(self, hung: Hung) -> None:
        """Hang these films. A film that hung before keeps its view and is not loaded again."""
        before = [slot.film.key for slot in self.slots]
        self.slots = hung.slots[:MOST_VIEWPORTS]
        self._columns = hung.columns
        keys = {slot.film.key for slot in self.slots}
        self.loaded = {key: film for key, film in self.loaded.items() if key in keys}
        if before != [slot.film.key for slot in self.slots]:
            self.maximised = None
            self.active = hung.leading
        for key, loading in self._loading.items():
            if key not in keys:
                loading.stop()  # who leafs past a film does not wait for it
        self._warning = hung.warning
        self._show_warning()
        for slot in self.slots:
            self.views.share(slot)
            self._load(slot)
        self._refresh()
        if self.slots:
            self.active_changed.emit(self.slots[self.active].film.key)

    def _load(self, slot: Slot) -> None:
        film, key = slot.film, slot.film.key
        measured = slot.stack.middle if slot.stack else None
        if key in self.loaded or key in self._loading or key in self.failures:
            return

        def work(is_stopped: Callable[[], bool]) -> Iterator[LoadedFilm]:
            if not is_stopped() and (preview := self.previews.load(film)):
                yield preview
            if not is_stopped():
                yield load_film(film, self._read_pixels, measured)

        self._loading[key] = self._background.start(
            work, self._take_film, lambda error: self._end_loading(slot, error)
        )

    def _take_film(self, loaded: LoadedFilm) -> None:
        """A film has arrived; it is only ever put into the viewport that hangs it now."""
        key = loaded.film.key
        if key not in {slot.film.key for slot in self.slots}:
            return
        if loaded.is_preview:
            self.previews.take(loaded)
            self._refresh()
            return
        self.loaded[key] = loaded
        self.previews.drop(key)
        self.views.setdefault(key, self._first_view(loaded))
        is_news = self._know_synthetic(loaded)
        self._refresh()
        self.film_shown.emit(key)
        if is_news:
            self.synthetic_seen.emit(loaded.film)

    def _know_synthetic(self, loaded: LoadedFilm) -> bool:
        """Before it is painted a film is called what its pixels say; True where its header did not say so."""
        key, before = loaded.film.key, self.slots
        if loaded.film.header.is_synthetic:
            self.slots = tuple(
                replace(slot, film=loaded.film) if slot.film.key == key else slot for slot in before
            )
        return self.slots != before

    def _first_view(self, loaded: LoadedFilm) -> FilmView:
        slot = next(slot for slot in self.slots if slot.film.key == loaded.film.key)
        if slot.preset_key is None:
            return loaded.first_view
        return with_preset(loaded.first_view, loaded.grey, slot.preset_key)

    def _end_loading(self, slot: Slot, error: BaseException | None) -> None:
        film = slot.film
        self._loading.pop(film.key, None)
        self.previews.drop(film.key)
        if error is None and film.key in {slot.film.key for slot in self.slots}:
            self._load(slot)  # it was taken down and hung again while it was on its way
        elif error is not None:
            self.fail(film, error)

    def fail(self, film: Film, error: BaseException) -> None:
        """Say why this film can't be shown wherever it hangs."""
        reason = error.reason if isinstance(error, FilmError) else f"{type(error).__name__}: {error}"
        self.failures[film.key] = wording.film_failed(str(film.source), reason)
        self._refresh()

    @property
    def is_loading(self) -> bool:
        """True while a film that hangs is being read."""
        return bool(self._loading)

    def retry_failed(self) -> None:
        """Forget why films failed, so that hanging them tries again."""
        self.failures.clear()

    def close_films(self) -> None:
        """Let go of all films and timers; the window is closing."""
        for viewport in self.viewports:
            viewport.set_picture(None)
            viewport.stop()

    def show_slice(self, index: int, at: int, loaded: LoadedFilm | None) -> None:
        """Exchange the slice of a stack: its picture, number and marks at once, so that none stands under another.

        `loaded` is None for a slice that failed, or that is loaded the way a film is.
        """
        slot = self.slots[index]
        if slot.stack is None:
            return
        slice_slot = replace(slot, film=slot.stack.slices[at], at=at)
        self.slots = (*self.slots[:index], slice_slot, *self.slots[index + 1 :])
        keys = {one.film.key for one in self.slots}
        self.loaded = {key: film for key, film in self.loaded.items() if key in keys}
        self.views.share(slice_slot)
        if loaded is not None:
            self.loaded[slice_slot.film.key] = loaded
            self.views.setdefault(slice_slot.film.key, loaded.first_view)
        else:
            self._load(slice_slot)
        is_news = loaded is not None and self._know_synthetic(loaded)
        self._refresh()
        self.slice_shown.emit(index, at)
        if loaded is not None and is_news:
            self.synthetic_seen.emit(loaded.film)

    def remeasure(self, loaded: LoadedFilm, view: FilmView) -> None:
        """Exchange what the window keys of a film on screen refer to, and how it is looked at."""
        self.loaded[loaded.film.key] = loaded
        self._set_view(loaded, view)

    # ── wishes of the reader ────────────────────────────────────────────────────────────────────────────────

    def step(self, by: int, index: int | None = None) -> None:
        """Slices of the stack in this or the active viewport, or films of the study where there is none."""
        index = self.active if index is None else index
        if index < len(self.slots) and self.slots[index].stack is not None:
            self.slices_wished.emit(index, by)
        else:
            self.film_wished.emit(by)

    def activate(self, index: int) -> None:
        if 0 <= index < len(self.slots) and index != self.active:
            self.active = index
            self._refresh()
            self.active_changed.emit(self.slots[index].film.key)

    def show_film(self, film_key: str) -> bool:
        """Make the film's viewport active; False where it does not hang."""
        for index, slot in enumerate(self.slots):
            if slot.film.key == film_key:
                if self.maximised is not None:
                    self.maximised = index
                self.activate(index)
                self._refresh()
                return True
        return False

    def toggle_maximised(self, index: int | None = None) -> None:
        """One film alone in the whole area, or all of them again."""
        if self.maximised is None and len(self.slots) > 1:
            self.maximised = self.active if index is None else index
            self.activate(self.maximised)
        else:
            self.maximised = None
        self._refresh()

    def change_active(self, change: Callable[[FilmView], FilmView]) -> None:
        """Apply a change to the active film only: invert, flip, rotate."""
        loaded = self._loaded_at(self.active)
        if loaded:
            self._set_view(loaded, change(self.views[loaded.film.key]))

    def preset(self, key: int) -> None:
        self.change_window(lambda view, grey: with_preset(view, grey, key))

    def change_window(self, change: Callable[[FilmView, GreyRange], FilmView]) -> None:
        """Apply a change of grey levels, relative to each film's own range, to the films that move together."""
        for loaded in self._together():
            self._set_view(loaded, change(self.views[loaded.film.key], loaded.grey))

    def change_together(self, change: Callable[[LoadedFilm, FilmView], FilmView]) -> None:
        """Apply a change that depends on each film to the films that move together."""
        for loaded in self._together():
            self._set_view(loaded, change(loaded, self.views[loaded.film.key]))

    def active_loaded(self) -> LoadedFilm | None:
        """The film that wishes are about; None while it loads or where nothing hangs."""
        return self._loaded_at(self.active)

    def zoom_to(self, zoom: float | None) -> None:
        """A fixed zoom in device pixels per film pixel, or the whole film."""
        for loaded in self._together():
            self._set_view(loaded, at_zoom(self.views[loaded.film.key], zoom))

    def reset(self) -> None:
        """Everything about the active films as it was when they were opened."""
        for loaded in self._together():
            self._set_view(loaded, loaded.first_view)

    def _drag_window(self, right: float, down: float) -> None:
        for loaded in self._together():
            view = self.views[loaded.film.key]
            inverse = is_inverse(loaded.pixels.description)
            self._set_view(loaded, dragged(view, loaded.grey, right, down, inverse))

    def _pan(self, index: int, right: float, down: float) -> None:
        loaded = self._loaded_at(index)
        if loaded:
            size = self.viewports[index].device_size
            view = panned(self.shown_view(index), loaded.pixels.description, size, right, down)
            self._move_all(index, loaded, view)

    def _zoom(self, index: int, factor: float, at: tuple[float, float]) -> None:
        loaded = self._loaded_at(index)
        if loaded:
            size = self.viewports[index].device_size
            view = zoomed(self.shown_view(index), loaded.pixels.description, size, factor, at)
            self._move_all(index, loaded, view)

    def _move_all(self, index: int, loaded: LoadedFilm, view: FilmView) -> None:
        self._set_view(loaded, view)
        source = self._lying(index, loaded)
        for other in self._group(index):
            target = self._loaded_at(other)
            if other != index and target:
                self._set_view(target, same_look(source, self._lying(other, target)))

    def set_sync(self, is_in_sync: bool) -> None:
        """Whether films of one group zoom, pan and window together."""
        self.is_in_sync = is_in_sync
        self._refresh()

    def _lying(self, index: int, loaded: LoadedFilm) -> Lying:
        view = self.views.get(loaded.film.key, loaded.first_view)
        return view, loaded.pixels.description, self.viewports[index].device_size

    def shown_view(self, index: int) -> FilmView:
        """The view as it is on screen: films that are fitted side by side have one scale where it is known."""
        loaded = self._loaded_at(index)
        if loaded is None:
            return self.views.get(self.slots[index].film.key, FilmView())
        beside = [(other, its) for other in self._group(index) if (its := self._loaded_at(other))]
        if self.maximised is not None or len(beside) < 2:
            return self._lying(index, loaded)[0]
        shown = fitted_together([self._lying(other, its) for other, its in beside])
        return shown[[other for other, _ in beside].index(index)]

    def _together(self) -> list[LoadedFilm]:
        """The active film and, in sync, the others of its group."""
        return [loaded for index in self._group(self.active) if (loaded := self._loaded_at(index))]

    def _group(self, index: int) -> list[int]:
        """The viewports that follow this one, itself among them: in sync those of its group, else it alone."""
        if index >= len(self.slots):
            return []
        group = self.slots[index].sync_group
        return [
            other
            for other, slot in enumerate(self.slots)
            if other == index or (self.is_in_sync and group and slot.sync_group == group)
        ]

    def _loaded_at(self, index: int) -> LoadedFilm | None:
        return self.loaded.get(self.slots[index].film.key) if index < len(self.slots) else None

    def _set_view(self, loaded: LoadedFilm, view: FilmView) -> None:
        before = self.views[loaded.film.key]
        self.put_view(loaded.film.key, view)
        if view != before:
            self.view_changed.emit(loaded.film.key, before, view)

    def put_view(self, film_key: str, view: FilmView) -> None:
        """Exchange a film's view as undo does: this is no new wish."""
        self.views[film_key] = view
        self._refresh()

    def set_pointer(self, pointer: PointerMap) -> None:
        """What the mouse does from now on."""
        for viewport in self.viewports:
            viewport.pointer = pointer

    def show_badges(self) -> None:
        """Ask `badges_of` again."""
        self._show_states()

    # ── marks ───────────────────────────────────────────────────────────────────────────────────

    def set_marks(self, marks: tuple[Mark, ...]) -> None:
        self._marks = marks
        self._show_states()  # no film is drawn anew: a plugin highlights a mark wherever the mouse goes

    def set_touch(self, touch: MarkTouch) -> None:
        """What the hand does with plugins' marks."""
        self._touch = touch
        self._show_states()

    def set_human_marks(self, film_key: str, marks: HumanMarks) -> None:
        """What the reader drew on one film."""
        self._human[film_key] = marks
        self._show_states()

    def hide_marks(self, is_hidden: bool) -> None:
        if is_hidden != self._are_marks_hidden:
            self._are_marks_hidden = is_hidden
            self._refresh()

    # ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────

    def _arrange(self) -> None:
        """Only viewports in use take room; without any film the first one says what to do."""
        in_use = range(len(self.slots)) if self.maximised is None else (self.maximised,)
        wanted = [self.viewports[index] for index in in_use] or self.viewports[:1]
        for viewport in self.viewports:
            if viewport not in wanted:
                viewport.hide()
        there = [] if self._second is None else [one for one in wanted if self._is_for_second(one)]
        self._grid.arrange([one for one in wanted if one not in there], self._columns)
        if self._second is not None:
            self._second.arrange(there, self._columns)
        for viewport in wanted:
            viewport.show()

    def _is_for_second(self, viewport: Viewport) -> bool:
        index = self.viewports.index(viewport)
        return index < len(self.slots) and self.slots[index].screen == 2

    @property
    def is_masked(self) -> bool:
        """True while the privacy screen is on."""
        return self._is_masked

    def mask_identity(self, is_masked: bool) -> None:
        """Whose films these are is not shown; that two people's films are side by side still is."""
        self._is_masked = is_masked
        self._show_warning()
        self._show_states()

    def _show_warning(self) -> None:
        line = tr(wording.DIFFERENT_PATIENTS) if self._warning and self._is_masked else self._warning
        self.banners.set_line("viewer", line, is_danger=True)

    def use_second(self, grid: ViewportGrid | None) -> None:
        """Where viewports of the second screen go; None: all films are here."""
        before, self._second = self._second, grid
        self._refresh()
        if before is not None and grid is None:
            before.arrange([], 1)

    def _refresh(self) -> None:
        self._arrange()
        for index, viewport in enumerate(self.viewports):
            slot = self.slots[index] if index < len(self.slots) else None
            loaded = self.loaded.get(slot.film.key) if slot else None
            stand_in = self._stand_in_at(index)
            if loaded is None:
                viewport.set_picture(self.previews.picture(slot.film.key) if slot else None)
            else:
                viewport.set_picture(stand_in.picture if stand_in else self._picture(loaded))
        self._show_states()
        self.refreshed.emit()

    def _picture(self, loaded: LoadedFilm) -> FilmPicture:
        """One picture for each film that hangs, so that one that comes back into its place is still drawn."""
        key = loaded.film.key
        self._pictures = {one: kept for one, kept in self._pictures.items() if one in self.loaded}
        if key not in self._pictures or self._pictures[key].pixels is not loaded.pixels:
            self._pictures[key] = FilmPicture(loaded.pixels, loaded.layers)
        return self._pictures[key]

    def show_stand_in(self, stand_in: StandIn | None) -> None:
        """Show another picture in a film's place, or the film itself again."""
        self.stand_in = stand_in
        self._refresh()

    def _stand_in_at(self, index: int) -> StandIn | None:
        if self.stand_in is None or index >= len(self.slots):
            return None
        return self.stand_in if self.slots[index].film.key == self.stand_in.in_place_of else None

    def _show_states(self) -> None:
        """Also at every change of size: the scale of fitted films depends on all their viewports."""
        for index, viewport in enumerate(self.viewports):
            slot = self.slots[index] if index < len(self.slots) else None
            state = self._state(index, slot, self._loaded_at(index))
            viewport.show_state(replace(state, is_masked=True) if self._is_masked else state)

    def _state(self, index: int, slot: Slot | None, loaded: LoadedFilm | None) -> ViewportState:
        if slot is None:
            return ViewportState()
        is_active = index == self.active and len(self.slots) > 1
        stand_in = self._stand_in_at(index)
        if stand_in is not None and loaded is not None:
            own = self.shown_view(index), loaded.pixels.description, self.viewports[index].device_size
            return stand_in.state(own, is_active, self._are_marks_hidden)
        key = slot.film.key
        waiting = "" if loaded else tr("Loading…")
        marks = tuple(mark for mark in self._marks if mark.film_key == key)
        state = ViewportState(
            slot=slot,
            view=self.shown_view(index),
            notices=loaded.notices if loaded else (),
            message=self.failures.get(key, waiting),
            marks=marks,
            touch=self._touch.on(key, marks),
            badges=self.badges_of(key),
            is_active=is_active,
            human=self._human.get(key, HumanMarks()),
            are_marks_hidden=self._are_marks_hidden,
        )
        return state if loaded or key in self.failures else self.previews.over(state)
