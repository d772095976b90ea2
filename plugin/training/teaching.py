"""Which unread studies would teach the model most, first in the study list (active learning).

While it is on, what waits is read behind the reader's back, as in triage, and ordered by what the model is unsure of.
The note in the list counts findings and names none: it must not colour a first look. What triage calls urgent always
stands before it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal

from inference.backend import Cancelled, Error, Finding, Finished
from inference.train_status import TeachingCandidate, TeachingPlace
from plugin.desk import Desk
from plugin.events import PanelEvent, RunFailed
from plugin.runs import IsStopped
from plugin.state import StudyReading
from plugin.study_films import study_key
from plugin.training.door import TrainingDoor
from viewer.api import StudyUrgency

log = logging.getLogger(__name__)

OWNER = "teaching"
CAPTION = "Would teach most first"
"""What the reader chooses the order by, where it is the only one."""
FIRST_RANK = 100
"""After everything that triage ranks."""
LOOK_MS = 500
ENOUGH = 2
"""Studies from which on there is an order to speak of."""


class TeachingOrder(QObject):
    """Reads what waits while the reader asks for nothing, and keeps the order of the list."""

    changed = Signal(str)  # how far it is, in words

    def __init__(self, desk: Desk, door: TrainingDoor, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._door = desk, door
        self._tried: set[str] = set()  # Study Instance UIDs
        self._keys: dict[str, str] = {}  # key of a study by its Study Instance UID
        self._order: dict[str, StudyUrgency] = {}
        self._is_asking = False
        self._is_stale = False
        self._forget = desk.on_folded(self._folded)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_on(self) -> bool:
        return self._timer.isActive()

    def turn(self, on: bool) -> None:
        """Begin to look, or give the list its usual order again."""
        if on:
            self._timer.start()
            self._is_stale = True
            self._look()
        else:
            self._timer.stop()
            self._show({})
        self.changed.emit(self.words())

    def end(self) -> None:
        self._forget()
        self.turn(False)

    def words(self) -> str:
        """How far it is."""
        if not self.is_on:
            return ""
        known = len(self._known())
        if known < ENOUGH:
            return f"Unread studies are being read behind your back: {known} so far. An order needs at least two."
        return f"{len(self._order)} of {known} unread studies that were read stand first in the list, with the reason."

    def _look(self) -> None:
        if self._is_stale:
            self._ask()
        if not self._desk.is_at_rest or self._desk.pack is None:
            return
        waiting = self._desk.host.next_unread(lambda uid: uid not in self._tried)
        if waiting is not None and waiting.current is not None:
            uid = waiting.current.instance_uid
            self._tried.add(uid)
            self._keys[uid] = study_key(waiting)
            self._desk.read_behind(waiting)
            self._is_stale = True

    def _folded(self, key: str, _before: StudyReading, event: PanelEvent, after: StudyReading) -> None:
        if not key or not isinstance(event, Finished | Cancelled | Error | RunFailed):
            return
        uid = key.partition("\n")[0]
        self._keys[uid] = key
        if after.problem is not None and after.problem.is_backend_lost:
            self._tried.discard(uid)
        self._is_stale = True

    def _known(self) -> dict[str, StudyReading]:
        """Unread studies that were read to the end, by Study Instance UID."""
        told = {uid: self._desk.reading(key) for uid, key in self._keys.items()}
        return {
            uid: reading
            for uid, reading in told.items()
            if reading.is_complete and self._desk.host.study_state(uid) == "unread"
        }

    def _judged(self) -> tuple[str, ...]:
        """Films of studies that somebody has judged: what is unlike them is new."""
        readings = [
            self._desk.reading(key)
            for uid, key in self._keys.items()
            if self._desk.host.study_state(uid) != "unread"
        ]
        return tuple(sorted({film.image for one in readings for film in one.films if film.image}))

    def _ask(self) -> None:
        known = self._known()
        if self._is_asking:
            return
        self._is_stale = False
        if len(known) < ENOUGH:
            self._show({})
            self.changed.emit(self.words())
            return
        uids = list(known)
        candidates = candidates_of([(self._keys[uid], known[uid]) for uid in uids])
        judged = self._judged()
        door, self._is_asking = self._door, True

        def work(_: IsStopped) -> Iterator[tuple[TeachingPlace, ...]]:
            yield door.client().training.teaching_order(candidates, judged)

        def told(places: tuple[TeachingPlace, ...]) -> None:
            if self.is_on:
                worth = [one for one in places if one.undecided or one.is_new]  # the others keep their place
                self._show({uids[int(one.study)]: urgency_of(one) for one in worth})

        self._desk.host.run_in_background(work, told, self._asked)

    def _asked(self, error: BaseException | None) -> None:
        self._is_asking = False
        if error is not None:
            log.warning("the teaching order could not be made: %s", type(error).__name__)
        self.changed.emit(self.words())

    def _show(self, order: dict[str, StudyUrgency]) -> None:
        if order != self._order:
            self._order = order
            self._desk.host.set_study_order(OWNER, order, CAPTION)


def candidates_of(studies: list[tuple[str, StudyReading]]) -> tuple[TeachingCandidate, ...]:
    """Studies without identity: numbers instead of names, the same number for the same patient."""
    patients: dict[str, str] = {}
    found = []
    for at, (key, reading) in enumerate(studies):
        patient = patients.setdefault(key.partition("\n")[2], str(len(patients)))
        current = {film.image for film in reading.films if film.role != "prior" and film.image}
        found.append(
            TeachingCandidate(
                str(at), patient, _probabilities(reading.findings, current), tuple(sorted(current))
            )
        )
    return tuple(found)


def _probabilities(findings: tuple[Finding, ...], images: set[str]) -> dict[str, float]:
    """The highest of each finding over the current films; what was not assessed is not there."""
    told: dict[str, float] = {}
    for finding in findings:
        if finding.image in images and finding.confidence is not None:
            told[finding.label] = max(told.get(finding.label, 0.0), finding.confidence)
    return told


def urgency_of(place: TeachingPlace) -> StudyUrgency:
    """Its place in the list. The note names no finding."""
    why = []
    if place.undecided:
        why.append(f"{place.undecided} undecided")
    if place.is_new:
        why.append("unlike others")
    return StudyUrgency(FIRST_RANK + place.place, f"Would teach{': ' + ', '.join(why) if why else ''}")
