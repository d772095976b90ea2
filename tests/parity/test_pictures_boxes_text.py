"""Preprocessing, boxes and report cleaning against the published functions: all exact."""

from __future__ import annotations

import numpy as np
import pytest
from parity.fixture_files import ROOT, arrays, folders_with, has, listed, read
from PIL import Image

from inference.boxes import box_text, from_grid, to_grid
from inference.preprocess import PictureProcessor
from inference.text.report import clean_report


def _numbered(name, *path):
    return pytest.mark.parametrize("index", range(len(listed(name, *path))))


def _picture(path):
    with Image.open(ROOT / path) as image:
        return np.asarray(image.convert("L"))


@_numbered("preprocess/cases.json", "cases")
def test_pictures_are_cropped_and_normalised_exactly(index):
    told = read("preprocess/cases.json")
    case = told["cases"][index]
    processor = PictureProcessor(told["crop"], told["image_mean"][0], told["image_std"][0])
    picture = _picture(f"preprocess/{case['input']}")
    crop, pixels = processor.crop(picture), processor.pixel_values(picture)

    assert picture.shape == (case["height"], case["width"])
    assert np.array_equal(crop, _picture(f"preprocess/{case['crop']}"))
    assert int(crop.sum(dtype=np.int64)) == case["sum_u8"]
    assert [int(crop[y, x]) for y, x in ((0, 0), (0, -1), (-1, 0), (-1, -1))] == case["corners_u8"]
    assert pixels.mean(dtype=np.float64) == pytest.approx(case["pixel_mean"], abs=1e-9)
    assert pixels.std(dtype=np.float64) == pytest.approx(case["pixel_std"], abs=1e-9)


def test_each_grey_levels_pixel_value_is_bit_exact():
    expected = arrays("preprocess/lut.npz")["u8_to_pixel"]
    assert np.array_equal(PictureProcessor(518).table, expected)


@pytest.mark.parametrize(
    "name", [path.name for path in sorted(ROOT.glob("preprocess/preprocessor_config_*.json"))]
)
def test_published_processor_settings_are_understood(name):
    processor = PictureProcessor.from_preprocessor_config(read(f"preprocess/{name}"))
    assert processor.side == int(name.removesuffix(".json").rsplit("_", 1)[1])
    assert PictureProcessor.from_preprocessor_config(processor.to_preprocessor_config()) == processor


@pytest.mark.parametrize("folder", folders_with("inputs.npz", "images/img_0.png"))
def test_a_models_pictures_become_its_pixel_values(folder):
    inputs = arrays(f"{folder}/inputs.npz")
    side = inputs["crop_u8"].shape[-1]
    name = f"preprocess/preprocessor_config_{side}.json"
    if not has(name):
        pytest.skip(f"this fixture set has no {name}")
    processor = PictureProcessor.from_preprocessor_config(read(name))
    for number, crop in enumerate(inputs["crop_u8"]):
        picture = _picture(f"{folder}/images/img_{number}.png")
        assert np.array_equal(processor.crop(picture), crop)
        if "pixel_values" in inputs:
            assert np.array_equal(processor.pixel_values(picture), inputs["pixel_values"][number])


@_numbered("boxes/bbox_cases.json", "normalize")
def test_boxes_go_onto_the_grid_and_back(index):
    case = read("boxes/bbox_cases.json")["normalize"][index]
    width, height, box = case["width"], case["height"], tuple(case["box"])
    assert box_text(to_grid(box, width, height)) == case["shortest_edge"]
    assert box_text(to_grid(box, width, height, "longest_edge")) == case["longest_edge"]
    assert list(from_grid(to_grid(box, width, height), width, height)) == case["back_to_original"]


@_numbered("boxes/bbox_cases.json", "inverse")
def test_boxes_come_back_from_the_grid(index):
    case = read("boxes/bbox_cases.json")["inverse"][index]
    assert list(from_grid(tuple(case["normalized"]), case["width"], case["height"])) == case["original"]


@_numbered("text/clean_report.json")
def test_reports_are_cleaned_as_published(index):
    case = read("text/clean_report.json")[index]
    assert clean_report(case["raw"]) == case["clean"]
    assert " ".join(case["raw"].split()) == case["whitespace_cleansed"]
