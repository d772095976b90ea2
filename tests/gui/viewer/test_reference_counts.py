"""The Qt binding keeps the reference counts of None, True and False.

PySide6 6.12.0 on Python 3.11 did not: each paint event released None once too often and each signal released True.
After some thousand of them the program aborted with "Fatal Python error: deallocating None", in the middle of a
reading or when it ended. Newer Pythons keep these objects for ever and hide the fault.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

TIMES = 300


class Bell(QObject):
    rung = Signal(float, float)


class Sheet(QWidget):
    def paintEvent(self, event):
        self.last = event


def counts():
    return [sys.getrefcount(value) for value in (None, True, False)]


def test_painting_and_ringing_keep_the_reference_counts(qtbot):
    sheet, bell, heard = Sheet(), Bell(), []
    qtbot.addWidget(sheet)
    bell.rung.connect(lambda *at: heard.append(at))
    sheet.show()
    sheet.repaint()
    before = counts()
    for _ in range(TIMES):
        sheet.repaint()
        bell.rung.emit(1.0, 2.0)
    lost = [was - is_ for was, is_ in zip(before, counts(), strict=True)]
    assert len(heard) == TIMES
    assert max(lost) < TIMES / 10
