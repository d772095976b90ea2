"""The tools of the window: which one the hand holds, and what becomes of what it draws."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from viewer.core.language import tr
from viewer.core.measure.annotation import (
    Annotation,
    FilmMarks,
    Kind,
    film_spacing,
    new_id,
    pending,
    touched,
    with_annotation,
    with_calibration,
    without,
)
from viewer.core.measure.geometry import length
from viewer.core.measure.marks_file import MarksFileError
from viewer.core.measure.spacing import Calibration, calibrated_size
from viewer.core.measure.wording import length_text, lines_at
from viewer.ui.pointer import Drag
from viewer.ui.tools.calibration_dialog import CalibrationDialog
from viewer.ui.tools.glass import Glass
from viewer.ui.tools.hand import Hand
from viewer.ui.tools.marks_book import MarksBook
from viewer.ui.tools.pencil import Pencil
from viewer.ui.tools.proposals import Proposals, as_reader_mark
from viewer.ui.tools.region_values import RegionValues
from viewer.ui.tools.shown import HumanMarks, ShownMark
from viewer.ui.tools.tool import CURSORS, DRAGS, HINTS, KINDS, Tool
from viewer.ui.tools.undo_redo import UndoRedo
from viewer.ui.tools.words_field import WordsField

if TYPE_CHECKING:
    from viewer.api import MeasurementProposal, ReaderMark
    from viewer.ui.main_window import MainWindow

NAME_SETTING = "reader.name"
DRAWN = "drawn"  # the id of a mark that is not finished


class Tools:
    """Carries out the menus Tools and Edit."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.tool = Tool.WINDOW
        self.glass = Glass()
        self.book = MarksBook(window.background)
        self._values = RegionValues(window.background, self.show)
        self._proposals = Proposals()
        self._selected = ("", "")  # film, mark
        self._preview: dict[str, Annotation] = {}  # film to the mark that is dragged
        self._words: WordsField | None = None
        self.has_more_to_delete: Callable[[], bool] = lambda: False
        """Whether a mark that is not the reader's own is selected."""

    def window_is_built(self) -> None:
        """Take hold of the viewports."""
        window, films = self._window, self._window.films
        self.hands = [Hand(viewport, self) for viewport in films.viewports]
        self._undo = UndoRedo(window, self.book)
        films.view_changed.connect(self._undo.view_changed)
        films.view_changed.connect(lambda *_: self.glass.refresh())
        for viewport in films.viewports:
            viewport.drag_ended.connect(self._undo.close_step)
        films.film_shown.connect(self._open)
        self.book.changed.connect(self.show)
        self.book.said.connect(window.show_message)
        window.closing.connect(self._close)
        self._undo.show_state()
        self._choose(Tool.WINDOW)

    # ── choosing a tool ─────────────────────────────────────────────────────────────────────────────────────

    def tool_window(self) -> None:
        self._choose(Tool.WINDOW)

    def tool_zoom(self) -> None:
        self._choose(Tool.ZOOM)

    def tool_pan(self) -> None:
        self._choose(Tool.PAN)

    def tool_length(self) -> None:
        self._choose(Tool.LENGTH)

    def tool_angle(self) -> None:
        self._choose(Tool.ANGLE)

    def tool_cobb(self) -> None:
        self._choose(Tool.COBB)

    def tool_ctr(self) -> None:
        self._choose(Tool.CTR)

    def tool_ellipse(self) -> None:
        self._choose(Tool.ELLIPSE)

    def tool_rectangle(self) -> None:
        self._choose(Tool.RECTANGLE)

    def tool_arrow(self) -> None:
        self._choose(Tool.ARROW)

    def tool_calibrate(self) -> None:
        self._choose(Tool.CALIBRATE)

    @property
    def drawing_kind(self) -> Kind | None:
        """What the tool draws; None for window, zoom and pan."""
        return KINDS.get(self.tool)

    @property
    def cursor(self) -> Qt.CursorShape:
        return CURSORS.get(self.tool, Qt.CursorShape.CrossCursor)

    def escape(self) -> bool:
        """Give up what is drawn; then give the usual tool back; then let go of the mark."""
        given_up = [hand for hand in self.hands if hand.drop()]
        if given_up:
            for slot in self._window.films.slots:
                self.show(slot.film.key)
            return True
        if self.tool is not Tool.WINDOW:
            self._choose(Tool.WINDOW)
            return True
        had_selection = bool(self._selected[1])
        self.select(self._selected[0], "")
        return had_selection

    def _choose(self, tool: Tool) -> None:
        self.tool = tool
        for hand in self.hands:
            if hand.drop():
                self.show(hand.film_key)
        for viewport in self._window.films.viewports:
            viewport.tool_drag = DRAGS.get(tool, Drag.WINDOW)
            viewport.setCursor(self.cursor)
        for other in Tool:
            self._window.actions_by_id[other.value].setChecked(other is tool)
        if tool in HINTS:
            self._window.show_message(tr(HINTS[tool]))

    # ── the magnifier ───────────────────────────────────────────────────────────────────────────────────────

    def magnifier(self, is_down: bool) -> None:
        self.glass.hold(is_down)

    def pin_magnifier(self) -> None:
        self.glass.pin(self._window.actions_by_id["pin_magnifier"].isChecked())

    def magnifier_4x(self) -> None:
        self.glass.set_strength(4 if self._window.actions_by_id["magnifier_4x"].isChecked() else 2)

    # ── changing marks ──────────────────────────────────────────────────────────────────────────────────────

    def undo(self) -> None:
        self._undo.undo()

    def redo(self) -> None:
        self._undo.redo()

    def end_step(self) -> None:
        """What has changed so far is one step to undo; what comes is another."""
        self._undo.close_step()

    def delete_own_mark(self) -> None:
        """The selected one of the reader's marks."""
        mark = self._selected_mark()
        if mark is not None:
            film_key = self._selected[0]
            self._put(film_key, tr("mark deleted"), without(self.book.marks_of(film_key), mark))

    def accept_mark(self) -> None:
        """Take a proposal over as it stands."""
        mark = self._selected_mark()
        if mark is not None and mark.is_proposal:
            self.change(self._selected[0], touched(mark))

    def change(self, film_key: str, mark: Annotation) -> None:
        """Keep a mark that was drawn or dragged, as one step."""
        marks = self.book.marks_of(film_key)
        what = tr("mark drawn") if marks.find(mark.id) is None else tr("mark changed")
        self._put(film_key, what, with_annotation(marks, mark))

    def remove_calibration(self) -> None:
        film_key = self._window.active_film_key()
        film, marks = self.book.film(film_key), self.book.marks_of(film_key)
        if film is not None and marks.calibration is not None:
            self._put(film_key, tr("calibration removed"), with_calibration(marks, None, film.header))

    def finish(self, film_key: str, pencil: Pencil) -> None:
        """The pencil has drawn all points of its mark."""
        film = self.book.film(film_key)
        if film is None:
            return
        if self.tool is Tool.CALIBRATE:
            self._ask_length(film_key, pencil)
            return
        spacing = film_spacing(film.header, self.book.marks_of(film_key))
        mark = Annotation(new_id(), pencil.kind, pencil.placed, spacing)
        self.change(film_key, mark)
        self.select(film_key, mark.id)
        if mark.kind is Kind.ARROW:
            self.open_words(film_key, mark.id)

    def _put(self, film_key: str, what: str, marks: FilmMarks) -> None:
        before = self.book.marks_of(film_key)
        self._undo.marks_changed(what, film_key, before, marks)
        self.book.put(film_key, marks)

    def refuses_to_measure(self, film_key: str) -> bool:
        """True, and said why, for a film that is nobody's."""
        films = [slot.film for slot in self._window.films.slots if slot.film.key == film_key]
        return self._window.synthetic.refuses("measure", films)

    def only(self, drawing: Hand) -> None:
        """One hand draws at a time."""
        for hand in self.hands:
            if hand is not drawing and hand.drop():
                self.show(hand.film_key)

    # ── words at an arrow ───────────────────────────────────────────────────────────────────────────────────

    def open_words(self, film_key: str, mark_id: str) -> None:
        """Let the reader type what stands at an arrow."""
        mark = self.book.marks_of(film_key).find(mark_id)
        viewport = next((hand for hand in self.hands if hand.film_key == film_key), None)
        if mark is None or mark.kind is not Kind.ARROW or viewport is None:
            return
        self._words = WordsField(*viewport.place_of(mark.points[1]), mark.text)
        self._words.given.connect(partial(self._set_words, film_key, mark_id))

    def _set_words(self, film_key: str, mark_id: str, words: str) -> None:
        mark = self.book.marks_of(film_key).find(mark_id)
        if mark is not None and words != mark.text:
            self.change(film_key, replace(mark, text=words))

    # ── calibration ─────────────────────────────────────────────────────────────────────────────────────────

    def _ask_length(self, film_key: str, pencil: Pencil) -> None:
        film = self.book.film(film_key)
        if film is None:
            return
        if not film.header.is_verified:
            self._window.show_message(
                tr(
                    "A picture file can't be calibrated: it may have been rescaled. Open the DICOM file instead."
                )
            )
            return
        spacing = film_spacing(film.header, self.book.marks_of(film_key))
        drawn = length_text(length(pencil.placed[0], pencil.placed[1], spacing.pixel_size), spacing)
        dialog = CalibrationDialog(self._window, drawn, self._reader_name())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.given.connect(partial(self._calibrate, film_key, pencil))
        dialog.open()

    def _calibrate(self, film_key: str, pencil: Pencil, known_mm: float, what: str, name: str) -> None:
        film = self.book.film(film_key)
        if film is None:
            return
        self._window.settings.set(NAME_SETTING, name)
        calibration = Calibration(pencil.placed[0], pencil.placed[1], known_mm, name, date.today(), what)
        if calibrated_size(calibration, film.header.pixels) is None:
            self._window.show_message(
                tr("That would make the pixels of the film impossibly large or small; it was not calibrated.")
            )
            return
        marks = with_calibration(self.book.marks_of(film_key), calibration, film.header)
        self._put(film_key, tr("calibration"), marks)
        self._choose(Tool.WINDOW)
        label = film_spacing(film.header, marks).label
        self._window.show_message(tr("Lengths on this film are now in {label}.", label=label))

    def _reader_name(self) -> str:
        kept = self._window.settings.text(NAME_SETTING)
        if kept:
            return kept
        try:
            return getpass.getuser()
        except (OSError, KeyError):  # a system without user names
            return ""

    # ── showing ─────────────────────────────────────────────────────────────────────────────────────────────

    def select(self, film_key: str, mark_id: str) -> None:
        """Make one mark the one that keys are about."""
        before, self._selected = self._selected, (film_key, mark_id)
        if before != self._selected:
            for key in {before[0], film_key} - {""}:
                self.show(key)

    def preview(self, film_key: str, mark: Annotation | None) -> None:
        """Show a mark as it is while it is dragged."""
        if mark is None:
            self._preview.pop(film_key, None)
        else:
            self._preview[film_key] = mark
        self.show(film_key)

    def show(self, film_key: str) -> None:
        """Make the screen match the marks of a film."""
        film = self.book.film(film_key)
        if film is None:
            return
        marks = self.book.marks_of(film_key)
        spacing = film_spacing(film.header, marks)
        shown = [self._shown(film_key, mark) for mark in self._marks_on(film_key)]
        shown += self._unfinished(film_key)
        selected = self._selected[1] if self._selected[0] == film_key else ""
        note = spacing.note if spacing.is_mm else ""
        self._window.films.set_human_marks(film_key, HumanMarks(tuple(shown), selected, spacing.label, note))
        self.enable_delete()
        self.glass.refresh()

    def enable_delete(self) -> None:
        """It is only offered where there is something to delete."""
        has_mark = self._selected_mark() is not None or self.has_more_to_delete()
        self._window.actions_by_id["delete_mark"].setEnabled(has_mark)

    def _marks_on(self, film_key: str) -> list[Annotation]:
        """The reader's marks, what is proposed, and the one under the hand as it lies now."""
        marks = self.book.marks_of(film_key)
        found = [*marks.annotations, *self._pending(film_key)]
        dragged = self._preview.get(film_key)
        return [dragged if dragged is not None and dragged.id == mark.id else mark for mark in found]

    def _shown(self, film_key: str, mark: Annotation) -> ShownMark:
        if mark.kind not in (Kind.ELLIPSE, Kind.RECTANGLE):
            return ShownMark(mark, lines_at(mark))
        loaded = self._window.films.loaded.get(film_key)
        is_moving = mark.id == DRAWN or film_key in self._preview
        statistics, is_waiting = self._values.of(
            film_key, mark, loaded.pixels if loaded else None, is_moving=is_moving
        )
        return ShownMark(mark, lines_at(mark, statistics, is_waiting=is_waiting))

    def _unfinished(self, film_key: str) -> list[ShownMark]:
        film = self.book.film(film_key)
        found = []
        for hand in self.hands:
            if film is None or hand.film_key != film_key or hand.pencil is None:
                continue
            spacing = film_spacing(film.header, self.book.marks_of(film_key))
            mark = Annotation(DRAWN, hand.pencil.kind, hand.pencil.shown, spacing)
            is_whole = replace(hand.pencil, placed=mark.points).is_done
            found.append(self._shown(film_key, mark) if is_whole else ShownMark(mark))
        return found

    def _selected_mark(self) -> Annotation | None:
        """The mark that keys are about; only one that is on screen."""
        film_key, mark_id = self._selected
        if not mark_id or film_key not in {slot.film.key for slot in self._window.films.slots}:
            return None
        return next((mark for mark in self._marks_on(film_key) if mark.id == mark_id), None)

    def _open(self, film_key: str) -> None:
        for slot in self._window.films.slots:
            if slot.film.key == film_key:
                self.book.open(slot.film)
        self.show(film_key)

    def _pending(self, film_key: str) -> tuple[Annotation, ...]:
        film, marks = self.book.film(film_key), self.book.marks_of(film_key)
        if film is None:
            return ()
        return pending(marks, self._proposals.on(film_key, film_spacing(film.header, marks)))

    # ── plugins ─────────────────────────────────────────────────────────────────────────────────────────────

    def add_undo_step(
        self, what: str, film_key: str, undo: Callable[[], None], redo: Callable[[], None]
    ) -> Callable[[], None]:
        """See `viewer.api.Host.add_undo_step`; the returned function takes the step out."""
        return self._undo.deed_done(what, film_key, undo, redo)

    def set_proposals(self, owner: str, proposals: tuple[MeasurementProposal, ...]) -> None:
        """Replace what a plugin proposes; see `viewer.api.Host.set_proposals`."""
        for film_key in self._proposals.replace(owner, proposals):
            self.show(film_key)

    def reader_marks(self, film_key: str) -> tuple[ReaderMark, ...]:
        """What the reader drew or took over; see `viewer.api.Host.reader_marks`."""
        kept = self.book.marks_of(film_key).annotations
        shown = (self._shown(film_key, mark) for mark in kept)
        return tuple(as_reader_mark(film_key, one) for one in shown)

    def _close(self) -> None:
        self._undo.stop()
        if self._words is not None:
            self._words = None
        try:
            self.book.close()
        except MarksFileError as error:
            self._window.show_message(str(error))
