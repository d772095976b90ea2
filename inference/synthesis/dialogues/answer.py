"""What the assistant says where a film is asked for, and how the engine reads it again. Pure.

    Here is a synthetic lateral view. <Xray> Lateral view of the chest was obtained. There is a large right pleural
    effusion. </Xray>

Where the wish is about something that was told already, this patient or the film before, the model only says so, and
what is to be changed of it: “Findings as before, without a pleural effusion.” `resolved` puts the findings in. So the
model copies no report by heart, can't invent one, and a report is never part of the skill's prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inference.backend import FilmView
from inference.synthesis.dialogues.facts import NOTHING, Fact, described, facts_of, labels_of, said, told
from inference.synthesis.dialogues.things import BY_NAME
from inference.synthesis.wish import VIEW_SENTENCES, view_of, without_view_sentence
from inference.text.film_tags import answer_parts
from inference.text.labels import PRESENT, label_sentence, sentences

NO_FILM = "No picture is asked for."
"""All that the skill says to any other question; the reader never sees it, the usual route answers."""
AS_BEFORE, SAME_VIEW = "Findings as before", "Same view."
LARGER, SMALLER, WITHOUT, ALSO = "with a larger", "with a smaller", "without a", "with a"
_NAMED = {"PA": "PA view", "AP": "AP view", "lateral": "lateral view"}
_BEFORE = re.compile(rf"{AS_BEFORE}((?:, with(?:out)? [^,.]+)*)\.", re.IGNORECASE)
_CHANGE = re.compile(r"(without an?|with an? larger|with an? smaller|with an?) (.+)")
_STEPS = ("small", "moderate", "large")


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be otherwise than before. `how` is LARGER, SMALLER, WITHOUT or ALSO."""

    how: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Description:
    """What the model says between the tags, understood."""

    view: FilmView | None  # None: as before
    is_as_before: bool = False
    changes: tuple[Change, ...] = ()
    text: str = ""  # in its own words, without a view sentence


def film_answer(view: FilmView | None, description: str) -> str:
    """The assistant's turn with a film in it."""
    words = f"Here is a synthetic {_NAMED[view]}." if view else "Here is a synthetic film."
    return f"{words} <Xray> {VIEW_SENTENCES[view] if view else SAME_VIEW} {description} </Xray>"


def as_before(changes: Sequence[Change] = ()) -> str:
    """The description of a film that is about what was told already."""
    return AS_BEFORE + "".join(f", {_spoken(change)}" for change in changes) + "."


def understood(answer: str) -> Description | None:
    """The first film of an answer; None where it has none, or one that was never finished."""
    film = next((part for part in answer_parts(answer) if part.is_film), None)
    if film is None or not film.is_whole:
        return None
    text = film.text
    is_same = text.startswith(SAME_VIEW)
    view = None if is_same else view_of(text)
    rest = text.removeprefix(SAME_VIEW).strip() if is_same else without_view_sentence(text)
    pointer = _BEFORE.fullmatch(rest)
    if pointer is None:
        return Description(view, text=rest)
    changes = [_change(part.strip()) for part in pointer[1].split(", ") if part.strip(" ,")]
    if any(change is None for change in changes):
        return None
    return Description(view, is_as_before=True, changes=tuple(one for one in changes if one is not None))


def resolved(description: Description, before: str) -> str:
    """The description that the generator gets, without its view sentence.

    Args:
        description: As `understood` gives it.
        before: The last film's description in this conversation, else the study's report; may have a view sentence.
    """
    if not description.is_as_before:
        return description.text
    kept = [f"{one}." for one in sentences(without_view_sentence(before))]
    for change in description.changes:
        kept = _changed(kept, change)
    return " ".join(kept) or NOTHING


def _changed(kept: Sequence[str], change: Change) -> list[str]:
    """Sentences that state the finding are taken out; what it shall be stands in their place."""
    name, label = change.fact.name, change.fact.label
    stating = [one for one in kept if _states(one, change.fact)]
    denying = [one for one in kept if change.how != WITHOUT and label_sentence(one).get(label) == 0]
    others = [one for one in kept if one not in stating and one not in denying and one != NOTHING]
    if change.how == WITHOUT:
        denial = f"There is no {name}." if BY_NAME[name].grades != "degree" else "The heart is not enlarged."
        return [*others, denial] if name != "widened mediastinum" else others
    known = next((fact for one in stating for fact in (*facts_of(one), *described(one))), change.fact)
    if change.how == ALSO:
        return [*others, said(change.fact)]
    at = _STEPS.index(known.grade) if known.grade in _STEPS else 1
    step = 1 if change.how == LARGER else -1
    return [*others, said(replace(known, grade=_STEPS[min(max(at + step, 0), 2)]))]


def _states(sentence: str, fact: Fact) -> bool:
    states = label_sentence(sentence).get(fact.label) == PRESENT or fact.label in labels_of(sentence)
    return states and (fact.label != "support devices" or _is_of(sentence, fact))


def _is_of(sentence: str, fact: Fact) -> bool:
    """Of devices the one that is named; “the tube” is any."""
    named = described(sentence)
    return fact.name == "support device" or not named or any(one.name == fact.name for one in named)


def _spoken(change: Change) -> str:
    if change.how == ALSO:
        name = _noun(change.fact)
        return f"{_with_article(ALSO, name)} {name}"
    return f"{_with_article(change.how, change.fact.name)} {change.fact.name}"


def _noun(fact: Fact) -> str:
    """“There is a small left pleural effusion.” as “small left pleural effusion”."""
    if fact.thing.grades == "degree":
        return fact.name
    return re.sub(r"^There (?:is|are) (?:an? )?", "", said(fact)).rstrip(".")


def _with_article(how: str, name: str) -> str:
    return f"{how}n" if how in (WITHOUT, ALSO) and name[0] in "aeiou" else how


def _change(words: str) -> Change | None:
    match = _CHANGE.fullmatch(words)
    if match is None:
        return None
    how = re.sub(r"\ban\b", "a", match[1])
    fact = next(iter(described(f"There is {match[2]}.")), None)
    return None if fact is None else Change(how, fact)


__all__ = [
    "ALSO", "AS_BEFORE", "LARGER", "NO_FILM", "SAME_VIEW", "SMALLER", "WITHOUT", "Change", "Description",
    "as_before", "film_answer", "resolved", "told", "understood",
]  # fmt: skip
