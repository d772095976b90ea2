"""What a film shows, said in varied words: captions for films that have labels but no report. Pure.

A generator that has read one phrase for an effusion draws nothing for another. So each draw words it anew, from the
finding's names and grades, its side and zone; what is not known is not said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random

NAMES: dict[str, tuple[str, ...]] = {
    "pleural effusion": ("pleural effusion", "effusion", "pleural fluid"),
    "pneumothorax": ("pneumothorax",),
    "consolidation": ("consolidation", "airspace consolidation"),
    "lung opacity": ("opacity", "lung opacity", "airspace opacity"),
    "pneumonia": ("pneumonia", "opacity consistent with pneumonia", "infiltrate"),
    "atelectasis": ("atelectasis", "volume loss"),
    "lung lesion": ("nodule", "mass", "lung lesion", "pulmonary nodule"),
    "edema": ("pulmonary edema", "edema", "interstitial edema"),
    "pleural other": ("pleural thickening",),
    "fracture": ("rib fracture", "fracture"),
    "support devices": ("support devices",),
    "enlarged cardiomediastinum": ("widened mediastinum", "enlarged cardiomediastinum"),
}
GRADES: dict[str, tuple[str, ...]] = {
    "mild": ("mild", "small", "slight", "minimal"),
    "moderate": ("moderate", "moderate-sized", "moderate"),
    "severe": ("severe", "large", "massive", "marked"),
}
DEGREES: dict[str, tuple[str, ...]] = {
    "mild": ("mildly", "slightly"),
    "moderate": ("moderately",),
    "severe": ("severely", "markedly", "massively"),
}
CLEAR = (
    "No finding.",
    "No acute cardiopulmonary abnormality.",
    "The lungs are clear. The heart is normal in size.",
    "No focal consolidation, pleural effusion or pneumothorax.",
    "Normal chest.",
    "Clear lungs.",
    "No acute disease.",
    "The heart size is normal. No effusion.",
    "no abnormality.",
    "Lungs are clear.",
)
"""What people ask a generator for. Words of prompts only: no reading of ours ever says them."""
DENIALS: dict[str, tuple[str, ...]] = {
    "pleural effusion": ("No pleural effusion.", "No effusion."),
    "pneumothorax": ("No pneumothorax.",),
    "consolidation": ("No consolidation.",),
    "cardiomegaly": ("The heart is normal in size.", "No cardiomegaly."),
}
_ENDS = (".", " is seen.", " is present.", " is noted.", ".", ".")
_HEARTS = (
    "The heart is {}enlarged.",
    "The cardiac silhouette is {}enlarged.",
    "{}enlarged heart.",
    "heart size is {}enlarged.",
)
_SIDES = {"both": "bilateral", "left": "left", "right": "right"}
_NO_PLACE = ("support devices", "edema", "enlarged cardiomediastinum")
_IN_A_ZONE = ("consolidation", "lung opacity", "pneumonia", "atelectasis", "lung lesion")
_SELDOM_NAMED = ("support devices", "fracture", "pleural other")


@dataclass(frozen=True, slots=True)
class Fact:
    """One finding of a film. `side` left, right, both, middle; `zone` upper, middle, lower, whole; empty: not known."""

    label: str
    side: str = ""
    zone: str = ""
    grade: str = ""  # mild, moderate, severe


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, or less than one, and what it states."""

    words: str
    fact: Fact | None = None  # with the side, zone and grade that the words name; None: something is denied


def worded(
    facts: Sequence[Fact],
    absent: Collection[str],
    rng: Random,
    *,
    is_clear: bool = False,
    tags: Sequence[str] = (),
) -> str:
    """Sentences for what a film shows, without its view.

    Args:
        facts: What is there; said in an order drawn by lot, a small device or an old fracture not always.
        absent: Labels that are known not to be there; one or two are denied in a quarter of the draws.
        rng: Decides everything that is not given: the same state gives the same words.
        is_clear: It is known that none of the listed findings is there.
        tags: Sentences of their own at the end ("Child.", "Phantom.").
    """
    return " ".join((*(one.words for one in sayings(facts, absent, rng, is_clear=is_clear)), *tags))


def sayings(
    facts: Sequence[Fact], absent: Collection[str], rng: Random, *, is_clear: bool = False
) -> tuple[Said, ...]:
    """The sentences of `worded`, each with what it states."""
    said = [
        _said(fact, _sentence(fact, rng))
        for fact in rng.sample(tuple(dict.fromkeys(facts)), len(set(facts)))
        if not (fact.label in _SELDOM_NAMED and rng.random() < 0.4)
    ]
    if is_clear and not facts:
        said.append(Said(rng.choice(CLEAR)))
    elif rng.random() < 0.25:
        deniable = sorted(name for name in absent if name in DENIALS)
        rng.shuffle(deniable)
        said += [Said(rng.choice(DENIALS[name])) for name in deniable[: rng.randint(1, 2)]]
    return tuple(said)


def _said(fact: Fact, words: str) -> Said:
    """Not every draw names everything that is known: only what it names is stated."""
    named = set(re.findall(r"[a-z]+", words.lower()))
    return Said(
        words,
        Fact(
            fact.label,
            fact.side if _SIDES.get(fact.side, "") in named else "",
            fact.zone if named & {fact.zone, *(("mid",) if fact.zone == "middle" else ())} else "",
            fact.grade if named & _words_of_grade(fact.grade) else "",
        ),
    )


def _words_of_grade(grade: str) -> set[str]:
    return {word.partition("-")[0] for word in (*GRADES.get(grade, ()), *DEGREES.get(grade, ()))}


def _sentence(fact: Fact, rng: Random) -> str:
    grade = rng.choice(GRADES[fact.grade]) if fact.grade in GRADES and rng.random() < 0.65 else ""
    if fact.label == "cardiomegaly":
        return _heart(fact, grade, rng)
    name = rng.choice(NAMES.get(fact.label, (fact.label,)))
    if fact.label in _NO_PLACE:
        return _told((grade if fact.label != "support devices" else "", name), rng)
    side = _SIDES.get(fact.side, "")
    side = side if rng.random() < 0.93 else ""
    is_one_sided = side in ("left", "right")
    has_zone = fact.zone in ("upper", "middle", "lower") and fact.label in _IN_A_ZONE and is_one_sided
    if has_zone and rng.random() < 0.75:
        return _in_zone(grade, name, side, fact.zone, rng)
    if fact.label == "pleural effusion" and side == "bilateral" and rng.random() < 0.5:
        name += "s"
    if fact.label == "pneumothorax" and rng.random() < 0.2:
        name = f"apical {name}"
    if is_one_sided and rng.random() < 0.2:
        return _told((grade, f"{side}-sided", name), rng)
    if is_one_sided and rng.random() < 0.12:
        return _told((grade, name, "on the", side), rng)
    return _told((grade, side, name), rng)


def _heart(fact: Fact, grade: str, rng: Random) -> str:
    if rng.random() < 0.5:
        fitting = grade if grade not in ("small", "large", "minimal", "massive", "moderate-sized") else ""
        return _told((fitting, "cardiomegaly"), rng)
    degree = f"{rng.choice(DEGREES[fact.grade])} " if fact.grade in DEGREES and rng.random() < 0.6 else ""
    return rng.choice(_HEARTS).format(degree)


def _in_zone(grade: str, name: str, side: str, zone: str, rng: Random) -> str:
    height = zone if zone != "middle" else rng.choice(("mid", "middle"))
    place = f"{side} {height} {rng.choice(('lobe', 'lung', 'zone', 'lung'))}"
    words = (grade, place, name) if rng.random() < 0.5 else (grade, name, "in the", place)
    return _told(words, rng)


def _told(words: Sequence[str], rng: Random) -> str:
    """A sentence, or less than one: people ask in both."""
    thing = " ".join(word for word in words if word)
    article = "" if _has_no_article(thing) else "an " if thing[0] in "aeiou" else "a "
    whole = thing[0].upper() + thing[1:]
    return rng.choice(
        (
            whole + rng.choice(_ENDS),
            f"{whole}.",
            f"There is {article}{thing}.",
            f"there is {thing}.",
            f"with {thing}.",
            thing,
        )
    )


def _has_no_article(thing: str) -> bool:
    uncounted = ("edema", "cardiomegaly", "atelectasis", "fluid", "loss", "thickening", "pneumonia")
    return thing.startswith("bilateral") or thing.endswith(("s", *uncounted))
