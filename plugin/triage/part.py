"""Triage at the reader's desk: what waits is read behind their back, one study after another."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from inference.backend import Cancelled, Error, Finished
from plugin.desk import Desk
from plugin.events import PanelEvent, RunFailed
from plugin.report_panel import ReportPanel
from plugin.state import StudyReading
from plugin.study_films import study_key
from plugin.triage.urgency import urgency_of
from viewer.api import StudyUrgency, Undo

OWNER = "triage"
LOOK_MS = 500
"""How often it is looked whether the desk is at rest and a study waits."""


class TriagePart(QObject):
    """Has unread studies read while the reader asks for nothing, and orders the study list by what was found."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk = desk
        self._tried: set[str] = set()  # Study Instance UIDs; each is read once
        self._uids: dict[str, str] = {}  # by the study's key
        self._order: dict[str, StudyUrgency] = {}
        self._forget = desk.on_folded(self._folded)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def end(self) -> None:
        self._timer.stop()
        self._forget()
        self._show({})

    def _look(self) -> None:
        if self._desk.site.mode != "triage":
            self._show({})
            return
        if not self._desk.is_at_rest or self._desk.pack is None:
            return
        waiting = self._desk.host.next_unread(lambda uid: uid not in self._tried)
        if waiting is not None and waiting.current is not None:
            uid = waiting.current.instance_uid
            self._tried.add(uid)
            self._uids[study_key(waiting)] = uid
            self._desk.read_behind(waiting)

    def _folded(self, key: str, _before: StudyReading, event: PanelEvent, after: StudyReading) -> None:
        uid = self._uids.get(key)
        if uid is None or not isinstance(event, Finished | Cancelled | Error | RunFailed):
            return
        if after.problem is not None and after.problem.is_backend_lost:
            self._tried.discard(uid)  # it was not the study's fault
        urgency = urgency_of(after)
        others = {known: told for known, told in self._order.items() if known != uid}
        self._show(others | ({uid: urgency} if urgency is not None else {}))

    def _show(self, order: dict[str, StudyUrgency]) -> None:
        if order != self._order:
            self._order = order
            self._desk.host.set_study_order(OWNER, order)


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Begin to look for what waits; the returned function ends it and gives the list its usual order."""
    return TriagePart(desk, panel).end
