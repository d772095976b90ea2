"""A finding in the reader's own words, typed in its place."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout

from inference.backend import FINDINGS
from plugin import parts, wording
from plugin.review.state import Certainty, FindingWords, Side

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)


class Choice(QComboBox):
    """Letters choose an entry here; they never reach the window, where they are shortcuts."""

    def event(self, event: QEvent) -> bool:
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and not event.modifiers() & _COMMANDS:  # type: ignore[attr-defined]  # a key, as just asked
            event.accept()
            return True
        return super().event(event)


class WordsForm(QFrame):
    """Label, side, certainty and a note. Enter keeps them, Esc leaves everything as it was."""

    saved = Signal(object)  # FindingWords
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "inline")
        self.label = Choice()
        self.label.setEditable(True)
        self.label.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.label.setCompleter(None)  # type: ignore[arg-type]  # Qt: none. "lung" is no beginning of "lung opacity"
        self.label.addItems([wording.sentence_case(one) for one in FINDINGS])
        self.label.setAccessibleName("Finding")
        self.side = self._choice("Side", ("Side not said", "Left", "Right", "Both sides"))
        self.certainty = self._choice("Certainty", ("As before", "Likely", "Possible", "Unlikely"))
        self.note = QLineEdit()
        self.note.setAccessibleName("Note")
        self.note.setPlaceholderText("Note, for instance where or how large")
        self.note.setMaxLength(300)
        self.save_button = parts.button("Keep", "Keep these words (Enter)", "primary")
        self.cancel_button = parts.button("Cancel", "Leave it as it was (Esc)")
        self.save_button.clicked.connect(self._save)
        self.cancel_button.clicked.connect(self.cancelled)
        self._lay_out()

    def _choice(self, name: str, titles: tuple[str, ...]) -> Choice:
        made = Choice()
        made.addItems(titles)
        made.setAccessibleName(name)
        return made

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(5)
        for title, widget in (("Finding", self.label), ("Side", self.side), ("Certainty", self.certainty)):
            widget.setMinimumWidth(60)
            form.addRow(QLabel(title), widget)
        form.addRow(QLabel("Note"), self.note)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.save_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.addLayout(form)
        box.addLayout(buttons)

    def begin(self, words: FindingWords) -> None:
        self.label.setEditText(wording.sentence_case(words.label))
        self.side.setCurrentIndex(get_args(Side).index(words.side))
        self.certainty.setCurrentIndex(get_args(Certainty).index(words.certainty))
        self.note.setText(words.note)
        self.label.setFocus()
        edit = self.label.lineEdit()
        if edit is not None:
            edit.selectAll()

    def words(self) -> FindingWords:
        """As typed; one of the 13 in the model's own writing, anything else as it stands."""
        typed = self.label.currentText().strip()
        known = next((one for one in FINDINGS if one == typed.lower()), typed)
        sides: tuple[Side, ...] = get_args(Side)
        certainties: tuple[Certainty, ...] = get_args(Certainty)
        return FindingWords(
            known,
            sides[self.side.currentIndex()],
            certainties[self.certainty.currentIndex()],
            self.note.text().strip(),
        )

    def _save(self) -> None:
        if self.words().label:
            self.saved.emit(self.words())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            self._save()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)
