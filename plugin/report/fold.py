"""How events change what is known about the words of a report. Pure."""

from __future__ import annotations

from dataclasses import replace

from inference.backend import Finished, Flag, TextDelta
from plugin.report.numbering import itemised
from plugin.report.provenance import text_of
from plugin.report.split import sentence_texts, split, words_of
from plugin.report.state import (
    InsertedMeasure,
    MarksMeasured,
    MeasurementInserted,
    Offer,
    OfferDeclined,
    OfferTaken,
    Part,
    ReportEvent,
    ReportWriting,
    RewriteAsked,
    TemplateApplied,
)
from plugin.state import DraftText, StudyReading


def fold_report(state: StudyReading, event: ReportEvent) -> StudyReading:
    """Return what is known after the reader, or a film's marks, changed something about the report."""
    match event:
        case TemplateApplied(report, impression, sentences):
            writing = replace(state.writing, from_template=_union(state.writing.from_template, sentences))
            told = edit_part(replace(state, writing=writing), "report", report)
            return edit_part(told, "impression", impression)
        case MeasurementInserted(part, text, words, mark):
            measures = (*state.writing.measures, InsertedMeasure(words, mark))
            return edit_part(replace(state, writing=replace(state.writing, measures=measures)), part, text)
        case MarksMeasured(film_key, marks):
            others = tuple(one for one in state.writing.marks if one.film_key != film_key)
            seen = _union(state.writing.seen_films, (film_key,))
            return replace(state, writing=replace(state.writing, marks=(*others, *marks), seen_films=seen))
        case RewriteAsked(part, old):
            return _offering(state, Offer(part, old))
        case OfferTaken():
            return _take(state)
        case OfferDeclined():
            return _offering(state, None)


def fold_rewriting(
    state: StudyReading, event: object
) -> StudyReading:  # a Told; of other events nothing is wanted
    """What a run tells that writes a sentence or an impression anew."""
    offer = state.writing.offer
    if offer is None:
        return state
    match event:
        case TextDelta(text):
            return _offering(state, replace(offer, new=offer.new + text))
        case Flag(_, why):
            return _offering(state, replace(offer, doubts=_union(offer.doubts, (why,))))
        case Finished(result):
            new = str(result.get("sentence") or result.get("impression") or offer.new).strip()
            if offer.part == "impression":
                new = itemised(new)
            return _offering(state, replace(offer, new=new, is_ready=True) if new or offer.doubts else None)
    return state


def edit_part(state: StudyReading, part: Part, text: str) -> StudyReading:
    """The reader's text of one part. What the model drafted until then counts as put into it, if the reader saw it."""
    known = text_of(state, part)
    before = replace(known, drafted="") if state.first_look.withholds else known
    if text == before.shown:
        return state
    if before.edited is None and before.drafted:
        state = replace(state, writing=put_in(state.writing, before.drafted))
    after = replace(_edited(before, text), drafted=known.drafted)
    return replace(state, report=after) if part == "report" else replace(state, impression=after)


def put_in(writing: ReportWriting, draft: str) -> ReportWriting:
    """The sentences of a text of the model are in the report from now on."""
    return replace(writing, from_model=_union(writing.from_model, sentence_texts(draft)))


def offered(state: StudyReading) -> Offer | None:
    """The new wording to show: as it is written, and when it is ready; none where its run was stopped or failed."""
    offer = state.writing.offer
    is_coming = state.is_running and state.kind in {"sentence", "impression"}
    return offer if offer is not None and (offer.is_ready or is_coming) else None


def can_take(state: StudyReading) -> bool:
    """True if the offered wording is there and the old one still stands."""
    offer = state.writing.offer
    return offer is not None and offer.is_ready and bool(offer.new) and _with_offer(state, offer) is not None


def _take(state: StudyReading) -> StudyReading:
    offer = state.writing.offer
    text = _with_offer(state, offer) if offer is not None and can_take(state) else None
    if offer is None or text is None:
        return state
    told = replace(state, writing=put_in(replace(state.writing, offer=None), offer.new))
    return edit_part(told, offer.part, text)


def _with_offer(state: StudyReading, offer: Offer) -> str | None:
    """The part's text with the new wording in the old one's place; None if the old one stands there no more."""
    text = text_of(state, offer.part).shown
    if offer.part == "impression" and offer.old == text:
        return offer.new
    place = next((span for span in split(text) if words_of(text, span) == offer.old), None)
    return None if place is None else text[: place.start] + offer.new + text[place.end :]


def _edited(before: DraftText, text: str) -> DraftText:
    if text == before.drafted:
        return DraftText(before.drafted)
    edited_from = before.drafted if before.edited is None else before.edited_from
    return DraftText(before.drafted, text, edited_from)


def _offering(state: StudyReading, offer: Offer | None) -> StudyReading:
    return replace(state, writing=replace(state.writing, offer=offer))


def _union(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))
