"""Whether a question may be a wish for a film, and a description held to the words that were asked. Pure.

The model understands the wish; here stands what it may not get wrong. A question without any word of pictures, views
or looks is never taken for a wish, so ordinary questions cost nothing and can't be answered with a film by mistake.
And where the words name a finding with its side, or a view, the description says just that: the words outweigh the
model.
"""

from __future__ import annotations

import re
from dataclasses import replace

from inference.backend import FilmView
from inference.synthesis.dialogues.answer import (
    ALSO,
    LARGER,
    SMALLER,
    WITHOUT,
    Change,
    Description,
    as_before,
    film_answer,
    resolved,
)
from inference.synthesis.dialogues.facts import Asked, Fact, asked_in, described, told
from inference.synthesis.wish import view_of

_PICTURES = re.compile(
    r"\b(?:film|films|x-?rays?|cxr|radiographs?|pictures?|images?|views?|projections?|lateral\w*|frontal|pa|ap"
    r"|portable|bedside|from the (?:side|front)|sideways|profile|looks?|appear|synthetic|synthesi[sz]e"
    r"|simulate|generate|draw|render|paint|sketch)\b"
    r"|\b(?:see|show|imagine)\b.*\b(?:chest|patient|thorax)\b",
    re.IGNORECASE,
)
_ASKS_BACK = re.compile(
    r"^\W*(?:(?:hi|hello|ok|okay|thanks|and|so|but)\b[ ,.]*(?:there\b[ ,.]*)?)?"
    r"(?:is|are|was|were|do|does|did|has|have|had|should|which|who|where|when|why)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\b(?:now|same|again|another|once more|without|with|larger|bigger|smaller|more|less|remove|add|make|one more|worse"
    r"|grow\w*|shrink\w*|increase|decrease|reduce|take|leave)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:this|that|these|those|the same|same|it|its|report|my"
    r"|the findings|study|before|now|matching|corresponding|the other|again|belongs)\b"
    r"|\bthe (?:\w+ ){0,2}(?:view|film|x-?ray|radiograph|picture|image|projection)\b",
    re.IGNORECASE,
)
_LARGER = re.compile(r"\b(?:larger|bigger|more|worse|increase\w*|grow\w*|greater)\b", re.IGNORECASE)
_SMALLER = re.compile(
    r"\b(?:smaller|less|better|decrease\w*|reduce\w*|shrink\w*|shrunk|earlier)\b", re.IGNORECASE
)


def may_ask_for_film(question: str, *, after_film: bool) -> bool:
    """Whether the model need be asked at all.

    Args:
        question: The user's words.
        after_film: The answer before showed a film: a wish may then go on without naming one (“without the tube”).
    """
    if _ASKS_BACK.match(question):  # nobody asks so for a film to be made
        return False
    return bool(_PICTURES.search(question) or (after_film and _GOES_ON.search(question)))


def held_to(question: str, meant: Description) -> Description:
    """The model's description with the view and the findings that the words name."""
    asked = asked_in(question)
    view = named_view(question) or meant.view
    points = _POINTS.search(question) is not None or _LARGER.search(question) or _SMALLER.search(question)
    if meant.is_as_before and asked.wanted and not asked.unwanted and not points:
        return Description(view or "PA", text=told(asked.wanted))
    if meant.is_as_before:
        return replace(meant, view=view, changes=_changes(question, asked, meant.changes))
    if asked.wanted and set(described(meant.text)) != set(asked.wanted):
        return Description(view or "PA", text=told(asked.wanted))
    return replace(meant, view=view)


def answer_of(meant: Description, before: str) -> str:
    """The assistant's turn, with the findings in their place.

    Args:
        before: What was told already, see `answer.resolved`; it has a view sentence where it was a film's.
    """
    view = meant.view or view_of(before)
    return film_answer(view, resolved(meant, before))


def unresolved(meant: Description) -> str:
    """The assistant's turn as a model says it, for measuring."""
    return film_answer(meant.view, as_before(meant.changes) if meant.is_as_before else meant.text)


def named_view(words: str) -> FilmView | None:
    """The view that words name; None where they name none."""
    found = view_of(words, "PA")
    return found if found == view_of(words, "AP") else None


def _changes(question: str, asked: Asked, meant: tuple[Change, ...]) -> tuple[Change, ...]:
    """Those of the model, unless the words name other findings to be changed."""
    gone = {change.fact.name for change in meant if change.how == WITHOUT}
    there = {change.fact.name for change in meant if change.how != WITHOUT}
    wanted = {fact.name for fact in asked.wanted}
    if not (wanted or asked.unwanted) or (gone == set(asked.unwanted) and there == wanted):
        return meant
    how = LARGER if _LARGER.search(question) else SMALLER if _SMALLER.search(question) else ALSO
    changed = (Change(how, fact if how == ALSO else Fact(fact.name)) for fact in asked.wanted)
    return (*(Change(WITHOUT, Fact(name)) for name in asked.unwanted), *changed)
