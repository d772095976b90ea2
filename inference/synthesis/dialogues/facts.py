"""What a sentence of a report states, and what the words of a wish ask for: finding, side, size, place. Pure.

Rules, for two ends: dialogues take their facts from reports, and what a model describes is held to what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from inference.backend import FINDINGS
from inference.synthesis.dialogues.things import BY_NAME, GRADES, SPOKEN, THINGS, Thing
from inference.text.labels import PRESENT, label_report, label_sentence, sentences

Side = Literal["", "left", "right", "both"]
NOTHING = "No acute cardiopulmonary abnormality."
"""The description of a film on which nothing was asked for. It denies; no finding is called normal."""

_THING = [(thing, re.compile(rf"\b(?:{'|'.join(thing.asked_as)})\b")) for thing in THINGS]
_BOTH = re.compile(r"\b(?:bilateral\w*|both|left and right|right and left|biapical|bibasilar|bibasal)\b")
_LEFT, _RIGHT = re.compile(r"\b(?:left|lingula\w*)\b"), re.compile(r"\bright\b(?! now| away)")
_LOBE = re.compile(
    r"\b(upper|middle|lower) (?:lobe|lung|zone)|\b(lingula)|\b(bas(?:e|es|al|ilar)|bibas\w+)\b"
    r"|\b(api\w+|bi?apical)\b"
)
_GRADE = {grade: re.compile(rf"\b(?:{'|'.join(words)})\b") for grade, words in GRADES.items()}
_DENIED = re.compile(
    r"\b(?:without|no|not|minus|lacking|free of|remove[ds]?|removing|take away|taken away|leave out|lose|drop)\b"
)
_COMPARED = re.compile(
    r"\b(?:larger|bigger|smaller|more|less|worse|increased?|decreased?|grow\w*|shrink\w*|shrunk|greater)\b"
)
_PIECES = re.compile(
    r"(,| and | plus | with | without | but | as well as | together with | along with |[.;?!])"
)
_TWO_SIDES = re.compile(r"\b(left and right|right and left)\b")


@dataclass(frozen=True, slots=True)
class Fact:
    """One finding of a film. `grade` is small, moderate, large or empty; `place` a lobe or a zone."""

    name: str  # of things.THINGS
    side: Side = ""
    grade: str = ""
    place: str = ""

    @property
    def thing(self) -> Thing:
        return BY_NAME[self.name]

    @property
    def label(self) -> str:
        return self.thing.label


@dataclass(frozen=True, slots=True)
class Asked:
    """What the words of a wish name: findings that shall be there, and those that shall not."""

    wanted: tuple[Fact, ...] = ()
    unwanted: tuple[str, ...] = ()  # names


def said(fact: Fact) -> str:
    """The fact as a sentence of a report."""
    thing = fact.thing
    if thing.grades == "degree":
        what = f"{SPOKEN['degree'][fact.grade]} enlarged" if fact.grade else "enlarged"
        return thing.sentence.format(what=what)
    is_many = fact.side == "both" and bool(thing.many)
    front = [SPOKEN[thing.grades].get(fact.grade, ""), *_in_front(fact)]
    name = " ".join(word for word in (*front, thing.many if is_many else thing.name) if word)
    what = name if is_many or not thing.article else f"{_article(name)} {name}"
    return thing.sentence.format(**{"is": "are" if is_many else "is"}, what=what, where=_behind(fact))


def told(facts: Iterable[Fact]) -> str:
    """Facts as a description; `NOTHING` for none."""
    return " ".join(map(said, facts)) or NOTHING


@lru_cache(maxsize=10_000)
def facts_of(report: str) -> tuple[Fact, ...]:
    """What a report's sentences state beyond doubt, one finding each, in their order.

    A sentence that states two findings, or one on a side that can't be told, gives none: what is made of it must be
    right, not complete.
    """
    found: dict[str, Fact] = {}
    for sentence in sentences(report):
        stated = [name for name, value in label_sentence(sentence).items() if value == PRESENT]
        special = [name for name in stated if name != "lung opacity"] or stated
        fact = _one(sentence.lower())
        if fact is None or special != [fact.label]:
            continue
        found.setdefault(fact.name, fact)
    facts = tuple(found.values())
    return facts if labels_of(told(facts)) <= labels_of(report) else ()


def asked_in(words: str) -> Asked:
    """What the words of a wish ask for, piece by piece: “a right effusion and cardiomegaly, without the tube”.

    A side or size that stands alone in the piece behind (“an effusion, on the right”) belongs to the finding before.
    """
    wanted: list[Fact] = []
    unwanted: list[str] = []
    is_denied = False
    for cut in _PIECES.split(_TWO_SIDES.sub("bilateral", words.lower())):
        if _PIECES.fullmatch(cut):
            is_denied = cut.strip() == "without" or (is_denied and cut.strip() in ("and", ","))
            continue
        match = _DENIED.search(cut)
        is_denied = is_denied or match is not None
        for fact in _all(cut):
            if is_denied:
                unwanted.append(fact.name)
            elif fact.name not in (one.name for one in wanted):
                wanted.append(fact)
        if wanted and not is_denied and not _all(cut):
            wanted[-1] = _completed(wanted[-1], cut)
    return Asked(tuple(wanted), tuple(dict.fromkeys(unwanted)))


def labels_of(text: str) -> frozenset[str]:
    """The findings that a text states (`inference.text.labels`)."""
    return frozenset(
        name for name, value in label_report(text).items() if value == PRESENT and name in FINDINGS
    )


def described(text: str) -> tuple[Fact, ...]:
    """The facts of a description that `told` wrote, or that a model wrote in its manner."""
    facts = (_one(sentence.lower()) for sentence in sentences(text) if not _DENIED.search(sentence.lower()))
    return tuple(fact for fact in facts if fact is not None)


def _one(sentence: str) -> Fact | None:
    """The only finding of a sentence."""
    if _LEFT.search(sentence) and _RIGHT.search(sentence) and not _BOTH.search(sentence):
        return None
    found = _all(_TWO_SIDES.sub("bilateral", sentence))
    return found[0] if len(found) == 1 else None


def _all(piece: str) -> list[Fact]:
    """Findings that a piece names, each with the side, size and place of the piece."""
    found: list[tuple[int, Fact]] = []
    taken: list[tuple[int, int]] = []
    for thing, pattern in _THING:
        for match in pattern.finditer(piece):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            if all(fact.name != thing.name for _, fact in found):
                found.append((match.start(), _completed(Fact(thing.name), piece)))
    return [fact for _, fact in sorted(found, key=lambda one: one[0])]


def _completed(fact: Fact, piece: str) -> Fact:
    """The fact with what the piece says of side, size and place, where it has none of its own."""
    thing = fact.thing
    side: Side = ""
    if thing.is_sided:
        is_left, is_right = _LEFT.search(piece), _RIGHT.search(piece)
        one: Side = "left" if is_left else "right" if is_right else ""
        side = "both" if _BOTH.search(piece) or (is_left and is_right) else one
    grade = ""
    if thing.grades and not _COMPARED.search(piece):
        grade = next((name for name, pattern in _GRADE.items() if _graded(pattern, piece, thing)), "")
    return replace(
        fact,
        side=fact.side or side,
        grade=fact.grade or grade,
        place=fact.place or _place(piece, thing),
    )


def _graded(pattern: re.Pattern[str], piece: str, thing: Thing) -> bool:
    """“A big heart” is an enlarged one, not a severely enlarged one."""
    if thing.grades == "degree":
        piece = re.sub(r"\b(?:large|big|bigger|larger) (heart|cardiac)", r"\1", piece)
    return pattern.search(piece) is not None


def _place(piece: str, thing: Thing) -> str:
    match = _LOBE.search(piece)
    if match is None or not thing.places:
        return ""
    lobe, lingula, base, apex = match.groups()
    if thing.places == "zone":
        return "apical" if apex or lobe == "upper" else "basal" if base or lobe == "lower" else ""
    return f"{lobe} lobe" if lobe else "upper lobe" if lingula or apex else "lower lobe" if base else ""


def _in_front(fact: Fact) -> tuple[str, ...]:
    side = {"both": "bilateral"}.get(fact.side, fact.side)
    if fact.thing.places == "lobe" and fact.place:
        return ()
    return (side, fact.place if fact.thing.places == "zone" else "")


def _behind(fact: Fact) -> str:
    if fact.thing.places != "lobe" or not fact.place:
        return ""
    if fact.side == "both":
        return f" in both {fact.place}s"
    return f" in the {fact.side} {fact.place}".replace("  ", " ")


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"
