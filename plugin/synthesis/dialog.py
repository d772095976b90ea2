"""The Synthetic views window: what is asked at the left, what has come of it at the right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from plugin import parts, theme, wording
from plugin.synthesis import view, words
from plugin.synthesis.patient_form import PatientForm
from plugin.synthesis.state import SynthesisState, Wish
from plugin.synthesis.wish_view import WishView
from plugin.synthesis.words_form import WordsForm

FORM_WIDTH = 350
WORDS, PATIENT = range(2)


class SynthesisDialog(QDialog):
    """Draws a `SynthesisState`. Decides nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ReportPanel")  # its style
        self.setStyleSheet(theme.SHEET)
        self.setWindowTitle("Synthetic views")
        self.resize(1160, 780)
        self.setMinimumSize(760, 520)
        self.mark = parts.label(wording.SYNTHETIC, "draft-mark")
        self.research = parts.small(parts.label(words.RESEARCH, "muted"))
        self.generator = parts.small(parts.label("", "muted"))
        self.words, self.patient = WordsForm(), PatientForm()
        self.tabs = QTabWidget()
        self.tabs.addTab(_scrolling(self.words), "From words")
        self.tabs.addTab(_scrolling(self.patient), "From this patient (experimental)")
        self.tabs.setFixedWidth(FORM_WIDTH)
        self.tabs.setUsesScrollButtons(False)
        self.list = QComboBox()
        self.list.setAccessibleName("Wishes of this session")
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.wish = WishView()
        self.note = parts.small(parts.label("", "muted"))
        self.close_button = parts.button("Close", "Close the window; what is being drawn goes on")
        self.close_button.clicked.connect(self.reject)
        self._lay_out()

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(7)
        right.addWidget(self.list)
        right.addWidget(self.wish, 1)
        columns = QHBoxLayout()
        columns.setSpacing(14)
        columns.addWidget(self.tabs)
        columns.addLayout(right, 1)
        last = QHBoxLayout()
        last.addWidget(self.note, 1)
        last.addWidget(self.close_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 14, 18, 12)
        box.setSpacing(8)
        for widget in (self.mark, self.research, self.generator):
            box.addWidget(widget)
        box.addLayout(columns, 1)
        box.addLayout(last)

    def show_state(self, state: SynthesisState, key: str, source: NDArray[np.uint8] | None) -> None:
        """Make the widgets match. `key`: the study on screen; `source`: of the wish that is shown."""
        seen = state.seen(key)
        shown = state.on_screen(key)
        self.words.show_state(state)
        self.patient.show_state(state)
        self._show_generator(state)
        self._show_list(seen, shown)
        self.wish.show_wish(shown, source, may_draw=not state.is_at_work)
        self.say(words.OTHER_STUDY if len(seen) < len(state.wishes) else "")

    def _show_generator(self, state: SynthesisState) -> None:
        told = state.generator
        if told is None:
            text = words.NO_GENERATOR if state.is_generator_known else ""
        else:
            text = told.why_not or words.generator(told)
        role = "muted" if told is not None and not told.why_not else "doubt"
        _set_role(self.generator, role)
        parts.show_text(self.generator, text)

    def say(self, text: str) -> None:
        self._note("muted", text)

    def refuse(self, text: str) -> None:
        """Say why something is not done."""
        self._note("doubt", text)

    def _note(self, role: str, text: str) -> None:
        _set_role(self.note, role)
        self.note.setText(text)

    def _show_list(self, seen: Sequence[Wish], shown: Wish | None) -> None:
        entries = [(one.id, view.title(one)) for one in seen]
        standing = [(self.list.itemData(at), self.list.itemText(at)) for at in range(self.list.count())]
        self.list.blockSignals(True)
        if entries != standing:
            self.list.clear()
            for id, title in entries:
                self.list.addItem(title, id)
        self.list.setCurrentIndex(self.list.findData(shown.id) if shown is not None else -1)
        self.list.blockSignals(False)
        self.list.setVisible(len(entries) > 1)


def _set_role(label: QLabel, role: str) -> None:
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)


def _scrolling(page: QWidget) -> QScrollArea:
    page.setObjectName("PanelBody")
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    return area
