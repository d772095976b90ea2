"""The gate lets frontal chest films in and nothing else, and says why."""

import hashlib
import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inference import gate as gate_module
from inference.backend import FilmInput
from inference.errors import PackRefused
from inference.gate import (
    FOLDER,
    Limits,
    fit,
    is_stated_frontal_chest,
    load_gate,
    network_input,
    refusal_by_header,
    verdict,
)
from inference.phantom import project, sample_case
from viewer.core.study import PixelDescription
from viewer.core.synthetic_mark import mark


@pytest.fixture(scope="module")
def gate():
    return load_gate(allow_synthetic=False)


@pytest.fixture(scope="module")
def chest():
    return (project(sample_case(4), "PA", (256, 256)).picture * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def lateral():
    return (project(sample_case(4), "LL", (256, 256)).picture * 255).astype(np.uint8)


def film(picture, *, modality="DX", body_part="CHEST", view="PA", frames=1, synthetic=False):
    description = PixelDescription(*picture.shape, frames=frames)
    return FilmInput("0" * 64, picture, description, modality, body_part, view, synthetic)


def refused(modality="DX", part="CHEST", view="PA", frames=1, rows=400, columns=400):
    return refusal_by_header(modality, part, view, frames, rows=rows, columns=columns)


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "NM", "PT", "MG", "XC", "SEG", "RTDOSE", "IO", "PX"])
def test_another_modality_is_refused_by_name(modality):
    assert refused(modality) == f"not a chest radiograph (Modality {modality})"


@pytest.mark.parametrize("modality", ["CR", "DX", "DR", "RG", "OT", "SC", "", " dx "])
def test_radiographs_and_secondary_captures_may_be_chest_films(modality):
    assert refused(modality) is None


@pytest.mark.parametrize(
    "part", ["CSPINE", "HIP", "EXTREMITY", "HEAD", "ABDOMEN", "THORACIC SPINE", "PELVIS", "T_SPINE"]
)
def test_another_body_part_is_refused_by_name(part):
    reason = refused(part=part)
    assert reason is not None
    assert part.replace("_", " ") in reason


@pytest.mark.parametrize(
    "part", ["CHEST", "Thorax", "CHEST_TO_ABDOMEN", "LUNG", "RIBS", "", "UNKNOWN", "TORAX"]
)
def test_a_chest_or_nothing_said_is_left_to_the_pixels(part):
    assert refused(part=part) is None


@pytest.mark.parametrize("view", ["LL", "RL", "LATERAL", "LLD", "Left Lateral", "L_LAT"])
def test_a_lateral_is_refused_as_such(view):
    assert "lateral view" in (refused(view=view) or "")


@pytest.mark.parametrize("view", ["PA", "AP", "", "AP SUPINE", "ANTERO_POSTERIOR"])
def test_a_frontal_or_unknown_view_is_left_to_the_pixels(view):
    assert refused(view=view) is None


def test_multi_frame_and_tiny_pictures_are_refused():
    assert refused(frames=10) == "not a single film (10 frames)"
    assert "63 x 400" in (refused(rows=63) or "")
    assert refused(rows=64, columns=64) is None


def test_a_film_with_the_watermark_of_synthetic_films_is_refused_whatever_its_header_says(gate, chest):
    marked = mark(chest)

    assert gate.check(film(marked), marked).reason.startswith(
        "synthetic image (its pixels hold the watermark"
    )
    assert gate.check(film(255 - marked), np.fliplr(marked)).reason.startswith("synthetic image")
    assert gate.check(film(chest), chest).is_frontal_chest


def test_a_synthetic_film_is_refused_unless_it_is_asked_for(gate, chest, monkeypatch):
    phantom = film(chest, synthetic=True)

    assert gate.check(phantom, chest).reason == "synthetic image (SyntheticData)"
    assert not gate.check(phantom, chest).is_frontal_chest
    assert load_gate(allow_synthetic=True).check(phantom, chest).is_frontal_chest
    monkeypatch.setenv(gate_module.ALLOW_SYNTHETIC, "1")
    assert load_gate().check(phantom, chest).is_frontal_chest
    monkeypatch.setenv(gate_module.ALLOW_SYNTHETIC, "0")
    assert not load_gate().check(phantom, chest).is_frontal_chest


@pytest.mark.parametrize(
    "change", ["as it is", "upside down", "mirrored", "inverted", "turned", "half the size"]
)
def test_a_frontal_chest_passes_however_it_hangs(gate, chest, change):
    picture = {
        "as it is": chest,
        "upside down": chest[::-1, ::-1],
        "mirrored": chest[:, ::-1],
        "inverted": 255 - chest,
        "turned": np.rot90(chest),
        "half the size": chest[::2, ::2],
    }[change]
    picture = np.ascontiguousarray(picture)

    result = gate.check(film(picture), picture)

    assert result.is_frontal_chest, result
    assert result.reason == ""
    assert result.scores["frontal chest"] > 0.5


def test_a_lateral_is_known_by_its_pixels_when_the_header_is_silent(gate, lateral):
    result = gate.check(film(lateral, view=""), lateral)

    assert not result.is_frontal_chest
    assert result.reason == "looks like a lateral view; only frontal chest films are read"


def not_chests():
    rng = np.random.default_rng(5)
    line = np.linspace(0, 255, 200)
    yield "noise", rng.integers(0, 256, (200, 200))
    yield "a wedge", np.tile(line, (160, 1))
    yield "a disc", 200 * (np.hypot(*np.meshgrid(np.arange(-100, 100), np.arange(-100, 100))) < 80)
    bone = 255 * np.exp(-(((np.arange(300) - 150) / 30) ** 2))
    yield "a bar", np.tile(bone, (300, 1))


@pytest.mark.parametrize(
    ("name", "picture"), list(not_chests()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_no_chest_is_refused_by_its_pixels(gate, name, picture):
    picture = picture.astype(np.uint8)

    result = gate.check(film(picture), picture)

    assert not result.is_frontal_chest
    assert result.reason


def test_a_blank_picture_is_refused_as_blank(gate):
    blank = np.full((200, 200), 90, np.uint8)

    assert "blank" in gate.check(film(blank), blank).reason


def test_the_reason_names_the_likelier_wrong_class():
    limits = Limits(0.4, 9.0, 0.1, 12.0)

    assert (
        "lateral"
        in verdict({"frontal chest": 0.1, "lateral chest": 0.6, "other": 0.3, "distance": 1}, limits).reason
    )
    assert (
        "chest radiograph"
        in verdict({"frontal chest": 0.1, "lateral chest": 0.3, "other": 0.6, "distance": 1}, limits).reason
    )
    far = verdict({"frontal chest": 0.9, "lateral chest": 0.05, "other": 0.05, "distance": 9.5}, limits)
    assert not far.is_frontal_chest
    assert "unlike" in far.reason


def test_a_header_that_says_frontal_chest_gives_a_hazy_film_more_room():
    limits = Limits(0.4, 9.0, 0.1, 12.0)
    hazy = {"frontal chest": 0.2, "lateral chest": 0.1, "other": 0.7, "distance": 10}

    assert not verdict(hazy, limits).is_frontal_chest
    assert verdict(hazy, limits, is_stated=True).is_frontal_chest
    assert not verdict({**hazy, "frontal chest": 0.05}, limits, is_stated=True).is_frontal_chest
    assert not verdict({**hazy, "distance": 13}, limits, is_stated=True).is_frontal_chest


@pytest.mark.parametrize(
    ("modality", "part", "view", "stated"),
    [
        ("DX", "CHEST", "PA", True),
        ("cr", "Thorax", "AP SUPINE", True),
        ("DX", "CHEST", "", False),
        ("DX", "", "PA", False),
        ("OT", "CHEST", "PA", False),
        ("DX", "CHEST", "LL", False),
    ],
)
def test_only_a_full_header_states_a_frontal_chest(modality, part, view, stated):
    assert is_stated_frontal_chest(modality, part, view) is stated


@given(
    picture=hnp.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))),
    side=st.sampled_from([32, 96]),
)
def test_any_picture_fits_whole_into_the_square(picture, side):
    square = fit(picture, side)

    assert square.shape == (side, side)
    levels = network_input(square)
    assert levels.dtype == np.float32
    assert np.isfinite(levels).all()
    assert -1 <= levels.min() <= levels.max() <= 1


def test_exposure_does_not_matter(chest):
    dark = (chest * 0.4 + 30).astype(np.uint8)

    assert np.abs(network_input(chest) - network_input(dark)).mean() < 0.02


def test_the_bundled_gate_is_small_and_says_how_it_was_measured():
    manifest = json.loads((FOLDER / "manifest.json").read_text())

    assert (FOLDER / "gate.onnx").stat().st_size < 1_000_000
    assert "gate.recipe" in manifest["measured_with"]
    assert manifest["licence"]
    sources = ("real nih", "real kermany_paediatric", "real hannover", "real nih_64px")
    settled = [manifest["measured"]["pictures"][source] for source in sources]
    assert sum(s["n"] * s["passed"] for s in settled) / sum(s["n"] for s in settled) >= 0.99
    assert manifest["measured"]["pictures"]["real lateral"]["passed"] <= 0.1


def test_a_changed_network_is_refused(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "gate")
    weights = bytearray((tmp_path / "gate" / "gate.onnx").read_bytes())
    weights[-1] ^= 1
    (tmp_path / "gate" / "gate.onnx").write_bytes(bytes(weights))

    with pytest.raises(PackRefused, match=r"gate\.onnx"):
        load_gate(tmp_path / "gate")


def test_a_missing_gate_is_refused_with_its_folder(tmp_path):
    with pytest.raises(PackRefused, match="can't be read"):
        load_gate(tmp_path)


def test_the_manifest_names_the_network_that_lies_beside_it():
    manifest = json.loads((FOLDER / "manifest.json").read_text())

    weights = (FOLDER / "gate.onnx").read_bytes()
    assert manifest["files"]["gate.onnx"]["sha256"] == hashlib.sha256(weights).hexdigest()
    assert manifest["files"]["gate.onnx"]["size"] == len(weights)
