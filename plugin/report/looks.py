"""How the sentences of the report look on screen: whose they are, what is lit, what to doubt. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.report.measures import stale_measures
from plugin.report.provenance import Provenance, ReportSentence
from plugin.sentences import SentenceMark, sentence_marks
from plugin.state import StudyReading, boxes_of_finding, lit_findings

MEANINGS: dict[Provenance, str] = {
    "ai": "Written by the AI, not changed.",
    "edited": "Written by the AI, changed by you.",
    "human": "Written by you.",
    "measured": "Holds a number from a mark of yours.",
    "template": "From the template, not the AI.",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One sentence of a text on screen. `start` and `end` are characters of the text."""

    start: int
    end: int
    provenance: Provenance
    is_lit: bool = False  # its finding is selected or under the pointer
    sentence_id: str = ""  # of the model's sentence that it is or was made from
    doubt: str = ""  # why to look twice, in words
    note: str = ""  # all there is to say about it, a line


def looks(reading: StudyReading, told: Sequence[ReportSentence]) -> tuple[Look, ...]:
    """The sentences of one part as they are to be shown."""
    by_text = {mark.text.strip(): mark for mark in sentence_marks(reading)}
    lit = lit_findings(reading)
    stale = {one.mark.id: why for one, why in stale_measures(reading)}
    return tuple(_look(reading, one, by_text.get(one.origin), lit, stale) for one in told)


def look_at(shown: Sequence[Look], position: int) -> Look | None:
    """The sentence that a character belongs to."""
    return next((one for one in shown if one.start <= position <= one.end), None)


def _look(
    reading: StudyReading,
    one: ReportSentence,
    mark: SentenceMark | None,
    lit: frozenset[str],
    stale: dict[str, str],
) -> Look:
    doubts = [stale[mark_id] for mark_id in one.mark_ids if mark_id in stale]
    place = ""
    if mark is not None:
        if one.provenance == "ai":  # what the reader has changed is no longer what was doubted
            doubts += mark.doubts
        place = mark.place_note if mark.ground == "ungrounded" else _places(reading, mark)
    is_lit = mark is not None and bool(lit & set(mark.finding_ids))
    is_lit = is_lit or (mark is not None and mark.sentence_id == reading.hovered_sentence)
    note = " ".join(part for part in (MEANINGS[one.provenance], place, *doubts) if part)
    sentence_id = mark.sentence_id if mark is not None else ""
    return Look(one.span.start, one.span.end, one.provenance, is_lit, sentence_id, " ".join(doubts), note)


def _places(reading: StudyReading, mark: SentenceMark) -> str:
    """What is lit on the film with it."""
    of_findings = [
        len(boxes_of_finding(reading, finding))
        for finding in reading.findings
        if finding.id in mark.finding_ids
    ]
    count = max(len(mark.box_ids), sum(of_findings))
    return "" if not count else "1 place on the film." if count == 1 else f"{count} places on the films."
