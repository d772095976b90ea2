"""Plugins' boxes under the reader's hand: moved, resized, deleted, drawn, hovered. The owner alone changes them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication

from tests.factories_ui import description, film, ramp
from viewer.api import Mark, MarkEdit
from viewer.ui.film_picture import FilmPicture
from viewer.ui.host import PluginHost
from viewer.ui.marking.feature import MarkEditing
from viewer.ui.marks import paint_marks
from viewer.ui.output.view_picture import PictureWish, copy_of, paint_view
from viewer.ui.placement import Placement, Posture
from viewer.ui.tools.controller import Tools

LEFT = Qt.MouseButton.LeftButton
NEW = film("new", study_date=date(2024, 3, 1), pixels=description(600, 500))
BOX = (100.0, 150.0, 300.0, 350.0)


class Bench:
    """The window with one film, and a plugin that keeps boxes on it and obeys the reader."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self.window = desk.window
        desk.reader.films[NEW.key] = ramp(600, 500)
        desk.drop(NEW)
        self.viewport = desk.viewport(NEW)
        self.host = PluginHost(desk.window, "Boxes")
        self.edits: list[MarkEdit] = []
        self.hovered: list[str | None] = []
        self.clicked: list[str] = []
        self.drawn: list = []
        self.host.on_mark_edited(self.edits.append)
        self.host.on_mark_hovered(self.hovered.append)
        self.host.on_mark_clicked(self.clicked.append)
        self.editing = next(one for one in desk.window.features if isinstance(one, MarkEditing))
        self.tools = next(one for one in desk.window.features if isinstance(one, Tools))

    def put(self, *marks: Mark) -> None:
        self.host.set_marks("boxes", marks)

    def at(self, x: float, y: float) -> QPoint:
        u, v = self.viewport.placement().to_screen(x, y)
        ratio = self.viewport.devicePixelRatioF()
        return QPoint(round(u / ratio), round(v / ratio))

    def press(self, x: float, y: float) -> None:
        self.desk.qtbot.mousePress(self.viewport, LEFT, pos=self.at(x, y))

    def move(self, x: float, y: float) -> None:
        self.desk.qtbot.mouseMove(self.viewport, self.at(x, y))

    def hover(self, at: QPoint) -> None:
        """The mouse passes with no button down: told to the viewport, wherever the system's own pointer is."""
        spot, button, none = QPointF(at), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(
            QEvent.Type.MouseMove, spot, self.viewport.mapToGlobal(spot), button, button, none
        )
        QApplication.sendEvent(self.viewport, event)

    def release(self, x: float, y: float) -> None:
        self.desk.qtbot.mouseRelease(self.viewport, LEFT, pos=self.at(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.press(*start)
        self.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.move(*end)
        self.release(*end)

    def click(self, x: float, y: float) -> None:
        self.desk.qtbot.mouseClick(self.viewport, LEFT, pos=self.at(x, y))

    @property
    def touch(self):
        return self.viewport.state.touch

    @property
    def pixel(self) -> float:
        """Stored pixels per pixel of the screen: the mouse can't be more precise."""
        return self.viewport.devicePixelRatioF() / self.viewport.placement().step_x


@pytest.fixture
def bench(desk):
    return Bench(desk)


def box(mark_id: str = "b1", xyxy=BOX, **more) -> Mark:
    return Mark(mark_id, NEW.key, xyxy, "nodule", is_editable=True, **more)


def close_to(bench, xyxy):
    return pytest.approx(xyxy, abs=1.01 * bench.pixel)


# ── moving and resizing ─────────────────────────────────────────────────────────────────────────────────────


def test_a_box_is_moved_by_its_line_and_its_owner_is_told_once(bench):
    bench.put(box())
    bench.drag((160, 150), (210, 190))

    (edit,) = bench.edits
    assert (edit.mark_id, edit.kind, edit.film_key) == ("b1", "moved", NEW.key)
    assert edit.xyxy == close_to(bench, (150, 190, 350, 390))
    assert bench.viewport.state.marks[0].xyxy == BOX  # only its owner changes it


def test_the_corner_resizes_a_box(bench):
    bench.put(box())
    bench.drag((300, 350), (340, 320))
    assert bench.edits[0].xyxy == close_to(bench, (100, 150, 340, 320))


@pytest.mark.parametrize(
    "posture", ["flip_left_right", "flip_top_bottom", "rotate_right", "rotate_left"], ids=str
)
def test_a_box_is_resized_where_it_is_seen_on_a_flipped_or_turned_film(bench, posture):
    bench.put(box())
    bench.desk.wish(posture)
    bench.desk.wish("rotate_right")
    bench.drag((100, 250), (60, 250))  # the left edge of the stored picture
    assert bench.edits[0].xyxy == close_to(bench, (60, 150, 300, 350))


def test_a_box_is_moved_under_zoom_and_pan(bench):
    bench.put(box())
    bench.desk.wheel(NEW, 4, Qt.KeyboardModifier.ControlModifier)
    bench.desk.drag(NEW, Qt.MouseButton.MiddleButton, 40, 30)
    bench.drag((150, 350), (160, 330))
    assert bench.edits[0].xyxy == close_to(bench, (110, 130, 310, 330))


def test_a_box_dragged_over_the_films_edge_stops_there(bench):
    bench.put(box())
    bench.drag((160, 150), (-200, 150))
    assert bench.edits[0].xyxy[0] == 0
    assert bench.edits[0].xyxy[2] == pytest.approx(200)


def test_a_corner_pulled_over_the_opposite_one_does_not_turn_the_box_inside_out(bench):
    bench.put(box())
    bench.drag((300, 350), (20, 20))
    x1, y1, x2, y2 = bench.edits[0].xyxy
    assert (x2 - x1, y2 - y1) == pytest.approx((3, 3))


def test_while_it_is_dragged_the_outline_follows_and_goes_with_the_button(bench):
    bench.put(box())
    bench.press(160, 150)
    bench.move(210, 190)
    assert bench.touch.outline == close_to(bench, (150, 190, 350, 390))
    assert bench.edits == []

    bench.release(210, 190)
    assert bench.touch.outline is None


def test_the_other_film_is_not_painted_anew_while_a_box_is_dragged(bench):
    old = film("old", study_date=date(2024, 1, 1), pixels=description(600, 500))
    bench.desk.reader.films[old.key] = ramp(600, 500)
    bench.desk.drop(old, NEW)
    bench.viewport = bench.desk.viewport(NEW)
    bench.put(box())
    before = bench.desk.viewport(old).state
    bench.press(160, 150)
    bench.move(210, 190)
    assert bench.touch.outline is not None
    assert bench.desk.viewport(old).state is before
    bench.release(210, 190)


def test_esc_gives_a_running_drag_up(bench):
    bench.put(box())
    bench.press(160, 150)
    bench.move(210, 190)
    bench.desk.press(Qt.Key.Key_Escape)
    assert bench.touch.outline is None

    bench.move(250, 250)
    bench.release(250, 250)
    assert bench.edits == []


def test_another_button_during_a_drag_changes_nothing(bench):
    bench.put(box())
    before = bench.desk.view(NEW)
    bench.press(160, 150)
    bench.move(210, 190)
    bench.desk.qtbot.mouseClick(bench.viewport, Qt.MouseButton.RightButton, pos=bench.at(250, 250))
    assert bench.edits == []
    bench.release(210, 190)
    assert len(bench.edits) == 1
    assert bench.desk.view(NEW) == before


def test_a_double_click_on_a_box_does_not_show_its_film_alone(bench):
    old = film("old", study_date=date(2024, 1, 1), pixels=description(600, 500))
    bench.desk.reader.films[old.key] = ramp(600, 500)
    bench.desk.drop(old, NEW)
    bench.viewport = bench.desk.viewport(NEW)
    bench.put(box())
    bench.desk.qtbot.mouseDClick(bench.viewport, LEFT, pos=bench.at(160, 150))
    assert bench.window.films.maximised is None
    bench.release(160, 150)
    bench.desk.qtbot.mouseDClick(bench.viewport, LEFT, pos=bench.at(400, 500))
    assert bench.window.films.maximised is not None


def test_another_film_in_the_place_of_a_dragged_one_ends_the_drag(bench):
    bench.put(box())
    bench.press(160, 150)
    bench.move(210, 190)
    bench.desk.drop(film("b", patient_id="P2", patient_name="Other^One"))
    bench.move(220, 200)
    bench.release(220, 200)
    assert bench.edits == []


@pytest.mark.parametrize(
    ("at", "turned", "shape"),
    [
        ((100, 150), False, Qt.CursorShape.SizeFDiagCursor),
        ((300, 150), False, Qt.CursorShape.SizeBDiagCursor),
        ((100, 150), True, Qt.CursorShape.SizeBDiagCursor),
        ((200, 150), False, Qt.CursorShape.SizeVerCursor),
        ((200, 150), True, Qt.CursorShape.SizeHorCursor),
        ((150, 150), False, Qt.CursorShape.SizeAllCursor),
    ],
)
def test_the_cursor_says_what_a_press_would_do(bench, at, turned, shape):
    bench.put(box())
    if turned:
        bench.desk.wish("rotate_right")
    bench.hover(bench.at(*at))
    assert bench.viewport.cursor().shape() is shape
    bench.hover(bench.at(450, 550))
    assert bench.viewport.cursor().shape() is Qt.CursorShape.ArrowCursor


def test_a_box_is_moved_by_its_caption(bench):
    bench.put(box())
    start = bench.at(110, 150) - QPoint(0, 14)
    bench.desk.qtbot.mousePress(bench.viewport, LEFT, pos=start)
    bench.desk.qtbot.mouseMove(bench.viewport, start + QPoint(30, 20))
    bench.desk.qtbot.mouseRelease(bench.viewport, LEFT, pos=start + QPoint(30, 20))
    right, down = 30 * bench.pixel, 20 * bench.pixel
    assert bench.edits[0].xyxy == close_to(bench, (100 + right, 150 + down, 300 + right, 350 + down))


def test_handles_and_the_outline_are_painted(bench):
    bench.put(box())
    bare = bench.viewport.grab().toImage()
    bench.click(160, 150)
    selected = bench.viewport.grab().toImage()
    assert selected != bare
    bench.press(160, 150)
    bench.move(210, 190)
    u, v = bench.viewport.placement().to_screen(250, 190)
    dragged = bench.viewport.grab().toImage()
    assert dragged.pixel(round(u), round(v)) != selected.pixel(round(u), round(v))
    bench.release(210, 190)


def test_a_press_without_a_drag_is_a_click(bench):
    bench.put(box())
    bench.click(160, 150)
    assert bench.clicked == ["b1"]
    assert bench.edits == []
    assert bench.touch.selected == "b1"


def test_inside_a_box_the_window_is_set_as_everywhere(bench):
    bench.put(box())
    before = bench.desk.view(NEW).voi
    bench.drag((200, 250), (260, 280))
    assert bench.edits == []
    assert bench.desk.view(NEW).voi != before


def test_a_mark_that_is_not_editable_stays_where_it_is(bench):
    bench.put(replace(box(), is_editable=False))
    bench.drag((160, 150), (210, 190))
    assert bench.edits == []
    bench.click(160, 150)
    assert bench.touch.selected == ""


def test_while_a_tool_draws_the_boxes_do_not_stop_it(bench):
    bench.put(box())
    bench.desk.wish("tool_length")
    bench.drag((160, 150), (210, 190))
    assert bench.edits == []
    assert len(bench.tools.book.marks_of(NEW.key).annotations) == 1


def test_where_a_measurement_lies_on_a_box_the_readers_own_mark_is_held(bench):
    bench.desk.wish("tool_length")
    bench.drag((100, 250), (300, 250))  # from edge to edge, as a heart is measured
    bench.desk.wish("tool_window")
    bench.put(box())
    bench.drag((300, 250), (320, 260))
    assert bench.edits == []
    (length,) = bench.tools.book.marks_of(NEW.key).annotations
    assert length.points[1] == close_to(bench, (320, 260))


def test_a_mark_that_its_owner_takes_away_during_the_drag_is_let_go(bench):
    bench.put(box())
    bench.press(160, 150)
    bench.move(210, 190)
    bench.put()
    bench.move(220, 190)
    assert bench.touch.outline is None
    bench.release(220, 190)
    assert bench.edits == []


def test_hidden_marks_can_not_be_moved(bench):
    bench.put(box())
    bench.window.films.hide_marks(True)
    bench.drag((160, 150), (210, 190))
    assert bench.edits == []


def test_the_mark_that_its_owner_sets_in_place_of_a_moved_one_stays_selected(bench):
    def obey(edit: MarkEdit) -> None:
        bench.put(replace(box(), is_editable=False, is_faint=True), box("human", edit.xyxy))

    bench.host.on_mark_edited(obey)
    bench.put(box())
    bench.drag((160, 150), (210, 190))
    assert bench.touch.selected == "human"


# ── deleting ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_delete_key_asks_the_owner_to_delete_the_selected_box(bench):
    bench.put(box())
    assert not bench.window.actions_by_id["delete_mark"].isEnabled()
    bench.click(200, 250)
    bench.desk.press(Qt.Key.Key_Delete)
    assert bench.edits == [MarkEdit("b1", "deleted", BOX, NEW.key)]


def test_backspace_deletes_no_box(bench):
    bench.put(box())
    bench.click(200, 250)
    bench.desk.press(Qt.Key.Key_Backspace)
    assert bench.edits == []


def test_a_click_elsewhere_or_esc_lets_go_of_the_box(bench):
    bench.put(box())
    bench.click(200, 250)
    bench.click(400, 500)
    assert bench.touch.selected == ""
    bench.click(200, 250)
    bench.desk.press(Qt.Key.Key_Escape)
    assert bench.touch.selected == ""
    assert not bench.window.actions_by_id["delete_mark"].isEnabled()


def test_delete_takes_the_readers_own_mark_where_that_is_selected(bench):
    bench.put(box())
    bench.click(200, 250)
    bench.desk.wish("tool_length")
    bench.drag((380, 450), (450, 500))
    bench.desk.wish("tool_window")
    bench.desk.press(Qt.Key.Key_Delete)
    assert bench.edits == []
    assert bench.tools.book.marks_of(NEW.key).annotations == ()


# ── hovering ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hovered_box_is_told_once_and_so_is_the_way_out(bench):
    bench.put(box())
    for at in ((400, 500), (200, 250), (210, 260), (400, 500)):
        bench.hover(bench.at(*at))
    assert bench.hovered == ["b1", None]


def test_the_caption_counts_as_its_box(bench):
    bench.put(box())
    bench.hover(bench.at(110, 150) - QPoint(0, 12))
    assert bench.hovered == ["b1"]


def test_a_box_that_goes_away_under_the_mouse_is_left(bench):
    bench.put(box())
    bench.hover(bench.at(200, 250))
    bench.put()
    assert bench.hovered == ["b1", None]


def test_highlighting_a_mark_draws_no_film_anew(bench, monkeypatch):
    bench.put(box())
    bench.desk.wait(lambda: bench.viewport.is_resting)
    bench.viewport.grab()
    asked = []
    for name in ("quick", "fine"):
        drawn = getattr(FilmPicture, name)
        monkeypatch.setattr(
            FilmPicture, name, lambda *args, _drawn=drawn, _n=name: asked.append(_n) or _drawn(*args)
        )
    for is_highlighted in (True, False, True):
        bench.put(box(is_highlighted=is_highlighted))
        bench.viewport.grab()
    assert bench.viewport.state.marks[0].is_highlighted
    assert asked == []


# ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────


def ask(bench, cancelled=None):
    return bench.host.draw_box("Box for nodule", lambda *got: bench.drawn.append(got), cancelled)


def test_a_box_is_drawn_on_the_film_and_given_once(bench):
    ask(bench)
    assert "Box for nodule" in bench.window.status_line.text()
    assert bench.viewport.cursor().shape() is Qt.CursorShape.CrossCursor

    bench.drag((300, 350), (100, 150))
    bench.drag((10, 10), (60, 60))  # this one is for the window again

    ((film_key, xyxy),) = bench.drawn
    assert film_key == NEW.key
    assert xyxy == close_to(bench, BOX)
    assert bench.viewport.cursor().shape() is not Qt.CursorShape.CrossCursor


def test_a_drawn_box_that_its_owner_keeps_is_selected(bench):
    bench.host.draw_box("Box", lambda film_key, xyxy: bench.put(box("mine", xyxy)))
    bench.drag((100, 150), (300, 350))
    assert bench.touch.selected == "mine"
    bench.desk.press(Qt.Key.Key_Delete)
    assert [(edit.mark_id, edit.kind) for edit in bench.edits] == [("mine", "deleted")]


def test_while_a_box_is_drawn_other_boxes_and_measurements_lie_still(bench):
    bench.desk.wish("tool_length")
    bench.drag((100, 250), (300, 250))
    bench.put(box())
    ask(bench)
    bench.drag((300, 250), (350, 300))
    assert bench.edits == []
    assert len(bench.drawn) == 1


def test_too_small_a_box_is_refused_quietly_and_may_be_tried_again(bench):
    ask(bench)
    bench.click(200, 200)
    bench.drag((200, 200), (201, 300))
    assert bench.drawn == []
    bench.drag((200, 200), (250, 300))
    assert len(bench.drawn) == 1


def test_a_tremor_of_the_hand_draws_nothing_on_a_film_that_is_shown_small(bench):
    bench.desk.wheel(NEW, -8, Qt.KeyboardModifier.ControlModifier)
    ask(bench)
    at = bench.at(200, 200)
    assert 2 * bench.pixel > 3
    bench.desk.qtbot.mousePress(bench.viewport, LEFT, pos=at)
    bench.desk.qtbot.mouseRelease(bench.viewport, LEFT, pos=at + QPoint(2, 2))
    assert bench.drawn == []


@pytest.mark.parametrize("way", ["escape", "tool", "another", "study"])
def test_the_reader_may_give_the_drawing_up(bench, way):
    cancelled = []
    ask(bench, lambda: cancelled.append(way))
    if way == "escape":
        bench.desk.press(Qt.Key.Key_Escape)
    elif way == "tool":
        bench.desk.wish("tool_zoom")
    elif way == "another":
        bench.host.draw_box("Another", lambda *_: None)
    else:
        bench.desk.drop(film("b", patient_id="P2", patient_name="Other^One"))
    assert cancelled == [way]
    if way != "study":
        bench.drag((100, 150), (300, 350))
    assert bench.drawn == []


def test_one_esc_is_enough_where_the_box_was_asked_for_from_a_text(bench):
    search = bench.window.studies.search
    search.setFocus()
    bench.desk.wait(search.hasFocus)
    cancelled = []
    ask(bench, lambda: cancelled.append(1))
    bench.desk.wait(bench.viewport.hasFocus)
    bench.desk.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert cancelled == [1]


def test_the_plugin_may_give_the_drawing_up(bench):
    cancelled = []
    undo = ask(bench, lambda: cancelled.append(1))
    undo()
    undo()
    bench.drag((100, 150), (300, 350))
    assert (bench.drawn, cancelled) == ([], [])


def test_a_plugin_that_goes_leaves_nothing_to_draw(bench):
    ask(bench)
    bench.host.take_back()
    bench.drag((100, 150), (300, 350))
    assert bench.drawn == []


# ── undo ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plugins_step_stands_among_views_and_marks(bench):
    done = []
    bench.desk.wish("invert")
    bench.host.add_undo_step("box moved", lambda: done.append("back"), lambda: done.append("again"), NEW.key)
    bench.desk.wish("undo")
    assert done == ["back"]
    assert "box moved" in bench.window.status_line.text()
    bench.desk.wish("undo")
    assert done == ["back"]
    assert not bench.desk.view(NEW).is_inverted
    bench.desk.wish("redo")
    bench.desk.wish("redo")
    assert done == ["back", "again"]


def test_a_step_that_was_taken_out_is_passed_over(bench):
    done = []
    bench.desk.wish("invert")
    bench.desk.wait(bench.window.actions_by_id["undo"].isEnabled)
    take_out = bench.host.add_undo_step("box moved", lambda: done.append(1), lambda: None)
    take_out()
    bench.desk.wish("undo")
    assert done == []
    assert not bench.desk.view(NEW).is_inverted


def test_undoing_a_step_of_another_study_brings_its_film_back(bench):
    bench.host.add_undo_step("box moved", lambda: None, lambda: None, NEW.key)
    bench.desk.drop(film("b", patient_id="P2", patient_name="Other^One"))
    bench.desk.wish("undo")
    bench.desk.wait(lambda: NEW in bench.desk.on_screen())


# ── how marks look ──────────────────────────────────────────────────────────────────────────────────────────


def along_the_edge(mark: Mark) -> list[int]:
    """Grey levels along the upper line of a mark on a mid-grey film."""
    image = QImage(260, 100, QImage.Format.Format_RGB32)
    image.fill(QColor(120, 120, 120))
    painter = QPainter(image)
    paint_marks(painter, [mark], Placement(Posture(), 1, 1, 0, 0), 1, QRectF(image.rect()))
    painter.end()
    return [QColor(image.pixel(x, 30)).lightness() for x in range(20, 240)]


def test_line_styles_are_told_apart_without_colour():
    plain = Mark("m", "film", (10, 30, 250, 80), color="#b4b4b4")
    bright = {
        style: sum(level > 150 for level in along_the_edge(replace(plain, style=style))) / 220
        for style in ("solid", "dashed", "dotted")
    }
    assert bright["solid"] == 1
    assert 0.4 < bright["dashed"] < 0.7
    assert 0 < bright["dotted"] < 0.45
    dashes = along_the_edge(replace(plain, style="dashed"))
    dots = along_the_edge(replace(plain, style="dotted"))
    assert changes(dots) > 1.5 * changes(dashes)


def changes(levels: list[int]) -> int:
    return sum((a > 150) != (b > 150) for a, b in itertools.pairwise(levels))


def test_a_faint_mark_stays_behind_and_is_weaker():
    plain = Mark("m", "film", (10, 30, 250, 80), color="#ffffff", style="solid")
    assert max(along_the_edge(replace(plain, is_faint=True))) < max(along_the_edge(plain))


def test_a_faint_mark_does_not_take_the_click_from_the_one_that_took_its_place(bench):
    bench.put(replace(box("old", (150, 200, 250, 300)), is_faint=True, is_editable=False), box())
    bench.click(200, 250)
    assert bench.clicked == ["b1"]


def test_a_copy_of_the_view_shows_marks_without_handles(bench):
    bench.put(box())
    bench.click(200, 250)
    copy = copy_of(bench.viewport)
    with_handles = paint_view(copy, PictureWish())
    bench.desk.press(Qt.Key.Key_Escape)
    assert paint_view(copy_of(bench.viewport), PictureWish()) == with_handles
