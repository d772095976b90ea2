"""What a manifest may say about reading, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engine.changes import ChangeRules
from inference.engine.settings import ReadingSettings
from inference.errors import PackRefused


def settings(**reading) -> ReadingSettings:
    return ReadingSettings.from_manifest(reading)


def test_without_settings_the_list_decides_and_nothing_is_calibrated():
    plain = ReadingSettings.from_manifest({})

    assert plain.confidence("edema", 0.3) == (0.3, False)
    assert plain.presence("edema", 0.01, is_listed=True) == "present"
    assert plain.presence("edema", 0.99, is_listed=False) == "absent"


def test_a_threshold_outweighs_the_list():
    chosen = settings(decision={"edema": 0.35})

    assert chosen.presence("edema", 0.35, is_listed=False) == "present"
    assert chosen.presence("edema", 0.34, is_listed=True) == "absent"
    assert chosen.presence("fracture", 0.34, is_listed=True) == "present"


def test_what_the_pack_cannot_judge_is_never_present():
    chosen = ReadingSettings.from_manifest({"decision": {"fracture": 0.0}}, ["fracture"])

    assert chosen.presence("fracture", 1.0, is_listed=True) == "not assessed"


def test_a_temperature_draws_towards_the_middle_and_a_bias_shifts():
    confidence, is_calibrated = settings(calibration={"edema": {"temperature": 2.0}}).confidence("edema", 0.9)
    shifted, _ = settings(calibration={"edema": {"temperature": 1.0, "bias": -1.0}}).confidence("edema", 0.5)

    assert is_calibrated
    assert confidence == pytest.approx(0.75)  # logit 2.197 halved
    assert shifted == pytest.approx(0.26894, abs=1e-5)


@given(st.floats(0, 1))
def test_a_table_is_interpolated_and_flat_beyond_its_ends(p):
    curve = settings(calibration={"edema": {"x": [0.2, 0.4, 0.8], "y": [0.1, 0.1, 0.9]}})
    confidence, _ = curve.confidence("edema", p)

    expected = 0.1 if p <= 0.4 else 0.9 if p >= 0.8 else 0.1 + (p - 0.4) * 2
    assert confidence == pytest.approx(expected)


@given(st.floats(0, 1), st.floats(0.1, 10), st.floats(-5, 5))
def test_a_calibrated_confidence_is_a_probability(p, temperature, bias):
    curve = settings(calibration={"edema": {"temperature": temperature, "bias": bias}})

    assert 0 <= curve.confidence("edema", p)[0] <= 1


@pytest.mark.parametrize(
    "reading",
    [
        {"decision": {"edema": 1.2}},
        {"decision": {"edema": True}},
        {"decision": {"goitre": 0.5}},
        {"decision": ["edema"]},
        {"calibration": {"edema": {"temperature": 0}}},
        {"calibration": {"edema": {"bias": 1}}},
        {"calibration": {"edema": {"x": [0.4, 0.2], "y": [0, 1]}}},
        {"calibration": {"edema": {"x": [0, 1], "y": [1, 0]}}},
        {"calibration": {"edema": {"x": [0, float("nan")], "y": [0, 1]}}},
        {"box_findings": ["heart"]},
        {"box_findings": "edema"},
        {"descision": {"edema": 0.5}},
        {"change": {"certainty_band": 0}},
        {"change": {"certainty_band": True}},
        {"change": {"edge_error": 0.6}},
        {"change": {"certainty_band": 1.0, "edge_error": 0.02}},
        {"change": {"size": 1}},
        {"change": 1.0},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(reading):
    with pytest.raises(PackRefused, match=r"manifest\.json"):
        ReadingSettings.from_manifest(reading)


def test_boxes_are_asked_for_every_finding_unless_the_pack_names_some():
    assert settings().asks_for_boxes("edema")
    assert not settings(box_findings=["pneumothorax"]).asks_for_boxes("edema")
    assert not settings(box_findings=[]).asks_for_boxes("edema")


def test_a_pack_says_by_what_it_tells_that_something_grew():
    assert settings().change == ChangeRules()
    assert settings(change={"certainty_band": 1}).change.certainty_band == 1
    assert settings(change={"edge_error": 0.02}).change == ChangeRules(edge_error=0.02)
