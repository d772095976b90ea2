"""What a model is, how good it measured, and what it is known to get wrong: one click from its name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inference.backend import RESEARCH_USE, PackInfo
from inference.status import InstalledPack, RunsOn
from plugin import parts, theme, wording
from plugin.backend.scores import HEAD, ScoreRow, score_rows
from plugin.backend.words import runs_on_text


class ModelCard(QDialog):
    """Facts first, then the measured numbers as a table, then the maker's own words."""

    models_requested = Signal()

    def __init__(self, pack: PackInfo, runs_on: RunsOn | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ReportPanel")  # its style
        self.setStyleSheet(theme.SHEET)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Model card: {pack.title}")
        self.resize(860, 760)
        self.facts = facts_of(pack, runs_on)
        self.trained = parts.label("", "muted")
        self.scores_title = parts.label("Measured on held-out films", "section")
        self.scores = score_table()
        self.no_scores = parts.label("The manifest brings no table of measured numbers.", "muted")
        self.text = parts.label(pack.card.strip())
        self.models_button = parts.button("Models on this computer…", "See and choose the installed models")
        self.models_button.clicked.connect(self.models_requested)
        self._lay_out(pack)
        self.show_scores(())

    def _lay_out(self, pack: PackInfo) -> None:
        inside = QWidget()
        inside.setObjectName("PanelBody")
        body = QVBoxLayout(inside)
        body.setContentsMargins(20, 18, 20, 18)
        body.setSpacing(10)
        title = parts.label(f"{pack.title} {pack.version}")
        title.setStyleSheet("font-size: 17px; font-weight: 600;")
        use = parts.label(RESEARCH_USE, "doubt")
        for widget in (title, use, self._facts(), self.trained, parts.line(), self.scores_title, self.scores):
            body.addWidget(widget)
        for widget in (
            self.no_scores,
            parts.line(),
            parts.label("In the maker's words", "section"),
            self.text,
        ):
            body.addWidget(widget)
        body.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.models_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(14, 8, 14, 12)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(area, 1)
        box.addWidget(buttons)

    def _facts(self) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(self.facts):
            told = parts.label(value)
            told.setAccessibleName(f"{name}: {value}")
            grid.addWidget(QLabel(name), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(told, row, 1)
        return made

    def show_manifest(self, installed: InstalledPack) -> None:
        """What the manifest adds, once the backend has told it."""
        parts.show_text(
            self.trained, f"Trained on: {installed.training_data}" if installed.training_data else ""
        )
        self.show_scores(score_rows(installed.scores))

    def show_scores(self, rows: Sequence[ScoreRow]) -> None:
        fill_table(self.scores, [row.cells for row in rows])
        self.scores.setVisible(bool(rows))
        self.no_scores.setVisible(not rows)

    def plain_text(self) -> str:
        """All that the card says, for tests and screen readers."""
        facts = "\n".join(f"{name}: {value}" for name, value in self.facts)
        return f"{facts}\n{self.trained.text()}\n{self.text.text()}"


def facts_of(pack: PackInfo, runs_on: RunsOn | None) -> tuple[tuple[str, str], ...]:
    """Names and values, none of them empty."""
    facts = (
        ("Pack", f"{pack.id} {pack.version}"),
        ("Runs on", runs_on_text(runs_on)),
        ("Licence", pack.licence + (" · research only" if pack.research_only else "")),
        ("Not assessed", ", ".join(pack.not_assessed)),
        ("Boxes", wording.BOX_PRECISION),
        ("Manifest SHA-256", pack.sha256),
    )
    return tuple((name, value) for name, value in facts if value)


def score_table() -> QTableWidget:
    made = QTableWidget(0, len(HEAD))
    made.setHorizontalHeaderLabels(HEAD)
    made.setAccessibleName("Measured numbers")
    made.verticalHeader().setVisible(False)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    made.setShowGrid(False)
    made.setWordWrap(False)
    made.setAlternatingRowColors(True)
    made.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    made.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    return made


def fill_table(table: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    """Replace the rows; the table is as high as they are, and the page scrolls."""
    table.setRowCount(len(rows))
    for at, cells in enumerate(rows):
        is_same_films = at > 0 and rows[at - 1][0] == cells[0]
        for column, text in enumerate(cells):
            item = QTableWidgetItem("" if column == 0 and is_same_films else text)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, text)
            table.setItem(at, column, item)
    height = table.horizontalHeader().sizeHint().height() + sum(
        table.rowHeight(at) for at in range(len(rows))
    )
    table.setFixedHeight(height + 4)
