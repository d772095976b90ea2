"""The part of the panel that tells what has changed since the prior."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from plugin import parts, wording
from plugin.prior import words
from plugin.prior.pairs import pair_rows
from plugin.prior.row import ChangeRow
from plugin.view import PanelView


class PriorSection(QWidget):
    """Names the prior and shows a row for each finding on either film. Decides nothing."""

    change_chosen = Signal(str)  # a finding's label
    change_hovered = Signal(object)  # a finding's label or None
    comparison_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: object = None
        self.rows: list[ChangeRow] = []
        self.title = parts.label(words.TITLE, "section")
        self.prior_label = parts.small(parts.label(role="muted"))
        self.status_label = parts.small(parts.label(role="muted"))
        self.again_button = parts.button("Compare", "Compare the films finding by finding")
        self.again_button.clicked.connect(self.comparison_requested)
        self.footnote = parts.small(parts.label(role="muted"))
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.again_button)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.title)
        box.addWidget(self.prior_label)
        box.addWidget(self.status_label)
        box.addLayout(buttons)
        box.addLayout(self._list)
        box.addWidget(self.footnote)

    def show_view(self, view: PanelView) -> None:
        """Make the widgets match `view`; safe to call as often as you like."""
        reading, prior = view.reading, view.reading.prior_view
        is_told = reading.first_look.shows_ai and reading.is_complete and reading.prior is not None
        self.setVisible(bool(view.study_key) and is_told)
        parts.show_text(self.prior_label, words.prior_text(reading))
        parts.show_text(self.status_label, words.state_text(prior, reading.is_busy))
        self.again_button.setVisible(prior.phase in ("stopped", "failed"))
        self._show_rows(view)

    def put_in_tab_order(self) -> None:
        """Rows are made late; without this Tab would reach them last of all."""
        after: QWidget = self.again_button
        for row in self.rows:
            QWidget.setTabOrder(after, row)
            after = row

    def row_of(self, label: str) -> ChangeRow | None:
        return next((row for row in self.rows if row.row.label == label), None)

    def _show_rows(self, view: PanelView) -> None:
        rows = pair_rows(view.reading)
        told = tuple((row.change, row.disagreement, row.is_rejected) for row in rows)
        wanted = (view.study_key, told)
        if wanted != self._shown:
            self._shown = wanted
            self._clear()
            for row in rows:
                self._add(ChangeRow(row))
            self.put_in_tab_order()
        for shown, row in zip(self.rows, rows, strict=True):
            shown.row = row
            shown.setChecked(view.reading.prior_view.selected == row.label)
            shown.update()
        parts.show_text(self.footnote, _footnote(view))

    def _clear(self) -> None:
        for old in self.rows:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows = []

    def _add(self, row: ChangeRow) -> None:
        label = row.row.label
        row.clicked.connect(lambda: self.change_chosen.emit(label))
        row.hovered.connect(self.change_hovered)
        self.rows.append(row)
        self._list.addWidget(row)
        row.show()


def _footnote(view: PanelView) -> str:
    reading = view.reading
    if reading.prior_view.phase != "done":
        return ""
    if not pair_rows(reading):
        return words.NOTHING_ON_EITHER
    rows = [row for row in pair_rows(reading) if not row.is_rejected]
    by_certainty = words.BY_CERTAINTY if any(words.is_by_certainty(row.change) for row in rows) else ""
    by_size = wording.BOX_PRECISION if any(row.change.basis == "size of the boxes" for row in rows) else ""
    return " ".join(part for part in (by_certainty, by_size) if part)
