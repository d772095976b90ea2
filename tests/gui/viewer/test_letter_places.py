"""The patient's sides stay legible in a narrow viewport."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from viewer.ui.captions import EdgeLetters
from viewer.ui.overlay_text import letter_areas

NARROW = QRectF(0, 0, 300, 700)
LETTERS = EdgeLetters("R", "L", "H", "F")


def places(*taken: QRectF) -> dict[str, QRectF]:
    return dict(letter_areas(NARROW, LETTERS, QFontMetricsF(QFont()), taken))


def test_letters_stand_at_the_middle_of_their_edges(qapp):
    at = places()
    assert at["R"].left() < at["H"].left() < at["L"].left()
    assert at["H"].top() < at["R"].top() < at["F"].top()


def test_a_letter_moves_inwards_from_under_the_corner_text(qapp):
    notices, numbers = QRectF(10, 640, 180, 50), QRectF(120, 655, 170, 35)
    at = places(notices, numbers)
    assert at["F"].bottom() <= 640
    assert at["H"] == places()["H"]


def test_the_head_letter_makes_way_downwards(qapp):
    assert places(QRectF(10, 8, 200, 40))["H"].top() >= 48
