"""Connects the report's widgets with what is known: links, templates, macros, measurements, new wordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, QTimer

from inference.backend import Request, WriteImpression
from plugin.desk import Desk
from plugin.events import PanelEvent, RunStarted, SentenceHovered
from plugin.report.fields import fields, take_defaults
from plugin.report.fill_template import fill
from plugin.report.macro_dialog import MacroDialog
from plugin.report.macros import Macro, by_code
from plugin.report.measures import insertable, words_of
from plugin.report.provenance import text_of
from plugin.report.rewriting import findings_behind, rewrite_request
from plugin.report.state import (
    MarksMeasured,
    MeasuredMark,
    MeasurementInserted,
    OfferDeclined,
    OfferTaken,
    Part,
    RewriteAsked,
)
from plugin.report.texts import Texts, bundled_texts, macros_from, macros_told, read_texts
from plugin.report_panel import ReportPanel
from plugin.site.state import SettingsChanged
from plugin.state import StudyReading, is_editable
from plugin.study_films import study_key
from viewer.api import Action, BackgroundTask, Hanging, Undo

MACROS = "macros"
"""Under which the reader's own macros are kept."""
MARKS_REST_MS = 200
NO_FINDING = "This sentence names no finding of the AI's list, so the AI can't be asked for another wording."
NO_SENTENCE = "Put the cursor into a sentence of the report first."
NOT_NOW = "The report can't be changed now: it is being written, or it is signed."
BUSY = "The AI is busy. Ask again when it is done, or press Stop."


def report_part(desk: Desk, panel: ReportPanel) -> Undo:
    """Connect the report's widgets; the returned function takes everything away again."""
    return ReportPart(desk, panel).end


class ReportPart(QObject):
    """What the reader wants of the report's widgets becomes events and runs."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk, self._panel, self._drafts = desk, panel, panel.drafts
        self._texts = Texts()
        self._own: tuple[Macro, ...] = macros_from(desk.host.settings.get(MACROS))
        self._reads: BackgroundTask | None = None
        self._changed_films: set[str] = set()
        self._marks_rest = QTimer(self, singleShot=True, interval=MARKS_REST_MS)
        self._marks_rest.timeout.connect(self._take_marks)
        drafts = self._drafts
        drafts.sentence_pointed.connect(lambda sentence: desk.fold(SentenceHovered(sentence or None)))
        drafts.rewrite_requested.connect(lambda part: self.rewrite(cast(Part, part)))
        drafts.offer_taken.connect(lambda: desk.fold(OfferTaken()))
        drafts.offer_declined.connect(lambda: desk.fold(OfferDeclined()))
        menu = drafts.insert_menu
        menu.aboutToShow.connect(self._fill_menu)
        menu.template_chosen.connect(self.apply_template)
        menu.measure_chosen.connect(self.insert_measure)
        menu.defaults_wanted.connect(self.take_defaults)
        menu.macros_wanted.connect(self.edit_macros)
        host = desk.host
        self._undos = [
            *(host.add_action(action) for action in self._actions()),
            host.on_reader_marks_changed(self._marks_changed),
            host.on_hanging_changed(self._look_at_marks),
            desk.on_folded(self._follow_site),
        ]
        self._look_at_marks(host.hanging())
        self.read_texts()

    def end(self) -> None:
        """Take everything away again."""
        self._marks_rest.stop()
        if self._reads is not None:
            self._reads.stop()
        while self._undos:
            self._undos.pop()()

    def _actions(self) -> tuple[Action, ...]:
        return (
            Action("insert", "Insert into the report…", self._drafts.open_insert_menu, "Ctrl+Shift+I"),
            Action(
                "rewrite", "New wording for this sentence", lambda: self.rewrite("report"), "Ctrl+Shift+W"
            ),
            Action("impress", "New wording for the impression", lambda: self.rewrite("impression"), ""),
            Action("next_field", "Next field of the report", self._next_field, "Ctrl+Shift+F"),
        )

    # ── templates and macros ────────────────────────────────────────────────────────────────────────────────────

    def read_texts(self) -> None:
        """Read the site's templates and macros in a worker thread: its folder may be a slow one."""
        chosen = self._desk.site.texts_file

        def work(_: Callable[[], bool]) -> Iterator[Texts]:
            yield bundled_texts()
            if chosen:
                yield read_texts(Path(chosen))

        self._texts = Texts()
        self._reads = self._desk.host.run_in_background(work, self._take_texts, lambda _: None)

    def _follow_site(self, _key: str, _before: StudyReading, event: PanelEvent, _after: StudyReading) -> None:
        if isinstance(event, SettingsChanged) and "texts_file" in event.names:
            self.read_texts()

    def _take_texts(self, texts: Texts) -> None:
        """The site's stand before the program's, template by template and code by code."""
        self._texts = texts.before(self._texts)
        self._give_macros()
        for problem in texts.problems:
            self._desk.host.show_message(f"Templates and macros: {problem}")

    def _give_macros(self) -> None:
        known = by_code(self._own, self._texts.macros)
        for editor in self._drafts.editors.values():
            editor.macros = known

    def _fill_menu(self) -> None:
        reading = self._desk.shown()
        text = f"{reading.report.shown}\n{reading.impression.shown}"
        self._drafts.insert_menu.fill(
            self._texts.templates,
            insertable(self._marks_on_screen()),
            has_defaults=any(one.default for one in fields(text)),
            can_write=_can_write(reading),
        )

    def apply_template(self, template_id: str) -> None:
        """Arrange the report by a template, and go to its first field."""
        template = next((one for one in self._texts.templates if one.id == template_id), None)
        reading = self._desk.shown()
        if template is None or not _can_write(reading):
            self._desk.host.show_message(NOT_NOW)
            return
        self._desk.fold(fill(template, reading))
        self._next_field(from_start=True)

    def take_defaults(self) -> None:
        """Fill each field that has a text of its own with it."""
        for editor in self._drafts.editors.values():
            text = editor.toPlainText()
            if not editor.isReadOnly() and take_defaults(text) != text:
                editor.replace_text(take_defaults(text))

    def _next_field(self, *, from_start: bool = False) -> None:
        report, impression = self._drafts.editors.values()
        if from_start:
            found = report.enter_fields() or impression.enter_fields()
        else:
            here = self._drafts.editors[self._drafts.writing_in]
            found = here.walk() or report.enter_fields() or impression.enter_fields()
        if not found and not from_start:
            self._desk.host.show_message("No field is left in the report.")

    def edit_macros(self) -> None:
        dialog = MacroDialog(self._own, self._texts.macros, self._panel)
        dialog.kept.connect(self._keep_macros)
        dialog.open()

    def _keep_macros(self, macros: tuple[Macro, ...]) -> None:
        self._own = macros
        self._desk.host.settings.set(MACROS, macros_told(macros))
        self._give_macros()

    # ── measurements ────────────────────────────────────────────────────────────────────────────────────────────

    def _look_at_marks(self, hanging: Hanging) -> None:
        """Marks that are known of the films that hang; a film that was not shown yet says nothing of its own."""
        key = study_key(hanging)
        for film in hanging.current.films if hanging.current else ():
            marks = self._marks_of(film.key)
            if key and (marks or film.key in self._changed_films):
                self._changed_films.discard(film.key)
                self._desk.fold(MarksMeasured(film.key, marks), key)

    def _marks_changed(self, film_key: str) -> None:
        """A handle that is dragged tells with every step: only what it says in the end is looked at."""
        self._changed_films.add(film_key)
        self._marks_rest.start()

    def _take_marks(self) -> None:
        current = self._desk.hanging().current
        for film in current.films if current is not None else ():
            if film.key in self._changed_films:
                self._changed_films.discard(film.key)
                self._desk.fold(MarksMeasured(film.key, self._marks_of(film.key)))

    def _marks_of(self, film_key: str) -> tuple[MeasuredMark, ...]:
        return tuple(
            MeasuredMark(mark.id, mark.film_key, mark.kind, mark.lines)
            for mark in self._desk.host.reader_marks(film_key)
        )

    def _marks_on_screen(self) -> tuple[MeasuredMark, ...]:
        current = self._desk.hanging().current
        return tuple(mark for film in (current.films if current else ()) for mark in self._marks_of(film.key))

    def insert_measure(self, mark_id: str) -> None:
        """Put a mark's number where the cursor is, or into the selected field."""
        mark = next((one for one in self._marks_on_screen() if one.id == mark_id), None)
        part = self._drafts.writing_in
        editor = self._drafts.editors[part]
        if mark is None or editor.isReadOnly():
            self._desk.host.show_message(NOT_NOW)
            return
        words = words_of(mark)
        start, end = editor.selection_places()
        text = editor.toPlainText()
        before = " " if start and not text[start - 1].isspace() and text[start - 1] not in "([" else ""
        behind = " " if end < len(text) and text[end].isalnum() else ""
        made = f"{text[:start]}{before}{words}{behind}{text[end:]}"
        self._desk.fold(MeasurementInserted(part, made, words, mark))
        editor.put_cursor(start + len(before) + len(words))
        editor.setFocus()

    # ── new wordings ────────────────────────────────────────────────────────────────────────────────────────────

    def rewrite(self, part: Part) -> None:
        """Ask the model for another wording; the old one stays until the new one is taken."""
        reading = self._desk.shown()
        if reading.is_busy or not _can_write(reading):
            self._desk.host.show_message(BUSY if reading.is_busy else NOT_NOW)
            return
        if part == "impression":
            self._impress(reading)
            return
        old = self._drafts.sentence_at_cursor("report")
        behind = findings_behind(reading, old) if old else None
        if behind is None:
            self._desk.host.show_message(NO_FINDING if old else NO_SENTENCE)
            return
        self._ask("report", old, RunStarted("sentence"), rewrite_request(behind))

    def _impress(self, reading: StudyReading) -> None:
        findings = reading.report.shown.strip()
        if findings:
            old = text_of(reading, "impression").shown
            self._ask("impression", old, RunStarted("impression"), lambda _: WriteImpression(findings))

    def _ask(self, part: Part, old: str, begins: RunStarted, request: Callable[[str], Request]) -> None:
        self._desk.fold(RewriteAsked(part, old))
        if not self._desk.start(begins, request):
            self._desk.fold(OfferDeclined())
            self._desk.host.show_message(BUSY)


def _can_write(reading: StudyReading) -> bool:
    return is_editable(reading, reading.report) and is_editable(reading, reading.impression)
