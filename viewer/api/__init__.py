"""The door for plugins. A plugin imports this and nothing else of the viewer, besides the plain data of viewer.core
and, to have files and DICOM objects written whole or not at all, viewer.writer (its requests, errors and `write`).

A plugin is a package named by an entry point in the group `sidelight.plugins`. Beside its `__init__.py` lies a
`plugin.toml`, read without importing the package:

    id = "reading"
    title = "Reading"
    api = 1
    activate = "plugin.activation:activate"

`activate(host)` is called once, after the window is on screen; it returns a function that undoes everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from viewer.core.index.records import StudyState
from viewer.core.settings import Value
from viewer.core.study import Film, FilmPixels, Patient, Study

if TYPE_CHECKING:  # the contract itself needs no Qt
    from PySide6.QtWidgets import QWidget

API_VERSION = 1

Undo = Callable[[], None]
"""Takes back what was registered. Safe to call twice."""

LineStyle = Literal["solid", "dashed", "dotted"]

Xyxy = tuple[float, float, float, float]
"""A box in pixels of a film's stored rows and columns: left, top, right, bottom edge, origin top left. Never inverted:
left < right, top < bottom."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A box or caption that a plugin draws over a film.

    The viewer follows zoom, pan, flips and turns. Colour *and* line style tell marks apart, also in grey.
    """

    id: str
    film_key: str  # viewer.core.study.Film.key
    xyxy: Xyxy
    caption: str = ""
    color: str = "#e69f00"
    style: LineStyle = "dashed"
    is_highlighted: bool = False
    is_draft: bool = True
    """Nobody has reviewed it: every copy of the film that shows it says so."""
    is_editable: bool = False
    """The reader may move, resize and delete it. The viewer never changes a mark: it tells `Host.on_mark_edited`."""
    is_faint: bool = False
    """Thin and half transparent, and behind other marks: how something was before it was changed."""


@dataclass(frozen=True, slots=True)
class MarkEdit:
    """What the reader did to an editable mark, told once, when the drag has ended."""

    mark_id: str
    kind: Literal["moved", "deleted"]  # resized counts as moved
    xyxy: Xyxy  # where it lies now, inside the film; of a deleted one, where it lay
    film_key: str = ""  # the film on which the hand did it


@dataclass(frozen=True, slots=True)
class StudyUrgency:
    """Where an unread study stands in the study list: lower ranks first, `note` as a small text in its row."""

    rank: int
    note: str = ""


MeasurementKind = Literal["length", "angle", "cobb", "ctr", "ellipse", "rectangle", "arrow"]
"""Points: length and arrow (tip first) 2; ellipse and rectangle 2 corners; angle 3, the vertex second; Cobb 4, the ends
of one line, then of the other; ctr 4: right and left border of the heart, right and left inner border of the thorax."""


@dataclass(frozen=True, slots=True)
class MeasurementProposal:
    """A measurement that a plugin proposes. The viewer computes its number; its handles stay editable.

    `note` stands at the number until the reader moves a handle or accepts it; then it is the reader's mark and is kept
    with the film. One that the reader deleted does not come back under the same owner and id.
    """

    id: str
    film_key: str
    kind: MeasurementKind
    points: tuple[tuple[float, float], ...]  # x, y in stored columns and rows; edges, origin top left
    note: str = "Proposal – check the handles."
    text: str = ""  # the words at an arrow


@dataclass(frozen=True, slots=True)
class ReaderMark:
    """A mark that the reader drew, or a proposal that they took over."""

    id: str
    film_key: str
    kind: str  # a MeasurementKind
    points: tuple[tuple[float, float], ...]
    lines: tuple[str, ...]  # what stands at it: numbers, each length with the origin of its millimetres
    proposed_by: str = ""  # the owner of the proposal that it was
    proposal_id: str = ""


@dataclass(frozen=True, slots=True)
class Hanging:
    """What is on screen: the current study, its films, and the prior beside it."""

    patient: Patient | None = None
    current: Study | None = None
    prior: Study | None = None
    current_films: tuple[Film, ...] = ()  # on screen, left to right
    prior_films: tuple[Film, ...] = ()
    next: Hanging | None = None
    """How the study that is likely to be opened next would hang: the first unread one of the patients below this one,
    in the study list as it is searched and filtered at this moment; else the first of them. None: the list ends here.
    It is a guess and has no `next` of its own. A change of it alone is not told; ask `Host.hanging` again."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the user can do: it appears in the menu and answers to its shortcut."""

    id: str
    title: str
    run: Callable[[], None]
    shortcut: str = ""
    """The key it proposes, in Qt's words ("Ctrl+R"). The reader may give it another one; a key that is taken is not.
    "Return" (also that of the numeric pad) and "Backspace" work while the films, a panel or nothing has the keyboard:
    never where a text is typed, and never in the place of a key of the study list or of a button of the window."""
    menu: str = "AI"
    is_grave: bool = False
    """It signs, sends or deletes: no lone letter will start it, only keys with Ctrl, Alt or Meta."""


class BackgroundTask(Protocol):
    """A stream of items from a worker thread, delivered in the GUI thread."""

    def stop(self) -> None:
        """Ask the worker to end; `ended` still arrives, once."""
        ...


class PluginSettings(Protocol):
    """What one plugin keeps over restarts, in a place of its own among the reader's settings. GUI thread only."""

    def get(self, name: str, default: Value = None) -> Value:
        """What was kept under `name`, or `default`."""
        ...

    def set(self, name: str, value: Value) -> None:
        """Keep a plain value (text, number, flag, list, object); None takes it away.

        Raises:
            TypeError: The value is nothing that JSON can say.
        """
        ...


class Host(Protocol):
    """What the viewer offers a plugin. All methods are called from the GUI thread."""

    @property
    def settings(self) -> PluginSettings: ...

    def add_panel(self, panel_id: str, title: str, widget: QWidget) -> Undo:
        """Dock a widget at the right of the films."""
        ...

    def add_action(self, action: Action) -> Undo: ...

    def set_marks(self, owner: str, marks: tuple[Mark, ...]) -> None:
        """Replace all of `owner`'s marks on all films. An empty tuple takes them away."""
        ...

    def set_proposals(self, owner: str, proposals: tuple[MeasurementProposal, ...]) -> None:
        """Replace all of `owner`'s proposed measurements. What the reader has taken over stays theirs.

        Raises:
            ValueError: A proposal has too many or too few points, or no note.
        """
        ...

    def reader_marks(self, film_key: str) -> tuple[ReaderMark, ...]:
        """What the reader has drawn on a film that was shown in this session; nothing that is only proposed."""
        ...

    def on_reader_marks_changed(self, call: Callable[[str], None]) -> Undo:
        """Call with the film's key whenever its marks have changed."""
        ...

    def on_synthetic_used(self, call: Callable[[str], None]) -> Undo:
        """Call when the research switch lets a synthetic film be used: with "measure", "compare" or "export"."""
        ...

    def set_banner(self, owner: str, text: str) -> None:
        """A line over the films that stays until it is replaced; empty takes it away."""
        ...

    def hanging(self) -> Hanging: ...

    def on_hanging_changed(self, call: Callable[[Hanging], None]) -> Undo:
        """Call now-and-later: at every change of what hangs (not at once)."""
        ...

    def on_mark_clicked(self, call: Callable[[str], None]) -> Undo:
        """Call with the mark's id when the reader clicks it."""
        ...

    def on_mark_hovered(self, call: Callable[[str | None], None]) -> Undo:
        """Call with the id of the mark that the mouse is over now; None once it is over none."""
        ...

    def on_mark_edited(self, call: Callable[[MarkEdit], None]) -> Undo:
        """Call when the reader has moved, resized or deleted a mark with `is_editable`. Set new marks, or nothing has
        changed: the outline that followed the mouse is gone."""
        ...

    def draw_box(
        self,
        caption: str,
        on_drawn: Callable[[str, Xyxy], None],
        on_cancelled: Callable[[], None] | None = None,
    ) -> Undo:
        """Let the reader drag a rectangle on any film that hangs, once.

        Args:
            caption: What is drawn, for the status line ("Box for pleural effusion").
            on_drawn: Called with the film's key and the box inside it, 3 stored pixels or more on either side.
            on_cancelled: Called where the reader gives up (Esc, another tool), another study is hung or another
                box is asked for.

        Returns:
            Gives up; `on_cancelled` is not called then. Nothing happens where the drawing is over.
        """
        ...

    def add_undo_step(
        self, title: str, undo: Callable[[], None], redo: Callable[[], None], film_key: str = ""
    ) -> Undo:
        """Put something that the reader has just done into the window's undo and redo, among views and marks.

        Args:
            title: What was done, as in "Undone: {title}".
            undo: Called by Ctrl+Z; must not add a step.
            redo: Called by Ctrl+Y after it; must not add a step.
            film_key: Brought on screen when the step is undone or done again, so that the reader sees it.

        Returns:
            Takes the step out of the history.
        """
        ...

    def read_pixels(self, film: Film) -> FilmPixels:
        """Decoded stored values, from the viewer's cache or its decode worker. May be called from any thread.

        Raises:
            viewer.core.errors.FilmError: The film can't be decoded; the message is fit for the reader.
        """
        ...

    def show_film(self, film_key: str) -> None:
        """Bring a film of the hanging to the reader's attention (makes its viewport active)."""
        ...

    def show_films(self, film_keys: tuple[str, ...], regions: tuple[Xyxy, ...] | None = None) -> None:
        """Bring several films of this patient into sight, side by side: a finding now and on the prior.

        A hidden prior is shown, one film alone in the area makes way. Zoom and pan stay as they are where a film's
        region is in sight; else it is brought there. Films of other patients are left out.

        Args:
            film_keys: The first becomes the active film.
            regions: One for each film.

        Raises:
            ValueError: There are not as many regions as films.
        """
        ...

    def next_unread(self, is_wanted: Callable[[str], bool]) -> Hanging | None:
        """How the first unread study of the study list would hang, of those that are wanted.

        The list in its usual order, as it is searched and filtered at this moment, of each patient only the newest
        study. `is_wanted` is asked with Study Instance UIDs. None: there is none. What is returned is
        a guess and has no `next`.
        """
        ...

    def set_study_order(self, owner: str, order: Mapping[str, StudyUrgency], caption: str = "") -> None:
        """Put unread studies, by Study Instance UID, first in the study list. The reader may choose the usual order
        again. Replaces what `owner` said before; an empty mapping takes it away.

        `caption` is what the reader chooses it by while no other owner has an order. Empty, and where several have
        one, it is "Most urgent first".
        """
        ...

    def run_in_background(
        self,
        work: Callable[[Callable[[], bool]], Iterator[Any]],
        on_item: Callable[[Any], None],
        on_ended: Callable[[BaseException | None], None],
    ) -> BackgroundTask:
        """Run `work(is_stopped)` in a thread; its items and its end arrive in the GUI thread, the end always last."""
        ...

    def set_study_state(self, study_uid: str, state: StudyState) -> None:
        """Say in the study list how far this study is; kept over restarts. Only a panel says `signed`."""
        ...

    def study_state(self, study_uid: str) -> StudyState:
        """How far this study is; `unread` for one that nobody knows."""
        ...

    def show_message(self, text: str) -> None:
        """A line in the status bar."""
        ...


Activate = Callable[[Host], Undo]
