"""What stands in the corners of a film: legible in a narrow viewport, and never one line on another."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from viewer.ui import overlay_text
from viewer.ui.captions import Corners
from viewer.ui.overlay_text import corner_areas, paint_corners

TEXT = Corners(
    top_left=("Phantom Paula", "P1 · F · 54 y"),
    top_right=("CURRENT", "2024-03-01  10:15"),
    bottom_left=("DX CHEST PA · CHEST PA",),
    bottom_right=("W 4096  L 2048 (stored 1)", "Zoom 66 %", "Scale: mm at detector"),
)


def painted(monkeypatch, corners: Corners, width: int) -> dict[str, QRectF]:
    """The words that are painted in a viewport of this width, and where."""
    told: dict[str, QRectF] = {}
    monkeypatch.setattr(
        overlay_text, "_rimmed", lambda _painter, place, _flags, text, _color: told.update({text: place})
    )
    picture = QImage(width, 500, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    paint_corners(painter, QRectF(0, 0, width, 500), corners, QColor("white").name())
    painter.end()
    return told


def test_the_numbers_keep_their_origin_in_a_narrow_viewport(qapp, monkeypatch):
    needed = QFontMetricsF(QFont()).horizontalAdvance(TEXT.bottom_right[0])
    told = painted(monkeypatch, TEXT, round(needed / 0.5) + 20)

    assert set(TEXT.bottom_right) <= set(told)


def test_a_line_with_nothing_beside_it_has_the_whole_row(qapp, monkeypatch):
    notice = "Text does not fit the declared character set; names may be wrong."
    needed = QFontMetricsF(QFont()).horizontalAdvance(notice)

    assert notice in painted(monkeypatch, Corners(bottom_left=(notice,)), round(needed) + 30)
    cut = painted(
        monkeypatch, Corners(bottom_left=(notice,), bottom_right=("Zoom 66 %",)), round(needed) + 30
    )
    assert notice not in cut


def test_no_two_lines_ever_stand_on_each_other(qapp, monkeypatch):
    long = Corners(*(("a very long line of words " * 4,) * lines for lines in (2, 3, 4, 2)))
    for width in (160, 300, 500, 1200):
        for corners in (TEXT, long):
            places = list(painted(monkeypatch, corners, width).values())
            pairs = ((a, b) for n, a in enumerate(places) for b in places[n + 1 :])
            assert not any(a.intersects(b) for a, b in pairs)


def test_what_is_told_as_taken_holds_all_that_is_painted(qapp, monkeypatch):
    bounds = QRectF(0, 0, 340, 500)
    areas = corner_areas(bounds, TEXT, QFontMetricsF(QFont()), 60.0)

    for place in painted(monkeypatch, TEXT, 340).values():
        assert any(area.contains(QPointF(place.center())) for area in areas)
