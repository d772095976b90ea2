"""The Korean table says everything that the window says, and nothing else."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import viewer
from viewer.core.keymap import bundled_maps
from viewer.core.language import LANGUAGES, again, choose_language, language_for, places, table, tr, tr_formed
from viewer.ui import wording

ROOT = Path(viewer.__file__).parent
REPORTED_BY = (
    "archive",
    "codestream",
    "decode",
    "decode_process",
    "decode_worker",
    "dicom_file",
    "elements",
    "file_walk",
    "frames",
    "header",
    "header_fields",
    "library",
    "lookup_tables",
    "pixel_header",
    "raster",
    "reader",
    "scan",
    "sniff",
    "stored_bits",
    "voi",
)
"""Modules that speak English from the decode worker's process: their sentences are said again by `tr_formed`."""
KOREAN = table("ko")


@pytest.fixture(autouse=True)
def english_again():
    yield
    choose_language("en")


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(ROOT.rglob("*.py")):
        yield file, ast.parse(file.read_text("utf-8"))


def literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@cache
def said() -> frozenset[str]:
    """Every text that `tr`, `later` and the table of actions name."""
    found: set[str] = set()
    for _, tree in trees():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", "")
            if name in ("tr", "later") and call.args and (text := literal(call.args[0])) is not None:
                found.add(text)
            elif name == "ActionEntry" and len(call.args) >= 4:
                title, menu = literal(call.args[1]), literal(call.args[3])
                found |= {title, *menu.split("/")} if title and menu else set()
    found |= {text for one in bundled_maps() for text in (one.title, one.note)}
    return frozenset(found)


@cache
def reported() -> frozenset[str]:
    """The sentences of the decode worker, each place as `{}`."""
    found = set()
    for module in REPORTED_BY:
        tree = ast.parse((ROOT / "core" / f"{module}.py").read_text("utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        parts = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(literal(part) or "{}" for part in node.values)
            else:
                text = literal(node) if id(node) not in docs | parts else None
            if text and re.match(r"(\{\}|[A-Z\d]).* .*[.:]$", text, re.DOTALL) and _letters(text) > 8:
                found.add(text)
    return frozenset(found)


def _letters(text: str) -> int:
    return sum(letter.isalpha() for letter in text)


def nameless(text: str) -> str:
    return re.sub(r"\{\w*\}", "{}", text)


def test_the_window_says_many_things():
    assert len(said()) > 100  # the collector itself works
    assert len(reported()) > 60


def test_every_text_has_its_korean():
    assert said() - KOREAN.keys() == set()


def test_every_sentence_of_the_decode_worker_has_its_korean():
    assert reported() - {nameless(text) for text in KOREAN} == set()


def test_no_korean_is_left_over():
    wanted = said()
    assert {text for text in KOREAN if text not in wanted and nameless(text) not in reported()} == set()


def test_the_same_places_are_filled_in():
    assert {english for english, korean in KOREAN.items() if places(korean) != places(english)} == set()
    assert all(korean.strip() for korean in KOREAN.values())


def test_every_call_of_tr_names_a_text_or_a_place_of_a_table():
    for file, tree in trees():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") == "tr":
                assert not isinstance(call.args[0], ast.JoinedStr), (
                    f"{file}:{call.lineno}: an f-string is never found"
                )


def test_the_table_says_what_must_be_reviewed():
    read = json.loads((ROOT / "core" / "languages" / "ko.json").read_text("utf-8"))
    assert "Korean radiologist" in read[""]


@pytest.mark.parametrize("name", [name for name in vars(wording) if name.isupper()])
def test_safety_wording_is_korean_but_for_the_draft_mark(name):
    """Pixels and objects with the draft mark leave the program and are read by others: it stays English."""
    choose_language("ko")
    said = getattr(wording, name)
    assert (tr(said) == said) == (name == "DRAFT_MARK")


def test_a_text_without_translation_stays_english():
    choose_language("ko")
    assert tr("No such text") == "No such text"


def test_an_unknown_language_is_english():
    choose_language("xx")
    assert tr("Films") == "Films"
    assert [language_for(locale) for locale in ("ko_KR", "ko", "de_DE", "C", "")] == [
        "ko",
        "ko",
        "en",
        "en",
        "en",
    ]


def test_what_the_worker_reported_is_said_in_korean_with_its_numbers():
    choose_language("ko")
    said_so = tr_formed("The file has more than 5 data elements and was not opened.")
    assert "5" in said_so
    assert "file" not in said_so


def test_said_in_korean_and_back_is_what_it_was_or_a_twin_of_it():
    plain = {english for english in KOREAN if not places(english)}
    back = {english: again(again(english, "en", "ko"), "ko", "en") for english in plain}
    assert {english for english in plain if KOREAN[back[english]] != KOREAN[english]} == set()


def test_languages_have_tables():
    assert all(code == "en" or table(code) for code in LANGUAGES)
