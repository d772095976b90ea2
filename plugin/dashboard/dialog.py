"""The dashboard's window."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from plugin import parts, theme
from plugin.dashboard.finding_bars import FindingBars
from plugin.dashboard.numbers import SiteNumbers
from plugin.dashboard.points import acceptance_points, edit_points
from plugin.dashboard.tables import Table, footnote, tables_of
from plugin.dashboard.time_chart import TimeChart
from plugin.dashboard.week_chart import WeekChart

EMPTY = (
    "There are no numbers yet. They come from this computer's audit log: read a study, judge its findings with Enter "
    "and Backspace, sign the report. Nothing leaves this computer."
)
READING = "Reading the audit log…"


class Dashboard(QDialog):
    """Draws `SiteNumbers`: tiles, charts, and the same numbers as tables."""

    csv_requested = Signal()
    picture_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ReportPanel")  # its style
        self.setStyleSheet(theme.SHEET)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Dashboard: this site's own numbers")
        self.resize(1080, 860)
        self.numbers: SiteNumbers | None = None
        self.note = parts.label(READING, "muted")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("How much of the audit log was read")
        self.tiles = [Tile() for _ in range(5)]
        self.bars, self.times = FindingBars(), TimeChart()
        self.acceptance = WeekChart("Acceptance of findings by week, 95 % interval", " %", 100.0)
        self.edits = WeekChart(
            "Changed sentences for each drafted report by week, mean and 95 % interval", ""
        )
        self.tables = [_table() for _ in range(3)]
        self.pages = QTabWidget()
        self.csv_button = parts.button("Export CSV…", "Write the numbers as a table; no names stand in it")
        self.picture_button = parts.button("Export picture…", "Write the page on screen as PNG")
        self.close_button = parts.button("Close", "Close the dashboard")
        self.csv_button.clicked.connect(self.csv_requested)
        self.picture_button.clicked.connect(self.picture_requested)
        self.close_button.clicked.connect(self.reject)
        self._lay_out()
        self._show_body(False)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 18, 20, 14)
        box.setSpacing(12)
        self.top = QWidget()
        row = QHBoxLayout(self.top)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for tile in self.tiles:
            row.addWidget(tile, 1)
        findings, reports, weeks = self.tables
        for title, charts, table in (
            ("Findings", (self.bars,), findings),
            ("Drift over weeks", (self.acceptance, self.edits), weeks),
            ("Reports and time", (self.times,), reports),
        ):
            self.pages.addTab(_page((*charts, table)), title)
        self.foot = parts.small(parts.label(footnote(), "muted"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.csv_button)
        buttons.addWidget(self.picture_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        for widget in (self.note, self.progress, self.top):
            box.addWidget(widget)
        box.addWidget(self.pages, 1)
        box.addWidget(self.foot)
        box.addStretch(0)
        box.addLayout(buttons)

    def show_progress(self, done: int, total: int) -> None:
        self.progress.setRange(0, max(1, total // 1024))
        self.progress.setValue(done // 1024)

    def show_problem(self, text: str) -> None:
        self.progress.hide()
        self.note.setText(text)

    def show_numbers(self, numbers: SiteNumbers) -> None:
        """Draw everything; without a study the window says how numbers come about."""
        self.numbers = numbers
        self.progress.hide()
        has_any = bool(numbers.findings or numbers.reports)
        parts.show_text(self.note, "" if has_any else EMPTY)
        self._show_body(has_any)
        every = numbers.all_findings
        told = (
            (
                f"{numbers.reports:,}".replace(",", "\u2009"),
                "signed reports",
                f"{numbers.studies} studies in the log",
            ),
            (_short(every.acceptance.text), "findings accepted", f"{every.judged} judged"),
            (_short(every.missed.text), "missed, as readers added", f"{every.added} added"),
            (_short(numbers.edits.mean_text), "sentences changed", f"{numbers.edits.of} drafted reports"),
            (
                _short(numbers.reports_with_alert.text),
                "reports with an alert",
                f"{numbers.reports_with_alert.of} checked",
            ),
        )
        for tile, (value, name, of) in zip(self.tiles, told, strict=True):
            tile.show_number(value, name, of)
        self.bars.show_findings(numbers.findings)
        self.acceptance.show_points(acceptance_points(numbers.weeks))
        self.edits.show_points(edit_points(numbers.weeks))
        self.times.show_groups(numbers.times)
        for widget, table in zip(self.tables, tables_of(numbers), strict=True):
            _fill(widget, table)

    def page_on_screen(self) -> QWidget:
        """All of the page that is chosen, also what is scrolled out of sight."""
        area = self.pages.currentWidget()
        inside = area.widget() if isinstance(area, QScrollArea) else None
        return inside or self

    def _show_body(self, is_shown: bool) -> None:
        for widget in (self.top, self.pages, self.foot):
            widget.setVisible(is_shown)
        for button in (self.csv_button, self.picture_button):
            button.setEnabled(is_shown)


class Tile(QFrame):
    """One number, what it is, and of how many."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "tile")
        self.value = parts.label()
        self.value.setStyleSheet("font-size: 22px; font-weight: 600;")
        self.name = parts.label(role="muted")
        self.of = parts.small(parts.label(role="muted"))
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 10, 14, 10)
        box.setSpacing(2)
        for widget in (self.value, self.name, self.of):
            box.addWidget(widget)

    def show_number(self, value: str, name: str, of: str) -> None:
        self.value.setText(value)
        self.name.setText(name)
        self.of.setText(of)
        self.setAccessibleName(f"{name}: {value}, {of}")


def _short(text: str) -> str:
    """The number without its interval, which stands in the tables."""
    return text.partition(" (")[0].removesuffix(" on average")


def _page(widgets: tuple[QWidget, ...]) -> QScrollArea:
    inside = QWidget()
    inside.setObjectName("PanelBody")
    box = QVBoxLayout(inside)
    box.setContentsMargins(4, 14, 12, 8)
    box.setSpacing(16)
    for widget in widgets:
        box.addWidget(widget)
    box.addStretch(1)
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _table() -> QTableWidget:
    made = QTableWidget()
    made.verticalHeader().setVisible(False)
    made.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    made.setShowGrid(False)
    made.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    made.setWordWrap(False)
    made.setAlternatingRowColors(True)
    made.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return made


def _fill(widget: QTableWidget, table: Table) -> None:
    widget.setAccessibleName(table.title)
    widget.setColumnCount(len(table.head))
    widget.setHorizontalHeaderLabels(table.head)
    widget.setRowCount(len(table.rows))
    for at, row in enumerate(table.rows):
        for column, text in enumerate(row):
            widget.setItem(at, column, QTableWidgetItem(text))
    widget.resizeColumnsToContents()
    widget.horizontalHeader().setStretchLastSection(True)
    rows = sum(widget.rowHeight(at) for at in range(len(table.rows)))
    widget.setFixedHeight(widget.horizontalHeader().sizeHint().height() + rows + 18)
