"""Key maps: files that are read back as written, and keys that never stand for two wishes."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core import keymap
from viewer.core.keymap import KeyMap, KeyMapError, bundled_maps, conflicts, layered, parse, swapped, written

ACTIONS = st.sampled_from(["invert", "fit", "reset", "zoom"])
KEYS = st.dictionaries(ACTIONS, st.lists(st.sampled_from("ABCD"), max_size=2, unique=True).map(tuple))
MOUSE = st.dictionaries(st.sampled_from(keymap.DRAGS), st.sampled_from(keymap.DRAG_USES))


def without_conflicts(layer):
    taken: set[str] = set()
    return {a: tuple(k for k in keys if k not in taken and not taken.add(k)) for a, keys in layer.items()}


def test_five_maps_come_with_the_program_ours_first():
    assert [one.id for one in bundled_maps()] == ["sidelight", "ohif", "horos", "radiant", "weasis"]


def test_what_was_not_checked_says_so_in_its_name_and_its_note():
    unverified = [one for one in bundled_maps() if not one.is_verified]
    assert [one.id for one in unverified] == ["radiant"]
    assert "unverified" in unverified[0].title
    assert "Unverified" in unverified[0].note


@pytest.mark.parametrize("key_map", bundled_maps(), ids=lambda one: one.id)
def test_no_bundled_map_gives_one_key_to_two_wishes(key_map):
    assert conflicts(key_map.keys) == {}


@given(keys=KEYS, mouse=MOUSE, title=st.text())
def test_a_map_is_read_back_as_it_was_written(keys, mouse, title):
    key_map = KeyMap("mine", title, keys, mouse, "a note", is_verified=False)
    assert parse(written(key_map)) == key_map


@given(layers=st.lists(KEYS.map(without_conflicts), max_size=4))
def test_layers_without_conflicts_never_make_one(layers):
    assert conflicts(layered(layers)) == {}


@given(layers=st.lists(KEYS.map(without_conflicts), min_size=1, max_size=4))
def test_the_last_layer_has_all_its_keys(layers):
    held = layered(layers)
    assert {action: held[action] for action in layers[-1]} == dict(layers[-1])


def test_a_key_that_a_map_takes_is_lost_to_its_old_owner():
    assert layered([{"hide": ("Space",)}, {"reset": ("Space",)}]) == {"hide": (), "reset": ("Space",)}


def test_a_swap_gives_the_old_owner_the_key_that_came_free():
    keys = {"invert": ("I",), "fit": ("F",)}
    assert layered([keys, swapped(keys, "invert", "F")]) == {"invert": ("F",), "fit": ("I",)}


@given(keys=KEYS.map(without_conflicts), action=ACTIONS, key=st.sampled_from("ABCD"))
def test_a_swap_never_makes_a_conflict(keys, action, key):
    after = layered([keys, swapped(keys, action, key)])
    assert after[action] == (key,)
    assert conflicts(after) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "does not say that it is a key map"),
        ('{"format": 2}', "format 2"),
        ('{"format": 1, "keys": []}', "not an object"),
        ('{"format": 1, "keys": {"invert": "I"}}', "not a list"),
        ('{"format": 1, "mouse": {"left": "explode"}}', "explode"),
        ('{"format": 1, "mouse": {"third": "pan"}}', "third"),
        ('{"format": 1, "mouse": {"wheel": "window"}}', "wheel"),
        ('{"format": 1, "title": 7}', "title"),
    ],
)
def test_a_file_that_is_no_key_map_says_why(text, said):
    with pytest.raises(KeyMapError, match=said):
        parse(text)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    ),
    part=st.sampled_from(["keys", "mouse", "title", "note", "id", "format"]),
)
def test_wild_files_are_refused_or_read_never_more(value, part):
    read = {"format": 1, part: value}
    with contextlib.suppress(KeyMapError):
        assert isinstance(parse(json.dumps(read)), KeyMap)
