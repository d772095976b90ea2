"""Comparisons without a prior, and what is said of a prior that is not so (reading.md PR-7). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from inference.text.comparing import comparison_pattern
from plugin.checks.concepts import DENIED
from plugin.checks.doubts import CheckInput, Doubt, PriorAtHand
from plugin.checks.making import doubt_about, quoted
from plugin.checks.mentions import Mention, mentions
from plugin.checks.sentences import Part, sentences_of

_NONE_THERE = re.compile(
    r"\b(?:no|without)(?: \w+){0,2}? (?:prior|previous|earlier|old|comparison)s?(?: (?:film|stud|exam"
    r"|radiograph|image|x-?ray|chest)\w*)*"
    r"(?:[^.;]{0,25}\b(?:available|comparison)\b(?: for comparison\b)?|\s*[.;]?$)"
    r"|\bcomparisons?(?: (?:film|stud)\w*)?\s*(?::|is|are)?\s*(?:none\b(?: available)?|not available"
    r"|unavailable|no prior)"
    r"|\bno comparison\b[^.;]*|\bno priors?\b|\bnone available for comparison\b",
    re.IGNORECASE,
)
_NO_COMPARISON = re.compile(
    r"\b(?:short[- ])?interval (?:follow|radiograph|repeat|re-?evaluation|chest)|\b(?:clinically"
    r"|hemodynamically|haemodynamically) stable\b"
    r"|\bif [^.;]*|\b(?:follow-?up|repeat)\b[^.;]*\b(?:to|until|for|after)\b[^.;]*|\bdocument \w+\b"
    r"|\bintercostal interval\b|\bstill (?:image|film)s?\b"
    r"|\bhistory of [^.;,]*|\bdisc interval\b|\bnew (?:york|born)\b|\bstable patient\b|\bto (?:document"
    r"|ensure|confirm|exclude)\b[^.;]*"
    r"|\b(?:recommend\w*|advis\w+|suggest\w*)\b[^.;]*|\bprogressive (?:dyspnea|shortness|weakness|cough)\b"
    r"|\bpersist\w* (?:cough|fever|pain|symptoms|dyspnea)",
    re.IGNORECASE,
)
_OTHER_MODALITY = re.compile(r"\b(?:CT|MRI?|PET|ultrasound|sonogra\w+|scintigra\w+|tomogra\w+)\b")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?P<year>\d{{4}})\b",
        rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})\b",
        r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b",
    )
)
_SLASHED = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")
_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_AGE = re.compile(
    rf"\b(?P<count>\d{{1,3}}|an?|{'|'.join(_NUMBERS[1:])}|several|a few) (?P<unit>day|week|month"
    rf"|year)s? (?:ago|earlier|before|prior|old)\b"
    r"|\b(?P<word>yesterday|the day before|last week|last month|last year)\b",
    re.IGNORECASE,
)
_UNIT_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4, "year": 365.25}
_WORD_DAYS = {
    "yesterday": 1.0,
    "the day before": 1.0,
    "last week": 7.0,
    "last month": 30.4,
    "last year": 365.25,
}
_SAME = re.compile(
    r"\b(?:unchanged|stable|persist\w*|again|remains?|still|no (?:significant |interval )?change"
    r"|redemonstrated|increas\w+|decreas\w+"
    r"|larger|smaller|improv\w+|worse\w*)\b",
    re.IGNORECASE,
)
_NEW = re.compile(r"\bnew(?:ly)?\b", re.IGNORECASE)
_GONE = re.compile(r"\b(?:resolved|resolution|cleared|no longer)\b", re.IGNORECASE)


def prior_doubts(told: CheckInput, sentences: Sequence[Part], found: Sequence[Mention]) -> Iterator[Doubt]:
    """Doubts about comparisons. Without a prior only the words are looked for; with one, what is said of it."""
    if not told.is_prior_known:
        return
    if told.prior is None:
        yield from _without_prior(sentences)
        return
    for sentence in sentences:
        yield from _denied(sentence)
        yield from _date(told.prior, sentence)
    yield from _against_its_report(told.prior, found)


def _without_prior(sentences: Sequence[Part]) -> Iterator[Doubt]:
    for sentence in sentences:
        text = sentence.text
        for harmless in (_NONE_THERE, _NO_COMPARISON):
            text = harmless.sub(lambda match: "_" * len(match.group(0)), text)
        match = comparison_pattern().search(text)
        if match:
            words = sentence.part(match.start(), match.end())
            why = f"{quoted(words.text)} compares with an earlier film, but no prior is loaded."
            mend = "Take the comparison out, load the prior, or acknowledge it with a reason."
            yield doubt_about("comparison", sentence, why, mend, words=words)


def _denied(sentence: Part) -> Iterator[Doubt]:
    match = _NONE_THERE.search(sentence.text)
    if match:
        words = sentence.part(match.start(), match.end())
        why = f"{quoted(words.text)}, but a prior hangs beside this study."
        yield doubt_about("prior", sentence, why, "Compare with it, or take the sentence out.", words=words)


def _date(prior: PriorAtHand, sentence: Part) -> Iterator[Doubt]:
    if _OTHER_MODALITY.search(sentence.text):
        return  # it is another examination's date
    match, told = _told_date(sentence.text)
    if match and told and prior.study_date and told != prior.study_date:
        words = sentence.part(match.start(), match.end())
        why = f"{quoted(words.text)}, but the prior at hand is of {prior.study_date.isoformat()}."
        yield doubt_about("prior", sentence, why, "Correct the date, or load that prior.", words=words)
    age = (
        _AGE.search(sentence.text)
        if comparison_pattern().search(sentence.text) or "since" in sentence.text.lower()
        else None
    )
    days = _told_days(age) if age else None
    if age and days is not None and prior.days_before is not None and not _is_about(days, prior.days_before):
        words = sentence.part(age.start(), age.end())
        why = (
            f"{quoted(words.text)}, but the prior at hand is {prior.days_before} days older than this study."
        )
        yield doubt_about("prior", sentence, why, "Correct the time, or load that prior.", words=words)


def _told_date(text: str) -> tuple[re.Match[str] | None, date | None]:
    for pattern in _DATES:
        match = pattern.search(text)
        if match:
            month = match["month"].lower()[:3]
            number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
            return match, _valid(int(match["year"]), number, int(match["day"]))
    return None, None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _told_days(match: re.Match[str]) -> float | None:
    if match["word"]:
        return _WORD_DAYS[match["word"].lower()]
    count = match["count"].lower()
    if count in {"several", "a few"}:
        return None
    number = 1 if count in {"a", "an"} else _NUMBERS.index(count) if count in _NUMBERS else int(count)
    return number * _UNIT_DAYS[match["unit"].lower()]


def _is_about(told: float, days: float) -> bool:
    """Within a fifth or a day: "six weeks" stands for 40 days as well."""
    unit = 1.0 if told < 7 else 3.0 if told < 30 else 12.0 if told < 365 else 100.0
    return abs(told - days) <= max(unit, 0.2 * told)


def _against_its_report(prior: PriorAtHand, found: Sequence[Mention]) -> Iterator[Doubt]:
    """ "Unchanged effusion" where the prior's report denies one; "new" where it states one."""
    before = mentions(sentences_of(Part(prior.report, "report", 0)))
    if not before:
        return
    seen = set()
    for one in found:
        if one.is_blanket or one.sentence in seen:
            continue
        why = _disagrees(one, before)
        if why:
            seen.add(one.sentence)
            yield doubt_about("prior", one.sentence, why, "Look at the prior and its report.")


def _disagrees(one: Mention, before: Sequence[Mention]) -> str:
    text = one.sentence.text
    was_stated = any(
        was.concept == one.concept and was.stance == "stated" and _same_place(one, was) for was in before
    )
    was_denied = any(_denies(was, one) for was in before)
    if _NEW.search(one.chunk) and one.stance == "stated" and was_stated:
        return f"It calls {one.concept} new, but the prior's report states it already."
    if _GONE.search(text) and one.stance == "denied" and was_denied and not was_stated:
        return f"It says that {one.concept} has gone, but the prior's report denies it."
    is_same = _SAME.search(text) and not _NEW.search(text) and one.stance == "stated"
    if is_same and was_denied and not was_stated:
        return f"It compares {one.concept} with the prior, whose report denies it."
    return ""


def _denies(was: Mention, one: Mention) -> bool:
    if was.stance != "denied" or was.is_limited:
        return False
    is_same = one.concept in DENIED.get(was.concept, ()) if was.is_blanket else was.concept == one.concept
    return is_same and (not was.sides or bool(was.sides & one.sides))


def _same_place(one: Mention, was: Mention) -> bool:
    return not one.sides or not was.sides or bool(one.sides & was.sides)
