"""The signature at the reader's desk: two steps, two different acts, about the study on screen and no other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping

from PySide6.QtCore import QObject, QTimer

from plugin.checks.checks import doubts_of
from plugin.desk import Desk
from plugin.events import PanelEvent
from plugin.fold import is_past_signature
from plugin.report_panel import ReportPanel
from plugin.settings import ALLOW_SYNTHETIC
from plugin.signing import words
from plugin.signing.input import check_input
from plugin.signing.standing import is_checked, may_confirm, words_to_sign
from plugin.signing.state import (
    AcknowledgementTakenBack,
    AddendumBegun,
    AddendumEdited,
    AddendumGivenUp,
    ChecksRun,
    CommunicationLog,
    CriticalRecord,
    CriticalRecorded,
    DoubtAcknowledged,
    SignAsked,
    Signed,
    SigningCalledOff,
)
from plugin.signing.versions import make_version
from plugin.signing.versions_dialog import VersionsDialog
from plugin.site.settings import keep
from plugin.site.state import SettingsChanged
from plugin.state import StudyReading
from plugin.study_films import key_of, study_key
from viewer.api import Action, Hanging, ReaderMark, Undo

RECHECK_MS = 250
"""While the reader mends, the checks look again after so long without a key: never within one."""
LOOK_S = 0.6
"""So long the way to the second step must have been open: a second click that was meant for what stood there before,
or a key that bounced, signs nothing."""


def is_about_nobody(hanging: Hanging, environment: Mapping[str, str]) -> bool:
    """True where a synthetic film hangs as the current one and the research switch is off."""
    is_synthetic = any(film.header.is_synthetic for film in hanging.current_films)
    return is_synthetic and environment.get(ALLOW_SYNTHETIC) != "1"


class SigningPart(QObject):
    """Asks, checks, confirms, and keeps the two steps apart."""

    def __init__(self, desk: Desk, panel: ReportPanel, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(panel)
        self._desk, self._panel, self.clock = desk, panel, clock
        self._asked_key = ""
        self._open_since_s: float | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(RECHECK_MS)
        self._again.timeout.connect(self.check)
        self._connect()

    def _connect(self) -> None:
        bar, sheet, strip = self._panel.sign_bar, self._panel.sign_sheet, self._panel.critical
        bar.sign_asked.connect(self.ask)
        bar.called_off.connect(self.call_off)
        bar.addendum_asked.connect(self.begin_addendum)
        bar.addendum_given_up.connect(lambda: self._desk.fold(AddendumGivenUp()))
        bar.versions_asked.connect(self.show_versions)
        sheet.place_asked.connect(self.show_place)
        sheet.acknowledged.connect(self.acknowledge)
        sheet.taken_back.connect(self.take_back)
        sheet.confirmed.connect(self.confirm)
        sheet.addendum_edited.connect(lambda text: self._desk.fold(AddendumEdited(text)))
        strip.told.connect(self.record_told)
        strip.dismissed.connect(self.record_not_critical)

    def end(self) -> None:
        self._again.stop()

    # ── the two steps ───────────────────────────────────────────────────────────────────────────────────────────

    def ask(self) -> None:
        """The first step. Asked again it says how the second is taken, and takes it not."""
        key, reading = self._desk.key(), self._desk.reading()
        if not key:
            return
        if not reading.signing.is_open:
            self._desk.host.show_message(words.IS_SIGNED)
            return
        if is_about_nobody(self._desk.hanging(), os.environ):
            self._desk.host.show_message(words.IS_SYNTHETIC)
            return
        if reading.signing.stage != "draft":
            self._desk.host.show_message(words.ONCE_MORE if may_confirm(reading) else words.NOT_YET)
            return
        self._asked_key = key
        self._panel.sign_sheet.ask_name(not self._desk.site.reader_name)
        self._desk.fold(SignAsked(self._desk.now()))
        self.check()
        self._panel.sign_sheet.heading.setFocus()

    def check(self) -> None:
        """Look at the words as they stand. The state decides whether the answer still is about them."""
        reading = self._desk.reading()
        if reading.signing.stage == "draft":
            return
        told = check_input(reading, self._desk.hanging(), self._marks(), self._prior_report())
        self._desk.fold(ChecksRun(words_to_sign(reading), doubts_of(told), self._desk.now()))

    def confirm(self) -> None:
        """The second step, by another key or a click."""
        reading, key = self._desk.reading(), self._desk.key()
        if reading.signing.stage == "draft" or key != self._asked_key:
            self._desk.host.show_message(words.NOT_ASKED if reading.signing.is_open else words.IS_SIGNED)
        elif not may_confirm(reading):
            self._desk.host.show_message(words.NOT_YET)
        elif self._open_since_s is None or self.clock() - self._open_since_s < LOOK_S:
            self._desk.host.show_message(words.TOO_SOON)
        elif self._name():
            self._sign(reading)
        else:
            self._panel.sign_sheet.ask_name(True)
            self._panel.sign_sheet.name_field.setFocus()
            self._desk.host.show_message(words.NAME_MISSING)

    def _sign(self, reading: StudyReading) -> None:
        name = self._name()
        self._keep_name(name)
        self._desk.fold(Signed(make_version(reading, name, self._desk.now(), self._desk.pack)))
        latest = self._desk.reading().signing.latest
        current = self._desk.hanging().current
        if latest is not None and latest.number > len(reading.signing.versions) and current is not None:
            self._desk.host.set_study_state(current.instance_uid, "signed")
            self._desk.host.show_message(f"{words.signed_line(latest)}.")

    def acknowledge(self, doubt_id: str, reason: str) -> None:
        self._panel.sign_sheet.heading.setFocus()  # its card is drawn anew
        self._desk.fold(DoubtAcknowledged(doubt_id, reason, self._desk.now()))

    def take_back(self, doubt_id: str) -> None:
        self._panel.sign_sheet.heading.setFocus()
        self._desk.fold(AcknowledgementTakenBack(doubt_id))

    def call_off(self) -> None:
        self._desk.fold(SigningCalledOff())
        self._panel.sign_bar.sign_button.setFocus()

    def _name(self) -> str:
        return self._desk.site.reader_name or self._panel.sign_sheet.name_field.text().strip()

    def _keep_name(self, name: str) -> None:
        from dataclasses import replace

        if not self._desk.site.reader_name:
            keep(self._desk.host.settings, replace(self._desk.site, reader_name=name))
            self._desk.fold(SettingsChanged(("reader_name",), self._desk.now()))

    # ── around them ─────────────────────────────────────────────────────────────────────────────────────────────

    def begin_addendum(self) -> None:
        self._desk.fold(AddendumBegun(self._desk.now()))
        self._panel.sign_sheet.addendum.setFocus()

    def show_versions(self) -> None:
        VersionsDialog(self._desk.reading().signing.versions, self._panel).open()

    def show_place(self, doubt_id: str) -> None:
        doubt = next((one for one in self._desk.reading().signing.doubts if one.id == doubt_id), None)
        if doubt is not None:
            is_addendum = self._desk.reading().signing.addendum is not None
            self._panel.show_words("addendum" if is_addendum else doubt.where, doubt.start, doubt.end)

    def record_told(self, subject: str, log: CommunicationLog) -> None:
        self._desk.fold(CriticalRecorded(CriticalRecord(subject, self._desk.now(), log)))

    def record_not_critical(self, subject: str, reason: str) -> None:
        self._desk.fold(CriticalRecorded(CriticalRecord(subject, self._desk.now(), None, reason)))

    def folded(self, key: str, before: StudyReading, event: PanelEvent, after: StudyReading) -> None:
        """Whatever happens while the sheet is open may change what stands against signing."""
        if key != self._desk.key():
            return
        if before.signing.stage != after.signing.stage:
            is_open = after.signing.stage == "confirming"
            self._open_since_s = self.clock() if is_open else None
        if is_past_signature(before, event):
            self._desk.host.show_message(words.IS_SIGNED)
        has_changed = before.review != after.review or before.findings != after.findings
        if after.signing.stage != "draft" and (has_changed or not is_checked(after)):
            self._again.start()
        self._panel.critical.reader_name = self._desk.site.reader_name

    def hanging_changed(self, hanging: Hanging) -> None:
        """Who turns to another study has not confirmed this one."""
        key, self._asked_key = self._asked_key, ""
        if key and key != study_key(hanging):
            self._desk.fold(SigningCalledOff(), key)
        elif key:
            self._asked_key = key  # its own films have grown: look again
            self._again.start()

    def marks_changed(self, _film_key: str) -> None:
        if self._desk.reading().signing.stage != "draft":
            self._again.start()

    def _marks(self) -> Iterator[ReaderMark]:
        current = self._desk.hanging().current
        for film in current.films if current is not None else ():
            yield from self._desk.host.reader_marks(film.key)

    def _prior_report(self) -> str:
        """What a reader wrote or signed about the prior in this program; a mere draft of the AI is no witness."""
        hanging = self._desk.hanging()
        if hanging.prior is None:
            return ""
        reading = self._desk.reading(key_of(hanging, hanging.prior))
        if not (reading.signing.is_signed or reading.is_edited):
            return ""
        return "\n".join((reading.report.shown, reading.impression.shown)).strip()


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Put the signature to work; the returned function takes it away again."""
    part = SigningPart(desk, panel)
    undos = [
        desk.host.add_action(Action("sign", "Sign…", part.ask, words.SIGN_KEY, is_grave=True)),
        desk.host.add_action(
            Action("confirm_sign", "Confirm the signature", part.confirm, words.CONFIRM_KEY, is_grave=True)
        ),
        desk.on_folded(part.folded),
        desk.host.on_hanging_changed(part.hanging_changed),
        desk.host.on_reader_marks_changed(part.marks_changed),
    ]

    def undo() -> None:
        part.end()
        while undos:
            undos.pop()()

    return undo
