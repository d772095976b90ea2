"""Opens the training window, asks the backend in worker threads, and folds what comes back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog
from shiboken6 import isValid

from inference.errors import InferenceCancelled, InferenceError
from plugin.backend_watch import BackendWatch
from plugin.desk import Desk
from plugin.report_panel import ReportPanel
from plugin.runs import IsStopped
from plugin.training import words
from plugin.training.asking import Question, Work, unexpected, watch
from plugin.training.compare_dialog import CompareDialog
from plugin.training.data_page import CORRECTIONS
from plugin.training.dialog import RUN, TrainingDialog
from plugin.training.door import TrainingDoor
from plugin.training.fold import fold
from plugin.training.side_by_side import side_by_side
from plugin.training.state import (
    Answered,
    Asked,
    Asking,
    Compared,
    RunChosen,
    SourceAdded,
    SourceRemoved,
    TrainingEvent,
    TrainingState,
    Trouble,
    WishChanged,
)
from plugin.training.teaching import TeachingOrder
from viewer.api import Action, BackgroundTask, Undo

log = logging.getLogger(__name__)

PAIRED = frozenset({"ms-cxr", "imagenome", "mimic-vqa"})
"""Forms of data that say something about the films of another set, whose folder is named as well."""


def attach(desk: Desk, panel: ReportPanel, door: TrainingDoor, watch: BackendWatch) -> Undo:
    """Bring the menu's action; the returned function takes it away and closes the window."""
    part = TrainingPart(desk, panel, door, watch)
    forget = desk.host.add_action(Action("training", "Training…", part.open))

    def undo() -> None:
        forget()
        part.end()

    return undo


class TrainingPart(QObject):
    """At most one window. What it knows stays while the program runs, so that it opens where it was left."""

    def __init__(self, desk: Desk, panel: ReportPanel, door: TrainingDoor, backend: BackendWatch) -> None:
        super().__init__(panel)
        self._desk, self._panel, self._door, self._backend = desk, panel, door, backend
        self.state = TrainingState()
        self.dialog: TrainingDialog | None = None
        self._question: Question | None = None
        self._watching: BackgroundTask | None = None
        self._watched = ""
        self.comparison: CompareDialog | None = None
        self._forget = desk.host.on_hanging_changed(lambda _: self._hung())
        backend.answered.connect(self._show_model)
        self.teaching = TeachingOrder(desk, door, self)
        self.teaching.changed.connect(lambda _: self._show_teaching())

    def open(self) -> None:
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return
        dialog = self.dialog = TrainingDialog(self._panel)
        self._connect(dialog)
        dialog.finished.connect(lambda _: self._closed())
        dialog.show_state(self.state)
        self._show_model()
        self._show_teaching()
        if self.state.is_at_work:
            dialog.turn_to(RUN)
        dialog.show()
        self._look()

    def end(self) -> None:
        self._forget()
        self.teaching.end()
        self._stop_watching()
        if self._question is not None:
            self._take_back()
        if self.dialog is not None:
            self.dialog.reject()

    # ── wishes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self, dialog: TrainingDialog) -> None:
        data, plan, run, outcome = dialog.data, dialog.plan, dialog.run, dialog.outcome
        dialog.again_button.clicked.connect(self._look)
        dialog.teach_button.clicked.connect(lambda: self.teaching.turn(not self.teaching.is_on))
        data.folder_requested.connect(self._choose_folder)
        data.corrections_requested.connect(lambda: self._fold(SourceAdded(CORRECTIONS)))
        data.removed.connect(lambda source: self._fold(SourceRemoved(source)))
        data.check_requested.connect(self.check)
        plan.wish_changed.connect(lambda wish: self._fold(WishChanged(wish)))
        plan.plan_requested.connect(self.work_out_plan)
        plan.start_requested.connect(self.start)
        run.chosen.connect(lambda id: self._fold(RunChosen(id)))
        run.pause_requested.connect(self.pause)
        run.resume_requested.connect(self.resume)
        outcome.evaluate_requested.connect(self.evaluate)
        outcome.promote_requested.connect(self.promote)
        outcome.rollback_requested.connect(self.roll_back)
        outcome.compare_requested.connect(self.compare)
        for page in (data, plan, outcome):
            page.stop_requested.connect(self._take_back)

    def add_folder(self, kind: str, folder: str) -> None:
        """Learn from a folder too; from two, with a comma between, where the kind takes two."""
        self._fold(SourceAdded(f"{kind}:{folder}"))

    def check(self) -> None:
        question = Question(self._door)
        self._ask("doctor", question, question.examine(self.state.sources))

    def work_out_plan(self) -> None:
        """A plan for the model that reads now."""
        base = self.state.adapters.base if self.state.adapters is not None else ""
        if base != self.state.wish.pack:
            self._fold(WishChanged(replace(self.state.wish, pack=base)))
        question = Question(self._door)
        self._ask("plan", question, question.plan(self.state.wish))

    def start(self) -> None:
        """Start what the plan says; the run is shown then."""
        plan = self.state.plan
        if plan is None or not self.state.is_plan_current:
            return
        question = Question(self._door)
        self._ask("start", question, question.change(lambda training: training.start(plan)))
        if self.dialog is not None:
            self.dialog.turn_to(RUN)

    def pause(self) -> None:
        id, question = self.state.shown, Question(self._door)
        self._ask("pause", question, question.change(lambda training: training.pause(id)))

    def resume(self) -> None:
        id, question = self.state.shown, Question(self._door)
        self._ask("resume", question, question.change(lambda training: training.resume(id)))

    def evaluate(self) -> None:
        question = Question(self._door)
        self._ask("evaluate", question, question.evaluate(self.state.shown))

    def promote(self) -> None:
        """Let the adapter of the run that is shown be read with. The gate decides, not the button."""
        question = Question(self._door)
        self._ask("promote", question, question.promote(self.state.shown, self._base()))

    def compare(self) -> None:
        """Both models on the study on screen, once its AI findings may be seen."""
        study = self._desk.reading().backend_study
        if not study or self._obstacle():
            return
        question = Question(self._door)
        work = question.compare(self.state.shown, study, self._desk.key())
        self._ask("compare", question, work)

    def _obstacle(self) -> str:
        """Why the study on screen can't be compared; the reader's own look comes first here too."""
        reading = self._desk.reading()
        if not self._desk.key() or not reading.is_complete:
            return "To compare the two on a study, open it and let the AI read it first."
        if not reading.first_look.shows_ai:
            return "To compare the two on this study, look at it yourself first: the AI's findings are still hidden."
        return ""

    def roll_back(self) -> None:
        question = Question(self._door)
        self._ask("rollback", question, question.roll_back(self._base()))

    def _look(self) -> None:
        question = Question(self._door)
        self._ask("means", question, question.means(self._base()))

    def _base(self) -> str:
        """The pack that reads, or its base; empty: the one that is set up."""
        return self._desk.pack.id if self._desk.pack is not None else ""

    def _choose_folder(self, kind: str) -> None:
        chosen = QFileDialog.getExistingDirectory(self.dialog, "Folder with data to learn from")
        if chosen and kind in PAIRED:
            films = QFileDialog.getExistingDirectory(
                self.dialog, "Folder of MIMIC-CXR-JPG, which has its films"
            )
            chosen = f"{chosen},{films}" if films else ""
        if chosen:
            self.add_folder(kind, chosen)

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, what: Asking, question: Question, work: Work) -> None:
        """One question at a time: buttons are off meanwhile."""
        if self.state.asking:
            return
        self._question = question
        self._fold(Asked(what))
        self._desk.host.run_in_background(work, self._fold, self._ended)

    def _ended(self, error: BaseException | None) -> None:
        self._question = None
        has_changed_model = error is None and self.state.asking in ("promote", "rollback")
        self._fold(Answered(_trouble(error)))
        if has_changed_model:
            self._backend.wake()  # the backend loads it anew; the header tells when it is there

    def _take_back(self) -> None:
        question = self._question
        if question is None:
            return

        def work(_: IsStopped) -> Iterator[None]:
            question.take_back()
            yield

        self._desk.host.run_in_background(work, lambda _: None, lambda _: None)

    def _show_model(self) -> None:
        if self.dialog is not None:
            self.dialog.show_model(words.model_text(self._desk.pack))

    def _hung(self) -> None:
        """Another study: what is compared is of the one before."""
        if self.comparison is not None and isValid(self.comparison):
            self.comparison.reject()
        self.comparison = None
        if self.dialog is not None:
            self.dialog.outcome.show_study(self._obstacle())

    def _show_teaching(self) -> None:
        if self.dialog is not None:
            self.dialog.show_teaching(self.teaching.is_on, self.teaching.words())

    # ── watching ────────────────────────────────────────────────────────────────────────────────────────────────

    def _fold(self, event: TrainingEvent) -> None:
        self.state = fold(self.state, event)
        if self.dialog is None:
            return
        self.dialog.show_state(self.state)
        self.dialog.outcome.show_study(self._obstacle())
        if isinstance(event, Compared) and event.key == self._desk.key():
            self.comparison = CompareDialog(side_by_side(event.result), self.dialog)
            self.comparison.show()
        if self.state.shown != self._watched:
            self._watch(self.state.shown)

    def _watch(self, id: str) -> None:
        self._stop_watching()
        self._watched = id
        if id:
            work = watch(self._door, id, self.state.curve.lines)
            self._watching = self._desk.host.run_in_background(work, self._fold, self._watch_ended)

    def _watch_ended(self, error: BaseException | None) -> None:
        if error is not None and self.dialog is not None:
            self._watched = ""
            self._fold_without_watching(Answered(_trouble(error)))

    def _fold_without_watching(self, event: TrainingEvent) -> None:
        """The backend is gone: it is not woken only to be watched through; the button asks again."""
        self.state = fold(self.state, event)
        if self.dialog is not None:
            self.dialog.show_state(self.state)
            self.dialog.again_button.show()

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.stop()
        self._watching, self._watched = None, ""

    def _closed(self) -> None:
        self.dialog = None
        self._stop_watching()


def _trouble(error: BaseException | None) -> Trouble | None:
    if error is None or isinstance(error, InferenceCancelled):
        return None
    if not isinstance(error, InferenceError):
        log.warning("a question about training failed: %s", type(error).__name__)
        error = unexpected(error)
    return Trouble(str(error), error.remedy)
