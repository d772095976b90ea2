"""A millimetre of the film on a millimetre of the monitor."""

from __future__ import annotations

import pytest
from gui.viewer.test_tools import Bench, calibrate
from PySide6.QtWidgets import QDialog

from viewer.core.measure.screen import real_size_zoom
from viewer.core.measure.spacing import Rule, Spacing


def measure_monitor(desk, bar_mm):
    desk.wish("measure_monitor")
    (dialog,) = [found for found in desk.window.findChildren(QDialog) if found.isVisible()]
    ok = dialog.buttons.button(dialog.buttons.StandardButton.Ok)
    assert not ok.isEnabled()
    dialog.length.setValue(bar_mm)
    ok.click()


def test_a_measured_monitor_shows_the_film_at_real_size(desk):
    bench = Bench(desk)
    measure_monitor(desk, 100.0)  # 400 pixels: 4 to the mm
    desk.wish("real_size")
    assert desk.view(bench.film).zoom == pytest.approx(0.8)  # pixels of 0.2 mm
    assert "mm at detector" in desk.window.status_line.text()
    assert "measured" in desk.window.status_line.text()
    bench.undo()
    assert desk.view(bench.film).zoom is None


def test_real_size_follows_the_calibration_of_the_film(desk):
    bench = Bench(desk)
    measure_monitor(desk, 100.0)
    calibrate(bench, 10.0)  # 100 pixels are 10 mm
    desk.wish("real_size")
    assert desk.view(bench.film).zoom == pytest.approx(0.4)


def test_a_monitor_that_nobody_measured_says_so(desk):
    bench = Bench(desk)
    desk.wish("real_size")
    assert desk.view(bench.film).zoom is not None
    assert "not measured" in desk.window.status_line.text()


def test_a_film_without_millimetres_has_no_real_size(desk):
    bench = Bench(desk, is_verified=False)
    desk.wish("real_size")
    assert desk.view(bench.film).zoom is None
    assert "needs millimetres" in desk.window.status_line.text()


def test_a_length_that_no_monitor_has_is_not_kept(desk):
    bench = Bench(desk)
    measure_monitor(desk, 1.0)
    assert "not kept" in desk.window.status_line.text()
    desk.wish("real_size")
    assert "not measured" in desk.window.status_line.text()
    assert bench.film


def test_pixels_that_are_not_square_are_measured_along_their_shorter_side():
    assert real_size_zoom(Spacing(Rule.DETECTOR, (0.4, 0.2), "mm at detector"), 5.0) == 1.0
    assert real_size_zoom(Spacing(Rule.PIXELS, (1.0, 1.0), "px"), 5.0) is None
    assert real_size_zoom(Spacing(Rule.DETECTOR, (0.4, 0.2), "mm at detector"), float("nan")) is None
