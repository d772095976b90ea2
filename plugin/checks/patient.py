"""Words that do not fit the patient's sex or age: of a wrong patient, or of a copied text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.checks.doubts import CheckInput, Doubt
from plugin.checks.making import doubt_about, quoted
from plugin.checks.sentences import Part

ADULT_YEARS, GROWN_YEARS, OLD_YEARS = 18, 16, 40
_FEMALE = re.compile(
    r"\b(?:pregnan\w+|gravid\w*|uter(?:us|ine)|ovar(?:y|ies|ian)|hysterectomy|mastectom(?:y|ies)"
    r"|breast (?:implants?|prosthes[ie]s)"
    r"|wom[ae]n|females?|lady|she|her|hers|menopaus\w+|lactati\w+)\b",
    re.IGNORECASE,
)
_MALE = re.compile(
    r"\b(?:prostat\w+|testic\w+|testes|m[ae]n|males?|gentlem[ae]n|he|his|him|vasectomy|penile|gynecomastia"
    r"|gynaecomastia)\b",
    re.IGNORECASE,
)
_NO_PRONOUN = re.compile(r"\bbundle of his\b|\bhis[- ](?:bundle|purkinje)\b", re.IGNORECASE)
_TOLD_AGE = re.compile(
    r"\b(\d{1,3})[- ]?(?P<unit>years?|yrs?|y/?o|months?|weeks?|days?)(?:[- ]old)\b"
    r"|\b(\d{1,3}) ?(?P<short>y/?o)\b",
    re.IGNORECASE,
)
_OF_A_CHILD = re.compile(
    r"\b(?:newborn|neonat\w+|infant|infants|toddler|child(?!-)|boy|girl|p(?:a)?ediatric"
    r"|surfactant deficiency|umbilical (?:venous|arterial|artery|vein)"
    r"|hyaline membrane|thymic (?:shadow|sail)|sail sign|growth plates?|unfused)\b",
    re.IGNORECASE,
)
_OF_AN_ADULT = re.compile(
    r"\b(?:degenerative|osteopeni\w+|osteoporo\w+|atheroscler\w+|spondylosis|osteophyt\w+|elderly)\b",
    re.IGNORECASE,
)
_ELDERLY = re.compile(r"\belderly\b", re.IGNORECASE)
_YEARS_IN = {"y": 1.0, "m": 1 / 12, "w": 7 / 365, "d": 1 / 365}
MEND = "Make sure that this is the right patient, then correct the words."


def patient_doubts(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """Doubts about sex and age; what the header does not say is not checked."""
    for sentence in sentences:
        yield from _sex(told.sex.upper(), sentence)
        if told.age_years is not None:
            yield from _age(told.age_years, sentence)


def _sex(sex: str, sentence: Part) -> Iterator[Doubt]:
    foreign = {"M": _FEMALE, "F": _MALE}.get(sex)
    text = _NO_PRONOUN.sub(lambda match: " " * len(match.group(0)), sentence.text)
    match = foreign.search(text) if foreign else None
    if match:
        words = sentence.part(match.start(), match.end())
        why = (
            f"{quoted(words.text)} does not fit: the film's header says {'male' if sex == 'M' else 'female'}."
        )
        yield doubt_about("sex", sentence, why, MEND, words=words)


def _age(age: float, sentence: Part) -> Iterator[Doubt]:
    match = _TOLD_AGE.search(sentence.text)
    if match:
        told = (
            float(match.group(1) or match.group(3)) * _YEARS_IN[(match["unit"] or match["short"])[0].lower()]
        )
        if abs(told - age) > 1.5:
            yield _about_age(sentence, match, age)
        return
    for pattern, is_foreign in (
        (_OF_A_CHILD, age >= ADULT_YEARS),
        (_OF_AN_ADULT, age < GROWN_YEARS),
        (_ELDERLY, age < OLD_YEARS),
    ):
        match = pattern.search(sentence.text)
        if match and is_foreign:
            yield _about_age(sentence, match, age)
            return


def _about_age(sentence: Part, match: re.Match[str], age: float) -> Doubt:
    words = sentence.part(match.start(), match.end())
    years = f"{age:.0f} years" if age >= 2 else f"{age * 12:.0f} months"
    why = f"{quoted(words.text)} does not fit: the patient is {years} old."
    return doubt_about("age", sentence, why, MEND, words=words)
