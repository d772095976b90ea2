"""One table of wishes: no key twice, each with a method, the house's keys as promised."""

from __future__ import annotations

import ast
from pathlib import Path

import viewer.ui.actions as actions

PROMISED = {
    "I": "invert",
    "H": "flip_left_right",
    "V": "flip_top_bottom",
    "R": "rotate_right",
    "L": "rotate_left",
    "0": "preset_0",
    "1": "preset_1",
    "2": "preset_2",
    "Ctrl+0": "reset_view",
    "W": "tool_window",
    "Z": "tool_zoom",
    "M": "tool_pan",
    "D": "tool_length",
    "A": "tool_angle",
    "C": "tool_ctr",
    "Ctrl+Z": "undo",
    "Ctrl+Y": "redo",
    "P": "toggle_prior",
    "Shift+P": "older_prior",
    "X": "toggle_sync",
    "F11": "full_screen",
    "?": "show_keys",
}
"""Section 1.1 of the reading specification."""

FOR_THE_PANEL = {"J", "E", "B", "Return", "Backspace", "Ctrl+Return"}


def test_no_key_stands_for_two_wishes():
    assert actions.conflicts() == ()


def test_the_promised_keys_do_what_was_promised():
    found = {entry.shortcut: entry.id for entry in actions.ACTIONS}
    assert {key: found.get(key) for key in PROMISED} == PROMISED


def test_the_panels_keys_are_left_free():
    assert not FOR_THE_PANEL & {entry.shortcut for entry in actions.ACTIONS}


def test_every_wish_has_a_method():
    methods = set()
    for source in Path(actions.__file__).parent.rglob("*.py"):
        nodes = ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        methods |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    assert {entry.id for entry in actions.ACTIONS} <= methods
