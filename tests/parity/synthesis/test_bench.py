"""The bench of synthesis from its door to its tables, on a generator that has learnt nothing."""

import json
import pathlib

import numpy as np
import pytest
from tiny_synth_pack import write_tiny_synth_pack

from inference.synthesis.bench.command import main

SIDE, FILMS, LATERALS = 64, 7, 6


def keep_phantoms(folder, kind, count):
    """Stand-ins for computed phantoms, which take a second each."""
    rng = np.random.default_rng(count)
    squares = rng.integers(0, 256, (count, SIDE, SIDE)).astype(np.uint8)
    labels = np.tile(np.arange(14) % 2, (count, 1)).astype(np.int8)
    views = np.array(["lateral" if kind == "lateral" else "PA"] * count)
    np.savez(
        folder / f"bench-phantoms-{kind}-{SIDE}-{count}.npz", squares=squares, labels=labels, views=views
    )


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    write_tiny_synth_pack(folder / "pack")
    keep_phantoms(folder, "frontal", 2 * FILMS)
    keep_phantoms(folder, "lateral", 2 * LATERALS)
    return [
        *("--pack", str(folder / "pack"), "--cache", str(folder), "--out", str(folder / "result.json")),
        *("--films", str(FILMS), "--laterals", str(LATERALS), "--seeds", "2", "--steps", "2"),
    ]


def test_the_bench_runs_from_its_door_to_its_tables_and_leaves_no_film_behind(words, capsys):
    before = set(pathlib.Path(words[3]).rglob("*"))

    assert main(words) == 0

    told = capsys.readouterr()
    result = json.loads(pathlib.Path(words[5]).read_text("utf-8"))
    assert result["pack"] == "tiny-synth 0.1"
    assert result["films"] == FILMS + LATERALS + 7 * 2 + 2
    (space,) = result["frontal"]
    assert space.startswith("encoder of starter")
    assert result["frontal"][space]["drawn"]["fid"] > 0
    assert "other phantoms (floor)" in result["lateral"][space]
    assert 0 <= result["label_agreement"]["asked"]["low"] <= result["label_agreement"]["asked"]["high"] <= 1
    assert "frontal films: 7 of 7" in told.err
    assert f"**Frontal films, {space}**" in told.out
    assert {path.name for path in set(pathlib.Path(words[3]).rglob("*")) - before} == {"result.json"}

    assert main(["--show", words[5]]) == 0
    assert capsys.readouterr().out == told.out


def test_a_pack_that_is_not_there_is_told_with_what_to_do(capsys):
    assert main(["--pack", "no-such-generator"]) == 1
    assert "no-such-generator" in capsys.readouterr().err


def test_a_pack_that_draws_nothing_is_refused(capsys):
    assert main(["--pack", "starter"]) == 1
    assert capsys.readouterr().err


def test_data_that_are_not_there_are_told(words, capsys):
    assert main([*words, "--data", "/no/such/folder"]) == 1
    assert "/no/such/folder" in capsys.readouterr().err
