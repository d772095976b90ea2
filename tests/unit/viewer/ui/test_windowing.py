"""Window and level by hand stay sane, for windows and LUTs, whatever the film's scale of values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import description, ramp
from viewer.core.study import FilmPixels, LookupTable, Window
from viewer.core.voi import LutVoi, WindowVoi, apply_voi, window_problem
from viewer.ui.film_view import FilmView
from viewer.ui.windowing import described, dragged, equivalent_window, grey_range, with_preset

LUT = LutVoi(LookupTable(100, 12, tuple(range(0, 4096, 4)), "THORAX"))


def loaded(**changes):
    grey, _ = grey_range(ramp(**changes))
    return FilmView(voi=grey.as_acquired, voi_name=grey.as_acquired_name), grey


def test_dragging_right_widens_and_down_darkens():
    view, grey = loaded(windows=(Window(2000, 1000),))
    wider = dragged(view, grey, 100, 0)
    darker = dragged(view, grey, 0, 100)
    assert wider.voi.width > 1000
    assert wider.voi.center == 2000
    value = np.array([[2000.0]])
    assert apply_voi(value, darker.voi) < apply_voi(value, view.voi)


def test_dragging_down_darkens_a_monochrome1_film_too():
    view, grey = loaded(windows=(Window(2000, 1000),), photometric_interpretation="MONOCHROME1")
    darker = dragged(view, grey, 0, 100, is_inverse=True)
    value = np.array([[2000.0]])
    assert 1 - apply_voi(value, darker.voi) < 1 - apply_voi(value, view.voi)


def test_a_drag_is_relative_to_the_films_own_range():
    _, small_grey = loaded()
    wide = ramp(rescale_slope=1000.0)
    wide_grey, _ = grey_range(wide)
    big = dragged(FilmView(voi=wide_grey.automatic), wide_grey, 50, 0)
    little = dragged(FilmView(voi=small_grey.automatic), small_grey, 50, 0)
    assert big.voi.width / wide_grey.span == pytest.approx(little.voi.width / small_grey.span)


@given(
    st.lists(st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)), max_size=8),
    st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    st.sampled_from([1.0, 0.001, -3.0]),
)
def test_no_drag_makes_a_window_that_cannot_be_drawn_or_loses_the_picture(steps, function, slope):
    grey, _ = grey_range(ramp(rescale_slope=slope, windows=(Window(100, 50),), voi_lut_function=function))
    view = FilmView(voi=grey.as_acquired)
    for right, down in steps:
        view = dragged(view, grey, right, down)
    assert window_problem(Window(view.voi.center, view.voi.width), view.voi.function) == ""
    assert (
        abs(view.voi.center - grey.automatic.center)
        <= max(2 * grey.span, abs(100 - grey.automatic.center)) + 1e-6
    )


def test_dragging_a_lut_goes_over_to_its_window_and_key_1_brings_it_back():
    view, grey = loaded(voi_luts=(LUT.table,))
    assert view.voi == LUT
    off = dragged(view, grey, 10, 0)
    assert isinstance(off.voi, WindowVoi)
    assert off.is_lut_off
    back = with_preset(off, grey, 1)
    assert back.voi == LUT
    assert not back.is_lut_off
    assert described(back) == "LUT THORAX"


def test_the_equivalent_window_ends_where_the_lut_does():
    flat_ends = LookupTable(1000, 8, (0,) * 50 + tuple(range(256)) + (255,) * 50)
    window = equivalent_window(flat_ends)
    assert window.center == pytest.approx(1000 + 50 + 128, abs=3)
    assert window.width == pytest.approx(256, abs=8)


def test_a_constant_lut_still_has_a_window():
    assert equivalent_window(LookupTable(0, 8, (7, 7, 7))).width >= 1


def test_key_0_is_automatic_and_key_2_goes_through_what_is_stored():
    windows = (Window(2000, 1000, "SOFT"), Window(2500, 400, "HARD"))
    view, grey = loaded(windows=windows)
    assert view.voi_name == "SOFT"
    assert with_preset(view, grey, 0).voi == grey.automatic
    second = with_preset(view, grey, 2)
    assert (second.voi_name, second.voi.center) == ("HARD", 2500)
    assert with_preset(second, grey, 2).voi_name == "SOFT"
    assert described(second) == "W 400  L 2500 (HARD)"


def test_a_film_without_a_window_starts_automatic_and_key_2_does_nothing():
    view, grey = loaded()
    assert view.voi_name == "auto"
    assert with_preset(view, grey, 2) == view


def test_an_unusable_window_is_told_and_not_offered():
    grey, notices = grey_range(ramp(windows=(Window(2000, 0),)))
    assert grey.stored == ()
    assert notices


def test_a_film_that_is_not_loaded_ignores_drags():
    _, grey = loaded()
    assert dragged(FilmView(), grey, 10, 10) == FilmView()


def test_a_flat_film_can_be_dragged():
    grey, _ = grey_range(FilmPixels(description(), np.full((60, 50), 7, np.uint16)))
    assert dragged(FilmView(voi=grey.as_acquired), grey, 1, 1).voi.width > 0
