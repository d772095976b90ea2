"""What stands in the corners of a film: legible in a narrow viewport, and never one line on another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from viewer.ui import overlay_text
from viewer.ui.captions import Corners
from viewer.ui.overlay_text import corner_areas, paint_corners

TEXT = Corners(
    top_left=("Phantom Paula", "P1 · F · 54 y"),
    top_right=("PRIOR · 120 days before", "2024-03-01  10:15"),
    bottom_left=("DX CHEST PA · CHEST PA",),
    bottom_right=("W 4096  L 2048 (stored 1)", "Zoom 66 %", "Scale: mm at detector"),
)
WORDS = (*TEXT.top_left, *TEXT.top_right, *TEXT.bottom_left, *TEXT.bottom_right)


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


@pytest.mark.parametrize("width", [160, 200, 300, 420, 1200])
def test_whose_film_it_is_and_the_prior_s_age_are_never_cut(qapp, monkeypatch, width):
    """Two films beside the study list and a panel in a small window: 160 pixels each."""
    told = " ".join(painted(monkeypatch, TEXT, width))

    assert "…" not in told
    for word in " ".join(WORDS).split():
        assert word in told


def test_a_long_notice_goes_on_in_the_next_row_and_leaves_the_film_free(qapp, monkeypatch):
    notice = "Text does not fit the declared character set; names may be wrong. " * 3
    told = painted(monkeypatch, Corners(bottom_left=(notice,)), 300)

    assert len(told) == overlay_text.MOST_ROWS
    rows = sorted(told, key=lambda row: told[row].top())
    assert rows[0].startswith("Text does not fit")
    assert rows[-1].endswith("…")


def test_where_there_is_room_both_sides_share_their_rows(qapp, monkeypatch):
    wide = painted(monkeypatch, TEXT, 1200)
    assert wide["Phantom Paula"].top() == wide["PRIOR · 120 days before"].top()
    assert wide["DX CHEST PA · CHEST PA"].top() == wide["Scale: mm at detector"].top()

    narrow = painted(monkeypatch, TEXT, 220)
    assert narrow["P1 · F · 54 y"].bottom() <= narrow["PRIOR · 120 days before"].top()
    assert narrow["DX CHEST PA · CHEST PA"].bottom() <= narrow["W 4096  L 2048 (stored 1)"].top()


def test_a_side_moves_only_as_far_as_it_must(qapp, monkeypatch):
    described = "DX CHEST PA · upright, deep inspiration, repeated"
    corners = Corners(bottom_left=(described,), bottom_right=("W 1", "Z", "Scale: mm at detector"))
    metrics = QFontMetricsF(QFont())
    width = metrics.horizontalAdvance(described) + metrics.horizontalAdvance("W 1") + 60
    told = painted(monkeypatch, corners, round(width))

    assert told[described].top() == told["Z"].top()


def test_badges_stand_under_all_text_at_the_top(qapp, monkeypatch):
    for width in (220, 1200):
        bounds = QRectF(0, 0, width, 500)
        marked = replace(TEXT, badges=("FLIPPED",))
        *text, badges = corner_areas(bounds, marked, QFontMetricsF(QFont()))
        assert not any(badges.intersects(area) for area in text)


def test_no_two_lines_ever_stand_on_each_other(qapp, monkeypatch):
    long = Corners(*(("a very long line of words " * 4,) * lines for lines in (2, 3, 4, 2)))
    for width in (160, 300, 500, 1200):
        for corners in (TEXT, long):
            places = list(painted(monkeypatch, corners, width).values())
            pairs = ((a, b) for n, a in enumerate(places) for b in places[n + 1 :])
            assert not any(a.intersects(b) for a, b in pairs)


def test_what_is_told_as_taken_holds_all_that_is_painted(qapp, monkeypatch):
    bounds = QRectF(0, 0, 340, 500)
    areas = corner_areas(bounds, TEXT, QFontMetricsF(QFont()))

    for place in painted(monkeypatch, TEXT, 340).values():
        assert any(area.contains(QPointF(place.center())) for area in areas)
