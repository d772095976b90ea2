"""The list at the left: a search line, patients, studies, films, and what could not be opened."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.api import StudyUrgency
from viewer.core.index.records import UNREAD, StudyRecord, StudyState
from viewer.core.language import tr
from viewer.core.study import Study
from viewer.ui.privacy.rows import masked_rows
from viewer.ui.studies.list_view import StudyView
from viewer.ui.studies.listing import ListChoice, PatientEntry, StudyEntry, visible_rows
from viewer.ui.studies.next_study import first_unread, next_study
from viewer.ui.studies.offer_line import OfferLine
from viewer.ui.studies.row_painter import THUMBNAIL, RowPainter
from viewer.ui.studies.rows_model import StudyRows
from viewer.ui.studies.urgency import in_order
from viewer.ui.study_rows import StudyRow

__all__ = ["THUMBNAIL", "StudyList"]

MenuPart = Callable[[QMenu, StudyRow], None]
"""Adds its entries to the context menu of a row."""


class StudyList(QWidget):
    """Shows the listing as the reader searches, filters and folds it, and passes on what is wanted."""

    film_wished = Signal(str)  # film key
    study_wished = Signal(str, str)  # Study Instance UID and one of its films: as the current one
    prior_wished = Signal(str, str)  # likewise: as the prior
    skipped_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice = ListChoice()
        self._is_masked = False
        self.menu_parts: list[MenuPart] = []
        self._entries: Sequence[PatientEntry] = ()
        self._study_of: dict[str, str] = {}  # film key to study, made when it is first asked for
        self.model = StudyRows()
        self.view = StudyView(self.model)
        self.view.setItemDelegate(RowPainter(self.model, self.view))
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.row_wished.connect(self._choose)
        self.view.fold_wished.connect(self._fold)
        self.offer = OfferLine()
        self.heading = QLabel()
        self.heading.setObjectName("heading")
        self.search = _SearchLine()
        self.search.textChanged.connect(self._search)
        self.search.down_wished.connect(self._enter_list)
        self.filter = QComboBox()
        for text, state in _filters():
            self.filter.addItem(text, state)
        self.filter.currentIndexChanged.connect(self._filter)
        self.skipped_button = QPushButton()
        self.skipped_button.setObjectName("quiet")
        self.skipped_button.setVisible(False)
        self.skipped_button.clicked.connect(self.skipped_wished)
        self._lay_out()
        self._show_rows()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(0, 4, 8, 0)
        top.addWidget(self.heading, 1)
        top.addWidget(self.filter)
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 8, 6)
        line.addWidget(self.search)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.offer)
        column.addLayout(top)
        column.addLayout(line)
        column.addWidget(self.view, 1)
        column.addWidget(self.skipped_button)

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────

    def show_entries(self, entries: Sequence[PatientEntry]) -> None:
        """Show this list. Safe to call at every batch of a scan: an unchanged list costs nothing."""
        if entries is not self._entries:
            self._entries, self._study_of = entries, {}
            self._show_rows()

    def show_records(self, records: Mapping[str, StudyRecord], missing: Collection[str]) -> None:
        """How far each study is, and which films are not where they were."""
        before = self.choice
        self.choice = replace(before, records=records, missing=missing)
        if missing != before.missing or _seen(records) != _seen(before.records):
            self._show_rows()

    def set_order(self, order: Mapping[str, StudyUrgency]) -> None:
        """Which unread studies stand first; empty: the usual order."""
        if order != self.choice.order:
            self.choice = replace(self.choice, order=order)
            self._show_rows()

    def add_line(self, widget: QWidget) -> None:
        """One more line between the search and the list."""
        line = QHBoxLayout()
        line.setContentsMargins(8, 0, 8, 6)
        line.addWidget(widget)
        self._column.insertLayout(self._column.indexOf(self.view), line)

    def show_skipped(self, number: int) -> None:
        self.skipped_button.setVisible(number > 0)
        files = tr("1 file") if number == 1 else tr("{number} files", number=f"{number:,}")
        self.skipped_button.setText(tr("{files} not opened – why?", files=files))

    def mark_on_screen(self, roles: dict[str, str]) -> None:
        """Which films are on screen, by key, as "current" or "prior". Their studies are unfolded, once."""
        if roles == self.model.on_screen:
            return
        if not self._study_of:
            self._study_of = {f.key: s.uid for e in self._entries for s in e.studies for f in s.films}
        shown = {self._study_of[key] for key in roles if key in self._study_of}
        self.model.on_screen = roles
        self.choice = replace(self.choice, kept=frozenset(uid for uid in shown if self._is_urgent(uid)))
        folds = {uid: False for uid in shown if uid not in self.choice.folds}
        if folds:
            self.choice = replace(self.choice, folds={**self.choice.folds, **folds})
        if folds or self.choice.order:
            self._show_rows()
        self.model.refresh()
        self._bring_into_view(next((key for key, role in roles.items() if role == "current"), ""))

    def _is_urgent(self, uid: str) -> bool:
        """It stands among the urgent studies now."""
        is_unread = self.choice.records.get(uid, UNREAD).state == "unread"
        return uid in self.choice.kept or (is_unread and uid in self.choice.order)

    def _bring_into_view(self, key: str) -> None:
        """Show where in the list the reader is; not while the list itself is walked."""
        place = self.model.row_of(key) if key and not self.view.hasFocus() else -1
        if place >= 0:
            self.view.scrollTo(self.model.index(place))

    def mark_key_images(self, row_keys: Collection[str]) -> None:
        """Which rows hold a film that the reader marked."""
        if frozenset(row_keys) != self.model.key_images:
            self.model.key_images = frozenset(row_keys)
            self.model.refresh()

    def set_thumbnail(self, film_key: str, picture: QPixmap) -> None:
        self.model.thumbnails[film_key] = picture
        self.model.refresh()

    def mask_identity(self, is_masked: bool) -> None:
        """Rows told apart by numbers, and what was searched for unreadable, while others look at the window."""
        self._is_masked = is_masked
        mode = QLineEdit.EchoMode.Password if is_masked else QLineEdit.EchoMode.Normal
        self.search.setEchoMode(mode)
        self._show_rows()

    def _show_rows(self) -> None:
        index = self.view.currentIndex()
        row = self.model.rows[index.row()] if index.isValid() else None
        rows = visible_rows(in_order(self._entries, self.choice), self.choice)
        self.model.set_rows(masked_rows(rows) if self._is_masked else rows)
        place = self.model.row_of(row.key, row.film_key) if row else -1
        if place >= 0 and place != self.view.currentIndex().row():
            self.view.setCurrentIndex(self.model.index(place))
        whole = sum(study.row is not None for entry in self._entries for study in entry.studies)
        shown = sum(row.kind == "study" for row in rows)
        is_narrowed = bool(self.choice.search.strip()) or self.choice.state is not None
        if is_narrowed:
            self.heading.setText(tr("{shown} of {whole} studies", shown=f"{shown:,}", whole=f"{whole:,}"))
        else:
            self.heading.setText(f"{tr('Studies')}  {whole:,}" if whole else tr("Studies"))

    def next_after(self, current: Study) -> StudyEntry | None:
        """The study that is likely to be opened after this one, as the list is searched and filtered now."""
        return next_study(in_order(self._entries, self.choice), self.choice, current)

    def first_unread(self, is_wanted: Callable[[str], bool]) -> StudyEntry | None:
        """The first unread study that is wanted, in the usual order, as the list is searched and filtered now."""
        return first_unread(self._entries, self.choice, is_wanted)

    # ── what the reader wants ───────────────────────────────────────────────────────────────────────────────

    def _search(self, text: str) -> None:
        self.choice = replace(self.choice, search=text)
        self._show_rows()

    def _filter(self, place: int) -> None:
        state: StudyState | None = self.filter.itemData(place)
        self.choice = replace(self.choice, state=state)
        self._show_rows()

    def _fold(self, key: str, is_folded: bool) -> None:
        self.choice = replace(self.choice, folds={**self.choice.folds, key: is_folded})
        self._show_rows()

    def _enter_list(self) -> None:
        """From the search line to the first study that was found."""
        place = next((n for n, row in enumerate(self.model.rows) if row.kind != "patient"), -1)
        if place >= 0:
            self.view.setFocus()
            self.view.setCurrentIndex(self.model.index(place))

    def _choose(self, index: QModelIndex) -> None:
        row = self.model.rows[index.row()]
        if row.kind == "film":
            self.film_wished.emit(row.key)
        elif row.kind == "study":
            self.study_wished.emit(row.key, row.film_key)

    def _show_menu(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        if not index.isValid():
            return
        menu = self.menu_of(self.model.rows[index.row()])
        if not menu.isEmpty():
            menu.exec(self.view.viewport().mapToGlobal(at))
        menu.deleteLater()

    def menu_of(self, row: StudyRow) -> QMenu:
        """The context menu of a row."""
        menu = QMenu(self)
        if row.kind == "study":
            uid, of = row.key, row.film_key
            menu.addAction(tr("Show as current"), lambda: self.study_wished.emit(uid, of))
            menu.addAction(tr("Show beside it as prior"), lambda: self.prior_wished.emit(uid, of))
        for add_to in self.menu_parts:
            add_to(menu, row)
        return menu


class _SearchLine(QLineEdit):
    """Down and Enter go to what was found, Esc clears."""

    down_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Name, ID, date, description, accession"))
        self.setClearButtonEnabled(True)
        self.setAcceptDrops(False)  # files dropped here are films for the window, not words to search for
        self.setAccessibleName(tr("Search the study list"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.down_wished.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


def _filters() -> tuple[tuple[str, StudyState | None], ...]:
    return (
        (tr("All"), None),
        (tr("Unread"), "unread"),
        (tr("Opened"), "open"),
        (tr("Reviewed"), "reviewed"),
        (tr("Signed"), "signed"),
    )


def _seen(records: Mapping[str, StudyRecord]) -> dict[str, tuple[str, str]]:
    """What the list shows of the records; the time of opening is not seen."""
    return {uid: (record.state, record.note) for uid, record in records.items()}
