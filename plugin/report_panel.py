"""The panel at the right of the films."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from plugin import parts, theme
from plugin.ask.history import QuestionHistory
from plugin.ask.question_field import QuestionField
from plugin.backend.problem_box import ProblemBox
from plugin.draft_section import DraftSection
from plugin.findings_list import FindingsList
from plugin.first_look.gate import FirstImpression, Gate, ShownBar
from plugin.first_look.words import shows_report
from plugin.header import Header
from plugin.panel_body import PanelBody
from plugin.prior.section import PriorSection
from plugin.run_bar import RunBar
from plugin.seen.section import SeenSection
from plugin.signing.critical_strip import CriticalStrip
from plugin.signing.sign_bar import SignBar
from plugin.signing.sign_sheet import SignSheet
from plugin.view import PanelView

NO_STUDY = "Open a study with a chest radiograph, then let the model draft a reading of it."


class ReportPanel(QWidget):
    """Draws a `PanelView` and passes on what the reader asks for. Decides nothing."""

    read_requested = Signal()
    stop_requested = Signal()
    restart_requested = Signal()
    finding_chosen = Signal(str)
    sentence_chosen = Signal(str)
    report_edited = Signal(str)
    impression_edited = Signal(str)
    new_draft_requested = Signal()
    copy_requested = Signal()
    typing_refused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = PanelView()
        self.setObjectName("ReportPanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(theme.SHEET)
        self.setMinimumWidth(320)
        self.header = Header()
        self.gate = Gate()
        self.run_bar = RunBar()
        self.shown_bar = ShownBar()
        self.first_impression = FirstImpression()
        self.problem = ProblemBox()
        self.hint = parts.label(NO_STUDY, "muted")
        self.findings = FindingsList()
        self.prior = PriorSection()
        self.seen = SeenSection()
        self.drafts = DraftSection()
        self.history = QuestionHistory()
        self.questions = QuestionField()
        self.critical = CriticalStrip()
        self.sign_sheet = SignSheet()
        self.sign_bar = SignBar()
        self.body_area = QScrollArea()
        self._is_following = False  # the answer that grows at the end
        self._once_laid_out = QTimer(self, singleShot=True, interval=0)
        self._once_laid_out.timeout.connect(self._show_end)
        self._ask_in_sight = QTimer(self, singleShot=True, interval=0)
        self._ask_in_sight.timeout.connect(self._show_question)
        self._lay_out()
        self._connect()
        self.show_view(self._view)

    def _lay_out(self) -> None:
        body = PanelBody()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(14, 12, 14, 14)
        inside.setSpacing(16)
        for part in (
            *(self.hint, self.problem, self.gate, self.run_bar, self.shown_bar, self.findings, self.prior),
            *(self.first_impression, self.drafts, self.seen, self.history),
        ):
            inside.addWidget(part)
        inside.addStretch(1)
        self.body_area.setWidget(body)
        self.body_area.setWidgetResizable(True)
        self.body_area.setFrameShape(QFrame.Shape.NoFrame)
        self.body_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for widget in (
            *(self.header, self.critical, parts.line(), self.body_area, parts.line(), self.questions),
            *(parts.line(), self.sign_sheet, self.sign_bar),
        ):
            box.addWidget(widget, 1 if widget is self.body_area else 0)

    def _connect(self) -> None:
        self.run_bar.read_requested.connect(self.read_requested)
        self.run_bar.stop_requested.connect(self.stop_requested)
        self.problem.restart_requested.connect(self.restart_requested)
        self.findings.rebuilt.connect(lambda: self.findings.put_in_tab_order(self.shown_bar.button))
        self.findings.finding_chosen.connect(self.finding_chosen)
        self.drafts.sentence_chosen.connect(self.sentence_chosen)
        self.drafts.report_edited.connect(self.report_edited)
        self.drafts.impression_edited.connect(self.impression_edited)
        self.drafts.new_draft_requested.connect(self.new_draft_requested)
        self.drafts.copy_requested.connect(self.copy_requested)
        self.drafts.typing_refused.connect(self.typing_refused)
        self.questions.stop_requested.connect(self.stop_requested)
        self._connect_following()

    def _connect_following(self) -> None:
        """An answer is followed as the panel grows, until the reader does something else."""
        bar = self.body_area.verticalScrollBar()
        bar.rangeChanged.connect(self._show_end)
        for does_something_else in (
            *(bar.actionTriggered, self.findings.rebuilt, self.finding_chosen, self.sentence_chosen),
            *(self.report_edited, self.impression_edited),
        ):
            does_something_else.connect(lambda *_: self._follow(False))

    def sizeHint(self) -> QSize:
        return QSize(380, 800)

    def show_view(self, view: PanelView) -> None:
        """Make the widgets match `view`; safe to call as often as you like."""
        before, self._view = self._view, view
        parts.show_text(self.hint, view.notice if view.study_key else NO_STUDY)
        self.run_bar.setVisible(bool(view.study_key))
        self.drafts.setVisible(bool(view.study_key) and shows_report(view.reading))
        for widget in (
            *(self.header, self.problem, self.gate, self.run_bar, self.shown_bar, self.findings, self.prior),
            *(self.first_impression, self.drafts, self.seen, self.history, self.questions),
            *(self.critical, self.sign_sheet, self.sign_bar),
        ):
            widget.show_view(view)
        self.questions.setVisible(
            view.reading.signing.stage == "draft"
        )  # its room is the sheet's, till it is signed
        if view.reading.selected and view.reading.selected != before.reading.selected:
            self.bring_into_sight(view.reading.selected)
        if view.reading.review.asked_about not in (None, before.reading.review.asked_about):
            self._ask_in_sight.start()
        self._follow_answer(before, view)

    def _follow_answer(self, before: PanelView, now: PanelView) -> None:
        """Keep what was just asked, and its answer, in sight: they stand below everything else."""
        if now.study_key != before.study_key or now.reading.is_reading:
            self._follow(False)
        elif len(now.reading.exchanges) > len(before.reading.exchanges):
            self._follow(True)
        if self._is_following and now.reading.exchanges != before.reading.exchanges:
            self._once_laid_out.start()

    def _follow(self, is_following: bool) -> None:
        self._is_following = is_following

    def _show_end(self) -> None:
        bar = self.body_area.verticalScrollBar()
        if self._is_following:
            bar.setValue(bar.maximum())

    def bring_into_sight(self, finding_id: str) -> None:
        row = self.findings.row_of(finding_id)
        if row is not None:
            self.body_area.ensureWidgetVisible(row, 0, 40)

    def _show_question(self) -> None:
        """The reason or the words that are asked for have the keyboard: they must be in sight, wherever it stood."""
        item = self.findings.item_of(self._view.reading.review.asked_about or "")
        if item is not None:
            self.body_area.ensureWidgetVisible(item, 0, 8)

    def show_words(self, where: str, start: int, end: int) -> None:
        """Select characters of the report, the impression or the addendum, and bring them into sight."""
        editors = {"report": self.drafts.report, "impression": self.drafts.impression}
        editor = editors.get(where, self.sign_sheet.addendum)
        editor.select(start, end)
        if where in editors:
            self.body_area.ensureWidgetVisible(editor, 0, 40)
        editor.setFocus()

    def edit_report(self) -> None:
        self.body_area.ensureWidgetVisible(self.drafts.report, 0, 40)
        self.drafts.report.setFocus()

    def put_on_clipboard(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
