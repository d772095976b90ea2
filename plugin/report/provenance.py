"""Where each sentence of the report on screen comes from (reading.md RP-4). Pure, and quick enough for every key.

A sentence that stands word for word as the model wrote it is `ai`; one that shares most of its words with a sentence
of the model that stands nowhere else any more is `edited`; one of a template is `template`; one that holds words put in
from a mark is `measured`; everything else is `human`. Only what was really put into the text counts as the model's: a
reader who writes the same words before looking at the draft has written them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from plugin.report.fields import take_defaults
from plugin.report.split import Span, sentence_texts, span_at, split, words_of
from plugin.report.state import Part
from plugin.state import DraftText, StudyReading

Provenance = Literal["ai", "edited", "human", "measured", "template"]
PROVENANCES: tuple[Provenance, ...] = ("ai", "edited", "human", "measured", "template")
WORDS = {"ai": "AI", "edited": "edited", "human": "yours", "measured": "measured", "template": "template"}
"""How a kind is called on screen, behind its number: "6 AI · 2 edited · 1 yours"."""

_IS_LIKE = 0.5  # of the words of both; below, a sentence is the reader's own
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class ReportSentence:
    """One sentence of the report as it stands on screen."""

    part: Part
    span: Span  # in the part's text
    text: str
    provenance: Provenance
    origin: str = ""  # the model's sentence that it is, or was made from
    mark_ids: tuple[str, ...] = ()  # the marks whose numbers it holds


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a part's sentences may come from."""

    model: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    measured: tuple[tuple[str, str], ...] = ()  # words, mark id


def sentences(reading: StudyReading) -> tuple[ReportSentence, ...]:
    """Every sentence of the report and the impression with its provenance; headings are not counted."""
    return (*part_sentences(reading, "report"), *part_sentences(reading, "impression"))


def part_sentences(reading: StudyReading, part: Part) -> tuple[ReportSentence, ...]:
    """The sentences of one of the two texts."""
    return align(part, text_of(reading, part).shown, sources(reading))


def text_of(reading: StudyReading, part: Part) -> DraftText:
    return reading.report if part == "report" else reading.impression


def sources(reading: StudyReading) -> Sources:
    """What was put into the study's report until now, by whom but the reader."""
    texts = (reading.report, reading.impression)
    drafts = (text.drafted if text.edited is None else text.edited_from for text in texts)
    written = tuple(one for draft in drafts for one in sentence_texts(draft))
    writing = reading.writing
    measured = tuple((one.words, one.mark.id) for one in writing.measures)
    return Sources(tuple(dict.fromkeys((*written, *writing.from_model))), writing.from_template, measured)


def counts(told: Iterable[ReportSentence]) -> dict[Provenance, int]:
    """How many of each kind, without those that there are none of, in the order of `PROVENANCES`."""
    kinds = [one.provenance for one in told]
    return {kind: kinds.count(kind) for kind in PROVENANCES if kind in kinds}


def counts_text(told: Iterable[ReportSentence]) -> str:
    """For instance "6 AI · 2 edited · 1 yours"."""
    return " · ".join(f"{count} {WORDS[kind]}" for kind, count in counts(told).items())


def dropped(reading: StudyReading) -> tuple[str, ...]:
    """Sentences of the model's draft that stand nowhere in the report any more, not even edited."""
    origins = {_normal(one.origin) for one in sentences(reading) if one.origin}
    texts = (reading.report, reading.impression)
    drafted = [one for text in texts for one in sentence_texts(text.edited_from or text.drafted)]
    return tuple(one for one in dict.fromkeys(drafted) if _normal(one) not in origins)


@lru_cache(maxsize=32)
def align(part: Part, text: str, known: Sources) -> tuple[ReportSentence, ...]:
    """The sentences of `text`, each with the kind that its words say."""
    spans = [span for span in split(text) if span.end > span.start and not span.is_heading]
    standing = {_normal(words_of(text, span)) for span in spans}
    exact = {_normal(one): one for one in reversed(known.model)}
    loose = tuple(one for one in known.model if _normal(one) not in standing)
    ready = {_normal(one) for one in known.template}
    made = (_told(part, text, span, known, exact, ready) for span in spans)
    return tuple(one if one.provenance != "human" else _likened(one, loose) for one in made)


def while_typing(
    before: tuple[ReportSentence, ...], now: tuple[ReportSentence, ...], text: str, cursor: int
) -> tuple[ReportSentence, ...]:
    """`now`, but the sentence at the cursor does not flicker between `edited` and `human` with each letter.

    It keeps what it was before, where that is still possible: a sentence that the reader has begun stays theirs until
    the cursor leaves it, and one of the model's is edited from the first letter on.
    """
    at = span_at(text, cursor)
    if at is None:
        return now
    was: Provenance = next((one.provenance for one in before if one.span.start == at.start), "human")
    return tuple(replace(one, provenance=_kept(was, one)) if one.span == at else one for one in now)


def _kept(was: Provenance, now: ReportSentence) -> Provenance:
    if now.provenance in {"ai", "measured", "template"}:
        return now.provenance  # word for word: no doubt
    if was in {"ai", "edited"}:
        return "edited"
    return "human"


def _told(
    part: Part, text: str, span: Span, known: Sources, exact: dict[str, str], ready: set[str]
) -> ReportSentence:
    words = words_of(text, span)
    marks = tuple(mark for said, mark in known.measured if said in words)
    normal = _normal(words)
    if marks:
        return ReportSentence(part, span, words, "measured", exact.get(normal, ""), marks)
    if normal in exact:
        return ReportSentence(part, span, words, "ai", exact[normal])
    return ReportSentence(part, span, words, "template" if normal in ready else "human")


def _likened(one: ReportSentence, loose: tuple[str, ...]) -> ReportSentence:
    """`one` as an edited sentence of the model, if it is like one that stands nowhere as it was written."""
    origin = _origin(one.text, loose)
    return replace(one, provenance="edited", origin=origin) if origin else one


@lru_cache(maxsize=1024)
def _origin(sentence: str, loose: tuple[str, ...]) -> str:
    """The model's sentence that shares most words with this one; empty if it is like none."""
    own = _tokens(sentence)
    best, origin = 0.0, ""
    for written in loose:
        tokens = _tokens(written)
        like = 2 * len(own & tokens) / (len(own) + len(tokens) or 1)
        if like > best:
            best, origin = like, written
    return origin if best >= _IS_LIKE else ""


@lru_cache(maxsize=4096)
def _normal(sentence: str) -> str:
    """The same for sentences that differ in blanks, a template's brackets or the case of the first letter."""
    words = " ".join(take_defaults(sentence).split())
    return words[:1].lower() + words[1:]


@lru_cache(maxsize=4096)
def _tokens(sentence: str) -> frozenset[str]:
    return frozenset(_WORD.findall(sentence.lower()))
