"""Study after study: read it, write it down, go on. What an earlier run has written down is not read again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inference.backend import PackInfo
from inference.read.carry_out import Bench
from inference.read.dicom_files import DicomFiles
from inference.read.draft import StudyDraft
from inference.read.findings_file import Skip
from inference.read.journal import Journal
from inference.read.order import Order
from inference.read.progress import Teller
from inference.read.record import Record, draft_of, fingerprint, record_of
from inference.read.results import STUDIES, Pictures, write_study
from inference.read.stopping import Stopping
from viewer.writer.errors import NotWritten

MOST_LOST = 3
"""So many studies in a row that the backend does not survive, and the fault is not the studies'."""


@dataclass
class Batch:
    """All studies of one run.

    Args:
        bench: Reads one study.
        pictures: Draws the films that were read.
        journal: Knows the studies that are done already.
        stopping: Holds signals back while something is written.
    """

    out: Path
    pack: PackInfo
    bench: Bench
    pictures: Pictures
    journal: Journal
    stopping: Stopping
    teller: Teller
    precision: str = ""  # asked for
    dicom: DicomFiles | None = None  # None: not asked for
    drafts: list[StudyDraft] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("read", "refused", "failed", "kept"), 0)
    )
    _seconds: list[float] = field(default_factory=list)

    def run(self, orders: Sequence[Order]) -> None:
        """Read every study that is not done yet. What is done is in `drafts` and `skips`, also after `Stopped`."""
        seen: set[str] = set()
        for number, order in enumerate(orders, start=1):
            study = fingerprint(order, self.pack.sha256, self.precision)
            place = {"study": study, "number": number, "of": len(orders)}
            kept = self.journal.kept.get(study)
            if study in seen or (kept is not None and kept.state != "failed"):
                self._keep(kept, order, place)
            else:
                self._read(study, order, place)
            seen.add(study)
            if self.bench.lost_in_a_row >= MOST_LOST:
                left = len(orders) - number
                self.teller.say(f"The AI stopped in {MOST_LOST} studies in a row; {left} are left unread.")
                return

    def _keep(self, kept: Record | None, order: Order, place: dict[str, Any]) -> None:
        """Take a study as it was written down; the same files given twice are one study."""
        assert kept is not None
        draft, skips = draft_of(kept, order)
        self.counts["kept"] += 1
        self.teller.event("study_kept", **place, state=kept.state, **self._write_dicom(place["study"], draft))
        self._add(draft, skips)

    def _read(self, study: str, order: Order, place: dict[str, Any]) -> None:
        teller, started = self.teller, time.monotonic()
        teller.tell(f"Reading study {place['number']} of {place['of']}: {order.names}")
        teller.event("study_started", **place, films=[str(film.source) for film in order.films])
        for warning in order.warnings:
            teller.say(f"  Warning: {warning}")
        draft, undecoded = self.bench.read(order)
        seconds = time.monotonic() - started
        with self.stopping.held():
            record = record_of(study, draft, undecoded, self.pictures.write(draft), seconds)
            if record.state != "failed":
                write_study(self.out, study, draft, [*undecoded, *refused_films(draft)], self.pack)
            dicom = self._write_dicom(study, draft)
            self.journal.append(record)
            self.counts[record.state] += 1
            self._say_done(record, place, draft, dicom)
            self._add(draft, undecoded)

    def _write_dicom(self, study: str, draft: StudyDraft) -> dict[str, list[str]]:
        """The names of its DICOM files, where they were asked for. A film with a faulty header costs only its own."""
        if self.dicom is None or not draft.films_read():
            return {}
        try:
            return {"dicom": list(self.dicom.write(study, draft))}
        except NotWritten as refusal:
            self.teller.say(f"{draft.order.names}: no DICOM objects: {refusal.reason}")
            return {"dicom": []}

    def _say_done(
        self, record: Record, place: dict[str, Any], draft: StudyDraft, dicom: dict[str, list[str]]
    ) -> None:
        for skip in refused_films(draft):
            self.teller.say(f"{skip.source}: {skip.reason}")
        self._seconds = [*self._seconds, record.seconds][-20:]
        eta_s = round(sum(self._seconds) / len(self._seconds) * (place["of"] - place["number"]), 1)
        self.teller.event(
            "study_done",
            **place,
            state=record.state,
            reason=record.reason,
            films_read=len(draft.films_read()),
            folder=f"{STUDIES}/{record.study}" if record.state != "failed" else None,
            overlays=list(record.overlays),
            **dicom,
            seconds=record.seconds,
            eta_s=eta_s,
        )

    def _add(self, draft: StudyDraft, undecoded: Sequence[Skip]) -> None:
        self.drafts.append(draft)
        self.skips += [*undecoded, *refused_films(draft)]


def refused_films(draft: StudyDraft) -> Iterator[Skip]:
    """Films that were decoded but not read."""
    read = draft.films_read()
    for film in draft.order.films:
        if film.key in draft.images and film not in read:
            yield Skip(film.source, f"not read: {draft.reason_of(film) or 'the reading did not finish'}")
