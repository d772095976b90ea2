"""Hanging protocols as files: what is read, what is refused and how that is said."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.hanging_protocol.files import (
    LARGEST_FILE,
    ProtocolError,
    bundled_protocols,
    import_protocol,
    json_schema,
    parse_protocol,
    protocol_text,
    site_folder,
    site_protocols,
)
from viewer.core.hanging_protocol.protocol import MOST_VIEWPORTS, Fits, HangingProtocol, ViewportRule

GOOD = {
    "format": "sidelight.hanging/1",
    "id": "night",
    "title": "Night shift",
    "viewports": [
        {"show": "current", "view": "lateral", "preset_key": 0},
        {"show": "prior", "prior_number": 2},
    ],
    "fits": {"body_parts": ["CHEST"], "priors_at_least": 1},
}


def put(name, content):
    folder = site_folder()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return file


def refused(changes, name="site.json"):
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(json.dumps(GOOD | changes), name)
    return str(caught.value)


def test_the_bundled_protocols_keep_to_the_schema():
    assert [protocol.id for protocol in bundled_protocols()][:3] == ["chest-1", "chest-2", "chest-2-screens"]
    for protocol in bundled_protocols():
        assert parse_protocol(protocol_text(protocol), protocol.id) == protocol


def test_the_schema_beside_the_code_is_the_one_that_is_checked():
    file = resources.files("viewer.core.hanging_protocol").joinpath("schema.json")
    assert json.loads(file.read_text("utf-8")) == json_schema()


def test_a_good_file_becomes_a_protocol():
    protocol = parse_protocol(json.dumps(GOOD), "night.json")
    assert protocol.viewports[0] == ViewportRule("current", "lateral", preset_key=0)
    assert protocol.viewports[1].prior_number == 2
    assert protocol.fits == Fits(body_parts=("CHEST",), priors_at_least=1)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"viewports": [{"show": "current", "view": "sideways"}]}, "viewports.0.view"),
        ({"viewports": [{"show": "current", "colour": "red"}]}, "viewports.0.colour"),
        ({"viewports": []}, "viewports"),
        ({"viewports": [{"show": "current"}] * (MOST_VIEWPORTS + 1)}, "viewports"),
        ({"format": "sidelight.hanging/9"}, "format"),
        ({"columns": "two"}, "columns"),
        ({"run": "rm -rf"}, "run"),
        ({"viewports": [{"show": "prior"}]}, "none of them shows the current study"),
    ],
)
def test_a_wrong_file_is_named_with_the_place_that_is_wrong(changes, place):
    message = refused(changes)
    assert message.startswith("site.json")
    assert place in message


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_no_text_breaks_the_reading(text):
    with pytest.raises(ProtocolError, match="wild"):
        parse_protocol(text, "wild")


def test_good_files_hold_where_others_are_wrong():
    put("good.json", GOOD)
    put("bad.json", "{")
    put("again.json", GOOD)
    put("notes.txt", "not looked at")
    read = site_protocols()
    assert [protocol.id for protocol in read.protocols] == ["night"]
    assert any(problem.startswith("bad.json") for problem in read.problems)
    assert any("good.json: the id “night” is taken" in problem for problem in read.problems)


def test_a_file_that_is_too_large_is_not_read():
    put("huge.json", " " * (LARGEST_FILE + 1))
    assert "larger than" in site_protocols().problems[0]


def test_without_a_folder_there_are_no_protocols_and_no_complaint():
    assert site_protocols().protocols == ()
    assert site_protocols().problems == ()


def test_an_imported_file_is_kept_and_replaces_its_older_self(tmp_path):
    file = tmp_path / "from another site.json"
    file.write_text(json.dumps(GOOD), "utf-8")
    import_protocol(file)
    file.write_text(json.dumps(GOOD | {"title": "Night shift 2"}), "utf-8")
    import_protocol(file)
    assert [protocol.title for protocol in site_protocols().protocols] == ["Night shift 2"]


@pytest.mark.parametrize("wild", ["../../evil", "/etc/passwd", "C:\\x", "..", "con\u0000"])
def test_an_id_never_leads_out_of_the_folder(tmp_path, wild):
    file = tmp_path / "wild.json"
    file.write_text(json.dumps(GOOD | {"id": wild}), "utf-8")
    folder = tmp_path / "own" / "hanging"
    import_protocol(file, folder)
    written = [path for path in tmp_path.rglob("*.json") if path != file]
    assert [path.parent for path in written] == [folder]


def test_an_export_reads_back_as_the_same_protocol():
    protocol = HangingProtocol(
        "sidelight.hanging/1", "x", "Ärztin", (ViewportRule("current", screen=2, sync_group=""),), columns=1
    )
    assert parse_protocol(protocol_text(protocol), "x") == protocol
    assert "prior_number" not in protocol_text(protocol)  # what only repeats a default is left out


def test_the_example_in_the_documentation_is_a_protocol():
    text = (Path(__file__).parents[5] / "docs" / "hanging.md").read_text("utf-8")
    example = text.partition("```json")[2].partition("```")[0]
    assert parse_protocol(example, "docs").viewports[0].screen == 2
