"""What there is to doubt about the report as it stands: each thing once, nothing that the reader settled. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from inference.backend import Flag
from plugin import wording
from plugin.report.measures import stale_measures
from plugin.report.provenance import part_sentences, sentences
from plugin.review.rejection import doubts_of_rejected
from plugin.review.reviewed import reviewed_findings
from plugin.state import StudyReading, present_findings

NOT_STATED = "Among the findings, but not in the report: {findings}."
_DROPPED = "dropped_finding"
_OF_IMPRESSION = "The impression"


def doubts(reading: StudyReading) -> list[str]:
    """The flags on what still stands, and numbers whose mark has changed since; none once the report is signed.

    The missing prior has its own line already.
    """
    if reading.signing.is_signed:
        return []
    standing = {one.origin for one in sentences(reading) if one.provenance == "ai"}
    gone = {line.id for line in reading.sentences if line.text.strip() not in standing}
    has_text = bool(reading.report.shown.strip())
    flags = [
        wording.sentence_case(wording.flag_text(reading, flag))
        for flag in _open(reading)
        if flag.why != wording.NO_PRIOR and not (has_text and flag.sentence_id in gone)
    ]
    stale = (why for _, why in stale_measures(reading))
    return list(dict.fromkeys((*doubts_of_rejected(reading), *flags, *_not_stated(reading), *stale)))


def _open(reading: StudyReading) -> Iterator[Flag]:
    """Not what `_not_stated` says, nor what an impression said that was rewritten or whose findings were rejected."""
    of_model = {one.origin for one in part_sentences(reading, "impression") if one.provenance == "ai"}
    is_models = not reading.impression.shown.strip() or bool(of_model)
    for flag in reading.flags:
        is_of_impression = flag.sentence_id is None and flag.why.startswith(_OF_IMPRESSION)
        is_over = is_of_impression and (not is_models or _is_about_rejected(reading, flag))
        if flag.kind != _DROPPED and not is_over:
            yield flag


def _is_about_rejected(reading: StudyReading, flag: Flag) -> bool:
    """True if it names present findings, and the reader rejected all of them."""
    named = [one for one in reviewed_findings(reading) if one.model and one.model.label in flag.why]
    return bool(named) and not any(one.stands for one in named)


def _not_stated(reading: StudyReading) -> tuple[str, ...]:
    """Present findings that no sentence of the draft states, in one line, without those that were rejected."""
    rejected = {one.id for one in reviewed_findings(reading) if not one.stands}
    flags = [flag for flag in reading.flags if flag.kind == _DROPPED]
    labels = [
        one.label
        for one in present_findings(reading)
        if one.id not in rejected and any(flag.why.startswith(f"{one.label} is among") for flag in flags)
    ]
    return (NOT_STATED.format(findings=", ".join(dict.fromkeys(labels))),) if labels else ()
