"""What there is to know about each sentence of the model's draft: its place, its findings, and the reasons to doubt it.

Sentence, finding and box are tied by id, both ways, so that whoever draws one of them can light the others. Pure; how
it is drawn is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.backend import Sentence
from inference.text.places import NO_ANSWER, NOTHING_TO_SHOW
from plugin.prior.pairs import disagreements
from plugin.state import StudyReading, finding_of_box, present_findings
from plugin.wording import NO_LOCATION

Ground = Literal["grounded", "ungrounded", "nothing to show"]
"""Grounded: a box shows it. Ungrounded: it states something, and no box shows it. Nothing to show: it denies something,
or names nothing that has a place."""

UNSUPPORTED = "unsupported_sentence"
"""The kind of flag on a sentence that the finding list does not bear out."""


@dataclass(frozen=True, slots=True)
class SentenceMark:
    """One sentence of the draft as the model wrote it, and what holds it up."""

    sentence_id: str
    text: str
    ground: Ground
    place_note: str = ""  # why no box shows it, in words for the reader; empty where one does
    doubts: tuple[str, ...] = ()  # reasons to doubt it, in words for the reader
    is_unsupported: bool = False  # the finding list does not support it, or contradicts it
    finding_ids: tuple[str, ...] = ()  # the findings that it states and that are present
    box_ids: tuple[str, ...] = ()  # the places that show it

    @property
    def is_doubtful(self) -> bool:
        """True where the reader should look twice."""
        return bool(self.doubts) or self.ground == "ungrounded"


def sentence_marks(reading: StudyReading) -> tuple[SentenceMark, ...]:
    """One mark for each sentence of the draft, in the draft's order (reading.md AI-4, AI-5)."""
    known_boxes = {box.id for box in reading.boxes}
    present = {finding.id for finding in present_findings(reading)}
    otherwise = disagreements(reading)
    return tuple(
        _mark(reading, sentence, known_boxes, present, otherwise.get(sentence.id, ""))
        for sentence in reading.sentences
    )


def sentences_of_finding(reading: StudyReading, finding_id: str) -> tuple[str, ...]:
    """The ids of the sentences that state a finding."""
    return tuple(line.id for line in reading.sentences if finding_id in line.finding_ids)


def sentences_of_box(reading: StudyReading, box_id: str) -> tuple[str, ...]:
    """The ids of the sentences that a box shows; where none names it, of those that state its finding."""
    named = tuple(line.id for line in reading.sentences if box_id in line.box_ids)
    if named:
        return named
    own = next((box.sentence_id for box in reading.boxes if box.id == box_id), None)
    if own is not None:
        return tuple(line.id for line in reading.sentences if line.id == own)
    finding_id = finding_of_box(reading, box_id)
    return sentences_of_finding(reading, finding_id) if finding_id is not None else ()


def _mark(
    reading: StudyReading, sentence: Sentence, boxes: set[str], present: set[str], otherwise: str
) -> SentenceMark:
    flags = [flag for flag in reading.flags if flag.sentence_id == sentence.id]
    doubts = [*(flag.why for flag in flags), otherwise]
    shown = tuple(box_id for box_id in sentence.box_ids if box_id in boxes)
    ground, note = _ground(sentence, bool(shown))
    return SentenceMark(
        sentence.id,
        sentence.text,
        ground,
        note,
        tuple(dict.fromkeys(doubt for doubt in doubts if doubt)),
        any(flag.kind == UNSUPPORTED for flag in flags),
        tuple(one for one in sentence.finding_ids if one in present),
        shown,
    )


def _ground(sentence: Sentence, is_shown: bool) -> tuple[Ground, str]:
    if is_shown:
        return "grounded", ""
    if sentence.no_place in NOTHING_TO_SHOW:
        return "nothing to show", sentence.no_place
    reason = "" if sentence.no_place == NO_ANSWER else sentence.no_place  # it says the same again
    return "ungrounded", f"{NO_LOCATION} {reason}".rstrip()
