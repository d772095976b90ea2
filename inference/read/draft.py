"""The events of one reading, folded into what is written to disk. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from inference.backend import (
    Box,
    Cancelled,
    Error,
    Event,
    Finding,
    Finished,
    Flag,
    NotRead,
    Progress,
    Sentence,
    TextDelta,
)
from inference.read.order import Order
from viewer.core.study import Film


@dataclass(frozen=True, slots=True)
class StudyDraft:
    """What came of one order. `images` maps each film's key to its hash, for the films that could be decoded."""

    order: Order
    images: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    boxes: tuple[Box, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    flags: tuple[Flag, ...] = ()
    refusals: tuple[NotRead, ...] = ()
    report: str = ""
    impression: str = ""
    error: str = ""  # why the reading did not finish
    notices: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # by film key: what was odd about the file

    @property
    def is_finished(self) -> bool:
        return not self.error

    def films_read(self) -> tuple[Film, ...]:
        """Films with findings; of a reading that broke off, none."""
        if self.error:
            return ()
        seen = {one.image for one in self.findings}
        return tuple(film for film in self.order.films if self.images.get(film.key) in seen)

    def findings_of(self, film: Film) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.image == self.images.get(film.key))

    def boxes_of(self, finding: Finding) -> tuple[Box, ...]:
        return tuple(box for box in self.boxes if box.finding_id == finding.id)

    def notices_of(self, film: Film) -> tuple[str, ...]:
        """What was odd about a film's file, missing rows for instance."""
        return self.notices.get(film.key, ())

    def reason_of(self, film: Film) -> str:
        """Why a decoded film was not read; empty where it was."""
        image = self.images.get(film.key)
        told = next((one.reason for one in self.refusals if one.image == image), "")
        return told or self.error


def fold(draft: StudyDraft, event: Event) -> StudyDraft:
    """The draft after `event`."""
    match event:
        case Finding():
            return replace(draft, findings=(*draft.findings, event))
        case Box():
            return replace(draft, boxes=(*draft.boxes, event))
        case Sentence():
            return replace(draft, sentences=(*draft.sentences, event))
        case Flag():
            return replace(draft, flags=(*draft.flags, event))
        case NotRead():
            return replace(draft, refusals=(*draft.refusals, event))
        case TextDelta(text, "report"):
            return replace(draft, report=draft.report + text)
        case TextDelta(text, "impression"):
            return replace(draft, impression=draft.impression + text)
        case Error(_, message, _):
            return replace(draft, error=message)
        case Cancelled():
            return replace(draft, error="The reading was stopped.")
        case _:
            return draft


def fold_all(draft: StudyDraft, events: Iterable[Event]) -> StudyDraft:
    for event in events:
        draft = fold(draft, event)
    return draft


def stage_of(event: Event) -> str:
    """The stage that `event` begins, for a progress line; empty otherwise."""
    return event.stage if isinstance(event, Progress) and event.done == 0 else ""


def is_end(event: Event) -> bool:
    return isinstance(event, Finished | Error | Cancelled)
