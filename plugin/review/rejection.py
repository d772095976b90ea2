"""What a rejected finding means for the report's words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from inference.text.labels import ABSENT, label_report
from plugin.report.provenance import ReportSentence, part_sentences
from plugin.review.reviewed import reviewed_findings
from plugin.state import StudyReading


def sentences_to_go(reading: StudyReading) -> tuple[ReportSentence, ...]:
    """The report's sentences that state nothing but what the reader rejected, word for word as the model wrote them.

    None of a draft that is still being written: a reader's version of its first half would bar the rest.
    """
    if reading.is_reading and reading.report.edited is None:
        return ()
    rejected = rejected_ids(reading)
    return tuple(
        one
        for one in part_sentences(reading, "report")
        if one.provenance == "ai" and _states_only(_finding_ids(reading, one), rejected)
    )


def text_without_rejected(reading: StudyReading) -> str:
    """The findings text without `sentences_to_go`. What else states a rejected finding stays and is a doubt."""
    text = reading.report.shown
    for one in reversed(sentences_to_go(reading)):
        text = text[: one.span.begin] + text[one.span.stop :]
    return text if text == reading.report.shown else text.rstrip()


def text_with_again(reading: StudyReading, taken_out: tuple[str, ...]) -> str:
    """The findings text with sentences that a rejection took out, each behind the one it followed in the draft."""
    text = reading.report.shown
    for sentence in taken_out:
        if sentence not in text:
            text = _inserted(text, sentence, _place(reading, text, sentence))
    return text


def doubts_of_rejected(reading: StudyReading) -> tuple[str, ...]:
    """The report's sentences that still state a rejected finding, in words for the reader."""
    rejected = {one.id: one for one in reviewed_findings(reading) if not one.stands}
    return tuple(
        f"“{one.text}” states what you rejected: {_names(rejected[known].label for known in told)}."
        for one in part_sentences(reading, "report")
        if (told := [known for known in _finding_ids(reading, one) if known in rejected])
    )


def rejected_ids(reading: StudyReading) -> frozenset[str]:
    return frozenset(one.id for one in reviewed_findings(reading) if not one.stands)


def _finding_ids(reading: StudyReading, one: ReportSentence) -> tuple[str, ...]:
    """The findings that the model's sentence states, from which this one is or was made; not those that it denies."""
    if not one.origin:
        return ()
    wanted = one.origin.strip()
    told = next((line.finding_ids for line in reading.sentences if line.text.strip() == wanted), ())
    denied = {label for label, value in label_report(one.text).items() if value == ABSENT} if told else set()
    labels = {finding.id: finding.label for finding in reading.findings}
    return tuple(known for known in told if labels.get(known) not in denied)


def _states_only(finding_ids: tuple[str, ...], rejected: frozenset[str]) -> bool:
    return bool(finding_ids) and rejected.issuperset(finding_ids)


def _names(labels: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(labels))


def _place(reading: StudyReading, text: str, sentence: str) -> int:
    """Behind the nearest earlier sentence of the draft that still stands; at the beginning where none does."""
    drafted = [line.text.strip() for line in reading.sentences]
    earlier = drafted[: drafted.index(sentence)] if sentence in drafted else drafted
    return next((text.index(one) + len(one) for one in reversed(earlier) if one and one in text), 0)


def _inserted(text: str, sentence: str, at: int) -> str:
    before, after = text[:at], text[at:]
    gap = " " if before else ""
    rest = "" if not after or after[0].isspace() else " "
    return f"{before}{gap}{sentence}{rest}{after}"
