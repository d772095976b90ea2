"""How large a finding is, in a report's words: the grade word is set, or put where it belongs. Pure."""

from __future__ import annotations

import re

from inference.text.labels import mentions

LARGER = {
    "pleural effusion": "large",
    "pneumothorax": "large",
    "cardiomegaly": "severe",
    "enlarged cardiomediastinum": "marked",
    "edema": "severe",
    "pneumonia": "extensive",
    "consolidation": "extensive",
    "lung opacity": "extensive",
    "atelectasis": "extensive",
    "lung lesion": "large",
}
SMALLER = {
    "cardiomegaly": "mild",
    "enlarged cardiomediastinum": "mild",
    "edema": "mild",
    "pneumonia": "mild",
    "consolidation": "minimal",
    "lung opacity": "minimal",
    "atelectasis": "minimal",
}
COUNTED = frozenset(
    {"pleural effusion", "pneumothorax", "lung lesion", "lung opacity", "fracture", "support devices"}
)
"""Findings that there is one of."""
_WORDS = {
    "pleural other": "pleural thickening",
    "enlarged cardiomediastinum": "mediastinal widening",
    "support devices": "support device",
}
OF_OTHERS = ("large", "small")
"""Where a finding has no words of its own."""

_GRADE = (
    r"(?:(?:very|extremely)[ -])?(?:small|tiny|trace|minimal|minor|mild|slight|little|subtle|moderate|medium-?sized"
    r"|large|massive|huge|severe|marked|extensive|gross|significant|big|considerable|substantial)"
    r"(?:[ -](?:to|or)[ -](?:moderate|large|severe|marked))?(?:[- ]sized)?"
)
_GRADE_WORD = re.compile(rf"\b{_GRADE}\b", re.IGNORECASE)
_BESIDE = re.compile(
    r"(?:\b(?:right|left|bilateral|both|pleural|basal|basilar|bibasilar|apical|upper|middle|lower|lobe|lobar|lungs?"
    r"|pulmonary|interstitial|alveolar|perihilar|retrocardiac|focal|patchy|airspace|air space|loculated|layering"
    r"|diffuse|hazy|linear|subsegmental|sided|zone|new|and)\b[ -]+)+$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(rf"\b(an?) (?=({_GRADE})\b)", re.IGNORECASE)
_AFTER = re.compile(rf"^\w+ (?:is|are|remains?|appears?) (?:\w+ly )?({_GRADE})\b", re.IGNORECASE)
_PARTED = re.compile(r"[,;.]|\b(?:with|and an?|but)\b", re.IGNORECASE)
_ENLARGED = re.compile(r"\b(?:(\w+ly) )?(enlarged|widened|prominent)\b", re.IGNORECASE)
_ADVERBS = {"severe": "severely", "marked": "markedly", "mild": "mildly"}


def in_words(finding: str) -> str:
    """A finding of the list as a report would name it."""
    return _WORDS.get(finding, finding)


def graded(sentence: str, finding: str, is_larger: bool) -> str:
    """The sentence with the finding's grade set to the largest or the smallest word.

    A grade that stands is replaced, a missing one put before the finding and what describes it ("a right pleural
    effusion" becomes "a large right pleural effusion"). An empty sentence gives one that states the finding.
    """
    grade = (LARGER if is_larger else SMALLER).get(finding, OF_OTHERS[0 if is_larger else 1])
    if not sentence:
        return _with_article(f"There is {'a ' if finding in COUNTED else ''}{grade} {in_words(finding)}")
    if grade in _ADVERBS and _ENLARGED.search(sentence):
        return _with_article(_ENLARGED.sub(lambda told: f"{_ADVERBS[grade]} {told[2]}", sentence, count=1))
    place = next((start for name, start, _ in mentions(sentence) if name == finding), None)
    if place is None:
        return sentence
    begin, end = _where(sentence, place)
    put = grade if end > begin else f"{grade} "
    rest = sentence[end:]
    if begin == 0:
        put, rest = (
            put.capitalize(),
            rest if end > begin or rest[1:2].isupper() else rest[:1].lower() + rest[1:],
        )
    return _with_article(f"{sentence[:begin]}{put}{rest}")


def _where(sentence: str, place: int) -> tuple[int, int]:
    """The grade word of a finding whose name begins at `place`; an empty stretch where one has to be put."""
    before, after = sentence[:place], sentence[place:]
    words = [word for word in _GRADE_WORD.finditer(before) if not _PARTED.search(before[word.end() :])]
    if words:
        return words[-1].span()
    behind = _AFTER.match(after)
    if behind is not None:
        return place + behind.start(1), place + behind.end(1)
    beside = _BESIDE.search(before)
    cut = beside.start() if beside is not None else place
    return cut, cut


def _with_article(text: str) -> str:
    """“an large” becomes “a large”."""

    def fitting(told: re.Match[str]) -> str:
        article = "an" if told[2][0].lower() in "aeiou" else "a"
        return f"{article.capitalize() if told[1][0].isupper() else article} "

    return _ARTICLE.sub(fitting, text)
