"""The training window: data, plan, run, outcome."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from plugin import parts, theme
from plugin.training import words
from plugin.training.data_page import DataPage
from plugin.training.outcome_page import OutcomePage
from plugin.training.plan_page import PlanPage
from plugin.training.run_page import RunPage
from plugin.training.state import TrainingState

PAGES = ("1  Data", "2  Plan", "3  Run", "4  Outcome")
TEACH_TIP = (
    "Have unread studies read behind your back, and put those first in the study list whose answers would teach the "
    "model most. No finding is shown."
)
DATA, PLAN, RUN, OUTCOME = range(4)


class TrainingDialog(QDialog):
    """Draws a `TrainingState` on four pages. Decides nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ReportPanel")  # its style
        self.setStyleSheet(theme.SHEET)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Training: from this site's studies to a better model")
        self.resize(1080, 780)
        self.setMinimumSize(760, 520)
        self.model = parts.label("", "section")
        self.model.setAccessibleName("Which model reads now")
        self.research = parts.small(parts.label(words.RESEARCH, "muted"))
        self.problem = QFrame()
        self.problem.setProperty("role", "problem-box")
        self.problem_text = parts.label("", "problem")
        self.again_button = parts.button("Try again", "Ask once more")
        self.data, self.plan, self.run, self.outcome = DataPage(), PlanPage(), RunPage(), OutcomePage()
        self.pages = QTabWidget()
        self.close_button = parts.button("Close", words.GOES_ON)
        self.close_button.clicked.connect(self.reject)
        self.teach_button = parts.button("Would teach most", TEACH_TIP)
        self.teach_button.setCheckable(True)
        self.teach_note = parts.small(parts.label(role="muted"))
        self._lay_out()

    def _lay_out(self) -> None:
        for title, page in zip(PAGES, (self.data, self.plan, self.run, self.outcome), strict=True):
            self.pages.addTab(page if page is self.data else _scrolling(page), title)
        inside = QHBoxLayout(self.problem)
        inside.setContentsMargins(14, 9, 10, 9)
        inside.addWidget(self.problem_text, 1)
        inside.addWidget(self.again_button)
        buttons = QHBoxLayout()
        buttons.addWidget(self.teach_button)
        buttons.addWidget(self.teach_note, 1)
        buttons.addWidget(self.close_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 16, 20, 14)
        box.setSpacing(9)
        for widget in (self.model, self.research, self.problem):
            box.addWidget(widget)
        box.addWidget(self.pages, 1)
        box.addLayout(buttons)
        self.problem.hide()

    def show_state(self, state: TrainingState) -> None:
        """Make the widgets match `state`."""
        trouble = state.trouble
        self.problem.setVisible(trouble is not None)
        if trouble is not None:
            self.problem_text.setText(f"{trouble.message} {trouble.remedy}".strip())
        self.again_button.setVisible(state.means is None)
        for page in (self.data, self.plan, self.run, self.outcome):
            page.show_state(state)

    def show_model(self, text: str) -> None:
        """Which model reads now, with which adapter: in sight on every page."""
        self.model.setText(text)

    def show_teaching(self, is_on: bool, text: str) -> None:
        """Whether the study list is ordered by what would teach most, and how far that is."""
        self.teach_button.setChecked(is_on)
        self.teach_note.setText(text)

    def turn_to(self, page: int) -> None:
        self.pages.setCurrentIndex(page)


def _scrolling(page: QWidget) -> QScrollArea:
    page.setObjectName("PanelBody")
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
