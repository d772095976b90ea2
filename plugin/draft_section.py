"""The report: what is seen and what it comes to, whose each sentence is, what to doubt, and what can be put in."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from plugin import parts, wording
from plugin.report.doubts import doubts
from plugin.report.fold import can_take, offered
from plugin.report.impression_editor import ImpressionEditor
from plugin.report.insert_menu import InsertMenu
from plugin.report.legend import Legend
from plugin.report.looks import look_at, looks
from plugin.report.offer_box import OfferBox
from plugin.report.positions import as_shown
from plugin.report.provenance import ReportSentence, part_sentences, text_of, while_typing
from plugin.report.report_editor import ReportEditor
from plugin.report.state import Part
from plugin.state import StudyReading, is_editable, sentence_at
from plugin.view import PanelView

PARTS: tuple[Part, ...] = ("report", "impression")

DRAFT_TITLE, SIGNED_TITLE = "Draft report", "Signed report"


class DraftSection(QWidget):
    """Shows the two texts and passes on what the reader makes of them."""

    report_edited = Signal(str)
    impression_edited = Signal(str)
    new_draft_requested = Signal()
    copy_requested = Signal()
    sentence_chosen = Signal(str)
    typing_refused = Signal()
    sentence_pointed = Signal(str)  # the id of the model's sentence that pointer or cursor is in; empty: none
    rewrite_requested = Signal(str)  # of which part: its sentence at the cursor, or the whole impression
    offer_taken = Signal()
    offer_declined = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._reading = StudyReading()
        self._drawn: object = None
        self._told: dict[Part, tuple[ReportSentence, ...]] = {}
        self._pointed = ""
        self._once_laid_out = QTimer(self, singleShot=True, interval=0)
        self._once_laid_out.timeout.connect(self._show_offer_in_sight)
        self.report = ReportEditor("Draft report", least_lines=4)
        self.report.setPlaceholderText("The draft will appear here. You can also write yourself.")
        self.impression = ImpressionEditor("Impression", least_lines=2)
        self.editors: dict[Part, ReportEditor] = {"report": self.report, "impression": self.impression}
        self.offers: dict[Part, OfferBox] = {"report": OfferBox(), "impression": OfferBox()}
        self.writing_in: Part = "report"  # where the reader was last
        self.report.beside = {True: self.impression}
        self.impression.beside = {False: self.report}
        self._make_labels_and_buttons()
        self._connect()
        self._lay_out()

    def _make_labels_and_buttons(self) -> None:
        self.copy_button = parts.button("Copy", "Copy the text with its draft mark to the clipboard")
        self.insert_button = parts.button(
            "Insert ▾", "A template, a measurement from the films, or a macro", "link"
        )
        self.insert_menu = InsertMenu(self)
        self.rewrite_button = parts.button(
            "New wording",
            "Let the AI word the sentence at the cursor anew; yours stays until you take it",
            "link",
        )
        self.impress_button = parts.button(
            "New wording", "Let the AI write the impression anew from the text above; yours stays", "link"
        )
        self.impress_button.setAccessibleName("New wording of the impression")
        self.legend = Legend()
        self.note_label = parts.small(parts.label(role="muted"))
        self.whose_label = parts.small(parts.label(role="muted"))
        self.whose_label.setWordWrap(False)
        self.whose_label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.new_draft_button = parts.button(
            "Use the new draft",
            "Replace your text by the newer draft; Ctrl+Z in the text takes it back",
            "link",
        )
        self.prior_label = parts.small(parts.label(role="muted"))
        self.flags_label = parts.small(parts.label(role="doubt"))

    def _connect(self) -> None:
        self.report.edited.connect(self.report_edited)
        self.impression.edited.connect(self.impression_edited)
        self.report.position_clicked.connect(self._choose_sentence)
        for part in PARTS:
            self._connect_part(part)
        self.copy_button.clicked.connect(self.copy_requested)
        self.new_draft_button.clicked.connect(self.new_draft_requested)
        self.insert_button.clicked.connect(self.open_insert_menu)
        self.rewrite_button.clicked.connect(lambda: self.rewrite_requested.emit("report"))
        self.impress_button.clicked.connect(lambda: self.rewrite_requested.emit("impression"))

    def _connect_part(self, part: Part) -> None:
        editor = self.editors[part]
        editor.typing_refused.connect(self.typing_refused)
        editor.pointed.connect(lambda place: self._point(part, place))
        editor.cursorPositionChanged.connect(lambda: self._cursor_moved(part))
        editor.focused.connect(lambda is_in: self._focus_changed(part, is_in))
        editor.offer_keys = self._decide
        self.offers[part].taken.connect(self.offer_taken)
        self.offers[part].declined.connect(self.offer_declined)

    def _lay_out(self) -> None:
        self.title = parts.label(DRAFT_TITLE, "section")
        top = _row(self.title, self.whose_label, self.copy_button)
        tools = _row(parts.label(), self.insert_button, self.rewrite_button)
        below = _row(parts.label("Impression", "section"), self.impress_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(top)
        box.addWidget(self.new_draft_button)
        box.addWidget(self.legend)
        box.addWidget(self.report)
        box.addWidget(self.note_label)
        box.addLayout(tools)
        box.addWidget(self.offers["report"])
        box.addLayout(below)
        box.addWidget(self.impression)
        box.addWidget(self.offers["impression"])
        box.addWidget(self.flags_label)
        box.addWidget(self.prior_label)
        self._set_tab_order()

    def _set_tab_order(self) -> None:
        """From the tools into the texts, and from one text straight into the other."""
        order = (
            *(self.copy_button, self.insert_button, self.rewrite_button, self.report, self.impression),
            *(self.impress_button, *self._buttons_of_offers()),
        )
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _buttons_of_offers(self) -> list[QWidget]:
        return [button for box in self.offers.values() for button in (box.take_button, box.keep_button)]

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────

    def show_view(self, view: PanelView) -> None:
        reading = self._reading = view.reading
        if view.study_key != self._study_key():
            self._told, self._pointed = {}, ""
        self.setProperty("study", view.study_key)
        self.setEnabled(bool(view.study_key))
        self.title.setText(SIGNED_TITLE if reading.signing.is_signed else DRAFT_TITLE)
        for part in PARTS:
            text = text_of(reading, part)
            self.editors[part].show_text(text.shown, view.study_key, is_editable(reading, text))
        self._show_sentences()
        self._show_offers()
        self.copy_button.setEnabled(reading.has_text)
        self.whose_label.setText("edited by you" if reading.is_edited else "")
        newer = reading.report.has_newer_draft or reading.impression.has_newer_draft
        self.new_draft_button.setVisible(newer and not reading.is_reading)
        self.insert_button.setEnabled(bool(view.study_key))
        for button in (self.insert_button, self.rewrite_button, self.impress_button):
            button.setVisible(not reading.signing.is_signed)
        is_free = not reading.is_busy and is_editable(reading, reading.impression)
        self.rewrite_button.setEnabled(is_free and bool(reading.findings))
        self.impress_button.setEnabled(is_free and bool(reading.report.shown.strip()))
        parts.show_text(self.prior_label, wording.comparison_text(reading))
        parts.show_text(self.flags_label, "\n".join(f"• {doubt}" for doubt in doubts(reading)))

    def _study_key(self) -> str:
        return str(self.property("study") or "")

    def _show_sentences(self) -> None:
        """Colour both texts; nothing is done while nothing has changed."""
        cursors = tuple((editor.hasFocus(), editor.cursor_place()) for editor in self.editors.values())
        wanted = (self._reading, cursors)
        if self._drawn == wanted or not all(self._is_shown(part) for part in PARTS):
            return  # between a key, or another study, and what both texts then are
        self._drawn = wanted
        for part, editor in self.editors.items():
            told = part_sentences(self._reading, part)
            if editor.hasFocus():
                text = text_of(self._reading, part).shown
                told = while_typing(self._told.get(part, ()), told, text, editor.cursor_place())
            self._told[part] = told
            shown = looks(self._reading, told)
            if shown != editor.looks or not shown:
                editor.show_looks(shown)
        self.legend.show_sentences([one for part in PARTS for one in self._told[part]])
        self._show_note()

    def _is_shown(self, part: Part) -> bool:
        """False for the moment between a key and what the panel makes of it."""
        return self.editors[part].toPlainText() == as_shown(text_of(self._reading, part).shown)

    def _show_note(self) -> None:
        """What there is to say about the sentence at the cursor."""
        editor = self.editors[self.writing_in]
        look = look_at(editor.looks, editor.cursor_place()) if editor.hasFocus() else None
        parts.show_text(self.note_label, look.note if look is not None else "")

    def _show_offers(self) -> None:
        offer = offered(self._reading)
        for part, box in self.offers.items():
            self.editors[part].has_offer = offer is not None
            is_here = offer is not None and offer.part == part
            was_hidden = box.isHidden()
            box.show_offer(offer if is_here else None, can_take(self._reading))
            if was_hidden and is_here:
                self._once_laid_out.start()

    def _show_offer_in_sight(self) -> None:
        """What the reader asked for may stand below what the panel shows."""
        area = self.report.scrolled_by()
        for box in self.offers.values():
            if area is not None and not box.isHidden():
                area.ensureWidgetVisible(box, 0, 12)

    # ── what the reader does ────────────────────────────────────────────────────────────────────────────────────

    def _choose_sentence(self, position: int) -> None:
        sentence_id = self._sentence_at("report", position) or sentence_at(self._reading, position)
        if sentence_id:
            self.sentence_chosen.emit(sentence_id)

    def sentence_at_cursor(self, part: Part) -> str:
        """The words of the sentence that the cursor is in, as they stand in the text; empty if it is in none."""
        editor = self.editors[part]
        look = look_at(editor.looks, editor.cursor_place()) if self._is_shown(part) else None
        return text_of(self._reading, part).shown[look.start : look.end] if look is not None else ""

    def open_insert_menu(self) -> None:
        self.insert_menu.popup(self.insert_button.mapToGlobal(self.insert_button.rect().bottomLeft()))

    def _sentence_at(self, part: Part, place: int) -> str:
        look = look_at(self.editors[part].looks, place) if place >= 0 else None
        return look.sentence_id if look is not None else ""

    def _point(self, part: Part, place: int) -> None:
        """The pointer is over a sentence; beside the text the cursor's sentence is meant again."""
        if place < 0 or not self._is_shown(part):
            self._point_at_cursor()
        else:
            self._tell_pointed(self._sentence_at(part, place))

    def _point_at_cursor(self) -> None:
        editor = self.editors[self.writing_in]
        is_there = editor.hasFocus() and self._is_shown(self.writing_in)
        self._tell_pointed(self._sentence_at(self.writing_in, editor.cursor_place()) if is_there else "")

    def _cursor_moved(self, part: Part) -> None:
        if not self._is_shown(part) or not self.editors[part].hasFocus():
            return
        self.writing_in = part
        self._show_sentences()
        self._point_at_cursor()

    def _focus_changed(self, part: Part, is_in: bool) -> None:
        if is_in:
            self.writing_in = part
        self._show_sentences()
        self._point_at_cursor()

    def _tell_pointed(self, sentence_id: str) -> None:
        if sentence_id != self._pointed:
            self._pointed = sentence_id
            self.sentence_pointed.emit(sentence_id)

    def _decide(self, is_taken: bool) -> bool:
        """Alt+Enter and Escape in a text decide about what is offered; False: nothing is."""
        offer = offered(self._reading)
        if offer is None or (is_taken and not can_take(self._reading)):
            return False
        (self.offer_taken if is_taken else self.offer_declined).emit()
        return True


def _row(label: QLabel, *widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(label, 1)
    for widget in widgets:
        row.addWidget(widget)
    return row
