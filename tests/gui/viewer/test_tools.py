"""Measuring, drawing, calibrating and magnifying, as a reader does it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from gui.viewer.conftest import Desk
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent
from PySide6.QtWidgets import QApplication, QDialog

from tests.factories_ui import description, film, ramp
from viewer.core.measure.annotation import Kind
from viewer.core.measure.marks_file import MarksFile, MarksFileError
from viewer.ui.film_painting import text_areas
from viewer.ui.tools.controller import Tools
from viewer.ui.tools.glass import Lens
from viewer.ui.tools.labels import labels_of
from viewer.ui.tools.words_field import WordsField

DETECTOR = {"imager_pixel_spacing_mm": (0.2, 0.2)}
LEFT = Qt.MouseButton.LeftButton


class Bench:
    """A desk with one film and what a test does on it, in stored pixels."""

    def __init__(self, desk: Desk, **header):
        self.desk = desk
        self.film = film("a", pixels=description(600, 500, **DETECTOR), **header)
        desk.reader.films[self.film.key] = ramp(600, 500, **DETECTOR)
        desk.drop(self.film)
        self.tools = next(part for part in desk.window.features if isinstance(part, Tools))
        desk.wait(lambda: self.tools.book.film(self.film.key))

    @property
    def viewport(self):
        return self.desk.viewport(self.film)

    @property
    def marks(self):
        return self.tools.book.marks_of(self.film.key).annotations

    @property
    def shown(self):
        return self.viewport.state.human

    @property
    def lines(self):
        return [one.lines for one in self.shown.marks]

    def at(self, x, y):
        return QPointF(*self.viewport.placement().to_screen(x, y)) / self.viewport.devicePixelRatioF()

    def send(self, kind, x, y, button=LEFT, buttons=LEFT):
        """A mouse event at exactly this stored point, between the screen's pixels too."""
        position = self.at(x, y)
        event = QMouseEvent(
            kind,
            position,
            self.viewport.mapToGlobal(position),
            button,
            buttons,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(self.viewport, event)

    def press(self, x, y):
        self.send(QMouseEvent.Type.MouseButtonPress, x, y)

    def move(self, x, y, buttons=LEFT):
        self.send(QMouseEvent.Type.MouseMove, x, y, Qt.MouseButton.NoButton, buttons)

    def release(self, x, y):
        self.send(QMouseEvent.Type.MouseButtonRelease, x, y, LEFT, Qt.MouseButton.NoButton)

    def drag(self, start, *rest):
        self.press(*start)
        for point in rest:
            self.move(*point)
        self.release(*rest[-1])

    def click(self, x, y):
        self.move(x, y, Qt.MouseButton.NoButton)
        self.press(x, y)
        self.release(x, y)

    def key(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        self.desk.press(key, modifier)

    def undo(self):
        self.desk.wish("undo")

    def redo(self):
        self.desk.wish("redo")

    def labels(self):
        viewport = self.viewport
        metrics = QFontMetricsF(viewport.font())
        bounds = viewport.rect().toRectF()
        pixels = viewport.picture.pixels.description
        taken = text_areas(bounds, viewport.state, pixels, viewport.device_size, metrics)
        return labels_of(self.shown, viewport.placement(), 1, bounds, metrics, taken), taken


@pytest.fixture
def bench(desk):
    return Bench(desk)


def test_a_length_is_dragged_and_says_where_its_millimetres_come_from(bench):
    bench.key(Qt.Key.Key_D)
    bench.drag((100, 100), (150, 150), (400, 500))
    assert bench.lines == [("100.0 mm at detector",)]
    assert bench.desk.window.actions_by_id["tool_length"].isChecked()


def test_a_length_is_clicked_end_by_end(bench):
    bench.key(Qt.Key.Key_D)
    bench.click(100, 100)
    bench.move(250, 300, Qt.MouseButton.NoButton)
    assert bench.lines == [("50.0 mm at detector",)]  # the number follows the mouse
    assert bench.marks == ()
    bench.click(400, 500)
    assert bench.lines == [("100.0 mm at detector",)]
    assert len(bench.marks) == 1


@pytest.mark.parametrize("wish", ["one_to_one", "rotate_right", "flip_left_right", "flip_top_bottom"])
def test_line_ends_lie_where_the_mouse_was_to_half_a_pixel(bench, wish):
    bench.desk.wish("one_to_one")
    if wish != "one_to_one":
        bench.desk.wish(wish)
    bench.key(Qt.Key.Key_D)
    ends = ((200.3, 250.6), (300.8, 350.2))
    viewport = bench.viewport
    clicked = [bench.at(*end).toPoint() for end in ends]  # whole screen pixels, as a mouse reports them
    bench.desk.qtbot.mousePress(viewport, LEFT, pos=clicked[0])
    bench.desk.qtbot.mouseMove(viewport, clicked[1])
    bench.desk.qtbot.mouseRelease(viewport, LEFT, pos=clicked[1])
    for drawn, meant in zip(bench.marks[0].points, ends, strict=True):
        assert abs(drawn[0] - meant[0]) <= 0.5
        assert abs(drawn[1] - meant[1]) <= 0.5


def test_angle_cobb_and_cardiothoracic_ratio(bench):
    bench.key(Qt.Key.Key_A)
    bench.drag((100, 100), (100, 300))
    bench.click(300, 300)
    bench.key(Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    bench.drag((250, 100), (350, 100))
    bench.drag((250, 200), (350, 300))
    bench.key(Qt.Key.Key_C)
    bench.drag((200, 400), (325, 380))
    bench.drag((150, 450), (400, 450))
    assert bench.lines == [
        ("90.0°",),
        ("Cobb 45.0°",),
        ("CTR 0.50", "heart 25.0 / thorax 50.0 mm at detector"),
    ]
    assert [mark.kind for mark in bench.marks] == [Kind.ANGLE, Kind.COBB, Kind.CTR]


@pytest.mark.parametrize("wish", ["tool_ellipse", "tool_rectangle"])
def test_a_region_shows_its_values(bench, wish):
    bench.desk.wish(wish)
    bench.drag((100, 100), (200, 200))
    mean, span, area = bench.lines[0]
    stored = ramp(600, 500).stored[100:200, 100:200]
    if wish == "tool_rectangle":
        assert mean == f"mean {stored.mean():.5g}  SD {stored.std():.4g}"
        assert span == f"min {stored.min()}  max {stored.max()}  (modality values)"
        assert area == "400.0 mm² · mm at detector"
    else:
        assert area == f"{math.pi * 100:.1f} mm² · mm at detector"


def test_a_large_region_is_measured_without_holding_up_the_window(desk, monkeypatch):
    monkeypatch.setattr("viewer.ui.tools.region_values.QUICK_PIXELS", 1000)
    bench = Bench(desk)
    bench.desk.wish("tool_rectangle")
    bench.press(100, 100)
    bench.move(200, 200)
    assert bench.lines[0][0] == "measuring…"
    bench.release(200, 200)
    desk.wait(lambda: bench.lines[0][0].startswith("mean"))


def test_an_arrow_carries_words(bench):
    bench.key(Qt.Key.Key_T)
    bench.drag((100, 100), (200, 200))
    (field,) = bench.viewport.findChildren(WordsField)
    bench.desk.qtbot.keyClicks(field, "wIzd 3?")  # letters that are keys of the window elsewhere
    bench.desk.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert bench.lines == [("wIzd 3?",)]
    assert not bench.desk.view(bench.film).is_inverted


def test_escape_gives_up_the_drawing_then_gives_the_window_tool_back(bench):
    bench.key(Qt.Key.Key_D)
    bench.click(100, 100)
    bench.move(200, 200, Qt.MouseButton.NoButton)
    assert len(bench.shown.marks) == 1
    bench.key(Qt.Key.Key_Escape)
    assert bench.shown.marks == ()
    assert bench.desk.window.actions_by_id["tool_length"].isChecked()
    bench.key(Qt.Key.Key_Escape)
    assert bench.desk.window.actions_by_id["tool_window"].isChecked()
    before = bench.desk.view(bench.film).voi
    bench.drag((100, 100), (150, 100), (200, 100))
    assert bench.desk.view(bench.film).voi.width > before.width
    assert bench.marks == ()


@pytest.mark.parametrize(("key", "what"), [(Qt.Key.Key_Z, "zoom"), (Qt.Key.Key_M, "center")])
def test_zoom_and_pan_lie_on_the_left_button_while_their_tool_is_chosen(bench, key, what):
    bench.desk.wish("one_to_one")
    before = bench.desk.view(bench.film)
    bench.key(key)
    bench.drag((250, 300), (250, 310), (250, 330))
    after = bench.desk.view(bench.film)
    assert getattr(after, what) != getattr(before, what)
    assert after.voi == before.voi


def draw_length(bench, start=(100, 100), end=(400, 500)):
    bench.desk.wish("tool_length")
    bench.drag(start, end)
    bench.desk.wish("tool_window")
    return bench.marks[-1]


def test_a_handle_is_dragged_without_a_jump_and_finer_than_a_pixel(bench):
    draw_length(bench)
    bench.drag((400.9, 500.4), (401.9, 501.4), (411.15, 510.65))
    assert bench.marks[0].points[1] == pytest.approx((410.25, 510.25))
    assert bench.marks[0].points[0] == pytest.approx((100, 100))


def test_a_mark_is_moved_by_its_line_and_deleted_with_its_key(bench):
    draw_length(bench)
    before = bench.desk.view(bench.film).voi
    bench.drag((250, 300), (260, 300), (280, 290))
    assert bench.marks[0].points == (pytest.approx((130, 90)), pytest.approx((430, 490)))
    assert bench.desk.view(bench.film).voi == before  # it is no drag of the window
    bench.key(Qt.Key.Key_Delete)
    assert bench.marks == ()
    assert not bench.desk.window.actions_by_id["delete_mark"].isEnabled()


def test_a_click_on_empty_film_lets_go_of_the_mark(bench):
    mark = draw_length(bench)
    bench.click(250, 300)
    assert bench.shown.selected == mark.id
    bench.click(50, 550)
    assert bench.shown.selected == ""
    bench.key(Qt.Key.Key_Delete)
    assert len(bench.marks) == 1


def test_a_label_can_be_dragged_and_the_line_stays(bench):
    mark = draw_length(bench)
    (label,), _ = bench.labels()
    middle = label.plate.center()
    x, y = bench.viewport.placement().to_stored(middle.x(), middle.y())
    bench.drag((x, y), (x - 50, y - 60), (x - 100, y - 120))
    assert bench.marks[0].points == mark.points
    (label,), _ = bench.labels()
    moved = label.plate.center() - middle
    assert moved.x() < 0
    assert moved.y() < 0


@pytest.mark.parametrize("place", [(2, 2), (490, 2), (2, 590), (490, 590)])
def test_a_label_is_never_under_the_corner_text(bench, place):
    bench.desk.window.resize(620, 420)
    QApplication.processEvents()
    draw_length(bench, (250, 300), place)
    labels, taken = bench.labels()
    assert len(taken) >= 4
    for label in labels:
        assert bench.viewport.rect().toRectF().contains(label.plate)
        assert not any(area.intersects(label.plate) for area in taken)


def test_marks_lie_on_the_film_however_it_is_shown(bench):
    mark = draw_length(bench)
    for wish in ("rotate_right", "flip_left_right", "one_to_one"):
        bench.desk.wish(wish)
        assert bench.shown.marks[0].mark == mark
        bench.click(*mark.points[0])
        assert bench.shown.selected == mark.id


def test_human_marks_are_hidden_while_space_is_held(bench):
    bench.desk.wait(lambda: bench.viewport.is_resting)
    draw_length(bench)
    drawn = bench.viewport.grab().toImage()
    bench.desk.window.films.hide_marks(True)
    assert bench.viewport.grab().toImage() != drawn
    bench.drag((250, 300), (300, 300))  # nor can they be moved by mistake
    assert bench.marks[0].points[0] == pytest.approx((100, 100))
    bench.desk.window.films.hide_marks(False)


def test_the_corner_says_where_millimetres_come_from(bench):
    assert bench.shown.scale == "mm at detector"


def test_a_picture_file_is_measured_in_pixels_and_can_not_be_calibrated(desk):
    bench = Bench(desk, is_verified=False)
    draw_length(bench)
    assert bench.lines == [("500.0 px",)]
    bench.desk.wish("tool_calibrate")
    bench.drag((100, 50), (200, 50))
    assert not [d for d in desk.window.findChildren(QDialog) if d.isVisible()]
    assert "can't be calibrated" in desk.window.status_line.text()


# ── undo ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_view_change_is_undone_and_done_again(bench):
    start = bench.desk.view(bench.film)
    seen = [start]
    for wish in ("invert", "flip_left_right", "rotate_right", "preset_0", "preset_3", "one_to_one"):
        bench.desk.wish(wish)
        QApplication.processEvents()
        if bench.desk.view(bench.film) != seen[-1]:
            seen.append(bench.desk.view(bench.film))
    assert len(seen) >= 6
    for expected in reversed(seen[:-1]):
        bench.undo()
        assert bench.desk.view(bench.film) == expected
    assert not bench.desk.window.actions_by_id["undo"].isEnabled()
    for expected in seen[1:]:
        bench.redo()
        assert bench.desk.view(bench.film) == expected
    assert not bench.desk.window.actions_by_id["redo"].isEnabled()


def test_one_drag_is_one_step(bench):
    before = bench.desk.view(bench.film)
    bench.desk.drag(bench.film, LEFT, 90, 40, steps=12)
    after = bench.desk.view(bench.film)
    bench.desk.drag(bench.film, Qt.MouseButton.RightButton, 0, -60, steps=12)
    assert bench.desk.view(bench.film).zoom != after.zoom
    bench.undo()
    assert bench.desk.view(bench.film) == after
    bench.undo()
    assert bench.desk.view(bench.film) == before


def test_quick_turns_of_the_wheel_are_one_step(bench):
    before = bench.desk.view(bench.film)
    for _ in range(4):
        bench.desk.wheel(bench.film, 1, Qt.KeyboardModifier.ControlModifier)
        QApplication.processEvents()
    assert bench.desk.view(bench.film).zoom is not None
    bench.undo()
    assert bench.desk.view(bench.film) == before


def test_marks_are_undone_in_the_order_in_which_they_were_made(bench):
    first = draw_length(bench)
    bench.drag((400, 500), (405, 505), (420, 520))
    moved = bench.marks[0]
    bench.desk.wish("invert")
    bench.key(Qt.Key.Key_Delete)
    for expected in ((moved,), (moved,), (first,), ()):
        bench.undo()
        assert bench.marks == expected
    for expected in ((first,), (moved,), (moved,), ()):
        bench.redo()
        assert bench.marks == expected


def test_what_is_undone_comes_back_on_screen(desk):
    bench = Bench(desk)
    other = film("b", patient_id="P2", patient_name="Other^One")
    desk.wish("invert")
    QApplication.processEvents()
    desk.drop(other)
    assert desk.on_screen() == [other]
    bench.undo()
    assert desk.on_screen() == [bench.film]
    assert not desk.view(bench.film).is_inverted


# ── calibration ─────────────────────────────────────────────────────────────────────────────────────────────


def calibrate(bench, known_mm, name="Dr Kim"):
    bench.desk.wish("tool_calibrate")
    bench.drag((100, 50), (200, 50))
    (dialog,) = [d for d in bench.desk.window.findChildren(QDialog) if d.isVisible()]
    ok = dialog._buttons.button(dialog._buttons.StandardButton.Ok)
    assert not ok.isEnabled()  # nothing is calibrated without a length
    dialog.length.setValue(known_mm)
    dialog.object.setText("marker ball")
    dialog.name.setText(name)
    ok.click()


def test_calibrating_relabels_visibly_and_is_undone(bench):
    draw_length(bench)
    calibrate(bench, 10.0)
    today = bench.tools.book.marks_of(bench.film.key).calibration.on.isoformat()
    assert bench.lines == [
        (f"50.0 mm, calibrated by Dr Kim, {today}", "was 100.0 mm at detector"),
    ]
    assert bench.shown.scale == f"mm, calibrated by Dr Kim, {today}"
    kept = bench.tools.book.marks_of(bench.film.key).calibration
    assert (kept.what, kept.known_mm, kept.by) == ("marker ball", 10.0, "Dr Kim")
    bench.undo()
    assert bench.lines == [("100.0 mm at detector",)]
    assert bench.shown.scale == "mm at detector"
    bench.redo()
    bench.desk.wish("remove_calibration")
    assert bench.lines[0][0] == "100.0 mm at detector"
    assert bench.lines[0][1].startswith("was 50.0 mm, calibrated")


def test_a_length_that_can_not_be_is_refused_and_said(bench):
    draw_length(bench)
    bench.desk.wish("tool_calibrate")
    bench.drag((100, 50), (100, 55), (100, 60))  # 10 pixels: 50 mm each
    (dialog,) = [d for d in bench.desk.window.findChildren(QDialog) if d.isVisible()]
    dialog.length.setValue(500.0)
    dialog.name.setText("Dr Kim")
    dialog._give()
    assert "not calibrated" in bench.desk.window.status_line.text()
    assert bench.lines == [("100.0 mm at detector",)]
    assert bench.tools.book.marks_of(bench.film.key).calibration is None


def test_the_name_is_remembered_for_the_next_calibration(bench):
    calibrate(bench, 10.0, "Dr Kim")
    bench.desk.wish("tool_calibrate")
    bench.drag((100, 50), (200, 50))
    (dialog,) = [d for d in bench.desk.window.findChildren(QDialog) if d.isVisible()]
    assert dialog.name.text() == "Dr Kim"
    dialog.reject()


# ── kept ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_marks_and_calibration_are_there_after_a_restart(qtbot, reader, scan):
    first = Desk(qtbot, reader, scan)
    bench = Bench(first)
    draw_length(bench)
    calibrate(bench, 10.0)
    drawn = bench.tools.book.marks_of(bench.film.key)
    first.window.close()

    second = Desk(qtbot, reader, scan)
    again = Bench(second)
    second.wait(lambda: again.marks)
    assert again.tools.book.marks_of(again.film.key) == drawn
    assert again.lines[0][1] == "was 100.0 mm at detector"
    second.window.close()


def test_another_file_with_the_same_uid_has_marks_of_its_own(qtbot, reader, scan):
    desk = Desk(qtbot, reader, scan)
    bench = Bench(desk)
    draw_length(bench)
    other = replace(bench.film, file_sha256="c" * 64)
    desk.drop(other)
    assert bench.tools.book.marks_of(other.key).annotations == ()
    desk.window.close()


def test_marks_that_could_not_be_read_are_not_written_over(qtbot, reader, scan, monkeypatch):
    first = Desk(qtbot, reader, scan)
    old = draw_length(Bench(first))
    first.window.close()

    can_read = MarksFile.read

    def locked(self, film):
        raise MarksFileError("The annotations could not be reached.")

    monkeypatch.setattr(MarksFile, "read", locked)
    second = Desk(qtbot, reader, scan)
    bench = Bench(second)
    second.wait(lambda: "could not be reached" in second.window.status_line.text())
    assert bench.marks == ()
    monkeypatch.setattr(MarksFile, "read", can_read)
    new = draw_length(bench, (50, 50), (100, 50))
    second.wait(lambda: len(bench.marks) == 2)  # the old one has come, the new one is kept beside it
    second.window.close()
    assert MarksFile().read((bench.film.header.sop_instance_uid, bench.film.file_sha256)).annotations == (
        old,
        new,
    )


def test_a_drawing_that_was_begun_on_another_film_is_given_up(desk):
    bench = Bench(desk)
    other = film("b", study_instance_uid="1.a", instance_number=2)
    desk.reader.films[other.key] = ramp(600, 500)
    bench.desk.wish("tool_length")
    bench.click(100, 100)
    bench.move(200, 200, Qt.MouseButton.NoButton)
    desk.drop(bench.film, other)
    desk.window.light_box.choose_film(other.key)
    desk.wait(lambda: desk.is_shown(other))
    shown = [shown for shown in desk.on_screen() if shown != bench.film]
    assert shown == [other]
    desk.click(other, 30, 30)
    desk.click(other, 10, 40)
    for either in (bench.film, other):
        for mark in bench.tools.book.marks_of(either.key).annotations:
            assert mark.points[0] != pytest.approx((100, 100))


def test_the_key_deletes_no_mark_that_is_not_on_screen(desk):
    bench = Bench(desk)
    draw_length(bench)
    assert bench.shown.selected
    desk.drop(film("b", patient_id="P2", patient_name="Other^One"))
    assert bench.film not in desk.on_screen()
    bench.tools.delete_own_mark()
    assert len(bench.marks) == 1


# ── magnifier ───────────────────────────────────────────────────────────────────────────────────────────────


def lenses(bench):
    return [lens for lens in bench.viewport.findChildren(Lens) if lens.isVisible()]


def test_the_magnifier_is_there_while_its_key_is_held(bench):
    bench.move(250, 300, Qt.MouseButton.NoButton)
    bench.desk.qtbot.keyPress(bench.viewport, Qt.Key.Key_G)
    (lens,) = lenses(bench)
    bench.move(100, 150, Qt.MouseButton.NoButton)
    assert lens.view.center == pytest.approx((100, 150))
    bench.desk.qtbot.keyRelease(bench.viewport, Qt.Key.Key_G)
    assert lenses(bench) == []


def test_the_magnifier_shows_every_pixel_of_a_fitted_film(desk):
    large = film("large", pixels=description(3000, 2500))
    stored = np.zeros((3000, 2500), np.uint16)
    stored[1500, 1250] = 4095  # one pixel that the fitted view averages away
    desk.reader.films[large.key] = replace(ramp(3000, 2500), stored=stored)
    desk.drop(large)
    viewport = desk.viewport(large)
    desk.qtbot.mouseMove(viewport, viewport.rect().center() + QPoint(1, 1))
    desk.wish("preset_0")
    desk.wish("pin_magnifier")
    (lens,) = [found for found in viewport.findChildren(Lens) if found.isVisible()]
    assert lens.view.zoom == 1.0  # the film is fitted at less than a quarter of that
    desk.wish("magnifier_4x")
    assert lens.view.zoom == 2.0


def test_the_magnifier_helps_while_a_handle_is_placed(bench):
    draw_length(bench)
    bench.desk.wish("pin_magnifier")
    bench.press(400, 500)
    bench.move(402, 503)
    (lens,) = lenses(bench)
    assert lens.view.center == pytest.approx((402, 503))
    bench.release(402, 503)
    assert bench.marks[0].points[1] == pytest.approx((402, 503))
