from __future__ import annotations

import json
from datetime import date

import pytest

from viewer.core.film_json import header_from_json, header_to_json
from viewer.core.study import FilmHeader, LookupTable, PixelDescription, Window

HEADER = FilmHeader(
    PixelDescription(
        rows=3,
        columns=4,
        windows=(Window(1.5, 2, "lung"),),
        voi_luts=(LookupTable(-3, 12, (1, 2, 3), "curve"),),
        pixel_spacing_mm=(0.1, 0.2),
        patient_orientation=("L", "F"),
    ),
    sop_instance_uid="1.2.3",
    study_date=date(2024, 1, 2),
    series_number=7,
    notices=("odd",),
)


def test_a_header_comes_back_as_it_went():
    assert header_from_json(json.loads(json.dumps(header_to_json(HEADER)))) == HEADER


def changed(path: str, value: object) -> dict[str, object]:
    plain = json.loads(json.dumps(header_to_json(HEADER)))
    *parents, last = path.split(".")
    place = plain
    for parent in parents:
        place = place[parent]
    place[last] = value
    return plain


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sop_instance_uid", 5),
        ("sop_instance_uid", None),
        ("sop_instance_uid", "x" * 5000),
        ("series_number", "7"),
        ("series_number", 7.5),
        ("is_synthetic", 1),
        ("study_date", "yesterday"),
        ("notices", "odd"),
        ("notices", ["a"] * 70_000),
        ("surplus", 1),
        ("pixels", []),
        ("pixels.rows", "3"),
        ("pixels.rows", True),
        ("pixels.pixel_spacing_mm", [0.1]),
        ("pixels.voi_luts", [[1, 2]]),
    ],
)
def test_a_header_that_is_not_one_is_refused(path, value):
    with pytest.raises(ValueError):  # noqa: PT011 - any reason will do, the caller says its own
        header_from_json(changed(path, value))


@pytest.mark.parametrize("plain", [None, [], 5, "header", {}])
def test_something_else_is_refused(plain):
    with pytest.raises(ValueError, match="not a"):
        header_from_json(plain)
