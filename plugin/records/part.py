"""Keeps what happens: everything goes to the audit log, every draft is saved and comes back. In the GUI thread; what
waits for the disk is done by two threads, and what they tell arrives here."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal, Slot

from plugin.desk import Desk
from plugin.events import PanelEvent, ReadingStarted
from plugin.records import wording
from plugin.records.as_left import has_begun
from plugin.records.audit_line import AuditEntry
from plugin.records.audit_lines import Happening, audit_lines
from plugin.records.audit_log import AuditLog
from plugin.records.audit_viewing import add_audit_viewing
from plugin.records.audit_writer import AuditWriter, NotLogged
from plugin.records.corrections_part import CorrectionsPart
from plugin.records.database import records_folder
from plugin.records.discarding import Discarding
from plugin.records.draft_format import signed_json
from plugin.records.draft_keeping import DraftKeeping, Kept, Opened
from plugin.records.draft_store import SignedVersion
from plugin.records.draft_writer import DraftWriter, Notice, NotSaved, OpenElsewhere, Told
from plugin.records.strip import RecordsStrip
from plugin.records.troubles import Troubles
from plugin.report_panel import ReportPanel
from plugin.signing.state import Signed
from plugin.site.state import ConsentChanged
from plugin.state import StudyReading
from plugin.study_films import study_key
from viewer.api import Action, Hanging, Undo

log = logging.getLogger(__name__)


class RecordsPart(QObject):
    """One window's keeper."""

    _told = Signal(object)

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk, self._key = desk, ""
        self._troubles = Troubles()
        self.strip = RecordsStrip()
        _put_below_header(panel, self.strip)
        self.strip.taken.connect(self.take_offer)
        self.strip.discarded.connect(self.discard_offer)
        self._told.connect(self._hear, Qt.ConnectionType.QueuedConnection)
        self._drafts = DraftWriter(DraftKeeping(records_folder()), self._told.emit)
        self._audit = AuditWriter(AuditLog(), self._told.emit)
        self._corrections = CorrectionsPart(desk, panel, lambda one, of: self.tell([one], of))
        self.discarding = Discarding(desk, panel, self.discard)
        discard = Action("discard_draft", "Discard this draft…", self.discarding.ask, is_grave=True)
        self._undos: list[Undo] = [
            desk.host.add_action(discard),
            desk.on_folded(self._folded),
            desk.host.on_hanging_changed(self._hung),
            desk.host.on_synthetic_used(self._used_synthetic),
        ]
        self._hung(desk.host.hanging())

    def end(self) -> None:
        """Save what waits, and end. Safe to call twice."""
        if not self._undos:
            return
        while self._undos:
            self._undos.pop()()
        self._told.disconnect(self._hear)
        is_saved, is_logged = self._drafts.close(), self._audit.close()
        if not (is_saved and is_logged):
            log.error("the window closed before everything was kept")

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, happenings: Sequence[Happening], key: str = "", at: str = "") -> None:
        """Put into the audit log what is no event of a study: what was copied, exported, printed."""
        pack, at = self._desk.pack, at or self._desk.now()
        self._audit.put(
            [
                AuditEntry(
                    one.what,
                    at,
                    self._desk.site.reader_name,
                    _study_uid(key),
                    one.details,
                    f"{pack.id} {pack.version}" if pack else "",
                    pack.sha256 if pack else "",
                )
                for one in happenings
            ]
        )

    def _used_synthetic(self, doing: str) -> None:
        """The research switch was on: what is refused otherwise was done with a synthetic film."""
        self.tell([Happening("synthetic_used", {"doing": doing})], self._key)

    def _folded(self, key: str, before: StudyReading, event: PanelEvent, after: StudyReading) -> None:
        happenings = audit_lines(before, event, after)
        if isinstance(event, ReadingStarted | Signed) and _has_synthetic(self._desk.hanging()):
            self._used_synthetic("read" if isinstance(event, ReadingStarted) else "sign")
        if happenings:
            self.tell(happenings, key, getattr(event, "at", ""))
        for version in after.signing.versions[len(before.signing.versions) :]:
            self._drafts.keep_signed(key, SignedVersion(_study_uid(key), signed_json(version), version.at))
            self._corrections.signed(key, after, version)
        if isinstance(event, ConsentChanged) and not event.is_given:
            self._corrections.consent_withdrawn()
        if key and after is not before and has_begun(after):
            self._drafts.put(key, self._kept(key, after), is_urgent=bool(happenings))

    def _hung(self, hanging: Hanging) -> None:
        key = study_key(hanging)
        if key == self._key:
            return
        if self._key:
            self._drafts.leave(self._key)
        self._key = key
        if key:
            self._desk.expect(key, True)
            self._drafts.open(key)
            films = len(hanging.current.films) if hanging.current else 0
            details = {"films": films, "has_prior": hanging.prior is not None, "mode": self._desk.site.mode}
            self.tell([Happening("study_opened", details)], key)
        self._show()

    # ── what the threads tell ───────────────────────────────────────────────────────────────────────────────

    @Slot(object)
    def _hear(self, told: Told | NotLogged) -> None:
        match told:
            case Opened():
                self._opened(told)
            case OpenElsewhere(key):
                self._troubles.of(key).is_elsewhere = True
            case NotSaved(reason):
                self._troubles.not_saved = reason
            case NotLogged(reason):
                self._troubles.not_logged = reason
            case Notice(text):
                self._troubles.of_file = text
        self._show()

    def _opened(self, opened: Opened) -> None:
        """Bring a draft back to its own study, unless the reader has begun meanwhile; then it is offered."""
        self._desk.expect(opened.key, False)
        study = self._troubles.of(opened.key)
        study.is_elsewhere, study.offers, study.problem = opened.is_elsewhere, opened.offers, opened.problem
        is_adopted = opened.reading is None or self._desk.adopt(opened.key, opened.reading)
        self._drafts.go_on(opened.key, with_stored=is_adopted)
        if opened.reading is not None and is_adopted and opened.key == self._key:
            self._desk.host.show_message(wording.reopened(opened.at))
        if not is_adopted and opened.aside is not None:
            study.offers = (opened.aside, *study.offers)

    # ── what the reader asks for ────────────────────────────────────────────────────────────────────────────

    def take_offer(self) -> None:
        """Go on with the other draft; the one on screen is kept in its place."""
        key, reading = self._key, self._desk.reading(self._key)
        study = self._troubles.of(key)
        if not study.offers:
            return
        if reading.is_running:
            self._desk.host.show_message(wording.STOP_FIRST)
            return
        offer, *rest = study.offers
        if has_begun(reading):
            self._drafts.keep_beside(key, self._kept(key, reading))
        self._desk.adopt(key, offer.reading, over=True)
        self._drafts.put(key, self._kept(key, offer.reading), is_urgent=True)
        self._drafts.discard_copy(offer.copy)
        study.offers = tuple(rest)
        self._show()

    def discard(self, key: str) -> None:
        """Forget what is kept of a study: only the reader may."""
        self._drafts.discard(key)
        self.tell([Happening("draft_discarded")], key)

    def discard_offer(self) -> None:
        """Delete the other draft: only the reader may."""
        study = self._troubles.of(self._key)
        if study.offers:
            self._drafts.discard_copy(study.offers[0].copy)
            study.offers = study.offers[1:]
            self._show()

    def _kept(self, key: str, reading: StudyReading) -> Kept:
        pack = self._desk.pack
        return Kept(reading, _study_uid(key), f"{pack.id} {pack.version}" if pack else "", self._desk.now())

    def _show(self) -> None:
        self.strip.show_view(self._troubles.view(self._key))


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Begin to keep what happens at this desk; the returned function ends it when all is saved."""
    part, close_log = RecordsPart(desk, panel), add_audit_viewing(desk, panel)

    def undo() -> None:
        close_log()
        part.end()

    return undo


def _has_synthetic(hanging: Hanging) -> bool:
    return any(film.header.is_synthetic for film in (*hanging.current_films, *hanging.prior_films))


def _study_uid(key: str) -> str:
    """Study Instance UID (0020,000D): a key begins with it (see plugin.study_films.key_of)."""
    return key.partition("\n")[0]


def _put_below_header(panel: ReportPanel, strip: RecordsStrip) -> None:
    layout = panel.layout()
    assert layout is not None
    layout.insertWidget(1, strip)  # type: ignore[attr-defined]
