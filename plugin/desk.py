"""What a topic of the panel may ask of the controller. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from inference.backend import PackInfo, Request
from plugin.events import PanelEvent
from plugin.settings import PanelSettings
from plugin.site.settings import SiteSettings
from plugin.state import StudyReading
from viewer.api import Hanging, Host, Undo

Folded = Callable[[str, StudyReading, PanelEvent, StudyReading], None]
"""A study's key, what was known, what happened, what is known now. The key of what concerns no study is empty."""


class Desk(Protocol):
    """One reader's desk: the study on screen, and what is known about it. All in the GUI thread.

    `key` is empty everywhere for the study on screen; a part that asks a worker keeps the key it began with, so that
    the answer comes home to its own study.
    """

    @property
    def host(self) -> Host: ...

    @property
    def settings(self) -> PanelSettings: ...

    @property
    def site(self) -> SiteSettings:
        """What the site chose: the reader's name, consent, mode. Read anew each time, so it is never stale."""
        ...

    @property
    def pack(self) -> PackInfo | None:
        """The model that is loaded; None: there is none yet."""
        ...

    def key(self) -> str:
        """Names the study on screen; empty if none hangs. Holds a patient's name: never log it, hash it to keep it."""
        ...

    def hanging(self) -> Hanging: ...

    def reading(self, key: str = "") -> StudyReading:
        """All that is known about a study, shown or not."""
        ...

    def shown(self) -> StudyReading:
        """What the reader may see of the study on screen: what keys and clicks work on."""
        ...

    def fold(self, event: PanelEvent, key: str = "") -> None:
        """Let something happen to a study, and draw it if it is on screen. Without a study nothing
        happens, except that what concerns the site is told to all who listen."""
        ...

    def adopt(self, key: str, reading: StudyReading, over: bool = False) -> bool:
        """Take over what was kept of a study, unless something has happened to it meanwhile; True if it was taken.

        `over`: the reader wants it in the place of what is there.
        """
        ...

    def expect(self, key: str, is_expected: bool) -> None:
        """Say that what was kept of a study is on its way, or has come: until then nothing is read by itself."""
        ...

    def start(self, begins: PanelEvent, request_of: Callable[[str], Request]) -> bool:
        """Begin a run about the study on screen: `begins` is folded, the request is made for the backend's study id.

        False: no study hangs, or a run that the reader asked for goes on. One that gives way is stopped.
        """
        ...

    @property
    def is_at_rest(self) -> bool:
        """True while the backend is asked for nothing, by any study."""
        ...

    def read_behind(self, hanging: Hanging) -> bool:
        """Read a study that need not hang; whatever the reader asks for goes before it.

        False: something runs, the study was read before, or its headers say that the model would refuse it.
        """
        ...

    def now(self) -> str:
        """The time as UTC, ISO 8601 with milliseconds and Z: what events carry as `at`."""
        ...

    def show(self) -> None:
        """Draw the study on screen again."""
        ...

    def on_folded(self, call: Folded) -> Undo:
        """Call after everything that happens to any study: for keeping, counting and following up."""
        ...
