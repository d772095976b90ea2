"""Templates and macros as files: the program's own, and a site's. No Qt; a site's file is read in a worker thread.

A file is JSON (`format`, `templates`, `macros`), or for macros alone CSV with the columns code and text. A folder holds
any number of them. What can't be used is left out and said, never half used.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from inference.backend import FINDINGS
from inference.text.comparing import comparison_word
from plugin.report.fill_template import Place, Template
from plugin.report.macros import Macro, problem_of

FORMAT = 1
LARGEST = 1 << 20  # bytes of one file


class BadTexts(ValueError):
    """A file of templates or macros can't be used; the message says which part of it, for the reader."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a reader may insert."""

    templates: tuple[Template, ...] = ()
    macros: tuple[Macro, ...] = ()
    problems: tuple[str, ...] = ()  # in words for the reader

    def before(self, others: Texts) -> Texts:
        """These and the others together: a template or code of these stands for one of the same name there."""
        ids, codes = {one.id for one in self.templates}, {one.code for one in self.macros}
        templates = (*self.templates, *(one for one in others.templates if one.id not in ids))
        macros = (*self.macros, *(one for one in others.macros if one.code not in codes))
        return Texts(templates, macros, (*self.problems, *others.problems))


def bundled_texts() -> Texts:
    """What comes with the program."""
    folder = files("plugin.report.templates")
    read = [
        parse_json(one.read_text(encoding="utf-8")) for one in folder.iterdir() if one.name.endswith(".json")
    ]
    return _joined(
        sorted(read, key=lambda one: [template.title for template in one.templates])
    )  # any folder order


def read_texts(path: Path) -> Texts:
    """A site's file, or all files of its folder. Never raises: what can't be read is among the problems."""
    try:
        found = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError as error:
        return Texts(problems=(f"{path.name}: {error.strerror or error}.",))
    return _joined(_read(one) for one in found if one.suffix.lower() in {".json", ".csv"} or one == path)


def parse_json(text: str) -> Texts:
    """Raises BadTexts."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise BadTexts(f"it is no JSON ({error})") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BadTexts(f"it does not say “format”: {FORMAT}")
    templates = tuple(_template(one) for one in _list(told.get("templates", []), "templates"))
    macros = tuple(_macro(one) for one in _list(told.get("macros", []), "macros"))
    return Texts(templates, _checked(macros))


def parse_csv(text: str) -> Texts:
    """Two columns, code and text; a first row that says so is no macro. Raises BadTexts."""
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text), strict=True) if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise BadTexts(f"it is no CSV ({error})") from None
    if rows and [cell.strip().lower() for cell in rows[0][:2]] == ["code", "text"]:
        rows = rows[1:]
    for number, row in enumerate(rows, 1):
        if len(row) < 2:
            raise BadTexts(f"row {number} has no text")
    return Texts(macros=_checked(Macro(row[0].strip(), row[1]) for row in rows))


def macros_told(macros: Iterable[Macro]) -> dict[str, Any]:
    """Macros as a plain value, to be kept among the settings."""
    return {macro.code: macro.text for macro in macros}


def macros_from(told: object) -> tuple[Macro, ...]:
    """What was kept; what is no macro is left out."""
    if not isinstance(told, dict):
        return ()
    made = (Macro(str(code), text) for code, text in told.items() if isinstance(text, str))
    return tuple(macro for macro in made if not problem_of(macro.code, macro.text))


def macros_as_json(macros: Iterable[Macro]) -> str:
    """A file that `parse_json` reads, to be shared with others."""
    told = [{"code": macro.code, "text": macro.text} for macro in macros]
    return json.dumps({"format": FORMAT, "macros": told}, ensure_ascii=False, indent=2) + "\n"


# ── the single steps ────────────────────────────────────────────────────────────────────────────────────────────


def _read(path: Path) -> Texts:
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise BadTexts("it is larger than 1 MB")
        text = raw.decode("utf-8-sig")
        return parse_csv(text) if path.suffix.lower() == ".csv" else parse_json(text)
    except OSError as error:
        return Texts(problems=(f"{path.name}: {error.strerror or error}.",))
    except UnicodeDecodeError:
        return Texts(problems=(f"{path.name}: it is no UTF-8 text.",))
    except BadTexts as error:
        return Texts(problems=(f"{path.name}: {error}.",))


def _joined(several: Iterable[Texts]) -> Texts:
    told = list(several)
    templates = {template.id: template for one in told for template in one.templates}
    return Texts(
        tuple(templates.values()),
        tuple(macro for one in told for macro in one.macros),
        tuple(problem for one in told for problem in one.problems),
    )


def _template(told: object) -> Template:
    given = _object(told, "a template")
    title = _text(given, "title", "a template")
    places = tuple(_place(one, title) for one in _list(given.get("report", []), f"{title}, report"))
    impression = _text(given, "impression", title, is_needed=False)
    _without_comparison(impression, f"{title}, impression")
    if not places:
        raise BadTexts(f"{title} has no “report”")
    return Template(_text(given, "id", title), title, places, impression)


def _place(told: object, template: str) -> Place:
    given = _object(told, template)
    title = _text(given, "title", template, is_needed=False)
    where = f"{template}, {title or 'a line without title'}"
    labels = tuple(_words(given, "findings", where))
    unknown = next((label for label in labels if label not in FINDINGS), None)
    if unknown is not None:
        raise BadTexts(f"{where}: “{unknown}” is none of the findings ({', '.join(FINDINGS)})")
    normal = _text(given, "normal", where)
    _without_comparison(normal, where)
    words = tuple(word.lower() for word in _words(given, "words", where))
    return Place(title, normal, labels, words, _text(given, "with_prior", where, is_needed=False))


def _without_comparison(text: str, where: str) -> None:
    word = comparison_word(text)
    if word:
        raise BadTexts(
            f"{where}: “{word}” compares with an earlier film; such text belongs into “with_prior”"
        )


def _macro(told: object) -> Macro:
    given = _object(told, "a macro")
    return Macro(_text(given, "code", "a macro").strip(), _text(given, "text", "a macro"))


def _checked(macros: Iterable[Macro]) -> tuple[Macro, ...]:
    made: list[Macro] = []
    for macro in macros:
        problem = problem_of(macro.code, macro.text, (known.code for known in made))
        if problem:
            raise BadTexts(problem.rstrip("."))
        made.append(macro)
    return tuple(made)


def _object(told: object, where: str) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise BadTexts(f"{where} is no object")
    return told


def _list(told: object, where: str) -> list[Any]:
    if not isinstance(told, list):
        raise BadTexts(f"“{where}” is no list")
    return told


def _words(given: Mapping[str, Any], name: str, where: str) -> list[str]:
    told = _list(given.get(name, []), f"{where}, {name}")
    if not all(isinstance(one, str) for one in told):
        raise BadTexts(f"{where}: “{name}” holds something that is no text")
    return told


def _text(given: Mapping[str, Any], name: str, where: str, *, is_needed: bool = True) -> str:
    told = given.get(name, "")
    if not isinstance(told, str) or (is_needed and not told.strip()):
        raise BadTexts(f"{where}: “{name}” is missing")
    return told
