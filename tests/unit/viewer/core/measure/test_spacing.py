"""Where millimetres come from: every rule of the table, on films that are written and read like real ones."""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import replace
from datetime import date

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from tests.factories import chest_film_dataset
from viewer.core import tags
from viewer.core.dicom_file import open_dicom
from viewer.core.header import read_header
from viewer.core.measure.geometry import length
from viewer.core.measure.spacing import Calibration, Rule, calibrated_size, spacing_of
from viewer.core.study import PixelDescription

ENDS = ((20.5, 30.5), (100.5, 90.5))  # 80 columns, 60 rows, 100 pixels apart
PLAIN = PixelDescription(128, 112)


def bead_phantom():
    """Two beads on a dark film, their middles at ENDS."""
    y, x = np.mgrid[0:128, 0:112] + 0.5
    beads = [np.exp(-((x - bx) ** 2 + (y - by) ** 2) / 4) for bx, by in ENDS]
    return np.clip(sum(beads), 0, 1)


def film(**header):
    """A bead phantom as a file's header and stored values, through the reading that the viewer does."""
    wishes = {"picture": bead_phantom(), "pixel_spacing_mm": None} | header
    dataset = chest_film_dataset(**wishes)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return read_header(open_dicom(out.getvalue(), tags.HEADER), "ab" * 32), dataset.pixel_array


def beads_seen(stored):
    """The middles of the two beads, as the picture shows them."""
    labels, count = ndimage.label(stored > stored.max() * 0.3)
    assert count == 2
    middles = ndimage.center_of_mass(stored.astype(float), labels, [1, 2])
    return sorted((x + 0.5, y + 0.5) for y, x in middles)


CASES = [
    pytest.param(
        {"ImagerPixelSpacing": [0.2, 0.2]}, Rule.DETECTOR, 20.0, "mm at detector", id="detector alone"
    ),
    pytest.param(
        {"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.2, 0.2]},
        Rule.DETECTOR,
        20.0,
        "mm at detector",
        id="detector, said twice",
    ),
    pytest.param(
        {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 1.10},
        Rule.MAGNIFIED,
        20.0 / 1.1,
        "mm, detector ÷ ERMF 1.10 (estimate)",
        id="magnified",
    ),
    pytest.param(
        {
            "ImagerPixelSpacing": [0.2, 0.2],
            "EstimatedRadiographicMagnificationFactor": 1.25,
            "DistanceSourceToDetector": 1500,
            "DistanceSourceToPatient": 1200,
        },
        Rule.MAGNIFIED,
        16.0,
        "mm, detector ÷ ERMF 1.25 (estimate)",
        id="magnified, as the distances say",
    ),
    pytest.param(
        {
            "ImagerPixelSpacing": [0.2, 0.2],
            "EstimatedRadiographicMagnificationFactor": 1.10,
            "DistanceSourceToDetector": 1500,
            "DistanceSourceToPatient": 1200,
        },
        Rule.DETECTOR,
        20.0,
        "mm at detector",
        id="magnified, but the distances disagree",
    ),
    pytest.param(
        {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 1},
        Rule.DETECTOR,
        20.0,
        "mm at detector",
        id="a magnification of 1 is none",
    ),
    pytest.param(
        {
            "ImagerPixelSpacing": [0.2, 0.2],
            "PixelSpacing": [0.18, 0.18],
            "PixelSpacingCalibrationType": "FIDUCIAL",
        },
        Rule.CALIBRATED_STATED,
        18.0,
        "mm, calibrated (fiducial)",
        id="calibrated on a fiducial",
    ),
    pytest.param(
        {
            "ImagerPixelSpacing": [0.2, 0.2],
            "PixelSpacing": [0.17, 0.17],
            "PixelSpacingCalibrationType": "GEOMETRY",
            "EstimatedRadiographicMagnificationFactor": 1.10,
        },
        Rule.CALIBRATED_STATED,
        17.0,
        "mm, calibrated (geometry)",
        id="calibrated by geometry wins over the magnification",
    ),
    pytest.param(
        {"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.18, 0.18]},
        Rule.CALIBRATED_UNSTATED,
        18.0,
        "mm, calibrated (method not stated)",
        id="calibrated, nobody says how",
    ),
    pytest.param(
        {"NominalScannedPixelSpacing": [0.25, 0.25], "PixelSpacing": [0.25, 0.25]},
        Rule.SCANNED,
        25.0,
        "mm on scanned film",
        id="scanned film",
    ),
    pytest.param(
        {"PixelSpacing": [0.3, 0.3]}, Rule.AS_STATED, 30.0, "mm as stated (plane unknown)", id="as stated"
    ),
    pytest.param({}, Rule.PIXELS, 100.0, "px", id="nothing stated"),
    pytest.param(
        {"ImagerPixelSpacing": [0.4, 0.2]},
        Rule.DETECTOR,
        math.hypot(80 * 0.2, 60 * 0.4),
        "mm at detector",
        id="pixels that are not square",
    ),
    pytest.param(
        {"PixelAspectRatio": [2, 1]},
        Rule.PIXELS,
        math.hypot(80, 120),
        "px",
        id="aspect ratio without spacing",
    ),
]


@pytest.mark.parametrize(("header", "rule", "expected", "label"), CASES)
def test_a_phantom_is_measured_with_its_spacing_and_label(header, rule, expected, label):
    read, stored = film(**header)
    spacing = spacing_of(read.pixels, is_verified=read.is_verified)
    ends = beads_seen(stored)
    assert all(math.dist(seen, true) <= 0.5 for seen, true in zip(ends, ENDS, strict=True))
    assert (spacing.rule, spacing.label) == (rule, label)
    assert length(*ENDS, spacing.pixel_size) == pytest.approx(expected)
    one_pixel = max(spacing.pixel_size)  # half a pixel at either end
    assert abs(length(*ends, spacing.pixel_size) - expected) <= one_pixel


def test_a_magnification_that_is_not_followed_says_why():
    detector = replace(PLAIN, imager_pixel_spacing_mm=(0.2, 0.2))
    disagreeing = replace(
        detector, magnification_factor=1.1, source_to_detector_mm=1500.0, source_to_patient_mm=1200.0
    )
    assert "disagrees with the distances" in spacing_of(disagreeing).note
    within = replace(disagreeing, magnification_factor=1.24)  # 0.8 % off 1.25
    assert spacing_of(within).rule is Rule.MAGNIFIED
    assert "can't be" in spacing_of(replace(detector, magnification_factor=0.8)).note


@pytest.mark.parametrize("spacing", [(40.0, 40.0), (1e-6, 1e-6), (1.0, 0.01), (math.nan, 0.2)])
def test_a_spacing_that_no_film_has_gives_no_millimetres(spacing):
    assert spacing_of(replace(PLAIN, imager_pixel_spacing_mm=spacing)).rule is Rule.PIXELS


CALIBRATION = Calibration(ENDS[0], ENDS[1], 25.0, "Dr Kim", date(2026, 11, 22), "marker ball")


def test_a_calibration_by_the_reader_wins_and_names_them():
    header = replace(PLAIN, imager_pixel_spacing_mm=(0.2, 0.2), magnification_factor=1.1)
    spacing = spacing_of(header, calibration=CALIBRATION)
    assert spacing.label == "mm, calibrated by Dr Kim, 2026-11-22"
    assert length(*ENDS, spacing.pixel_size) == pytest.approx(25.0)


def test_a_calibration_keeps_the_shape_of_the_pixels():
    size = calibrated_size(CALIBRATION, replace(PLAIN, pixel_aspect_ratio=(2, 1)))
    assert size[0] == pytest.approx(2 * size[1])
    assert length(*ENDS, size) == pytest.approx(25.0)


def test_a_calibration_line_without_length_changes_nothing():
    nowhere = replace(CALIBRATION, end=CALIBRATION.start)
    assert spacing_of(PLAIN, calibration=nowhere).rule is Rule.PIXELS


sides = st.one_of(st.floats(), st.floats(0.01, 5))
spacings = st.none() | st.tuples(sides, sides)
headers = st.builds(
    PixelDescription,
    rows=st.just(128),
    columns=st.just(112),
    pixel_aspect_ratio=st.none() | st.tuples(st.integers(1, 100), st.integers(1, 100)),
    imager_pixel_spacing_mm=spacings,
    pixel_spacing_mm=spacings,
    spacing_calibration_type=st.sampled_from(["", "FIDUCIAL", "GEOMETRY", "OTHER"]),
    nominal_scanned_spacing_mm=spacings,
    magnification_factor=st.none() | st.floats() | st.floats(0.9, 2),
    source_to_detector_mm=st.none() | st.floats(1, 4000),
    source_to_patient_mm=st.none() | st.floats(1, 4000),
)
calibrations = st.none() | st.builds(
    Calibration,
    start=st.tuples(st.floats(0, 112), st.floats(0, 128)),
    end=st.tuples(st.floats(0, 112), st.floats(0, 128)),
    known_mm=st.floats(0.1, 500),
    by=st.just("Dr Kim"),
    on=st.just(date(2026, 11, 22)),
)


@given(header=headers, calibration=calibrations)
def test_the_label_is_never_missing(header, calibration):
    spacing = spacing_of(header, calibration=calibration)
    assert spacing.label.startswith("mm") if spacing.is_mm else spacing.label == "px"
    assert all(math.isfinite(side) and side > 0 for side in spacing.pixel_size)


@given(header=headers, calibration=calibrations)
def test_an_unverified_image_never_gives_millimetres(header, calibration):
    spacing = spacing_of(header, is_verified=False, calibration=calibration)
    assert (spacing.is_mm, spacing.label) == (False, "px")


@given(header=headers)
def test_no_millimetres_without_a_spacing_in_the_header(header):
    empty = replace(
        header, imager_pixel_spacing_mm=None, pixel_spacing_mm=None, nominal_scanned_spacing_mm=None
    )
    assert not spacing_of(empty).is_mm
