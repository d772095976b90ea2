"""Between the panel and everything else: wishes become runs, what they yield is folded into its own study's state."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer

from inference.backend import DRAFT_MARK, PackInfo, Request
from plugin import wording
from plugin.ask.state import QuestionAsked
from plugin.backend_watch import BackendWatch
from plugin.desk import Folded
from plugin.events import (
    BackendAnswered,
    FindingSelected,
    ImpressionEdited,
    NewDraftTaken,
    PanelEvent,
    ReadingStarted,
    ReportEdited,
    RunStarted,
    SentenceSelected,
    StopAsked,
)
from plugin.first_look.state import StudySeen
from plugin.first_look.visible import visible
from plugin.first_look.words import ASK_AFTER
from plugin.marks import marks_of
from plugin.preparing import OPEN, WAITING, Preparing, may_be_read
from plugin.readings import Readings
from plugin.report_panel import ReportPanel
from plugin.review.reviewed import finding_of_mark
from plugin.running import RunningRuns
from plugin.runs import BackendDoor, Run, prefetch_request, read_request
from plugin.settings import PanelSettings
from plugin.signing import words as signing_words
from plugin.signing.marks import as_signed
from plugin.site.settings import SiteSettings, site_settings
from plugin.site.state import SiteEvent
from plugin.state import GIVES_WAY, StudyReading
from plugin.study_films import ReadingPlan, has_prior, key_of, notice_of, plan_reading, study_key
from plugin.synthesis.events import SyntheticSaved
from plugin.view import PanelView
from viewer.api import Hanging, Host, Mark, Undo

OWNER = "reading"
TICK_MS = 250
DRAW_MS = 30
"""What streams in is drawn together: a model may tell findings and words faster than a screen can show them."""
SETTLE_MS = 700
"""A study is read by itself only after the hanging was left alone for so long: its prior may still be scanned."""


class Controller(QObject):
    """Keeps one state per study and shows the one on screen. It is the `Desk` that the topics' parts work at."""

    def __init__(
        self,
        host: Host,
        panel: ReportPanel,
        door: BackendDoor,
        settings: PanelSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(panel)
        self._host, self._panel, self._door, self._clock = host, panel, door, clock
        self._settings = settings or PanelSettings()
        self._readings = Readings(clock)
        self._running = RunningRuns(host, self._readings, self._told, self._run_ended)
        self._preparing = Preparing(host, self._preparation, lambda: bool(self._running), self._has_been_read)
        self._hanging = host.hanging()
        self._backend = BackendWatch(host, door, self)
        self._shows_boxes = True
        self._marks: tuple[Mark, ...] = ()
        self._banner = ""
        self._expected: set[str] = set()
        self._tick = self._timer(TICK_MS, self.show)
        self._soon = self._timer(DRAW_MS, self.show, is_single=True)
        self._settle = self._timer(SETTLE_MS, self._read_by_itself_now, is_single=True)
        self._connect()

    def _timer(self, interval_ms: int, call: Callable[[], None], is_single: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.setSingleShot(is_single)
        timer.timeout.connect(call)
        return timer

    def _connect(self) -> None:
        panel = self._panel
        panel.read_requested.connect(self.read)
        panel.stop_requested.connect(self.stop)
        panel.restart_requested.connect(self._backend.restart)
        self._backend.changed.connect(self.show)
        self._backend.answered.connect(self._backend_answered)
        panel.finding_chosen.connect(self.choose_finding)
        panel.sentence_chosen.connect(lambda chosen: self.fold(SentenceSelected(chosen)))
        panel.report_edited.connect(lambda text: self.fold(ReportEdited(text)))
        panel.impression_edited.connect(lambda text: self.fold(ImpressionEdited(text)))
        panel.new_draft_requested.connect(lambda: self.fold(NewDraftTaken()))
        panel.typing_refused.connect(self._refuse_typing)

    # ── life ────────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Show what hangs and start the backend, so that the first reading need not wait for it."""
        self.hanging_changed(self._host.hanging())
        self._backend.begin()

    def end(self) -> None:
        """Stop all runs and timers and take everything off the films."""
        for timer in (self._tick, self._soon, self._settle):
            timer.stop()
        self._backend.end()
        self._running.leave()
        self._preparing.stop_all_but()
        self._host.set_marks(OWNER, ())
        self._host.set_banner(OWNER, "")

    def hanging_changed(self, hanging: Hanging) -> None:
        self._hanging = hanging
        if not self.reading().first_look.first_seen_at:
            self.fold(StudySeen(self.site.mode, self.now()))
        self.show()
        self._preparing.hanging_changed(study_key(hanging))
        if self.site.reads_by_itself or self._settings.prefetch:
            self._settle.start()

    # ── what the reader asks for ────────────────────────────────────────────────────────────────────────────────

    def read(self) -> None:
        """Read the study on screen, with its prior as it hangs."""
        key = self.key()
        if not key or self.reading(key).is_busy:
            return
        prior_report = self._prior_report(self._hanging)
        plan = plan_reading(self._hanging, prior_has_report=bool(prior_report))
        self._start(
            key, ReadingStarted(plan.films_shown, plan.prior), self._run(plan, read_request, prior_report)
        )

    def start(self, begins: PanelEvent, request_of: Callable[[str], Request]) -> bool:
        key = self.key()
        if not key or self.reading(key).is_busy:
            return False
        if isinstance(begins, QuestionAsked) and not self.reading(key).first_look.shows_ai:
            self._host.show_message(ASK_AFTER)
            return False
        prior_report = self._prior_report(self._hanging)
        plan = plan_reading(self._hanging, prior_has_report=bool(prior_report))
        known_as = self.reading(key).backend_study if self._running.holds(key, plan.film_keys) else ""
        is_aside = isinstance(begins, RunStarted) and begins.kind in GIVES_WAY
        run = self._run(plan, request_of, prior_report, known_as, OPEN if is_aside else 0)
        self._start(key, begins, run)
        return True

    @property
    def is_at_rest(self) -> bool:
        return not self._running

    def read_behind(self, hanging: Hanging) -> bool:
        key = study_key(hanging)
        if self._running or self.reading(key).has_been_read or not may_be_read(hanging):
            return False
        prior_report = self._prior_report(hanging)
        plan = plan_reading(hanging, prior_has_report=bool(prior_report))
        run = self._run(plan, read_request, prior_report, priority=WAITING)
        self._start(key, ReadingStarted(plan.films_shown, plan.prior), run)
        return True

    def stop(self) -> None:
        """Stop the run of the study on screen."""
        key = self.key()
        if self._running.is_running(key):
            self.fold(StopAsked(), key)
            self._running.stop(key)

    def choose_finding(self, finding_id: str) -> None:
        """Light a finding's boxes; choosing it again lets go of it."""
        state = self.shown()
        is_again = state.selected == finding_id
        self.fold(FindingSelected(None if is_again else finding_id))
        self._show_film_of(finding_id)

    def choose_box(self, mark_id: str) -> None:
        """The reader clicked a box on a film."""
        finding_id = finding_of_mark(self.shown(), mark_id)
        if finding_id is not None:
            self.fold(FindingSelected(finding_id))

    def toggle_boxes(self) -> None:
        self._shows_boxes = not self._shows_boxes
        self._host.show_message("AI boxes are shown." if self._shows_boxes else "AI boxes are hidden.")
        self.show()

    def _refuse_typing(self) -> None:
        is_signed = self.reading().signing.is_signed
        self._host.show_message(signing_words.IS_SIGNED if is_signed else wording.STILL_WRITING)

    # ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run(
        self,
        plan: ReadingPlan,
        request_of: Callable[[str], Request],
        prior_report: str,
        known_as: str = "",
        priority: int = 0,
    ) -> Run:
        return Run(
            self._door,
            self._host.read_pixels,
            plan,
            request_of,
            prior_report,
            known_as,
            self._settings.allow_synthetic,
            priority,
        )

    def _start(self, key: str, begins: PanelEvent, run: Run) -> None:
        self._running.make_room(key)
        self.fold(begins, key)
        self._preparing.stop_all_but(self.key())
        self._tick.start()
        self._running.begin(key, run)

    def _told(self, key: str) -> None:
        if key == self.key() and not self._soon.isActive():
            self._soon.start()

    def _run_ended(self) -> None:
        if not self._running:
            self._tick.stop()
        self.show()
        if self._settings.prefetch:
            self._preparing.go_on()

    # ── the desk ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def host(self) -> Host:
        return self._host

    @property
    def settings(self) -> PanelSettings:
        return self._settings

    @property
    def site(self) -> SiteSettings:
        return site_settings(self._host.settings, self._settings)

    @property
    def pack(self) -> PackInfo | None:
        return self._backend.pack

    @property
    def backend(self) -> BackendWatch:
        return self._backend

    def key(self) -> str:
        return study_key(self._hanging)

    def hanging(self) -> Hanging:
        return self._hanging

    def reading(self, key: str = "") -> StudyReading:
        return self._readings.of(key or self.key())

    def shown(self) -> StudyReading:
        return visible(self.reading())

    def fold(self, event: PanelEvent, key: str = "") -> None:
        if isinstance(event, SiteEvent) or (isinstance(event, SyntheticSaved) and not event.is_from_patient):
            self._readings.tell("", StudyReading(), event, StudyReading())
            return
        key = key or self.key()
        if not key:
            return
        self._readings.note(key, event)
        if key == self.key():
            self.show()

    def adopt(self, key: str, reading: StudyReading, over: bool = False) -> bool:
        is_taken = self._readings.adopt(key, reading, over)
        if is_taken and key == self.key():
            self.show()
        return is_taken

    def expect(self, key: str, is_expected: bool) -> None:
        (self._expected.add if is_expected else self._expected.discard)(key)

    def now(self) -> str:
        return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def on_folded(self, call: Folded) -> Undo:
        return self._readings.on_folded(call)

    def _backend_answered(self) -> None:
        """Whatever was told of a lost backend is over."""
        for key in self._readings:
            self._readings.note(key, BackendAnswered())
        self.show()

    def show(self) -> None:
        """Draw the study on screen: the panel, and the marks on its films."""
        key = self.key()
        state = self.shown()
        self._panel.show_view(
            PanelView(
                study_key=key,
                reading=state,
                backend_state=self._backend.state,
                pack=self._backend.pack,
                backend_problem=self._backend.problem,
                loading=self._backend.loading,
                runs_on=self._backend.runs_on,
                shows_boxes=self._shows_boxes,
                notice=notice_of(self._hanging, state),
                reveal_after_s=self.site.reveal_after_s,
                has_prior=has_prior(self._hanging),
                now_s=self._clock(),
            )
        )
        self._show_marks(state)

    def _show_marks(self, state: StudyReading) -> None:
        films = self._hanging.current.films if self._hanging.current else ()
        pixels = {film.key: film.header.pixels for film in films}
        marks = marks_of(state, pixels) if self._shows_boxes else ()
        marks = as_signed(marks, state)
        banner = DRAFT_MARK if marks and not state.signing.is_signed else ""
        if marks != self._marks:
            self._marks = marks
            self._host.set_marks(OWNER, marks)
        if banner != self._banner:
            self._banner = banner
            self._host.set_banner(OWNER, banner)

    def _show_film_of(self, finding_id: str) -> None:
        state = self.shown()
        finding = next((known for known in state.findings if known.id == finding_id), None)
        film = next((film for film in state.films if finding and film.image == finding.image), None)
        if film is not None:
            self._host.show_film(film.film_key)

    def _prior_report(self, hanging: Hanging) -> str:
        """This session's own text about the prior, if there is one."""
        prior = hanging.prior
        return self.reading(key_of(hanging, prior)).report.shown.strip() if prior else ""

    def _read_by_itself_now(self) -> None:
        """Read what was never read, and again what has grown since, unless the reader has begun to write."""
        key = self.key()
        state = self.reading(key)
        if not self.site.reads_by_itself:
            self._preparing.go_on()
            return
        if state.is_running or key in self._expected:
            self._settle.start()  # films may come while it reads; look again afterwards
            return
        is_new = not state.has_been_read or bool(notice_of(self._hanging, state))
        if key and is_new and not state.is_edited and plan_reading(self._hanging).has_current:
            self.read()
        elif self._settings.prefetch:
            self._preparing.go_on()

    def _preparation(self, hanging: Hanging, priority: int) -> Run:
        prior_report = self._prior_report(hanging)
        plan = plan_reading(hanging, prior_has_report=bool(prior_report))
        return self._run(plan, prefetch_request, prior_report, priority=priority)

    def _has_been_read(self, key: str) -> bool:
        return self.reading(key).has_been_read
