"""The door for plugins. A plugin imports this and nothing else of the viewer (besides the plain data of viewer.core).

A plugin is a package named by an entry point in the group `sidelight.plugins`. Beside its `__init__.py` lies a
`plugin.toml`, read without importing the package:

    id = "reading"
    title = "Reading"
    api = 1
    activate = "plugin.activation:activate"

`activate(host)` is called once, after the window is on screen; it returns a function that undoes everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from viewer.core.index.records import StudyState
from viewer.core.study import Film, FilmPixels, Patient, Study

if TYPE_CHECKING:  # the contract itself needs no Qt
    from PySide6.QtWidgets import QWidget

API_VERSION = 1

Undo = Callable[[], None]
"""Takes back what was registered. Safe to call twice."""

LineStyle = Literal["solid", "dashed", "dotted"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A box or caption that a plugin draws over a film.

    `xyxy` is in pixels of the film's stored rows and columns (edges, origin top left). The viewer follows zoom, pan,
    flips and turns. Colour *and* line style tell marks apart.
    """

    id: str
    film_key: str  # viewer.core.study.Film.key
    xyxy: tuple[float, float, float, float]
    caption: str = ""
    color: str = "#ffb000"
    style: LineStyle = "dashed"
    is_highlighted: bool = False
    is_draft: bool = True
    """Nobody has reviewed it: every copy of the film that shows it says so."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """What is on screen: the current study, its films, and the prior beside it."""

    patient: Patient | None = None
    current: Study | None = None
    prior: Study | None = None
    current_films: tuple[Film, ...] = ()  # on screen, left to right
    prior_films: tuple[Film, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the user can do: it appears in the menu and answers to its shortcut."""

    id: str
    title: str
    run: Callable[[], None]
    shortcut: str = ""
    """The key it proposes, in Qt's words ("Ctrl+R"). The reader may give it another one; a key that is taken is not."""
    menu: str = "AI"
    is_grave: bool = False
    """It signs, sends or deletes: no lone letter will start it, only keys with Ctrl, Alt or Meta."""


class BackgroundTask(Protocol):
    """A stream of items from a worker thread, delivered in the GUI thread."""

    def stop(self) -> None:
        """Ask the worker to end; `ended` still arrives, once."""
        ...


class Host(Protocol):
    """What the viewer offers a plugin. All methods are called from the GUI thread."""

    def add_panel(self, panel_id: str, title: str, widget: QWidget) -> Undo:
        """Dock a widget at the right of the films."""
        ...

    def add_action(self, action: Action) -> Undo: ...

    def set_marks(self, owner: str, marks: tuple[Mark, ...]) -> None:
        """Replace all of `owner`'s marks on all films. An empty tuple takes them away."""
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

    def read_pixels(self, film: Film) -> FilmPixels:
        """Decoded stored values, from the viewer's cache or its decode worker. May be called from any thread.

        Raises:
            viewer.core.errors.FilmError: The film can't be decoded; the message is fit for the reader.
        """
        ...

    def show_film(self, film_key: str) -> None:
        """Bring a film of the hanging to the reader's attention (makes its viewport active)."""
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
