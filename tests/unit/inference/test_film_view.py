"""What a film shows and how it hangs is seen by its pixels and said in words, and not guessed where nobody can know."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from inference.errors import PackRefused
from inference.film_view import (
    FOLDER,
    ViewSeen,
    load_film_look,
    look_at_view,
    seen,
    words_for_reader,
)
from inference.phantom import project, sample_case
from inference.training.gate.scenes import draw_scene
from inference.training.view.scrambled import scrambled_films

UPRIGHT = np.array([0.97, 0.01, 0.01, 0.01])


@pytest.fixture(scope="module")
def chest():
    return (project(sample_case(900_004), "PA", (200, 200)).picture * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def lateral():
    return (project(sample_case(900_004), "LL", (200, 200)).picture * 255).astype(np.uint8)


def test_a_frontal_film_is_seen_as_one_and_hangs_right(chest):
    found = look_at_view(chest)

    assert found.is_frontal
    assert found.hangs_right
    assert found.is_of("PA") or found.is_of("AP")
    assert not found.is_of("lateral")
    assert words_for_reader(found) == ""


def test_a_lateral_is_seen_as_one_whichever_way_it_faces(lateral):
    for picture in (lateral, lateral[:, ::-1]):
        found = look_at_view(np.ascontiguousarray(picture))

        assert found.view == "lateral"
        assert found.is_of("lateral")
        assert not found.is_mirrored  # nobody can know


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_films_are_seen_by_how_many_quarters(chest, lateral, turns):
    for film in (chest, lateral):
        picture = np.ascontiguousarray(np.rot90(film, -turns))

        assert look_at_view(picture).quarter_turns == turns


def test_an_inverted_film_is_seen_and_told(chest, lateral):
    assert look_at_view(255 - lateral).is_inverted
    found = look_at_view(255 - chest)

    assert found.is_inverted
    assert "inverted (air is bright)" in words_for_reader(found)


def test_size_and_shape_do_not_matter(chest):
    wide = np.pad(chest, ((0, 0), (30, 30)))

    assert look_at_view(wide).is_frontal
    assert look_at_view(chest[::2, ::2]).is_frontal


@pytest.mark.parametrize("kind", ["hand", "pelvis", "page"])
def test_what_is_no_chest_is_seen_as_none(kind):
    found = look_at_view(draw_scene(kind, 950_003, 144))

    assert found.view == "no chest"
    assert words_for_reader(found) == "The film may show no chest."


def test_a_drawing_that_came_to_nothing_is_no_chest(chest):
    views = [look_at_view(one).view for one in scrambled_films(chest[None], 8, 950_003)]

    assert views.count("no chest") >= 7


def test_pa_and_ap_count_as_one_where_the_network_cannot_tell():
    unsure = seen(np.array([0.52, 0.46, 0.01, 0.01]), UPRIGHT, 0.0, 0.0)
    sure = seen(np.array([0.95, 0.03, 0.01, 0.01]), UPRIGHT, 0.0, 0.0)

    assert (unsure.view, unsure.is_of("PA"), unsure.is_of("AP")) == ("PA", True, True)
    assert (sure.view, sure.is_of("PA"), sure.is_of("AP")) == ("PA", True, False)


def test_a_frontal_film_of_either_kind_is_likelier_than_a_lateral_though_neither_kind_is():
    found = seen(np.array([0.3, 0.3, 0.38, 0.02]), UPRIGHT, 0.0, 0.0)

    assert found.is_frontal


def test_an_unsure_network_says_nothing_of_how_a_film_hangs():
    found = seen(np.array([0.9, 0.1, 0.0, 0.0]), np.array([0.4, 0.0, 0.6, 0.0]), 0.6, 0.6)

    assert found.hangs_right
    assert found.scores["turned 2"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (ViewSeen("PA", 2), "The film looks upside down; findings may name the wrong side or place."),
        (
            ViewSeen("PA", 1, is_inverted=True),
            "The film looks turned a quarter to the right and inverted (air is bright); findings may name the wrong "
            "side or place.",
        ),
        (ViewSeen("no chest", 2, is_inverted=True, scores={"no chest": 0.6}), ""),
        (ViewSeen("lateral", scores={"lateral": 0.6}), ""),
        (
            ViewSeen("lateral", scores={"lateral": 0.95}),
            "The film looks like a lateral view; only frontal films are read.",
        ),
        (ViewSeen("AP"), ""),
    ],
)
def test_the_reader_is_told_how_a_film_hangs(found, words):
    assert words_for_reader(found) == words


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint8), np.zeros((0, 4), np.uint8)]
)
def test_only_grey_8_bit_pictures_are_looked_at(picture):
    with pytest.raises(ValueError, match="grey 8-bit"):
        look_at_view(picture)


def test_a_changed_network_is_refused(tmp_path):
    folder = tmp_path / "network"
    shutil.copytree(FOLDER, folder)
    (folder / "view.onnx").write_bytes((folder / "view.onnx").read_bytes() + b" ")

    with pytest.raises(PackRefused, match=r"view\.onnx"):
        load_film_look(folder)
    with pytest.raises(PackRefused, match="can't be read"):
        load_film_look(tmp_path)


def test_the_bundled_network_is_small_and_says_what_it_was_measured_with():
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    weights = (FOLDER / "view.onnx").read_bytes()

    assert manifest["files"]["view.onnx"]["sha256"] == hashlib.sha256(weights).hexdigest()
    assert len(weights) <= 1_500_000
    assert {"view", "pa_against_ap", "false_words_about_upright_films", "hung_wrongly"} <= manifest[
        "measured"
    ].keys()
    assert "PA" in manifest["known_failures"]
