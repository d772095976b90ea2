"""The gate at the reader's desk: the commit, the site's time, hiding and showing."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from plugin.desk import Desk
from plugin.events import ReportEdited
from plugin.first_look import words
from plugin.first_look.fold import hide_or_show, is_due, reveal
from plugin.first_look.state import AiRevealed, FirstImpressionTyped, OwnReportBegun
from plugin.report_panel import ReportPanel
from viewer.api import Action, Undo

LOOK_MS = 250
"""How often the time on screen is looked at, where the site reveals by time."""
FIRST = "Look at the films first: nothing of the AI is shown before you say that you have read them (Enter)."


class FirstLookPart(QObject):
    """Opens the gate when the reader says so, or when the site's time on screen is over."""

    def __init__(self, desk: Desk, panel: ReportPanel, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(panel)
        self._desk, self._panel, self._clock = desk, panel, clock
        self._seen_s: dict[str, float] = {}  # seconds on screen
        self._last_s = clock()
        panel.gate.revealed.connect(self.reveal)
        panel.gate.impression_typed.connect(lambda text: desk.fold(FirstImpressionTyped(text)))
        panel.gate.report_wanted.connect(self.write_first)
        panel.shown_bar.toggled.connect(self.hide_or_show)
        panel.first_impression.taken.connect(self._take_impression)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def end(self) -> None:
        self._timer.stop()

    def reveal(self) -> None:
        event = reveal(self._desk.reading().first_look, self._desk.now())
        if event is not None:
            self._desk.fold(event)

    def hide_or_show(self) -> None:
        event = hide_or_show(self._desk.reading().first_look, self._desk.now())
        if event is None:
            self._desk.host.show_message(FIRST)
        else:
            self._desk.fold(event)

    def write_first(self) -> None:
        self._desk.fold(OwnReportBegun())
        self._panel.edit_report()

    def _take_impression(self) -> None:
        self._desk.fold(ReportEdited(words.with_first_impression(self._desk.shown())))

    def _look(self) -> None:
        now_s, key = self._clock(), self._desk.key()
        self._seen_s[key] = self._seen_s.get(key, 0.0) + now_s - self._last_s
        self._last_s = now_s
        if key and is_due(self._desk.reading().first_look, self._seen_s[key], self._desk.site.reveal_after_s):
            self._desk.fold(AiRevealed("time", self._desk.now()))


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Put the gate to work; the returned function takes it away again."""
    part = FirstLookPart(desk, panel)
    forget = desk.host.add_action(Action("hide_ai", "Hide or show AI results", part.hide_or_show, "Shift+B"))

    def undo() -> None:
        part.end()
        forget()

    return undo
