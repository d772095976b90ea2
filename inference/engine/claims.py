"""What a text of the model claims although no film can tell it: dates, names, talks; and sides that its box denies.

Models learn such phrases from signed reports ("discussed with Dr. ___ by phone at 3 pm") and repeat them. Pure rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from inference.backend import Flag, Xyxy

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|may)"
)
_UNTOLD: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a date",
        re.compile(
            rf"\b\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}\b|\b{_MONTH}\.? \d{{1,2}}\b(?! ?(?:cm|mm))"
            rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b|\b{_MONTH},? (?:19|20)\d\d\b|\b(?:19|20)\d\d\b",
            re.IGNORECASE,
        ),
    ),
    (
        "a time of day",
        re.compile(
            r"\b\d{1,2}:\d\d\b|\b\d{1,2} ?[ap]\.?m\b\.?|\bat \d{3,4} (?:hours|hrs)\b|\bo'?clock\b",
            re.IGNORECASE,
        ),
    ),
    (
        "a person",
        re.compile(r"\b(?:[Dd]r|[Mm]rs?|[Mm]s|[Pp]rof|[Dd]octor)\.? (?:[A-Z][\w'-]*|_+)|\bMiss [A-Z]\w+"),
    ),
    ("a removed name", re.compile(r"_{2,}|\bX{3,}\b")),
    (
        "a talk",
        re.compile(
            r"\b(?:discussed|communicated|conveyed|relayed|reported) (?:with|to|by)\b|\bby (?:tele)?phone\b"
            r"|\bover the phone\b|\b(?:was|were) (?:notified|informed|paged|telephoned)\b|\btelephoned\b",
            re.IGNORECASE,
        ),
    ),
)
_SIDE = re.compile(r"\b(left|right|bilateral\w*|both|lingula)\b", re.IGNORECASE)
_NO_SIDE = re.compile(
    r"\bto the (?:left|right)\b|\bright-? ?to-? ?left\b|\bleft-? ?to-? ?right\b", re.IGNORECASE
)
MIDLINE = 0.05
"""Share of the film's width on either side of its middle that counts as neither left nor right."""


def untold(text: str, given: str = "") -> tuple[tuple[str, str], ...]:
    """What `text` claims without having been told: (what, the words), each kind once.

    Args:
        given: What the model was told; words that stand there are no claim of its own.
    """
    known = given.casefold()
    found = []
    for what, pattern in _UNTOLD:
        words = next(
            (one.group(0) for one in pattern.finditer(text) if one.group(0).casefold() not in known), ""
        )
        if words:
            found.append((what, words))
    return tuple(found)


def untold_flags(text: str, sentence_id: str | None = None, given: str = "") -> list[Flag]:
    """Flags on dates, times, persons and talks that the model can't know of."""
    return [
        Flag("untold", f"“{words}” is {what}, which the model was not told and no film shows.", sentence_id)
        for what, words in untold(text, given)
    ]


def side_of(sentence: str) -> str:
    """ "left" or "right" where a sentence names just that side of the patient, else ""."""
    named = {word.lower() for word in _SIDE.findall(_NO_SIDE.sub(" ", sentence))}
    named = {"left" if word == "lingula" else word for word in named}
    return named.pop() if named in ({"left"}, {"right"}) else ""


def side_flags(sentence: str, sentence_id: str, places: Sequence[Xyxy], width: float) -> list[Flag]:
    """The flag on a sentence whose boxes all lie on the side that it does not name.

    Args:
        places: Boxes on an upright frontal picture, whose left is the patient's right.
        width: Of that picture.
    """
    side = side_of(sentence)
    if not side or not places:
        return []
    margin = MIDLINE * width
    centres = [(x1 + x2) / 2 - width / 2 for x1, _, x2, _ in places]
    is_other = all(centre < -margin if side == "left" else centre > margin for centre in centres)
    other = "right" if side == "left" else "left"
    why = f"It says {side}, but its box lies on the patient's {other}."
    return [Flag("side_mismatch", why, sentence_id)] if is_other else []
