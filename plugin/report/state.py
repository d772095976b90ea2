"""What is kept about the report beside its words: where they came from, and what is offered. Plain data and events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["report", "impression"]
"""The two texts of a report: what is seen, and what it comes to."""


@dataclass(frozen=True, slots=True)
class MeasuredMark:
    """A mark that the reader drew and that holds a number. `lines` stand at it, the spacing label included."""

    id: str
    film_key: str
    kind: str  # a viewer.api.MeasurementKind
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsertedMeasure:
    """Words that were put into the text from a mark, with what stood at it then."""

    words: str
    mark: MeasuredMark


@dataclass(frozen=True, slots=True)
class Offer:
    """A new wording by the model, beside the old one until the reader takes it or keeps theirs."""

    part: Part
    old: str  # the sentence as it stands in the text; the whole text where an impression is offered
    new: str = ""
    is_ready: bool = False
    doubts: tuple[str, ...] = ()  # reasons to doubt the new wording, in words for the reader


@dataclass(frozen=True, slots=True)
class ReportWriting:
    """What is known about the words of one study's report."""

    from_model: tuple[str, ...] = ()  # sentences of the model that were put into the text, now or earlier
    from_template: tuple[str, ...] = ()  # sentences of templates, as inserted
    measures: tuple[InsertedMeasure, ...] = ()
    marks: tuple[MeasuredMark, ...] = ()  # on the films as they are now
    seen_films: tuple[str, ...] = ()  # film keys whose marks are known
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class TemplateApplied:
    """Both texts as the template arranges them. `sentences` are the template's own."""

    report: str
    impression: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeasurementInserted:
    """`text` is the whole part with `words` in it."""

    part: Part
    text: str
    words: str
    mark: MeasuredMark


@dataclass(frozen=True, slots=True)
class MarksMeasured:
    """What the reader's marks on one film say now."""

    film_key: str
    marks: tuple[MeasuredMark, ...]


@dataclass(frozen=True, slots=True)
class RewriteAsked:
    """The reader wants another wording of a sentence (`old`), or of the whole impression."""

    part: Part
    old: str


@dataclass(frozen=True, slots=True)
class OfferTaken:
    """The new wording replaces the old one."""


@dataclass(frozen=True, slots=True)
class OfferDeclined:
    """The old wording stays."""


ReportEvent = (
    TemplateApplied | MeasurementInserted | MarksMeasured | RewriteAsked | OfferTaken | OfferDeclined
)
