"""Reports that teach nothing or the wrong thing: empty, boilerplate, marks of removed words, priors not given. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from inference.text.comparing import comparison_word
from inference.text.labels import sentences
from inference.training.examine.faults import Fault
from inference.training.examine.subject import Row

OFTEN, SHARE = 5, 0.05
"""The same text on more than so many studies, and on more than this share of the reports, is boilerplate."""
_SAYS_NOTHING = re.compile(
    r"^(?:none|nil|n/?a|null|nan|tbd|test|error|dictated(?: elsewhere)?|not (?:available|dictated|reported)"
    r"|(?:please )?see (?:above|below|report|findings|impression|dictation|separate report|prior report)"
    r"|as above|same as above|no report|no findings? section|pending|deleted|cancell?ed)?$"
)
_OFFICE = re.compile(
    r"\b(?:electronically (?:signed|approved|verified)|e-?signed|dictated (?:by|but not)|transcri(?:bed|ption)"
    r"|i have (?:personally )?(?:reviewed|examined)|attending (?:physician|radiologist)|teaching physician"
    r"|resident(?:'s)? (?:interpretation|report)|preliminary report|final report|wet read|end of (?:report|impression)"
    r"|(?:was|were|been) (?:discussed|communicated|conveyed|relayed|reported|telephoned|paged) (?:with|to|by)"
    r"|discussed with|by (?:tele)?phone|over the phone|(?:was|were) (?:notified|informed|paged))\b",
    re.IGNORECASE,
)
_REMOVED = re.compile(
    r"_{2,}|\bX{3,}\b|\[removed\]|\[\*\*.*?\*\*\]|<\s*(?:name|date|removed|deid)[^>]*>", re.IGNORECASE
)


def empty_reports(rows: Sequence[Row]) -> Iterator[Fault]:
    """Studies whose report says nothing, and studies of which nothing is known at all."""
    for row in rows:
        study = row.study
        sections = [text for text in (study.findings, study.impression) if text]
        if sections and all(_SAYS_NOTHING.match(_flat(text)) for text in sections):
            yield row.fault(
                "empty_report",
                "Its report has no words that say anything.",
                "Look whether the source has the text elsewhere; else leave the report out of the row.",
            )
        elif not sections and not _is_worth_something(row):
            yield row.fault(
                "empty_report",
                "It has neither a report nor labels, boxes or answers: there is nothing to learn from it.",
                "Add what is known of it, or take it out of the set.",
            )


def _is_worth_something(row: Row) -> bool:
    study = row.study
    return bool(study.labels or study.answers or any(film.labels or film.boxes for film in study.films))


def boilerplate(rows: Sequence[Row]) -> Iterator[Fault]:
    """The same text on too many studies, named once at its first row; and sentences of the office."""
    told = [row for row in rows if row.report]
    by_text: defaultdict[str, list[Row]] = defaultdict(list)
    for row in told:
        by_text[_flat(row.report)].append(row)
    for same in by_text.values():
        if len(same) > OFTEN and len(same) > SHARE * len(told):
            others = ", ".join(row.study.row for row in same[1:4])
            yield same[0].fault(
                "boilerplate",
                f"{len(same)} of {len(told)} studies have exactly this report (also {others} …).",
                "Keep a few of them, or lower their weight: a model that says this sentence always is right often.",
            )
    for row in told:
        count = sum(bool(_OFFICE.search(sentence)) for sentence in sentences(row.report))
        if count:
            yield row.fault(
                "boilerplate",
                f"{_counted(count, 'sentence')} of the office (signature, dictation, calls), which no film shows.",
                "Leave such sentences out of findings and impression.",
            )


def removed_marks(rows: Sequence[Row]) -> Iterator[Fault]:
    """Marks that de-identification left (`___`, `XXXX`, `[removed]`): a model learns to write them."""
    for row in rows:
        found = {name: len(_REMOVED.findall(text)) for name, text in row.texts}
        found = {name: count for name, count in found.items() if count}
        if found:
            where = ", ".join(f"{count} in {name}" for name, count in found.items())
            yield row.fault(
                "removed_marks",
                f"Marks of removed words: {where}.",
                "Leave the sentences that hold them out; a prompt or caption with them is what models remember best.",
            )


def priors_not_given(rows: Sequence[Row]) -> Iterator[Fault]:
    """Reports that compare, and questions about change, where the study has no prior (reading.md PR-7)."""
    for row in rows:
        if row.has_prior:
            continue
        said = [(one, word) for one in sentences(row.report) if (word := comparison_word(one))]
        if said:
            words = ", ".join(sorted({f"“{word.lower()}”" for _, word in said})[:3])
            yield row.fault(
                "prior_not_given",
                f"{_counted(len(said), 'sentence')} of its report compare with an earlier film ({words}), but no prior "
                "is given.",
                "Give the prior study, or leave these sentences out: the model would learn to make comparisons up.",
            )
        elif any(answer.kind == "difference" for answer in row.study.answers):
            yield row.fault(
                "prior_not_given",
                "A question asks what has changed, but no prior is given.",
                "Give the prior film as a film with role prior, or take the question out.",
            )


def _flat(text: str) -> str:
    return re.sub(r"[\s.;:,!?-]+", " ", text).strip().lower()


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
