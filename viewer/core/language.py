"""The language of the window: English in the source, other languages as JSON tables beside this file.

Every text that a reader sees is written `tr("English text")`, with a literal so that a test can find it, and
`tr("{count} films", count=3)` where something is put in. A text without a translation stays English.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

ENGLISH = "en"
_chosen = ENGLISH


def choose_language(code: str) -> None:
    """Speak `code` ("en", "ko") from now on; texts that are already on screen are made again by their owners."""
    global _chosen  # noqa: PLW0603 - one window, one language
    _chosen = code


def language() -> str:
    return _chosen


def tr(text: str, **values: Any) -> str:
    """The text in the chosen language, with `{name}` places filled in."""
    said = text if _chosen == ENGLISH else table(_chosen).get(text, text)
    return said.format(**values) if values else said


def later(text: str) -> str:
    """Marks a text of a table that is made before the language is known; `tr` says it when it is shown."""
    return text


@cache
def table(code: str) -> dict[str, str]:
    """English text to the text in that language; empty where there is no such table."""
    file = resources.files("viewer.core").joinpath("languages", f"{code}.json")
    if not file.is_file():
        return {}
    read = json.loads(file.read_text("utf-8"))
    return {str(key): str(value) for key, value in read.items()}
