"""The site's settings, to be read and changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from plugin import parts
from plugin.site import words
from plugin.site.settings import LONGEST_WAIT_S, SiteSettings


class SiteDialog(QDialog):
    """Draws settings and passes on the changed ones. Decides nothing."""

    accepted_settings = Signal(object)  # SiteSettings

    def __init__(
        self, settings: SiteSettings, fixed: Collection[str] = (), parent: QWidget | None = None
    ) -> None:
        """`fixed` names the fields that somebody else decides: they are shown and can't be changed."""
        super().__init__(parent)
        self.setWindowTitle("Site settings")
        self.setMinimumWidth(480)
        self.resize(640, 430)
        self._settings = settings
        self.mode = QComboBox()
        for mode, title in words.MODES.items():
            self.mode.addItem(title, mode)
        self.mode.setCurrentIndex(list(words.MODES).index(settings.mode))
        self.reveal_after = QSpinBox()
        self.reveal_after.setRange(0, LONGEST_WAIT_S)
        self.reveal_after.setSuffix(" s")
        self.reveal_after.setSpecialValueText(words.NEVER)
        self.reveal_after.setValue(settings.reveal_after_s)
        self.by_itself = QCheckBox("Read each study as soon as it is opened")
        self.by_itself.setChecked(settings.reads_by_itself)
        self.reader = QLineEdit(settings.reader_name)
        self.institution = QLineEdit(settings.institution)
        self.texts = QLineEdit(settings.texts_file)
        self.texts.setPlaceholderText("The templates and macros of the program")
        self.texts_button = parts.button("Choose…", "Choose the file of templates and macros")
        self.consent = QCheckBox(words.CONSENT)
        self.consent.setChecked(settings.keeps_corrections)
        self.fixed_note = parts.small(parts.label(words.BY_IT if fixed else "", "muted"))
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self._lay_out()
        self._fix(fixed)
        self._connect()

    def _lay_out(self) -> None:
        file = QHBoxLayout()
        file.addWidget(self.texts, 1)
        file.addWidget(self.texts_button)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for title, widget in (
            ("Show the AI", self.mode),
            ("… by itself after", self.reveal_after),
            ("", self.by_itself),
            ("Reader's name", self.reader),
            ("Institution", self.institution),
        ):
            self._add(form, title, widget)
        form.addRow("Templates and macros", file)
        self.texts.setAccessibleName("Templates and macros")
        box = QVBoxLayout(self)
        box.setSpacing(10)
        box.addLayout(form)
        box.addWidget(parts.small(parts.label(words.MODE_NOTE, "muted")))
        box.addWidget(self.fixed_note)
        box.addWidget(parts.line())
        box.addWidget(self.consent)
        box.addWidget(parts.small(parts.label(words.CONSENT_NOTE, "muted")))
        box.addStretch(1)
        box.addWidget(self.buttons)
        self.fixed_note.setVisible(bool(self.fixed_note.text()))

    def _add(self, form: QFormLayout, title: str, widget: QWidget) -> None:
        if title:
            widget.setAccessibleName(title)
            form.addRow(QLabel(title), widget)
        else:
            form.addRow(widget)

    def _fix(self, fixed: Collection[str]) -> None:
        by_name = {"mode": self.mode, "reads_by_itself": self.by_itself}
        for name, widget in by_name.items():
            widget.setEnabled(name not in fixed)
            widget.setToolTip(words.BY_IT if name in fixed else "")

    def _connect(self) -> None:
        self.consent.setAccessibleDescription(words.CONSENT_NOTE)
        self.texts_button.clicked.connect(self._choose_texts)
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.reject)

    def settings(self) -> SiteSettings:
        """As the dialog shows them."""
        return replace(
            self._settings,
            mode=self.mode.currentData(),
            reveal_after_s=self.reveal_after.value(),
            reads_by_itself=self.by_itself.isChecked(),
            reader_name=self.reader.text(),
            institution=self.institution.text(),
            keeps_corrections=self.consent.isChecked(),
            texts_file=self.texts.text(),
        )

    def _save(self) -> None:
        self.accepted_settings.emit(self.settings())
        self.accept()

    def _choose_texts(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Templates and macros", self.texts.text(), "Texts (*.json *.csv)"
        )
        if chosen:
            self.texts.setText(chosen)
