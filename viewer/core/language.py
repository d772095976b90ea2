"""The language of the window: English in the source, other languages as JSON tables beside this file.

Every text that a reader sees is written `tr("English text")`, with a literal so that a test can find it, and
`tr("{count} films", count=3)` where something is put in. A text without a translation stays English.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib import resources
from typing import Any

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ko")
_chosen = ENGLISH
_PLACE = re.compile(r"\{(\w*)(?:[:!][^{}]*)?\}")
_LEAST_LETTERS = 4
"""A text with places is only known again by so many letters of its own."""


def choose_language(code: str) -> None:
    """Speak `code` ("en", "ko") from now on; texts that are already on screen are made again by their owners."""
    global _chosen  # noqa: PLW0603 - one window, one language
    _chosen = code if code in LANGUAGES else ENGLISH


def language() -> str:
    return _chosen


def language_for(locale: str) -> str:
    """The language for a system locale such as "ko_KR"; English where we do not speak it."""
    code = locale.replace("-", "_").partition("_")[0].lower()
    return code if code in LANGUAGES else ENGLISH


def tr(text: str, **values: Any) -> str:
    """The text in the chosen language, with `{name}` places filled in."""
    said = text if _chosen == ENGLISH else table(_chosen).get(text, text)
    return said.format(**values) if values else said


def later(text: str) -> str:
    """Marks a text of a table that is made before the language is known; `tr` says it when it is shown."""
    return text


def tr_formed(text: str) -> str:
    """An English text whose places are filled already, in the chosen language: what a worker process reported."""
    return again(text, ENGLISH, _chosen)


@lru_cache(maxsize=4096)
def again(text: str, spoken: str, wanted: str) -> str:
    """What was said in one language, said in another; a text that no table knows stays as it is."""
    if spoken == wanted or not text:
        return text
    known = _said_in(spoken)
    if text in known:
        return _in(known[text], wanted)
    for pattern, english in _patterns(spoken):
        if (match := pattern.fullmatch(text)) is not None:
            values = {name: again(value, spoken, wanted) for name, value in match.groupdict().items()}
            return _PLACE.sub(lambda place: values[place[1]], _in(english, wanted))  # noqa: B023 - used at once
    return text


@cache
def table(code: str) -> dict[str, str]:
    """English text to the text in that language; empty where there is no such table."""
    file = resources.files("viewer.core").joinpath("languages", f"{code}.json")
    if not file.is_file():
        return {}
    read = json.loads(file.read_text("utf-8"))
    return {str(key): str(value) for key, value in read.items() if key}


def places(text: str) -> frozenset[str]:
    """The names of the places of a text that are filled in."""
    return frozenset(match[1] for match in _PLACE.finditer(text))


def _in(english: str, code: str) -> str:
    return english if code == ENGLISH else table(code).get(english, english)


@cache
def _said_in(code: str) -> dict[str, str]:
    """What the language says, to the English text."""
    return {_in(english, code): english for english in _all_english()}


@cache
def _patterns(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Texts with places as patterns, the most telling first."""
    found = [(_pattern(said), said, english) for said, english in _said_in(code).items() if places(said)]
    telling = [(len(_PLACE.sub("", said)), pattern, english) for pattern, said, english in found]
    telling = [one for one in telling if one[0] >= _LEAST_LETTERS]
    return tuple((pattern, english) for _, pattern, english in sorted(telling, key=lambda one: -one[0]))


def _pattern(text: str) -> re.Pattern[str]:
    made, last, named = "", 0, set[str]()
    for place in _PLACE.finditer(text):
        name = place[1]
        made += re.escape(text[last : place.start()])
        made += f"(?P={name})" if name in named else f"(?P<{name}>.+?)"
        named.add(name)
        last = place.end()
    return re.compile(made + re.escape(text[last:]), re.DOTALL)


@cache
def _all_english() -> tuple[str, ...]:
    return tuple(dict.fromkeys(english for code in LANGUAGES for english in table(code)))
